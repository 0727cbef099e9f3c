#include "sluice/enforce/mask_sql.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "postgres.hpp"

namespace sluice::enforce {
namespace {

using policy::mask_kind;

constexpr const char* nasty = R"sql(
  create extension citext;
  create schema odd;
  create collation odd.blind (provider = icu, locale = 'und', deterministic = false);
  create domain odd.short_text as varchar(12) check (value <> '****');
  create domain odd.never_null as text not null;
  create type odd.mood as enum ('good', 'bad');
  create type odd.pair as (a int, b text);
  create table odd.nasty (
    c_text text, c_varchar varchar(5), c_varchar_long varchar(64), c_bpchar char(7), c_citext citext, c_name name,
    c_blind text collate odd.blind, c_char "char", c_domain odd.short_text, c_never odd.never_null,
    c_int2 int2, c_int4 int4, c_int8 int8, c_numeric numeric, c_numeric_small numeric(5,2), c_numeric_wide numeric(20,0),
    c_numeric_coarse numeric(3,-2), c_numeric_fine numeric(3,5), c_float4 float4, c_float8 float8, c_money money,
    c_date date, c_timestamp timestamp, c_timestamp3 timestamp(3), c_timestamptz timestamptz, c_timestamptz0 timestamptz(0),
    c_time time, c_timetz timetz(2), c_interval interval, c_bool bool, c_uuid uuid, c_inet inet, c_macaddr macaddr,
    c_bytea bytea, c_json json, c_jsonb jsonb, c_array text[], c_array_typmod varchar(3)[], c_pair odd.pair, c_mood odd.mood,
    c_range int4range, c_multirange int4multirange, c_tsvector tsvector, c_bit bit(3), c_xml xml, c_point point, c_oid oid);
  create function odd.fill(column_name text, value text) returns void language plpgsql as $$
  begin
    execute format('insert into odd.nasty(%I, c_never) values (%L, ''x'')', column_name, value);
  exception when others then
    null;  -- a value that the type does not take
  end $$;
  select odd.fill(attname, value) from pg_attribute, unnest(array[
    '', ' ', 'a', '@', '@x', 'a@', 'taro@example.com', '山田太郎@例え.jp', 'a@b.c.d.smith', '090-1234-5678', '０９０１２３４５６７８', '12',
    '\', '''', '\x41', 'é', '👨‍👩‍👧‍👦', '漢字かな交じり文', repeat('x', 3000), repeat('1-', 40), repeat('%', 70), 'NaN', 'Infinity', '-Infinity',
    '0', '-0', '1', '-1', '7.5', '-7.5', '32767', '-32768', '2147483647', '-2147483648', '9223372036854775807', '-9223372036854775808',
    '999.99', '-999.99', '99999999999999999999', '-99999999999999999999', '99900', '-99900', '0.00999', '1e300', '-1e300', '1e-300', '1.5e38',
    '-3.4e38', '5e-324', '1.7976931348623157e308', '-1.7976931348623157e308', '1e1000', '-1e1000', '1e-1000',
    '92233720368547758.07', '-92233720368547758.08', '1999-12-31', '2000-01-01', '4713-01-01 BC', '0001-12-31 BC', '9999-12-31',
    '294276-12-31', '5874897-12-31', '1999-12-31 23:59:59.999999', '2000-01-01 00:00:00+14', '23:59:60', '24:00:00', '12:00:00+15:59',
    '178000000 years', 'true', 'false', '00000000-0000-0000-0000-000000000000', '::1', '10.0.0.0/8', '08:00:2b:01:02:03',
    '{}', '[]', '"taro@example.com"', 'null', '{"a": "taro@example.com", "b": 4111111111111111}', '{"a": "\u0040"}', '{a,b}', '{NULL,abc}',
    '(1,x)', 'good', '[1,2)', 'empty', '{[1,2)}', '''taro@example.com'':1', '101', '<a/>', '(1,2)']) as value
  where attrelid = 'odd.nasty'::regclass and attnum > 0 and attname <> 'c_never';
  insert into odd.nasty(c_never) values ('taro@example.com');
)sql";

std::vector<std::pair<std::string, policy::mask>> masks() {
  std::vector<std::pair<std::string, policy::mask>> out;
  const auto add = [&](std::string label, mask_kind kind) -> policy::mask& {
    out.emplace_back(std::move(label), policy::mask{});
    out.back().second.kind = kind;
    return out.back().second;
  };
  add("null", mask_kind::null);
  for (const char* text :
       {"", "hidden", "it's \\", "12", "-7.25", "999.999", "1e5", "99999999999999999999", "2000-02-29", "1999-02-29",
        "2000-01-01 12:00:00", "true", "00000000-0000-0000-0000-000000000000", "1.0e400", "nan", "9", "-"}) {
    add("constant " + std::string(text), mask_kind::constant).constant = text;
  }
  add("full", mask_kind::full);
  add("full other", mask_kind::full).constant = "■";
  for (const auto& [first, last] : {std::pair{0, 0}, {1, 0}, {0, 4}, {2, 2}, {-3, 2}, {2000000000, 2000000000}}) {
    auto& with = add("partial " + std::to_string(first) + " " + std::to_string(last), mask_kind::partial);
    with.keep_first = first;
    with.keep_last = last;
  }
  add("email", mask_kind::email);
  add("phone", mask_kind::phone);
  add("date_year", mask_kind::date_year);
  for (const double width : {10.0, 0.25, 1e-9, 1e18, 3.0, 0.0, -1.0, 1e300}) {
    add("bucket " + std::to_string(width), mask_kind::bucket).bucket = width;
  }
  add("token", mask_kind::token);
  add("detect", mask_kind::detect).detectors = {"email", "phone_jp", "card",    "my_number",
                                                "ipv4",  "ipv6",     "api_key", "phone_e164"};
  add("detect unknown", mask_kind::detect).detectors = {"no_such"};
  return out;
}

class mask_expressions : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    catalog::testing::shared_server().execute(nasty);
    shown_ = new catalog::snapshot_ptr(testing::load_catalog());
  }
  static void TearDownTestSuite() {
    delete shown_;
    shown_ = nullptr;
  }
  const catalog::relation& table() const { return *(*shown_)->find("odd", "nasty"); }
  // The value of one masked literal, under a key.
  static std::string masked(const policy::mask& with, const std::string& type, const std::string& base,
                            const std::string& literal, const std::string& key = "k", bool is_domain = false) {
    catalog::column column;
    column.type_sql = type;
    column.base_type = base;
    column.is_domain = is_domain;
    pqxx::connection connection = testing::connect();
    pqxx::work in(connection);
    in.exec("select set_config('sluice.token_key', " + in.quote(key) + ", false)");
    const auto row = in.exec1("select (" + mask_expression(with, column, "c") + ")::text from (select " + literal +
                              "::" + type + " as c) as s");
    return row[0].is_null() ? "NULL" : row[0].c_str();
  }

