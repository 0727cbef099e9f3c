// A thread whose stack is deep enough to parse SQL (enforce::parse_stack_bytes).
//
// Each thread that ever parses leaks one pthread key inside libpg_query: make a fixed number of these, never one per
// task.
#pragma once

#include <pthread.h>

#include <functional>

namespace sluice::net {

class parse_thread {
 public:
  // Throws std::system_error when the system has no thread to give.
  explicit parse_thread(std::function<void()> body);
  ~parse_thread() { join(); }
  parse_thread(const parse_thread&) = delete;
  parse_thread& operator=(const parse_thread&) = delete;

  void join();

 private:
  pthread_t thread_{};
  bool running_ = false;
};

}  // namespace sluice::net
