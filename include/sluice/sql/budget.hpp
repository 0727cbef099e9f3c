// What judging one statement may cost, counted in units of work rather than in time: the same statement has the same outcome on
// every machine.
//
// Threading: a budget belongs to the thread and the block that opened it. Budgets nest; the outermost one counts, so that views
// and filters that a statement drags in are paid by that statement.
#pragma once

#include <cstddef>

#include "sluice/base/diagnostic.hpp"

namespace sluice::sql {

// About a tenth of a microsecond each in an optimised build: a second. The largest INSERT … VALUES under the other limits takes a third.
inline constexpr std::size_t most_work = 10'000'000;

// Thrown where the budget ends. Whoever opened it answers; what was half made by then must not be kept.
struct too_much_work {};

class budget {
 public:
  explicit budget(std::size_t units = most_work);
  ~budget();
  budget(const budget&) = delete;
  budget& operator=(const budget&) = delete;

  // Without a budget on this thread work costs nothing.
  static void charge(std::size_t units);
  static bool open();
  static base::diagnostic refusal();

 private:
  std::size_t left_;
  bool outermost_;
};

}  // namespace sluice::sql
