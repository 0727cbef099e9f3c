#include "sluice/base/nearest.hpp"

#include <algorithm>
#include <array>

namespace sluice::base {
namespace {

constexpr std::size_t max_word = 64;

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

// Optimal string alignment: insertions, deletions, replacements, swaps of neighbours.
std::size_t edits_between(std::string_view left, std::string_view right) {
  using row = std::array<std::size_t, max_word + 1>;
  row before_last{}, last{}, current{};
  for (std::size_t column = 0; column <= right.size(); ++column) last[column] = column;
  for (std::size_t line = 1; line <= left.size(); ++line) {
    current[0] = line;
    for (std::size_t column = 1; column <= right.size(); ++column) {
      const char from = lower(left[line - 1]), to = lower(right[column - 1]);
      current[column] =
          std::min({last[column] + 1, current[column - 1] + 1, last[column - 1] + (from == to ? 0u : 1u)});
      if (line > 1 && column > 1 && from == lower(right[column - 2]) && lower(left[line - 2]) == to) {
        current[column] = std::min(current[column], before_last[column - 2] + 1);
      }
    }
    before_last = last;
    last = current;
  }
  return last[right.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > max_word) return {};
  std::string_view best;
  std::size_t fewest = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (std::string_view candidate : candidates) {
    if (candidate.empty() || candidate.size() > max_word) continue;
    const std::size_t edits = edits_between(word, candidate);
    if (edits < fewest && edits < candidate.size()) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view found = nearest(word, candidates);
  return found.empty() ? std::string() : "did you mean `" + std::string(found) + "`?";
}

}  // namespace sluice::base
