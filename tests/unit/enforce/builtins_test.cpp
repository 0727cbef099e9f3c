#include "sluice/enforce/builtins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "postgres.hpp"

namespace sluice::enforce {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct function_case {
  std::string_view name;
  function_rule rule;
};
class builtin_functions : public ::testing::TestWithParam<function_case> {};

TEST_P(builtin_functions, follow_their_family) {
  const function_entry entry = builtin_function(GetParam().name);
  EXPECT_EQ(entry.rule, GetParam().rule) << entry.family << ": " << entry.reason;
  EXPECT_THAT(std::string(entry.family), Not(IsEmpty()));
  EXPECT_THAT(std::string(entry.reason), Not(IsEmpty()));
}

constexpr function_case function_cases[] = {
    {"abs", function_rule::pure},
    {"count", function_rule::pure},
    {"percentile_cont", function_rule::pure},
    {"row_number", function_rule::pure},
    {"jsonb_path_query", function_rule::pure},
    {"json_agg", function_rule::pure},
    {"regexp_replace", function_rule::pure},
    {"to_char", function_rule::pure},
    {"format", function_rule::pure},
    {"generate_series", function_rule::pure},
    {"unnest", function_rule::pure},
    {"to_tsvector", function_rule::pure},
    {"xpath", function_rule::pure},
    {"int4pl", function_rule::pure},
    {"now", function_rule::session},
    {"pg_backend_pid", function_rule::session},
    {"pg_sleep", function_rule::session},
    {"format_type", function_rule::catalog_read},
    {"has_table_privilege", function_rule::catalog_read},
    {"pg_get_expr", function_rule::catalog_read},
    {"to_regclass", function_rule::catalog_read},
    {"_pg_expandarray", function_rule::catalog_read},
    {"current_setting", function_rule::setting_read},
    {"set_config", function_rule::setting_write},
    {"nextval", function_rule::sequence_write},
    {"lastval", function_rule::sequence_read},
    {"pg_total_relation_size", function_rule::relation_read},
    {"pg_get_viewdef", function_rule::relation_read},
    {"pg_terminate_backend", function_rule::own_backend},
    {"pg_try_advisory_lock", function_rule::advisory_lock},
    {"query_to_xml", function_rule::denied},
    {"table_to_xml_and_xmlschema", function_rule::denied},
    {"cursor_to_xml", function_rule::denied},
    {"database_to_xml", function_rule::denied},
    {"ts_stat", function_rule::denied},
    {"ts_rewrite", function_rule::denied},
    {"pg_get_functiondef", function_rule::denied},
    {"pg_get_triggerdef", function_rule::catalog_read},
    {"current_query", function_rule::denied},
    {"pg_prepared_statement", function_rule::denied},
    {"pg_show_all_settings", function_rule::denied},
    {"pg_read_file", function_rule::denied},
    {"pg_ls_dir", function_rule::denied},
    {"lo_get", function_rule::denied},
    {"lo_import", function_rule::denied},
    {"pg_logical_slot_get_changes", function_rule::denied},
    {"pg_create_physical_replication_slot", function_rule::denied},
    {"pg_switch_wal", function_rule::denied},
    {"pg_reload_conf", function_rule::denied},
    {"pg_notify", function_rule::denied},
    {"pg_export_snapshot", function_rule::denied},
    {"pg_stat_get_live_tuples", function_rule::denied},
    {"pg_stat_get_activity", function_rule::denied},
    {"pg_stat_reset", function_rule::denied},
    {"pg_database_size", function_rule::denied},
    {"pg_sequence_last_value", function_rule::denied},
    {"currtid2", function_rule::denied},
    {"inet_server_addr", function_rule::denied},
    {"binary_upgrade_set_next_pg_type_oid", function_rule::denied},
    {"record_in", function_rule::denied},
    {"array_recv", function_rule::denied},
    {"RI_FKey_check_ins", function_rule::denied},
    {"dblink", function_rule::denied},
    {"COUNT", function_rule::denied},
    {"", function_rule::denied},
};
INSTANTIATE_TEST_SUITE_P(rows, builtin_functions, ::testing::ValuesIn(function_cases), [](const auto& row) {
  const std::string name(row.param.name);
  return std::to_string(row.index) + "_" + (name.empty() ? "empty" : name);
});

#define FUNCTION(name, in) name,
constexpr std::string_view listed_functions[] = {
#include "../../../src/enforce/builtin_functions.inc"
};
#undef FUNCTION
#define RELATION(schema, name, remaining, columns, reason) {#schema, name},
#define DENIED(schema, name, reason) {#schema, name},
constexpr std::pair<std::string_view, std::string_view> listed_relations[] = {
#include "../../../src/enforce/system_relations.inc"
};
#undef RELATION
#undef DENIED

TEST(builtin_tables, are_found_by_every_name_they_list) {
  for (const std::string_view name : listed_functions) EXPECT_NE(builtin_function(name).family, "not listed") << name;
  for (const auto& [schema, name] : listed_relations) {
    EXPECT_THAT(std::string(system_relation(schema, name).reason), Not(HasSubstr("not on the reviewed list"))) << name;
  }
}

TEST(builtin_tables, list_every_function_of_the_server) {
  pqxx::connection connection = testing::connect();
  pqxx::work in(connection);
  if (testing::value_of<int>(in, "select current_setting('server_version_num')::int / 10000") != 15) GTEST_SKIP();
  const std::set<std::string_view> listed(std::begin(listed_functions), std::end(listed_functions));
  std::set<std::string> on_server;
  for (const auto& row : in.exec("select distinct proname from pg_proc where pronamespace in "
                                 "('pg_catalog'::regnamespace, 'information_schema'::regnamespace)")) {
    on_server.insert(row[0].c_str());
    EXPECT_TRUE(listed.count(row[0].c_str())) << row[0].c_str();
  }
  for (const std::string_view name : listed) EXPECT_TRUE(on_server.count(std::string(name))) << name;
}

// What the server itself calls unsafe to repeat, or cannot be called from SQL, is in no family of pure functions.
TEST(builtin_tables, call_no_function_pure_that_has_side_effects_or_internal_arguments) {
  pqxx::connection connection = testing::connect();
  pqxx::work in(connection);
  if (testing::value_of<int>(in, "select current_setting('server_version_num')::int / 10000") != 15) GTEST_SKIP();
  for (const auto& row : in.exec("select distinct proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace "
                                 "and (provolatile = 'v' or 'internal'::regtype = any(proargtypes::oid[]) or "
                                 "'cstring'::regtype = any(proargtypes::oid[]))")) {
    EXPECT_NE(builtin_function(row[0].c_str()).rule, function_rule::pure) << row[0].c_str();
  }
}

TEST(builtin_tables, list_every_system_relation_with_columns_that_exist_and_filters_that_run) {
  pqxx::connection connection = testing::connect();
  pqxx::work in(connection);
  if (testing::value_of<int>(in, "select current_setting('server_version_num')::int / 10000") != 15) GTEST_SKIP();
  std::size_t seen = 0;
  for (const auto& row : in.exec("select nspname, relname from pg_class c join pg_namespace n on n.oid = relnamespace "
                                 "where relkind in ('r', 'v') and nspname in ('pg_catalog', 'information_schema')")) {
    ++seen;
    const std::string schema = row[0].c_str();
    const std::string name = row[1].c_str();
    const system_relation_entry entry = system_relation(schema, name);
    ASSERT_THAT(std::string(entry.reason), Not(HasSubstr("not on the reviewed list"))) << name;
    std::string columns = "1";
    for (const std::string_view column : entry.emptied) {
      columns += ", case when false then " + std::string(column) + " end";
    }
    const std::string filter = entry.filter.empty() ? "true" : std::string(entry.filter);
    EXPECT_NO_THROW(in.exec("select " + columns + " from " + schema + "." + name + " where " + filter + " limit 1"))
        << name;
    EXPECT_EQ(entry.rule == system_relation_rule::open, entry.filter.empty()) << name;
  }
  EXPECT_EQ(seen, std::size(listed_relations));
}

struct relation_case {
  std::string_view schema, name;
  system_relation_rule rule;
  std::string_view emptied;  // one that must be
};
class system_relations : public ::testing::TestWithParam<relation_case> {};
TEST_P(system_relations, follow_their_row) {
  const relation_case& with = GetParam();
  const system_relation_entry entry = system_relation(with.schema, with.name);
  EXPECT_EQ(entry.rule, with.rule);
  EXPECT_TRUE(with.emptied.empty() ||
              std::find(entry.emptied.begin(), entry.emptied.end(), with.emptied) != entry.emptied.end());
}
constexpr relation_case relation_cases[] = {
    {"pg_catalog", "pg_type", system_relation_rule::open, ""},
    {"pg_catalog", "pg_class", system_relation_rule::open, "reltuples"},
    {"pg_catalog", "pg_attribute", system_relation_rule::open, "attmissingval"},
    {"pg_catalog", "pg_proc", system_relation_rule::open, "prosrc"},
    {"pg_catalog", "pg_views", system_relation_rule::open, "definition"},
    {"pg_catalog", "pg_sequences", system_relation_rule::open, "last_value"},
    {"pg_catalog", "pg_stat_user_tables", system_relation_rule::open, "n_live_tup"},
    {"pg_catalog", "pg_user_mappings", system_relation_rule::open, "umoptions"},
    {"pg_catalog", "pg_prepared_statements", system_relation_rule::open, "statement"},
    {"pg_catalog", "pg_stat_activity", system_relation_rule::filtered, "query"},
    {"pg_catalog", "pg_stats", system_relation_rule::filtered, ""},
    {"pg_catalog", "pg_statistic", system_relation_rule::filtered, ""},
    {"pg_catalog", "pg_settings", system_relation_rule::filtered, ""},
    {"pg_catalog", "pg_authid", system_relation_rule::denied, ""},
    {"pg_catalog", "pg_shadow", system_relation_rule::denied, ""},
    {"pg_catalog", "pg_largeobject", system_relation_rule::denied, ""},
    {"pg_catalog", "pg_stat_statements", system_relation_rule::denied, ""},
    {"pg_toast", "pg_toast_1255", system_relation_rule::denied, ""},
    {"information_schema", "views", system_relation_rule::open, "view_definition"},
    {"information_schema", "columns", system_relation_rule::open, ""},
    {"public", "pg_type", system_relation_rule::denied, ""},
};
INSTANTIATE_TEST_SUITE_P(rows, system_relations, ::testing::ValuesIn(relation_cases), [](const auto& row) {
  return std::string(row.param.schema) + "_" + std::string(row.param.name);
});

TEST(pg_settings_filter, hides_exactly_what_find_setting_calls_unreadable) {
  pqxx::connection connection = testing::connect();
  pqxx::work in(connection);
  if (testing::value_of<int>(in, "select current_setting('server_version_num')::int / 10000") != 15) GTEST_SKIP();
  const std::string filter(system_relation("pg_catalog", "pg_settings").filter);
  for (const auto& row : in.exec("select lower(name), " + filter + " from pg_settings")) {
    const setting_entry* entry = find_setting(row[0].c_str());
    EXPECT_EQ(entry != nullptr && entry->readable, row[1].as<bool>()) << row[0].c_str();
  }
}

}  // namespace
}  // namespace sluice::enforce
