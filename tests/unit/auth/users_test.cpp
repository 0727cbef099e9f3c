#include "sluice/auth/users.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "sluice/auth/scram.hpp"
#include "sluice/auth/users_file.hpp"

namespace sluice::auth {
namespace {

const std::string key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const std::string verifier_a = "SCRAM-SHA-256$4096:AAAA$" + key + ":" + key;
const std::string verifier_b = "SCRAM-SHA-256$4096:BBBB$" + key + ":" + key;

std::string entry(const std::string& name, const std::string& verifier = verifier_a) {
  return "  - name: " + name + "\n    verifier: " + verifier + "\n";
}

user made(const std::string& name, const std::string& verifier = verifier_a) {
  return {.name = name, .verifier = base::secret(verifier), .groups = {}, .attributes = {}};
}

std::string names_in(const std::string& text) {
  const auto read = parse_users(text, "users.yaml");
  if (!read.value) return "not good: " + base::to_string(read.problems);
  std::string list;
  for (const auto& name : read.value->names()) list += (list.empty() ? "" : " ") + name;
  return list;
}

TEST(users, hold_what_the_file_says) {
  const auto read = parse_users("users:\n" + entry("carol") +
                                    "    groups: [analysts, \"billing team\"]\n"
                                    "    attributes: {region: jp, level: 3}\n" +
                                    entry("bob", verifier_b),
                                "users.yaml");
  ASSERT_TRUE(read.value) << base::to_string(read.problems);
  const user* carol = read.value->find("carol");
  ASSERT_NE(carol, nullptr);
  EXPECT_EQ(carol->verifier.reveal(), verifier_a);
  EXPECT_EQ(carol->groups, (std::vector<std::string>{"analysts", "billing team"}));
  EXPECT_EQ(carol->attributes, (std::map<std::string, std::string>{{"region", "jp"}, {"level", "3"}}));
  EXPECT_EQ(read.value->find("bob")->verifier.reveal(), verifier_b);
  EXPECT_EQ(read.value->find("Carol"), nullptr);
  EXPECT_EQ(read.value->names(), (std::vector<std::string>{"carol", "bob"}));
}

TEST(users, may_be_none) { EXPECT_EQ(names_in("users: []\n"), ""); }

struct problem_row {
  const char* name;
  std::string text;
  std::string problems;
};

class users_file_problem : public testing::TestWithParam<problem_row> {};
TEST_P(users_file_problem, is_told_with_its_position) {
  const auto read = parse_users(GetParam().text, "u.yaml");
  EXPECT_EQ(read.value, nullptr);
  EXPECT_EQ(base::to_string(read.problems), GetParam().problems);
}

INSTANTIATE_TEST_SUITE_P(
    texts, users_file_problem,
    testing::Values(
        problem_row{"empty", "", "u.yaml:1:1: `users` is missing in the users file\n"},
        problem_row{"not_yaml", "users: [\n", "u.yaml:2:1: not YAML: end of sequence flow not found\n"},
        problem_row{"a_list", "- a\n", "u.yaml:1:1: the users file must be a mapping (`key: value` lines)\n"},
        problem_row{"no_list", "users: 3\n", "u.yaml:1:8: `users` must be a list\n"},
        problem_row{"unknown_key_at_the_top", "users: []\nuser: []\n",
                    "u.yaml:2:1: unknown key `user` in the users file (did you mean `users`?)\n"},
        problem_row{"unknown_key", "users:\n" + entry("a") + "    group: [x]\n",
                    "u.yaml:4:5: unknown key `group` in `users[0]` (did you mean `groups`?)\n"},
        problem_row{"repeated_key", "users:\n" + entry("a") + "    name: b\n",
                    "u.yaml:4:5: key `name` stands twice in `users[0]`\n"},
        problem_row{"repeated_user", "users:\n" + entry("a") + entry("a"),
                    "u.yaml:4:5: user `a` is there already, as `users[0]`\n"},
        problem_row{"no_name", "users:\n  - verifier: " + verifier_a + "\n",
                    "u.yaml:2:5: `name` is missing in `users[0]`\n"},
        problem_row{"no_verifier", "users:\n  - name: a\n", "u.yaml:2:5: `verifier` is missing in `users[0]`\n"},
        problem_row{"password_for_verifier", "users:\n" + entry("a", "hunter2"),
                    "u.yaml:3:15: not a SCRAM verifier: it must read "
                    "SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey> (`sluice user password` makes one)\n"},
        problem_row{"control_character", "users:\n" + entry("\"a\\nb\""),
                    "u.yaml:2:11: a user name must be 1 to 63 bytes without control characters\n"},
        problem_row{"long_name", "users:\n" + entry(std::string(64, 'n')),
                    "u.yaml:2:11: a user name must be 1 to 63 bytes without control characters\n"},
        problem_row{"group_twice", "users:\n" + entry("a") + "    groups: [x, x]\n",
                    "u.yaml:4:17: group `x` stands twice\n"},
        problem_row{"group_not_text", "users:\n" + entry("a") + "    groups: [[x]]\n",
                    "u.yaml:4:14: `groups[0]` must be a text, not a list\n"},
        problem_row{"attribute_not_text", "users:\n" + entry("a") + "    attributes: {x: [1]}\n",
                    "u.yaml:4:21: `attributes.x` must be a text, not a list\n"},
        problem_row{"all_of_them_in_file_order", "users:\n  - name: a\n  - 3\n  - verifier: x\n    nam: b\n",
                    "u.yaml:2:5: `verifier` is missing in `users[0]`\n"
                    "u.yaml:3:5: `users[1]` must be a mapping (`key: value` lines)\n"
                    "u.yaml:4:5: `name` is missing in `users[2]`\n"
                    "u.yaml:4:15: not a SCRAM verifier: it must read "
                    "SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey> (`sluice user password` makes one)\n"
                    "u.yaml:5:5: unknown key `nam` in `users[2]` (did you mean `name`?)\n"}),
    [](const auto& row) { return row.param.name; });

TEST(users_text, begins_with_the_first_user) {
  user carol = made("carol");
  carol.groups = {"analysts"};
  carol.attributes = {{"region", "jp"}, {"number", "007"}};
  const auto text = with_user("", carol);
  ASSERT_TRUE(text) << text.error().cause;
  const auto read = parse_users(*text, "users.yaml");
  ASSERT_TRUE(read.value) << base::to_string(read.problems);
  EXPECT_EQ(read.value->find("carol")->groups, carol.groups);
  EXPECT_EQ(read.value->find("carol")->attributes, carol.attributes);
  EXPECT_TRUE(text->starts_with("#"));
}

const std::string commented = "# our users\nusers:\n" + entry("a") + "  # the second one\n" + entry("b", verifier_b) +
                              "    groups: [x]   # for now\n\n# the end\n";

TEST(users_text, keeps_everything_else_when_a_user_comes) {
  const auto text = with_user(commented, made("c"));
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "# our users\nusers:\n" + entry("a") + "  # the second one\n" + entry("b", verifier_b) +
                       "    groups: [x]   # for now\n" + entry("c") + "\n# the end\n");
}

TEST(users_text, keeps_everything_else_when_a_user_goes) {
  const auto without_a = without_user(commented, "a");
  ASSERT_TRUE(without_a);
  EXPECT_EQ(*without_a, "# our users\nusers:\n  # the second one\n" + entry("b", verifier_b) +
                            "    groups: [x]   # for now\n\n# the end\n");
  const auto without_b = without_user(commented, "b");
  ASSERT_TRUE(without_b);
  EXPECT_EQ(*without_b, "# our users\nusers:\n" + entry("a") + "  # the second one\n\n# the end\n");
}

TEST(users_text, keeps_everything_else_when_a_password_changes) {
  const auto text = with_verifier(commented, "b", base::secret(verifier_a));
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "# our users\nusers:\n" + entry("a") + "  # the second one\n" + entry("b", verifier_a) +
                       "    groups: [x]   # for now\n\n# the end\n");
}

