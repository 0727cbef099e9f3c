#include <arpa/inet.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>

#include "sluice/enforce/mask_sql.hpp"
#include "sluice/enforce/wire_masks.hpp"

namespace sluice::enforce {
namespace {

// A replacement may put an end to what kept its neighbour from matching; real text settles after two passes.
constexpr int most_passes = 16;
constexpr std::string_view whole_mask = "[masked]";
constexpr std::size_t longest_ipv6 = 45;

struct match {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct pattern_text {
  std::string_view re2;
  std::string_view sql;            // for text: at least what the detector finds
  std::string_view sql_in_json{};  // when escapes of JSON need a wider one
};

// Digits, full-width ones too, and what people write between them.
#define DIGIT_RE2 "[0-9\\x{FF10}-\\x{FF19}]"
#define DIGIT_SQL "[0-9\\uFF10-\\uFF19]"
#define DASHES_RE2 " \\-\\x{2010}-\\x{2015}\\x{2212}\\x{30FC}\\x{FF0D}\\x{3000}"
#define DASHES_SQL " \\u2010-\\u2015\\u2212\\u30FC\\uFF0D\\u3000-"
#define GAP_RE2 "[()\\x{FF08}\\x{FF09}" DASHES_RE2 "]{0,2}"
#define GAP_SQL "[()\\uFF08\\uFF09" DASHES_SQL "]{0,2}"
#define LATIN_RE2 "A-Za-z0-9\\x{C0}-\\x{24F}"
#define LATIN_SQL "A-Za-z0-9\\u00C0-\\u024F"
#define SHORT_KEY "sk[_-][A-Za-z0-9_-]{16,}"
#define LONG_KEY(space)                                                                                          \
  "(?:AKIA|ASIA)[0-9A-Z]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|" \
  "xox[a-z]-[A-Za-z0-9-]{10,}|AIza[0-9A-Za-z_-]{30,}|eyJ[A-Za-z0-9_-]{8,}[.][A-Za-z0-9_-]{8,}[.][A-Za-z0-9_-]*|" \
  "(?:[Bb]earer|BEARER)" space "[A-Za-z0-9._~+/-]{8,}=*"

constexpr pattern_text email_pattern{
    "[" LATIN_RE2 "._%+-]+[@\\x{FF20}][" LATIN_RE2 "-]+(?:[.][" LATIN_RE2 "-]+)*[.][A-Za-z]{2,}",
    "[" LATIN_SQL "._%+-]+[@\\uFF20][" LATIN_SQL "-]+(?:[.][" LATIN_SQL "-]+)*[.][A-Za-z]{2,}"};
constexpr pattern_text phone_run{DIGIT_RE2 "(?:" GAP_RE2 DIGIT_RE2 "){9,}",
                                 "(?:" DIGIT_SQL GAP_SQL ")*[0\\uFF10](?:" GAP_SQL DIGIT_SQL
                                 "){9,}|[+\\uFF0B]" DIGIT_SQL "(?:" GAP_SQL DIGIT_SQL "){9,}"};
constexpr pattern_text e164_pattern{"[+\\x{FF0B}]" GAP_RE2 DIGIT_RE2 "(?:" GAP_RE2 DIGIT_RE2 "){7,}",
                                    "[+\\uFF0B]" GAP_SQL DIGIT_SQL "(?:" GAP_SQL DIGIT_SQL "){7,}"};
constexpr pattern_text card_run{DIGIT_RE2 "(?:[" DASHES_RE2 "]?" DIGIT_RE2 "){12,}",
                                DIGIT_SQL "(?:[" DASHES_SQL "]?" DIGIT_SQL "){12,}"};
constexpr pattern_text my_number_run{DIGIT_RE2 "(?:[" DASHES_RE2 "]?" DIGIT_RE2 "){11,}",
                                     DIGIT_SQL "(?:[" DASHES_SQL "]?" DIGIT_SQL "){11,}"};
constexpr pattern_text ipv4_run{"[0-9]+(?:[.][0-9]+){3,}", "[0-9]+(?:[.][0-9]+){3,}"};
constexpr pattern_text ipv6_run{"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*",
                                "[0-9A-Fa-f:.]*(?:::|(?:[0-9A-Fa-f]{1,4}:){6})[0-9A-Fa-f:.]*"};
// `sk-` also ends words such as `task-`, so it must begin one, or follow another key. In JSON a letter of an escape
// (`\n`) may stand before it: there it is found everywhere.
constexpr pattern_text key_pattern{"(?:" SHORT_KEY "|" LONG_KEY("\\s+") ")",
                                   "(?:(?<![A-Za-z0-9])" SHORT_KEY "|" LONG_KEY("\\s+") ")(?:" SHORT_KEY
                                                                                        "|" LONG_KEY("\\s+") ")*",
                                   "(?:" SHORT_KEY "|" LONG_KEY("(?:\\s|\\\\.)+") ")"};

bool find(const re2::RE2& pattern, std::string_view text, std::size_t from, match& found) {
  re2::StringPiece piece;
  const re2::StringPiece whole(text.data(), text.size());
  if (!pattern.Match(whole, from, text.size(), re2::RE2::UNANCHORED, &piece, 1)) return false;
  found.begin = static_cast<std::size_t>(piece.data() - text.data());
  found.end = found.begin + piece.size();
  return true;
}

struct digit {
  int value = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};
std::vector<digit> digits_of(std::string_view text, match run) {
  std::vector<digit> out;
  for (std::size_t at = run.begin; at < run.end; ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= '0' && byte <= '9') {
      out.push_back({byte - '0', at, at + 1});
    } else if (byte == 0xef && at + 2 < run.end && static_cast<unsigned char>(text[at + 1]) == 0xbc) {
      const auto last = static_cast<unsigned char>(text[at + 2]);
      if (last >= 0x90 && last <= 0x99) out.push_back({last - 0x90, at, at + 3});
      at += 2;
    }
  }
  return out;
}

// A number is not cut out of a longer one: its neighbours are separated from it.
bool stands_alone(const std::vector<digit>& digits, std::size_t first, std::size_t count) {
  const std::size_t after = first + count;
  return (first == 0 || digits[first - 1].end != digits[first].begin) &&
         (after == digits.size() || digits[after].begin != digits[after - 1].end);
}

bool luhn(const std::vector<digit>& digits, std::size_t first, std::size_t count) {
  int sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    int value = digits[first + count - 1 - i].value;
    if (i % 2 == 1) value = value * 2 > 9 ? value * 2 - 9 : value * 2;
    sum += value;
  }
  return sum % 10 == 0;
}
// The number of digits of a match that begins at `first`, 0 for none.
std::size_t card_at(std::string_view, const std::vector<digit>& digits, std::size_t first) {
  for (std::size_t count = std::min<std::size_t>(19, digits.size() - first); count >= 13; --count) {
    if (stands_alone(digits, first, count) && luhn(digits, first, count)) return count;
  }
  return 0;
}
// Check digit by the ordinance on the Individual Number: weights 6 5 4 3 2 7 6 5 4 3 2, modulo 11.
std::size_t my_number_at(std::string_view, const std::vector<digit>& digits, std::size_t first) {
  constexpr std::size_t count = 12;
  if (digits.size() - first < count || !stands_alone(digits, first, count)) return 0;
  constexpr std::array<int, 11> weights{6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
  int sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += digits[first + i].value * weights[i];
  const int rest = sum % 11;
  return digits[first + 11].value == (rest <= 1 ? 0 : 11 - rest) ? count : 0;
}
bool follows_plus(std::string_view text, std::size_t at) {
  return (at >= 1 && text[at - 1] == '+') || (at >= 3 && text.substr(at - 3, 3) == "＋");
}
std::size_t phone_at(std::string_view text, const std::vector<digit>& digits, std::size_t first) {
  const std::size_t left = digits.size() - first;
  const auto alone = [&](std::size_t count) { return left >= count && stands_alone(digits, first, count); };
  if (digits[first].value == 8 && left > 1 && digits[first + 1].value == 1 && follows_plus(text, digits[first].begin)) {
    for (const std::size_t count : {13u, 12u, 11u}) {
      if (alone(count)) return count;
    }
    return 0;
  }
  if (digits[first].value != 0 || left < 10 || digits[first + 1].value == 0) return 0;
  const bool mobile = digits[first + 2].value == 0;  // 050, 070, 080, 090, 0800
  if (mobile && alone(11)) return 11;
  return alone(10) ? 10 : 0;
}

using window = std::size_t (*)(std::string_view, const std::vector<digit>&, std::size_t);
bool find_in_runs(const re2::RE2& run, window at, std::string_view text, std::size_t from, match& found) {
  match candidate;
  while (from < text.size() && find(run, text, from, candidate)) {
    const std::vector<digit> digits = digits_of(text, candidate);
    for (std::size_t first = 0; first < digits.size(); ++first) {
      if (const std::size_t count = at(text, digits, first); count > 0) {
        found = {digits[first].begin, digits[first + count - 1].end};
        return true;
      }
    }
    from = candidate.end;
  }
  return false;
}

bool is_ipv4_run(std::string_view run) {
  int in_a_row = 0;
  while (!run.empty()) {
    const std::size_t point = run.find('.');
    const std::string_view part = run.substr(0, point);
    int value = 0;
    for (const char c : part) value = std::min(value * 10 + (c - '0'), 1000);
    in_a_row = part.size() <= 3 && value <= 255 ? in_a_row + 1 : 0;
    if (in_a_row == 4) return true;
    if (point == std::string_view::npos) break;
    run.remove_prefix(point + 1);
  }
  return false;
}

bool is_ipv6(std::string_view text) {
  in6_addr parsed;
  return text.size() > 2 && inet_pton(AF_INET6, std::string(text).c_str(), &parsed) == 1;
}
// The longest address that begins at a group of the run.
bool ipv6_in(std::string_view text, match run, match& found) {
  for (std::size_t begin = run.begin; begin < run.end; ++begin) {
    if (begin > run.begin && text[begin] != ':' && text[begin - 1] != ':' && text[begin - 1] != '.') continue;
    for (std::size_t end = std::min(run.end, begin + longest_ipv6); end > begin + 2; --end) {
      const bool cut = end < run.end && text[end] != ':' && text[end] != '.';
      if (!cut && is_ipv6(text.substr(begin, end - begin))) {
        found = {begin, end};
        return true;
      }
    }
  }
  return false;
}

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

#define COMPILED(pattern)                                                                     \
  []() -> const re2::RE2& {                                                                   \
    static const re2::RE2 made(re2::StringPiece((pattern).re2.data(), (pattern).re2.size())); \
    return made;                                                                              \
  }()

bool next_email(std::string_view text, std::size_t from, match& found) {
  return find(COMPILED(email_pattern), text, from, found);
}
bool next_phone_jp(std::string_view text, std::size_t from, match& found) {
  return find_in_runs(COMPILED(phone_run), phone_at, text, from, found);
}
bool next_phone_e164(std::string_view text, std::size_t from, match& found) {
  return find(COMPILED(e164_pattern), text, from, found);
}
bool next_card(std::string_view text, std::size_t from, match& found) {
  return find_in_runs(COMPILED(card_run), card_at, text, from, found);
}
bool next_my_number(std::string_view text, std::size_t from, match& found) {
  return find_in_runs(COMPILED(my_number_run), my_number_at, text, from, found);
}
bool next_ipv4(std::string_view text, std::size_t from, match& found) {
  while (from < text.size() && find(COMPILED(ipv4_run), text, from, found)) {
    if (is_ipv4_run(text.substr(found.begin, found.end - found.begin))) return true;
    from = found.end;
  }
  return false;
}
bool next_ipv6(std::string_view text, std::size_t from, match& found) {
  match run;
  while (from < text.size() && find(COMPILED(ipv6_run), text, from, run)) {
    if (ipv6_in(text, run, found)) return true;
    from = run.end;
  }
  return false;
}
bool next_api_key(std::string_view text, std::size_t from, match& found) {
  while (from < text.size() && find(COMPILED(key_pattern), text, from, found)) {
    const bool begins_word = found.begin == 0 || !is_word(text[found.begin - 1]);
    if (begins_word || text[found.begin] != 's') return true;
    from = found.begin + 1;
  }
  return false;
}

// Prefilters: false when the text surely holds no match, at a fraction of a pattern's cost.
bool may_hold_email(std::string_view text) {
  return text.find('@') != std::string_view::npos || text.find("＠") != std::string_view::npos;
}
template <std::size_t Least>
bool has_digits(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    count += (byte >= '0' && byte <= '9') || byte == 0xef ? 1 : 0;
    if (count >= Least) return true;
  }
  return false;
}
bool may_hold_ipv6(std::string_view text) {
  const std::size_t first = text.find(':');
  return first != std::string_view::npos && text.find(':', first + 1) != std::string_view::npos;
}
bool may_hold_key(std::string_view text) {
  constexpr std::array<std::string_view, 8> marks{"-", "_", "AKIA", "ASIA", "AIza", "eyJ", "earer", "BEARER"};
  return std::any_of(marks.begin(), marks.end(),
                     [&](std::string_view mark) { return text.find(mark) != std::string_view::npos; });
}

struct detector_row {
  std::string_view name;
  std::string_view replacement;  // without a digit, `@` or `:`, so that nothing matches it
  pattern_text pattern;
  bool (*may_hold)(std::string_view);
  bool (*next)(std::string_view text, std::size_t from, match& found);
};
// In the order of application. Keys last: theirs is the only pattern of SQL that looks at its left neighbour.
constexpr std::array detectors_in_order{
    detector_row{"email", "[email]", email_pattern, may_hold_email, next_email},
    detector_row{"card", "[card]", card_run, has_digits<13>, next_card},
    detector_row{"my_number", "[my_number]", my_number_run, has_digits<12>, next_my_number},
    detector_row{"phone_e164", "[phone]", e164_pattern, has_digits<8>, next_phone_e164},
    detector_row{"phone_jp", "[phone]", phone_run, has_digits<10>, next_phone_jp},
    detector_row{"ipv6", "[ip]", ipv6_run, may_hold_ipv6, next_ipv6},
    detector_row{"ipv4", "[ip]", ipv4_run, has_digits<4>, next_ipv4},
    detector_row{"api_key", "[api_key]", key_pattern, may_hold_key, next_api_key}};

bool wanted(const detector_row& row, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), row.name) != names.end();
}

