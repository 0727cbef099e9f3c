#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy_file.hpp"

namespace sluice::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::load_text;
using ::testing::SizeIs;

constexpr const char* two_services = R"yaml(
version: 1
contact: "#data-help"
layers:
  lake: {unclassified: mask, mask: star}
  warehouse: {unclassified: allow}
  vault: {unclassified: deny}
services:
  billing: [billing, "billing_*", {database: wh, schema: shared}]
  crm: [crm]
roles:
  admin: {layers: {"*": [create, read, update, delete]}, sees: clear, ddl: {schemas: all}, instance: {profile: admin, allow: [create_function], deny: [vacuum]}}
  creator: {layers: {lake: [read], warehouse: [create, read, update, delete]}, service_scope: [create, update, delete], instance: creator}
  steward: {layers: {warehouse: [read]}, service_scope: [read], sees: clear}
  filler: {layers: {warehouse: [create, read]}, service_scope: [create], ddl: {schemas: none}}
  shaper: {layers: {warehouse: [create]}, ddl: {schemas: [scratch]}}
  viewer: {layers: {warehouse: [read], vault: [read]}}
  regional: {layers: {warehouse: [read]}}
bindings:
  - {role: admin, users: [root]}
  - {role: creator, users: [bob, both], services: [billing]}
  - {role: steward, users: [stew, both_stewards], services: [crm]}
  - {role: viewer, users: [carol, mixed, both_stewards]}
  - {role: regional, users: [rita, mixed_filters]}
  - {role: filler, users: [fill], services: [billing]}
  - {role: shaper, users: [shape]}
  - {role: creator, users: [everywhere], services: ["*"]}
  - {role: viewer, groups: ["*"]}
masks:
  star: {kind: full, fill: "＊"}
  mail: {kind: email}
  keep: {kind: partial, keep_first: 2, keep_last: 1}
classes:
  email: {mask: mail, columns: [email, "re2:_mail$"]}
  name: {columns: [{schema: crm, relation: customers, column: name}]}
  other: {columns: ["o*"]}
  whole: {columns: [{relation: secrets, column: "*"}]}
clear:
  - {schema: crm, relation: letters, column: opt_in_mail}
  - {schema: reference}
  - {relation: secrets, column: id}
treatments:
  - {class: name, mask: keep, roles: [viewer]}
  - {class: name, mask: "null"}
  - {class: other, mask: clear, roles: [viewer], layers: [warehouse]}
  - {class: other, mask: deny, layers: [lake]}
row_filters:
  - {relation: {layer: warehouse, schema: sales}, roles: [regional], where: "region = :attribute.region"}
  - {relation: {layer: warehouse, relation: orders}, roles: [regional, viewer], where: "owner = :user"}
functions:
  allow:
    - {schema: crm, name: "safe_*", roles: [viewer]}
)yaml";

class rules : public ::testing::Test {
 protected:
  void SetUp() override {
    load_outcome outcome = load_text(two_services);
    ASSERT_TRUE(outcome.value) << to_string(outcome.problems);
    EXPECT_THAT(outcome.warnings, IsEmpty()) << to_string(outcome.warnings);
    policy_ = outcome.value;
  }
  principal who(std::string_view user, const std::vector<std::string>& groups = {},
                const std::map<std::string, std::string>& attributes = {}) const {
    return policy_->bind(user, groups, attributes);
  }
  static object at(std::string_view layer, std::string_view schema, std::string_view relation = "t") {
    return {"wh", layer, schema, relation};
  }
  policy_ptr policy_;
};

TEST_F(rules, know_their_revision) { EXPECT_EQ(policy_->revision(), base::revision{3}); }

TEST_F(rules, name_the_binding_and_the_right_that_allowed) {
  const decision made = policy_->decide(who("bob"), at("warehouse", "billing_eu"), action::create);
  EXPECT_TRUE(made.allowed);
  EXPECT_THAT(made.rules, ElementsAre("bindings[1]", "roles.creator.layers.warehouse"));
}

