#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>

#include "sluice/auth/users_file.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view default_header =
    "# Users of the gateway: SCRAM verifiers, groups, attributes. `sluice user` changes this file.\n";

base::diagnostic refusal(std::string cause, std::string hint = {}) {
  return {.cause = std::move(cause), .hint = std::move(hint)};
}

std::optional<std::vector<user>> users_in(const std::string& text) {
  if (text.empty()) return std::vector<user>();
  const auto read = parse_users(text, {});
  if (!read.value) return std::nullopt;
  std::vector<user> all;
  for (const auto& name : read.value->names()) all.push_back(*read.value->find(name));
  return all;
}

bool same(const std::vector<user>& left, const std::vector<user>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const user& one, const user& other) {
    return one.name == other.name && one.verifier.reveal() == other.verifier.reveal() && one.groups == other.groups &&
           one.attributes == other.attributes;
  });
}

// "- name: …" and what follows, behind `indent` blanks.
std::string entry_of(const user& each, std::size_t indent) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  out << YAML::Key << "name" << YAML::Value << each.name;
  out << YAML::Key << "verifier" << YAML::Value << std::string(each.verifier.reveal());
  if (!each.groups.empty()) out << YAML::Key << "groups" << YAML::Value << YAML::Flow << each.groups;
  if (!each.attributes.empty()) {
    out << YAML::Key << "attributes" << YAML::Value << YAML::BeginMap;
    for (const auto& [key, value] : each.attributes) {
      out << YAML::Key << key << YAML::Value << YAML::DoubleQuoted << value;
    }
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
  const std::string block = out.c_str();
  std::string text;
  std::size_t begin = 0;
  while (begin <= block.size()) {
    const auto end = std::min(block.find('\n', begin), block.size());
    text += std::string(indent, ' ') + (begin == 0 ? "- " : "  ") + block.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return text;
}

std::string written_anew(const std::string& text, const std::vector<user>& users) {
  std::string anew;
  std::size_t begin = 0;
  while (begin < text.size() && text[begin] == '#') {
    const auto end = std::min(text.find('\n', begin), text.size());
    anew += text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  if (anew.empty()) anew = default_header;
  anew += users.empty() ? "users: []\n" : "users:\n";
  for (const auto& each : users) anew += entry_of(each, 2);
  return anew;
}

// Where the entries of a block-style list stand in the text.
struct layout {
  std::vector<std::size_t> dashes;  // offset of the first character of each entry's line
  std::size_t indent = 0;           // blanks in front of the dash
};

std::optional<layout> layout_of(const std::string& text) {
  layout found;
  try {
    const YAML::Node list = YAML::Load(text)["users"];
    for (const auto& entry : list) {
      const auto mark = entry.Mark();
      if (mark.pos < 0 || static_cast<std::size_t>(mark.pos) > text.size()) return std::nullopt;
      const auto before = text.rfind('\n', static_cast<std::size_t>(mark.pos));
      const std::size_t line = before == std::string::npos ? 0 : before + 1;
      const auto dash = text.find_first_not_of(' ', line);
      if (dash == std::string::npos || text[dash] != '-') return std::nullopt;
      found.dashes.push_back(line);
      found.indent = dash - line;
    }
  } catch (const YAML::Exception&) {
    return std::nullopt;
  }
  return found;
}

// The end of an entry: behind its last line that is neither blank nor a comment, since those belong to what follows.
std::size_t end_of_entry(const std::string& text, std::size_t begin, std::size_t next) {
  std::size_t end = begin;
  for (std::size_t line = begin; line < next;) {
    const auto stop = std::min(text.find('\n', line), text.size() - 1) + 1;
    const auto first = text.find_first_not_of(" \t\r\n", line);
    if (first < stop && text[first] != '#') end = stop;
    line = stop;
  }
  return end;
}

std::size_t end_of_entry(const std::string& text, const layout& where, std::size_t index) {
  const bool last = index + 1 == where.dashes.size();
  return end_of_entry(text, where.dashes[index], last ? text.size() : where.dashes[index + 1]);
}

// The spliced text when it holds exactly the users that are meant, otherwise all of them written anew.
base::result<std::string> proven(const std::optional<std::string>& spliced, const std::string& text,
                                 const std::vector<user>& meant) {
  if (spliced) {
    const auto read = users_in(*spliced);
    if (read && same(*read, meant)) return {boost::system::in_place_value, *spliced};
  }
  std::string anew = written_anew(text, meant);
  const auto read = users_in(anew);
  if (!read || !same(*read, meant)) return refusal("the users file cannot hold this user");
  return {boost::system::in_place_value, std::move(anew)};
}

std::vector<user>::iterator find_user(std::vector<user>& users, std::string_view name) {
  return std::find_if(users.begin(), users.end(), [&](const user& each) { return each.name == name; });
}

base::diagnostic no_user(std::string_view name) {
  return refusal("there is no user `" + std::string(name) + "`", "`sluice user list` names them");
}

}  // namespace

std::optional<base::diagnostic> check_user(const user& each) {
  const auto read = parse_users(written_anew({}, {each}), {});
  if (read.value) return std::nullopt;
  return refusal(read.problems.front().cause, read.problems.front().hint);
}

base::result<std::string> with_user(const std::string& text, const user& added) {
  auto users = users_in(text);
  if (!users) return refusal("the users file has problems");
  if (find_user(*users, added.name) != users->end()) {
    return refusal("user `" + added.name + "` is there already", "`sluice user password` changes the password");
  }
  std::optional<std::string> spliced;
  const auto where = layout_of(text);
  if (where && !where->dashes.empty()) {
    spliced = text;
    if (!spliced->ends_with('\n')) *spliced += '\n';
    spliced->insert(end_of_entry(*spliced, *where, where->dashes.size() - 1), entry_of(added, where->indent));
  }
  users->push_back(added);
  return proven(spliced, text, *users);
}

base::result<std::string> without_user(const std::string& text, std::string_view name) {
  auto users = users_in(text);
  if (!users) return refusal("the users file has problems");
  const auto found = find_user(*users, name);
  if (found == users->end()) return no_user(name);
  const auto index = static_cast<std::size_t>(found - users->begin());
  users->erase(found);
  std::optional<std::string> spliced;
  const auto where = layout_of(text);
  if (where && index < where->dashes.size()) {
    spliced = text;
    const std::size_t begin = where->dashes[index];
    spliced->erase(begin, end_of_entry(text, *where, index) - begin);
  }
  return proven(spliced, text, *users);
}

base::result<std::string> with_verifier(const std::string& text, std::string_view name, const base::secret& verifier) {
  auto users = users_in(text);
  if (!users) return refusal("the users file has problems");
  const auto found = find_user(*users, name);
  if (found == users->end()) return no_user(name);
  std::optional<std::string> spliced;
  const std::string_view before = found->verifier.reveal();
  const auto at = text.find(before);
  if (at != std::string::npos && text.find(before, at + 1) == std::string::npos) {
    spliced = text;
    spliced->replace(at, before.size(), verifier.reveal());
  }
  found->verifier = verifier;
  return proven(spliced, text, *users);
}

}  // namespace sluice::auth
