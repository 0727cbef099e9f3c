#include "sluice/enforce/redefinition.hpp"

#include <algorithm>

#include "gate_fixture.hpp"

namespace sluice::enforce {
namespace {

using sluice::testing::gate_fixture;

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& each : names) out += (out.empty() ? "" : " ") + written(each);
  return out;
}
std::string as_text(const redefinition& what) { return what.everything ? "everything" : joined(what.names); }

struct change_row {
  const char* name;
  const char* sql;
  const char* names;
};
class redefines : public ::testing::TestWithParam<change_row> {};
TEST_P(redefines, by_name) {
  gate_fixture all;
  const auto verdict = all.judge("alice", GetParam().sql);
  ASSERT_TRUE(verdict->allowed) << verdict->why.message;
  EXPECT_EQ(as_text(verdict->redefines), GetParam().names);
  EXPECT_TRUE(verdict->named.empty());  // nobody holds up who is restricted by nothing
}
INSTANTIATE_TEST_SUITE_P(
    all, redefines,
    ::testing::Values(
        change_row{"select", "select * from billing.fact_invoice", ""},
        change_row{"create", "create table billing.fresh (x int)", "billing.fresh"},
        change_row{"create_as", "create table billing.fresh as select 1 as x", "billing.fresh"},
        change_row{"temporary", "create temp table fresh (x int)", ""},
        change_row{"rename", "alter table billing.copy_of rename to other", "billing.copy_of billing.other"},
        change_row{"rename_as_index", "alter index billing.fact_invoice rename to other", "billing.fact_invoice billing.other billing.v_contact billing.v_over"},
        change_row{"views_above", "alter table billing.fact_invoice add column x int", "billing.fact_invoice billing.v_contact billing.v_over"},
        change_row{"set_schema", "alter table billing.copy_of set schema public", "billing.copy_of public.copy_of"},
        change_row{"unknown", "alter table nothing rename to other", "billing.nothing billing.other crm.nothing crm.other pg_catalog.nothing pg_catalog.other public.nothing public.other"},
        change_row{"two_statements", "drop table billing.copy_of; create table billing.copy_of (x int)", "billing.copy_of"},
        change_row{"index", "create index on billing.fact_invoice (note)", ""},
        change_row{"default", "alter table billing.copy_of alter column e set default 'x'", ""},
        change_row{"default_in_a_transaction", "begin; alter table billing.copy_of alter column e set default 'x'", "billing.copy_of"},
        change_row{"drop_schema", "drop schema public", "public.dim_customer"},
        change_row{"type", "alter type public.mood add value 'x'", "everything"},
        change_row{"truncate", "truncate billing.copy_of", ""}),
    [](const auto& each) { return each.param.name; });

TEST(redefinition, names_are_those_of_the_text_that_is_sent) {
  gate_fixture all;
  EXPECT_EQ(joined(all.judge("carol", "select amount from billing.fact_invoice")->named), "billing.fact_invoice");
  // A view that is expanded is read by the names in it.
  EXPECT_EQ(joined(all.judge("carol", "select contact from billing.v_over")->named), "billing.fact_invoice crm.dim_customer");
  EXPECT_EQ(joined(all.judge("carol", "with x as (select 1) select * from x, pg_catalog.pg_class")->named), "");
  ASSERT_TRUE(all.run("carol", "prepare p as select amount from billing.fact_invoice")->allowed);
  EXPECT_EQ(joined(all.judge("carol", "execute p")->named), "billing.fact_invoice");
  EXPECT_EQ(joined(all.judge("carol", "select * from billing.nothing")->named), "billing.nothing");
}

TEST(redefinition, everything_meets_whatever_has_names) {
  const redefinition all{true, {}}, one{false, {"a"}}, two{false, {"b", "c"}}, none;
  EXPECT_TRUE(all.meets(one) && one.meets(all) && all.meets(all));
  EXPECT_FALSE(all.meets(none) || none.meets(all) || one.meets(two));
  EXPECT_TRUE(all.covers(one) && one.covers(none) && !one.covers(all) && !one.covers(two));
  redefinition sum = one;
  sum.add(two);
  EXPECT_EQ(sum.names, (std::vector<std::string>{"a", "b", "c"}));
  sum.add(all);
  EXPECT_TRUE(sum.everything && sum.names.empty());
}

}  // namespace
}  // namespace sluice::enforce
