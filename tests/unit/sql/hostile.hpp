// Statements made to be expensive, benign ones that are merely large, and how to tell what judging them costs.
#pragma once

#include <ctime>
#include <functional>
#include <string>
#include <thread>

#include <pthread.h>

namespace sluice::testing {

// CPU time of this thread alone: other tests run beside this one.
inline double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// On a stack as reactors have it. Returns the seconds of CPU that `work` took.
inline double on_parse_stack(const std::function<void()>& work, std::size_t stack_bytes = std::size_t{128} << 20) {
  struct call {
    const std::function<void()>& work;
    double seconds = 0;
  } given{work};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_t thread{};
  pthread_create(&thread, &attributes, [](void* raw) -> void* {
    auto& mine = *static_cast<call*>(raw);
    const double before = thread_seconds();
    mine.work();
    mine.seconds = thread_seconds() - before;
    return nullptr;
  }, &given);
  pthread_attr_destroy(&attributes);
  pthread_join(thread, nullptr);
  return given.seconds;
}

inline std::string times(std::size_t count, const std::string& what, const std::string& between = {}) {
  std::string out;
  out.reserve(count * (what.size() + between.size()));
  for (std::size_t at = 0; at < count; ++at) {
    if (at) out += between;
    out += what;
  }
  return out;
}

// `#` in `what` becomes the number of the piece.
inline std::string numbered(std::size_t count, const std::string& what, const std::string& between = {}) {
  std::string out;
  for (std::size_t at = 0; at < count; ++at) {
    if (at) out += between;
    for (const char c : what) {
      if (c == '#') out += std::to_string(at);
      else out += c;
    }
  }
  return out;
}

// WITH RECURSIVE inside the first arm of WITH RECURSIVE, `depth` times.
inline std::string nested_recursion(std::size_t depth) {
  std::string inner = "select 1 as n";
  for (std::size_t at = 0; at < depth; ++at) {
    const std::string name = "a" + std::to_string(at);
    inner = "with recursive " + name + "(n) as ((" + inner + ") union all select 2) select n from " + name;
  }
  return inner;
}
// … inside the second one, where each reads the level around it.
inline std::string nested_recursion_right(std::size_t depth) {
  std::string inner = "select customer_id as n from crm.dim_customer";
  for (std::size_t at = 0; at < depth; ++at) {
    const std::string name = "a" + std::to_string(at);
    inner = "with recursive " + name + "(n) as (select 1 union all (" + inner + ")) select n from " + name;
  }
  return inner;
}

}  // namespace sluice::testing
