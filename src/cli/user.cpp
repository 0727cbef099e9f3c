#include <array>
#include <iostream>

#include "options.hpp"
#include "password.hpp"
#include "sluice/auth/scram.hpp"
#include "sluice/auth/users_file.hpp"
#include "sluice/cli/cli.hpp"

namespace sluice::cli {
namespace {

constexpr std::string_view change_exit_codes =
    "0  the file was changed\n1  there is no such user, or there is one already\n2  bad usage, password or users file\n"
    "3  the file could not be written";
constexpr option users_option = {"users", "FILE", "the users file (`users` in the configuration)", occurs::once};
constexpr option name_option = {"name", "NAME", "the user's name, as in the connection string", occurs::once};
constexpr option password_option = {"password-stdin", "", "read the password from standard input, one line"};

int conclude(const auth::change_outcome& outcome) {
  complain(outcome.problems);
  if (outcome.done) return exit_ok;
  return outcome.system_failed ? exit_system : exit_usage;
}

// Exit code 1 when the file is good and only the answer is no.
template <class Change>
int change(const std::string& path, const Change& make) {
  bool refused = false;
  const auto outcome = auth::change_users_file(path, [&](const std::string& text) {
    auto made = make(text);
    refused = !made;
    return made;
  });
  const int code = conclude(outcome);
  return refused ? exit_no : code;
}

std::optional<base::secret> new_verifier(const arguments& given) {
  auto password = given.has("password-stdin") ? password_from_stdin() : password_from_terminal();
  if (!password) {
    complain(password.error());
    return std::nullopt;
  }
  if (!auth::password_is_plain(password->reveal())) {
    std::cerr
        << "sluice: note: the password is not plain ASCII; clients that normalise it (SASLprep) may fail to log in\n";
  }
  return auth::to_text(auth::make_verifier(*password));
}

int add(const std::vector<std::string>& words) {
  static constexpr std::array<option, 5> options = {
      {users_option,
       name_option,
       {"group", "GROUP", "a group that the policy binds roles to", occurs::any_number},
       {"attribute", "KEY=VALUE", "an attribute that row filters read", occurs::any_number},
       password_option}};
  static constexpr command shape = {
      .name = "user add",
      .summary = "adds a user to the users file; the password is asked for twice and never an argument",
      .options = options,
      .exit_codes = change_exit_codes,
      .examples =
          "sluice user add --users conf/users.yaml --name carol --group analysts --attribute region=jp\n"
          "pwgen 20 1 | sluice user add --users conf/users.yaml --name redash --password-stdin"};
  const auto read = parse_or_explain(shape, words);
  if (!read.value) return read.exit_code;

  auth::user added;
  added.name = read.value->get("name");
  added.groups = read.value->all("group");
  for (const auto& attribute : read.value->all("attribute")) {
    const auto equals = attribute.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == attribute.size()) {
      complain({.cause = "`--attribute " + attribute + "` is not KEY=VALUE"});
      return exit_usage;
    }
    if (!added.attributes.emplace(attribute.substr(0, equals), attribute.substr(equals + 1)).second) {
      complain({.cause = "attribute `" + attribute.substr(0, equals) + "` is given twice"});
      return exit_usage;
    }
  }
  auto verifier = new_verifier(*read.value);
  if (!verifier) return exit_usage;
  added.verifier = std::move(*verifier);
  if (const auto problem = auth::check_user(added)) {
    complain(*problem);
    return exit_usage;
  }
  return change(read.value->get("users"), [&](const std::string& text) { return auth::with_user(text, added); });
}

int remove(const std::vector<std::string>& words) {
  static constexpr std::array<option, 2> options = {{users_option, name_option}};
  static constexpr command shape = {.name = "user remove",
                                    .summary = "removes a user; sessions that are open stay until the gateway reloads",
                                    .options = options,
                                    .exit_codes = change_exit_codes,
                                    .examples = "sluice user remove --users conf/users.yaml --name carol"};
  const auto read = parse_or_explain(shape, words);
  if (!read.value) return read.exit_code;
  return change(read.value->get("users"),
                [&](const std::string& text) { return auth::without_user(text, read.value->get("name")); });
}

int password(const std::vector<std::string>& words) {
  static constexpr std::array<option, 3> options = {{users_option, name_option, password_option}};
  static constexpr command shape = {
      .name = "user password",
      .summary = "gives a user a new password; it is asked for twice and never an argument",
      .options = options,
      .exit_codes = change_exit_codes,
      .examples = "sluice user password --users conf/users.yaml --name carol"};
  const auto read = parse_or_explain(shape, words);
  if (!read.value) return read.exit_code;
  const auto verifier = new_verifier(*read.value);
  if (!verifier) return exit_usage;
  return change(read.value->get("users"),
                [&](const std::string& text) { return auth::with_verifier(text, read.value->get("name"), *verifier); });
}

int list(const std::vector<std::string>& words) {
  static constexpr std::array<option, 1> options = {{users_option}};
  static constexpr command shape = {
      .name = "user list",
      .summary = "prints name, groups and attributes of every user, one per line, tabs between",
      .options = options,
      .exit_codes = "0  printed\n2  bad usage or users file",
      .examples = "sluice user list --users conf/users.yaml"};
  const auto read = parse_or_explain(shape, words);
  if (!read.value) return read.exit_code;
  const auto users = auth::load_users(read.value->get("users"));
  if (!users.value) {
    complain(users.problems);
    return exit_usage;
  }
  for (const auto& name : users.value->names()) {
    const auth::user& each = *users.value->find(name);
    std::string line = each.name + "\t";
    for (const auto& group : each.groups) line += (line.back() == '\t' ? "" : ",") + group;
    line += "\t";
    for (const auto& [key, value] : each.attributes) line += (line.back() == '\t' ? "" : ",") + key + "=" + value;
    std::cout << line << "\n";
  }
  std::cout << std::flush;
  return exit_ok;
}

}  // namespace

int user(const std::vector<std::string>& words) {
  static constexpr std::array<subcommand, 4> commands = {{{"add", "add a user", add},
                                                          {"password", "change a password", password},
                                                          {"remove", "remove a user", remove},
                                                          {"list", "list the users", list}}};
  return dispatch("user", "changes the users file; a running gateway reads it again on SIGHUP", commands, words);
}

}  // namespace sluice::cli