TEST(users_text, of_two_users_with_one_verifier_only_one_changes) {
  const auto text = with_verifier("users:\n" + entry("a") + entry("b"), "b", base::secret(verifier_b));
  ASSERT_TRUE(text);
  const auto read = parse_users(*text, "users.yaml");
  EXPECT_EQ(read.value->find("a")->verifier.reveal(), verifier_a);
  EXPECT_EQ(read.value->find("b")->verifier.reveal(), verifier_b);
}

TEST(users_text, of_another_style_is_written_anew_below_its_first_comment) {
  const std::string flow = "# kept\nusers: [{name: a, verifier: \"" + verifier_a + "\"}]\n";
  const auto text = with_user(flow, made("b"));
  ASSERT_TRUE(text);
  EXPECT_EQ(names_in(*text), "a b");
  EXPECT_TRUE(text->starts_with("# kept\nusers:\n"));
}

TEST(users_text, without_the_last_user_is_still_a_users_file) {
  const auto text = without_user("users:\n" + entry("a"), "a");
  ASSERT_TRUE(text);
  EXPECT_EQ(names_in(*text), "");
  const auto again = with_user(*text, made("b"));
  ASSERT_TRUE(again);
  EXPECT_EQ(names_in(*again), "b");
}

class odd_name : public testing::TestWithParam<problem_row> {};
TEST_P(odd_name, comes_back_as_it_was) {
  const auto text = with_user(commented, made(GetParam().text));
  ASSERT_TRUE(text);
  EXPECT_NE(parse_users(*text, "").value->find(GetParam().text), nullptr) << *text;
}
INSTANTIATE_TEST_SUITE_P(names, odd_name,
                         testing::Values(problem_row{"quote", "o'hara", ""}, problem_row{"colon", "a: b", ""},
                                         problem_row{"hash", "a #b", ""}, problem_row{"dash", "- a", ""},
                                         problem_row{"number", "007", ""}, problem_row{"null_word", "null", ""},
                                         problem_row{"tilde", "~", ""}, problem_row{"japanese", "山田太郎", ""},
                                         problem_row{"brace", "{a", ""}, problem_row{"blank_around", " a ", ""},
                                         problem_row{"double_quote", "a\"b", ""},
                                         problem_row{"backslash", "a\\nb", ""}),
                         [](const auto& row) { return row.param.name; });

