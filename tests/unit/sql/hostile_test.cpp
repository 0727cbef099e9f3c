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

base::result<analysis> analysed(const std::string& text, double* seconds = nullptr) {
  name_space names;
  const auto catalog = testing::sample_catalog();
  names.catalog = catalog.get();
  names.search_path = {"crm", "billing", "public"};
  base::result<analysis> out{base::diagnostic{}};
  const double took = on_parse_stack([&] {
    const auto parsed = parse(text);
    if (!parsed) out = parsed.error();
    else out = analyse(*parsed, names);
  });
  if (seconds) *seconds = took;
  return out;
}

TEST(hostile, recursion_in_recursion_is_read_once) {
  for (const auto& text : {nested_recursion(60), nested_recursion_right(60)}) {
    double seconds = 0;
    const auto facts = analysed(text, &seconds);
    ASSERT_TRUE(facts.has_value()) << facts.error().cause;
    EXPECT_LT(seconds, most_seconds / 3);
    EXPECT_LT(facts->statements[0].query_levels, 400u);
  }
}

// What flows round comes to every column, however many rounds it takes.
TEST(hostile, recursion_carries_lineage_through_any_number_of_rounds) {
  const auto facts = analysed("with recursive r(a, b, c, d) as (select 1, 2, 3, 'x' union all select b, c, d, email from r, crm.dim_customer) select a, b, c, d from r");
  ASSERT_TRUE(facts.has_value());
  const auto& outputs = facts->statements[0].outputs;
  ASSERT_EQ(outputs.size(), 4u);
  for (const auto& each : outputs) {
    ASSERT_EQ(each.lineage.size(), 1u) << each.name;
    EXPECT_EQ(each.lineage.begin()->attnum, 3) << each.name;
    EXPECT_FALSE(each.plain.has_value());
  }
  for (const auto& site : facts->columns) {
    for (const auto& column : site.lineage) EXPECT_LT(column.use, facts->uses.size());
  }
}

TEST(hostile, recursion_keeps_columns_apart) {
  const auto facts = analysed("with recursive r(a, b) as (select plan, email from crm.dim_customer union all select a, b from r) select a from r");
  ASSERT_TRUE(facts.has_value());
  const auto& lineage = facts->statements[0].outputs.at(0).lineage;
  ASSERT_EQ(lineage.size(), 1u);
  EXPECT_EQ(lineage.begin()->attnum, 5);
}

TEST(hostile, tables_further_down_the_list_count) {
  const auto facts = analysed("with recursive one as (select * from two), two as (select email from crm.dim_customer) select email from one");
  ASSERT_TRUE(facts.has_value());
  const auto& lineage = facts->statements[0].outputs.at(0).lineage;
  ASSERT_EQ(lineage.size(), 1u);
  EXPECT_EQ(lineage.begin()->attnum, 3);
}

TEST(hostile, parameters_meet_what_flows_round) {
  const auto facts = analysed("with recursive r(a, b) as (select 1::text, email from crm.dim_customer union all select b, b from r where a = $1) select 1");
  ASSERT_TRUE(facts.has_value());
  ASSERT_EQ(facts->meetings.size(), 1u);
  ASSERT_EQ(facts->meetings[0].columns.size(), 1u);
  EXPECT_EQ(facts->meetings[0].columns.begin()->attnum, 3);
}

// Every level of an expression meets what its parts met: kept once.
TEST(hostile, deep_expressions_keep_one_meeting) {
  const auto facts = analysed("select " + times(300, "coalesce(") + "$1 || email" + times(300, ", $2)") + " from crm.dim_customer");
  ASSERT_TRUE(facts.has_value());
  ASSERT_EQ(facts->meetings.size(), 1u);
  EXPECT_EQ(facts->meetings[0].parameters.size(), 2u);
}

TEST(hostile, source_of_many_columns_is_read_once) {
  const auto facts = analysed("update billing.customer_contact set (email, phone) = (select c.email, $1 from crm.dim_customer c) where phone = $2");
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->uses[0].written_columns.size(), 2u);
  EXPECT_EQ(facts->statements[0].query_levels, 1u);
}

TEST(hostile, budget_ends_an_analysis) {
  // Joined stars: few words, millions of columns.
  std::string text = "with c0 as (select * from crm.dim_customer)";
  for (int at = 1; at < 12; ++at) {
    const std::string below = "c" + std::to_string(at - 1);
    text += ", c" + std::to_string(at) + " as (select * from " + numbered(6, below + " x#", ",") + ")";
  }
  double seconds = 0;
  const auto facts = analysed(text + " select 1 from c11", &seconds);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().sqlstate, "54001");
  EXPECT_FALSE(facts.error().hint.empty());
  EXPECT_LT(seconds, most_seconds);
}

}  // namespace
}  // namespace sluice::sql
