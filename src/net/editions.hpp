// What is being served at one moment – users, policy, certificate, one context per gateway database – and how the next
// moment replaces it as a whole.
//
// Threading: an edition is immutable. Readers keep the pointer they have and look at generation() (one atomic load) to
// learn that there is a newer one. Writers exclude each other; they parse SQL and so need a parse_thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "sluice/auth/users.hpp"
#include "sluice/enforce/gate.hpp"
#include "tls.hpp"

namespace sluice::net {

struct edition {
  std::shared_ptr<const config::settings> settings;
  auth::users_ptr users;
  policy::policy_ptr policy;
  tls_context_ptr client_tls;  // null: no TLS towards clients
  std::map<std::string, enforce::context_ptr, std::less<>>
      contexts;  // by gateway database; missing until its catalog was read
};
using edition_ptr = std::shared_ptr<const edition>;

enum class catalog_change { replaced, unchanged };

class editions {
 public:
  explicit editions(edition first);

  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  edition_ptr current() const;

  // Swaps policy, users and certificate together; every context is made anew. Throws what make_context throws, and then
  // nothing has changed.
  void replace_policy(policy::policy_ptr policy, auth::users_ptr users, tls_context_ptr client_tls);
  // Takes a newly read catalog of `database` unless it says the same as the one being served. What the classification
  // remembers is read at the first one and written whenever it grows; throws when it cannot be.
  catalog_change replace_catalog(const std::string& database, catalog::contents contents);
  // Tables that are about to be made of classified data; the catalog that first shows them knows their classes.
  void expect_copies(const std::string& database, const std::vector<enforce::copied_table>& made);

 private:
  void publish(edition next);
  void keep(const std::string& database, const enforce::context* before, const enforce::context& now) const;

  std::vector<enforce::remembered_name> arrived_copies(const std::string& database, const catalog::snapshot& known, const catalog::snapshot* before);

  std::mutex writer_;
  std::mutex copies_lock_;  // short: reactors take it
  std::map<std::string, std::vector<enforce::copied_table>> copies_;
  mutable std::mutex reader_;  // held for a pointer copy only
  edition_ptr current_;
  std::atomic<std::uint64_t> generation_{1};
};

}  // namespace sluice::net
