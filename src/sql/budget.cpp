#include "sluice/sql/budget.hpp"

namespace sluice::sql {
namespace {

thread_local std::size_t* units_left = nullptr;

}  // namespace

budget::budget(std::size_t units) : left_(units), outermost_(units_left == nullptr) {
  if (outermost_) units_left = &left_;
}

budget::~budget() {
  if (outermost_) units_left = nullptr;
}

bool budget::open() { return units_left != nullptr; }

void budget::charge(std::size_t units) {
  if (!units_left) return;
  if (*units_left < units) {
    // What catches this may go on for a few steps: they find it empty as well.
    *units_left = 0;
    throw too_much_work();
  }
  *units_left -= units;
}

base::diagnostic budget::refusal() {
  base::diagnostic why;
  why.sqlstate = "54001";
  why.cause = "statement is too complex to be judged: it names, joins or nests more than the gateway looks at in one statement";
  why.hint = "split the statement, name fewer columns of wide relations, or put parts of it in temporary tables";
  return why;
}

}  // namespace sluice::sql
