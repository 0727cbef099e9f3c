#include "span.hpp"

#include <algorithm>

namespace sluice::enforce {

std::optional<std::size_t> token_walk::at(std::size_t offset) const {
  const auto found = std::lower_bound(tokens_.begin(), tokens_.end(), offset, [](const sql::token& each, std::size_t value) { return each.start < value; });
  if (found == tokens_.end() || found->start != offset) return std::nullopt;
  return static_cast<std::size_t>(found - tokens_.begin());
}

std::size_t token_walk::next(std::size_t index) const {
  do ++index;
  while (index < tokens_.size() && tokens_[index].comment());
  return index;
}

std::optional<std::size_t> token_walk::before(std::size_t index) const {
  while (index-- > 0) {
    if (!tokens_[index].comment()) return index;
  }
  return std::nullopt;
}

bool token_walk::word(std::size_t index, std::string_view lower_case) const {
  if (index >= tokens_.size() || tokens_[index].end - tokens_[index].start != lower_case.size()) return false;
  return std::equal(lower_case.begin(), lower_case.end(), text_.begin() + tokens_[index].start, [](char want, char have) {
    return want == (have >= 'A' && have <= 'Z' ? static_cast<char>(have + 32) : have);
  });
}

std::optional<std::size_t> token_walk::name(std::size_t index, std::size_t parts) const {
  for (; parts > 1; --parts) {
    index = next(index);
    if (!is(index, '.')) return std::nullopt;
    index = next(index);
  }
  return index < tokens_.size() ? std::optional<std::size_t>(index) : std::nullopt;
}

std::optional<std::size_t> token_walk::closing(std::size_t index) const {
  int depth = 0;
  for (; index < tokens_.size(); index = next(index)) {
    if (is(index, '(')) ++depth;
    if (is(index, ')') && --depth == 0) return index;
  }
  return std::nullopt;
}

}  // namespace sluice::enforce
