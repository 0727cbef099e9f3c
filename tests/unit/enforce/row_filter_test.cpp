#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gate_fixture.hpp"

namespace sluice::enforce {
namespace {

using sluice::testing::gate_fixture;

// The three-tier policy with filters, and a catalog with a partition, a view and a copy over the filtered table.
class filtered : public gate_fixture {
 public:
  filtered() : gate_fixture(policy_file()) {
    using enum catalog::relation_kind;
    catalog::contents all = known->catalog->all();
    auto part = testing::make_relation(200, "billing", "invoice_part", {{"invoice_id", "int4"}, {"customer_id", "int4"}, {"amount", "numeric"}, {"note", "text"}});
    part.parents = {base::oid{110}};
    all.relations.push_back(std::move(part));
    auto over = testing::make_relation(210, "billing", "v_invoice", {{"amount", "numeric"}, {"share", "numeric"}}, view);
    over.definition = " SELECT fact_invoice.amount,\n    1 / fact_invoice.amount AS share\n   FROM billing.fact_invoice;";
    all.relations.push_back(std::move(over));
    auto copy = testing::make_relation(220, "billing", "m_invoice", {{"total", "numeric"}}, materialized_view);
    copy.definition = " SELECT sum(fact_invoice.amount) AS total\n   FROM billing.fact_invoice;";
    all.relations.push_back(std::move(copy));
    known = make_context(rules, std::make_shared<const catalog::snapshot>(std::move(all)), settings->databases.at("warehouse"), settings);
  }

