// The users file as text: reading it from memory, and the changes that `sluice user` makes.
//
// A change touches the lines of its own user and leaves the rest, comments included, as it was; what comes out is read
// again and must hold exactly the users that were meant, otherwise the whole list is written anew below the file's
// first comment. Threading: pure, but for change_users_file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/auth/users.hpp"
#include "sluice/base/diagnostic.hpp"
#include "sluice/base/secret.hpp"

namespace sluice::auth {

inline constexpr std::size_t max_name_bytes = 63;  // names of users and groups; PostgreSQL's own limit

users_outcome parse_users(const std::string& text, const std::string& file);

// What keeps this user from being written down: its name, its verifier, a group; nothing when it is good.
std::optional<base::diagnostic> check_user(const user& each);

// A new text, or why not. `text` must be empty or a users file without problems.
base::result<std::string> with_user(const std::string& text, const user& added);
base::result<std::string> without_user(const std::string& text, std::string_view name);
base::result<std::string> with_verifier(const std::string& text, std::string_view name, const base::secret& verifier);

// Reads the file (missing counts as empty), applies the change and replaces the file in one step: written beside it
// with mode 0600, synced, renamed, while `<path>.lock` is held, so that two writers cannot lose each other's change.
struct change_outcome {
  bool done = false;
  bool system_failed = false;  // I/O, as against a change that cannot be made
  std::vector<base::diagnostic> problems;
};
change_outcome change_users_file(const std::string& path,
                                 const std::function<base::result<std::string>(const std::string& text)>& change);

}  // namespace sluice::auth
