#include "sluice/enforce/mask_sql.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "sluice/enforce/wire_masks.hpp"

namespace sluice::enforce {
namespace {

using policy::mask_kind;

// Wide enough for every real width; narrow enough that quotients of guarded values cannot overflow a numeric.
constexpr double smallest_bucket = 1e-9;
constexpr double largest_bucket = 1e18;
constexpr int longest_kept = 1000;
// Fixed lengths: a mask as long as its value would tell the length.
constexpr int full_length = 8;
constexpr std::string_view partial_gap = "****";
constexpr std::string_view nothing_kept = "***";
// The chance that two values share a token is negligible from here on.
constexpr int shortest_token = 12;
constexpr int modifier_header = 4;  // VARHDRSZ, which text and numeric modifiers include

enum class family {
  text,
  integer,
  numeric,
  floating,
  money,
  date,
  timestamp,
  timestamptz,
  boolean,
  uuid,
  bytes,
  json,
  other
};

struct type_row {
  std::string_view base_type;
  family kind;
};
constexpr std::array type_rows{type_row{"bool", family::boolean},        type_row{"bpchar", family::text},
                               type_row{"bytea", family::bytes},         type_row{"citext", family::text},
                               type_row{"date", family::date},           type_row{"float4", family::floating},
                               type_row{"float8", family::floating},     type_row{"int2", family::integer},
                               type_row{"int4", family::integer},        type_row{"int8", family::integer},
                               type_row{"json", family::json},           type_row{"jsonb", family::json},
                               type_row{"money", family::money},         type_row{"name", family::text},
                               type_row{"numeric", family::numeric},     type_row{"text", family::text},
                               type_row{"timestamp", family::timestamp}, type_row{"timestamptz", family::timestamptz},
                               type_row{"uuid", family::uuid},           type_row{"varchar", family::text}};

// A CHECK or NOT NULL of a domain would be evaluated on the mask's value and could raise: domains only take NULL.
family family_of(const catalog::column& column) {
  if (column.is_domain) return family::other;
  const auto row = std::find_if(type_rows.begin(), type_rows.end(),
                                [&](const type_row& each) { return each.base_type == column.base_type; });
  return row == type_rows.end() ? family::other : row->kind;
}

std::string cast(std::string_view expression, std::string_view type) {
  return "CAST(" + std::string(expression) + " AS " + std::string(type) + ")";
}
std::string as_text(std::string_view expression) { return cast(expression, "pg_catalog.text"); }
std::string call(std::string_view function, std::string_view arguments) {
  return "pg_catalog." + std::string(function) + "(" + std::string(arguments) + ")";
}
std::string infix(std::string_view left, std::string_view op, std::string_view right) {
  return "(" + std::string(left) + " OPERATOR(pg_catalog." + std::string(op) + ") " + std::string(right) + ")";
}
std::string number(std::string_view digits) { return cast(quote_literal(digits), "pg_catalog.\"numeric\""); }

// A subscript of a NULL array yields the domain's NULL without asking its constraints.
std::string null_of(const catalog::column& column) {
  if (column.is_domain) return "(CAST(NULL AS " + column.type_sql + "[]))[1]";
  return cast("NULL", column.type_sql);
}
// NULL stays NULL, everything else becomes `value`.
std::string unless_null(std::string_view column_sql, const std::string& value) {
  return "CASE WHEN " + std::string(column_sql) + " IS NULL THEN NULL ELSE " + value + " END";
}

struct numeric_shape {
  int precision = 0;
  int scale = 0;
};
std::optional<numeric_shape> shape_of(const catalog::column& column) {
  if (column.typmod < modifier_header) return std::nullopt;
  const int packed = column.typmod - modifier_header;
  return numeric_shape{(packed >> 16) & 0xffff,
                       ((packed & 0x7ff) ^ 1024) - 1024};  // the scale is a signed 11-bit field
}
std::optional<int> declared_length(const catalog::column& column) {
  if (column.base_type != "varchar" && column.base_type != "bpchar") return std::nullopt;
  if (column.typmod < modifier_header) return std::nullopt;
  return column.typmod - modifier_header;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}
int two_digits(std::string_view text) { return (text[0] - '0') * 10 + (text[1] - '0'); }

// `yyyy-mm-dd`, years 1 to 9999.
bool is_iso_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  if (!all_digits(text.substr(0, 4)) || !all_digits(text.substr(5, 2)) || !all_digits(text.substr(8, 2))) return false;
  const int year = two_digits(text.substr(0, 2)) * 100 + two_digits(text.substr(2, 2));
  const int month = two_digits(text.substr(5, 2));
  const int day = two_digits(text.substr(8, 2));
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= days[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}
// `yyyy-mm-dd`, optionally followed by ` hh:mm:ss`.
bool is_iso_timestamp(std::string_view text) {
  if (text.size() == 10) return is_iso_date(text);
  if (text.size() != 19 || (text[10] != ' ' && text[10] != 'T') || text[13] != ':' || text[16] != ':') return false;
  const std::string_view time = text.substr(11);
  for (const std::size_t at : {0u, 3u, 6u}) {
    if (!all_digits(time.substr(at, 2))) return false;
  }
  return is_iso_date(text.substr(0, 10)) && two_digits(time) < 24 && two_digits(time.substr(3)) < 60 &&
         two_digits(time.substr(6)) < 60;
}
bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}
bool fits_integer(std::string_view text, std::string_view type) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  if (type == "int8") return true;
  if (type == "int4")
    return value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max();
  return value >= std::numeric_limits<std::int16_t>::min() && value <= std::numeric_limits<std::int16_t>::max();
}
bool fits_numeric(std::string_view text, const catalog::column& column) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (!all_digits(whole) || (point != std::string_view::npos && !all_digits(fraction)) || text.size() > 60)
    return false;
  const auto shape = shape_of(column);
  if (!shape) return true;
  const int room = shape->precision - shape->scale - static_cast<int>(whole.size());
  return room > 0 || (room == 0 && static_cast<int>(fraction.size()) <= shape->scale);  // rounding may carry one digit
}
bool fits_floating(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const double size = std::fabs(value);
  return error == std::errc{} && end == text.data() + text.size() && std::isfinite(value) &&
         (size == 0 || (size > 1e-30 && size < 1e38));
}

