// The users file: names, SCRAM verifiers, groups, attributes. Read whole or not at all; written by `sluice user`.
//
// Threading: an immutable value, shared as users_ptr and swapped on reload.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/diagnostic.hpp"
#include "sluice/base/secret.hpp"

namespace sluice::auth {

struct user {
  std::string name;
  base::secret
      verifier;  // SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>, as PostgreSQL's pg_authid holds it
  std::vector<std::string> groups;
  std::map<std::string, std::string> attributes;
};

class user_store {
 public:
  virtual ~user_store() = default;
  virtual const user* find(std::string_view name) const = 0;  // null when unknown; valid as long as the store
  virtual std::vector<std::string> names() const = 0;
};
using users_ptr = std::shared_ptr<const user_store>;

struct users_outcome {
  users_ptr value;
  std::vector<base::diagnostic> problems;
};
users_outcome load_users(const std::string& path);

}  // namespace sluice::auth
