// A record as one JSON line: fixed key order, valid UTF-8 whatever the bytes were, empty fields left out.
//
// Strings: bytes that are not UTF-8 become \ufffd (one for each byte), control characters (C0, DEL, C1) are escaped, so
// a line is safe to print. Texts longer than their limit keep their beginning and end in ` [truncated: <bytes> bytes,
// sha256 <hex>]`, so that a long text can still be matched against its original. Threading: functions write only into
// what they are given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/audit/journal.hpp"

namespace sluice::audit {

inline constexpr std::size_t max_sql_bytes = 4u << 20;
inline constexpr std::size_t max_text_bytes = 64u << 10;       // every other text
inline constexpr std::size_t max_parameters_bytes = 1u << 20;  // of all parameters of one record together
inline constexpr std::size_t max_line_bytes = 64u << 20;       // longer records are refused

// {"time":"2026-01-31T23:59:59.123456Z","seq":N,
inline constexpr std::size_t time_length = 27;
inline constexpr std::size_t time_offset = 9;  // of the time in a line
inline constexpr std::size_t max_opening_bytes = 80;

// Appends `text` as a quoted JSON string.
void write_string(std::string& out, std::string_view text);
// Appends the members of `what` from "event" to the last one, without braces; never ends in a comma.
void write_members(std::string& out, const record& what);
// UTC, microseconds: `2026-01-31T23:59:59.123456Z`. Times before 1970 count as 1970.
std::string format_time(std::int64_t microseconds_since_epoch);

// The part in front of the members. Remembers the current second, because formatting a date costs more than a record.
class opening {
 public:
  // Valid until the next call.
  std::string_view write(std::int64_t microseconds_since_epoch, std::uint64_t sequence);

 private:
  char text_[max_opening_bytes] = {};
  std::int64_t second_ = -1;
};

}  // namespace sluice::audit