bool replace_all(std::string& text, const detector_row& with) {
  if (!with.may_hold(text)) return false;
  match found;
  if (!with.next(text, 0, found)) return false;
  std::string out;
  std::size_t from = 0;
  do {
    out.append(text, from, found.begin - from).append(with.replacement);
    from = found.end;
  } while (from < text.size() && with.next(text, from, found));
  out.append(text, from);
  text = std::move(out);
  return true;
}

bool is_text_type(const catalog::column& column) {
  return column.base_type == "text" || column.base_type == "varchar" || column.base_type == "bpchar" ||
         column.base_type == "citext" || column.base_type == "name";
}

std::string text_expression(const std::vector<std::string>& detectors, const std::string& text) {
  std::string masked = "(" + text + " COLLATE pg_catalog.\"C\")";
  for (const detector_row& row : detectors_in_order) {
    if (!wanted(row, detectors)) continue;
    masked = "pg_catalog.regexp_replace(" + masked + ", " + quote_literal(row.pattern.sql) + ", " +
             quote_literal(row.replacement) + ", 'g')";
  }
  // Through JSON and back the text loses the collation that the patterns need; the empty prefix gives it the column's
  // own.
  return "(pg_catalog.\"left\"(" + text + ", 0) OPERATOR(pg_catalog.||) (pg_catalog.to_json(" + masked +
         ") OPERATOR(pg_catalog.#>>) CAST('{}' AS pg_catalog._text)))";
}

