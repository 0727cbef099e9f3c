#include <algorithm>
#include <cstdint>
#include <limits>

#include "sluice/enforce/wire_masks.hpp"

namespace sluice::enforce {
namespace {

std::uint32_t read_be(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < count; ++i) out = (out << 8) | static_cast<unsigned char>(bytes[at + i]);
  return out;
}
void append_length(std::string& out, std::size_t length) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((length >> shift) & 0xff);
}

base::diagnostic malformed(std::string cause) {
  return {std::move(cause), "the upstream and the gateway disagree about the result; the session ends", {}, "08P01"};
}

}  // namespace

row_masker::row_masker(std::vector<wire_mask> masks) {
  std::stable_sort(masks.begin(), masks.end(),
                   [](const wire_mask& a, const wire_mask& b) { return a.column < b.column; });
  for (wire_mask& each : masks) {
    if (!masks_.empty() && masks_.back().column == each.column) {
      auto& all = masks_.back().detectors;
      all.insert(all.end(), each.detectors.begin(), each.detectors.end());
    } else {
      masks_.push_back(std::move(each));
    }
  }
}

base::result<std::string> row_masker::mask_row(std::string_view data_row_body) const {
  if (data_row_body.size() < 2) return malformed("a data row is shorter than its column count");
  const std::size_t columns = read_be(data_row_body, 0, 2);
  if (!masks_.empty() && masks_.back().column >= columns) return malformed("a data row lacks a masked column");
  std::string out(data_row_body.substr(0, 2));
  out.reserve(data_row_body.size());
  std::size_t at = 2;
  auto mask = masks_.begin();
  for (std::size_t column = 0; column < columns; ++column) {
    const bool masked = mask != masks_.end() && mask->column == column;
    if (data_row_body.size() - at < 4) return malformed("a data row ends inside a length");
    const std::uint32_t length = read_be(data_row_body, at, 4);
    out += data_row_body.substr(at, 4);
    at += 4;
    if (length == std::numeric_limits<std::uint32_t>::max()) {  // NULL
      if (masked) ++mask;
      continue;
    }
    if (length > data_row_body.size() - at) return malformed("a data row ends inside a value");
    const std::string_view value = data_row_body.substr(at, length);
    at += length;
    if (!masked) {
      out += value;
      continue;
    }
    if (length > max_field_bytes) return malformed("a value in a masked column is larger than the limit");
    const std::string shown = mask_value(value, mask->detectors);
    ++mask;
    out.resize(out.size() - 4);
    append_length(out, shown.size());
    out += shown;
  }
  if (at != data_row_body.size()) return malformed("a data row has bytes behind its last column");
  return {boost::system::in_place_value, std::move(out)};
}

}  // namespace sluice::enforce
