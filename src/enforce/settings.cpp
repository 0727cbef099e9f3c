#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "sluice/enforce/builtins.hpp"
#include "sluice/enforce/gate.hpp"

namespace sluice::enforce {
namespace {

constexpr std::size_t longest_name = 63;
constexpr std::size_t longest_value = 4096;
constexpr std::size_t longest_label = 256;
constexpr std::size_t longest_word = 64;
constexpr std::int64_t most_workers = 16;
constexpr double most_memory_kb = 1024.0 * 1024.0;  // 1 GiB per sort or hash
constexpr double longest_duration_ms = 2147483647.0;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}
std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}
template <std::size_t N>
bool one_of(std::string_view value, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), lower(trimmed(value))) != words.end();
}
bool is_boolean(std::string_view value) {
  return one_of(value, std::array<std::string_view, 10>{"on", "off", "true", "false", "yes", "no", "1", "0", "t", "f"});
}
bool is_true(std::string_view value) {
  return one_of(value, std::array<std::string_view, 5>{"on", "true", "yes", "1", "t"});
}
bool is_false(std::string_view value) {
  return one_of(value, std::array<std::string_view, 5>{"off", "false", "no", "0", "f"});
}
bool has_only(std::string_view value, std::string_view marks) {
  return std::all_of(value.begin(), value.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}
// Every element of a comma-separated list is one of `words`.
template <std::size_t N>
bool list_of(std::string_view value, const std::array<std::string_view, N>& words) {
  while (true) {
    const std::size_t comma = value.find(',');
    if (!one_of(value.substr(0, comma), words)) return false;
    if (comma == std::string_view::npos) return true;
    value.remove_prefix(comma + 1);
  }
}

struct unit_row {
  std::string_view name;
  double factor;
};
// A number and an optional unit, within bounds in the base unit.
template <std::size_t N>
bool is_quantity(std::string_view value, const std::array<unit_row, N>& units, double least, double most) {
  value = trimmed(value);
  double amount = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), amount);
  if (error != std::errc{} || !std::isfinite(amount)) return false;
  const std::string_view unit = trimmed(value.substr(static_cast<std::size_t>(end - value.data())));
  double factor = 1;
  if (!unit.empty()) {
    const auto row = std::find_if(units.begin(), units.end(), [&](const unit_row& each) { return each.name == unit; });
    if (row == units.end()) return false;
    factor = row->factor;
  }
  return amount * factor >= least && amount * factor <= most;
}
constexpr std::array duration_units{unit_row{"us", 0.001},  unit_row{"ms", 1},        unit_row{"s", 1000},
                                    unit_row{"min", 60000}, unit_row{"h", 3600000.0}, unit_row{"d", 86400000.0}};
constexpr std::array memory_units{unit_row{"B", 1.0 / 1024}, unit_row{"kB", 1}, unit_row{"MB", 1024},
                                  unit_row{"GB", 1048576}};
constexpr std::array no_units{unit_row{"", 1}};

