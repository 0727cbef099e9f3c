#include "weigh.hpp"

#include <limits>

namespace sluice::sql {
namespace {

std::size_t product(std::size_t one, std::size_t other) {
  std::size_t out = 0;
  return __builtin_mul_overflow(one, other, &out) ? std::numeric_limits<std::size_t>::max() : out;
}
std::size_t sum(std::size_t one, std::size_t other) {
  std::size_t out = 0;
  return __builtin_add_overflow(one, other, &out) ? std::numeric_limits<std::size_t>::max() : out;
}

// One level of parentheses.
struct level {
  std::size_t outside = 1;  // times that a token of this level is printed
  std::size_t now = 1;      // … within the source of a multi-column assignment
  std::size_t items = 1;
  bool targets = false;     // opened where the column list of an assignment can stand
};

}  // namespace

std::size_t weigh(const std::vector<token>& tokens) {
  std::size_t total = 0;
  std::vector<level> levels(1);
  std::size_t columns = 0;  // of the list that the last token closed; 0: it closed none
  int before = 0;
  for (const token& each : tokens) {
    if (each.comment()) continue;
    total = sum(total, levels.back().now);
    std::size_t closed = 0;
    switch (each.kind) {
      case '(':
      case '[':
        levels.push_back({levels.back().now, levels.back().now, 1, before == token_kind::set || before == ','});
        break;
      case ')':
      case ']':
        if (levels.back().targets) closed = levels.back().items;
        if (levels.size() > 1) levels.pop_back();
        break;
      case '=':
        if (columns > 1) levels.back().now = product(levels.back().outside, columns);
        break;
      // An expression ends before these where they stand on its own level of parentheses.
      case ',':
        ++levels.back().items;
        [[fallthrough]];
      case ';':
      case token_kind::where:
      case token_kind::returning:
        levels.back().now = levels.back().outside;
        break;
      case token_kind::from:
        if (before != token_kind::distinct) levels.back().now = levels.back().outside;
        break;
      default:
        break;
    }
    columns = closed;
    before = each.kind;
  }
  return total;
}

}  // namespace sluice::sql
