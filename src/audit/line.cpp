#include "sluice/audit/line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "sluice/auth/crypto.hpp"

namespace sluice::audit {
namespace {

enum byte_kind : std::uint8_t { plain, escaped, multibyte };

constexpr std::array<std::uint8_t, 256> kinds = [] {
  std::array<std::uint8_t, 256> table{};
  for (int byte = 0; byte < 256; ++byte)
    table[byte] = byte >= 0x80                                                   ? multibyte
                  : (byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\') ? escaped
                                                                                 : plain;
  return table;
}();

// Length of the well-formed sequence at the start of `text` (Unicode table 3-7), 0 when it is not one.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto continues = [&](std::size_t at, unsigned low = 0x80, unsigned high = 0xbf) {
    return at < text.size() && byte(at) >= low && byte(at) <= high;
  };
  const unsigned first = byte(0);
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool second = continues(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf);
    return second && continues(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool second = continues(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
    return second && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

void write_unicode_escape(std::string& out, unsigned unit) {
  static constexpr char digits[] = "0123456789abcdef";
  const char text[] = {'\\', 'u', '0', '0', digits[unit >> 4 & 15], digits[unit & 15]};
  out.append(text, sizeof text);
}

void write_escaped(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
  }
  write_unicode_escape(out, byte);
}

// Eight bytes at once: true only when every one of them is plain.
bool all_plain(const char* at) {
  constexpr std::uint64_t ones = 0x0101010101010101, highs = ones << 7;
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  const auto has = [&](std::uint64_t byte) {
    const auto difference = word ^ (ones * byte);
    return (difference - ones) & ~difference;
  };
  const auto has_control = (word - ones * 0x20) & ~word;
  return ((word | has_control | has('"') | has('\\') | has(0x7f)) & highs) == 0;
}

void write_content(std::string& out, std::string_view text) {
  std::size_t run = 0, at = 0;
  const auto flush = [&] { out.append(text.data() + run, at - run); };
  while (at < text.size()) {
    if (text.size() - at >= 8 && all_plain(text.data() + at)) {
      at += 8;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    if (kinds[byte] == plain) {
      ++at;
    } else if (kinds[byte] == escaped) {
      flush();
      write_escaped(out, byte);
      run = ++at;
    } else if (const auto length = sequence_length(text.substr(at)); length == 0) {
      flush();
      out += "\\ufffd";
      run = ++at;
    } else if (byte == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0) {  // C1
      flush();
      write_unicode_escape(out, static_cast<unsigned char>(text[at + 1]));
      run = at += 2;
    } else {
      at += length;
    }
  }
  flush();
}

void write_limited(std::string& out, std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return write_string(out, text);
  auto kept = limit;
  while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xc0) == 0x80) --kept;
  out += '"';
  write_content(out, text.substr(0, kept));
  out += " [truncated: " + std::to_string(text.size()) + " bytes, sha256 " + auth::to_hex(auth::sha256(text)) + "]\"";
}

class members {
 public:
  explicit members(std::string& out) : out_(out) {}

