#include "sluice/catalog/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <pqxx/pqxx>

#include "throwaway_server.hpp"

namespace sluice::catalog {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr auto patience = 30s;

const char* business = R"sql(
  create schema crm;
  create schema "Odd Schema";
  create domain crm.short_text as varchar(12) check (value <> 'x');
  create domain crm.shorter_text as crm.short_text not null;
  create domain crm.amounts as numeric(8,2)[];
  create type crm.mood as enum ('good', 'bad');
  create type crm.pair as (a int, b text);
  create type crm.float_range as range (subtype = float8);
  create type "Odd Schema"."Odd Type" as enum ('1');
  create table crm.customers (
    id bigint generated always as identity,
    gone int,
    name varchar(40) not null,
    alias crm.shorter_text,
    mail text,
    doubled bigint generated always as (id * 2) stored,
    primary key (name, id));
  alter table crm.customers drop column gone;
  create table crm.later (id int primary key deferrable);
  create table crm.events (at timestamptz not null, what text) partition by range (at);
  create table crm.events_2026 partition of crm.events for values from ('2026-01-01') to ('2027-01-01');
  create index events_what on crm.events (what);
  create table crm.parent (a int);
  create table crm.child (b int) inherits (crm.parent);
  create view crm.names as select name, upper(mail) as mail, timestamptz '2026-01-02 03:04:05+09' as at from crm.customers;
  create materialized view crm.copied as select * from crm.names;
  create sequence crm.free_sequence;
  create table "Odd Schema"."Odd ""Table""" (c "Odd Schema"."Odd Type");
  create function crm.twice(a int, b int default 2) returns int language sql immutable security definer as 'select a * b';
  create procedure crm.act() language plpgsql as 'begin end';
  create operator crm.=== (leftarg = int, rightarg = int, function = pg_catalog.int4eq);
  create function public.now(text) returns text language sql as 'select $1';
)sql";

class loaded_business : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ::sluice::catalog::testing::shared_server().execute(std::string("drop schema if exists crm cascade;") + business);
    auto loaded = load_snapshot(::sluice::catalog::testing::shared_server().upstream(), patience, base::revision{7});
    ASSERT_TRUE(loaded) << to_string(loaded.error());
    catalog_ = *loaded;
  }
  static void TearDownTestSuite() { catalog_.reset(); }

  static const relation& table(std::string_view schema, std::string_view name) {
    const relation* found = catalog_->find(schema, name);
    if (found == nullptr) throw std::runtime_error("no relation " + std::string(name));
    return *found;
  }
  static snapshot_ptr catalog_;
};
snapshot_ptr loaded_business::catalog_;

TEST_F(loaded_business, knows_schemas_and_versions) {
  EXPECT_TRUE(catalog_->has_schema("crm"));
  EXPECT_TRUE(catalog_->has_schema("pg_catalog"));
  EXPECT_FALSE(catalog_->has_schema("CRM"));
  EXPECT_EQ(catalog_->all().database, "postgres");
  EXPECT_THAT(catalog_->all().server_version, Not(IsEmpty()));
  EXPECT_EQ(catalog_->revision(), base::revision{7});
}

TEST_F(loaded_business, reads_columns_without_the_dropped_ones) {
  const relation& customers = table("crm", "customers");
  ASSERT_EQ(customers.columns.size(), 5u);
  EXPECT_EQ(customers.columns[1].name, "name");
  EXPECT_EQ(customers.columns[1].attnum, 3);
  EXPECT_EQ(customers.find_column("gone"), nullptr);
  EXPECT_TRUE(customers.find_column("name")->not_null);
  EXPECT_FALSE(customers.find_column("mail")->not_null);
  EXPECT_TRUE(customers.find_column("doubled")->is_generated);
  EXPECT_EQ(catalog_->find_by_row_type(customers.row_type), &customers);
}

TEST_F(loaded_business, looks_through_domains) {
  const column& alias = *table("crm", "customers").find_column("alias");
  EXPECT_TRUE(alias.is_domain);
  EXPECT_EQ(alias.base_type, "varchar");
  EXPECT_EQ(alias.type_category, 'S');
  EXPECT_EQ(alias.type_sql, "crm.shorter_text");
}