TEST_F(rules, say_why_not_and_whom_to_ask) {
  const decision no_right = policy_->decide(who("carol"), at("warehouse", "crm"), action::create);
  EXPECT_FALSE(no_right.allowed);
  EXPECT_EQ(no_right.reason, "role `viewer` has no `create` on layer `warehouse`");
  EXPECT_EQ(no_right.hint, "ask #data-help for `create` on schema `crm`");
  EXPECT_THAT(no_right.rules, ElementsAre("default.deny"));
  EXPECT_EQ(
      policy_->decide(who("bob"), at("warehouse", "crm"), action::update).reason,
      "role `creator` has `update` on layer `warehouse` only in service `billing`, and schema `crm` is not in it");
  EXPECT_EQ(policy_->decide(who("nobody"), at("warehouse", "crm"), action::read).reason, "you hold no role");
  EXPECT_EQ(policy_->decide(who("root"), at("attic", "crm"), action::read).reason,
            "layer `attic` is not in the policy");
  EXPECT_EQ(policy_->decide(who("root"), at("", "crm"), action::read).reason, "schema `crm` belongs to no layer");
  EXPECT_EQ(policy_->decide_ddl(who("fill"), at("warehouse", "billing"), action::create).reason,
            "role `filler` may not change definitions in schema `billing`");
}

TEST_F(rules, hold_services_to_their_database) {
  EXPECT_TRUE(policy_->decide(who("bob"), {"wh", "warehouse", "shared", "t"}, action::create).allowed);
  EXPECT_FALSE(policy_->decide(who("bob"), {"other", "warehouse", "shared", "t"}, action::create).allowed);
}

TEST_F(rules, take_names_of_schemas_as_they_are) {
  EXPECT_FALSE(policy_->decide(who("bob"), at("warehouse", "Billing"), action::create).allowed);
  EXPECT_FALSE(policy_->decide(who("bob"), at("warehouse", "billing*"), action::create).allowed);
}

TEST_F(rules, stand_for_every_service_when_the_binding_says_so) {
  EXPECT_TRUE(policy_->decide(who("everywhere"), at("warehouse", "anything"), action::remove).allowed);
  EXPECT_TRUE(policy_->decide_ddl(who("everywhere"), at("warehouse", "anything"), action::remove).allowed);
}

TEST_F(rules, narrow_definitions_apart_from_rows) {
  EXPECT_TRUE(policy_->decide(who("fill"), at("warehouse", "billing"), action::create).allowed);
  EXPECT_FALSE(policy_->decide_ddl(who("fill"), at("warehouse", "billing"), action::create).allowed);
  EXPECT_TRUE(policy_->decide_ddl(who("shape"), at("warehouse", "scratch"), action::create).allowed);
  EXPECT_FALSE(policy_->decide_ddl(who("shape"), at("warehouse", "crm"), action::create).allowed);
}

TEST_F(rules, bind_everybody_in_any_group_to_a_starred_group) {
  EXPECT_TRUE(policy_->decide(who("new", {"interns"}), at("warehouse", "crm"), action::read).allowed);
  EXPECT_FALSE(policy_->decide(who("new"), at("warehouse", "crm"), action::read).allowed);
}

TEST_F(rules, ignore_bindings_of_roles_that_are_gone) {
  principal stale = who("carol");
  stale.bindings.push_back({"overlord", {}, "bindings[99]"});
  EXPECT_FALSE(policy_->decide(stale, at("warehouse", "crm"), action::create).allowed);
  EXPECT_FALSE(policy_->decide_instance(stale, "vacuum").allowed);
}

TEST_F(rules, reach_a_layer_with_any_right_in_it) {
  EXPECT_TRUE(policy_->reaches(who("bob"), "wh", "lake", {"crm"}));
  EXPECT_TRUE(policy_->reaches(who("stew"), "wh", "warehouse", {"x", "crm"}));
  EXPECT_FALSE(policy_->reaches(who("stew"), "wh", "warehouse", {"x"}));
  EXPECT_TRUE(policy_->reaches(who("stew"), "wh", "warehouse", {"*"}));
  EXPECT_FALSE(policy_->reaches(who("carol"), "wh", "lake", {"*"}));
  EXPECT_FALSE(policy_->reaches(who("root"), "wh", "attic", {"*"}));
  EXPECT_FALSE(policy_->reaches(who("nobody"), "wh", "warehouse", {"*"}));
}

TEST_F(rules, give_instance_statements_by_the_table_and_the_role) {
  EXPECT_TRUE(policy_->decide_instance(who("root"), "create_function").allowed);
  EXPECT_FALSE(policy_->decide_instance(who("root"), "vacuum").allowed);
  EXPECT_TRUE(policy_->decide_instance(who("root"), "analyze").allowed);
  EXPECT_FALSE(policy_->decide_instance(who("root"), "create_role").allowed);
  EXPECT_THAT(policy_->decide_instance(who("root"), "create_role").reason, HasSubstr("nobody has `create_role`"));
  EXPECT_TRUE(policy_->decide_instance(who("bob"), "vacuum").allowed);
  EXPECT_FALSE(policy_->decide_instance(who("carol"), "unlisten").allowed);  // no profile at all
  EXPECT_FALSE(policy_->decide_instance(who("root"), "").allowed);
}

