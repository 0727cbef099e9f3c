#include <algorithm>

#include "sluice/metrics/metrics.hpp"

namespace sluice::metrics {

std::size_t thread_slot() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t own = next.fetch_add(1, std::memory_order_relaxed) % thread_slots;
  return own;
}

void counter::add(std::uint64_t amount) noexcept {
  cells_[thread_slot()].value.fetch_add(amount, std::memory_order_relaxed);
}

std::uint64_t counter::value() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& each : cells_) sum += each.value.load(std::memory_order_relaxed);
  return sum;
}

histogram::histogram(std::vector<std::uint64_t> bounds_us) : bounds_us_(std::move(bounds_us)) {
  if (bounds_us_.size() > max_buckets) bounds_us_.resize(max_buckets);
}

void histogram::observe(std::uint64_t microseconds) noexcept {
  const auto bucket = std::lower_bound(bounds_us_.begin(), bounds_us_.end(), microseconds) - bounds_us_.begin();
  cell& own = cells_[thread_slot()];
  own.counts[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  own.sum_us.fetch_add(microseconds, std::memory_order_relaxed);
}

histogram::reading histogram::read() const {
  reading sum;
  sum.cumulative.resize(bounds_us_.size() + 1);
  for (const auto& each : cells_) {
    for (std::size_t i = 0; i < sum.cumulative.size(); ++i) {
      sum.cumulative[i] += each.counts[i].load(std::memory_order_relaxed);
    }
    sum.sum_us += each.sum_us.load(std::memory_order_relaxed);
  }
  for (std::size_t i = 1; i < sum.cumulative.size(); ++i) sum.cumulative[i] += sum.cumulative[i - 1];
  return sum;
}

std::vector<std::uint64_t> statement_bounds_us() {
  return {50,     100,     250,     500,     1'000,     2'500,     5'000,     10'000,     25'000,
          50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 60'000'000};
}

}  // namespace sluice::metrics