TEST_F(loaded_business, reads_primary_keys_in_key_order_unless_deferrable) {
  EXPECT_THAT(table("crm", "customers").primary_key, ElementsAre(3, 1));
  EXPECT_THAT(table("crm", "later").primary_key, IsEmpty());
}

TEST_F(loaded_business, reads_partitions_and_inheritance) {
  const relation& events = table("crm", "events");
  const relation& part = table("crm", "events_2026");
  EXPECT_EQ(events.kind, relation_kind::partitioned_table);
  EXPECT_TRUE(part.is_partition);
  EXPECT_THAT(part.parents, ElementsAre(events.id));
  EXPECT_THAT(catalog_->children_of(events.id), ElementsAre(&part));
  EXPECT_THAT(catalog_->children_of(table("crm", "parent").id), ElementsAre(&table("crm", "child")));
  EXPECT_EQ(table("crm", "events_what").kind, relation_kind::partitioned_index);
  EXPECT_EQ(table("crm", "events_what").index_of, events.id);
  EXPECT_FALSE(table("crm", "child").is_partition);
}

TEST_F(loaded_business, reads_view_definitions_with_schemas) {
  EXPECT_THAT(table("crm", "names").definition, HasSubstr("FROM crm.customers"));
  EXPECT_THAT(table("crm", "names").definition, HasSubstr("2026-01-01 18:04:05+00"));
  EXPECT_THAT(table("crm", "copied").definition, HasSubstr("FROM crm.names"));
  EXPECT_THAT(table("pg_catalog", "pg_user").definition, IsEmpty());
}

TEST_F(loaded_business, knows_what_serves_a_table) {
  const relation& customers = table("crm", "customers");
  EXPECT_EQ(table("crm", "customers_id_seq").owned_by, customers.id);
  EXPECT_EQ(table("crm", "free_sequence").owned_by, oid{});
  EXPECT_EQ(table("crm", "free_sequence").columns.size(), 3u);
  const std::string toast = "pg_toast_" + std::to_string(customers.id.value());
  EXPECT_EQ(table("pg_toast", toast).toast_of, customers.id);
  EXPECT_EQ(table("pg_toast", toast).kind, relation_kind::toast);
}

TEST_F(loaded_business, reads_system_relations_with_their_columns) {
  EXPECT_NE(table("pg_catalog", "pg_class").find_column("relname"), nullptr);
  EXPECT_NE(table("information_schema", "columns").find_column("table_name"), nullptr);
}

TEST_F(loaded_business, lists_functions_operators_and_types_of_users) {
  EXPECT_TRUE(catalog_->has_function("crm", "twice"));
  EXPECT_FALSE(catalog_->has_function("public", "twice"));
  EXPECT_THAT(catalog_->function_schemas("now"), ElementsAre("public"));
  EXPECT_THAT(catalog_->function_schemas("lower"), IsEmpty());
  EXPECT_THAT(catalog_->operator_schemas("==="), ElementsAre("crm"));
  EXPECT_THAT(catalog_->type_schemas("mood"), ElementsAre("crm"));
  EXPECT_THAT(catalog_->type_schemas("customers"), ElementsAre("crm"));
  EXPECT_THAT(catalog_->type_schemas("_mood"), ElementsAre("crm"));
  EXPECT_THAT(catalog_->type_schemas("int8"), IsEmpty());
  const auto twice = std::find_if(catalog_->all().functions.begin(), catalog_->all().functions.end(),
                                  [](const function& each) { return each.name == "twice"; });
  ASSERT_NE(twice, catalog_->all().functions.end());
  EXPECT_EQ(twice->volatility, 'i');
  EXPECT_EQ(twice->language, "sql");
  EXPECT_TRUE(twice->security_definer);
  EXPECT_EQ(twice->arguments, 2);
}

TEST_F(loaded_business, keeps_odd_names_as_they_are) {
  EXPECT_EQ(table("Odd Schema", "Odd \"Table\"").columns[0].type_sql, R"("Odd Schema"."Odd Type")");
}