struct class_case {
  const char* name;
  const char* schema;
  const char* relation;
  const char* column;
  std::vector<std::string> classes;
  bool known_clear;
};
class classification : public rules, public ::testing::WithParamInterface<class_case> {};

TEST_P(classification, finds) {
  bool known_clear = !GetParam().known_clear;
  EXPECT_EQ(policy_->classify(at("warehouse", GetParam().schema, GetParam().relation), GetParam().column, known_clear),
            GetParam().classes);
  EXPECT_EQ(known_clear, GetParam().known_clear);
}

const class_case class_cases[] = {
    {"an_exact_name", "any", "t", "email", {"email"}, false},
    {"any_letter_case", "any", "t", "EMail", {"email"}, false},
    {"an_expression_anywhere_in_the_name", "any", "t", "work_mail", {"email"}, false},
    {"nothing_for_another_name", "any", "t", "mailing", {}, false},
    {"a_named_relation", "crm", "customers", "name", {"name"}, false},
    {"a_named_relation_in_another_case", "CRM", "Customers", "NAME", {"name"}, false},
    {"not_another_relation", "crm", "products", "name", {}, false},
    {"several_classes_the_most_exact_first", "any", "t", "o_mail", {"email", "other"}, false},
    {"clear_written_out_over_an_expression", "crm", "letters", "opt_in_mail", {}, true},
    {"clear_only_where_it_was_declared", "crm", "others", "opt_in_mail", {"email", "other"}, false},
    {"clear_only_as_it_is_written", "crm", "letters", "OPT_IN_MAIL", {"email", "other"}, false},
    {"clear_schema", "reference", "t", "anything", {}, true},
    {"class_over_a_clear_schema", "reference", "t", "email", {"email"}, false},
    {"clear_column_of_a_personal_relation", "any", "secrets", "id", {}, true},
    {"other_columns_of_a_personal_relation", "any", "secrets", "x", {"whole"}, false},
};
INSTANTIATE_TEST_SUITE_P(columns, classification, ::testing::ValuesIn(class_cases),
                         [](const auto& row) { return row.param.name; });

TEST_F(rules, know_which_relations_are_named) {
  EXPECT_TRUE(policy_->names_relation(at("vault", "crm", "customers")));
  EXPECT_TRUE(policy_->names_relation(at("vault", "reference", "anything")));
  EXPECT_FALSE(policy_->names_relation(at("vault", "crm", "other")));  // `email` anywhere names no relation
}

TEST_F(rules, treat_classes_by_the_most_exact_rule) {
  EXPECT_EQ(policy_->treat(who("carol"), at("warehouse", "crm"), "name").mask.id, "keep");
  EXPECT_EQ(policy_->treat(who("carol"), at("warehouse", "crm"), "name").rule, "treatments[0]");
  EXPECT_EQ(policy_->treat(who("rita"), at("warehouse", "crm"), "name").mask.id, "null");
  EXPECT_EQ(policy_->treat(who("rita"), at("warehouse", "crm"), "name").kind, treatment_kind::masked);
  EXPECT_EQ(policy_->treat(who("carol"), at("warehouse", "crm"), "email").rule, "classes.email.mask");
  EXPECT_EQ(policy_->treat(who("carol"), at("warehouse", "crm"), "other").kind, treatment_kind::clear);
  EXPECT_EQ(policy_->treat(who("bob"), at("lake", "crm"), "other").kind, treatment_kind::denied);
  EXPECT_EQ(policy_->treat(who("root"), at("lake", "crm"), "other").kind, treatment_kind::clear);
}

TEST_F(rules, mask_a_class_that_nobody_treats_with_null) {
  const treatment given = policy_->treat(who("carol"), at("warehouse", "crm"), "no_such_class");
  EXPECT_EQ(given.kind, treatment_kind::masked);
  EXPECT_EQ(given.mask.kind, mask_kind::null);
  EXPECT_EQ(given.rule, "treatments.default");
}

