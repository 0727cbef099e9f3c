#include "sluice/sql/splice.hpp"

#include <gtest/gtest.h>

namespace sluice::sql {
namespace {

struct row {
  const char* name;
  const char* before;
  const char* after;
  std::vector<expected> differences;
  std::set<std::size_t> untouched;
  bool proven;
};

expected name_at(std::size_t offset, std::string schema) {
  expected out;
  out.offset = offset;
  out.schema = std::move(schema);
  return out;
}
expected fragment_at(difference what, std::size_t offset, std::string fragment, std::string name = {}) {
  expected out;
  out.what = what;
  out.offset = offset;
  out.fragment = std::move(fragment);
  out.name = std::move(name);
  return out;
}

class proof : public ::testing::TestWithParam<row> {};
TEST_P(proof, decides) {
  const auto before = parse(GetParam().before), after = parse(GetParam().after);
  ASSERT_TRUE(before.has_value() && after.has_value());
  const auto why = prove(*before, *after, GetParam().differences, GetParam().untouched);
  EXPECT_EQ(!why.has_value(), GetParam().proven) << (why ? why->cause : std::string());
}

const std::string hollow = "CASE WHEN false THEN ($65000) END";
const std::string guard = "(SELECT a FROM s.t) AS \"t\"";
INSTANTIATE_TEST_SUITE_P(
    texts, proof,
    ::testing::Values(
        row{"equal", "select a from t", "select a from t", {}, {14}, true},
        row{"relation_not_accounted_for", "select a from t", "select a from t", {}, {}, false},
        row{"qualified", "select a from t", "select a from s.t", {name_at(14, "s")}, {}, true},
        row{"qualified_otherwise", "select a from t", "select a from x.t", {name_at(14, "s")}, {}, false},
        row{"other_name", "select a from t", "select a from s.u", {name_at(14, "s")}, {}, false},
        row{"guarded", "select a from t", "select a from (SELECT a FROM s.t) AS t", {fragment_at(difference::relation_guard, 14, guard)}, {}, true},
        row{"guard_missing", "select a from t", "select a from s.t", {fragment_at(difference::relation_guard, 14, guard)}, {}, false},
        row{"guard_changed", "select a from t", "select a from (SELECT b FROM s.t) AS t", {fragment_at(difference::relation_guard, 14, guard)}, {}, false},
        row{"comment_swallows_condition", "select a from t where b", "select a from (SELECT a FROM s.t) AS t --where b",
            {fragment_at(difference::relation_guard, 14, guard)}, {}, false},
        row{"constant_changed", "select 1 from t", "select 2 from t", {}, {14}, false},
        row{"statement_added", "select 1", "select 1; select 2", {}, {}, false},
        row{"second_relation_unguarded", "select a from t, t u", "select a from (SELECT a FROM s.t) AS t, t u",
            {fragment_at(difference::relation_guard, 14, guard)}, {}, false},
        row{"column", "select s.t.a from t", "select t.a from (SELECT a FROM s.t) AS t",
            {fragment_at(difference::relation_guard, 18, guard), fragment_at(difference::column, 7, "t.a")}, {}, true},
        row{"named_column", "delete from s.t returning a", "delete from s.t returning m(a) AS a",
            {fragment_at(difference::named_column, 26, "m(a)", "a")}, {12}, true},
        row{"named_column_other_name", "delete from s.t returning a", "delete from s.t returning m(a) AS b",
            {fragment_at(difference::named_column, 26, "m(a)", "a")}, {12}, false},
        row{"argument_hollowed", "select f(x, 1)", "select f(case when false then (x) end, 1)", {fragment_at(difference::argument, 7, hollow)}, {}, true},
        row{"argument_not_hollowed", "select f(x, 1)", "select f(x, 1)", {fragment_at(difference::argument, 7, hollow)}, {}, false},
        row{"other_argument_in_the_hollow", "select f(x, 1)", "select f(case when false then (y) end, 1)", {fragment_at(difference::argument, 7, hollow)}, {}, false},
        row{"argument_behind_the_hollow", "select f(x, 1)", "select f(case when false then (x) end, 2)", {fragment_at(difference::argument, 7, hollow)}, {}, false},
        row{"argument_lost_behind_the_hollow", "select f(x, 1)", "select f(case when false then (x) end)", {fragment_at(difference::argument, 7, hollow)}, {}, false},
        row{"hollow_call_of_another_function", "select f(x)", "select g(case when false then (x) end)", {fragment_at(difference::argument, 7, hollow)}, {}, false},
        row{"hollow_that_is_none", "select f(x)", "select f(case when true then (x) end)", {fragment_at(difference::argument, 7, hollow)}, {}, false},
        row{"call_gone", "select f(x)", "select 1", {fragment_at(difference::argument, 7, hollow)}, {}, false},
        row{"relation_unguarded_in_a_hollow", "select f((select a from t))", "select f(case when false then ((select a from t)) end)", {fragment_at(difference::argument, 7, hollow)}, {}, false},
        row{"relation_guarded_in_a_hollow", "select f((select a from t))", "select f(case when false then ((select a from (SELECT a FROM s.t) AS t)) end)",
            {fragment_at(difference::argument, 7, hollow), fragment_at(difference::relation_guard, 24, guard)}, {}, true},
        row{"where_added", "delete from s.t", "delete from s.t WHERE (f)", {fragment_at(difference::where, 12, "(f)")}, {12}, true},
        row{"where_wrapped", "delete from s.t where a = 1", "delete from s.t where (f) AND (a = 1)",
            {fragment_at(difference::where, 12, "(f) AND ($65000)")}, {12}, true},
        row{"where_escapes_its_parentheses", "delete from s.t where a = 1", "delete from s.t where (f) AND (a = 1) or true",
            {fragment_at(difference::where, 12, "(f) AND ($65000)")}, {12}, false},
        row{"group_by", "select 1 from s.t group by a", "select 1 from s.t group by t.b, a", {fragment_at(difference::group_by, 27, "t.b")}, {14}, true},
        row{"copy", "copy s.t (a) to stdout", "copy (SELECT a FROM s.t) to stdout", {fragment_at(difference::copy_source, 5, "SELECT a FROM s.t")}, {}, true}),
    [](const auto& each) { return each.param.name; });

TEST(splice, refuses_overlaps) {
  std::vector<edit> edits = {{0, 5, "x"}, {3, 6, "y"}};
  EXPECT_FALSE(splice("abcdefgh", edits).has_value());
}

TEST(splice, applies_in_order_of_place) {
  std::vector<edit> edits = {{4, 4, "+"}, {0, 1, "A"}, {6, 8, ""}};
  EXPECT_EQ(*splice("abcdefgh", edits), "Abcd+ef");
}

}  // namespace
}  // namespace sluice::sql