TEST(users_text, refuses_what_cannot_be_done) {
  EXPECT_EQ(with_user(commented, made("a")).error().cause, "user `a` is there already");
  EXPECT_EQ(without_user(commented, "z").error().cause, "there is no user `z`");
  EXPECT_EQ(with_verifier(commented, "z", base::secret(verifier_a)).error().cause, "there is no user `z`");
  EXPECT_FALSE(with_user(commented, made("two\nlines")));
  EXPECT_FALSE(with_user("users: 3", made("a")));
}

class users_file : public testing::Test {
 protected:
  users_file() {
    std::string pattern = testing::TempDir() + "sluice-users-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/users.yaml";
  }
  ~users_file() override { std::filesystem::remove_all(folder_); }

  std::string content() const {
    std::ifstream file(path_);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  std::string folder_, path_;
};

TEST_F(users_file, appears_readable_by_its_owner_alone) {
  const auto outcome = change_users_file(path_, [](const std::string& text) { return with_user(text, made("a")); });
  ASSERT_TRUE(outcome.done) << base::to_string(outcome.problems);
  struct stat facts {};
  ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777u, 0600u);
  EXPECT_EQ(load_users(path_).value->names(), std::vector<std::string>{"a"});
}

TEST_F(users_file, stays_as_it_was_when_the_change_is_refused) {
  std::ofstream(path_) << commented;
  const auto outcome = change_users_file(path_, [](const std::string& text) { return without_user(text, "z"); });
  EXPECT_FALSE(outcome.done);
  EXPECT_FALSE(outcome.system_failed);
  EXPECT_EQ(content(), commented);
}

TEST_F(users_file, stays_as_it_was_when_it_has_problems) {
  std::ofstream(path_) << "users: [{}]\n";
  bool asked = false;
  const auto outcome = change_users_file(path_, [&](const std::string& text) {
    asked = true;
    return with_user(text, made("a"));
  });
  EXPECT_FALSE(outcome.done);
  EXPECT_FALSE(asked);
  EXPECT_EQ(outcome.problems.size(), 2u);
  EXPECT_EQ(content(), "users: [{}]\n");
}

TEST_F(users_file, behind_a_link_is_changed_and_the_link_stays) {
  const std::string link = folder_ + "/link.yaml";
  std::ofstream(path_) << commented;
  std::filesystem::create_symlink(path_, link);
  EXPECT_TRUE(change_users_file(link, [](const std::string& text) { return with_user(text, made("c")); }).done);
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(names_in(content()), "a b c");
}

TEST_F(users_file, loses_no_change_of_two_writers) {
  const auto add = [&](const std::string& prefix) {
    for (int number = 0; number < 10; ++number) {
      const auto outcome = change_users_file(
          path_, [&](const std::string& text) { return with_user(text, made(prefix + std::to_string(number))); });
      ASSERT_TRUE(outcome.done) << base::to_string(outcome.problems);
    }
  };
  std::thread other(add, "other");
  add("mine");
  other.join();
  EXPECT_EQ(load_users(path_).value->names().size(), 20u);
  std::size_t files = 0;
  for (const auto& each : std::filesystem::directory_iterator(folder_)) files += each.exists() ? 1 : 0;
  EXPECT_EQ(files, 2u) << "the users file and its lock";
}

TEST_F(users_file, in_a_folder_that_is_missing_is_a_failure_of_the_system) {
  const auto outcome = change_users_file(folder_ + "/none/users.yaml",
                                         [](const std::string& text) { return with_user(text, made("a")); });
  EXPECT_FALSE(outcome.done);
  EXPECT_TRUE(outcome.system_failed);
}

TEST(load_users, tells_a_missing_file) {
  const auto read = load_users("/nonexistent/users.yaml");
  EXPECT_EQ(read.value, nullptr);
  EXPECT_EQ(base::to_string(read.problems), "/nonexistent/users.yaml: cannot be read: No such file or directory\n");
}

}  // namespace
}  // namespace sluice::auth
