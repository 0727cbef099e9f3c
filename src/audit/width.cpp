#include <algorithm>
#include <iterator>

#include "sluice/audit/print.hpp"

namespace sluice::audit {
namespace {

struct range {
  char32_t from, to;
};
// East Asian Wide and Fullwidth (Unicode 15, tr11), joined where the gaps are unassigned.
constexpr range wide[] = {
    {0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
    {0x26a1, 0x26a1}, {0x2705, 0x2705}, {0x274c, 0x274e},   {0x2753, 0x2757},   {0x2e80, 0x303e},   {0x3041, 0x33ff},
    {0x3400, 0x4dbf}, {0x4e00, 0xa4cf}, {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff01, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
// Marks that combine with what stands in front of them.
constexpr range combining[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f},
                               {0x0e34, 0x0e3a}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d},
                               {0x20d0, 0x20ff}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};

template <std::size_t N>
bool in(const range (&ranges)[N], char32_t point) {
  const auto* found = std::upper_bound(std::begin(ranges), std::end(ranges), point,
                                       [](char32_t value, const range& one) { return value < one.from; });
  return found != std::begin(ranges) && point <= std::prev(found)->to;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    char32_t point = length == 1 ? first : first & (0xff >> (length + 1));
    for (std::size_t next = 1; next < length && at + next < text.size(); ++next)
      point = point << 6 | (static_cast<unsigned char>(text[at + next]) & 0x3f);
    width += in(combining, point) ? 0 : in(wide, point) ? 2 : 1;
    at += length;
  }
  return width;
}

}  // namespace sluice::audit
