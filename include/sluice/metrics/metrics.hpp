// Counters, gauges and histograms, printed in the Prometheus text format.
//
// Threading: everything here may be used from any thread. A counter keeps one cell per thread slot, each on a cache
// line of its own, so that reactor threads never share one; reading sums the cells. Registering takes a lock: do it
// once, at start. Validity: references handed out by a registry live as long as the registry.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::metrics {

inline constexpr std::size_t cache_line_bytes = 64;
inline constexpr std::size_t thread_slots = 16;  // threads beyond this many share cells: still correct, only slower
inline constexpr std::size_t max_buckets = 24;

// This thread's slot, below thread_slots; the same for the whole life of the thread.
std::size_t thread_slot() noexcept;

class counter {
 public:
  void add(std::uint64_t amount = 1) noexcept;
  std::uint64_t value() const noexcept;

 private:
  struct alignas(cache_line_bytes) cell {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<cell, thread_slots> cells_{};
};

class gauge {
 public:
  void add(std::int64_t amount = 1) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }
  void subtract(std::int64_t amount = 1) noexcept { value_.fetch_sub(amount, std::memory_order_relaxed); }
  void set(std::int64_t to) noexcept { value_.store(to, std::memory_order_relaxed); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(cache_line_bytes) std::atomic<std::int64_t> value_{0};
};

// Observations are whole microseconds, printed as seconds: a histogram here always measures time.
class histogram {
 public:
  // Upper bounds in microseconds, ascending; those beyond max_buckets are dropped.
  explicit histogram(std::vector<std::uint64_t> bounds_us);

  void observe(std::uint64_t microseconds) noexcept;

  struct reading {
    std::vector<std::uint64_t> cumulative;  // one per bound, then the total
    std::uint64_t sum_us = 0;
  };
  reading read() const;
  const std::vector<std::uint64_t>& bounds_us() const { return bounds_us_; }

 private:
  struct alignas(cache_line_bytes) cell {
    std::array<std::atomic<std::uint64_t>, max_buckets + 1> counts{};
    std::atomic<std::uint64_t> sum_us{0};
  };
  std::vector<std::uint64_t> bounds_us_;
  std::array<cell, thread_slots> cells_{};
};

// 50 µs to 60 s, what a statement may take.
std::vector<std::uint64_t> statement_bounds_us();

using labels = std::vector<std::pair<std::string, std::string>>;

class registry {
 public:
  // The same name and labels give the same object; `help` of the first caller counts. A name is used for one kind only.
  metrics::counter& counter(std::string_view name, std::string_view help, const labels& with = {});
  metrics::gauge& gauge(std::string_view name, std::string_view help, const labels& with = {});
  metrics::histogram& histogram(std::string_view name, std::string_view help, std::vector<std::uint64_t> bounds_us,
                                const labels& with = {});

  // Text exposition format 0.0.4, families in the order of registration.
  std::string to_prometheus() const;

 private:
  enum class kind { counter, gauge, histogram };
  struct series {
    std::string labels;  // `a="b",c="d"`, escaped
    void* value = nullptr;
  };
  struct family {
    std::string name, help;
    registry::kind kind;
    std::vector<series> all;
  };
  series& place(std::string_view name, std::string_view help, kind of, const labels& with);

  mutable std::mutex mutex_;
  std::deque<family> families_;
  std::deque<metrics::counter> counters_;
  std::deque<metrics::gauge> gauges_;
  std::deque<metrics::histogram> histograms_;
};

}  // namespace sluice::metrics
