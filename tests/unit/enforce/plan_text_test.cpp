#include "sluice/enforce/plan_text.hpp"

#include <gtest/gtest.h>

namespace sluice::enforce {
namespace {

std::string stripped(std::string_view plan) {
  plan_text lines;
  std::string out;
  while (!plan.empty()) {
    const std::size_t end = std::min(plan.find('\n'), plan.size());
    if (const auto kept = lines.line(plan.substr(0, end))) out += *kept + "\n";
    plan.remove_prefix(std::min(end + 1, plan.size()));
  }
  return out;
}

// Plans as PostgreSQL 15 to 18 print them, and what is left of them.
struct row {
  const char* name;
  const char* plan;
  const char* left;
};
class plans : public ::testing::TestWithParam<row> {};
TEST_P(plans, lose_their_values) { EXPECT_EQ(stripped(GetParam().plan), GetParam().left); }
INSTANTIATE_TEST_SUITE_P(
    nodes, plans,
    ::testing::Values(
        row{"sort_over_index", R"(Sort  (cost=8.45..8.45 rows=1 width=15)
  Sort Key: t
  ->  Index Scan using big_id on big  (cost=0.42..8.44 rows=1 width=15)
        Index Cond: (id = 5)
)",
            R"(Sort
  ->  Index Scan using big_id on big
)"},
        row{"without_costs", R"(Sort
  Sort Key: t
  ->  Index Scan using big_id on big
        Index Cond: (id = 5)
Planning Time: 0.100 ms
)",
            R"(Sort
  ->  Index Scan using big_id on big
)"},
        row{"hash_join_over_bitmap", R"(Hash Join  (cost=1171.60..5024.00 rows=2040 width=26)
  Hash Cond: (b2.id = b1.id)
  ->  Seq Scan on big b2  (cost=0.00..3082.00 rows=200000 width=15)
  ->  Hash  (cost=1146.10..1146.10 rows=2040 width=15)
        ->  Bitmap Heap Scan on big b1  (cost=28.63..1160.84 rows=1989 width=15)
              Recheck Cond: ((id < 10) OR (k = 2))
              ->  BitmapOr  (cost=28.63..28.63 rows=1989 width=0)
                    ->  Bitmap Index Scan on big_id  (cost=0.00..4.49 rows=9 width=0)
                          Index Cond: (id < 10)
                    ->  BitmapAnd  (cost=0.00..23.15 rows=1980 width=0)
                          ->  Bitmap Index Scan on "Big K"  (cost=0.00..23.15 rows=1980 width=0)
                                Index Cond: (k = 2)
)",
            R"(Hash Join
  ->  Seq Scan on big b2
  ->  Hash
        ->  Bitmap Heap Scan on big b1
              ->  BitmapOr
                    ->  Bitmap Index Scan on big_id
                    ->  BitmapAnd
                          ->  Bitmap Index Scan on "Big K"
)"},
        row{"joins", R"(Hash Left Join  (cost=1.00..2.00 rows=3 width=4)
  ->  Hash Right Anti Join  (cost=1.00..2.00 rows=3 width=4)
  ->  Hash Right Join  (cost=1.00..2.00 rows=3 width=4)
  ->  Hash Right Semi Join  (cost=1.00..2.00 rows=3 width=4)
  ->  Merge Full Join  (cost=1.00..2.00 rows=3 width=4)
  ->  Merge Join  (cost=1.00..2.00 rows=3 width=4)
  ->  Nested Loop  (cost=1.00..2.00 rows=3 width=4)
  ->  Nested Loop Semi Join  (cost=1.00..2.00 rows=3 width=4)
  ->  Nested Loop Left Join  (cost=1.00..2.00 rows=3 width=4)
        Join Filter: (a = b)
)",
            R"(Hash Left Join
  ->  Hash Right Anti Join
  ->  Hash Right Join
  ->  Hash Right Semi Join
  ->  Merge Full Join
  ->  Merge Join
  ->  Nested Loop
  ->  Nested Loop Semi Join
  ->  Nested Loop Left Join
)"},
        row{"parallel_anti_join", R"(Gather  (cost=4729.06..7428.80 rows=1 width=15)
  Workers Planned: 1
  ->  Parallel Hash Anti Join  (cost=3729.06..6428.70 rows=1 width=15)
        Hash Cond: (big.k = b.id)
        ->  Parallel Seq Scan on big  (cost=0.00..2258.47 rows=117647 width=15)
        ->  Parallel Hash  (cost=2258.47..2258.47 rows=117647 width=4)
              ->  Parallel Index Only Scan Backward using big_id on big b  (cost=0.00..2258.47 rows=117647 width=4)
)",
            R"(Gather
  ->  Parallel Hash Anti Join
        ->  Parallel Seq Scan on big
        ->  Parallel Hash
              ->  Parallel Index Only Scan Backward using big_id on big b
)"},
        row{"aggregates", R"(Finalize GroupAggregate  (cost=3851.04..3864.04 rows=100 width=12)
  Group Key: k
  ->  Gather Merge  (cost=3851.04..3862.54 rows=100 width=12)
        Workers Planned: 1
        ->  Partial HashAggregate  (cost=2846.71..2847.71 rows=100 width=12)
              Group Key: k
              ->  MixedAggregate  (cost=2846.71..2847.71 rows=100 width=12)
                    Hash Key: k
                    Group Key: ()
                    ->  Aggregate  (cost=2846.71..2847.71 rows=100 width=12)
JIT:
  Functions: 7
  Options: Inlining true, Optimization true, Expressions true, Deforming true
)",
            R"(Finalize GroupAggregate
  ->  Gather Merge
        ->  Partial HashAggregate
              ->  MixedAggregate
                    ->  Aggregate
)"},
        row{"init_plans_and_sub_plans", R"(Seq Scan on big  (cost=0.46..1690582.46 rows=200000 width=36)
  Filter: ((hashed SubPlan 4) OR (k = 4))
  InitPlan 2 (returns $1)
    ->  Result  (cost=0.45..0.46 rows=1 width=4)
          InitPlan 1 (returns $0,$2)
            ->  Limit  (cost=0.42..0.45 rows=1 width=4)
                  ->  Index Only Scan Backward using big_id on big big_1  (cost=0.42..6789.42 rows=200000 width=4)
                        Index Cond: (id IS NOT NULL)
  SubPlan 3
    ->  Limit  (cost=0.42..8.44 rows=1 width=7)
  SubPlan expr_1
    ->  Limit  (cost=0.42..8.44 rows=1 width=7)
)",
            R"(Seq Scan on big
  InitPlan 2 (returns $1)
    ->  Result
          InitPlan 1 (returns $0,$2)
            ->  Limit
                  ->  Index Only Scan Backward using big_id on big big_1
  SubPlan 3
    ->  Limit
  SubPlan expr_1
    ->  Limit
)"},
        row{"common_tables", R"(CTE Scan on r  (cost=2.95..3.57 rows=31 width=4)
  CTE r
    ->  Recursive Union  (cost=0.00..2.95 rows=31 width=4)
          ->  Result  (cost=0.00..0.01 rows=1 width=4)
                One-Time Filter: false
          ->  WorkTable Scan on r r_1  (cost=0.00..0.23 rows=3 width=4)
                Filter: (n < 5)
  CTE A "name"
    ->  ProjectSet  (cost=0.00..0.01 rows=1 width=4)
)",
            R"(CTE Scan on r
  CTE r
    ->  Recursive Union
          ->  Result
          ->  WorkTable Scan on r r_1
  CTE A "name"
    ->  ProjectSet
)"},
        row{"scans", R"(Append  (cost=0.00..51.81 rows=12 width=36)
  Subplans Removed: 3
  ->  Async Foreign Scan on customers  (cost=100.00..113.98 rows=2 width=236)
  ->  Foreign Scan  (cost=100.00..113.98 rows=2 width=236)
        Relations: (a) INNER JOIN (b)
  ->  Function Scan on generate_series g  (cost=0.00..0.10 rows=10 width=4)
  ->  Table Function Scan on "xmltable" x  (cost=0.00..1.00 rows=100 width=32)
  ->  Values Scan on "*VALUES*"  (cost=0.00..0.03 rows=2 width=4)
  ->  Subquery Scan on "*SELECT* 2"  (cost=0.00..5082.00 rows=200000 width=8)
  ->  Sample Scan on big  (cost=0.00..64.00 rows=2000 width=15)
        Sampling: system ('1'::real)
  ->  Tid Scan on big  (cost=0.00..4.01 rows=1 width=15)
        TID Cond: (ctid = '(0,1)'::tid)
  ->  Tid Range Scan on "Odd ""Name""" "it's"  (cost=0.00..3084.99 rows=199999 width=15)
  ->  Named Tuplestore Scan on new_rows  (cost=0.00..3084.99 rows=199999 width=15)
  ->  Custom Scan (ChunkAppend) on metrics  (cost=0.00..3084.99 rows=199999 width=15)
        Order: metrics."time"
  ->  Custom Scan (Citus Adaptive)  (cost=0.00..0.00 rows=0 width=0)
        Task Count: 32
)",
            R"(Append
  ->  Async Foreign Scan on customers
  ->  Foreign Scan
  ->  Function Scan on generate_series g
  ->  Table Function Scan on "xmltable" x
  ->  Values Scan on "*VALUES*"
  ->  Subquery Scan on "*SELECT* 2"
  ->  Sample Scan on big
  ->  Tid Scan on big
  ->  Tid Range Scan on "Odd ""Name""" "it's"
  ->  Named Tuplestore Scan on new_rows
  ->  Custom Scan (ChunkAppend) on metrics
  ->  Custom Scan (Citus Adaptive)
)"},
        row{"the_rest", R"(LockRows  (cost=0.00..5082.00 rows=200000 width=21)
  ->  Limit  (cost=130.59..130.98 rows=5 width=15)
        ->  Incremental Sort  (cost=130.59..15782.13 rows=200000 width=15)
              Sort Key: k, t
              Presorted Key: k
              ->  WindowAgg  (cost=23428.64..27428.64 rows=200000 width=16)
                    Window: w1 AS (PARTITION BY k)
                    Run Condition: (rank() OVER (?) <= 3)
                    ->  Memoize  (cost=0.01..51.94 rows=12 width=36)
                          Cache Key: b.k
                          Cache Mode: binary
                          ->  Materialize  (cost=0.01..51.94 rows=12 width=36)
                                ->  Unique  (cost=3566.91..3567.41 rows=100 width=4)
                                      ->  Merge Append  (cost=3566.91..3567.41 rows=100 width=4)
                                            ->  Group  (cost=3566.91..3567.41 rows=100 width=4)
                                                  Disabled: true
                                            ->  HashSetOp Intersect  (cost=0.00..13164.00 rows=100 width=8)
                                            ->  HashSetOp Except All  (cost=0.00..13164.00 rows=100 width=8)
                                            ->  SetOp Except  (cost=0.00..13164.00 rows=100 width=8)
Settings: work_mem = '64kB', search_path = 'a, b'
Planning:
  Buffers: shared hit=12
Query Identifier: 1234567890
)",
            R"(LockRows
  ->  Limit
        ->  Incremental Sort
              ->  WindowAgg
                    ->  Memoize
                          ->  Materialize
                                ->  Unique
                                      ->  Merge Append
                                            ->  Group
                                            ->  HashSetOp Intersect
                                            ->  HashSetOp Except All
                                            ->  SetOp Except
)"},
        row{"changes", R"(Update on parts  (cost=0.00..58.10 rows=0 width=0)
  Update on part1 parts_1
  Foreign Update on part2 parts_2
    Remote SQL: UPDATE x SET y = 'z'
  ->  Append  (cost=0.00..58.10 rows=2540 width=14)

Insert on log  (cost=0.00..0.01 rows=0 width=0)
  Conflict Resolution: UPDATE
  Conflict Arbiter Indexes: log_pkey
  Conflict Filter: (log.x <> 'q'::text)
  ->  Result  (cost=0.00..0.01 rows=1 width=40)

Delete on big  (cost=202.16..7029.26 rows=0 width=0)

Merge on big  (cost=202.16..7029.26 rows=0 width=0)
)",
            R"(Update on parts
  Update on part1 parts_1
  Foreign Update on part2 parts_2
  ->  Append