bool accepts_utf8(std::string_view value) {
  std::string letters;
  for (const char c : lower(value)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) letters += c;
  }
  // SQL_ASCII means `whatever bytes there are`; a client that asks for it is served UTF8.
  return letters == "utf8" || letters == "unicode" || letters == "sqlascii";
}
bool accepts_label(std::string_view value) { return value.size() <= longest_label; }
bool accepts_date_style(std::string_view value) {
  return list_of(value, std::array<std::string_view, 12>{"iso", "sql", "postgres", "german", "mdy", "dmy", "ymd", "us",
                                                         "noneuropean", "euro", "european", "noneuro"});
}
bool accepts_interval_style(std::string_view value) {
  return one_of(value, std::array<std::string_view, 4>{"postgres", "postgres_verbose", "sql_standard", "iso_8601"});
}
bool accepts_zone(std::string_view value) {
  return !trimmed(value).empty() && value.size() <= longest_word && has_only(value, "+-_/:.,<> '");
}
bool accepts_float_digits(std::string_view value) { return is_quantity(value, no_units, -15, 3); }
bool accepts_message_level(std::string_view value) {
  return one_of(value, std::array<std::string_view, 3>{"notice", "warning", "error"});
}
bool accepts_bytea_output(std::string_view value) {
  return one_of(value, std::array<std::string_view, 2>{"hex", "escape"});
}
bool accepts_xml_option(std::string_view value) {
  return one_of(value, std::array<std::string_view, 2>{"content", "document"});
}
bool accepts_xml_binary(std::string_view value) {
  return one_of(value, std::array<std::string_view, 2>{"base64", "hex"});
}
bool accepts_duration(std::string_view value) { return is_quantity(value, duration_units, 0, longest_duration_ms); }
bool accepts_isolation(std::string_view value) {
  return one_of(
      value, std::array<std::string_view, 4>{"serializable", "repeatable read", "read committed", "read uncommitted"});
}
bool accepts_number(std::string_view value) { return is_quantity(value, no_units, -1, 1e10); }
bool accepts_fraction(std::string_view value) { return is_quantity(value, no_units, -1, 1); }
bool accepts_memory(std::string_view value) { return is_quantity(value, memory_units, 0, most_memory_kb); }
bool accepts_workers(std::string_view value) { return is_quantity(value, no_units, 0, most_workers); }
bool accepts_plan_cache(std::string_view value) {
  return one_of(value, std::array<std::string_view, 3>{"auto", "force_generic_plan", "force_custom_plan"});
}
bool accepts_sync_commit(std::string_view value) {
  return is_boolean(value) || one_of(value, std::array<std::string_view, 3>{"local", "remote_write", "remote_apply"});
}
bool accepts_locale(std::string_view value) { return value.size() <= longest_word && has_only(value, "_.@-"); }
bool accepts_word(std::string_view value) {
  return !value.empty() && value.size() <= longest_word && has_only(value, "_.");
}
bool accepts_toast(std::string_view value) { return one_of(value, std::array<std::string_view, 2>{"pglz", "lz4"}); }
bool accepts_relation_kinds(std::string_view value) {
  return trimmed(value).empty() || list_of(value, std::array<std::string_view, 2>{"view", "foreign-table"});
}
bool accepts_safe_encoding(std::string_view value) {
  return one_of(value, std::array<std::string_view, 1>{"safe_encoding"});
}
bool accepts_empty(std::string_view value) { return trimmed(value).empty() || trimmed(value) == "\"\""; }
bool accepts_heap(std::string_view value) { return one_of(value, std::array<std::string_view, 1>{"heap"}); }
bool accepts_default_word(std::string_view value) { return one_of(value, std::array<std::string_view, 1>{"default"}); }

struct value_rule {
  bool (*accepts)(std::string_view) = nullptr;
  std::string_view takes;
};
namespace rules {
constexpr value_rule any_text{nullptr, "any text"};
constexpr value_rule label{accepts_label, "at most 256 bytes"};
constexpr value_rule boolean{is_boolean, "`on` or `off`"};
constexpr value_rule on{is_true, "`on`"};
constexpr value_rule off{is_false, "`off`"};
constexpr value_rule utf8{accepts_utf8, "`UTF8`"};
constexpr value_rule safe_encoding{accepts_safe_encoding, "`safe_encoding`"};
constexpr value_rule empty{accepts_empty, "the empty string"};
constexpr value_rule heap{accepts_heap, "`heap`"};
constexpr value_rule default_word{accepts_default_word, "`default`"};
constexpr value_rule date_style{accepts_date_style, "`iso`, `sql`, `postgres` or `german` and `mdy`, `dmy` or `ymd`"};
constexpr value_rule interval_style{accepts_interval_style,
                                    "`postgres`, `postgres_verbose`, `sql_standard` or `iso_8601`"};
constexpr value_rule zone{accepts_zone, "the name or offset of a time zone"};
constexpr value_rule float_digits{accepts_float_digits, "a number from -15 to 3"};
constexpr value_rule message_level{accepts_message_level, "`notice`, `warning` or `error`"};
constexpr value_rule bytea_output{accepts_bytea_output, "`hex` or `escape`"};
constexpr value_rule xml_option{accepts_xml_option, "`content` or `document`"};
constexpr value_rule xml_binary{accepts_xml_binary, "`base64` or `hex`"};
constexpr value_rule duration{accepts_duration, "a duration such as `30s`"};
constexpr value_rule isolation{accepts_isolation, "an isolation level such as `read committed`"};
constexpr value_rule number{accepts_number, "a number"};
constexpr value_rule fraction{accepts_fraction, "a number from -1 to 1"};
constexpr value_rule memory{accepts_memory, "an amount of at most `1GB`"};
constexpr value_rule workers{accepts_workers, "a number from 0 to 16"};
constexpr value_rule plan_cache{accepts_plan_cache, "`auto`, `force_generic_plan` or `force_custom_plan`"};
constexpr value_rule sync_commit{accepts_sync_commit, "`on`, `off`, `local`, `remote_write` or `remote_apply`"};
constexpr value_rule locale{accepts_locale, "the name of a locale"};
constexpr value_rule word{accepts_word, "a name"};
constexpr value_rule toast{accepts_toast, "`pglz` or `lz4`"};
constexpr value_rule relation_kinds{accepts_relation_kinds, "`view`, `foreign-table` or both"};
}  // namespace rules
namespace reasons {
constexpr std::string_view identity = "it changes who is asking";
constexpr std::string_view loads_code = "it loads code into the server";
constexpr std::string_view speaks = "it makes the server tell statements and plans as they run";
constexpr std::string_view changes_results = "it changes which rows a query finds or how plans are forced";
constexpr std::string_view logging = "it governs what the server records";
constexpr std::string_view server_wide = "it belongs to the whole server";
constexpr std::string_view superuser = "only a superuser of the server may change it";
constexpr std::string_view not_needed = "no client needs to change it";
}  // namespace reasons

