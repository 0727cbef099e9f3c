// Every claim of the process: which names which session is giving a new meaning (session/session.hpp says for how long).
//
// Threading: any thread; only who changes definitions comes here. What statements are judged against is each reactor's own
// list: a claim counts there from the moment it is asked about, and until the reactor has heard that it is gone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "sluice/session/session.hpp"

namespace sluice::net {

class claim_registry {
 public:
  // Refused when another session holds one of the names in that database.
  session::claim_answer take(session::claim what);
  void withdraw(std::uint64_t session, std::uint64_t from_serial);
  bool holds(const session::claim& what) const;
  // The transaction of all its claims is over: they go with a catalog that is read from here on.
  void end(std::uint64_t session);

  // Catalog reads: begun before the first byte is read; what had ended by then goes once the outcome was published.
  std::uint64_t mark() const;
  void settle(const std::string& database, std::uint64_t mark);

  // Called behind everything that takes claims away, on that thread. Set before the first session.
  void when_released(std::function<void()> then) { released_ = std::move(then); }

 private:
  using key = std::pair<std::uint64_t, std::uint64_t>;  // session, serial
  struct entry {
    session::claim what;
    std::uint64_t ended = 0;  // by the count of endings; 0: its transaction may still be open
  };
  template <class Predicate>
  void remove(Predicate gone);

  mutable std::mutex mutex_;
  std::map<key, entry> entries_;
  std::uint64_t endings_ = 0;
  std::function<void()> released_;
};

}  // namespace sluice::net