std::string constant_mask(const policy::mask& with, const catalog::column& column) {
  const std::string& text = with.constant;
  const auto literal = [&](bool fits) { return fits ? cast(quote_literal(text), column.type_sql) : null_of(column); };
  switch (family_of(column)) {
    case family::text: return cast(as_text(quote_literal(text)), column.type_sql);
    case family::json: return cast(call("to_json", as_text(quote_literal(text))), column.type_sql);
    case family::integer: return literal(fits_integer(text, column.base_type));
    case family::numeric: return literal(fits_numeric(text, column));
    case family::floating: return literal(fits_floating(text));
    case family::date: return literal(is_iso_date(text));
    case family::timestamp:
    case family::timestamptz: return literal(is_iso_timestamp(text));
    case family::boolean: return literal(text == "true" || text == "false");
    case family::uuid: return literal(is_uuid(text));
    case family::money:
    case family::bytes:
    case family::other: return null_of(column);
  }
  return null_of(column);
}

std::string repeated(std::string_view what, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += what;
  return out;
}

std::string full_mask(const policy::mask& with, const catalog::column& column, std::string_view column_sql) {
  const std::string fill =
      quote_literal(repeated(with.constant.empty() ? "*" : std::string_view(with.constant), full_length));
  switch (family_of(column)) {
    case family::text: return cast(unless_null(column_sql, as_text(fill)), column.type_sql);
    case family::json: return cast(unless_null(column_sql, call("to_json", as_text(fill))), column.type_sql);
    case family::integer:
    case family::numeric:
    case family::floating:
    case family::money:
    case family::date:
    case family::timestamp:
    case family::timestamptz:
    case family::boolean:
    case family::uuid:
    case family::bytes:
    case family::other: return null_of(column);
  }
  return null_of(column);
}

