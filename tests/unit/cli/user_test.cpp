#include <pty.h>
#include <sys/wait.h>

#include <csignal>

#include "../../../src/cli/password.hpp"
#include "command_line.hpp"
#include "sluice/auth/scram.hpp"
#include "sluice/auth/users.hpp"

namespace sluice::cli {
namespace {

class user_command : public testing::command_line {
 protected:
  testing::ran user(std::vector<std::string> words, const std::string& input = "") {
    words.insert(words.begin(), "user");
    words.insert(words.begin() + 2, {"--users", path("users.yaml")});
    return sluice(std::move(words), input);
  }

  bool password_is(const std::string& name, const std::string& password) {
    const auto users = auth::load_users(path("users.yaml"));
    if (!users.value || users.value->find(name) == nullptr) return false;
    const auto verifier = auth::parse_verifier(users.value->find(name)->verifier.reveal());
    return verifier && auth::matches(*verifier, base::secret(password));
  }
};

TEST_F(user_command, adds_lists_changes_and_removes) {
  EXPECT_EQ(user({"add", "--name", "carol", "--group", "analysts", "--group=viewers", "--attribute", "region=jp",
                  "--password-stdin"},
                 "first password\n")
                .code,
            exit_ok);
  EXPECT_EQ(user({"add", "--name=bob", "--password-stdin"}, "second").code, exit_ok);
  EXPECT_TRUE(password_is("carol", "first password"));
  EXPECT_TRUE(password_is("bob", "second"));
  EXPECT_EQ(user({"list"}).out, "carol\tanalysts,viewers\tregion=jp\nbob\t\t\n");

  EXPECT_EQ(user({"password", "--name", "carol", "--password-stdin"}, "third\r\n").code, exit_ok);
  EXPECT_TRUE(password_is("carol", "third"));
  EXPECT_FALSE(password_is("carol", "first password"));
  EXPECT_TRUE(password_is("bob", "second"));

  EXPECT_EQ(user({"remove", "--name", "carol"}).code, exit_ok);
  EXPECT_EQ(user({"list"}).out, "bob\t\t\n");
}

TEST_F(user_command, never_prints_what_is_secret) {
  const auto got = user({"add", "--name", "carol", "--password-stdin"}, "hunter2\n");
  EXPECT_EQ(got.out + got.err, "");
  EXPECT_EQ(read("users.yaml").find("hunter2"), std::string::npos);
  EXPECT_EQ(user({"list"}).out.find("SCRAM"), std::string::npos);
}

struct refusal_row {
  const char* name;
  std::vector<std::string> words;
  std::string input;
  int code;
  std::string problem;
};

class user_refusal : public user_command, public ::testing::WithParamInterface<refusal_row> {};
TEST_P(user_refusal, is_told_and_changes_nothing) {
  ASSERT_EQ(user({"add", "--name", "carol", "--password-stdin"}, "pw").code, exit_ok);
  const std::string before = read("users.yaml");
  const auto got = user(GetParam().words, GetParam().input);
  EXPECT_EQ(got.code, GetParam().code);
  EXPECT_EQ(got.err, GetParam().problem);
  EXPECT_EQ(read("users.yaml"), before);
}
INSTANTIATE_TEST_SUITE_P(
    words, user_refusal,
    ::testing::Values(
        refusal_row{"already_there",
                    {"add", "--name=carol", "--password-stdin"},
                    "pw",
                    exit_no,
                    "users.yaml: user `carol` is there already (`sluice user password` changes the password)\n"},
        refusal_row{"remove_unknown",
                    {"remove", "--name=dave"},
                    "",
                    exit_no,
                    "users.yaml: there is no user `dave` (`sluice user list` names them)\n"},
        refusal_row{"password_of_unknown",
                    {"password", "--name=dave", "--password-stdin"},
                    "pw",
                    exit_no,
                    "users.yaml: there is no user `dave` (`sluice user list` names them)\n"},
        refusal_row{"empty_password",
                    {"add", "--name=dave", "--password-stdin"},
                    "\n",
                    exit_usage,
                    "sluice: the password is empty\n"},
        refusal_row{"no_password",
                    {"add", "--name=dave", "--password-stdin"},
                    "",
                    exit_usage,
                    "sluice: the password is empty\n"},
        refusal_row{"two_lines",
                    {"add", "--name=dave", "--password-stdin"},
                    "one\ntwo\n",
                    exit_usage,
                    "sluice: standard input holds more than one line\n"},
        refusal_row{"long_password",
                    {"add", "--name=dave", "--password-stdin"},
                    std::string(1025, 'p'),
                    exit_usage,
                    "sluice: the password cannot be read, or is longer than 1024 bytes\n"},
        refusal_row{"nul_in_password",
                    {"add", "--name=dave", "--password-stdin"},
                    std::string("a\0b", 3),
                    exit_usage,
                    "sluice: the password holds a NUL byte\n"},
        refusal_row{"bad_name",
                    {"add", "--name=two\nlines", "--password-stdin"},
                    "pw",
                    exit_usage,
                    "sluice: a user name must be 1 to 63 bytes without control characters\n"},
        refusal_row{"empty_name",
                    {"add", "--name=", "--password-stdin"},
                    "pw",
                    exit_usage,
                    "sluice: `name` must be a text, not empty\n"},
        refusal_row{"bad_group",
                    {"add", "--name=dave", "--group=", "--password-stdin"},
                    "pw",
                    exit_usage,
                    "sluice: `groups[0]` must be a text, not empty\n"},
        refusal_row{"bad_attribute",
                    {"add", "--name=dave", "--attribute", "region", "--password-stdin"},
                    "pw",
                    exit_usage,
                    "sluice: `--attribute region` is not KEY=VALUE\n"},
        refusal_row{"attribute_twice",
                    {"add", "--name=dave", "--attribute=a=1", "--attribute=a=2", "--password-stdin"},
                    "pw",
                    exit_usage,
                    "sluice: attribute `a` is given twice\n"},
        refusal_row{"password_as_argument",
                    {"add", "--name=dave", "--password=pw"},
                    "",
                    exit_usage,
                    "sluice: unknown option `--password` (see `sluice user add --help`)\n"}),
    [](const auto& row) { return row.param.name; });

TEST_F(user_command, tells_the_problems_of_the_file) {
  write("users.yaml", "users:\n  - {nam: x}\n");
  for (const char* name : {"add", "remove", "password"}) {
    std::vector<std::string> words = {name, "--name=dave"};
    if (std::string(name) != "remove") words.emplace_back("--password-stdin");
    const auto got = user(words, "pw");
    EXPECT_EQ(got.code, exit_usage);
    EXPECT_EQ(got.err,
              "users.yaml:2:5: `name` is missing in `users[0]`\nusers.yaml:2:5: `verifier` is missing in `users[0]`\n"
              "users.yaml:2:6: unknown key `nam` in `users[0]` (did you mean `name`?)\n");
  }
  EXPECT_EQ(user({"list"}).code, exit_usage);
}

TEST_F(user_command, notes_passwords_that_clients_may_change) {
  const auto got = user({"add", "--name", "carol", "--password-stdin"}, "秘密\n");
  EXPECT_EQ(got.code, exit_ok);
  EXPECT_NE(got.err.find("not plain ASCII"), std::string::npos);
  EXPECT_TRUE(password_is("carol", "秘密"));
}

TEST_F(user_command, tells_a_folder_that_is_missing) {
  const auto got = sluice({"user", "add", "--users", path("none/users.yaml"), "--name=x", "--password-stdin"}, "pw");
  EXPECT_EQ(got.code, exit_system);
}

// What a terminal shows while a person answers the questions, and the process's exit code.
struct dialogue {
  std::string shown;
  int code = -1;
};

dialogue at_a_terminal(const std::vector<std::string>& answers, std::vector<std::string> words) {
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    std::signal(SIGINT, SIG_DFL);  // a background job of a shell inherits that it is ignored
    words.insert(words.begin(), "sluice");
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    ::_exit(run(static_cast<int>(arguments.size()), arguments.data()));
  }
  dialogue seen;
  std::size_t answered = 0;
  char byte = 0;
  while (::read(terminal, &byte, 1) == 1) {
    seen.shown += byte;
    if (answered < answers.size() && seen.shown.ends_with(": ")) {
      const std::string& answer = answers[answered++];
      EXPECT_EQ(::write(terminal, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  seen.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ::close(terminal);
  return seen;
}

TEST_F(user_command, asks_twice_without_showing_the_answer) {
  const auto seen =
      at_a_terminal({"hunter2\n", "hunter2\n"}, {"user", "add", "--users", path("users.yaml"), "--name", "carol"});
  EXPECT_EQ(seen.code, exit_ok) << seen.shown;
  EXPECT_EQ(seen.shown.find("hunter2"), std::string::npos) << seen.shown;
  EXPECT_NE(seen.shown.find("password: "), std::string::npos);
  EXPECT_NE(seen.shown.find("once more: "), std::string::npos);
  EXPECT_TRUE(password_is("carol", "hunter2"));
}

TEST_F(user_command, refuses_two_answers_that_differ) {
  const auto seen =
      at_a_terminal({"hunter2\n", "hunter3\n"}, {"user", "add", "--users", path("users.yaml"), "--name", "carol"});
  EXPECT_EQ(seen.code, exit_usage);
  EXPECT_NE(seen.shown.find("the two passwords differ"), std::string::npos) << seen.shown;
  EXPECT_FALSE(std::filesystem::exists(path("users.yaml")));
}

TEST_F(user_command, stops_at_an_interrupt) {
  const auto seen = at_a_terminal({"\x03"}, {"user", "add", "--users", path("users.yaml"), "--name", "carol"});
  EXPECT_EQ(seen.code, exit_usage) << seen.shown;
  EXPECT_FALSE(std::filesystem::exists(path("users.yaml")));
}

}  // namespace
}  // namespace sluice::cli