TEST_F(rules, show_nothing_to_who_may_not_read) {
  EXPECT_EQ(policy_->treat(who("carol"), at("lake", "crm"), "email").kind, treatment_kind::denied);
  EXPECT_EQ(policy_->treat(who("shape"), at("warehouse", "crm"), "email").kind, treatment_kind::denied);
  EXPECT_EQ(policy_->treat(who("nobody"), "warehouse", "email").kind, treatment_kind::denied);
  EXPECT_EQ(policy_->treat_unclassified(who("carol"), at("lake", "crm")).kind, treatment_kind::denied);
}

TEST_F(rules, let_a_role_clear_only_what_it_grants) {
  const principal both = who("both_stewards");  // viewer everywhere, sees crm in the clear
  EXPECT_EQ(policy_->treat(both, at("warehouse", "crm"), "email").kind, treatment_kind::clear);
  EXPECT_EQ(policy_->treat(both, at("warehouse", "billing"), "email").kind, treatment_kind::masked);
  EXPECT_EQ(policy_->treat(both, "warehouse", "email").kind, treatment_kind::masked);
  EXPECT_EQ(policy_->treat(who("stew"), "warehouse", "email").kind, treatment_kind::clear);
  EXPECT_EQ(policy_->treat(who("stew"), at("warehouse", "billing"), "email").kind, treatment_kind::denied);
}

TEST_F(rules, treat_the_unclassified_by_layer) {
  EXPECT_EQ(policy_->treat_unclassified(who("bob"), at("lake", "crm")).mask.id, "star");
  EXPECT_EQ(policy_->treat_unclassified(who("bob"), at("lake", "crm")).mask.constant, "＊");
  EXPECT_EQ(policy_->treat_unclassified(who("root"), at("lake", "crm")).kind, treatment_kind::clear);
  EXPECT_EQ(policy_->treat_unclassified(who("carol"), at("warehouse", "crm")).kind, treatment_kind::clear);
  EXPECT_EQ(policy_->treat_unclassified(who("root"), at("vault", "crm")).kind, treatment_kind::denied);
  EXPECT_EQ(policy_->unclassified_of("lake"), unclassified::mask);
  EXPECT_EQ(policy_->unclassified_of("attic"), unclassified::deny);
}

TEST_F(rules, filter_rows_by_attributes_and_user) {
  const auto filtered = policy_->filters(who("rita", {}, {{"region", "Tō'kyō"}}), at("warehouse", "sales", "orders"));
  ASSERT_THAT(filtered, SizeIs(2));
  EXPECT_EQ(filtered[0].rule, "row_filters[0]");
  EXPECT_EQ(filtered[0].sql, "region =  'Tō''kyō' ");
  EXPECT_EQ(filtered[1].sql, "owner =  'rita' ");
}

TEST_F(rules, hide_every_row_when_an_attribute_is_missing) {
  const auto filtered = policy_->filters(who("rita"), at("warehouse", "sales", "figures"));
  ASSERT_THAT(filtered, SizeIs(1));
  EXPECT_EQ(filtered[0].sql, "false");
}

TEST_F(rules, filter_nobody_who_has_an_unfiltered_role) {
  EXPECT_THAT(policy_->filters(who("root"), at("warehouse", "sales", "orders")), IsEmpty());
  EXPECT_THAT(policy_->filters(who("mixed_filters", {"any"}, {{"region", "x"}}), at("warehouse", "sales", "figures")),
              IsEmpty());
}

TEST_F(rules, join_the_filters_of_several_roles) {
  const auto filtered =
      policy_->filters(who("mixed_filters", {"any"}, {{"region", "x"}}), at("warehouse", "sales", "orders"));
  ASSERT_THAT(filtered, SizeIs(1));
  EXPECT_EQ(filtered[0].sql, "((region =  'x' ) AND (owner =  'mixed_filters' )) OR ((owner =  'mixed_filters' ))");
  EXPECT_EQ(filtered[0].rule, "row_filters[0]+row_filters[1]");
}

TEST_F(rules, hide_every_row_from_who_has_no_right) {
  const auto filtered = policy_->filters(who("nobody"), at("warehouse", "sales", "orders"));
  ASSERT_THAT(filtered, SizeIs(1));
  EXPECT_EQ(filtered[0].sql, "false");
}

TEST_F(rules, allow_the_functions_they_name) {
  EXPECT_TRUE(policy_->function_allowed(who("carol"), "crm", "safe_total"));
  EXPECT_FALSE(policy_->function_allowed(who("carol"), "public", "safe_total"));
  EXPECT_FALSE(policy_->function_allowed(who("carol"), "crm", "unsafe_total"));
  EXPECT_FALSE(policy_->function_allowed(who("root"), "crm", "safe_total"));
}