TEST_F(loaded_business, survives_saving_and_loading) {
  auto again = from_json(to_json(*catalog_));
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ((*again)->digest(), catalog_->digest());
  EXPECT_EQ((*again)->revision(), catalog_->revision());
}

TEST_F(loaded_business, loads_the_same_again_until_something_changes) {
  const auto& server = ::sluice::catalog::testing::shared_server();
  EXPECT_EQ((*load_snapshot(server.upstream(), patience))->digest(), catalog_->digest());
  server.execute("alter table crm.customers rename column mail to e_mail");
  const auto renamed = (*load_snapshot(server.upstream(), patience))->digest();
  server.execute("alter table crm.customers rename column e_mail to mail");
  EXPECT_NE(renamed, catalog_->digest());
}

struct cast_case {
  const char* name;
  const char* declared;  // as the table declares the column
  const char* expected;  // type_sql
};

class casts : public ::testing::TestWithParam<cast_case> {};

// The server itself says whether a cast to type_sql means the declared type and typmod.
TEST_P(casts, mean_the_declared_type_exactly) {
  const auto& server = ::sluice::catalog::testing::shared_server();
  server.execute(std::string("drop table if exists public.cast_source; create table public.cast_source (c ") +
                 GetParam().declared + ")");
  auto loaded = load_snapshot(server.upstream(), patience);
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  const relation* source = (*loaded)->find("public", "cast_source");
  ASSERT_NE(source, nullptr);
  const column& made = source->columns.at(0);
  EXPECT_EQ(made.type_sql, GetParam().expected);

  // A hostile search_path in front of pg_catalog must change nothing.
  server.execute(
      "set search_path = decoy, pg_catalog; drop view if exists public.cast_result;"
      "create view public.cast_result as select cast(null as " +
      made.type_sql +
      ") as c, "
      "cast(s.c as " +
      made.type_sql + ") as d from public.cast_source s");
  auto after = load_snapshot(server.upstream(), patience);
  ASSERT_TRUE(after) << to_string(after.error());
  const relation* result = (*after)->find("public", "cast_result");
  ASSERT_NE(result, nullptr);
  for (const auto& each : result->columns) {
    EXPECT_EQ(each.type, made.type) << each.name;
    EXPECT_EQ(each.typmod, made.typmod) << each.name;
  }
  server.execute("drop view public.cast_result; drop table public.cast_source");
}

class cast_types : public ::testing::Environment {
 public:
  void SetUp() override {
    ::sluice::catalog::testing::shared_server().execute(R"sql(
      create schema if not exists decoy; create schema casts; create extension if not exists citext schema public;
      create domain decoy.text as int; create domain decoy.varchar as int; create domain decoy.int4 as text;
      create domain casts.code as varchar(5); create domain casts.codes as casts.code[];
      create type casts.feeling as enum ('a'); create type casts.pair as (a int, b text);
      create type casts.span as range (subtype = float8); create type casts."Type" as enum ('x');
      create table casts.row_of (a int))sql");
  }
};
const auto* const environment = ::testing::AddGlobalTestEnvironment(new cast_types);

