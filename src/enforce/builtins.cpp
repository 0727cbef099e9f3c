#include "sluice/enforce/builtins.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace sluice::enforce {
namespace {

enum class family : std::uint8_t {
  acl,
  administration,
  advisory,
  aggregates,
  arrays,
  backends,
  binary_form,
  casts_and_types,
  catalog,
  clock,
  date_time,
  definitions,
  files,
  gateway_connection,
  geometry,
  hashing,
  information_schema,
  input_output,
  internals,
  json,
  large_objects,
  math,
  messages,
  network,
  operators,
  own_statement,
  privileges,
  random,
  ranges,
  regular_expressions,
  relation_facts,
  replication,
  sequence_read,
  sequence_write,
  session,
  settings_read,
  settings_write,
  sleep,
  sql_in_text,
  statistics,
  text,
  text_search,
  transaction_ids,
  triggers,
  wal,
  window_functions,
  xml
};

struct family_row {
  family id;
  function_rule rule;
  std::string_view name;
  std::string_view reason;
};
// One rule and one reason per family; every function belongs to exactly one.
constexpr auto families = std::to_array<family_row>({
    {family::acl, function_rule::pure, "access control lists", "computes from its arguments alone"},
    {family::administration, function_rule::denied, "administration",
     "it administers the server or belongs to its upgrade"},
    {family::advisory, function_rule::advisory_lock, "advisory locks", "locks of the session's own, by number"},
    {family::aggregates, function_rule::pure, "aggregates", "computes from its arguments alone"},
    {family::arrays, function_rule::pure, "arrays", "computes from its arguments alone"},
    {family::backends, function_rule::own_backend, "backend signals", "signals another session: only one's own"},
    {family::binary_form, function_rule::pure, "binary form of a value", "computes from its arguments alone"},
    {family::casts_and_types, function_rule::pure, "casts and types", "computes from its arguments alone"},
    {family::catalog, function_rule::catalog_read, "definitions",
     "tells definitions that every reader of pg_catalog sees"},
    {family::clock, function_rule::session, "clock", "reads the clock"},
    {family::date_time, function_rule::pure, "date and time", "computes from its arguments and the time zone"},
    {family::definitions, function_rule::denied, "sources", "sources of functions, rules and triggers are not shown"},
    {family::files, function_rule::denied, "server files", "it reads files or paths of the server"},
    {family::gateway_connection, function_rule::denied, "upstream connection",
     "it would tell the gateway's own connection and not the client's"},
    {family::geometry, function_rule::pure, "geometry", "computes from its arguments alone"},
    {family::hashing, function_rule::pure, "hashing", "computes from its arguments alone"},
    {family::information_schema, function_rule::catalog_read, "information_schema",
     "tells definitions that every reader of information_schema sees"},
    {family::input_output, function_rule::denied, "input and output functions",
     "it takes or gives a raw C string; write a cast"},
    {family::internals, function_rule::denied, "internals", "it takes arguments that only the server itself can make"},
    {family::json, function_rule::pure, "json", "computes from its arguments alone"},
    {family::large_objects, function_rule::denied, "large objects",
     "large objects are data that no rule of the policy can name"},
    {family::math, function_rule::pure, "math", "computes from its arguments alone"},
    {family::messages, function_rule::denied, "notifications", "notifications reach other sessions"},
    {family::network, function_rule::pure, "network addresses", "computes from its arguments alone"},
    {family::operators, function_rule::pure, "operators",
     "does the work of an operator or an aggregate on its arguments alone"},
    {family::own_statement, function_rule::denied, "statement text",
     "it would show the statement as the gateway has rewritten it"},
    {family::privileges, function_rule::catalog_read, "privileges", "tells privileges of the upstream login"},
    {family::random, function_rule::session, "random values", "tells nothing but chance"},
    {family::ranges, function_rule::pure, "ranges", "computes from its arguments alone"},
    {family::regular_expressions, function_rule::pure, "regular expressions", "computes from its arguments alone"},
    {family::relation_facts, function_rule::relation_read, "relation facts",
     "tells the size or the source of the relation it is given"},
    {family::replication, function_rule::denied, "replication",
     "it reads or steers replication, which carries rows past every mask"},
    {family::sequence_read, function_rule::sequence_read, "sequences",
     "reads a sequence that this session has advanced"},
    {family::sequence_write, function_rule::sequence_write, "sequences", "advances or sets a sequence"},
    {family::session, function_rule::session, "session", "tells harmless facts of the session"},
    {family::settings_read, function_rule::setting_read, "settings", "reads a setting by name"},
    {family::settings_write, function_rule::setting_write, "settings", "changes a setting by name"},
    {family::sleep, function_rule::session, "sleep", "delays nobody but the caller; statement_timeout bounds it"},
    {family::sql_in_text, function_rule::denied, "sql in a string",
     "it runs SQL or reads relations named in a string, where no rule can see it"},
    {family::statistics, function_rule::denied, "statistics",
     "counters, sizes and samples tell about rows and sessions that the policy hides"},
    {family::text, function_rule::pure, "text", "computes from its arguments alone"},
    {family::text_search, function_rule::pure, "text search",
     "computes from its arguments and text search configurations"},
    {family::transaction_ids, function_rule::session, "transaction ids", "tells ids of transactions"},
    {family::triggers, function_rule::denied, "triggers", "only a trigger may call it"},
    {family::wal, function_rule::denied, "write-ahead log", "it reads or steers the write-ahead log or backups"},
    {family::window_functions, function_rule::pure, "window functions", "computes from its arguments alone"},
    {family::xml, function_rule::pure, "xml", "computes from its arguments alone"},
});
constexpr bool families_are_in_order() {
  for (std::size_t i = 0; i < families.size(); ++i) {
    if (static_cast<std::size_t>(families[i].id) != i || families[i].name.empty() || families[i].reason.empty())
      return false;
  }
  return true;
}
static_assert(families_are_in_order());

struct function_row {
  std::string_view name;
  family in;
};
#define FUNCTION(name, in) {name, family::in},
constexpr function_row functions[] = {
#include "builtin_functions.inc"
};
#undef FUNCTION
static_assert(std::adjacent_find(std::begin(functions), std::end(functions),
                                 [](const auto& a, const auto& b) { return a.name >= b.name; }) == std::end(functions));

}  // namespace

function_entry builtin_function(std::string_view name) {
  const auto found =
      std::lower_bound(std::begin(functions), std::end(functions), name,
                       [](const function_row& row, std::string_view wanted) { return row.name < wanted; });
  if (found == std::end(functions) || found->name != name) {
    return {function_rule::denied, "not listed", "it is not on the reviewed list of functions"};
  }
  const family_row& of = families[static_cast<std::size_t>(found->in)];
  return {of.rule, of.name, of.reason};
}

}  // namespace sluice::enforce