  void text(std::string_view key, std::string_view value, std::size_t limit = max_text_bytes) {
    if (value.empty()) return;
    name(key);
    write_limited(out_, value, limit);
  }
  void number(std::string_view key, std::uint64_t value) {
    name(key);
    char digits[20];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void nonzero(std::string_view key, std::uint64_t value) {
    if (value != 0) number(key, value);
  }
  void optional(std::string_view key, const std::optional<std::uint64_t>& value) {
    if (value) number(key, *value);
  }
  void flag(std::string_view key, bool value) {
    if (!value) return;
    name(key);
    out_ += "true";
  }
  // Elements through `element(value)`, which writes exactly one JSON value.
  template <class List, class Element>
  void list(std::string_view key, const List& values, Element element) {
    if (values.empty()) return;
    name(key);
    char separator = '[';
    for (const auto& value : values) {
      out_ += separator;
      separator = ',';
      element(value);
    }
    out_ += ']';
  }
  void texts(std::string_view key, const std::vector<std::string>& values) {
    list(key, values, [&](const std::string& value) { write_limited(out_, value, max_text_bytes); });
  }

 private:
  void name(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }

  std::string& out_;
  bool first_ = true;
};

void write_column(std::string& out, const touched_column& column) {
  out += '{';
  members to(out);
  to.text("column", column.column);
  to.texts("classes", column.classes);
  to.flag("read", column.read);
  to.flag("written", column.written);
  out += '}';
}

void write_relation(std::string& out, const touched_relation& relation) {
  out += '{';
  members to(out);
  to.text("layer", relation.layer);
  to.text("schema", relation.schema);
  to.text("relation", relation.relation);
  to.texts("actions", relation.actions);
  to.list("columns", relation.columns, [&](const auto& column) { write_column(out, column); });
  to.texts("masks", relation.masks);
  to.texts("filters", relation.filters);
  out += '}';
}

}  // namespace

void write_string(std::string& out, std::string_view text) {
  out += '"';
  write_content(out, text);
  out += '"';
}

void write_members(std::string& out, const record& what) {
  members to(out);
  to.text("event", name_of(what.event));
  to.nonzero("session", what.session);
  to.text("user", what.user);
  to.texts("roles", what.roles);
  to.text("client", what.client);
  to.text("application_name", what.application_name);
  to.text("database", what.database);
  to.texts("layers", what.layers);
  to.text("sql", what.sql, max_sql_bytes);
  to.text("rewritten_sha256", what.rewritten_sha256);
  to.text("fingerprint", what.fingerprint);
  to.text("decision", what.decision);
  to.text("reason", what.reason);
  to.texts("rules", what.rules);
  to.nonzero("policy_revision", what.policy_revision);
  to.nonzero("catalog_revision", what.catalog_revision);
  to.list("relations", what.relations, [&](const auto& relation) { write_relation(out, relation); });
  if (what.parameters) {
    std::size_t left = max_parameters_bytes;
    to.list("parameters", *what.parameters, [&](const auto& value) {
      if (!value) {
        out += "null";
        return;
      }
      write_limited(out, *value, std::min(left, max_text_bytes));
      left -= std::min({left, value->size(), max_text_bytes});
    });
  }
  to.nonzero("of", what.of);
  to.optional("rows", what.rows);
  to.optional("bytes", what.bytes);
  to.optional("decide_us", what.decide_us);
  to.optional("upstream_us", what.upstream_us);
  to.optional("relay_us", what.relay_us);
  to.text("sqlstate", what.sqlstate);
  to.text("detail", what.detail);
}

namespace {

// `value` in exactly `width` digits.
char* write_digits(char* at, std::int64_t value, int width) {
  for (int digit = width - 1; digit >= 0; --digit, value /= 10) at[digit] = static_cast<char>('0' + value % 10);
  return at + width;
}

// Civil date from days since 1970-01-01 in the proleptic Gregorian calendar, without the locks of gmtime_r.
void write_second(char* at, std::int64_t second) {
  const std::int64_t day = second / 86400, rest = second % 86400;
  const std::int64_t shifted = day + 719468, era = shifted / 146097, of_era = shifted - era * 146097;
  const std::int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * of_year + 2) / 153;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  at = write_digits(at, year, 4);
  *at++ = '-';
  at = write_digits(at, month, 2);
  *at++ = '-';
  at = write_digits(at, of_year - (153 * month_from_march + 2) / 5 + 1, 2);
  *at++ = 'T';
  at = write_digits(at, rest / 3600, 2);
  *at++ = ':';
  at = write_digits(at, rest / 60 % 60, 2);
  *at++ = ':';
  write_digits(at, rest % 60, 2);
}

constexpr std::string_view before_time = "{\"time\":\"";
constexpr std::string_view before_sequence = "Z\",\"seq\":";
static_assert(before_time.size() == time_offset);

constexpr std::int64_t last_second = 253402300799;  // the last one that four digits of year can show

}  // namespace

std::string format_time(std::int64_t microseconds_since_epoch) {
  const std::int64_t time = std::max<std::int64_t>(microseconds_since_epoch, 0);
  std::string text = "0000-00-00T00:00:00.000000Z";
  write_second(text.data(), std::min(time / 1000000, last_second));
  write_digits(text.data() + 20, time % 1000000, 6);
  return text;
}

std::string_view opening::write(std::int64_t microseconds_since_epoch, std::uint64_t sequence) {
  const std::int64_t now = std::max<std::int64_t>(microseconds_since_epoch, 0);
  char* at = text_ + before_time.size();
  if (now / 1000000 != second_) {
    second_ = now / 1000000;
    std::memcpy(text_, before_time.data(), before_time.size());
    write_second(at, std::min(second_, last_second));
    at[19] = '.';
  }
  at = write_digits(at + 20, now % 1000000, 6);
  std::memcpy(at, before_sequence.data(), before_sequence.size());
  at = std::to_chars(at + before_sequence.size(), text_ + sizeof text_ - 1, sequence).ptr;
  *at++ = ',';
  return {text_, static_cast<std::size_t>(at - text_)};
}

}  // namespace sluice::audit
