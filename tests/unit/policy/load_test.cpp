#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy_file.hpp"

namespace sluice::policy {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::load_text;

constexpr const char* sound = R"yaml(version: 1
layers: {lake: {unclassified: deny}, mart: {unclassified: allow}}
services: {crm: [crm]}
roles:
  viewer: {layers: {mart: [read]}}
  creator: {layers: {mart: [create, read]}, service_scope: [create], instance: creator}
bindings:
  - {role: viewer, users: [carol]}
  - {role: creator, users: [bob], services: [crm]}
)yaml";

struct bad_case {
  const char* name;
  const char* text;  // after the sound part, or instead of it when it starts with a version
  const char* problem;
};
class bad_policies : public ::testing::TestWithParam<bad_case> {};

TEST_P(bad_policies, load_not_at_all_and_say_why) {
  const std::string text = GetParam().text;
  const load_outcome outcome =
      load_text(text.rfind("version", 0) == 0 || text.rfind('#', 0) == 0 ? text : sound + text);
  EXPECT_EQ(outcome.value, nullptr);
  EXPECT_FALSE(outcome.problems.empty());
  EXPECT_THAT(to_string(outcome.problems), HasSubstr(GetParam().problem));
  for (const auto& each : outcome.problems) EXPECT_FALSE(each.where.file.empty());
}

