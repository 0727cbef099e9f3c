#include "sluice/auth/users.hpp"

#include <algorithm>
#include <unordered_map>

#include "sluice/auth/scram.hpp"
#include "sluice/auth/users_file.hpp"
#include "sluice/config/yaml.hpp"

namespace sluice::auth {
namespace {

class loaded_users : public user_store {
 public:
  explicit loaded_users(std::vector<user> users) : users_(std::move(users)) {
    for (const auto& each : users_) by_name_.emplace(each.name, &each);
  }
  const user* find(std::string_view name) const override {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto& each : users_) all.push_back(each.name);
    return all;
  }

 private:
  const std::vector<user> users_;
  std::unordered_map<std::string_view, const user*> by_name_;  // into users_
};

bool is_name(const std::string& name) {
  const auto is_control = [](char each) { return (each >= 0 && each < ' ') || each == 0x7f; };
  return !name.empty() && name.size() <= max_name_bytes && std::none_of(name.begin(), name.end(), is_control);
}

void check_name(const std::string& name, const YAML::Node& at, config::report& problems, std::string_view what) {
  if (is_name(name)) return;
  problems.error(at, "a " + std::string(what) + " must be 1 to " + std::to_string(max_name_bytes) +
                         " bytes without control characters");
}

user read_user(const YAML::Node& node, std::size_t index, config::report& problems) {
  user read;
  const config::mapping fields(node, problems, "`users[" + std::to_string(index) + "]`",
                               {"name", "verifier", "groups", "attributes"});
  if (!fields.valid()) return read;
  if (fields.text("name", read.name, config::need::required)) {
    check_name(read.name, fields.find("name"), problems, "user name");
  }
  std::string verifier;
  if (fields.text("verifier", verifier, config::need::required)) {
    if (const auto parsed = parse_verifier(verifier); !parsed) {
      problems.error(fields.find("verifier"), parsed.error().cause, parsed.error().hint);
    }
    read.verifier = base::secret(std::move(verifier));
  }
  if (fields.texts("groups", read.groups)) {
    std::size_t at = 0;
    for (const auto& item : fields.find("groups")) {
      const std::string& group = read.groups[at];
      check_name(group, item, problems, "group name");
      if (std::find(read.groups.begin(), read.groups.begin() + static_cast<std::ptrdiff_t>(at), group) !=
          read.groups.begin() + static_cast<std::ptrdiff_t>(at)) {
        problems.error(item, "group `" + group + "` stands twice");
      }
      ++at;
    }
  }
  fields.texts_by_name("attributes", read.attributes);
  return read;
}

users_outcome read_users(const YAML::Node& root, config::report& problems) {
  const config::mapping top(root, problems, "the users file", {"users"});
  std::vector<user> users;
  std::unordered_map<std::string, std::size_t> seen;
  top.items(
      "users",
      [&](std::size_t index, const YAML::Node& node) {
        user read = read_user(node, index, problems);
        if (!read.name.empty()) {
          const auto [earlier, is_new] = seen.emplace(read.name, index);
          if (!is_new) {
            problems.error(
                node, "user `" + read.name + "` is there already, as `users[" + std::to_string(earlier->second) + "]`");
          }
        }
        users.push_back(std::move(read));
      },
      config::need::required);
  if (problems.has_errors()) return {nullptr, problems.take_errors()};
  return {std::make_shared<loaded_users>(std::move(users)), {}};
}

}  // namespace

users_outcome parse_users(const std::string& text, const std::string& file) {
  config::report problems(file);
  const auto root = config::parse_yaml(text, problems);
  if (!root) return {nullptr, problems.take_errors()};
  return read_users(*root, problems);
}

users_outcome load_users(const std::string& path) {
  config::report problems(path);
  const auto root = config::load_yaml(path, problems);
  if (!root) return {nullptr, problems.take_errors()};
  return read_users(*root, problems);
}

}  // namespace sluice::auth
