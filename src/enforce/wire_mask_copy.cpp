#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "sluice/enforce/wire_masks.hpp"

namespace sluice::enforce {
namespace {

constexpr std::string_view binary_signature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t binary_header_bytes = 11 + 4 + 4;
constexpr std::uint32_t binary_has_oids = 1u << 16;
constexpr std::size_t longest_header_extension = 64u << 10;

struct letter_escape {
  char letter;
  char character;
};
constexpr letter_escape letter_escapes[] = {{'b', '\b'}, {'f', '\f'}, {'n', '\n'},
                                            {'r', '\r'}, {'t', '\t'}, {'v', '\v'}};

std::uint32_t read_be(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < count; ++i) out = (out << 8) | static_cast<unsigned char>(bytes[at + i]);
  return out;
}
void append_length(std::string& out, std::size_t length) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((length >> shift) & 0xff);
}

std::string decode_text(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\' || i + 1 == raw.size()) {
      out += raw[i];
      continue;
    }
    const char next = raw[++i];
    const auto row = std::find_if(std::begin(letter_escapes), std::end(letter_escapes),
                                  [&](const letter_escape& each) { return each.letter == next; });
    out += row == std::end(letter_escapes) ? next : row->character;
  }
  return out;
}
std::string encode_text(std::string_view value, char delimiter) {
  std::string out;
  for (const char c : value) {
    const auto row = std::find_if(std::begin(letter_escapes), std::end(letter_escapes),
                                  [&](const letter_escape& each) { return each.character == c; });
    if (row != std::end(letter_escapes)) {
      out += '\\';
      out += row->letter;
    } else {
      if (c == '\\' || c == delimiter) out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace

// A field of a masked column is held until it is complete; everything else passes as it comes.
struct copy_masker::state {
  enum class step { header, header_extension, tuple, length, field, trailer };

  std::vector<std::vector<std::string>> detectors;  // by column; empty: not masked
  copy_options options;
  std::string held;  // text, csv: the raw field so far; binary: the bytes of the step so far
  std::size_t column = 0;
  bool failed = false;
  // text and csv
  bool first_row = true;
  bool quoted = false;   // csv: inside quotes
  bool escaped = false;  // the next character is literal
  bool row_open = false;
  // binary
  step at = step::header;
  std::size_t wanted = binary_header_bytes;
  std::size_t columns = 0;

  const std::vector<std::string>* mask() const {
    return column < detectors.size() && !detectors[column].empty() ? &detectors[column] : nullptr;
  }
  bool is_header_row() const { return options.header && first_row; }

  std::optional<base::diagnostic> fail(std::string cause) {
    failed = true;
    return base::diagnostic{std::move(cause), "the session ends", {}, "08P01"};
  }

  std::string shown(std::string_view raw) const;
  std::string decode_csv(std::string_view raw) const;
  std::string encode_csv(std::string_view value) const;
  void end_field(std::string& out);
  std::optional<base::diagnostic> end_row();
  std::optional<base::diagnostic> append(std::string_view bytes, std::string& out);
  std::optional<base::diagnostic> feed_lines(std::string_view payload, std::string& out);
  std::optional<base::diagnostic> feed_binary(std::string_view payload, std::string& out);
  std::optional<base::diagnostic> end_step(std::string& out);
  void next_field();
};

std::string copy_masker::state::decode_csv(std::string_view raw) const {
  std::string out;
  bool inside = false;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    const bool escapes = inside && c == options.escape && i + 1 < raw.size() &&
                         (raw[i + 1] == options.quote || raw[i + 1] == options.escape);
    if (escapes) {
      out += raw[++i];
    } else if (c == options.quote) {
      inside = !inside;
    } else {
      out += c;
    }
  }
  return out;
}
std::string copy_masker::state::encode_csv(std::string_view value) const {
  std::string out(1, options.quote);
  for (const char c : value) {
    if (c == options.quote || c == options.escape) out += options.escape;
    out += c;
  }
  return out + options.quote;
}

// The raw field as it is sent on: unchanged, unless something in it was masked.
std::string copy_masker::state::shown(std::string_view raw) const {
  if (raw == options.null_text) return std::string(raw);
  const bool csv = options.format == copy_format::csv;
  const std::string value = csv ? decode_csv(raw) : decode_text(raw);
  const std::string masked = mask_value(value, *mask());
  if (masked == value) return std::string(raw);
  return csv ? encode_csv(masked) : encode_text(masked, options.delimiter);
}

void copy_masker::state::end_field(std::string& out) {
  if (mask() != nullptr && !is_header_row()) out += shown(held);
  held.clear();
  ++column;
}

// A row too short for a masked column was cut at other places than the server cut it: nothing of it can be trusted.
std::optional<base::diagnostic> copy_masker::state::end_row() {
  if (column < detectors.size()) return fail("a row of the copy lacks a masked column");
  column = 0;
  first_row = false;
  row_open = false;
  return std::nullopt;
}

// Bytes of the present field: held when its column is masked, else on their way.
std::optional<base::diagnostic> copy_masker::state::append(std::string_view bytes, std::string& out) {
  if (mask() == nullptr || is_header_row()) {
    out += bytes;
  } else if (bytes.size() > max_field_bytes - held.size()) {
    return fail("a field of a masked column is larger than the limit");
  } else {
    held += bytes;
  }
  return std::nullopt;
}

std::optional<base::diagnostic> copy_masker::state::feed_lines(std::string_view payload, std::string& out) {
  const bool csv = options.format == copy_format::csv;
  const char marks[] = {options.delimiter, '\n', csv ? options.quote : '\\', csv ? options.escape : '\\'};
  const auto is_mark = [&](char c) { return std::find(std::begin(marks), std::end(marks), c) != std::end(marks); };
  while (!payload.empty()) {
    row_open = true;
    const char c = payload.front();
    if (!escaped && !is_mark(c)) {
      const auto end = std::find_if(payload.begin(), payload.end(), is_mark);
      const std::string_view run = payload.substr(0, static_cast<std::size_t>(end - payload.begin()));
      if (auto problem = append(run, out)) return problem;
      payload.remove_prefix(run.size());
      continue;
    }
    payload.remove_prefix(1);
    if (!escaped && !quoted && (c == options.delimiter || c == '\n')) {
      end_field(out);
      out += c;
      if (c == '\n') {
        if (auto problem = end_row()) return problem;
      }
      continue;
    }
    if (escaped) {
      escaped = false;
    } else if (csv) {
      if (quoted && c == options.escape && options.escape != options.quote) {
        escaped = true;
      } else if (c == options.quote) {
        quoted = !quoted;  // a doubled quote leaves and enters again
      }
    } else if (c == '\\') {
      escaped = true;
    }
    if (auto problem = append({&c, 1}, out)) return problem;
  }
  return std::nullopt;
}

void copy_masker::state::next_field() {
  held.clear();
  at = column == columns ? step::tuple : step::length;
  wanted = column == columns ? 2 : 4;
}

std::optional<base::diagnostic> copy_masker::state::end_step(std::string& out) {
  switch (at) {
    case step::header: {
      if (std::string_view(held).substr(0, binary_signature.size()) != binary_signature) {
        return fail("the copy does not begin with the signature of binary format");
      }
      if ((read_be(held, 11, 4) & binary_has_oids) != 0)
        return fail("the copy carries object ids, which is not understood");
      const std::size_t extension = read_be(held, 15, 4);
      if (extension > longest_header_extension)
        return fail("the header extension of the copy is larger than the limit");
      out += held;
      held.clear();
      at = extension == 0 ? step::tuple : step::header_extension;
      wanted = extension == 0 ? 2 : extension;
      return std::nullopt;
    }
    case step::header_extension: {
      out += held;
      held.clear();
      at = step::tuple;
      wanted = 2;
      return std::nullopt;
    }
    case step::tuple: {
      columns = read_be(held, 0, 2);
      out += held;
      column = 0;
      if (columns == 0xffff) {
        held.clear();
        at = step::trailer;
        wanted = 0;
        return std::nullopt;
      }
      if (columns < detectors.size()) return fail("a row of the copy lacks a masked column");
      next_field();
      return std::nullopt;
    }
    case step::length: {
      const std::uint32_t length = read_be(held, 0, 4);
      const bool null = length == std::numeric_limits<std::uint32_t>::max();
      if (!null && length > static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max())) {
        return fail("a field of the copy has a negative length");
      }
      if (null || length == 0) {
        out += held;
        ++column;
        next_field();
        return std::nullopt;
      }
      if (mask() == nullptr) {
        out += held;
      } else if (length > max_field_bytes) {
        return fail("a field of a masked column is larger than the limit");
      }
      held.clear();
      at = step::field;
      wanted = length;
      return std::nullopt;
    }
    case step::field: {
      if (mask() != nullptr) {
        const std::string value = mask_value(held, *mask());
        append_length(out, value.size());
        out += value;
      }
      ++column;
      next_field();
      return std::nullopt;
    }
    case step::trailer: return fail("the copy goes on behind its end");
  }
  return fail("the copy is not understood");
}

std::optional<base::diagnostic> copy_masker::state::feed_binary(std::string_view payload, std::string& out) {
  while (!payload.empty()) {
    if (at == step::trailer) return fail("the copy goes on behind its end");
    const bool passing = at == step::field && mask() == nullptr;
    const std::size_t take = std::min(payload.size(), passing ? wanted : wanted - held.size());
    if (passing) {
      out += payload.substr(0, take);
      wanted -= take;
    } else {
      held += payload.substr(0, take);
    }
    payload.remove_prefix(take);
    if (passing ? wanted == 0 : held.size() == wanted) {
      if (auto problem = end_step(out)) return problem;
    }
  }
  return std::nullopt;
}

copy_masker::copy_masker(std::vector<wire_mask> masks, copy_options options) : state_(std::make_unique<state>()) {
  state_->options = std::move(options);
  for (wire_mask& each : masks) {
    if (each.detectors.empty()) continue;
    if (state_->detectors.size() <= each.column) state_->detectors.resize(each.column + 1);
    auto& all = state_->detectors[each.column];
    all.insert(all.end(), each.detectors.begin(), each.detectors.end());
  }
}
copy_masker::~copy_masker() = default;
copy_masker::copy_masker(copy_masker&&) noexcept = default;

base::result<std::string> copy_masker::feed(std::string_view payload) {
  if (state_->failed) return base::diagnostic{"the copy has failed before", "the session ends", {}, "08P01"};
  std::string out;
  auto problem = state_->options.format == copy_format::binary ? state_->feed_binary(payload, out)
                                                               : state_->feed_lines(payload, out);
  if (problem) return std::move(*problem);
  return {boost::system::in_place_value, std::move(out)};
}

base::result<std::string> copy_masker::finish() {
  if (state_->failed) return base::diagnostic{"the copy has failed before", "the session ends", {}, "08P01"};
  const bool lines = state_->options.format != copy_format::binary;
  const bool complete = lines ? !state_->row_open : state_->at == state::step::trailer;
  if (!complete) return *state_->fail("the copy ends inside a row");
  return {boost::system::in_place_value, std::string()};
}

}  // namespace sluice::enforce