  static catalog::snapshot_ptr* shown_;
};
catalog::snapshot_ptr* mask_expressions::shown_ = nullptr;

TEST_F(mask_expressions, keep_type_and_modifier_and_raise_for_no_value) {
  pqxx::connection connection = testing::connect();
  pqxx::nontransaction in(connection);
  in.exec("set sluice.token_key = 'k'; set client_min_messages = error");
  ASSERT_GT(testing::value_of<int>(in, "select count(*) from odd.nasty"), 300);
  for (const auto& [label, with] : masks()) {
    std::string list;
    for (const catalog::column& column : table().columns) {
      list += (list.empty() ? "" : ", ") + mask_expression(with, column, "n." + quote_identifier(column.name)) +
              " as " + quote_identifier(column.name);
    }
    // A search_path full of traps, and optimisations that evaluate early, change nothing.
    in.exec("drop table if exists odd.shown");
    ASSERT_NO_THROW(in.exec("create table odd.shown as select " + list + " from odd.nasty n")) << label;
    const auto differing = in.exec(
        "select a.attname, format_type(a.atttypid, a.atttypmod), format_type(b.atttypid, b.atttypmod) from "
        "pg_attribute a join "
        "pg_attribute b on a.attname = b.attname where a.attrelid = 'odd.nasty'::regclass and b.attrelid = "
        "'odd.shown'::regclass and a.attnum > 0 and (a.atttypid, a.atttypmod) is distinct from (b.atttypid, "
        "b.atttypmod)");
    for (const auto& row : differing) {
      ADD_FAILURE() << label << ": " << row[0].c_str() << " became " << row[2].c_str() << " from " << row[1].c_str();
    }
  }
}

TEST_F(mask_expressions, keep_null_where_they_read_the_column) {
  pqxx::connection connection = testing::connect();
  pqxx::nontransaction in(connection);
  in.exec("set sluice.token_key = 'k'");
  for (const auto& [label, with] : masks()) {
    for (const catalog::column& column : table().columns) {
      if (!reads_column(with, column)) continue;
      const std::string name = "n." + quote_identifier(column.name);
      EXPECT_EQ(testing::value_of<int>(in, "select count(*) from odd.nasty n where " + name + " is null and (" +
                                               mask_expression(with, column, name) + ") is not null"),
                0)
          << label << " " << column.name;
    }
  }
}

TEST_F(mask_expressions, use_nothing_that_a_search_path_can_capture) {
  catalog::testing::shared_server().execute(R"sql(
    create schema trap;
    create function trap.raise() returns boolean language plpgsql as $$ begin raise exception 'captured'; end $$;
    create function trap.compare(text, text) returns boolean language sql as 'select trap.raise()';
    create function trap.compare(numeric, numeric) returns boolean language sql as 'select trap.raise()';
    create function trap.compare(integer, integer) returns boolean language sql as 'select trap.raise()';
    create operator trap.= (leftarg = text, rightarg = text, function = trap.compare);
    create operator trap.<> (leftarg = text, rightarg = text, function = trap.compare);
    create operator trap.> (leftarg = integer, rightarg = integer, function = trap.compare);
    create operator trap.>= (leftarg = numeric, rightarg = numeric, function = trap.compare);
    create operator trap.<= (leftarg = numeric, rightarg = numeric, function = trap.compare);
    create function trap."left"(text, integer) returns text language sql as $$ select trap.raise()::text $$;
    create function trap.sha256(bytea) returns bytea language sql as $$ select trap.raise()::text::bytea $$;
    create domain trap.text as pg_catalog.text check (trap.raise());
    create domain trap."numeric" as pg_catalog."numeric" check (trap.raise());
  )sql");
  pqxx::connection connection = testing::connect();
  pqxx::nontransaction in(connection);
  in.exec("set sluice.token_key = 'k'; set search_path = trap, pg_catalog, public, odd");
  for (const auto& [label, with] : masks()) {
    for (const catalog::column& column : table().columns) {
      EXPECT_NO_THROW(in.exec("select " + mask_expression(with, column, "n." + quote_identifier(column.name)) +
                              " from odd.nasty n limit 40"))
          << label << " " << column.name;
    }
  }
}

struct value_case {
  std::string label;
  mask_kind kind;
  std::string type, base, literal, expected;
  int first = 0, last = 0;
  double width = 0;
};
TEST_F(mask_expressions, give_the_documented_values) {
  const value_case cases[] = {
      {"email", mask_kind::email, "pg_catalog.text", "text", "'taro.yamada@example.co.jp'", "t***@***.jp"},
      {"email with a name as its ending", mask_kind::email, "pg_catalog.text", "text", "'bob@x.smith'", "b***@***.***"},
      {"no email", mask_kind::email, "pg_catalog.text", "text", "'secret'", "***"},
      {"no local part", mask_kind::email, "pg_catalog.text", "text", "'@secret'", "***"},
      {"phone", mask_kind::phone, "pg_catalog.text", "text", "'090-1234-5678'", "***-****-**78"},
      {"full-width phone", mask_kind::phone, "pg_catalog.text", "text", "'０９０１２３４５６７８'", "***-****-**78"},
      {"no phone", mask_kind::phone, "pg_catalog.text", "text", "'Ring Bob, 12'", "***"},
      {"partial", mask_kind::partial, "pg_catalog.text", "text", "'山田太郎'", "山****郎", 1, 1},
      {"partial of all", mask_kind::partial, "pg_catalog.text", "text", "'山田'", "****", 1, 1},
      {"partial shorter", mask_kind::partial, "pg_catalog.text", "text", "'山'", "****", 1, 1},
      {"partial cut to its type", mask_kind::partial, "pg_catalog.varchar(5)", "varchar", "'abcde'", "a****", 1, 2},
      {"full tells no length", mask_kind::full, "pg_catalog.text", "text", "'ab'", "********"},
      {"year", mask_kind::date_year, "pg_catalog.date", "date", "'1984-07-09'", "1984-01-01"},
      {"year of forever", mask_kind::date_year, "pg_catalog.date", "date", "'infinity'", "NULL"},
      {"bucket", mask_kind::bucket, "pg_catalog.int4", "int4", "'-7'", "-10", 0, 0, 10},
      {"bucket at the edge", mask_kind::bucket, "pg_catalog.int4", "int4", "'-2147483648'", "NULL", 0, 0, 10},
      {"bucket of nan", mask_kind::bucket, "pg_catalog.float8", "float8", "'NaN'", "NULL", 0, 0, 10},
      {"bucket of half", mask_kind::bucket, "pg_catalog.numeric(5,2)", "numeric", "'7.30'", "7.25", 0, 0, 0.25},
  };
  for (const value_case& each : cases) {
    policy::mask with;
    with.kind = each.kind;
    with.keep_first = each.first;
    with.keep_last = each.last;
    with.bucket = each.width;
    EXPECT_EQ(masked(with, each.type, each.base, each.literal), each.expected) << each.label;
  }
}

TEST_F(mask_expressions, make_tokens_that_join_and_need_the_key) {
  policy::mask with;
  with.kind = mask_kind::token;
  const auto token = [&](const std::string& type, const std::string& base, const std::string& literal,
                         const std::string& key = "k") { return masked(with, type, base, literal, key); };
  const std::string text = token("pg_catalog.text", "text", "'taro'");
  EXPECT_EQ(text.size(), 32u);
  EXPECT_EQ(text, token("pg_catalog.varchar", "varchar", "'taro'"));
  EXPECT_EQ(text, token("public.citext", "citext", "'TARO'"));
  EXPECT_NE(text, token("pg_catalog.text", "text", "'taro'", "other"));
  EXPECT_NE(text, token("pg_catalog.text", "text", "'taro '"));
  EXPECT_EQ(token("pg_catalog.text", "text", "'taro'", ""), "NULL");
  EXPECT_EQ(token("pg_catalog.int8", "int8", "42", ""), "NULL");
  EXPECT_EQ(token("pg_catalog.\"numeric\"", "numeric", "1.0"), token("pg_catalog.\"numeric\"", "numeric", "1.00"));
  EXPECT_NE(token("pg_catalog.int8", "int8", "42"), token("pg_catalog.int8", "int8", "43"));
  EXPECT_EQ(token("pg_catalog.int2", "int2", "42"), "NULL");
  EXPECT_EQ(token("pg_catalog.bytea", "bytea", "'taro'").size(), 2 + 32u);
  pqxx::connection connection = testing::connect();  // no key was ever set here
  pqxx::work in(connection);
  catalog::column column;
  column.type_sql = "pg_catalog.text";
  column.base_type = "text";
  EXPECT_TRUE(
      in.exec1("select " + mask_expression(with, column, "c") + " from (select 'x'::text as c) s")[0].is_null());
}

TEST_F(mask_expressions, leave_the_collation_of_the_column) {
  pqxx::connection connection = testing::connect();
  pqxx::work in(connection);
  for (const auto& [label, with] : masks()) {
    const catalog::column& column = *table().find_column("c_blind");
    const std::string shown = testing::value_of<std::string>(in, "select coalesce(pg_collation_for(" +
                                                                     mask_expression(with, column, "n.c_blind") +
                                                                     "), '') from odd.nasty n limit 1");
    const bool keeps_text = with.kind == mask_kind::email || with.kind == mask_kind::phone ||
                            with.kind == mask_kind::detect || with.keep_first > 0 || with.keep_last > 0;
    if (reads_column(with, column) && keeps_text) {
      EXPECT_EQ(shown, "odd.blind") << label;
    } else {
      EXPECT_EQ(shown, "\"default\"") << label;
    }
  }
}

TEST(quoting, means_the_same_under_every_setting) {
  EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_literal("it's"), "'it''s'");
  EXPECT_EQ(quote_literal("\\'"), " E'\\\\'''");
  pqxx::connection connection = testing::connect();
  pqxx::nontransaction in(connection);
  for (const char* strings : {"on", "off"}) {
    in.exec("set standard_conforming_strings = " + std::string(strings));
    for (const std::string text : {"plain", "it's", "\\", "\\'", "'\\n", "E'"}) {
      EXPECT_EQ(testing::value_of<std::string>(in, "select" + std::string(" ") + quote_literal(text)), text);
    }
  }
}

}  // namespace
}  // namespace sluice::enforce
