// Runs policies/*/cases.yaml against the policy beside it.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "sluice/config/yaml.hpp"
#include "sluice/policy/policy.hpp"

namespace sluice::policy {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> examples() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(fs::path(SLUICE_SOURCE_DIR) / "policies"))
    if (fs::exists(entry.path() / "policy.yaml")) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

class examples_test : public ::testing::TestWithParam<fs::path> {};

std::string seen(const policy_set& policy, const principal& who, const object& what, const std::string& column) {
  bool known_clear = false;
  const auto classes = policy.classify(what, column, known_clear);
  const treatment given =
      !classes.empty() ? policy.treat(who, what, classes.front())
      : known_clear
          ? (policy.decide(who, what, action::read).allowed ? treatment{treatment_kind::clear, {}, {}} : treatment{})
          : policy.treat_unclassified(who, what);
  if (given.kind == treatment_kind::clear) return "clear";
  return given.kind == treatment_kind::denied ? "deny" : given.mask.id;
}

TEST_P(examples_test, answers_as_its_cases_say) {
  const load_outcome loaded = load((GetParam() / "policy.yaml").string(), base::revision{1});
  ASSERT_TRUE(loaded.value) << to_string(loaded.problems);
  EXPECT_TRUE(loaded.warnings.empty()) << to_string(loaded.warnings);
  const policy_set& policy = *loaded.value;

  config::report problems((GetParam() / "cases.yaml").string());
  const auto root = config::load_yaml(problems.file(), problems);
  ASSERT_TRUE(root);
  const config::mapping top(*root, problems, "the cases", {"cases"});
  int asked = 0;
  top.items(
      "cases",
      [&](std::size_t, const YAML::Node& node) {
        const config::mapping in(node, problems, "a case",
                                 {"user", "groups", "attributes", "database", "layer", "schema", "relation", "can",
                                  "define", "see", "instance", "login"});
        SCOPED_TRACE("cases.yaml:" + std::to_string(node.Mark().line + 1));
        std::string user, database, layer, schema, relation;
        std::vector<std::string> groups;
        std::map<std::string, std::string> attributes, can, define, see, instance;
        in.text("user", user, config::need::required);
        in.texts("groups", groups);
        in.texts_by_name("attributes", attributes);
        in.text("database", database);
        in.text("layer", layer);
        in.text("schema", schema);
        in.text("relation", relation);
        in.texts_by_name("can", can);
        in.texts_by_name("define", define);
        in.texts_by_name("see", see);
        in.texts_by_name("instance", instance);
        const principal who = policy.bind(user, groups, attributes);
        const object what{database, layer, schema, relation};
        const auto letter = [&](const std::string& word) {
          for (const action each : {action::create, action::read, action::update, action::remove})
            if (name_of(each) == word) return each;
          ADD_FAILURE() << "no action " << word;
          return action::read;
        };
        for (const auto& [word, expected] : can) {
          const decision made = policy.decide(who, what, letter(word));
          EXPECT_EQ(made.allowed ? "yes" : "no", expected) << word << ": " << made.reason;
          EXPECT_FALSE(made.reason.empty());
          EXPECT_FALSE(made.rules.empty());
          ++asked;
        }
        for (const auto& [word, expected] : define) {
          const decision made = policy.decide_ddl(who, what, letter(word));
          EXPECT_EQ(made.allowed ? "yes" : "no", expected) << word << ": " << made.reason;
          ++asked;
        }
        for (const auto& [column, expected] : see) {
          EXPECT_EQ(seen(policy, who, what, column), expected) << column;
          ++asked;
        }
        for (const auto& [id, expected] : instance) {
          const instance_decision made = policy.decide_instance(who, id);
          EXPECT_EQ(made.allowed ? "yes" : "no", expected) << id << ": " << made.reason;
          ++asked;
        }
        if (std::string expected; in.text("login", expected)) {
          EXPECT_EQ(policy.reaches(who, database, layer, {schema}) ? "yes" : "no", expected);
          ++asked;
        }
      },
      config::need::required);
  const auto errors = problems.take_errors();
  EXPECT_TRUE(errors.empty()) << to_string(errors);
  EXPECT_GT(asked, 20);
}

INSTANTIATE_TEST_SUITE_P(all, examples_test, ::testing::ValuesIn(examples()), [](const auto& row) {
  std::string name = row.param.filename().string();
  for (char& each : name)
    if (!std::isalnum(static_cast<unsigned char>(each))) each = '_';
  return name;
});

}  // namespace
}  // namespace sluice::policy