constexpr setting_entry writable(std::string_view name, const value_rule& rule, std::string_view only) {
  return {name, true, true, rule.accepts, only, rule.takes, {}};
}
constexpr setting_entry fixed(std::string_view name, bool readable, std::string_view reason) {
  return {name, readable, false, nullptr, {}, {}, reason};
}

#define WRITABLE(name, rule, only) writable(name, rules::rule, only),
#define READABLE(name, why) fixed(name, true, reasons::why),
#define HIDDEN(name, why) fixed(name, false, reasons::why),
constexpr setting_entry settings[] = {
#include "settings.inc"
};
#undef WRITABLE
#undef READABLE
#undef HIDDEN
static_assert(std::is_sorted(std::begin(settings), std::end(settings),
                             [](const setting_entry& a, const setting_entry& b) { return a.name < b.name; }));

setting_verdict refused(std::string sqlstate, std::string message, std::string hint) {
  setting_verdict out;
  out.why.sqlstate = std::move(sqlstate);
  out.why.message = std::move(message);
  out.why.hint = std::move(hint);
  return out;
}
// Names come from outside and go into messages: cut, and without control characters.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, longest_name));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  // A UTF-8 sequence that the cut has split would make the message itself malformed.
  while (text.size() > longest_name && !out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80)
    out.pop_back();
  if (text.size() > longest_name && !out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0xc0)
    out.pop_back();
  return out;
}

}  // namespace

const setting_entry* find_setting(std::string_view lower_case_name) {
  const auto found = std::lower_bound(std::begin(settings), std::end(settings), lower_case_name,
                                      [](const setting_entry& row, std::string_view name) { return row.name < name; });
  return found != std::end(settings) && found->name == lower_case_name ? &*found : nullptr;
}

setting_verdict judge_setting(std::string_view name, std::string_view value) {
  constexpr std::string_view ask = "leave the setting out, or ask an admin of the gateway";
  const setting_entry* entry = name.size() <= longest_name ? find_setting(lower(name)) : nullptr;
  if (entry == nullptr) {
    return refused("42501", "setting `" + printable(name) + "` is not on the list of settings that clients may change",
                   std::string(ask));
  }
  if (!entry->writable) {
    return refused("42501",
                   "setting `" + std::string(entry->name) + "` may not be changed: " + std::string(entry->reason),
                   std::string(ask));
  }
  const bool sound = value.size() <= longest_value && value.find('\0') == std::string_view::npos;
  if (!sound || (entry->accepts != nullptr && !entry->accepts(value))) {
    return refused("22023", "invalid value for setting `" + std::string(entry->name) + "`: `" + printable(value) + "`",
                   "accepted here: " + std::string(entry->takes));
  }
  setting_verdict out;
  out.allowed = true;
  out.value = entry->only.empty() ? std::string(value) : std::string(entry->only);
  if (entry->accepts == accepts_empty) out.value.clear();
  return out;
}

// As startup parameters, so that RESET ALL and DISCARD ALL return to them and not to ALTER ROLE … SET of the upstream.
const std::vector<std::pair<std::string, std::string>>& pinned_settings() {
  static const std::vector<std::pair<std::string, std::string>> pinned = {{"client_encoding", "UTF8"},
                                                                          {"standard_conforming_strings", "on"},
                                                                          {"backslash_quote", "safe_encoding"},
                                                                          {"transform_null_equals", "off"},
                                                                          {"row_security", "on"},
                                                                          {"array_nulls", "on"},
                                                                          {"client_min_messages", "notice"}};
  return pinned;
}

}  // namespace sluice::enforce
