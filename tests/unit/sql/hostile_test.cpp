// What a text can cost, told before it costs it. Limits are generous: sanitizer builds on shared machines must pass.
#include "unit/sql/hostile.hpp"

#include <gtest/gtest.h>

#include "sluice/sql/analysis.hpp"
#include "sluice/sql/tree.hpp"
#include "unit/sql/sample_catalog.hpp"

// Of PostgreSQL's memory contexts in libpg_query: an error that its output stage could raise.
extern "C" void* palloc(std::size_t size);

namespace sluice::sql {
bool behind_net(void (*work)(void*), void* given);
namespace {

using testing::nested_recursion;
using testing::nested_recursion_right;
using testing::numbered;
using testing::on_parse_stack;
using testing::times;

constexpr double most_seconds = 15;  // 1 s is what it may be in an optimised build

struct row {
  const char* name;
  std::string text;
  const char* sqlstate;  // empty: it is accepted
};

class parsing : public ::testing::TestWithParam<row> {};

TEST_P(parsing, is_bounded) {
  std::string state = "none", cause;
  const double seconds = on_parse_stack([&] {
    const auto parsed = parse(GetParam().text);
    if (!parsed) cause = parsed.error().cause;
    state = parsed ? "" : parsed.error().sqlstate;
  });
  EXPECT_EQ(state, GetParam().sqlstate) << cause;
  EXPECT_LT(seconds, most_seconds);
}

std::string assigned(std::size_t columns, const std::string& source) { return "set (" + times(columns, "a", ",") + ") = " + source; }

INSTANTIATE_TEST_SUITE_P(
    texts, parsing,
    ::testing::Values(
        row{"many_columns_one_source", "update t " + assigned(1000, "(" + times(1000, "1", "+") + ")"), "54001"},
        row{"so_many_that_json_would_not_fit", "update t " + assigned(6000, "(" + times(6000, "1", "+") + ")"), "54001"},
        row{"source_without_parentheses", "update t " + assigned(1000, times(1000, "1", "+")), "54001"},
        row{"source_with_from_in_it", "update t " + assigned(1000, "1 is distinct from " + times(1000, "1", "+")), "54001"},
        row{"source_with_brackets", "update t " + assigned(1000, "array[" + times(1000, "1", ",") + "]"), "54001"},
        row{"second_assignment", "update t set b = 1, (" + times(1000, "a", ",") + ") = (" + times(1000, "1", "+") + ")", "54001"},
        row{"comments_between", "update t set/**/(/*(*/" + times(1000, "a", ",") + ")/*)*/=--\n(" + times(1000, "1", "+") + ")", "54001"},
        row{"targets_with_subscripts", "update t set (" + times(1000, "a[1]", ",") + ") = (" + times(1000, "1", "+") + ")", "54001"},
        row{"on_conflict", "insert into t values (1) on conflict (a) do update " + assigned(1000, "(" + times(1000, "1", "+") + ")"), "54001"},
        row{"merge", "merge into t using s on true when matched then update " + assigned(1000, "(" + times(1000, "1", "+") + ")"), "54001"},
        row{"sources_in_sources",
            "update t " + assigned(10, "(with w as (update t " + assigned(10, "(with w as (update t " + assigned(10, "(with w as (update t " + assigned(10,
                "(with w as (update t " + assigned(10, "(with w as (update t " + assigned(10, "(select 1)") + " returning 1) select 1)") + " returning 1) select 1)") +
                " returning 1) select 1)") + " returning 1) select 1)") + " returning 1) select 1)"), "54001"},
        row{"parentheses", "select " + std::string(100000, '(') + "1" + std::string(100000, ')'), "54001"},
        row{"one_megabyte_of_signs", "select " + times(500000, "1", "+"), "54001"},
        row{"in_list_of_one_megabyte", "select 1 from t where a in (" + times(500000, "1", ",") + ")", "54001"},
        row{"deep_casts", "select 1" + times(200000, "::a"), "54001"},
        row{"deep_arrays", "select " + times(3000, "array[") + "1" + times(3000, "]"), "54001"},
        row{"joins", "select 1 from t" + times(5000, " join t on true"), "54001"},
        row{"unions", times(5000, "select 1", " union "), "54001"},
        row{"subqueries", times(1000, "select * from (") + "select 1" + times(1000, ") a"), "54001"},
        row{"large_constant", "select '" + std::string(1'040'000, '\x01') + "'", ""},
        row{"many_columns_small_source", "update t " + assigned(100, "(select " + times(100, "b", ",") + " from s where c in (" + times(500, "1", ",") + "))"), ""},
        row{"row_comparison", "select 1 from t where (" + times(2000, "a", ",") + ") = (" + times(2000, "b", ",") + ")", ""},
        row{"condition_behind_assignment", "update t " + assigned(50, "(select " + times(50, "b", ",") + ")") + " where c in (" + times(20000, "1", ",") + ")", ""},
        row{"joined_assignment", "update t " + assigned(50, "(select " + times(50, "b", ",") + ")") + " from u, (values " + times(20000, "(1)", ",") + ") v", ""},
        row{"list_of_20000", "select 1 from t where a in (" + times(20000, "123456", ",") + ")", ""},
        row{"rows_of_20", "insert into t values " + times(5000, "(" + times(20, "'abc'", ",") + ")", ",\n"), ""},
        row{"columns_1000", "select " + numbered(1000, "c# as x#", ", ") + " from t", ""}),
    [](const auto& each) { return each.param.name; });

TEST(hostile, multiplied_source_tells_the_remedy) {
  const auto parsed = parse("update t " + assigned(1000, "(" + times(1000, "1", "+") + ")"));
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().cause, "statement is too complex: it assigns one source to many columns");
  EXPECT_FALSE(parsed.error().hint.empty());
}

// A text whose JSON outgrows a StringInfo would end the process: the error must end the call alone, and leave the thread usable.
TEST(hostile, errors_outside_of_the_parser_do_not_end_the_process) {
  on_parse_stack([] {
    for (int at = 0; at < 3; ++at) {
      EXPECT_FALSE(behind_net([](void*) { palloc(std::size_t{1} << 40); }, nullptr));
      EXPECT_TRUE(parse("select 1").has_value());
      EXPECT_FALSE(parse("select from where").has_value());
    }
  });
}

}  // namespace
}  // namespace sluice::sql