std::string json_expression(const std::vector<std::string>& detectors, const catalog::column& column,
                            std::string_view column_sql) {
  const std::string plain = "(CAST(" + std::string(column_sql) + " AS pg_catalog.text) COLLATE pg_catalog.\"C\")";
  // Escapes hide characters from a pattern: such a document is masked unread.
  std::string suspicious = plain + " OPERATOR(pg_catalog.~) " + quote_literal("\\\\[u/]");
  for (const detector_row& row : detectors_in_order) {
    if (!wanted(row, detectors)) continue;
    const std::string_view pattern = row.pattern.sql_in_json.empty() ? row.pattern.sql : row.pattern.sql_in_json;
    suspicious += " OR " + plain + " OPERATOR(pg_catalog.~) " + quote_literal(pattern);
  }
  return "CASE WHEN " + suspicious + " THEN CAST(pg_catalog.to_json(CAST(" + quote_literal(whole_mask) +
         " AS pg_catalog.text)) AS " + column.type_sql + ") ELSE " + std::string(column_sql) + " END";
}

}  // namespace

bool is_detector(std::string_view name) {
  return std::any_of(detectors_in_order.begin(), detectors_in_order.end(),
                     [&](const detector_row& row) { return row.name == name; });
}

std::vector<std::string_view> detector_names() {
  std::vector<std::string_view> out;
  for (const detector_row& row : detectors_in_order) out.push_back(row.name);
  return out;
}

