#include "sluice/audit/search.hpp"

#include <sstream>

#include "fixture.hpp"
#include "sluice/audit/print.hpp"
#include "sluice/audit/tail.hpp"

namespace sluice::audit {
namespace {

struct glob_row {
  const char *name, *pattern, *text;
  bool fits;
};
class glob : public testing::TestWithParam<glob_row> {};
TEST_P(glob, against_text) { EXPECT_EQ(glob_fits(GetParam().pattern, GetParam().text), GetParam().fits); }
INSTANTIATE_TEST_SUITE_P(
    table, glob,
    testing::Values(glob_row{"same", "crm.users", "crm.users", true}, glob_row{"other", "crm.users", "crm.user", false},
                    glob_row{"star", "crm.*", "crm.users", true},
                    glob_row{"star_in_the_middle", "c*s", "crm.users", true},
                    glob_row{"star_goes_back", "*ab", "aaab", true}, glob_row{"star_takes_nothing", "a*", "a", true},
                    glob_row{"question", "a?c", "abc", true}, glob_row{"question_needs_one", "a?", "a", false},
                    glob_row{"empty_pattern", "", "a", false}, glob_row{"both_empty", "", "", true}),
    [](const auto& row) { return row.param.name; });

constexpr std::int64_t noon = 1767268800000000;  // 2026-01-01T12:00:00Z
struct time_row {
  const char *name, *text, *time;  // time empty: refused
};
class parse_time_of : public testing::TestWithParam<time_row> {};
TEST_P(parse_time_of, text) {
  const auto time = parse_time(GetParam().text, noon);
  EXPECT_EQ(time.has_value() ? *time : "", GetParam().time);
}
INSTANTIATE_TEST_SUITE_P(
    table, parse_time_of,
    testing::Values(time_row{"seconds_ago", "90s", "2026-01-01T11:58:30.000000Z"},
                    time_row{"hours_ago", "2h", "2026-01-01T10:00:00.000000Z"},
                    time_row{"weeks_ago", "1w", "2025-12-25T12:00:00.000000Z"},
                    time_row{"date", "2026-01-31", "2026-01-31T00:00:00.000000Z"},
                    time_row{"utc", "2026-01-31T08:30:15Z", "2026-01-31T08:30:15.000000Z"},
                    time_row{"fraction", "2026-01-31T08:30:15.25Z", "2026-01-31T08:30:15.250000Z"},
                    time_row{"japan", "2026-01-31T08:30:15+09:00", "2026-01-30T23:30:15.000000Z"},
                    time_row{"west", "2026-01-31T08:30:15-05:30", "2026-01-31T14:00:15.000000Z"},
                    time_row{"minutes_only", "2026-01-31 08:30", "2026-01-31T08:30:00.000000Z"},
                    time_row{"no_such_day", "2026-02-29", ""}, time_row{"no_such_hour", "2026-01-01T24:00:00Z", ""},
                    time_row{"no_unit", "90", ""}, time_row{"unknown_unit", "3y", ""}, time_row{"negative", "-3h", ""},
                    time_row{"overflow", "9223372036854775807w", ""}, time_row{"rest", "2026-01-01T00:00:00Zx", ""},
                    time_row{"empty", "", ""}, time_row{"dot_alone", "2026-01-01T00:00:00.Z", ""}),
    [](const auto& row) { return row.param.name; });

class searching : public journal_test {
 protected:
  // 1 login, 2 statement of carol (completed by 5), 3 denied, 4 statement of bob (completed by 6), 7 open, 8 alarm.
  void fill() {
    settings_.rotate_bytes = 900;
    const auto to = open();
    record made;
    const auto add = [&] { EXPECT_TRUE(to->append(made).has_value()); };
    made.event = event::login;
    made.user = "carol";
    made.session = 1;
    made.database = "warehouse";
    add();
    made.event = event::statement;
    made.sql = "SELECT email FROM crm.customers";
    made.decision = "allowed";
    made.relations = {
        {.layer = "lake",
         .schema = "crm",
         .relation = "customers",
         .actions = {"read"},
         .columns = {{.column = "email", .classes = {"email", "personal"}, .read = true, .written = false},
                     {.column = "id", .classes = {}, .read = true, .written = false}},
         .masks = {"email:email"}}};
    add();
    made.sql = "drop table crm.customers";
    made.decision = "denied";
    made.reason = "rule `viewer` grants no delete";
    made.sqlstate = "42501";
    made.relations[0].columns.clear();
    add();
    made = {};
    made.event = event::statement;
    made.user = "bob";
    made.session = 2;
    made.database = "lake";
    made.decision = "allowed";
    made.sql = "select 1/0";
    made.relations = {{.layer = "lake",
                       .schema = "billing",
                       .relation = "invoices",
                       .actions = {"read"},
                       .columns = {{.column = "id", .classes = {"number"}, .read = true, .written = false}}}};
    add();
    complete(*to, 2, "00000", 42);
    complete(*to, 4, "22012", 0);
    made.sql = "select pg_sleep(1000)";
    made.relations.clear();
    add();
    made = {};
    made.event = event::alarm;
    made.detail = "=cmd|' /C calc'!A0";
    add();
    ASSERT_GT(files().size(), 2u);
  }
  static void complete(journal& to, std::uint64_t of, const std::string& sqlstate, std::uint64_t rows) {
    record made;
    made.event = event::complete;
    made.of = of;
    made.rows = rows;
    made.bytes = 2048;
    made.upstream_us = 1500;
    made.sqlstate = sqlstate;
    EXPECT_TRUE(to.append(made).has_value());
  }
  std::string found(const query& what) {
    std::string numbers;
    const auto outcome = audit::search(settings_.directory, what, [&](const found_record& record) {
      numbers += std::to_string(read_envelope(record.line)->sequence);
      if (!record.completion.empty()) numbers += "+" + std::to_string(read_envelope(record.completion)->sequence);
      numbers += " ";
      return true;
    });
    EXPECT_TRUE(outcome.has_value());
    if (!numbers.empty()) numbers.pop_back();
    return numbers;
  }
  std::string printed(format as, std::size_t width = 0) {
    std::ostringstream out;
    const auto to = make_printer(as, out, width);
    EXPECT_TRUE(audit::search(settings_.directory, {}, [&](const found_record& record) {
                  to->print(record);
                  return true;
                }).has_value());
    to->flush();
    return out.str();
  }
};

struct query_row {
  const char* name;
  std::string query::*condition;
  const char *value, *numbers;
};
class search_by : public searching, public testing::WithParamInterface<query_row> {};
TEST_P(search_by, one_condition) {
  fill();
  query what;
  what.*GetParam().condition = GetParam().value;
  EXPECT_EQ(found(what), GetParam().numbers);
}
INSTANTIATE_TEST_SUITE_P(
    table, search_by,
    testing::Values(
        query_row{"nothing", &query::user, "", "1 2+5 3 4+6 7 8"}, query_row{"user", &query::user, "carol", "1 2+5 3"},
        query_row{"user_glob", &query::user, "b*", "4+6 7"}, query_row{"database", &query::database, "lake", "4+6 7"},
        query_row{"session", &query::session, "2", "4+6 7"}, query_row{"event", &query::event, "login", "1"},
        query_row{"completions_alone", &query::event, "complete", "5 6"},
        query_row{"denied", &query::decision, "denied", "3"},
        query_row{"relation", &query::relation, "crm.customers", "2+5 3"},
        query_row{"relation_without_schema", &query::relation, "invoices", "4+6"},
        query_row{"relation_with_layer", &query::relation, "lake.billing.*", "4+6"},
        query_row{"relation_too_long", &query::relation, "a.lake.billing.invoices", ""},
        query_row{"column", &query::column, "id", "2+5 4+6"},
        query_row{"column_of_relation", &query::column, "customers.id", "2+5"},
        query_row{"column_in_full", &query::column, "billing.invoices.id", "4+6"},
        query_row{"class", &query::data_class, "personal", "2+5"},
        query_row{"sqlstate_of_completion", &query::sqlstate, "22012", "4+6"},
        query_row{"sqlstate_of_record", &query::sqlstate, "42501", "3"},
        query_row{"text_of_either_case", &query::text, "select EMAIL", "2+5"},
        query_row{"text_in_reason", &query::text, "grants no", "3"},
        query_row{"text_in_detail", &query::text, "calc", "8"},
        query_row{"future", &query::since, "2999-01-01T00:00:00.000000Z", ""},
        query_row{"past", &query::until, "1999-01-01T00:00:00.000000Z", ""},
        query_row{"long_ago", &query::since, "1999-01-01T00:00:00.000000Z", "1 2+5 3 4+6 7 8"}),
    [](const auto& row) { return row.param.name; });

TEST_F(searching, conditions_meet_in_one_column) {
  fill();
  EXPECT_EQ(found({.relation = "customers", .column = "id", .data_class = "email"}), "");
  EXPECT_EQ(found({.relation = "customers", .column = "email", .data_class = "email"}), "2+5");
}

TEST_F(searching, limit_keeps_the_newest) {
  fill();
  EXPECT_EQ(found({.limit = 2}), "7 8");
  EXPECT_EQ(found({.user = "carol", .limit = 1}), "3");
}

TEST_F(searching, a_range_of_time_joins_completions_behind_its_end) {
  fill();
  std::string since, until;
  for (std::size_t file = 0; file < files().size(); ++file)
    for (const auto& line : lines(file)) {
      const auto shape = read_envelope(line).value();
      if (shape.sequence == 2) since = shape.time;
      if (shape.sequence == 4) until = shape.time;
    }
  if (since < until) {
    EXPECT_EQ(found({.since = since, .until = until}).substr(0, 3), "2+5");
  }
}

TEST_F(searching, counts_lines_that_are_no_records_and_goes_on) {
  fill();
  auto all = lines(0);
  all.insert(all.begin(), "garbage");
  all.insert(all.begin(), "{\"time\":" + std::string(300, 'x'));
  write_lines(all, 0);
  std::uint64_t count = 0;
  const auto outcome = audit::search(settings_.directory, {}, [&](const auto&) { return ++count > 0; });
  EXPECT_EQ(outcome->unreadable, 2u);
  EXPECT_EQ(count, 6u);
}

TEST_F(searching, ends_when_the_sink_has_enough) {
  fill();
  std::uint64_t count = 0;
  EXPECT_TRUE(audit::search(settings_.directory, {}, [&](const auto&) { return ++count < 2; }).has_value());
  EXPECT_EQ(count, 2u);
}

TEST_F(searching, prints_json_with_the_original_members) {
  fill();
  std::istringstream out(printed(format::json));
  std::string line;
  std::getline(out, line);
  EXPECT_EQ(line, lines(0)[0]);
  std::getline(out, line);
  const auto recorded = lines(0).size() > 1 ? lines(0)[1] : lines(1)[0];
  const auto original = read_envelope(recorded).value();
  EXPECT_EQ(line.substr(0, original.sealed.size()), original.sealed);
  EXPECT_NE(line.find(",\"completion\":{\"time\":"), std::string::npos);
}

TEST_F(searching, prints_csv_that_a_spreadsheet_does_not_execute) {
  fill();
  const auto out = printed(format::csv);
  EXPECT_EQ(out.substr(0, 16), "time,seq,event,s");
  EXPECT_NE(out.find("\"'=cmd|' /C calc'!A0\"\r\n"), std::string::npos) << out;
  EXPECT_NE(out.find(",crm.customers,crm.customers.email crm.customers.id,email personal,email:email,"),
            std::string::npos)
      << out;
  EXPECT_NE(out.find(",42,2048,,1500,,00000,\r\n"), std::string::npos) << out;
}

TEST_F(searching, prints_a_table_that_fits_and_lines_up) {
  fill();
  std::istringstream out(printed(format::table, 100));
  std::vector<std::string> rows;
  for (std::string row; std::getline(out, row);) rows.push_back(row);
  ASSERT_EQ(rows.size(), 7u);
  const auto column = rows[0].find("what");
  EXPECT_EQ(rows[1].substr(column, 5), "login");
  EXPECT_EQ(rows[3].substr(column, 6), "denied");
  for (const auto& row : rows) EXPECT_LE(display_width(row), 100u) << row;
}

TEST_F(searching, a_table_does_not_steer_the_terminal) {
  {
    const auto to = open();
    auto made = statement("select '\x1b]0;title\x07\xc2\x9b' -- \xe2\x80\xae\n  from t");
    ASSERT_TRUE(to->append(made).has_value());
  }
  const auto out = printed(format::table);
  for (const char* bad : {"\x1b", "\x07", "\xc2\x9b", "\xe2\x80\xae"}) EXPECT_EQ(out.find(bad), out.npos);
  EXPECT_NE(out.find("select '·]0;title··' -- · from t"), out.npos) << out;
}

TEST(display_width, knows_wide_and_combining_letters) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("山田"), 4u);
  EXPECT_EQ(display_width("ﾔﾏﾀﾞ"), 4u);
  EXPECT_EQ(display_width("e\xcc\x81"), 1u);
  EXPECT_EQ(display_width("🦀"), 2u);
}