Insert on log
  ->  Result

Delete on big

Merge on big
)"},
        row{"names_of_the_gateway", R"(Subquery Scan on sluice_view  (cost=0.00..5082.00 rows=200000 width=8)
  ->  Seq Scan on big sluice_0  (cost=0.00..3082.00 rows=200000 width=4)
  ->  Seq Scan on sluice_table  (cost=0.00..3082.00 rows=200000 width=4)
)",
            R"(Subquery Scan
  ->  Seq Scan on big
  ->  Seq Scan on sluice_table
)"},
        row{"no_plan", "Query rewrites to nothing\n", "Query rewrites to nothing\n"}),
    [](const auto& each) { return each.param.name; });
INSTANTIATE_TEST_SUITE_P(
    disguises, plans,
    ::testing::Values(
        row{"constant_with_lines_like_nodes", R"(Seq Scan on big  (cost=0.00..3582.00 rows=199999 width=15)
  Filter: ((t <> 'it''s
  ->  Seq Scan on secret  (cost=0.00..1.00 rows=1 width=1)

Seq Scan on secret
  CTE secret
'::text) AND (a <> 'b'::text))
  ->  Seq Scan on shown  (cost=0.00..3582.00 rows=199999 width=15)
)",
            R"(Seq Scan on big
  ->  Seq Scan on shown
)"},
        row{"name_with_lines_like_nodes", R"(Sort  (cost=0.00..3582.00 rows=199999 width=15)
  ->  Seq Scan on big "x
  ->  Seq Scan on secret"  (cost=0.00..3582.00 rows=199999 width=15)
        Filter: ("x
  ->  Seq Scan on secret".a = '"'::text)
  ->  Seq Scan on shown  (cost=0.00..3582.00 rows=199999 width=15)
)",
            R"(Sort
  ->  Seq Scan on shown
)"},
        row{"lines_of_no_node", R"(Seq Scan on big secret constant  (cost=0.00..1.00 rows=1 width=1)
Seq Scan on big
  ->  Seq Scan on Big
  ->  Seq Scan on big: 12
  ->  Secret
  ->  Sort secret
  -> Sort
   ->  Sort
  Sort
  InitPlan 1 (returns secret)
  InitPlan 1 secret
  CTE )",
            ""},
        row{"second_top_node", "Sort\nSort\n", "Sort\n"}, row{"nothing", "", ""}),
    [](const auto& each) { return each.param.name; });

