// Found records as text: table, JSON lines, CSV.
//
// table: columns aligned, cut to the width given; what could steer a terminal is shown as `·`.
// json:  the line as recorded, with its completion added as the last member "completion".
// csv:   RFC 4180 with a header; a cell that a spreadsheet would take for a formula gets an apostrophe in front.
// Threading: one printer belongs to one thread; it refers to its stream.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string_view>

#include "sluice/audit/search.hpp"

namespace sluice::audit {

enum class format { table, json, csv };
std::optional<format> format_of(std::string_view name);

class printer {
 public:
  virtual ~printer() = default;
  virtual void print(const found_record& what) = 0;
  virtual void flush() {}  // what was held back to align columns
};
// `width` in terminal columns; 0: no limit.
std::unique_ptr<printer> make_printer(format as, std::ostream& out, std::size_t width);

// Columns a text takes on a terminal; `text` is valid UTF-8.
std::size_t display_width(std::string_view text);

}  // namespace sluice::audit
