// Which session a CancelRequest means: by the process id that its client was told, and our own secret.
//
// Threading: any thread; one lock, taken at login, logout and cancel only.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sluice/session/session.hpp"

namespace sluice::net {

class cancel_registry {
 public:
  void add(const session::cancel_key& key, const session::cancel_target& target);
  void remove(const session::cancel_key& key, std::uint64_t session);
  std::optional<session::cancel_target> find(const session::cancel_key& key) const;
  std::size_t size() const;

 private:
  struct entry {
    std::uint32_t secret = 0;
    session::cancel_target target;
  };
  mutable std::mutex mutex_;
  // Several upstreams may hand out the same process id.
  std::unordered_map<std::uint32_t, std::vector<entry>> by_process_;
};

}  // namespace sluice::net
