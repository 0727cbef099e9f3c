#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/catalog/snapshot.hpp"

namespace sluice::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

contents small() {
  contents all;
  all.database = "warehouse";
  all.server_version = "15.1";
  all.schemas = {"public", "crm"};
  relation customers;
  customers.id = oid{100};
  customers.schema = "crm";
  customers.name = "customers";
  customers.row_type = oid{101};
  customers.primary_key = {1};
  column id;
  id.name = "id";
  id.attnum = 1;
  id.type = oid{20};
  id.type_sql = "pg_catalog.int8";
  id.type_category = 'N';
  id.base_type = "int8";
  id.not_null = true;
  column email = id;
  email.name = "日本語 \"mail\"";
  email.attnum = 3;
  email.typmod = 24;
  email.is_domain = email.is_generated = true;
  email.not_null = false;
  customers.columns = {email, id};
  relation part = customers;
  part.id = oid{4'000'000'000};
  part.name = "part";
  part.row_type = oid{};
  part.columns.clear();
  part.primary_key.clear();
  part.parents = {oid{100}};
  part.is_partition = true;
  relation view = part;
  view.id = oid{103};
  view.name = "view";
  view.kind = relation_kind::view;
  view.parents.clear();
  view.is_partition = false;
  view.definition = "SELECT 1;\n";
  relation toast = part;
  toast.id = oid{104};
  toast.schema = "pg_toast";
  toast.kind = relation_kind::toast;
  toast.toast_of = oid{100};
  toast.parents.clear();
  toast.index_of = oid{3};
  toast.owned_by = oid{2};
  all.relations = {customers, part, view, toast};
  all.functions = {{oid{200}, "crm", "f", 'i', 'f', "sql", true, 2},
                   {oid{201}, "public", "f", 'v', 'p', "c", false, 0}};
  all.operators = {{"crm", "=="}};
  all.types = {{oid{101}, "crm", "customers", 'c'}};
  return all;
}

TEST(snapshot, finds_by_name_oid_and_row_type) {
  const snapshot catalog(small());
  const relation* customers = catalog.find("crm", "customers");
  ASSERT_NE(customers, nullptr);
  EXPECT_EQ(catalog.find(oid{100}), customers);
  EXPECT_EQ(catalog.find_by_row_type(oid{101}), customers);
  EXPECT_EQ(catalog.find_by_row_type(oid{}), nullptr);
  EXPECT_EQ(catalog.find("crm", "Customers"), nullptr);
  EXPECT_EQ(catalog.find("crmc", "ustomers"), nullptr);
  EXPECT_EQ(catalog.find(std::string("crm\0customers", 13), ""), nullptr);
  EXPECT_EQ(catalog.find(oid{1}), nullptr);
  EXPECT_THAT(catalog.children_of(oid{100}), ElementsAre(catalog.find("crm", "part")));
  EXPECT_THAT(catalog.children_of(oid{1}), IsEmpty());
}

TEST(snapshot, keeps_columns_in_attnum_order) {
  const snapshot catalog(small());
  const relation* customers = catalog.find("crm", "customers");
  EXPECT_EQ(customers->columns[0].name, "id");
  EXPECT_EQ(customers->find_column(std::int16_t{3}), &customers->columns[1]);
  EXPECT_EQ(customers->find_column(std::int16_t{2}), nullptr);
  EXPECT_EQ(customers->find_column("id"), &customers->columns[0]);
}

TEST(snapshot, names_the_schemas_of_functions_operators_and_types) {
  const snapshot catalog(small());
  EXPECT_THAT(catalog.function_schemas("f"), ElementsAre("crm", "public"));
  EXPECT_THAT(catalog.function_schemas("g"), IsEmpty());
  EXPECT_TRUE(catalog.has_function("public", "f"));
  EXPECT_FALSE(catalog.has_function("public", "g"));
  EXPECT_THAT(catalog.operator_schemas("=="), ElementsAre("crm"));
  EXPECT_THAT(catalog.type_schemas("customers"), ElementsAre("crm"));
  EXPECT_TRUE(catalog.has_schema("public"));
  EXPECT_FALSE(catalog.has_schema("publi"));
}

struct change {
  const char* name;
  void (*make)(contents&);
};
class digests : public ::testing::TestWithParam<change> {};

TEST_P(digests, tell_changed_contents_apart) {
  contents changed = small();
  GetParam().make(changed);
  EXPECT_NE(snapshot(changed).digest(), snapshot(small()).digest());
}

const change changes[] = {
    {"database", [](contents& in) { in.database = "x"; }},
    {"version", [](contents& in) { in.server_version = "16"; }},
    {"schema", [](contents& in) { in.schemas.push_back("x"); }},
    {"oid", [](contents& in) { in.relations[0].id = oid{99}; }},
    {"name", [](contents& in) { in.relations[0].name = "x"; }},
    {"schema_and_name_boundary",
     [](contents& in) { in.relations[0].schema = "crmc", in.relations[0].name = "ustomers"; }},
    {"kind", [](contents& in) { in.relations[0].kind = relation_kind::foreign_table; }},
    {"column_name", [](contents& in) { in.relations[0].columns[0].name = "x"; }},
    {"attnum", [](contents& in) { in.relations[0].columns[0].attnum = 9; }},
    {"type", [](contents& in) { in.relations[0].columns[0].type = oid{9}; }},
    {"typmod", [](contents& in) { in.relations[0].columns[0].typmod = 9; }},
    {"type_sql", [](contents& in) { in.relations[0].columns[0].type_sql = "x"; }},
    {"base_type", [](contents& in) { in.relations[0].columns[0].base_type = "x"; }},
    {"category", [](contents& in) { in.relations[0].columns[0].type_category = 'S'; }},
    {"domain", [](contents& in) { in.relations[0].columns[0].is_domain = false; }},
    {"not_null", [](contents& in) { in.relations[0].columns[0].not_null = true; }},
    {"generated", [](contents& in) { in.relations[0].columns[0].is_generated = false; }},
    {"primary_key", [](contents& in) { in.relations[0].primary_key = {3}; }},
    {"parents", [](contents& in) { in.relations[1].parents = {oid{103}}; }},
    {"row_type", [](contents& in) { in.relations[0].row_type = oid{9}; }},
    {"definition", [](contents& in) { in.relations[2].definition = "SELECT 2;\n"; }},
    {"partition", [](contents& in) { in.relations[1].is_partition = false; }},
    {"toast_of", [](contents& in) { in.relations[3].toast_of = oid{9}; }},
    {"index_of", [](contents& in) { in.relations[3].index_of = oid{9}; }},
    {"owned_by", [](contents& in) { in.relations[3].owned_by = oid{9}; }},
    {"function", [](contents& in) { in.functions[0].security_definer = false; }},
    {"operator", [](contents& in) { in.operators[0].name = "="; }},
    {"user_type", [](contents& in) { in.types.clear(); }},
};
INSTANTIATE_TEST_SUITE_P(fields, digests, ::testing::ValuesIn(changes), [](const auto& row) { return row.param.name; });

TEST(saved_catalog, comes_back_as_it_was) {
  const snapshot catalog(small(), base::revision{42});
  const auto again = from_json(to_json(catalog));
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ((*again)->digest(), catalog.digest());
  EXPECT_EQ((*again)->revision(), base::revision{42});
  EXPECT_EQ(to_json(**again), to_json(catalog));
}

struct bad_case {
  const char* name;
  std::string text;
  const char* cause;
};
class bad_catalogs : public ::testing::TestWithParam<bad_case> {};

TEST_P(bad_catalogs, are_told_with_the_field) {
  const auto outcome = from_json(GetParam().text);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().cause, HasSubstr(GetParam().cause));
}

