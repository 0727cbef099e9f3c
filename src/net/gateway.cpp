#include "gateway.hpp"

namespace sluice::net {
namespace {

// Clients that are told `too many` at the same time; each costs a socket until its login times out.
constexpr std::uint32_t max_refusals = 64;

bool enter(std::atomic<std::uint32_t>& count, std::uint32_t limit) {
  if (count.fetch_add(1, std::memory_order_relaxed) < limit) return true;
  count.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

}  // namespace

admission gateway::admit() {
  measured.accepted.add();
  if (enter(admitted, settings->limits.max_connections)) return admission::admitted;
  measured.refused.add();
  return enter(refusals, max_refusals) ? admission::refused : admission::dropped;
}

void gateway::leave(admission as) {
  switch (as) {
    case admission::admitted: admitted.fetch_sub(1, std::memory_order_relaxed); return;
    case admission::refused: refusals.fetch_sub(1, std::memory_order_relaxed); return;
    case admission::dropped: return;
  }
}

}  // namespace sluice::net