std::string mask_text(std::string_view text, const std::vector<std::string>& detectors) {
  if (!std::all_of(detectors.begin(), detectors.end(), [](const std::string& name) { return is_detector(name); })) {
    return std::string(whole_mask);
  }
  std::string out(text);
  for (int pass = 0; pass < most_passes; ++pass) {
    bool changed = false;
    for (const detector_row& row : detectors_in_order) {
      if (wanted(row, detectors) && replace_all(out, row)) changed = true;
    }
    if (!changed) return out;
  }
  return std::string(whole_mask);
}

bool detectors_fit(const catalog::column& column) {
  return !column.is_domain && (column.base_type == "json" || column.base_type == "jsonb" || is_text_type(column));
}

std::string detect_expression(const std::vector<std::string>& detectors, const catalog::column& column,
                              std::string_view column_sql) {
  const bool known =
      std::all_of(detectors.begin(), detectors.end(), [](const std::string& name) { return is_detector(name); });
  const bool json = column.base_type == "json" || column.base_type == "jsonb";
  if (!known || !detectors_fit(column)) {
    return mask_expression(policy::mask{}, column, column_sql);  // NULL of the type
  }
  const std::string text = "CAST(" + std::string(column_sql) + " AS pg_catalog.text)";
  const std::string masked = json ? json_expression(detectors, column, column_sql) : text_expression(detectors, text);
  return "CAST(" + masked + " AS " + column.type_sql + ")";
}

}  // namespace sluice::enforce
