#include "sluice/sql/analysis.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sample_catalog.hpp"

namespace sluice::sql {
namespace {

name_space names() {
  static const catalog::snapshot_ptr known = testing::sample_catalog();
  name_space out;
  out.catalog = known.get();
  out.search_path = {"crm", "billing", "public"};
  return out;
}

base::result<analysis> facts_of(const std::string& text, const name_space& around = names()) {
  const auto parsed = parse(text);
  if (!parsed) return parsed.error();
  return analyse(*parsed, around);
}

// "schema.relation(read columns)" for every use, in order.
std::string uses_of(const analysis& facts) {
  std::string out;
  for (const auto& use : facts.uses) {
    if (!out.empty()) out += " ";
    if (use.found == resolution::cte) {
      out += "cte:" + use.written_name;
      continue;
    }
    out += (use.found == resolution::unknown ? "?" : use.schema) + "." + use.written_name + "(";
    bool first = true;
    for (const auto attnum : use.read_columns) {
      out += (first ? "" : ",") + use.relation->find_column(attnum)->name;
      first = false;
    }
    out += ")";
  }
  return out;
}

struct row {
  const char* name;
  const char* text;
  const char* uses;
};
class resolves : public ::testing::TestWithParam<row> {};
TEST_P(resolves, relations_and_columns) {
  const auto facts = facts_of(GetParam().text);
  ASSERT_TRUE(facts.has_value()) << facts.error().cause;
  EXPECT_EQ(uses_of(*facts), GetParam().uses);
}
INSTANTIATE_TEST_SUITE_P(
    statements, resolves,
    ::testing::Values(
        row{"path", "select email from dim_customer", "crm.dim_customer(email)"},
        row{"schema", "select remark from public.dim_customer", "public.dim_customer(remark)"},
        row{"quoted_name_is_exact", "select 1 from \"Dim_customer\"", "?.Dim_customer()"},
        row{"star", "select * from fact_invoice", "billing.fact_invoice(invoice_id,customer_id,amount,note)"},
        row{"alias_hides_name", "select d.email from dim_customer d", "crm.dim_customer(email)"},
        row{"cte_hides_table", "with dim_customer as (select 1 as email) select email from dim_customer", "cte:dim_customer"},
        row{"cte_body_sees_table", "with dim_customer as (select * from dim_customer) select plan from dim_customer",
            "crm.dim_customer(customer_id,name,email,birth_date,plan) cte:dim_customer"},
        row{"schema_goes_round_cte", "with dim_customer as (select 1) select plan from crm.dim_customer", "crm.dim_customer(plan)"},
        row{"cte_does_not_leave_its_query", "select (with x as (select 1) select 1), (select 1 from x)", "?.x()"},
        row{"recursive", "with recursive t as (select customer_id from dim_customer union all select t.customer_id from t join fact_invoice i using (customer_id)) select * from t",
            "crm.dim_customer(customer_id) cte:t billing.fact_invoice(customer_id) cte:t"},
        row{"dml_target_is_never_a_cte", "with dim_customer as (select 1) delete from dim_customer", "crm.dim_customer()"},
        row{"using_reads_both", "select 1 from dim_customer join fact_invoice using (customer_id)",
            "crm.dim_customer(customer_id) billing.fact_invoice(customer_id)"},
        row{"natural_reads_shared", "select 1 from dim_customer natural join customer_contact",
            "crm.dim_customer(customer_id,email) billing.customer_contact(customer_id,email)"},
        row{"correlated", "select (select amount from fact_invoice i where i.customer_id = d.customer_id) from dim_customer d",
            "crm.dim_customer(customer_id) billing.fact_invoice(customer_id,amount)"},
        row{"lateral", "select x.email from fact_invoice i, lateral (select email from dim_customer c where c.customer_id = i.customer_id) x",
            "billing.fact_invoice(customer_id) crm.dim_customer(customer_id,email)"},
        row{"whole_row", "select row_to_json(d) from dim_customer d", "crm.dim_customer(customer_id,name,email,birth_date,plan)"},
        row{"order_by_output_name", "select plan as email from dim_customer order by email", "crm.dim_customer(plan)"},
        row{"insert_select", "insert into customer_contact select customer_id, email, '' from dim_customer",
            "billing.customer_contact() crm.dim_customer(customer_id,email)"},
        row{"update_from", "update customer_contact c set phone = d.plan from dim_customer d where d.email = c.email",
            "billing.customer_contact(email) crm.dim_customer(email,plan)"},
        row{"copy_columns", "copy dim_customer (email) to stdout", "crm.dim_customer(email)"},
        row{"catalog_first", "select relname from pg_class", "pg_catalog.pg_class(relname)"}),
    [](const auto& each) { return each.param.name; });

TEST(analysis, temporary_relation_hides_others) {
  name_space around = names();
  auto own = std::make_shared<fresh_names>();
  own->temporary["dim_customer"] = std::make_shared<const fresh_relation>(fresh_relation{{"a"}, false, false, {}});
  around.own = own;
  const auto facts = facts_of("select a from dim_customer", around);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->uses[0].found, resolution::temporary);
}

TEST(analysis, unreliable_name_is_not_resolved) {
  name_space around = names();
  auto own = std::make_shared<fresh_names>();
  own->unreliable.insert(std::string("crm") + '\0' + "dim_customer");
  around.own = own;
  const auto facts = facts_of("select 1 from dim_customer", around);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->uses[0].found, resolution::unknown);
}

