#include "cancel_registry.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace sluice::net {

void cancel_registry::add(const session::cancel_key& key, const session::cancel_target& target) {
  const std::lock_guard lock(mutex_);
  by_process_[key.process].push_back({key.secret, target});
}

void cancel_registry::remove(const session::cancel_key& key, std::uint64_t session) {
  const std::lock_guard lock(mutex_);
  const auto found = by_process_.find(key.process);
  if (found == by_process_.end()) return;
  std::erase_if(found->second, [&](const entry& each) { return each.target.session == session; });
  if (found->second.empty()) by_process_.erase(found);
}

std::optional<session::cancel_target> cancel_registry::find(const session::cancel_key& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_process_.find(key.process);
  if (found == by_process_.end()) return std::nullopt;
  std::optional<session::cancel_target> hit;
  for (const auto& each : found->second) {
    if (CRYPTO_memcmp(&each.secret, &key.secret, sizeof key.secret) == 0) hit = each.target;
  }
  return hit;
}

std::size_t cancel_registry::size() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [process, entries] : by_process_) count += entries.size();
  return count;
}

}  // namespace sluice::net
