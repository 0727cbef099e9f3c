// What judging one statement may cost, from the text to the verdict: about 1 s of CPU and 512 MB in an optimised build. Limits here
// are generous, so that sanitizer builds on shared machines pass; what they tell apart is minutes and gigabytes.
#include "unit/sql/hostile.hpp"

#include <fstream>

#include "unit/enforce/gate_fixture.hpp"

namespace sluice::testing {
namespace {

constexpr double most_seconds = 30;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr long most_megabytes = 4096;
#else
constexpr long most_megabytes = 512;
#endif

// Resident memory, now and at its highest.
long megabytes(const std::string& what) {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;) {
    long kilobytes = 0;
    if (word == what && in >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}
// From here on VmHWM counts anew (proc 5, clear_refs).
void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

catalog::snapshot_ptr wide_catalog() {
  auto all = sample_catalog()->all();
  std::vector<std::pair<std::string, std::string>> columns;
  for (int at = 0; at < 1600; ++at) columns.push_back({"c" + std::to_string(at), at % 2 ? "text" : "int4"});
  columns[5] = {"email", "text"};
  all.relations.push_back(make_relation(50000, "billing", "wide", columns));
  columns.resize(1000);
  all.relations.push_back(make_relation(50010, "billing", "kilo", columns));
  std::string below = "crm.dim_customer";
  for (std::uint32_t at = 0; at < 32; ++at) {
    const std::string name = "doubling_" + std::to_string(at);
    all.relations.push_back(make_relation(60000 + 10 * at, "billing", name, {{"email", "text"}}, catalog::relation_kind::view));
    all.relations.back().definition = " SELECT a.email\n   FROM (" + below + " a\n     JOIN " + below + " b ON ((a.email = b.email)));";
    below = "billing." + name;
  }
  return std::make_shared<const catalog::snapshot>(std::move(all));
}

struct row {
  const char* name;
  std::string text;
  const char* sqlstate;  // empty: allowed; "any": refused or not, but in time
};

class judging_costs : public ::testing::TestWithParam<row> {};

TEST_P(judging_costs, is_bounded) {
  static const catalog::snapshot_ptr catalog = wide_catalog();
  for (const char* user : {"bob", "alice"}) {
    gate_fixture all;
    all.known = enforce::make_context(all.rules, catalog, all.settings->databases.at("warehouse"), all.settings);
    forget_peak();
    const long before = megabytes("VmRSS:");
    enforce::verdict_ptr made;
    const double seconds = on_parse_stack([&] { made = all.judge(user, GetParam().text); });
    const long peak = megabytes("VmHWM:") - before;
    const std::string found = made->allowed ? "" : made->why.sqlstate;
    // Admins have no guards: for them less grows.
    if (std::string_view(GetParam().sqlstate) != "any" && (std::string_view(user) == "bob" || *GetParam().sqlstate == 0)) {
      EXPECT_EQ(found, GetParam().sqlstate) << user << ": " << made->why.message;
    }
    EXPECT_LT(seconds, most_seconds) << user;
    EXPECT_LT(peak, most_megabytes) << user;
    // The same gate goes on working, also for what the refused statement touched.
    enforce::verdict_ptr next;
    on_parse_stack([&] { next = all.judge(user, "select contact from billing.v_over"); });
    EXPECT_TRUE(next->allowed) << user << ": " << next->why.message;
  }
}

std::string dbt_like() {
  std::string text = "with ";
  for (int model = 0; model < 60; ++model) {
    if (model) text += ",\n";
    text += "model_" + std::to_string(model) + " as (\n  select\n" + numbered(28, "    coalesce(c.email, 'x') as column_#,\n") +
            "    i.amount\n  from crm.dim_customer c\n  left join billing.fact_invoice i on c.customer_id = i.customer_id\n  where i.amount > 5\n)";
  }
  return text + "\n" + numbered(60, "select * from model_#", "\nunion all\n");
}

INSTANTIATE_TEST_SUITE_P(
    statements, judging_costs,
    ::testing::Values(
        row{"recursion", nested_recursion(60), ""}, row{"recursion_right", nested_recursion_right(40), "any"},
        row{"one_source_for_many_columns", "update billing.fact_invoice set (" + times(6000, "amount", ",") + ") = (" + times(6000, "1", "+") + ")", "54001"},
        row{"sources_below_the_limit", "update billing.fact_invoice set (" + times(700, "amount", ",") + ") = (select " + times(400, "amount", ",") + " from billing.fact_invoice)", "any"},
        row{"parentheses", "select " + std::string(100000, '(') + "1" + std::string(100000, ')'), "54001"},
        row{"in_list_of_one_megabyte", "select 1 from billing.fact_invoice where invoice_id in (" + times(250000, "123", ",") + ")", ""},
        row{"in_list_over_guarded", "select 1 from crm.dim_customer where email in (" + times(100000, "'a@b.c'", ",") + ")", ""},
        row{"case_branches", "select case " + numbered(10000, "when customer_id = # then email", " ") + " end from crm.dim_customer", ""},
        row{"ctes", "with " + numbered(10000, "c# as (select amount from billing.fact_invoice)", ",") + " select amount from c0", "any"},
        row{"guarded_ctes", "with " + numbered(10000, "c# as (select email from crm.dim_customer)", ",") + " select email from c0", "54001"},
        row{"recursive_ctes", "with recursive " + numbered(10000, "c# as (select email from crm.dim_customer union all select email from c#)", ",") + " select email from c0", "54001"},
        row{"ctes_of_wide_stars", "with x as (select * from billing.wide)" + numbered(1000, ", x# as (select * from x)") + " select 1", "54001"},
        row{"subqueries_beside_wide_ctes", "with " + numbered(500, "c# as (select * from billing.kilo)", ",") + " select " + times(5000, "(select 1 from (select 1) y)", ","), "54001"},
        row{"joins", "select 1 from billing.fact_invoice a" + numbered(5000, " join billing.fact_invoice a# using (invoice_id)"), "54001"},
        row{"joins_in_depth", "select 1 from crm.dim_customer a" + numbered(900, " join crm.dim_customer a# using (customer_id)"), ""},
        row{"items_of_from", "select 1 from " + numbered(5000, "billing.fact_invoice a#", ","), ""},
        row{"unions", times(900, "select email from crm.dim_customer", " union all "), ""},
        row{"parameters", "select " + numbered(50000, "$1#", "+0,"), ""},
        row{"parameters_in_depth", "select " + times(400, "coalesce(email," + numbered(100, "$1#", ",") + ",") + "1" + times(400, ")") + " from crm.dim_customer", "any"},
        row{"subqueries", times(240, "select * from (") + "select email from crm.dim_customer" + numbered(240, ") a#"), ""},
        row{"sublinks", times(240, "select email from crm.dim_customer where email = (") + "select 'x'" + times(240, ")"), ""},
        row{"sublinks_side_by_side", "select " + times(5000, "(select email from crm.dim_customer limit 1)", ","), "54001"},
        row{"arrays", "select " + times(450, "array[") + "1" + times(450, "]"), ""},
        row{"json_operators", "select '{}'" + times(900, "->'a'"), ""},
        row{"wide_stars", "select * from " + numbered(50, "billing.wide a#", ","), "any"},
        row{"wide_joins", "select * from billing.wide a" + numbered(50, " join billing.wide a# on a#.c0 = a.c0"), "any"},
        row{"wide_natural_joins", "select * from billing.wide a" + numbered(50, " natural join billing.wide a#"), "54001"},
        row{"wide_rows", "select " + times(20000, "a", "::text,") + " from billing.wide a", "any"},
        row{"wide_rows_of_joins", "select " + times(20000, "j", "::text,") + " from (" + numbered(20, "billing.wide a#", " cross join ") + ") j", "54001"},
        row{"wide_sums", "select " + times(50, numbered(900, "c#", "+"), ",") + " from billing.wide", "any"},
        row{"stars_of_stars", "select " + times(50000, "*", ",") + " from billing.wide", "54001"},
        row{"unknown_relations", "select " + numbered(20000, "(select 1 from nobody_#)", ","), "any"},
        row{"views_that_double", "select email from billing.doubling_20", "54001"},
        row{"many_views_that_double", "select 1 from " + numbered(200, "billing.doubling_6 a#", ","), "54001"},
        row{"grouping", "select " + numbered(1500, "c# as x#", ",") + " from billing.wide group by " + times(10000, "x1", ","), ""},
        row{"ordering", "select " + numbered(1500, "c# as x#", ",") + " from billing.wide order by " + times(10000, "x1499", ","), ""},
        row{"wide_row_constructor", "select row(" + times(200000, "1", ",") + ")", ""},
        row{"large_constant", "select '" + std::string(1'040'000, '\x01') + "'", ""},
        row{"many_statements", times(10000, "select email from crm.dim_customer;"), "54001"},
        row{"many_small_statements", times(100000, "begin;"), "any"},
        row{"savepoints_over_many_tables", "begin;" + numbered(8000, "create temp table a#(x int);savepoint s;"), "54001"},
        row{"schema_qualified_columns", "select " + times(20000, "crm.dim_customer.email", ",") + " from crm.dim_customer", ""},
        row{"ok_dbt", dbt_like(), ""},
        row{"ok_in_list", "select email from crm.dim_customer where customer_id in (" + numbered(20000, "#", ",") + ")", ""},
        row{"ok_rows", "insert into billing.kilo (" + numbered(5, "c#", ",") + "," + numbered(5, "c1#", ",") + "," + numbered(5, "c2#", ",") + "," + numbered(5, "c3#", ",") +
                           ") values " + times(5000, "(" + times(20, "12345", ",") + ")", ",\n"), ""},
        row{"ok_thousand_columns", "select * from billing.kilo a join billing.kilo b on a.c0 = b.c0 join billing.kilo c using (c1)", ""},
        row{"ok_thousand_expressions", "select " + numbered(1000, "coalesce(a.c1, 'x') as x#", ",\n") + " from billing.kilo a where a.c0 = 1", ""},
        row{"ok_script", times(1000, "insert into billing.fact_invoice (invoice_id, amount) values (1, 2);\n"), ""}),
    [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace sluice::testing