std::string partial_mask(const policy::mask& with, const catalog::column& column, std::string_view column_sql) {
  const int first = std::clamp(with.keep_first, 0, longest_kept);
  const int last = std::clamp(with.keep_last, 0, longest_kept);
  const std::string text = as_text(column_sql);
  std::string kept = as_text(quote_literal(partial_gap));
  if (first > 0) kept = infix(call("\"left\"", text + ", " + std::to_string(first)), "||", kept);
  if (last > 0) kept = infix(kept, "||", call("\"right\"", text + ", " + std::to_string(last)));
  const std::string long_enough = infix(call("char_length", text), ">", std::to_string(first + last));
  return cast("CASE WHEN " + std::string(column_sql) + " IS NULL THEN NULL WHEN " + long_enough + " THEN " + kept +
                  " ELSE " + as_text(quote_literal(partial_gap)) + " END",
              column.type_sql);
}

// Only endings that millions of addresses share are kept; anything else might name somebody.
std::string email_mask(const catalog::column& column, std::string_view column_sql) {
  const std::string text = as_text(column_sql);
  // Substring search refuses nondeterministic collations; as a condition this collation does not spread to the value.
  const std::string plain = "(" + text + " COLLATE pg_catalog.\"C\")";
  std::string ending = "CASE";
  for (const std::string_view known : {".com", ".net", ".org", ".jp"}) {
    ending += " WHEN " +
              infix(call("\"right\"", plain + ", " + std::to_string(known.size())), "=", quote_literal(known)) +
              " THEN " + as_text(quote_literal(known));
  }
  ending += " ELSE " + as_text("'.***'") + " END";
  const std::string has_local_part = infix(call("strpos", plain + ", " + as_text("'@'")), ">", "1");
  return cast("CASE WHEN " + std::string(column_sql) + " IS NULL THEN NULL WHEN " + has_local_part + " THEN " +
                  infix(infix(call("\"left\"", text + ", 1"), "||", as_text("'***@***'")), "||", ending) + " ELSE " +
                  as_text(quote_literal(nothing_kept)) + " END",
              column.type_sql);
}

// `***-****-**34`: the last two digits of what looks like a number, whatever its separators; full-width digits count.
std::string phone_mask(const catalog::column& column, std::string_view column_sql) {
  const std::string text = as_text(column_sql);
  const std::string separators = call("translate", text + ", '0123456789０１２３４５６７８９', ''");
  const std::string digits = call("translate", text + ", " + separators + ", ''");
  const std::string last_two =
      call("translate", call("\"right\"", digits + ", 2") + ", '０１２３４５６７８９', '0123456789'");
  // Bounded, because translate() compares every character with every separator.
  const std::string short_enough = infix(call("char_length", text), "<=", "64");
  // What is masked already stays: a Creator's copies are read through masks again.
  const std::string masked = infix(call("char_length", digits), "=", "2") + " AND " + infix(call("char_length", call("translate", text + ", '*-', ''")), "=", "2");
  return cast("CASE WHEN " + std::string(column_sql) + " IS NULL THEN NULL WHEN " + short_enough + " THEN CASE WHEN " +
                  infix(call("char_length", digits), ">=", "8") + " OR " + masked + " THEN " +
                  infix(as_text("'***-****-**'"), "||", last_two) + " ELSE " + as_text(quote_literal(nothing_kept)) +
                  " END ELSE " + as_text(quote_literal(nothing_kept)) + " END",
              column.type_sql);
}