struct tail_row {
  const char* name;
  std::uint64_t newest;
  std::size_t count;
};
class tail_of : public journal_test, public testing::WithParamInterface<tail_row> {};
TEST_P(tail_of, twenty_records_in_many_files) {
  write_records(20, 1000);
  ASSERT_GT(files().size(), 3u);
  std::vector<std::uint64_t> numbers;
  ASSERT_TRUE(tail(
                  settings_.directory, GetParam().newest,
                  [&](std::string_view line) {
                    numbers.push_back(read_envelope(line)->sequence);
                    return true;
                  },
                  [] { return false; })
                  .has_value());
  ASSERT_EQ(numbers.size(), GetParam().count);
  for (std::size_t index = 0; index < numbers.size(); ++index)
    EXPECT_EQ(numbers[index], 20 - GetParam().count + index + 1);
}
INSTANTIATE_TEST_SUITE_P(table, tail_of,
                         testing::Values(tail_row{"none", 0, 0}, tail_row{"one", 1, 1}, tail_row{"over_files", 11, 11},
                                         tail_row{"all", 20, 20}, tail_row{"more_than_there_are", 1000, 20}),
                         [](const auto& row) { return row.param.name; });

TEST_F(journal_test, tail_follows_through_rotation) {
  settings_.rotate_bytes = 1000;
  const auto to = open();
  ASSERT_TRUE(to->append(statement("first")).has_value());
  std::vector<std::uint64_t> numbers;
  int rounds = 0;
  ASSERT_TRUE(tail(
                  settings_.directory, 10,
                  [&](std::string_view line) {
                    numbers.push_back(read_envelope(line)->sequence);
                    return true;
                  },
                  [&] {
                    EXPECT_EQ(numbers.size(), static_cast<std::size_t>(1 + rounds * 7));
                    if (rounds == 5) return false;
                    ++rounds;
                    for (int count = 0; count < 7; ++count) EXPECT_TRUE(to->append(statement("next")).has_value());
                    return true;
                  })
                  .has_value());
  EXPECT_EQ(numbers.size(), 36u);
  EXPECT_GT(files().size(), 8u);
  for (std::size_t index = 0; index < numbers.size(); ++index) EXPECT_EQ(numbers[index], index + 1);
}

TEST_F(journal_test, tail_waits_for_the_rest_of_a_line) {
  write_records(2);
  const auto whole = read(path());
  write(path(), whole.substr(0, whole.size() - 20));
  std::uint64_t count = 0;
  int rounds = 0;
  ASSERT_TRUE(tail(
                  settings_.directory, 10, [&](std::string_view) { return ++count > 0; },
                  [&] {
                    EXPECT_EQ(count, rounds == 0 ? 1u : 2u);
                    write(path(), whole);
                    return rounds++ == 0;
                  })
                  .has_value());
  EXPECT_EQ(count, 2u);
}

}  // namespace
}  // namespace sluice::audit
