#include "filter_check.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <set>

#include "guards.hpp"
#include "sluice/sql/analysis.hpp"

namespace sluice::enforce {
namespace {

constexpr std::array<std::string_view, 2> zoned{"timestamptz", "timetz"};
constexpr std::array<std::string_view, 3> unzoned{"date", "timestamp", "time"};
// Their text form follows settings: extra_float_digits, bytea_output, lc_monetary.
constexpr std::array<std::string_view, 4> unsteady_texts{"float4", "float8", "bytea", "money"};
constexpr std::array<std::string_view, 5> texts{"text", "varchar", "bpchar", "char", "name"};

template <std::size_t Size>
bool among(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What a filter deals in: types of the columns that it reads and those that it casts to.
struct dealings {
  bool zoned = false, unzoned = false, interval = false, text_cast = false, unsteady = false;
  void add(std::string_view type) {
    zoned = zoned || among(enforce::zoned, type);
    unzoned = unzoned || among(enforce::unzoned, type);
    interval = interval || type == "interval";
    unsteady = unsteady || among(unsteady_texts, type);
  }
  bool dated() const { return zoned || unzoned || interval; }
};

const RE2& clock_words() {
  static const RE2 words("(?i)\\b(current_date|current_time|current_timestamp|localtime|localtimestamp|at\\s+time\\s+zone)\\b");
  return words;
}
// Forms of dates that no DateStyle reads otherwise.
const RE2& iso_date() {
  static const RE2 form("\\d{4}-\\d\\d-\\d\\d([ T]\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?)?");
  return form;
}
const RE2& iso_moment() {
  static const RE2 form("\\d{4}-\\d\\d-\\d\\d[ T]\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)? ?(Z|[+-]\\d\\d(:?\\d\\d)?)");
  return form;
}

// Words that are read as a date: 'today', 'Jan 1', 'now'. Without letters and digits nothing is.
bool may_be_a_date(std::string_view text) {
  static const RE2 words("(?i)(.*\\d.*)|now|today|tomorrow|yesterday|allballs");
  return RE2::FullMatch({text.data(), text.size()}, words);
}

std::optional<std::string> depends(const dealings& with, const sql::analysis& facts, const sql::tree& tree, const std::string& filter) {
  if (RE2::PartialMatch(filter, clock_words())) return "it depends on the session's time zone";
  if (with.unsteady && with.text_cast) return "it depends on how the session writes numbers";
  if (!with.dated()) return std::nullopt;
  if (with.interval) return "it deals in intervals, whose length depends on the session's time zone";
  if (with.zoned && with.unzoned) return "it compares times with and without a time zone";
  if (with.text_cast) return "it depends on how the session writes dates";
  if (!facts.functions.empty()) return "it calls a function beside dates, which may depend on the session's time zone";
  const auto tokens = tree.tokens();
  if (!tokens) return "it does not scan";
  for (const auto& token : *tokens) {
    const std::string written = tree.text().substr(token.start, token.end - token.start);
    if (written.empty() || written.back() != '\'') continue;
    if (written.front() != '\'') return "it writes a text in an unusual form beside dates";
    const std::string inner = written.substr(1, written.size() - 2);
    if (!may_be_a_date(inner)) continue;
    if (!RE2::FullMatch(inner, with.zoned ? iso_moment() : iso_date()))
      return with.zoned ? "`" + inner + "` is no moment with its offset, such as `2025-01-31 00:00:00+00`" : "`" + inner + "` is no date such as `2025-01-31`";
  }
  return std::nullopt;
}

}  // namespace

filter_facts check_filter(const catalog::relation& relation, const std::string& filter, const catalog::snapshot& known) {
  filter_facts out;
  const auto refuse = [&](std::string why) {
    out.refused = std::move(why);
    return out;
  };
  const auto parsed = sql::parse("SELECT FROM " + qualified_name(relation) + " WHERE (" + filter + ")");
  if (!parsed || parsed->statement_count() != 1) return refuse("it is not understood");
  sql::name_space names;
  names.catalog = &known;
  names.search_path = {"pg_catalog"};
  const auto facts = sql::analyse(*parsed, names);
  if (!facts) return refuse("it is not understood: " + facts.error().cause);
  if (!facts->unresolved_columns.empty()) return refuse("the relation has no column `" + facts->unresolved_columns[0] + "`");
  if (facts->parameter_count > 0) return refuse("it holds a parameter");
  dealings with;
  for (const auto& use : facts->uses) {
    // A name that is not whole could be caught by the query that surrounds the guard.
    const bool whole = use.found == sql::resolution::cte || (use.found == sql::resolution::relation && !use.written_schema.empty());
    if (!whole) return refuse("it reads `" + use.written_name + "`, which is not known");
    if (!use.relation) continue;
    for (const std::int16_t attnum : use.read_columns) {
      if (const auto* column = use.relation->find_column(attnum)) with.add(column->base_type);
    }
  }
  for (const auto& type : facts->types) {
    if (type.name.empty()) continue;
    with.add(type.name.back());
    with.text_cast = with.text_cast || among(texts, type.name.back());
  }
  out.joins = facts->uses.size() > 1;
  out.refused = depends(with, *facts, *parsed, filter);
  return out;
}

}  // namespace sluice::enforce
