// Data rows and COPY streams read as a client reads them, straight from the manual (55.7, COPY), to compare with what
// the maskers made of them.
//
// Threading: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/enforce/gate.hpp"

namespace sluice::fuzz {

using row = std::vector<std::optional<std::string>>;

inline constexpr std::string_view binary_header("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);

inline void put(std::string& out, std::uint32_t value, int bytes) {
  while (bytes-- > 0) out += static_cast<char>(value >> 8 * bytes);
}
inline void put_fields(std::string& out, const row& from) {
  put(out, static_cast<std::uint32_t>(from.size()), 2);
  for (const auto& each : from) {
    put(out, each ? static_cast<std::uint32_t>(each->size()) : 0xffffffff, 4);
    out += each.value_or("");
  }
}
inline std::string data_row(const row& from) {
  std::string out;
  put_fields(out, from);
  return out;
}
// One row a line, fields separated by tabs, `\N` for NULL.
inline std::string binary_copy(std::string_view lines) {
  std::string out(binary_header);
  row now;
  std::string field;
  const auto end_field = [&] {
    now.push_back(field == "\\N" ? std::nullopt : std::optional(field));
    field.clear();
  };
  for (const char each : lines) {
    if (each != '\t' && each != '\n') {
      field += each;
      continue;
    }
    end_field();
    if (each == '\n') put_fields(out, now), now.clear();
  }
  put(out, 0xffff, 2);
  return out;
}

// Takes fields off the front; nullopt where the bytes end too soon.
inline std::optional<row> take_fields(std::string_view& rest, std::size_t count) {
  row out;
  const auto number = [&](std::size_t bytes) {
    std::uint32_t value = 0;
    for (std::size_t at = 0; at < bytes; ++at) value = value << 8 | static_cast<unsigned char>(rest[at]);
    rest.remove_prefix(bytes);
    return value;
  };
  while (count-- > 0) {
    if (rest.size() < 4) return std::nullopt;
    const std::uint32_t length = number(4);
    if (length == 0xffffffff) {
      out.emplace_back(std::nullopt);
      continue;
    }
    if (length > rest.size()) return std::nullopt;
    out.emplace_back(std::string(rest.substr(0, length)));
    rest.remove_prefix(length);
  }
  return out;
}
inline std::optional<std::size_t> take_count(std::string_view& rest) {
  if (rest.size() < 2) return std::nullopt;
  const auto count =
      static_cast<std::size_t>(static_cast<unsigned char>(rest[0]) << 8 | static_cast<unsigned char>(rest[1]));
  rest.remove_prefix(2);
  return count;
}

inline std::optional<row> read_data_row(std::string_view body) {
  const auto count = take_count(body);
  if (!count) return std::nullopt;
  auto out = take_fields(body, *count);
  if (!body.empty()) return std::nullopt;
  return out;
}

inline std::optional<std::vector<row>> read_binary_copy(std::string_view stream) {
  std::vector<row> out;
  if (stream.size() < binary_header.size() || stream.substr(0, 11) != binary_header.substr(0, 11)) return std::nullopt;
  std::size_t extension = 0;
  for (std::size_t at = 15; at < 19; ++at) extension = extension << 8 | static_cast<unsigned char>(stream[at]);
  stream.remove_prefix(binary_header.size());
  if (extension > stream.size()) return std::nullopt;
  stream.remove_prefix(extension);
  while (true) {
    const auto count = take_count(stream);
    if (!count) return std::nullopt;
    if (*count == 0xffff) return stream.empty() ? std::optional(out) : std::nullopt;
    auto next = take_fields(stream, *count);
    if (!next) return std::nullopt;
    out.push_back(std::move(*next));
  }
}

// Text and csv, byte by byte. A field is NULL when its raw text, not quoted, is the null text.
class line_reader {
 public:
  explicit line_reader(const enforce::copy_options& options)
      : options_(options), csv_(options.format == enforce::copy_format::csv) {}

  std::optional<std::vector<row>> read(std::string_view stream) {
    for (std::size_t at = 0; at < stream.size(); ++at) {
      const char c = stream[at];
      const bool more = at + 1 < stream.size();
      if (csv_ ? quoted_ : false) {
        raw_ += c;
        if (c == options_.escape && more && (stream[at + 1] == options_.quote || stream[at + 1] == options_.escape)) {
          value_ += stream[++at];
          raw_ += stream[at];
        } else if (c == options_.quote) {
          quoted_ = false;
        } else {
          value_ += c;
        }
      } else if (c == options_.delimiter || c == '\n') {
        end_field();
        if (c == '\n') rows_.push_back(std::move(now_)), now_.clear();
      } else if (csv_ && c == options_.quote) {
        quoted_ = true;
        raw_ += c;
      } else if (!csv_ && c == '\\' && more) {
        raw_ += c;
        raw_ += stream[++at];
        value_ += unescaped(stream[at]);
      } else {
        raw_ += c;
        value_ += c;
      }
    }
    if (!raw_.empty() || !now_.empty() || quoted_) return std::nullopt;
    return std::move(rows_);
  }

 private:
  void end_field() {
    now_.push_back(raw_ == options_.null_text ? std::nullopt : std::optional(value_));
    raw_.clear();
    value_.clear();
  }
  static char unescaped(char letter) {
    switch (letter) {
      case 'b': return '\b';
      case 'f': return '\f';
      case 'n': return '\n';
      case 'r': return '\r';
      case 't': return '\t';
      case 'v': return '\v';
      default: return letter;
    }
  }

  const enforce::copy_options& options_;
  const bool csv_;
  bool quoted_ = false;
  std::string raw_, value_;
  row now_;
  std::vector<row> rows_;
};

inline std::optional<std::vector<row>> read_copy(std::string_view stream, const enforce::copy_options& options) {
  if (options.format == enforce::copy_format::binary) return read_binary_copy(stream);
  return line_reader(options).read(stream);
}

}  // namespace sluice::fuzz
