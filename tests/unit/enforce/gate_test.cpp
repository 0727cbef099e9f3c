#include "sluice/enforce/gate.hpp"

#include "gate_fixture.hpp"

namespace sluice::enforce {
namespace {

using sluice::testing::gate_fixture;

// What leaves for the upstream may name a guarded relation only inside its guard: the raw column stands nowhere as a plain
// select item of the relation. `with` must be in the text sent, `without` must not.
struct row {
  const char* name;
  const char* user;
  const char* sql;
  const char* with;
  const char* without = nullptr;
};
class allowed : public ::testing::TestWithParam<row> {};
TEST_P(allowed, is_rewritten) {
  gate_fixture all;
  const auto verdict = all.judge(GetParam().user, GetParam().sql);
  ASSERT_TRUE(verdict->allowed) << verdict->why.message;
  const std::string sent = verdict->rewritten.value_or(GetParam().sql);
  EXPECT_NE(sent.find(GetParam().with), std::string::npos) << sent;
  if (GetParam().without) {
    EXPECT_EQ(sent.find(GetParam().without), std::string::npos) << sent;
  }
}
constexpr const char* masked_email = "***@***";
INSTANTIATE_TEST_SUITE_P(
    reading, allowed,
    ::testing::Values(
        row{"unguarded_text_is_untouched", "carol", "SELECT  1 -- as it was", "SELECT  1 -- as it was"},
        row{"admin_text_is_untouched", "alice", "select email from dim_customer", "select email from dim_customer"},
        row{"plain", "carol", "select email from crm.dim_customer", masked_email},
        row{"unqualified_is_qualified", "carol", "select 1 from dim_customer", "\"crm\".\"dim_customer\""},
        row{"qualified_reference", "carol", "select crm.dim_customer.email from crm.dim_customer", "\"dim_customer\".\"email\"", "select crm."},
        row{"table_command", "carol", "table crm.dim_customer", "SELECT * FROM (SELECT"},
        row{"only", "carol", "select email from only (crm.dim_customer)", "FROM ONLY \"crm\""},
        row{"sample", "carol", "select email from dim_customer d tablesample system (10) repeatable (1)", "tablesample system (10) repeatable (1)) AS \"d\""},
        row{"cte", "carol", "with x as (select email from dim_customer) select * from x", masked_email},
        row{"union_arm", "carol", "select 'a' union select email from dim_customer", masked_email},
        row{"sub_select", "carol", "select (select email from dim_customer limit 1)", masked_email},
        row{"exists", "carol", "select 1 where exists (select from dim_customer where email = 'x')", masked_email},
        row{"values", "carol", "values ((select email from dim_customer limit 1))", masked_email},
        row{"copy_out", "carol", "copy crm.dim_customer to stdout", "copy (SELECT"},
        row{"copy_query", "carol", "copy (select email from dim_customer) to stdout", masked_email},
        row{"view", "carol", "select contact from billing.v_contact", masked_email},
        row{"view_over_view", "carol", "select contact from billing.v_over", masked_email},
        row{"copy_of_masked_column", "carol", "select e from billing.copy_of", masked_email},
        row{"two_tables_of_one_name", "carol", "select crm.dim_customer.email from crm.dim_customer, public.dim_customer", "\"sluice_0\".\"email\""},
        row{"group_by_key", "carol", "select d.customer_id, d.name from dim_customer d group by d.customer_id", "group by \"d\".\"name\", d.customer_id"},
        row{"system_relation", "carol", "select * from pg_stats", "WHERE (false)"},
        row{"system_relation_without_emptied_columns", "carol", "select c.tableoid, c.relname from pg_catalog.pg_class c", "\"reltuples\", tableoid FROM"},
        row{"system_relation_with_emptied_columns", "carol", "select c.reltuples from pg_catalog.pg_class c", "CAST(NULL AS"},
        row{"system_relation_star", "carol", "select * from pg_catalog.pg_class", "CAST(NULL AS"},
        row{"system_relation_row", "carol", "select c from pg_catalog.pg_class c", "CAST(NULL AS"},
        row{"size_of_what_is_not_named", "carol", "select pg_relation_size(c.oid) from pg_class c", "pg_relation_size(CASE WHEN false THEN (c.oid) END)"},
        row{"size_of_a_guarded_table", "carol", "select pg_relation_size('crm.dim_customer')", "(CASE WHEN false THEN CAST('crm.dim_customer' AS pg_catalog.regclass) END)"},
        row{"size_of_a_guarded_table_cast", "carol", "select pg_table_size('dim_customer' :: regclass)", "(CASE WHEN false THEN ('dim_customer' :: regclass) END)"},
        row{"size_of_a_parameter", "carol", "select pg_total_relation_size( ($1) )", "( CASE WHEN false THEN CAST(($1) AS pg_catalog.regclass) END )"},
        row{"size_of_an_unguarded_sequence", "carol", "select pg_relation_size('billing.next_number')", "select pg_relation_size('\"billing\".\"next_number\"')"},
        row{"source_of_a_view", "carol", "select pg_catalog.pg_get_viewdef(/* x, */ c.oid /* y */ , true)from pg_class c", "(/* x, */ CASE WHEN false THEN (c.oid) END /* y */ , true)"},
        row{"source_of_a_function", "carol", "select pg_get_functiondef('1397')", "(CASE WHEN false THEN CAST('1397' AS pg_catalog.oid) END)"},
        row{"hollow_around_a_guard", "carol", "select pg_relation_size((select max(email) from crm.dim_customer)::regclass, 'main')", "THEN ((select max(email) from (SELECT"},
        row{"hollow_inside_a_hollow", "carol", "select pg_table_size(pg_relation_size((array[1,2])[1], 'vm')::oid::regclass)",
            "(CASE WHEN false THEN (pg_relation_size(CASE WHEN false THEN ((array[1,2])[1]) END, 'vm')::oid::regclass) END)"},
        row{"size_for_an_admin", "alice", "select pg_relation_size(c.oid) from pg_class c", "pg_relation_size(c.oid)"},
        row{"size_in_a_view", "bob", "create view billing.sizes as select pg_relation_size(c.oid) from pg_class c", "CASE WHEN false THEN (c.oid) END"},
        row{"prepare", "carol", "prepare p as select email from dim_customer", masked_email},
        row{"cursor", "carol", "declare c cursor for select email from dim_customer", masked_email},
        row{"insert_select_writes_masks", "bob", "insert into billing.customer_contact select customer_id, email, '' from crm.dim_customer", masked_email},
        row{"create_table_as_writes_masks", "bob", "create table billing.x as select * from crm.dim_customer", masked_email},
        row{"temporary_view_keeps_masks", "carol", "create temp view v as select email from dim_customer", masked_email},
        row{"view_keeps_its_creators_masks", "bob", "create view billing.v as select email from crm.dim_customer", masked_email},
        row{"view_of_an_admin_is_stored_plain", "alice", "create view billing.v as select email from crm.dim_customer", "select email from crm.dim_customer", masked_email},
        row{"returning_is_masked", "bob", "delete from billing.customer_contact where customer_id = 1 returning email", "AS \"email\""},
        row{"returning_beside_renamed_columns", "bob", "delete from billing.customer_contact returning (select email from rows from (json_to_record('{}') as (email text)) as x(foo))", masked_email},
        row{"inner_column_of_the_catalog", "bob", "update billing.customer_contact c set phone = (select email from crm.dim_customer d where d.customer_id = c.customer_id)", masked_email},
        row{"condition_of_update_is_masked", "bob", "update billing.customer_contact set phone = '1' where email = 'x'", masked_email}),
    [](const auto& each) { return each.param.name; });

struct refused_row {
  const char* name;
  const char* user;
  const char* sql;
  const char* sqlstate;
  const char* part;
};
class refused : public ::testing::TestWithParam<refused_row> {};
TEST_P(refused, says_why) {
  gate_fixture all;
  const auto verdict = all.judge(GetParam().user, GetParam().sql);
  ASSERT_FALSE(verdict->allowed);
  EXPECT_EQ(verdict->why.sqlstate, GetParam().sqlstate);
  EXPECT_NE(verdict->why.message.find(GetParam().part), std::string::npos) << verdict->why.message;
  EXPECT_FALSE(verdict->rewritten.has_value());
  EXPECT_TRUE(verdict->statements.empty());
}
INSTANTIATE_TEST_SUITE_P(
    rules, refused,
    ::testing::Values(
        refused_row{"viewer_in_the_lake", "carol", "select 1 from support.tickets", "42501", "`viewer` has no `read` on layer `lake`"},
        refused_row{"viewer_insert", "carol", "insert into billing.customer_contact values (1)", "42501", "has no `create`"},
        refused_row{"viewer_update", "carol", "update billing.customer_contact set phone = '1'", "42501", "has no `update`"},
        refused_row{"viewer_delete", "carol", "delete from billing.customer_contact", "42501", "has no `delete`"},
        refused_row{"viewer_for_update", "carol", "select 1 from dim_customer for update", "42501", "has no `update`"},
        refused_row{"viewer_lock_through_subquery", "carol", "select 1 from (select customer_id from dim_customer) x for share", "42501", "has no `update`"},
        refused_row{"viewer_writing_cte", "carol", "with x as (delete from billing.customer_contact returning 1) select 1", "42501", "has no `delete`"},
        refused_row{"viewer_explain_analyze_write", "carol", "explain analyze delete from billing.customer_contact", "42501", "has no `delete`"},
        refused_row{"viewer_prepared_write", "carol", "prepare p as delete from billing.customer_contact", "42501", "has no `delete`"},
        refused_row{"viewer_truncate", "carol", "truncate billing.customer_contact", "42501", "has no `delete`"},
        refused_row{"viewer_select_into", "carol", "select 1 as a into billing.x", "42501", "has no `create`"},
        refused_row{"viewer_merge", "carol", "merge into billing.customer_contact t using dim_customer s on true when matched then delete", "42501", "has no `update`"},
        refused_row{"viewer_nextval", "carol", "select nextval('billing.next_number')", "42501", "has no `update`"},
        refused_row{"creator_outside_service", "bob", "insert into crm.dim_customer values (1)", "42501", "only in service `billing`"},
        refused_row{"creator_in_the_lake", "bob", "delete from support.tickets", "42501", "`delete`"},
        refused_row{"one_of_several_statements", "carol", "select 1; delete from billing.customer_contact", "42501", "has no `delete`"},
        refused_row{"password_table", "carol", "select * from pg_authid", "42501", "pg_authid"},
        refused_row{"returning_star", "bob", "delete from billing.customer_contact returning *", "42501", "whole row"},
        refused_row{"returning_row", "bob", "delete from billing.customer_contact c returning c", "42501", "whole row"},
        refused_row{"conflict_on_masked", "bob", "insert into billing.customer_contact values (1) on conflict (email) do nothing", "42501", "ON CONFLICT"},
        refused_row{"index_expression", "bob", "create index on billing.customer_contact ((1 / length(email)))", "42501", "masked column"},
        refused_row{"unique_index", "bob", "create unique index on billing.customer_contact (email)", "42501", "masked column"},
        refused_row{"check_constraint", "bob", "alter table billing.customer_contact add check (email <> 'x')", "42501", "masked column"},
        refused_row{"type_change_moves_values", "bob", "alter table billing.customer_contact alter phone type text using email", "42501", "masked column"},
        refused_row{"returning_below_a_function", "bob", "delete from billing.customer_contact returning (select email from generate_series(1, 1) g)", "42501", "may be a masked column"},
        refused_row{"returning_of_a_computed_inner_name", "bob", "delete from billing.customer_contact returning (select email from (select 1 as email) s)", "42501", "may be a masked column"},
        refused_row{"returning_of_an_inner_alias_like_the_target", "bob", "delete from billing.customer_contact c returning (select c from (select 1) c)::text", "42501", "whole row"},
        refused_row{"returning_row_below_a_function", "bob", "delete from billing.customer_contact c returning (select c from generate_series(1, 1) g)", "42501", "whole row"},
        refused_row{"attached_partition_checks_values", "bob", "alter table billing.fact_invoice attach partition billing.customer_contact for values from ('a') to ('b')", "42501", "whole row"},
        refused_row{"conversion_quotes_values", "bob", "alter table billing.customer_contact alter email type int", "42501", "masked column"},
        refused_row{"unique_constraint", "bob", "alter table billing.customer_contact add unique (email)", "42501", "masked column"},
        refused_row{"foreign_key", "bob", "alter table billing.customer_contact add foreign key (email) references billing.fact_invoice (note)", "42501", "masked column"},
        refused_row{"generated_column", "bob", "alter table billing.customer_contact add leak text generated always as (email) stored", "42501", "masked column"},
        refused_row{"explain_analyze_of_guarded", "carol", "explain analyze select email from dim_customer", "42501", "EXPLAIN with option `analyze`"},
        refused_row{"explain_verbose_of_guarded", "carol", "explain (costs off, verbose) select email from dim_customer", "42501", "EXPLAIN with option `verbose`"},
        refused_row{"explain_with_an_option_of_later", "carol", "explain (generic_plan) select email from dim_customer", "42501", "EXPLAIN with option `generic_plan`"},
        refused_row{"explain_in_xml", "carol", "explain (format xml) select email from dim_customer", "42501", "EXPLAIN in format `xml`"},
        refused_row{"explain_analyze_of_system_relation", "carol", "explain analyze select * from pg_stats", "42501", "EXPLAIN with option"},
        refused_row{"size_by_named_argument", "carol", "select pg_relation_size(relation => c.oid) from pg_class c", "42501", "pg_relation_size"},
        refused_row{"size_of_an_array_of_arguments", "carol", "select pg_relation_size(variadic c.oid) from pg_class c", "42501", "pg_relation_size"},
        refused_row{"size_as_an_aggregate", "carol", "select pg_relation_size(distinct c.oid) from pg_class c", "42501", "pg_relation_size"},
        refused_row{"size_filtered", "carol", "select pg_relation_size(c.oid) filter (where true) from pg_class c", "42501", "pg_relation_size"},
        refused_row{"size_over_a_window", "carol", "select pg_relation_size(c.oid) over () from pg_class c", "42501", "pg_relation_size"},
        refused_row{"source_by_the_name_of_a_field", "carol", "select (c).pg_get_viewdef from pg_class c", "42501", "pg_get_viewdef"},
        refused_row{"size_of_what_may_not_be_read", "carol", "select pg_relation_size('support.tickets')", "42501", "`viewer` has no `read` on layer `lake`"},
        refused_row{"owner_change", "bob", "alter table billing.customer_contact owner to x", "42501", "AT_ChangeOwner"}),
    [](const auto& each) { return each.param.name; });
INSTANTIATE_TEST_SUITE_P(
    execution, refused,
    ::testing::Values(
        refused_row{"file_function", "alice", "select pg_read_file('/etc/passwd')", "42501", "pg_read_file"},
        refused_row{"sql_in_text", "carol", "select query_to_xml('select 1', true, true, '')", "42501", "query_to_xml"},
        refused_row{"sql_in_text_as_a_field", "carol", "select ('select 1'::text).ts_stat", "42501", "ts_stat"},
        refused_row{"sql_in_text_as_a_column", "carol", "select g.ts_stat from unnest(array['select 1']) as g", "42501", "ts_stat"},
        refused_row{"own_function_as_a_field", "carol", "select (d).anything from crm.dim_customer d", "42501", "anything"},
        refused_row{"file_function_as_a_field_for_admin", "alice", "select ('/etc/passwd'::text).pg_read_file", "42501", "pg_read_file"},
        refused_row{"function_in_limit_of_values", "bob", "insert into billing.customer_contact values (1) limit query_to_xml('', true, true, '')::text::int", "42501", "query_to_xml"},
        refused_row{"function_in_a_subscript", "bob", "insert into billing.customer_contact (email[query_to_xml('', true, true, '')::text::int]) values (1)", "42501", "query_to_xml"},
        refused_row{"function_in_a_partition_bound", "bob", "create table billing.p1 partition of billing.fact_invoice for values in (query_to_xml('', true, true, '')::text)", "42501", "query_to_xml"},
        refused_row{"function_that_could_be_anothers", "carol", "select lower('A')", "42501", "could mean `public.lower`"},
        refused_row{"function_nobody_named", "carol", "select public.anything()", "42501", "no rule of the policy names it"},
        refused_row{"function_in_from", "carol", "select * from public.anything()", "42501", "no rule of the policy names it"},
        refused_row{"function_in_order_by", "carol", "select 1 order by public.anything()", "42501", "no rule"},
        refused_row{"function_in_window", "carol", "select 1 from dim_customer window w as (order by public.anything())", "42501", "no rule"},
        refused_row{"function_in_limit", "carol", "select 1 limit public.anything()", "42501", "no rule"},
        refused_row{"do_block", "alice", "do $$ begin end $$", "42501", "`do`"},
        refused_row{"create_role", "alice", "create role x", "42501", "create_role"},
        refused_row{"grant", "alice", "grant all on crm.dim_customer to public", "42501", "grant"},
        refused_row{"copy_program", "alice", "copy (select 1) to program 'sh'", "42501", "copy_program"},
        refused_row{"copy_file", "alice", "copy (select 1) to '/tmp/x'", "42501", "copy_file"},
        refused_row{"load", "alice", "load 'x'", "42501", "load"},
        refused_row{"create_function", "bob", "create function billing.f() returns int language sql as 'select 1'", "42501", "create_function"},
        refused_row{"create_rule", "alice", "create rule r as on insert to crm.dim_customer do nothing", "42501", "create_rule"},
        refused_row{"create_trigger", "bob", "create trigger t before insert on billing.fact_invoice execute function f()", "42501", "create_trigger"},
        refused_row{"set_role", "alice", "set role postgres", "42501", "`role`"},
        refused_row{"set_authorization", "alice", "set session authorization postgres", "42501", "session_authorization"},
        refused_row{"string_setting", "alice", "set standard_conforming_strings = off", "22023", "standard_conforming_strings"},
        refused_row{"string_setting_by_function", "alice", "select 1; set local standard_conforming_strings to off", "22023", "standard_conforming_strings"},
        refused_row{"encoding_of_no_encoding", "alice", "set client_encoding = 'SQL_ASCII'", "22023", "client_encoding"},
        refused_row{"set_config", "carol", "select set_config('role', 'postgres', false)", "42501", "`role`"},
        refused_row{"token_key", "carol", "select current_setting('sluice.token_key')", "42501", "not readable"},
        refused_row{"show_token_key", "carol", "show sluice.token_key", "42704", "not readable"},
        refused_row{"unknown_relation", "carol", "select 1 from nowhere", "42P01", "relation \"nowhere\" does not exist"},
        refused_row{"unknown_prepared", "carol", "execute nothing", "26000", "does not exist"},
        refused_row{"unknown_cursor", "carol", "fetch all from nothing", "34000", "does not exist"},
        refused_row{"other_database", "carol", "select 1 from lake.crm.customers", "42501", "database `lake`"},
        refused_row{"syntax", "carol", "selec 1", "42601", "syntax error at or near \"selec\""}),
    [](const auto& each) { return each.param.name; });

TEST(gate, plans_over_guarded_relations_are_stripped) {
  gate_fixture all;
  struct plan_row {
    const char* user;
    const char* sql;
    std::optional<plan_format> format;
  };
  const plan_row rows[] = {{"carol", "explain select email from dim_customer", plan_format::text},
                           {"carol", "explain (format json, costs off) select email from dim_customer", plan_format::json},
                           {"carol", "explain (format xml, format text) select email from dim_customer", plan_format::text},
                           {"carol", "explain (analyze off, verbose 0, generic_plan off) select contact from billing.v_over", plan_format::text},
                           {"carol", "explain select * from pg_stats", plan_format::text},
                           {"bob", "explain delete from billing.customer_contact", plan_format::text},
                           {"carol", "explain select 1", std::nullopt},
                           {"carol", "explain (analyze, verbose, format xml) select 1", std::nullopt},
                           {"alice", "explain (analyze, verbose) select email from dim_customer", std::nullopt}};
  for (const auto& each : rows) {
    const auto verdict = all.judge(each.user, each.sql);
    ASSERT_TRUE(verdict->allowed) << each.sql << ": " << verdict->why.message;
    EXPECT_EQ(verdict->statements[0]->stripped_plan, each.format) << each.sql;
  }
}

TEST(gate, plans_of_prepared_statements_are_stripped_as_their_own) {
  gate_fixture all;
  ASSERT_TRUE(all.run("carol", "prepare guarded as select email from dim_customer")->allowed);
  ASSERT_TRUE(all.run("carol", "prepare free as select 1")->allowed);
  ASSERT_TRUE(all.run("carol", "create temp table t as select 1 as a")->allowed);
  EXPECT_EQ(all.judge("carol", "explain execute guarded")->statements.at(0)->stripped_plan, plan_format::text);
  EXPECT_EQ(all.judge("carol", "explain (format json) execute guarded")->statements.at(0)->stripped_plan, plan_format::json);
  EXPECT_EQ(all.judge("carol", "explain select * from t")->statements.at(0)->stripped_plan, plan_format::text);
  EXPECT_FALSE(all.judge("carol", "explain analyze execute guarded")->allowed);
  EXPECT_FALSE(all.judge("carol", "explain analyze select * from t")->allowed);
  const auto verdict = all.judge("carol", "explain analyze execute free");
  ASSERT_TRUE(verdict->allowed);
  EXPECT_FALSE(verdict->statements[0]->stripped_plan.has_value());
  // A prepared statement of the protocol may be an EXPLAIN, or run another one by name.
  all.session.prepared["plan"] = all.judge("carol", "explain select email from dim_customer")->statements[0];
  EXPECT_EQ(all.judge("carol", "execute plan")->statements.at(0)->stripped_plan, plan_format::text);
  all.session.prepared["by_name"] = all.judge("carol", "explain execute free")->statements[0];
  EXPECT_NE(all.judge("carol", "execute by_name")->why.message.find("by its name"), std::string::npos);
}

TEST(gate, dropped_relation_is_not_read_in_the_transaction) {
  gate_fixture all;
  EXPECT_TRUE(all.run("bob", "begin; drop table billing.fact_invoice")->allowed);
  EXPECT_EQ(all.run("bob", "select note from billing.fact_invoice")->why.sqlstate, "55006");
  EXPECT_TRUE(all.run("bob", "rollback")->allowed);
  EXPECT_TRUE(all.run("bob", "select note from billing.fact_invoice")->allowed);
}

TEST(gate, prepared_statement_does_not_follow_a_name_to_another_relation) {
  gate_fixture all;
  EXPECT_TRUE(all.run("bob", "prepare p as select note from billing.fact_invoice")->allowed);
  EXPECT_TRUE(all.run("bob", "execute p")->allowed);
  EXPECT_TRUE(all.run("bob", "begin; alter table billing.fact_invoice rename to other; alter table billing.customer_contact rename to fact_invoice")->allowed);
  EXPECT_NE(all.run("bob", "execute p")->why.message.find("have changed"), std::string::npos);
}

TEST(gate, prepared_statement_is_judged_again_under_a_newer_catalog) {
  gate_fixture all;
  EXPECT_TRUE(all.run("carol", "prepare p as select plan from crm.dim_customer")->allowed);
  catalog::contents later = all.known->catalog->all();
  const auto context_of = [&](catalog::contents contents) {
    return make_context(all.rules, std::make_shared<const catalog::snapshot>(std::move(contents), base::revision{2}), all.settings->databases.at("warehouse"), all.settings, all.known.get());
  };
  const auto same = context_of(later);
  EXPECT_TRUE(all.gate.judge("execute p", *same, all.who("carol"), all.session)->allowed);
  for (auto& relation : later.relations) {
    if (relation.id == base::oid{100}) relation.columns.pop_back();
  }
  const auto other = context_of(later);
  EXPECT_FALSE(all.gate.judge("execute p", *other, all.who("carol"), all.session)->allowed);
}

TEST(gate, renamed_columns_of_a_guarded_table_are_not_read_in_the_transaction) {
  gate_fixture all;
  EXPECT_TRUE(all.run("bob", "begin; alter table billing.customer_contact rename column email to x")->allowed);
  EXPECT_EQ(all.run("bob", "select * from billing.customer_contact")->why.sqlstate, "55006");
}

TEST(gate, table_that_inherits_in_the_transaction_is_not_read_in_it) {
  gate_fixture all;
  EXPECT_TRUE(all.run("bob", "begin; create table billing.parent (customer_id int, email text, phone text)")->allowed);
  EXPECT_TRUE(all.run("bob", "alter table billing.customer_contact inherit billing.parent")->allowed);
  EXPECT_EQ(all.run("bob", "select email from billing.parent")->why.sqlstate, "55006");
}

TEST(gate, if_not_exists_does_not_change_what_a_name_is) {
  gate_fixture all;
  EXPECT_TRUE(all.run("bob", "begin; create table if not exists billing.customer_contact (x int)")->allowed);
  EXPECT_NE(all.run("bob", "select email from billing.customer_contact")->rewritten.value_or("").find(masked_email), std::string::npos);
  EXPECT_TRUE(all.run("bob", "create table if not exists billing.unheard_of (x int)")->allowed);
  EXPECT_EQ(all.run("bob", "select x from billing.unheard_of")->why.sqlstate, "55006");
  EXPECT_TRUE(all.run("bob", "create temp table t (x int); create temp table if not exists t (body text)")->allowed);
  const auto verdict = all.run("bob", "select body, (select upper(body) from t) from support.tickets");
  ASSERT_TRUE(verdict->allowed) << verdict->why.message;
  EXPECT_TRUE(verdict->statements[0]->wire_masks.empty());
}

TEST(gate, copy_header_is_read_as_the_server_reads_it) {
  gate_fixture all;
  for (const char* off : {"false", "FALSE", "Off", "0"}) {
    const auto verdict = all.judge("bob", "copy support.tickets to stdout with (format csv, header '" + std::string(off) + "')");
    ASSERT_TRUE(verdict->allowed);
    EXPECT_FALSE(verdict->statements[0]->copy.header) << off;
  }
  EXPECT_TRUE(all.judge("bob", "copy support.tickets to stdout csv header")->statements[0]->copy.header);
}

TEST(gate, statements_of_one_text_see_what_those_before_them_did) {
  gate_fixture all;
  const auto verdict = all.judge("bob", "create table billing.t1 as select email from crm.dim_customer; select * from billing.t1; drop table billing.t1");
  ASSERT_TRUE(verdict->allowed) << verdict->why.message;
  EXPECT_EQ(all.judge("bob", "alter table billing.customer_contact rename column email to x; select x from billing.customer_contact")->why.sqlstate, "55006");
  EXPECT_EQ(all.judge("bob", "drop table billing.fact_invoice; select 1 from billing.fact_invoice")->why.sqlstate, "55006");
}

TEST(gate, table_made_in_a_transaction_is_read_in_it) {
  gate_fixture all;
  EXPECT_TRUE(all.run("bob", "begin; create table billing.fresh as select 1 as a")->allowed);
  const auto verdict = all.run("bob", "select a from fresh");
  ASSERT_TRUE(verdict->allowed) << verdict->why.message;
  EXPECT_EQ(verdict->rewritten.value_or(""), "select a from \"billing\".\"fresh\"");
}

TEST(gate, temporary_relation_is_named_as_such) {
  gate_fixture all;
  EXPECT_TRUE(all.run("carol", "create temp table dim_customer as select 1 as a")->allowed);
  const auto verdict = all.run("carol", "select a from dim_customer");
  ASSERT_TRUE(verdict->allowed) << verdict->why.message;
  EXPECT_EQ(verdict->rewritten.value_or(""), "select a from \"pg_temp\".\"dim_customer\"");
}

TEST(gate, altered_temporary_relation_keeps_its_name) {
  gate_fixture all;
  EXPECT_TRUE(all.run("carol", "create temp table t (a int, b int); alter table t drop column b")->allowed);
  EXPECT_TRUE(all.run("carol", "select a from t")->allowed);
}

TEST(gate, search_path_moves_within_one_text) {
  gate_fixture all;
  const auto verdict = all.run("carol", "set search_path to public; select remark from dim_customer");
  ASSERT_TRUE(verdict->allowed) << verdict->why.message;
  EXPECT_NE(verdict->rewritten->find("\"public\".\"dim_customer\""), std::string::npos);
  EXPECT_EQ(all.session.search_path, std::vector<std::string>{"public"});
}

TEST(gate, execute_and_fetch_lead_to_what_was_judged) {
  gate_fixture all;
  ASSERT_TRUE(all.run("carol", "prepare p as select email from dim_customer")->allowed);
  const auto verdict = all.run("carol", "execute p");
  ASSERT_TRUE(verdict->allowed);
  ASSERT_EQ(verdict->statements[0]->outputs.size(), 1u);
  EXPECT_TRUE(verdict->statements[0]->outputs[0]->masked);
  EXPECT_TRUE(verdict->statements[0]->guarded);
}

TEST(gate, prepared_under_an_older_policy_is_refused) {
  gate_fixture older, newer(std::string(SLUICE_SOURCE_DIR) + "/policies/three-tier/policy.yaml", 2);
  ASSERT_TRUE(older.run("carol", "prepare p as select email from dim_customer")->allowed);
  newer.session = older.session;
  EXPECT_NE(newer.judge("carol", "execute p")->why.message.find("older policy"), std::string::npos);
}

TEST(gate, describes_outputs_as_the_server_would_have) {
  gate_fixture all;
  const auto verdict = all.judge("carol", "select email, customer_id, upper(name) from dim_customer");
  ASSERT_TRUE(verdict->allowed);
  const auto& outputs = verdict->statements[0]->outputs;
  ASSERT_EQ(outputs.size(), 3u);
  EXPECT_EQ(outputs[0]->relation, base::oid{100});
  EXPECT_EQ(outputs[0]->attnum, 3);
  EXPECT_TRUE(outputs[0]->masked);
  EXPECT_FALSE(outputs[1]->masked);
  EXPECT_FALSE(outputs[2].has_value());
}

TEST(gate, view_outputs_name_the_view) {
  gate_fixture all;
  const auto verdict = all.judge("carol", "select contact from billing.v_contact");
  ASSERT_TRUE(verdict->allowed);
  EXPECT_EQ(verdict->statements[0]->outputs.at(0)->relation, base::oid{140});
}

struct wire_row {
  const char* name;
  const char* sql;
  std::vector<std::size_t> columns;
};
class wire : public ::testing::TestWithParam<wire_row> {};
TEST_P(wire, masks_are_left_to_the_wire_only_for_bare_output) {
  gate_fixture all;
  const auto verdict = all.judge("bob", GetParam().sql);
  ASSERT_TRUE(verdict->allowed) << verdict->why.message;
  std::vector<std::size_t> columns;
  for (const auto& mask : verdict->statements[0]->wire_masks) columns.push_back(mask.column);
  EXPECT_EQ(columns, GetParam().columns);
  // Where the wire does not mask, SQL does.
  const bool in_sql = verdict->rewritten->find("regexp_replace") != std::string::npos;
  EXPECT_EQ(in_sql, GetParam().columns.size() < 2);
}
INSTANTIATE_TEST_SUITE_P(statements, wire,
                         ::testing::Values(wire_row{"star", "select * from support.tickets", {2, 3}}, wire_row{"bare", "select id, body, subject from support.tickets", {1, 2}},
                                           wire_row{"twice", "select body, body, subject from support.tickets", {0, 1, 2}},
                                           wire_row{"copy", "copy support.tickets to stdout", {2, 3}},
                                           wire_row{"condition", "select subject from support.tickets where body like 'a%'", {0}},
                                           wire_row{"expression", "select upper(body), subject from support.tickets", {1}},
                                           wire_row{"sorted", "select body from support.tickets order by body", {}},
                                           wire_row{"subquery", "select body from (select body, subject from support.tickets) x", {}},
                                           wire_row{"union", "select body from support.tickets union all select 'x'", {}},
                                           wire_row{"distinct", "select distinct body from support.tickets", {}},
                                           wire_row{"whole_row", "select t from support.tickets t", {}},
                                           wire_row{"below_a_function", "select body, (select upper(body) from generate_series(1, 1) g), subject from support.tickets", {}},
                                           wire_row{"row_below_a_function", "select body, subject, (select t from generate_series(1, 1) g)::text from support.tickets t", {}},
                                           wire_row{"condition_below_a_function", "select body, subject from support.tickets where exists (select from generate_series(1, 1) g where body like '%x%')", {}},
                                           wire_row{"outer_name_beside_a_join", "select body, subject, (select x.u from (select 'a' as body) b, (billing.fact_invoice p join (select upper(body) as u) x on true) limit 1) from support.tickets", {}},
                                           wire_row{"join_alias_in_condition", "select j.body, j.subject from (support.tickets cross join billing.customer_contact) j where j.body like '%x%'", {1}},
                                           wire_row{"join_alias_columns", "select d, c from (support.tickets cross join billing.fact_invoice) j(a, b, c, d, e) where d like '%x%'", {1}},
                                           wire_row{"column_of_an_outer_level_before_a_row", "select body, subject, (select body::text from (select 1) as body(n)) from support.tickets", {}},
                                           wire_row{"renamed_columns_of_unknown_places", "select body, subject, (select upper(x.c) from (select g.*, t.body from generate_series(1, 1) g) as x(b, c)) from support.tickets t", {}},
                                           wire_row{"collated_column_keeps_its_name", "select t.body, t.subject from support.tickets t natural join (select body collate \"C\" from support.tickets) x", {}},
                                           wire_row{"function_without_the_column", "select body, subject, (select upper(body) from json_each('{}') body) from support.tickets", {}},
                                           wire_row{"copy_in_another_encoding", "copy support.tickets to stdout with (encoding 'LATIN1')", {}},
                                           wire_row{"prepared", "prepare p as select body from support.tickets", {}}),
                         [](const auto& each) { return each.param.name; });

TEST(gate, parameters_that_meet_a_class_are_erased) {
  gate_fixture all;
  const auto verdict = all.judge("carol", "select name from dim_customer where email = $1 and customer_id = $2");
  ASSERT_TRUE(verdict->allowed);
  EXPECT_EQ(verdict->statements[0]->erase_parameters, (std::vector<bool>{true, false}));
}

TEST(gate, records_what_was_touched) {
  gate_fixture all;
  const auto verdict = all.judge("carol", "select email, plan from dim_customer");
  ASSERT_EQ(verdict->relations.size(), 1u);
  const auto& touched = verdict->relations[0];
  EXPECT_EQ(touched.layer + "/" + touched.schema + "." + touched.relation, "warehouse/crm.dim_customer");
  EXPECT_EQ(touched.actions, std::vector<std::string>{"read"});
  ASSERT_EQ(touched.columns.size(), 2u);
  EXPECT_EQ(touched.columns[0].classes, std::vector<std::string>{"email"});
  EXPECT_EQ(touched.masks, std::vector<std::string>{"email:mail"});
  EXPECT_EQ(verdict->layers, std::vector<std::string>{"warehouse"});
}

TEST(gate, classes_stick_to_the_column_after_a_rename) {
  gate_fixture all;
  catalog::contents renamed = all.known->catalog->all();
  for (auto& relation : renamed.relations) {
    if (relation.name == "dim_customer" && relation.schema == "crm") relation.columns[2].name = "harmless";
  }
  const auto later = make_context(all.rules, std::make_shared<const catalog::snapshot>(std::move(renamed), base::revision{2}),
                                  all.settings->databases.at("warehouse"), all.settings, all.known.get());
  const auto verdict = all.gate.judge("select harmless from crm.dim_customer", *later, all.who("carol"), all.session);
  ASSERT_TRUE(verdict->allowed);
  EXPECT_NE(verdict->rewritten->find(masked_email), std::string::npos);
}

TEST(gate, remembered_names_survive_a_restart) {
  gate_fixture all;
  const auto written = remembered_from_json(to_json(remembered(*all.known)));
  ASSERT_TRUE(written.has_value());
  EXPECT_EQ(*written, remembered(*all.known));
  catalog::contents renamed = all.known->catalog->all();
  for (auto& relation : renamed.relations) {
    if (relation.id == base::oid{100}) relation.columns[2].name = "harmless";
  }
  const auto later = make_context(all.rules, std::make_shared<const catalog::snapshot>(std::move(renamed)), all.settings->databases.at("warehouse"), all.settings, nullptr, *written);
  const auto verdict = all.gate.judge("select harmless from crm.dim_customer", *later, all.who("carol"), all.session);
  ASSERT_TRUE(verdict->allowed);
  EXPECT_NE(verdict->rewritten->find(masked_email), std::string::npos);
  for (const char* broken : {"", "{}", "[1]", "[[1,2,3]]", "[[-1,1,\"a\",\"b\",\"c\"]]", "[[1,1,\"a\",\"b\",3]]"}) EXPECT_FALSE(remembered_from_json(broken).has_value()) << broken;
}

TEST(gate, masked_columns_must_not_arrive) {
  gate_fixture all;
  EXPECT_TRUE(must_not_arrive(*all.known, all.who("carol"), base::oid{100}, 3).has_value());
  EXPECT_FALSE(must_not_arrive(*all.known, all.who("carol"), base::oid{100}, 1).has_value());
  EXPECT_FALSE(must_not_arrive(*all.known, all.who("alice"), base::oid{100}, 3).has_value());
}

TEST(gate, positions_lead_back_to_the_clients_text) {
  gate_fixture all;
  const std::string sql = "select nope from dim_customer where nope2 = 1";
  const auto verdict = all.judge("carol", sql);
  ASSERT_TRUE(verdict->allowed);
  EXPECT_EQ(verdict->positions.to_original(8), 8u);
  EXPECT_EQ(verdict->positions.to_original(verdict->rewritten->find("nope2") + 1), sql.find("nope2") + 1);
}

TEST(gate, second_judgement_is_the_same_object) {
  gate_fixture all;
  EXPECT_EQ(all.judge("carol", "select 1"), all.judge("carol", "select 1"));
  EXPECT_NE(all.judge("carol", "select 1"), all.judge("alice", "select 1"));
}

}  // namespace
}  // namespace sluice::enforce