const cast_case cast_cases[] = {
    {"text", "text", "pg_catalog.text"},
    {"varchar", "varchar", "pg_catalog.\"varchar\""},
    {"varchar_20", "varchar(20)", "pg_catalog.\"varchar\"(20)"},
    {"char_default", "char", "pg_catalog.bpchar(1)"},
    {"char_3", "char(3)", "pg_catalog.bpchar(3)"},
    {"bpchar", "bpchar", "pg_catalog.bpchar"},
    {"quoted_char", "\"char\"", "pg_catalog.\"char\""},
    {"name", "name", "pg_catalog.name"},
    {"numeric", "numeric", "pg_catalog.\"numeric\""},
    {"numeric_10_2", "numeric(10,2)", "pg_catalog.\"numeric\"(10,2)"},
    {"numeric_negative_scale", "numeric(3,-2)", "pg_catalog.\"numeric\"(3,-2)"},
    {"numeric_wide", "numeric(1000,1000)", "pg_catalog.\"numeric\"(1000,1000)"},
    {"int4", "int", "pg_catalog.int4"},
    {"int8", "bigint", "pg_catalog.int8"},
    {"float8", "float", "pg_catalog.float8"},
    {"bool", "boolean", "pg_catalog.bool"},
    {"bytea", "bytea", "pg_catalog.bytea"},
    {"date", "date", "pg_catalog.date"},
    {"time_3", "time(3)", "pg_catalog.\"time\"(3)"},
    {"timetz_0", "time(0) with time zone", "pg_catalog.timetz(0)"},
    {"timestamp_6", "timestamp(6)", "pg_catalog.\"timestamp\"(6)"},
    {"timestamptz", "timestamptz", "pg_catalog.timestamptz"},
    {"timestamptz_3", "timestamptz(3)", "pg_catalog.timestamptz(3)"},
    {"interval", "interval", "pg_catalog.\"interval\""},
    {"interval_3", "interval(3)", "pg_catalog.\"interval\"(32767,3)"},
    {"interval_fields", "interval year to month", "pg_catalog.\"interval\"(6)"},
    {"interval_fields_precision", "interval day to second(2)", "pg_catalog.\"interval\"(7176,2)"},
    {"bit_default", "bit", "pg_catalog.\"bit\"(1)"},
    {"bit_9", "bit(9)", "pg_catalog.\"bit\"(9)"},
    {"bit_varying", "bit varying", "pg_catalog.varbit"},
    {"varbit_4", "varbit(4)", "pg_catalog.varbit(4)"},
    {"array", "int[][]", "pg_catalog.int4[]"},
    {"array_with_typmod", "varchar(7)[]", "pg_catalog.\"varchar\"(7)[]"},
    {"array_of_numeric", "numeric(5,1)[]", "pg_catalog.\"numeric\"(5,1)[]"},
    {"array_of_interval", "interval hour[]", "pg_catalog.\"interval\"(1024)[]"},
    {"int2vector", "int2vector", "pg_catalog.int2vector"},
    {"oidvector", "oidvector", "pg_catalog.oidvector"},
    {"uuid", "uuid", "pg_catalog.uuid"},
    {"jsonb", "jsonb", "pg_catalog.jsonb"},
    {"tsvector", "tsvector", "pg_catalog.tsvector"},
    {"inet", "inet", "pg_catalog.inet"},
    {"money", "money", "pg_catalog.money"},
    {"xml", "xml", "pg_catalog.xml"},
    {"regclass", "regclass", "pg_catalog.regclass"},
    {"built_in_range", "tstzrange", "pg_catalog.tstzrange"},
    {"multirange", "int4multirange", "pg_catalog.int4multirange"},
    {"extension_type", "public.citext", "public.citext"},
    {"extension_array", "public.citext[]", "public.citext[]"},
    {"domain", "casts.code", "casts.code"},
    {"array_of_domain", "casts.code[]", "casts.code[]"},
    {"domain_over_array_of_domain", "casts.codes", "casts.codes"},
    {"enum", "casts.feeling", "casts.feeling"},
    {"array_of_enum", "casts.feeling[]", "casts.feeling[]"},
    {"quoted_enum", "casts.\"Type\"", "casts.\"Type\""},
    {"composite", "casts.pair", "casts.pair"},
    {"row_type", "casts.row_of", "casts.row_of"},
    {"user_range", "casts.span", "casts.span"},
    {"decoy", "decoy.text", "decoy.text"},
};
INSTANTIATE_TEST_SUITE_P(types, casts, ::testing::ValuesIn(cast_cases), [](const auto& row) { return row.param.name; });

TEST(loader, tells_the_cause_but_never_the_password) {
  auto to = ::sluice::catalog::testing::shared_server().upstream();
  to.password = base::secret("tester' wrong");
  to.database = "no such database";
  const auto wrong_password = load(to, 5s);
  ASSERT_FALSE(wrong_password);
  EXPECT_THAT(wrong_password.error().cause, HasSubstr("`test`"));
  EXPECT_THAT(wrong_password.error().cause, HasSubstr("password authentication failed"));
  EXPECT_THAT(wrong_password.error().cause, Not(HasSubstr("tester' wrong")));

  to = ::sluice::catalog::testing::shared_server().upstream();
  to.database = "no such database' password='";
  const auto no_database = load(to, 5s);
  ASSERT_FALSE(no_database);
  EXPECT_THAT(no_database.error().cause, HasSubstr("does not exist"));
}

