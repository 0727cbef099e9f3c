#include <charconv>
#include <chrono>

#include "sluice/audit/line.hpp"
#include "sluice/audit/search.hpp"

namespace sluice::audit {
namespace {

constexpr std::int64_t second = 1000000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
constexpr std::int64_t longest_ago = 200 * 366 * day;

struct unit {
  char letter;
  std::int64_t length;
};
constexpr unit units[] = {{'s', second}, {'m', minute}, {'h', hour}, {'d', day}, {'w', 7 * day}};

std::optional<std::int64_t> parse_ago(std::string_view text) {
  std::int64_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (read.ec != std::errc{} || count < 0 || read.ptr + 1 != text.data() + text.size()) return std::nullopt;
  for (const auto& one : units)
    if (one.letter == *read.ptr && count <= longest_ago / one.length) return count * one.length;
  return std::nullopt;
}

// Takes exactly `width` digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (const char digit : text.substr(0, width)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> take_date(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto of_month = take_digits(text, 2);
  if (!of_month) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*of_month))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * day;
}

std::optional<std::int64_t> take_clock(std::string_view& text) {
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  std::int64_t time = *hours * hour + *minutes * minute;
  if (!take(text, ":")) return time;
  const auto seconds = take_digits(text, 2);
  if (!seconds || *seconds > 60) return std::nullopt;
  time += *seconds * second;
  if (!take(text, ".")) return time;
  std::int64_t digit_worth = second / 10;
  bool any = false;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), any = true) {
    time += (text.front() - '0') * digit_worth;
    digit_worth /= 10;
  }
  return any ? std::optional(time) : std::nullopt;
}

std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (text.empty() || take(text, "Zz")) return 0;
  const bool west = text.front() == '-';
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const std::int64_t east = *hours * hour + *minutes * minute;
  return west ? -east : east;
}

std::optional<std::int64_t> parse_absolute(std::string_view text) {
  const auto date = take_date(text);
  if (!date || text.empty()) return date;
  if (!take(text, "Tt ")) return std::nullopt;
  const auto clock = take_clock(text);
  if (!clock) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return *date + *clock - *offset;
}

}  // namespace

base::result<std::string> parse_time(std::string_view text, std::int64_t now_microseconds) {
  if (const auto ago = parse_ago(text)) return {boost::system::in_place_value, format_time(now_microseconds - *ago)};
  if (const auto time = parse_absolute(text)) return {boost::system::in_place_value, format_time(*time)};
  return base::diagnostic{
      .cause = "`" + std::string(text) + "` is not a time",
      .hint =
          "write 2026-01-31, 2026-01-31T08:00:00Z, 2026-01-31T17:00:00+09:00, or how long ago: 90s, "
          "30m, 2h, 7d, 1w"};
}

bool glob_fits(std::string_view pattern, std::string_view text) {
  // Going back only to the last star keeps this quadratic at worst.
  std::size_t at = 0, in = 0, star = pattern.npos, resume = 0;
  while (in < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = in;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[in])) {
      ++at, ++in;
    } else if (star != pattern.npos) {
      at = star + 1;
      in = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == pattern.npos;
}

}  // namespace sluice::audit