// January 1st of the year. UTC, because a time zone that the reader chooses could be used to probe around New Year.
std::string year_mask(const catalog::column& column, std::string_view column_sql) {
  const auto within = [&](std::string_view type, std::string_view zone, const std::string& value) {
    const auto bound = [&](std::string_view moment) {
      return cast(quote_literal(std::string(moment) + std::string(zone)), type);
    };
    // Outside lie the infinities and what a timestamp cannot hold.
    return cast("CASE WHEN " + infix(column_sql, ">=", bound("0001-01-01")) + " AND " +
                    infix(column_sql, "<", bound("9999-01-01")) + " THEN " + value + " END",
                column.type_sql);
  };
  switch (family_of(column)) {
    case family::date:
      return within(
          "pg_catalog.date", "",
          cast(call("date_trunc", "'year', " + cast(column_sql, "pg_catalog.\"timestamp\"")), "pg_catalog.date"));
    case family::timestamp:
      return within("pg_catalog.\"timestamp\"", "", call("date_trunc", "'year', " + std::string(column_sql)));
    case family::timestamptz:
      return within("pg_catalog.timestamptz", " 00:00:00+00",
                    call("date_trunc", "'year', " + std::string(column_sql) + ", 'UTC'"));
    case family::text:
    case family::integer:
    case family::numeric:
    case family::floating:
    case family::money:
    case family::boolean:
    case family::uuid:
    case family::bytes:
    case family::json:
    case family::other: return null_of(column);
  }
  return null_of(column);
}

std::string decimal(double value) {
  std::array<char, 64> digits{};
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  return error == std::errc{} ? std::string(digits.data(), end) : std::string();
}

// The values whose bucket surely fits the type: [lowest, highest]. A bucket may lie one width below its values.
struct bucket_range {
  std::string lowest;
  std::string highest;
};
bucket_range bucket_range_of(const catalog::column& column, const std::string& width) {
  const auto above = [&](std::string_view floor) { return infix(number(floor), "+", number(width)); };
  if (column.base_type == "int2") return {above("-32767"), number("32767")};
  if (column.base_type == "int4") return {above("-2147483647"), number("2147483647")};
  if (column.base_type == "int8") return {above("-9223372036854775807"), number("9223372036854775807")};
  if (column.base_type == "float4") return {above("-1e37"), number("1e37")};
  if (column.base_type == "money") return {above("-9e13"), number("9e13")};
  if (const auto shape = shape_of(column); shape && column.base_type == "numeric") {
    const std::string limit = "1e" + std::to_string(shape->precision - shape->scale);
    const std::string unit = "1e" + std::to_string(-shape->scale);
    return {infix(above("-" + limit), "+", number(unit)), number(limit)};
  }
  return {above("-1e100"), number("1e100")};
}

std::string bucket_mask(const policy::mask& with, const catalog::column& column, std::string_view column_sql) {
  if (!(with.bucket >= smallest_bucket && with.bucket <= largest_bucket)) return null_of(column);
  const auto bucketed = [&] {
    const std::string width = decimal(with.bucket);
    const bucket_range range = bucket_range_of(column, width);
    const std::string value = cast(column_sql, "pg_catalog.\"numeric\"");
    // By remainders, which are exact; a quotient is rounded to some sixteen digits and may end up in the next bucket.
    const std::string remainder = call("mod", value + ", " + number(width));
    const std::string floor =
        infix(value, "-", call("mod", infix(remainder, "+", number(width)) + ", " + number(width)));
    // NaN sorts above every number and so falls outside, too.
    return cast("CASE WHEN " + infix(value, ">=", range.lowest) + " AND " + infix(value, "<=", range.highest) +
                    " THEN " + cast(floor, column.type_sql) + " END",
                column.type_sql);
  };
  switch (family_of(column)) {
    case family::integer:
    case family::numeric:
    case family::floating:
    case family::money: return bucketed();
    case family::text:
    case family::date:
    case family::timestamp:
    case family::timestamptz:
    case family::boolean:
    case family::uuid:
    case family::bytes:
    case family::json:
    case family::other: return null_of(column);
  }
  return null_of(column);
}

// sha256(key || sha256(key || value)): the outer hash stops extension of the inner one. NULL without a key.
std::string keyed_hash(const std::string& value_bytes) {
  const std::string setting = call("current_setting", quote_literal(token_key_setting) + ", true");
  // No NULLIF: its `=` would be looked up in the session's search_path.
  const std::string key =
      "CASE WHEN " + infix(setting, "<>", "''") + " THEN " + call("convert_to", setting + ", 'UTF8'") + " END";
  return call("sha256", infix("(" + key + ")", "||", call("sha256", infix("(" + key + ")", "||", value_bytes))));
}