TEST(plan_json, keeps_the_names_of_nodes_alone) {
  const auto left = plan_json(R"json([
  {
    "Plan": {
      "Node Type": "Hash Join", "Parallel Aware": false, "Join Type": "Left", "Startup Cost": 24.11, "Plan Rows": 2040,
      "Output": ["b.id"], "Hash Cond": "(a = 'secret')", "Join Filter": "secret", "Alias": "sluice_view", "Relation Name": ["secret"],
      "Plans": [
        {"Node Type": "Seq Scan", "Schema": "public", "Relation Name": "b\n\"ig", "Alias": "b", "Filter": "secret", "Parallel Aware": "secret"},
        "secret", 7,
        {"Node Type": "CTE Scan", "Parent Relationship": "Inner", "CTE Name": "x", "Plans": []}
      ]
    },
    "Settings": {"work_mem": "secret"}, "Planning Time": 1.0, "Query Identifier": 5, "JIT": {"Functions": 3}
  },
  {"Plan": {"Node Type": "ModifyTable", "Operation": "Update", "Target Tables": [{"Relation Name": "t", "Alias": "t"}]}},
  "Utility Statement"
])json");
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(*left, R"json([
  {
    "Plan": {
      "Node Type": "Hash Join",
      "Parallel Aware": false,
      "Join Type": "Left",
      "Plans": [
        {
          "Node Type": "Seq Scan",
          "Relation Name": "b\n\"ig",
          "Alias": "b"
        },
        {
          "Node Type": "CTE Scan",
          "Parent Relationship": "Inner",
          "CTE Name": "x",
          "Plans": [
          ]
        }
      ]
    }
  },
  {
    "Plan": {
      "Node Type": "ModifyTable",
      "Operation": "Update"
    }
  },
  {
  }
])json");
}