const bad_case bad_cases[] = {
    {"empty", "#", "`layers` is missing in the policy"},
    {"not_yaml", "#\n[", ""},
    {"future_version", "version: 2\nlayers: {}\nroles: {}\n", "version"},
    {"unknown_key", "colour: blue\n", ":10:1: unknown key `colour` in the policy"},
    {"no_layers", "version: 1\nroles: {}\n", "`layers` is missing"},
    {"no_unclassified", "version: 1\nlayers: {lake: {}}\nroles: {}\n", "`unclassified` is missing in layer `lake`"},
    {"unknown_layer", "version: 1\nlayers: {lake: {unclassified: deny}}\nroles: {r: {layers: {lak: [read]}}}\n",
     "there is no layer `lak` (did you mean `lake`?)"},
    {"unknown_action", "version: 1\nlayers: {lake: {unclassified: deny}}\nroles: {r: {layers: {lake: [drop]}}}\n",
     "there is no action `drop`"},
    {"unknown_plans", "version: 1\nlayers: {lake: {unclassified: deny}}\nroles: {r: {layers: {lake: [read]}, explain: some}}\n",
     "explain"},
    {"unknown_role",
     "version: 1\nlayers: {lake: {unclassified: deny}}\nroles: {viewer: {layers: {lake: [read]}}}\nbindings: [{role: "
     "viewr, users: [a]}]\n",
     "there is no role `viewr` (did you mean `viewer`?)"},
    {"unknown_service",
     "version: 1\nlayers: {lake: {unclassified: deny}}\nroles: {viewer: {layers: {lake: [read]}}}\nbindings: [{role: "
     "viewer, users: [a], services: [x]}]\n",
     "there is no service `x`"},
    {"scoped_role_without_services",
     "version: 1\nlayers: {lake: {unclassified: deny}}\nroles: {c: {layers: {lake: [create]}, service_scope: "
     "[create]}}\nbindings: [{role: c, users: [a]}]\n",
     "role `c` is held per service"},
    {"instance_statement_for_nobody",
     "version: 1\nlayers: {lake: {unclassified: deny}}\nroles: {c: {layers: {lake: [create]}, instance: {profile: "
     "admin, allow: [create_role]}}}\n",
     "`create_role` cannot be given to role `c`"},
    {"unknown_instance_statement",
     "version: 1\nlayers: {lake: {unclassified: deny}}\nroles: {c: {layers: {lake: [create]}, instance: {profile: "
     "admin, allow: [create_functon]}}}\n",
     "did you mean `create_function`?"},
    {"unknown_mask_kind", "masks: {m: {kind: blur}}\n", "there is no mask kind `blur`"},
    {"missing_mask_kind", "masks: {m: {fill: x}}\n", "`kind` is missing in mask `m`"},
    {"key_of_another_kind", "masks: {m: {kind: email, width: 3}}\n", "a mask of kind `email` takes no `width`"},
    {"wide_fill", "masks: {m: {kind: full, fill: xx}}\n", "`fill` must be one character"},
    {"keeps_nothing", "masks: {m: {kind: partial}}\n", "keeps nothing"},
    {"keeps_less_than_nothing", "masks: {m: {kind: partial, keep_first: -1}}\n", "keep_first"},
    {"no_width", "masks: {m: {kind: bucket}}\n", "`width` is missing"},
    {"negative_width", "masks: {m: {kind: bucket, width: -1}}\n", "`width` must be greater than 0"},
    {"unknown_detector", "masks: {m: {kind: detect, detectors: [emial]}}\n",
     "there is no detector `emial` (did you mean `email`?)"},
    {"no_detectors", "masks: {m: {kind: detect, detectors: []}}\n", "detects nothing"},
    {"reserved_mask_name", "masks: {clear: {kind: email}}\n", "cannot be named `clear`"},
    {"unknown_mask_of_class", "classes: {c: {mask: m, columns: [a]}}\n", "there is no mask `m`"},
    {"unknown_mask_of_layer", "version: 1\nlayers: {lake: {unclassified: mask, mask: m}}\nroles: {}\n",
     "there is no mask `m`"},
    {"unknown_class", "classes: {mail: {columns: [a]}}\ntreatments: [{class: mial, mask: \"null\"}]\n",
     "there is no class `mial` (did you mean `mail`?)"},
    {"treatment_without_mask", "classes: {mail: {columns: [a]}}\ntreatments: [{class: mail}]\n",
     "`mask` is missing in a treatment"},
    {"unknown_role_of_treatment",
     "classes: {mail: {columns: [a]}}\ntreatments: [{class: mail, mask: clear, roles: [x]}]\n", "there is no role `x`"},
    {"bad_expression", "classes: {mail: {columns: [\"re2:(\"]}}\n", "is no regular expression"},
    {"empty_pattern", "classes: {mail: {columns: [\"\"]}}\n", ""},
    {"class_without_column_names", "classes: {mail: {columns: [{relation: t}]}}\n", "must name its columns"},
    {"column_and_columns", "clear: [{relation: t, column: a, columns: [b]}]\n", "not both"},
    {"unknown_layer_of_column", "clear: [{layer: attic, relation: t}]\n", "there is no layer `attic`"},
    {"filter_without_roles", "row_filters: [{relation: {relation: t}, where: \"true\"}]\n", "`roles` is missing"},
    {"filter_of_two_statements",
     "row_filters: [{relation: {relation: t}, roles: [viewer], where: \"true; drop table x\"}]\n",
     "more than one expression"},
    {"filter_that_closes_too_much", "row_filters: [{relation: {relation: t}, roles: [viewer], where: \"a) or (b\"}]\n",
     "closes a parenthesis"},
    {"filter_left_open", "row_filters: [{relation: {relation: t}, roles: [viewer], where: \"(a\"}]\n",
     "opens a parenthesis"},
    {"filter_with_open_quote", "row_filters: [{relation: {relation: t}, roles: [viewer], where: \"a = 'b\"}]\n",
     "not closed"},
    {"filter_with_comment", "row_filters: [{relation: {relation: t}, roles: [viewer], where: \"a -- b\"}]\n",
     "holds a comment"},
    {"filter_with_dollars", "row_filters: [{relation: {relation: t}, roles: [viewer], where: \"a = $$b$$\"}]\n",
     "dollar sign"},
    {"filter_with_unknown_placeholder",
     "row_filters: [{relation: {relation: t}, roles: [viewer], where: \"a = :usr\"}]\n", "unknown placeholder `:usr`"},
    {"filter_that_is_no_sql", "row_filters: [{relation: {relation: t}, roles: [viewer], where: \"a = = b\"}]\n",
     "is no SQL expression"},
    {"filter_beside_a_text", "row_filters: [{relation: {relation: t}, roles: [viewer], where: \"a = 'b':user\"}]\n",
     "right behind a text"},
    {"filter_before_a_text", "row_filters: [{relation: {relation: t}, roles: [viewer], where: \"a = :user'b'\"}]\n",
     "right behind a placeholder"},
    {"filter_with_unqualified_relation",
     "row_filters: [{relation: {relation: t}, roles: [viewer], where: \"a in (select b from u)\"}]\n",
     "without its schema"},
    {"function_without_name", "functions: {allow: [{schema: s, roles: [viewer]}]}\n", "`name` is missing"},
};
INSTANTIATE_TEST_SUITE_P(files, bad_policies, ::testing::ValuesIn(bad_cases),
                         [](const auto& row) { return row.param.name; });

TEST(policy_load, accepts_the_sound_one) {
  const load_outcome outcome = load_text(sound);
  ASSERT_TRUE(outcome.value) << to_string(outcome.problems);
  EXPECT_THAT(outcome.warnings, IsEmpty()) << to_string(outcome.warnings);
}

TEST(policy_load, reports_every_problem_in_file_order) {
  const load_outcome outcome = load_text(std::string(sound) + "colour: 1\nmasks: {a: {kind: x}, b: {kind: y}}\n");
  ASSERT_EQ(outcome.problems.size(), 3u) << to_string(outcome.problems);
  EXPECT_THAT(outcome.problems[0].cause, HasSubstr("colour"));
  EXPECT_THAT(outcome.problems[1].cause, HasSubstr("`x`"));
  EXPECT_THAT(outcome.problems[2].cause, HasSubstr("`y`"));
}