TEST(analysis, plain_output_keeps_its_column) {
  const auto facts = facts_of("with x as (select email, upper(email) u from dim_customer) select u, email from x");
  ASSERT_TRUE(facts.has_value());
  const auto& outputs = facts->statements[0].outputs;
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_FALSE(outputs[0].plain.has_value());
  EXPECT_EQ(outputs[0].lineage.size(), 1u);
  ASSERT_TRUE(outputs[1].plain.has_value());
  EXPECT_EQ(outputs[1].plain->attnum, 3);
}

struct plain_row {
  const char* name;
  const char* condition;
  bool plain;
};
TEST(analysis, computed_column_of_a_subquery_is_not_plain) {
  const auto facts = facts_of("select count(*) from (select 1 / length(plan) as q from dim_customer) x where q is null");
  ASSERT_TRUE(facts.has_value());
  EXPECT_FALSE(facts->statements[0].quals_plain);
}

class plain_quals : public ::testing::TestWithParam<plain_row> {};
TEST_P(plain_quals, are_told_apart) {
  const auto facts = facts_of(std::string("select 1 from dim_customer where ") + GetParam().condition);
  ASSERT_TRUE(facts.has_value()) << facts.error().cause;
  EXPECT_EQ(facts->statements[0].quals_plain, GetParam().plain);
}
INSTANTIATE_TEST_SUITE_P(conditions, plain_quals,
                         ::testing::Values(plain_row{"comparison", "customer_id = 1 and plan <> 'x'", true},
                                           plain_row{"in_list", "plan in ('a', 'b')", true}, plain_row{"between", "customer_id between 1 and 9", true},
                                           plain_row{"like_constant", "plan like 'a%'", true}, plain_row{"null_test", "plan is not null", true},
                                           plain_row{"parameter", "customer_id = $1", true}, plain_row{"constant_cast", "birth_date > date '2020-01-01'", true},
                                           plain_row{"column_cast", "plan::int = 1", false}, plain_row{"division", "1 / customer_id = 1", false},
                                           plain_row{"function", "length(plan) = 1", false}, plain_row{"regular_expression", "plan ~ 'x'", false},
                                           plain_row{"like_escape", "plan like 'a\\'", false}, plain_row{"like_as_operator", "plan ~~ 'a'", false}, plain_row{"subselect", "exists (select 1)", false}),
                         [](const auto& each) { return each.param.name; });

struct meeting_row {
  const char* name;
  const char* text;
  std::vector<int> met;  // parameters that meet dim_customer.email or customer_contact.email
};
class meetings : public ::testing::TestWithParam<meeting_row> {};
TEST_P(meetings, are_found) {
  const auto facts = facts_of(GetParam().text);
  ASSERT_TRUE(facts.has_value()) << facts.error().cause;
  std::set<int> met;
  for (const auto& meeting : facts->meetings) {
    for (const auto& column : meeting.columns) {
      if (facts->uses[column.use].relation->find_column(column.attnum)->name == "email") met.insert(meeting.parameters.begin(), meeting.parameters.end());
    }
  }
  EXPECT_EQ(std::vector<int>(met.begin(), met.end()), GetParam().met);
}
INSTANTIATE_TEST_SUITE_P(parameters, meetings,
                         ::testing::Values(meeting_row{"comparison", "select 1 from dim_customer where email = $1 and plan = $2", {1}},
                                           meeting_row{"function", "select 1 from dim_customer where lower(email) = lower($1)", {1}},
                                           meeting_row{"insert_values", "insert into customer_contact (customer_id, email) values ($1, $2)", {2}},
                                           meeting_row{"update_set", "update customer_contact set email = $1 where customer_id = $2", {1}},
                                           meeting_row{"neither", "select email from dim_customer where customer_id = $1", {}}),
                         [](const auto& each) { return each.param.name; });

TEST(analysis, group_by_key_lists_the_other_columns) {
  const auto facts = facts_of("select d.customer_id, d.name, max(d.email) from dim_customer d group by d.customer_id");
  ASSERT_TRUE(facts.has_value());
  ASSERT_EQ(facts->keys.size(), 1u);
  EXPECT_EQ(facts->keys[0].needed, std::vector<std::int16_t>{2});
}

TEST(analysis, unknown_statement_is_not_understood) {
  const auto facts = facts_of("explain create table x as select 1");
  ASSERT_FALSE(facts.has_value());
  EXPECT_NE(facts.error().cause.find("not understood"), std::string::npos);
}

}  // namespace
}  // namespace sluice::sql
