#include "sluice/metrics/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace sluice::metrics {
namespace {

TEST(counter, sums_what_many_threads_added) {
  counter sessions;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&sessions] {
      for (int n = 0; n < 1000; ++n) sessions.add();
    });
  }
  for (auto& each : threads) each.join();
  EXPECT_EQ(sessions.value(), 20'000u);
}

TEST(counter, cells_do_not_share_cache_lines) { EXPECT_EQ(sizeof(counter), thread_slots * cache_line_bytes); }

TEST(gauge, goes_up_and_down) {
  gauge open;
  open.add(3);
  open.subtract();
  EXPECT_EQ(open.value(), 2);
  open.set(-7);
  EXPECT_EQ(open.value(), -7);
}

TEST(histogram, bounds_are_inclusive_and_counts_cumulative) {
  histogram took({10, 100});
  for (std::uint64_t each : {10u, 11u, 100u, 101u}) took.observe(each);
  const auto reading = took.read();
  EXPECT_EQ(reading.cumulative, (std::vector<std::uint64_t>{1, 3, 4}));
  EXPECT_EQ(reading.sum_us, 222u);
}

TEST(histogram, more_bounds_than_cells_are_dropped) {
  histogram took(std::vector<std::uint64_t>(max_buckets + 10, 1));
  took.observe(2);
  EXPECT_EQ(took.bounds_us().size(), max_buckets);
  EXPECT_EQ(took.read().cumulative.back(), 1u);
}

TEST(registry, prints_the_text_format) {
  registry all;
  all.counter("sluice_statements_total", "statements judged", {{"decision", "allowed"}}).add(2);
  all.counter("sluice_statements_total", "ignored", {{"decision", "denied"}}).add(1);
  all.gauge("sluice_sessions", "open sessions").set(5);
  all.histogram("sluice_decide_seconds", "time to a verdict", {100, 2'000'000}).observe(150);
  EXPECT_EQ(all.to_prometheus(),
            "# HELP sluice_statements_total statements judged\n"
            "# TYPE sluice_statements_total counter\n"
            "sluice_statements_total{decision=\"allowed\"} 2\n"
            "sluice_statements_total{decision=\"denied\"} 1\n"
            "# HELP sluice_sessions open sessions\n"
            "# TYPE sluice_sessions gauge\n"
            "sluice_sessions 5\n"
            "# HELP sluice_decide_seconds time to a verdict\n"
            "# TYPE sluice_decide_seconds histogram\n"
            "sluice_decide_seconds_bucket{le=\"0.0001\"} 0\n"
            "sluice_decide_seconds_bucket{le=\"2\"} 1\n"
            "sluice_decide_seconds_bucket{le=\"+Inf\"} 1\n"
            "sluice_decide_seconds_sum 0.00015\n"
            "sluice_decide_seconds_count 1\n");
}

TEST(registry, the_same_name_and_labels_are_the_same_object) {
  registry all;
  auto& first = all.counter("a_total", "", {{"layer", "lake"}});
  EXPECT_EQ(&first, &all.counter("a_total", "", {{"layer", "lake"}}));
  EXPECT_NE(&first, &all.counter("a_total", "", {{"layer", "mart"}}));
}

TEST(registry, a_name_has_one_kind) {
  registry all;
  all.counter("a_total", "");
  EXPECT_THROW(all.gauge("a_total", ""), std::logic_error);
}

TEST(registry, label_values_are_escaped) {
  registry all;
  all.gauge("g", "", {{"database", "a\"b\\c\nd"}}).set(1);
  EXPECT_NE(all.to_prometheus().find("g{database=\"a\\\"b\\\\c\\nd\"} 1\n"), std::string::npos);
}

}  // namespace
}  // namespace sluice::metrics