TEST(plan_json, takes_plans_only) {
  for (const char* other : {"", "{}", "[", "7", "\"text\"", "[{\"Plan\": }]", "Seq Scan on big"}) EXPECT_FALSE(plan_json(other).has_value()) << other;
  EXPECT_EQ(plan_json("[{\"Plan\": 7}]"), "[\n  {\n  }\n]");
  const auto nested = [](std::size_t depth) {
    std::string out = "[{\"Plan\": ", end;
    for (std::size_t at = 0; at < depth; ++at) out += "{\"Plans\": [", end += "]}";
    return out + "{}" + end + "}]";
  };
  EXPECT_TRUE(plan_json(nested(900)).has_value());
  EXPECT_FALSE(plan_json(nested(100'000)).has_value());
}

TEST(plan_stripper, takes_rows_of_one_text) {
  const auto row_of = [](std::string_view text) {
    std::string out("\0\1", 2);
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((text.size() >> shift) & 0xff);
    return out.append(text);
  };
  plan_stripper lines(plan_format::text);
  EXPECT_EQ(lines.strip_row(row_of("Sort  (cost=1.00..2.00 rows=1 width=4)"))->value(), row_of("Sort"));
  EXPECT_EQ(*lines.strip_row(row_of("  Sort Key: x")), std::nullopt);
  EXPECT_EQ(lines.strip_row(row_of("  ->  Seq Scan on x"))->value(), row_of("  ->  Seq Scan on x"));
  plan_stripper document(plan_format::json);
  EXPECT_EQ(document.strip_row(row_of("[{\"Plan\": {\"Total Cost\": 1}}]"))->value(), row_of("[\n  {\n    \"Plan\": {\n    }\n  }\n]"));
  EXPECT_TRUE(document.strip_row(row_of("Sort")).has_error());
  const std::string whole = row_of("Sort");
  for (std::size_t length = 0; length < whole.size(); ++length) EXPECT_TRUE(lines.strip_row(whole.substr(0, length)).has_error()) << length;
  EXPECT_TRUE(lines.strip_row(whole + "x").has_error());
  EXPECT_TRUE(lines.strip_row(std::string("\0\1\xff\xff\xff\xff", 6)).has_error());
  EXPECT_TRUE(lines.strip_row(std::string("\0\2\0\0\0\0\0\0\0\0", 10)).has_error());
}

}  // namespace
}  // namespace sluice::enforce
