#include "sluice/audit/line.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>
#include <set>

#include "sluice/audit/chain.hpp"

namespace sluice::audit {
namespace {

struct string_row {
  const char* name;
  std::string bytes, json;
};
class write_string_of : public testing::TestWithParam<string_row> {};

TEST_P(write_string_of, bytes) {
  std::string out;
  write_string(out, GetParam().bytes);
  EXPECT_EQ(out, GetParam().json);
  boost::system::error_code code;
  boost::json::parse(out, code);
  EXPECT_FALSE(code) << out;
}

using namespace std::string_literals;
INSTANTIATE_TEST_SUITE_P(
    table, write_string_of,
    testing::Values(string_row{"empty", "", R"("")"}, string_row{"plain", "select 1", R"("select 1")"},
                    string_row{"quote_and_backslash", R"(a"b\c)", R"("a\"b\\c")"},
                    string_row{"line_breaks", "a\nb\r\tc", R"("a\nb\r\tc")"},
                    string_row{"nul", "a\0b"s, R"("a\u0000b")"},
                    string_row{"escape_sequence", "\x1b[2J", R"("\u001b[2J")"},
                    string_row{"del", "\x7f", R"("\u007f")"}, string_row{"c1_csi", "\xc2\x9b", R"("\u009b")"},
                    string_row{"no_break_space_stays", "\xc2\xa0", "\"\xc2\xa0\""},
                    string_row{"japanese", "山田 太郎", "\"山田 太郎\""}, string_row{"emoji", "🦀", "\"🦀\""},
                    string_row{"stray_continuation", "\x80", R"("\ufffd")"},
                    string_row{"overlong_slash", "\xc0\xaf", R"("\ufffd\ufffd")"},
                    string_row{"overlong_three", "\xe0\x80\xaf", R"("\ufffd\ufffd\ufffd")"},
                    string_row{"surrogate", "\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},
                    string_row{"beyond_unicode", "\xf4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},
                    string_row{"cut_in_a_letter", "a\xe5\xb1", R"("a\ufffd\ufffd")"},
                    string_row{"invalid_then_valid", "\xff山", "\"\\ufffd山\""},
                    string_row{"last_letter", "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""}),
    [](const auto& row) { return row.param.name; });

std::string members_of(const record& what) {
  std::string out;
  write_members(out, what);
  return out;
}

TEST(write_members, leaves_out_what_is_empty) { EXPECT_EQ(members_of(record{}), R"("event":"statement")"); }

TEST(write_members, keeps_one_order) {
  record full;
  full.event = event::statement;
  full.session = 7;
  full.user = "carol";
  full.roles = {"Viewer", "Creator(billing)"};
  full.client = "127.0.0.1:5000";
  full.application_name = "psql";
  full.database = "warehouse";
  full.layers = {"lake", "mart"};
  full.sql = "select 1";
  full.rewritten_sha256 = "ab";
  full.fingerprint = "cd";
  full.decision = "allowed";
  full.reason = "because";
  full.rules = {"r1"};
  full.policy_revision = 3;
  full.catalog_revision = 4;
  full.relations = {{.layer = "lake",
                     .schema = "crm",
                     .relation = "customers",
                     .actions = {"read"},
                     .columns = {{.column = "email", .classes = {"email"}, .read = true, .written = false}},
                     .masks = {"email:email"},
                     .filters = {"f1"}}};
  full.parameters = {{"x", std::nullopt}};
  full.of = 9;
  full.rows = 0;
  full.bytes = 11;
  full.decide_us = 12;
  full.upstream_us = 13;
  full.relay_us = 14;
  full.sqlstate = "42501";
  full.detail = "d";
  EXPECT_EQ(members_of(full),
            R"j("event":"statement","session":7,"user":"carol","roles":["Viewer","Creator(billing)"],)j"
            R"j("client":"127.0.0.1:5000","application_name":"psql","database":"warehouse","layers":["lake","mart"],)j"
            R"j("sql":"select 1","rewritten_sha256":"ab","fingerprint":"cd","decision":"allowed","reason":"because",)j"
            R"j("rules":["r1"],"policy_revision":3,"catalog_revision":4,"relations":[{"layer":"lake","schema":"crm",)j"
            R"j("relation":"customers","actions":["read"],"columns":[{"column":"email","classes":["email"],)j"
            R"j("read":true}],"masks":["email:email"],"filters":["f1"]}],"parameters":["x",null],"of":9,"rows":0,)j"
            R"j("bytes":11,"decide_us":12,"upstream_us":13,"relay_us":14,"sqlstate":"42501","detail":"d")j");
}

TEST(write_members, every_event_has_a_name) {
  std::set<std::string_view> names;
  for (int value = 0; value <= static_cast<int>(event::alarm); ++value)
    names.insert(name_of(static_cast<event>(value)));
  EXPECT_EQ(names.size(), 11u);
}

TEST(write_members, says_that_and_how_a_long_text_was_cut) {
  record what;
  what.detail = std::string(max_text_bytes - 1, 'a') + "山" + "tail";
  const auto out = members_of(what);
  EXPECT_NE(out.find("a [truncated: " + std::to_string(what.detail.size()) + " bytes, sha256 " +
                     auth::to_hex(auth::sha256(what.detail)) + "]\""),
            out.npos);
  EXPECT_LT(out.size(), max_text_bytes + 200);
}

TEST(write_members, bounds_all_parameters_together) {
  record what;
  what.parameters.emplace(1000, std::string(max_text_bytes, 'p'));
  EXPECT_LT(members_of(what).size(), max_parameters_bytes + 1000 * 200);
}

TEST(write_members, stays_json_for_random_bytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    record what;
    for (auto length = random() % 64; length > 0; --length) what.sql += static_cast<char>(random() % 256);
    what.user = what.sql;
    boost::system::error_code code;
    boost::json::parse("{" + members_of(what) + "}", code);
    ASSERT_FALSE(code) << members_of(what);
  }
}

struct time_row {
  const char* name;
  std::int64_t microseconds;
  const char* text;
};
class format_time_of : public testing::TestWithParam<time_row> {};
TEST_P(format_time_of, moment) {
  EXPECT_EQ(format_time(GetParam().microseconds), GetParam().text);
  opening front;
  const std::string expected = std::string("{\"time\":\"") + GetParam().text + "\",\"seq\":17,";
  EXPECT_EQ(front.write(GetParam().microseconds, 17), expected);
  EXPECT_EQ(front.write(GetParam().microseconds, 17), expected);
}
INSTANTIATE_TEST_SUITE_P(table, format_time_of,
                         testing::Values(time_row{"epoch", 0, "1970-01-01T00:00:00.000000Z"},
                                         time_row{"leap_day", 1709251199999999, "2024-02-29T23:59:59.999999Z"},
                                         time_row{"after_leap_day", 1709251200000000, "2024-03-01T00:00:00.000000Z"},
                                         time_row{"new_year", 1767225600000001, "2026-01-01T00:00:00.000001Z"},
                                         time_row{"leap_century", 951782400000000, "2000-02-29T00:00:00.000000Z"}),
                         [](const auto& row) { return row.param.name; });

TEST(opening, counts_on_within_and_past_a_second) {
  opening front;
  EXPECT_EQ(front.write(1999999, 9), "{\"time\":\"1970-01-01T00:00:01.999999Z\",\"seq\":9,");
  EXPECT_EQ(front.write(2000000, 10), "{\"time\":\"1970-01-01T00:00:02.000000Z\",\"seq\":10,");
  EXPECT_EQ(front.write(2000001, ~std::uint64_t{0}),
            "{\"time\":\"1970-01-01T00:00:02.000001Z\",\"seq\":18446744073709551615,");
}

const std::string good_line = "{\"time\":\"2026-01-01T00:00:00.000000Z\",\"seq\":5,\"event\":\"start\",\"prev\":\"" +
                              std::string(64, '0') + "\",\"hash\":\"" + std::string(64, 'a') + "\"}";

TEST(read_envelope, takes_a_record_apart) {
  const auto line = read_envelope(good_line);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->time, "2026-01-01T00:00:00.000000Z");
  EXPECT_EQ(line->sequence, 5u);
  EXPECT_EQ(line->prev, first_prev);
  EXPECT_EQ(line->hash, std::string(64, 'a'));
  EXPECT_EQ(std::string(line->sealed) + ",\"hash\":\"" + std::string(64, 'a') + "\"}", good_line);
}

TEST(read_envelope, refuses_every_cut) {
  for (std::size_t length = 0; length < good_line.size(); ++length)
    EXPECT_FALSE(read_envelope(good_line.substr(0, length))) << length;
  for (std::size_t from = 1; from < good_line.size(); ++from)
    EXPECT_FALSE(read_envelope(good_line.substr(from))) << from;
}

struct shape_row {
  const char* name;
  std::string from, to;
};
class read_envelope_refuses : public testing::TestWithParam<shape_row> {};
TEST_P(read_envelope_refuses, shape) {
  auto line = good_line;
  const auto at = line.find(GetParam().from);
  ASSERT_NE(at, line.npos);
  EXPECT_FALSE(read_envelope(line.replace(at, GetParam().from.size(), GetParam().to)));
}
INSTANTIATE_TEST_SUITE_P(
    table, read_envelope_refuses,
    testing::Values(shape_row{"blank", "\"seq\":5", "\"seq\": 5"}, shape_row{"leading_zero", "\"seq\":5", "\"seq\":05"},
                    shape_row{"zero", "\"seq\":5", "\"seq\":0"}, shape_row{"sign", "\"seq\":5", "\"seq\":-5"},
                    shape_row{"overflow", "\"seq\":5", "\"seq\":18446744073709551616"},
                    shape_row{"upper_case_hash", "aaaa", "aaaA"}, shape_row{"other_end", "\"}", "\"]"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice::audit
