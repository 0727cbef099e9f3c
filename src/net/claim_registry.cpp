#include "claim_registry.hpp"

#include <algorithm>

namespace sluice::net {

bool claim_registry::holds(const session::claim& what) const {
  const std::lock_guard lock(mutex_);
  return entries_.count({what.session, what.serial}) > 0;
}

session::claim_answer claim_registry::take(session::claim what) {
  const std::lock_guard lock(mutex_);
  const bool taken = std::any_of(entries_.begin(), entries_.end(), [&](const auto& each) {
    const auto& other = each.second.what;
    return other.session != what.session && other.database == what.database && other.what.meets(what.what);
  });
  if (taken) return session::claim_answer::taken;
  const key number{what.session, what.serial};
  entries_[number] = {std::move(what), 0};
  return session::claim_answer::granted;
}

template <class Predicate>
void claim_registry::remove(Predicate gone) {
  {
    const std::lock_guard lock(mutex_);
    if (std::erase_if(entries_, [&](const auto& each) { return gone(each.second); }) == 0) return;
  }
  if (released_) released_();
}

void claim_registry::withdraw(std::uint64_t session, std::uint64_t from_serial) {
  remove([=](const entry& each) {
    return each.what.session == session && each.what.serial >= from_serial && each.ended == 0;
  });
}

void claim_registry::end(std::uint64_t session) {
  const std::lock_guard lock(mutex_);
  ++endings_;
  for (auto& [known, each] : entries_) {
    if (each.what.session == session && each.ended == 0) each.ended = endings_;
  }
}

std::uint64_t claim_registry::mark() const {
  const std::lock_guard lock(mutex_);
  return endings_;
}

void claim_registry::settle(const std::string& database, std::uint64_t mark) {
  remove([&](const entry& each) {
    return each.what.database == database && each.ended != 0 && each.ended <= mark;
  });
}

}  // namespace sluice::net
