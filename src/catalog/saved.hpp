// The names of the fields in a saved catalog, shared by the writer and the reader.
#pragma once

#include <string_view>

namespace sluice::catalog::saved {

inline constexpr std::string_view format = "sluice-catalog";
inline constexpr int version = 1;
// Nesting of a saved catalog is 5; more is not one of ours.
inline constexpr int max_depth = 16;

}  // namespace sluice::catalog::saved