TEST(loader, gives_up_on_a_closed_port) {
  auto to = ::sluice::catalog::testing::shared_server().upstream();
  to.port = 1;
  const auto outcome = load(to, 5s);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().cause, HasSubstr("connection"));
  EXPECT_THAT(outcome.error().hint, HasSubstr("check host"));
}

TEST(loader, gives_up_when_reading_takes_too_long) {
  const auto& server = ::sluice::catalog::testing::shared_server();
  pqxx::connection holder("host=127.0.0.1 dbname=postgres user=tester password='quo\\'te \\\\ and blank' port=" +
                          std::to_string(server.upstream().port));
  pqxx::work holding(holder);
  holding.exec("lock table pg_catalog.pg_inherits in access exclusive mode");
  const auto outcome = load(server.upstream(), 300ms);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().cause, HasSubstr("statement timeout"));
}

TEST(loader, leaves_temporary_relations_of_others_out) {
  const auto& server = ::sluice::catalog::testing::shared_server();
  pqxx::connection other("host=127.0.0.1 dbname=postgres user=tester password='quo\\'te \\\\ and blank' port=" +
                         std::to_string(server.upstream().port));
  pqxx::nontransaction session(other);
  session.exec("create temporary table of_another (a int)");
  const auto catalog = load_snapshot(server.upstream(), patience);
  ASSERT_TRUE(catalog);
  for (const auto& each : (*catalog)->all().relations) EXPECT_NE(each.name, "of_another");
  EXPECT_THAT((*catalog)->type_schemas("of_another"), IsEmpty());
}

TEST(loader, leaves_a_view_undefined_while_its_table_is_locked) {
  const auto& server = ::sluice::catalog::testing::shared_server();
  server.execute(
      "create table public.held (a int); create view public.over_held as select a from public.held;"
      "create view public.over_nothing as select 1 as a");
  {
    pqxx::connection holder("host=127.0.0.1 dbname=postgres user=tester password='quo\\'te \\\\ and blank' port=" +
                            std::to_string(server.upstream().port));
    pqxx::work holding(holder);
    holding.exec("lock table public.held in access exclusive mode");
    const auto catalog = load_snapshot(server.upstream(), patience);
    ASSERT_TRUE(catalog) << to_string(catalog.error());
    EXPECT_THAT((*catalog)->find("public", "over_held")->definition, IsEmpty());
    EXPECT_THAT((*catalog)->find("public", "over_nothing")->definition, HasSubstr("SELECT 1 AS a"));
  }
  EXPECT_THAT((*load_snapshot(server.upstream(), patience))->find("public", "over_held")->definition,
              HasSubstr("held.a"));
  server.execute("drop table public.held cascade; drop view public.over_nothing");
}

TEST(loader, reads_ten_thousand_views_in_seconds) {
  const auto& server = ::sluice::catalog::testing::shared_server();
  server.execute("create database wide");
  for (int batch = 0; batch < 10; ++batch)
    server.execute("do $$ begin for i in 1..1000 loop execute format('create view v" + std::to_string(batch) +
                       "_%s as select oid, relname, relkind, relnatts from pg_catalog.pg_class', i); end loop; end $$",
                   "wide");
  server.execute("analyze pg_catalog.pg_attribute", "wide");
  auto to = server.upstream();
  to.database = "wide";
  const auto start = std::chrono::steady_clock::now();
  const auto catalog = load_snapshot(to, 60s);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  ASSERT_TRUE(catalog) << to_string(catalog.error());
  EXPECT_GT((*catalog)->all().relations.size(), 10'000u);
  EXPECT_THAT((*catalog)->find("public", "v9_1000")->definition, HasSubstr("pg_class"));
  RecordProperty("milliseconds", static_cast<int>(took.count()));
  EXPECT_LT(took, 20s);  // sanitizers and busy machines included
  server.execute("drop database wide");
}

}  // namespace
}  // namespace sluice::catalog
