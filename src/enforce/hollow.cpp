#include "hollow.hpp"

#include <algorithm>
#include <array>

namespace sluice::enforce {
namespace {

// source: never shown, nor anything else that is about the server; size: of relations that are not guarded.
enum class tells { source, size, setting };
// All of them are strict: of a NULL they say NULL. A bare constant or parameter as argument takes its type from the function;
// inside the hollow it is cast to one that all the overloads of the function take.
struct hollow_row {
  std::string_view name;
  tells what;
  std::string_view type;
};
constexpr std::array<hollow_row, 12> functions{{{"pg_get_viewdef", tells::source, "regclass"},
                                               {"pg_get_functiondef", tells::source, "oid"},
                                               {"pg_get_function_sqlbody", tells::source, "oid"},
                                               {"pg_get_ruledef", tells::source, "oid"},
                                               {"pg_database_size", tells::source, "oid"},
                                               {"pg_tablespace_location", tells::source, "oid"},
                                               {"pg_stat_get_numscans", tells::source, "oid"},
                                               {"current_setting", tells::setting, "text"},
                                               {"pg_relation_size", tells::size, "regclass"},
                                               {"pg_table_size", tells::size, "regclass"},
                                               {"pg_indexes_size", tells::size, "regclass"},
                                               {"pg_total_relation_size", tells::size, "regclass"}}};

constexpr int string_literal = 261, parameter = 267;  // libpg_query's token numbers

const hollow_row* row_of(const sql::function_call& call) {
  const bool system = call.name.size() == 1 || (call.name.size() == 2 && call.name[0] == "pg_catalog");
  if (!system || !call.plain || call.maybe_field || call.arguments.empty()) return nullptr;
  const auto found = std::find_if(functions.begin(), functions.end(), [&](const hollow_row& each) { return each.name == call.name.back(); });
  return found == functions.end() ? nullptr : &*found;
}

// The table whose rows fill the relation: indexes and TOAST relations, and the indexes of these, are a table's.
const catalog::relation* table_of(const catalog::relation* of, const context& with) {
  for (int step = 0; of && step < 3; ++step) {
    if (of->index_of.value()) {
      of = with.catalog->find(of->index_of);
    } else if (of->toast_of.value()) {
      of = with.catalog->find(of->toast_of);
    } else {
      return of;
    }
  }
  return nullptr;
}

}  // namespace

bool hollowed(const sql::function_call& call, const context& with, const policy::principal& who, guards* shown,
              const sql::name_space& names) {
  const hollow_row* row = row_of(call);
  if (!row) return false;
  // A setting that is named by a constant is judged by its name.
  if (row->what == tells::setting) return !call.arguments[0] && call.arguments.size() == 1;
  if (row->what == tells::source || !call.arguments[0] || !shown) return true;
  const auto found = find_named(*call.arguments[0], names);
  const catalog::relation* named = found ? found->known : nullptr;
  const catalog::relation* table = table_of(named, with);
  if (!table) return true;
  if (is_system_schema(table->schema)) return false;
  // What may not be read at all is refused by name, with the rule that says so.
  if (!with.policy->decide(who, shown->object_of(*table), policy::action::read).allowed) return table != named;
  // How long masked values are, and how many rows are hidden, shows in the size.
  return shown->of(*table).needed;
}

std::optional<hollow_argument> hollow(const sql::function_call& call, const token_walk& tokens) {
  const hollow_row* row = row_of(call);
  const auto first = tokens.at(call.offset);
  const auto last = first ? tokens.name(*first, call.name.size()) : std::nullopt;
  if (!row || !last || !tokens.is(tokens.next(*last), '(')) return std::nullopt;
  std::size_t start = tokens.next(tokens.next(*last)), end = start;
  int depth = 0;
  for (std::size_t at = start; at < tokens.size(); end = at, at = tokens.next(at)) {
    if (tokens.is(at, '(') || tokens.is(at, '[')) ++depth;
    if (depth == 0 && (tokens.is(at, ',') || tokens.is(at, ')'))) break;
    if (tokens.is(at, ')') || tokens.is(at, ']')) --depth;
  }
  hollow_argument out{tokens.start(start), tokens.end(end), "CASE WHEN false THEN (", ") END"};
  while (tokens.is(start, '(') && tokens.closing(start) == end && start != end) {
    start = tokens.next(start);
    end = tokens.before(end).value_or(end);
  }
  const bool bare = start == end && (tokens.is(start, string_literal) || tokens.is(start, parameter) || tokens.word(start, "null"));
  if (bare) {
    out.before = "CASE WHEN false THEN CAST(";
    out.after = " AS pg_catalog." + std::string(row->type) + ") END";
  }
  return out;
}

}  // namespace sluice::enforce