std::string token_mask(const catalog::column& column, std::string_view column_sql) {
  const auto text_bytes = [](const std::string& text) { return call("convert_to", text + ", 'UTF8'"); };
  const auto hex = [&](const std::string& text, int length) {
    return call("\"left\"", call("encode", keyed_hash(text_bytes(text)) + ", 'hex'") + ", " + std::to_string(length));
  };
  const auto bits = [&](const std::string& text, int count) {
    return cast(infix(as_text("'x'"), "||", hex(text, count / 4)), "pg_catalog.bit(" + std::to_string(count) + ")");
  };
  const auto positive_int8 = [&](const std::string& text) {
    return infix(cast(bits(text, 64), "pg_catalog.int8"), "&", "9223372036854775807");
  };
  const std::string text = as_text(column_sql);
  switch (family_of(column)) {
    case family::text: {
      if (declared_length(column).value_or(shortest_token) < shortest_token) return null_of(column);
      // citext compares without case: equal values need equal tokens.
      return cast(hex(column.base_type == "citext" ? call("lower", text) : text, 32), column.type_sql);
    }
    case family::integer: {
      if (column.base_type == "int8") return cast(positive_int8(text), column.type_sql);
      if (column.base_type == "int4")
        return cast(infix(cast(bits(text, 32), "pg_catalog.int4"), "&", "2147483647"), column.type_sql);
      return null_of(column);  // 15 bits would make strangers equal
    }
    case family::numeric: {
      const auto shape = shape_of(column);
      const int room = shape ? std::min(shape->precision - shape->scale, 18) : 18;
      if (room < shortest_token) return null_of(column);
      const std::string value = as_text(call("trim_scale", column_sql));  // 1.0 and 1.00 are equal
      return cast(infix(positive_int8(value), "%", std::string("1") + std::string(static_cast<std::size_t>(room), '0')),
                  column.type_sql);
    }
    case family::uuid: return cast(hex(text, 32), column.type_sql);
    case family::bytes:
      return cast(call("\"substring\"", keyed_hash(std::string(column_sql)) + ", 1, 16"), column.type_sql);
    case family::floating:
    case family::money:
    case family::date:
    case family::timestamp:
    case family::timestamptz:
    case family::boolean:
    case family::json:
    case family::other: return null_of(column);
  }
  return null_of(column);
}

bool is_text(const catalog::column& column) { return family_of(column) == family::text; }

}  // namespace

std::string mask_expression(const policy::mask& with, const catalog::column& column, std::string_view column_sql) {
  switch (with.kind) {
    case mask_kind::null: return null_of(column);
    case mask_kind::constant: return constant_mask(with, column);
    case mask_kind::full: return full_mask(with, column, column_sql);
    case mask_kind::partial: return is_text(column) ? partial_mask(with, column, column_sql) : null_of(column);
    case mask_kind::email: return is_text(column) ? email_mask(column, column_sql) : null_of(column);
    case mask_kind::phone: return is_text(column) ? phone_mask(column, column_sql) : null_of(column);
    case mask_kind::date_year: return year_mask(column, column_sql);
    case mask_kind::bucket: return bucket_mask(with, column, column_sql);
    case mask_kind::token: return token_mask(column, column_sql);
    case mask_kind::detect: return detect_expression(with.detectors, column, column_sql);
  }
  return null_of(column);
}

bool reads_column(const policy::mask& with, const catalog::column& column) {
  if (with.kind == mask_kind::null || with.kind == mask_kind::constant) return false;
  return mask_expression(with, column, "c") != null_of(column);
}

std::string quote_identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string quote_literal(std::string_view text) {
  const bool escaped = text.find('\\') != std::string_view::npos;
  std::string out = escaped ? " E'" : "'";  // the blank keeps the E off a word before it
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out + '\'';
}

}  // namespace sluice::enforce