std::string with(const std::string& relations) {
  return R"({"format":"sluice-catalog","version":1,"revision":1,"database":"d","server_version":"15","schemas":[],"relations":)" +
         relations + "}";
}
std::string with_column(const std::string& column) {
  return with(R"([{"oid":1,"schema":"s","name":"t","kind":"r","columns":[)" + column + "]}]");
}

const bad_case bad_cases[] = {
    {"empty", "", "not JSON"},
    {"cut", "{\"format\":", "not JSON"},
    {"deep", std::string(100'000, '['), "not JSON"},
    {"not_an_object", "[]", "`saved catalog` is not an object"},
    {"another_format", R"({"format":"x"})", "`format` is not `sluice-catalog`"},
    {"missing", R"({"format":"sluice-catalog","version":1,"revision":1})", "`database` is missing"},
    {"another_version", R"({"format":"sluice-catalog","version":2})", "`version` is not 1"},
    {"negative_revision", R"({"format":"sluice-catalog","version":1,"revision":-1})", "`revision` is out of range"},
    {"unknown_field", with(R"([{"oid":1,"schema":"s","name":"t","kind":"r","colour":1}])"),
     "`relations[0].colour` is an unknown field"},
    {"list_expected", with("{}"), "`relations` is not a list"},
    {"oid_too_large", with(R"([{"oid":4294967296}])"), "`relations[0].oid` is out of range"},
    {"oid_as_text", with(R"([{"oid":"1"}])"), "`relations[0].oid` is not a whole number"},
    {"oid_as_fraction", with(R"([{"oid":1.5}])"), "is not a whole number"},
    {"unknown_kind", with(R"([{"oid":1,"schema":"s","name":"t","kind":"z"}])"), "`relations[0].kind` is not one of"},
    {"nul_in_a_name", with(R"([{"oid":1,"schema":"s\u0000","name":"t","kind":"r"}])"), "holds a NUL"},
    {"column_number", with_column(R"({"name":"a","attnum":70000})"),
     "`relations[0].columns[0].attnum` is out of range"},
    {"system_column",
     with_column(R"({"name":"a","attnum":-1,"type":20,"type_sql":"x","category":"N","base_type":"x"})"),
     "is not positive"},
    {"category", with_column(R"({"name":"a","attnum":1,"type":20,"type_sql":"x","category":"NN","base_type":"x"})"),
     "is not one letter"},
    {"flag",
     with_column(R"({"name":"a","attnum":1,"type":20,"type_sql":"x","category":"N","base_type":"x","domain":1})"),
     "is not a boolean"},
    {"twin_columns", with_column(R"({"name":"a","attnum":1,"type":20,"type_sql":"x","category":"N","base_type":"x"},
                                    {"name":"a","attnum":2,"type":20,"type_sql":"x","category":"N","base_type":"x"})"),
     "two columns named `a`"},
    {"twin_numbers", with_column(R"({"name":"a","attnum":1,"type":20,"type_sql":"x","category":"N","base_type":"x"},
                                    {"name":"b","attnum":1,"type":20,"type_sql":"x","category":"N","base_type":"x"})"),
     "two columns with number 1"},
    {"twin_oids",
     with(R"([{"oid":1,"schema":"s","name":"t","kind":"r"},{"oid":1,"schema":"s","name":"u","kind":"r"}])"),
     "oid 1 twice"},
    {"twin_names",
     with(R"([{"oid":1,"schema":"s","name":"t","kind":"r"},{"oid":2,"schema":"s","name":"t","kind":"v"}])"),
     "`s.t` twice"},
};
INSTANTIATE_TEST_SUITE_P(texts, bad_catalogs, ::testing::ValuesIn(bad_cases),
                         [](const auto& row) { return row.param.name; });

TEST(saved_catalog, survives_being_cut_anywhere) {
  const std::string whole = to_json(snapshot(small()));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(from_json(std::string_view(whole).substr(0, length)));
}

}  // namespace
}  // namespace sluice::catalog