TEST_F(rules, free_from_resolving_names_only_who_may_do_everything_everywhere) {
  const std::map<std::string, std::string> all = {{"crm", "lake"}, {"*", "warehouse"}};
  EXPECT_TRUE(policy_->unrestricted(who("root"), "wh", all));
  EXPECT_FALSE(policy_->unrestricted(who("everywhere"), "wh", all));
  EXPECT_FALSE(policy_->unrestricted(who("carol"), "wh", all));
  EXPECT_FALSE(policy_->unrestricted(who("nobody"), "wh", all));
  EXPECT_FALSE(policy_->unrestricted(who("root"), "wh", {{"crm", "lake"}}));  // other schemas are in no layer
  EXPECT_FALSE(policy_->unrestricted(who("root"), "wh", {{"x", "vault"}, {"*", "warehouse"}}));
  EXPECT_FALSE(policy_->unrestricted(who("root"), "wh", {{"x", "attic"}, {"*", "warehouse"}}));
  EXPECT_FALSE(policy_->unrestricted(who("root"), "wh", {}));
}

TEST_F(rules, give_equal_keys_to_equal_principals_alone) {
  const std::map<std::string, std::string> here = {{"region", "x"}}, there = {{"region", "y"}};
  EXPECT_EQ(who("bob", {}, here).key, who("bob", {}, here).key);
  EXPECT_NE(who("bob", {}, here).key, who("both", {}, here).key);  // a filter reads the user
  EXPECT_NE(who("bob", {}, here).key, who("bob", {}, there).key);
  EXPECT_NE(who("bob", {}, here).key, who("bob").key);
  EXPECT_NE(who("bob", {}, here).key, who("bob", {"any"}, here).key);
  EXPECT_EQ(who("bob", {}, {{"region", "x"}, {"shoe_size", "9"}}).key, who("bob", {}, here).key);
}

constexpr const char* plans_of_roles = R"yaml(
version: 1
layers: {warehouse: {unclassified: allow}, mart: {unclassified: allow}}
services: {crm: [crm]}
roles:
  viewer: {layers: {"*": [read]}}
  tuner: {layers: {warehouse: [read]}, explain: full}
  local: {layers: {"*": [read]}, service_scope: [read], explain: full}
  silent: {layers: {warehouse: [read]}, explain: none}
  writer: {layers: {warehouse: [create]}, explain: full}
bindings:
  - {role: viewer, users: [carol, dave, lena, wendy]}
  - {role: tuner, users: [dave, tom]}
  - {role: local, users: [lena, leo], services: [crm]}
  - {role: silent, users: [sid, tom]}
  - {role: writer, users: [wendy, wes]}
)yaml";

TEST(plans, are_shown_by_the_most_permissive_role_that_reads) {
  const auto loaded = load_text(plans_of_roles);
  ASSERT_NE(loaded.value, nullptr) << to_string(loaded.problems);
  struct row {
    const char* user;
    const char* layer;
    const char* schema;
    explain_right right;
    const char* rule;
  };
  using enum explain_right;
  const row rows[] = {
      {"carol", "warehouse", "crm", plain, "roles.viewer.explain"}, {"dave", "warehouse", "crm", full, "roles.tuner.explain"},
      {"dave", "mart", "crm", plain, "roles.viewer.explain"},       {"lena", "mart", "crm", full, "roles.local.explain"},
      {"lena", "mart", "billing", plain, "roles.viewer.explain"},   {"lena", "mart", "", plain, "roles.viewer.explain"},
      {"leo", "mart", "", full, "roles.local.explain"},             {"sid", "warehouse", "crm", none, "roles.silent.explain"},
      {"tom", "warehouse", "crm", full, "roles.tuner.explain"},     {"tom", "warehouse", "", full, "roles.tuner.explain"},
      {"wendy", "warehouse", "crm", plain, "roles.viewer.explain"}, {"wes", "warehouse", "crm", plain, nullptr}};
  for (const auto& each : rows) {
    const auto decided = loaded.value->explain(loaded.value->bind(each.user, {}, {}), {"wh", each.layer, each.schema, each.schema[0] ? "t" : ""});
    EXPECT_EQ(decided.right, each.right) << each.user << " " << each.layer << "." << each.schema;
    if (each.rule != nullptr) {
      EXPECT_THAT(decided.rules, ElementsAre(each.rule)) << each.user;
    } else {
      EXPECT_THAT(decided.rules, IsEmpty());
    }
  }
}

}  // namespace
}  // namespace sluice::policy