TEST(policy_load, reports_a_missing_file) {
  const load_outcome outcome = load("/nowhere/policy.yaml", base::revision{1});
  EXPECT_EQ(outcome.value, nullptr);
  EXPECT_THAT(to_string(outcome.problems), HasSubstr("/nowhere/policy.yaml"));
}

struct warning_case {
  const char* name;
  const char* text;
  const char* warning;
};
class suspicious_policies : public ::testing::TestWithParam<warning_case> {};

TEST_P(suspicious_policies, load_with_a_warning) {
  const load_outcome outcome = load_text(std::string(sound) + GetParam().text);
  ASSERT_TRUE(outcome.value) << to_string(outcome.problems);
  EXPECT_THAT(to_string(outcome.warnings), HasSubstr(GetParam().warning));
}

const warning_case warning_cases[] = {
    {"class_without_columns", "classes: {mail: {}}\n", "class `mail` has no columns"},
    {"shadowed_treatment",
     "classes: {mail: {columns: [a]}}\ntreatments: [{class: mail, mask: clear, roles: [viewer]}, {class: mail, mask: "
     "deny, roles: [viewer]}]\n",
     "treatments[1] is never used: treatments[0] goes first"},
};
INSTANTIATE_TEST_SUITE_P(files, suspicious_policies, ::testing::ValuesIn(warning_cases),
                         [](const auto& row) { return row.param.name; });

TEST(policy_load, warns_of_roles_and_bindings_of_nobody) {
  const load_outcome outcome = load_text(
      "version: 1\nlayers: {lake: {unclassified: deny}}\nservices: {empty: []}\n"
      "roles: {a: {layers: {lake: [read]}}, b: {layers: {lake: [read]}}}\nbindings: [{role: a}]\n");
  ASSERT_TRUE(outcome.value) << to_string(outcome.problems);
  const std::string warnings = to_string(outcome.warnings);
  EXPECT_THAT(warnings, HasSubstr("role `b` is bound to nobody"));
  EXPECT_THAT(warnings, HasSubstr("the binding names no user and no group"));
  EXPECT_THAT(warnings, HasSubstr("service `empty` has no schema"));
}

struct literal_case {
  const char* name;
  const char* where;
  const char* user;
  const char* expected;
};
class filter_literals : public ::testing::TestWithParam<literal_case> {};

TEST_P(filter_literals, are_quoted) {
  const load_outcome outcome =
      load_text(std::string(sound) + "row_filters: [{relation: {relation: t}, roles: [viewer], where: \"" +
                GetParam().where + "\"}]\n" + "# bound by name below\n");
  ASSERT_TRUE(outcome.value) << to_string(outcome.problems);
  principal who = outcome.value->bind("carol", {}, {});
  who.user = GetParam().user;
  const auto filters = outcome.value->filters(who, {"d", "mart", "s", "t"});
  ASSERT_EQ(filters.size(), 1u);
  EXPECT_EQ(filters[0].sql, GetParam().expected);
}

const literal_case literal_cases[] = {
    {"plain", "a = :user", "bob", "a =  'bob' "},
    {"quote", "a = :user", "o'hara", "a =  'o''hara' "},
    {"backslash", "a = :user", "a\\' or true", "a =  E'a\\\\'' or true' "},
    {"attack", "a = :user", "' or '1'='1", "a =  ''' or ''1''=''1' "},
    {"cast_is_no_placeholder", "a::text = :user", "bob", "a::pg_catalog.text =  'bob' "},
    {"text_is_left_alone", "a = ':user' and b = :user", "bob", "a = ':user' and b =  'bob' "},
    {"identifier_is_left_alone", "\\\":user\\\" = :user", "bob", "\":user\" =  'bob' "},
    {"doubled_quotes", "a = 'x'':user' or b = :user", "bob", "a = 'x'':user' or b =  'bob' "},
    {"escape_string", "a = E'\\\\':user' or b = :user", "bob", "a = E'\\':user' or b =  'bob' "},
    {"function_gets_its_schema", "lower(a) = lower(:user)", "bob", "pg_catalog.lower(a) = pg_catalog.lower( 'bob' )"},
    {"qualified_function_stays", "crm.f(a) = :user", "bob", "crm.f(a) =  'bob' "},
    {"type_gets_its_schema", "a::citext = :user", "bob", "a::pg_catalog.citext =  'bob' "},
    {"keyword_function_stays", "coalesce(a, 'x') = :user and extract(year from b) = 1", "bob",
     "coalesce(a, 'x') =  'bob'  and extract(year from b) = 1"},
    {"cast_of_a_placeholder", "a = :user::text", "bob", "a =  'bob' ::pg_catalog.text"},
};
INSTANTIATE_TEST_SUITE_P(texts, filter_literals, ::testing::ValuesIn(literal_cases),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice::policy