 private:
  static std::string policy_file() {
    std::ifstream given(std::string(SLUICE_SOURCE_DIR) + "/policies/three-tier/policy.yaml");
    std::ostringstream text;
    text << given.rdbuf() << "row_filters:\n"
         << "  - relation: {layer: warehouse, schema: billing, relation: fact_invoice}\n"
         << "    roles: [viewer, creator]\n"
         << "    where: \"amount < 100\"\n";
    const auto path = std::filesystem::temp_directory_path() / ("sluice-filtered-" + std::to_string(::getpid()) + ".yaml");
    std::ofstream(path) << text.str();
    return path.string();
  }
};

struct row {
  const char* name;
  const char* user;
  const char* sql;
  const char* with;
  bool fenced;
};
class reading : public ::testing::TestWithParam<row> {};
TEST_P(reading, is_filtered) {
  filtered all;
  const auto verdict = all.judge(GetParam().user, GetParam().sql);
  ASSERT_TRUE(verdict->allowed) << verdict->why.message;
  const std::string sent = verdict->rewritten.value_or(GetParam().sql);
  EXPECT_NE(sent.find(GetParam().with), std::string::npos) << sent;
  EXPECT_EQ(sent.find("OFFSET 0") != std::string::npos, GetParam().fenced) << sent;
}
INSTANTIATE_TEST_SUITE_P(
    statements, reading,
    ::testing::Values(
        row{"plain_condition", "carol", "select invoice_id from billing.fact_invoice where customer_id = 1", "WHERE (amount < 100)", false},
        row{"condition_that_may_raise", "carol", "select 1 from billing.fact_invoice where 1 / customer_id = 1", "WHERE (amount < 100)", true},
        row{"computed_column_of_a_subquery", "carol", "select 1 from (select 1 / customer_id as q from billing.fact_invoice) x where q is null", "WHERE (amount < 100)", true},
        row{"partition", "carol", "select invoice_id from billing.invoice_part", "WHERE (amount < 100)", false},
        row{"view", "carol", "select amount from billing.v_invoice", "WHERE (amount < 100)", true},
        row{"copy_out", "carol", "copy billing.fact_invoice to stdout", "WHERE (amount < 100)", false},
        row{"delete_without_condition", "bob", "delete from billing.fact_invoice", "WHERE (amount < 100)", false},
        row{"delete_with_plain_condition", "bob", "delete from billing.fact_invoice where customer_id = 1", "where (amount < 100) AND (customer_id = 1)", false},
        row{"update_that_may_raise", "bob", "update billing.fact_invoice set amount = 1 where 1 / customer_id = 1 returning invoice_id",
            "CASE WHEN (amount < 100) THEN (1 / customer_id = 1) ELSE false END returning", false},
        row{"update_from", "bob", "update billing.fact_invoice i set amount = 1 from crm.dim_customer d where d.customer_id = i.customer_id",
            "SELECT \"i\".*) AS sluice_row WHERE (amount < 100)", false},
        row{"update_from_values", "bob", "update billing.fact_invoice i set amount = 1 from (values (1)) v(customer_id) where v.customer_id = i.customer_id",
            "SELECT \"i\".*) AS sluice_row WHERE (amount < 100)", false},
        row{"copy_binary", "carol", "copy binary billing.fact_invoice to stdout", "to stdout BINARY", false}),
    [](const auto& each) { return each.param.name; });

struct refused_row {
  const char* name;
  const char* user;
  const char* sql;
};
class refusing : public ::testing::TestWithParam<refused_row> {};
TEST_P(refusing, tells_of_the_filter) {
  filtered all;
  const auto verdict = all.judge(GetParam().user, GetParam().sql);
  ASSERT_FALSE(verdict->allowed);
  EXPECT_NE(verdict->why.message.find("row filter"), std::string::npos) << verdict->why.message;
}
INSTANTIATE_TEST_SUITE_P(
    statements, refusing,
    ::testing::Values(refused_row{"copy_made_from_it", "carol", "select total from billing.m_invoice"},
                      refused_row{"check", "bob", "alter table billing.fact_invoice add check (amount < 200)"},
                      refused_row{"index_expression", "bob", "create index on billing.fact_invoice ((1 / amount))"},
                      refused_row{"generated", "bob", "alter table billing.fact_invoice add q int generated always as (1 / amount) stored"},
                      refused_row{"conversion", "bob", "alter table billing.fact_invoice alter amount type int using 1 / amount"},
                      refused_row{"column_renamed", "bob", "alter table billing.fact_invoice rename column amount to a"},
                      refused_row{"column_dropped", "bob", "alter table billing.fact_invoice drop column amount"},
                      refused_row{"upkeep", "bob", "analyze billing.fact_invoice"},
                      refused_row{"truncate", "bob", "truncate billing.fact_invoice"},
                      refused_row{"conflict_update", "bob", "insert into billing.fact_invoice (invoice_id) values (1) on conflict (invoice_id) do update set amount = 1"}),
    [](const auto& each) { return each.param.name; });

TEST(row_filters, sample_of_filtered_rows_is_refused) {
  filtered all;
  EXPECT_NE(all.judge("carol", "select 1 from billing.fact_invoice tablesample system (10)")->why.message.find("rows that are not shown"), std::string::npos);
}

TEST(row_filters, rename_does_not_shed_a_filter) {
  filtered all;
  catalog::contents renamed = all.known->catalog->all();
  for (auto& relation : renamed.relations) {
    if (relation.id == base::oid{110}) relation.name = "something_else";
  }
  const auto later = make_context(all.rules, std::make_shared<const catalog::snapshot>(std::move(renamed), base::revision{2}), all.settings->databases.at("warehouse"), all.settings, all.known.get());
  const auto verdict = all.gate.judge("select invoice_id from billing.something_else", *later, all.who("carol"), all.session);
  ASSERT_TRUE(verdict->allowed) << verdict->why.message;
  EXPECT_NE(verdict->rewritten.value_or("").find("WHERE (amount < 100)"), std::string::npos);
}

TEST(inheritance, definition_of_a_parent_with_hidden_rows_is_not_changed) {
  filtered all;
  ASSERT_TRUE(all.run("bob", "select 1 from billing.invoice_part; select 1 from billing.v_invoice")->allowed);
  EXPECT_EQ(all.run("bob", "alter table billing.fact_invoice set (fillfactor = 90)")->why.sqlstate, "42501");
}

TEST(row_filters, admin_sees_all) {
  filtered all;
  EXPECT_FALSE(all.judge("alice", "select 1 from billing.fact_invoice")->rewritten.has_value());
}

}  // namespace
}  // namespace sluice::enforce
