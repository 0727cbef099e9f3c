// The known word that a misspelt one probably meant: for hints. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sluice::base {

// The candidate with the smallest edit distance (a swap of neighbours counts as one edit; letter case is ignored), or
// empty when none is near: more than a third of the word's letters would have to change. Words over 64 bytes have no
// nearest.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// "did you mean `x`?", or empty.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace sluice::base
