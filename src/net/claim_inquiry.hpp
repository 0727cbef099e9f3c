// Asks every reactor whether something in flight there was judged by names that are being claimed, and says so to the
// one who claims them once nothing is left.
//
// Threading: cleared() from any thread, once per reactor; `then` runs on the thread of the last one and must only pass
// the word on.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

#include "sluice/session/session.hpp"

namespace sluice::net {

class claim_inquiry {
 public:
  claim_inquiry(session::claim about, std::size_t reactors, std::function<void()> then)
      : about_(std::move(about)), left_(reactors), then_(std::move(then)) {}

  const session::claim& about() const { return about_; }
  // Nobody waits for the answer any more.
  void abandon() { abandoned_.store(true, std::memory_order_relaxed); }
  bool abandoned() const { return abandoned_.load(std::memory_order_relaxed); }
  void cleared() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) then_();
  }

 private:
  const session::claim about_;
  std::atomic<std::size_t> left_;
  std::atomic<bool> abandoned_{false};
  const std::function<void()> then_;
};
using inquiry_ptr = std::shared_ptr<claim_inquiry>;

}  // namespace sluice::net
