#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "postgres.hpp"
#include "sluice/enforce/builtins.hpp"
#include "sluice/enforce/gate.hpp"

namespace sluice::enforce {
namespace {

using ::testing::HasSubstr;

struct setting_case {
  std::string_view label, name, value;
  std::string_view sqlstate;  // empty: allowed
  std::string_view becomes;   // when allowed
};
class judged_settings : public ::testing::TestWithParam<setting_case> {};
TEST_P(judged_settings, are_allowed_or_refused) {
  const setting_case& with = GetParam();
  const setting_verdict verdict = judge_setting(with.name, with.value);
  EXPECT_EQ(verdict.allowed, with.sqlstate.empty()) << verdict.why.message;
  if (verdict.allowed) {
    EXPECT_EQ(verdict.value, with.becomes);
  } else {
    EXPECT_EQ(verdict.why.sqlstate, with.sqlstate);
    EXPECT_FALSE(verdict.why.message.empty());
    EXPECT_FALSE(verdict.why.hint.empty());
  }
}
constexpr setting_case setting_cases[] = {
    {"jdbc_date_style", "DateStyle", "ISO", "", "ISO"},
    {"date_style_order", "datestyle", "ISO, MDY", "", "ISO, MDY"},
    {"date_style_other", "datestyle", "moon", "22023", ""},
    {"jdbc_time_zone", "TimeZone", "Asia/Tokyo", "", "Asia/Tokyo"},
    {"offset_zone", "timezone", "<+09>-09", "", "<+09>-09"},
    {"zone_with_semicolon", "timezone", "UTC;x", "22023", ""},
    {"jdbc_float_digits", "extra_float_digits", "3", "", "3"},
    {"too_many_float_digits", "extra_float_digits", "4", "22023", ""},
    {"psycopg_application_name", "application_name", "dashboard 7", "", "dashboard 7"},
    {"asyncpg_encoding", "client_encoding", "'utf-8'", "", "UTF8"},
    {"pgloader_encoding", "client_encoding", "UNICODE", "", "UTF8"},
    {"any_bytes_encoding", "client_encoding", "SQL_ASCII", "", "UTF8"},
    {"other_encoding", "client_encoding", "SJIS", "22023", ""},
    {"npgsql_strings", "standard_conforming_strings", "true", "", "on"},
    {"old_strings", "standard_conforming_strings", "off", "22023", ""},
    {"quotes_by_backslash", "backslash_quote", "on", "22023", ""},
    {"null_equals", "transform_null_equals", "on", "22023", ""},
    {"null_equals_off", "transform_null_equals", "off", "", "off"},
    {"row_security_off", "row_security", "off", "22023", ""},
    {"dbt_search_path", "search_path", "analytics, public", "", "analytics, public"},
    {"redash_timeout", "statement_timeout", "30s", "", "30s"},
    {"timeout_in_milliseconds", "statement_timeout", "60000", "", "60000"},
    {"negative_timeout", "statement_timeout", "-1", "22023", ""},
    {"timeout_unit", "statement_timeout", "3 fortnights", "22023", ""},
    {"quiet_messages", "client_min_messages", "warning", "", "warning"},
    {"messages_that_tell_plans", "client_min_messages", "debug5", "22023", ""},
    {"messages_of_the_log", "client_min_messages", "log", "22023", ""},
    {"isolation", "default_transaction_isolation", "repeatable read", "", "repeatable read"},
    {"read_only", "default_transaction_read_only", "on", "", "on"},
    {"memory", "work_mem", "256MB", "", "256MB"},
    {"too_much_memory", "work_mem", "64GB", "22023", ""},
    {"planner", "enable_nestloop", "off", "", "off"},
    {"pg_dump_tablespace", "default_tablespace", "", "", ""},
    {"other_tablespace", "default_tablespace", "fast", "22023", ""},
    {"role", "role", "postgres", "42501", ""},
    {"session_authorization", "SESSION_AUTHORIZATION", "postgres", "42501", ""},
    {"replication_role", "session_replication_role", "replica", "42501", ""},
    {"library", "local_preload_libraries", "x", "42501", ""},
    {"plans_in_the_log", "debug_print_plan", "on", "42501", ""},
    {"statement_log", "log_statement", "none", "42501", ""},
    {"superuser_only", "lc_messages", "ja_JP.UTF-8", "42501", ""},
    {"token_key", "sluice.token_key", "x", "42501", ""},
    {"token_key_in_capitals", "SLUICE.Token_Key", "x", "42501", ""},
    {"extension", "pg_stat_statements.track", "all", "42501", ""},
    {"unknown", "no_such_setting", "1", "42501", ""},
    {"no_name", "", "1", "42501", ""},
};
INSTANTIATE_TEST_SUITE_P(rows, judged_settings, ::testing::ValuesIn(setting_cases),
                         [](const auto& row) { return std::string(row.param.label); });

TEST(judge_setting, refuses_bytes_that_no_setting_holds) {
  EXPECT_EQ(judge_setting("application_name", std::string(300, 'a')).why.sqlstate, "22023");
  EXPECT_EQ(judge_setting("search_path", std::string_view("a\0b", 3)).why.sqlstate, "22023");
  EXPECT_EQ(judge_setting("search_path", std::string(5000, 'a')).why.sqlstate, "22023");
  const setting_verdict verdict = judge_setting(std::string(62, 'a') + "漢字" + "\x01", "1");
  EXPECT_EQ(verdict.why.message.find('\x01'), std::string::npos);
  EXPECT_THAT(verdict.why.message, HasSubstr(std::string(62, 'a') + "`"));
}

TEST(find_setting, hides_what_would_tell_secrets) {
  for (const char* name : {"primary_conninfo", "ssl_key_file", "hba_file", "data_directory", "archive_command"}) {
    ASSERT_NE(find_setting(name), nullptr) << name;
    EXPECT_FALSE(find_setting(name)->readable) << name;
    EXPECT_FALSE(find_setting(name)->writable) << name;
  }
  EXPECT_EQ(find_setting("sluice.token_key"), nullptr);
  EXPECT_EQ(find_setting("Server_Version"), nullptr);
  EXPECT_TRUE(find_setting("server_version")->readable);
}

TEST(settings, that_are_pinned_pass_the_allow_list_and_are_known_to_the_server) {
  pqxx::connection connection = testing::connect();
  pqxx::work in(connection);
  for (const auto& [name, value] : pinned_settings()) {
    EXPECT_TRUE(judge_setting(name, value).allowed) << name;
    EXPECT_NO_THROW(in.exec("set local " + name + " = " + in.quote(value))) << name;
  }
}

#define WRITABLE(name, rule, only) name,
#define READABLE(name, why) name,
#define HIDDEN(name, why) name,
constexpr std::string_view listed[] = {
#include "../../../src/enforce/settings.inc"
};
#undef WRITABLE
#undef READABLE
#undef HIDDEN

TEST(settings, say_what_they_take_or_why_not) {
  for (const std::string_view name : listed) {
    const setting_entry* entry = find_setting(name);
    ASSERT_NE(entry, nullptr) << name;
    EXPECT_EQ(entry->writable, !entry->takes.empty()) << name;
    EXPECT_EQ(entry->writable, entry->reason.empty()) << name;
  }
}

// Whatever a client may write, an ordinary login of the server may write as well: the list promises nothing it cannot
// keep.
TEST(settings, that_are_writable_keep_their_present_value_when_set_to_it) {
  pqxx::connection connection = testing::connect();
  pqxx::work in(connection);
  for (const auto& row : in.exec("select lower(name), current_setting(name), context from pg_settings")) {
    const setting_entry* entry = find_setting(row[0].c_str());
    if (entry == nullptr || !entry->writable) continue;
    EXPECT_STREQ(row[2].c_str(), "user") << row[0].c_str();
    const bool pinned = !entry->only.empty();
    EXPECT_TRUE(pinned || judge_setting(row[0].c_str(), row[1].c_str()).allowed)
        << row[0].c_str() << " = " << row[1].c_str();
  }
}

}  // namespace
}  // namespace sluice::enforce
