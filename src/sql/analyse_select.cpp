// SELECT, set operations, VALUES, WITH (analyze.c, parse_cte.c).
#include <algorithm>
#include <array>

#include "analyser.hpp"

namespace sluice::sql {
namespace {

// Aggregates whose arguments need no place in GROUP BY. Others are treated as plain functions: a column more in the list.
constexpr std::array<std::string_view, 33> aggregates{
    "array_agg", "avg", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "corr", "count", "covar_pop", "covar_samp",
    "every", "json_agg", "json_object_agg", "jsonb_agg", "jsonb_object_agg", "max", "min", "mode", "percentile_cont",
    "percentile_disc", "range_agg", "range_intersect_agg", "regr_avgx", "regr_count", "regr_slope", "stddev", "stddev_pop",
    "stddev_samp", "string_agg", "sum", "variance", "xmlagg"};

// Offsets of the column references of an expression that stand outside aggregates and sub-selects.
void ungrouped_references(const element& any, std::set<std::size_t>& into) {
  budget::charge(1);
  array several;
  if (any.get(several) == simdjson::SUCCESS) {
    for (const element item : several) ungrouped_references(item, into);
    return;
  }
  object body;
  if (any.get(body) != simdjson::SUCCESS) return;
  if (const auto at = as_node(any)) {
    if (at->type == "ColumnRef") {
      into.insert(location(at->body));
      return;
    }
    if (at->type == "FuncCall" && !field(at->body, "over")) {
      const auto name = names(at->body, "funcname");
      if (!name.empty() && std::find(aggregates.begin(), aggregates.end(), name.back()) != aggregates.end()) return;
    }
  }
  for (const auto entry : body) ungrouped_references(entry.value, into);
}

}  // namespace

query_result analyser::query(const element& any, frame* outer) {
  const auto at = as_node(any);
  if (!at) refuse("a query of this form");
  if (at->type == "SelectStmt") return select(at->body, outer);
  if (at->type == "InsertStmt") return insert(at->body, outer);
  if (at->type == "UpdateStmt") return update(at->body, outer);
  if (at->type == "DeleteStmt") return remove(at->body, outer);
  if (at->type == "MergeStmt") return merge(at->body, outer);
  refuse("`" + std::string(at->type) + "` as a query", location(at->body));
}

void analyser::common_table_expression(const object& body, frame& here) {
  const auto inner = field(body, "ctequery");
  if (!inner) refuse("a common table expression of this form", location(body));
  query_result result = query(*inner, &here);
  rename_columns(result.columns, names(body, "aliascolnames"), result.open, result.open_lineage);
  const std::string name(text(body, "ctename"));
  here.table_at[name] = here.tables.size();
  here.tables.push_back({name, std::move(result.columns), result.open, std::move(result.open_lineage)});
}

void analyser::with_clause(const object& body, frame& here) {
  const auto with = plain_child(body, "withClause");
  if (!with) return;
  const bool recursive = flag(*with, "recursive");
  std::vector<object> entries;
  for (const element& raw : list(*with, "ctes")) {
    const auto entry = as_node(raw);
    if (!entry || entry->type != "CommonTableExpr") refuse("WITH of this form");
    entries.push_back(entry->body);
    if (!recursive) continue;
    // Under RECURSIVE every name of the list is visible in all of it, also before its own place.
    const std::string name(text(entry->body, "ctename"));
    const std::size_t number_of = stand_ins_++;
    here.table_at[name] = here.tables.size();
    here.tables.push_back({name, {}, true, {stand_in(number_of, 0)}, number_of});
  }
  if (!recursive) {
    for (const object& entry : entries) common_table_expression(entry, here);
    return;
  }
  const std::size_t first = here.tables.size() - entries.size();
  for (std::size_t at = 0; at < entries.size(); ++at) recursive_table(entries[at], here, first + at);
  for (std::size_t at = first; at < here.tables.size(); ++at) {
    for (output& column : here.tables[at].columns) column.lineage = settled(column.lineage);
    here.tables[at].open_lineage = settled(here.tables[at].open_lineage);
  }
  settle_facts();
}

query_result analyser::set_operation(const object& body, frame& here, const after_arm& learn) {
  const auto left = plain_child(body, "larg"), right = plain_child(body, "rarg");
  if (!left || !right) refuse("a set operation of this form");
  query_result out = select(*left, &here);
  if (learn) learn(out);
  const query_result other = select(*right, &here);
  budget::charge(out.columns.size() * units_per_output);
  for (std::size_t at = 0; at < out.columns.size(); ++at) {
    out.columns[at].plain.reset();
    if (at < other.columns.size()) out.columns[at].lineage.insert(other.columns[at].lineage);
  }
  out.open = out.open || other.open;
  out.open_lineage.insert(other.open_lineage);
  if (out.open) {
    for (const output& column : out.columns) out.open_lineage.insert(column.lineage);
    for (const output& column : other.columns) out.open_lineage.insert(column.lineage);
    for (output& column : out.columns) column.lineage = out.open_lineage;
  }
  return out;
}

query_result analyser::values(const object& body, frame& here) {
  query_result out;
  for (const element& raw : list(body, "valuesLists")) {
    const auto row = as_node(raw);
    if (!row || row->type != "List") refuse("VALUES of this form");
    std::size_t at = 0;
    for (const element& item : list(row->body, "items")) {
      const value facts = expression(item, here);
      if (out.columns.size() <= at) out.columns.push_back({"column" + std::to_string(at + 1), {}, std::nullopt});
      out.columns[at++].lineage.insert(facts.lineage);
    }
  }
  return out;
}

std::vector<output> analyser::targets(const std::vector<element>& items, frame& here, bool top, std::vector<std::size_t>* bare) {
  std::vector<output> out;
  for (const element& raw : items) {
    const auto item = as_node(raw);
    if (!item || item->type != "ResTarget") refuse("a select item of this form");
    const auto inner = field(item->body, "val");
    const auto inner_node = inner ? as_node(*inner) : std::nullopt;
    value facts = inner ? expression(*inner, here) : value();
    if (inner_node && inner_node->type == "ColumnRef") {
      const auto parts = names(inner_node->body, "fields");
      if (!parts.empty() && parts.back() == "*") {
        if (parts.size() == 1) {
          budget::charge(here.visible.size() * units_per_output);
          out.insert(out.end(), here.visible.begin(), here.visible.end());
        } else {
          const source* of = nullptr;
          for (frame* level = &here; level && !of; level = level->outer) {
            for (const source& from : level->sources) {
              if (from.hidden || from.name != parts[parts.size() - 2]) continue;
              if (parts.size() > 2 && from.schema != parts[parts.size() - 3]) continue;
              of = &from;
              break;
            }
          }
          if (of) {
            budget::charge(of->columns.size() * units_per_output);
            out.insert(out.end(), of->columns.begin(), of->columns.end());
          }
          if (!of || of->open) {
            here.visible_open = true;
            if (of) here.open_lineage.insert(of->open_lineage);
          }
        }
        if (facts.site && bare) bare->push_back(*facts.site);
        continue;
      }
    }
    const std::string_view given = text(item->body, "name");
    if (facts.site) {
      out_.columns[*facts.site].bare_target = given.empty();
      if (bare) bare->push_back(*facts.site);
    }
    output column;
    column.name = !given.empty() ? std::string(given) : facts.name.empty() ? std::string("?column?") : facts.name;
    column.lineage = std::move(facts.lineage);
    column.plain = facts.plain;
    // `(t).*` and the like: how many columns it makes is not known here.
    if (inner_node && inner_node->type == "A_Indirection") {
      const auto steps = list(inner_node->body, "indirection");
      const auto last = steps.empty() ? std::nullopt : as_node(steps.back());
      if (last && last->type == "A_Star" && top) current().outputs_known = false;
      if (last && last->type == "A_Star") {
        here.visible_open = true;
        here.open_lineage.insert(column.lineage);
        continue;
      }
    }
    out.push_back(std::move(column));
  }
  return out;
}

void analyser::group_by(const object& body, frame& here, const std::vector<output>& out, std::size_t) {
  const auto items = list(body, "groupClause");
  value ignored;
  // Input columns win over output names in GROUP BY; names of outputs are tried last.
  for (const element& item : items) {
    const auto at = as_node(item);
    if (at && at->type == "ColumnRef") {
      const auto parts = names(at->body, "fields");
      if (parts.size() == 1 && !resolve(parts, here).known) {
        seen_columns_.insert(location(at->body));
        continue;
      }
    }
    expression(item, here);
  }
  if (items.empty() || flag(body, "groupDistinct")) return;
  std::map<std::size_t, std::set<std::int16_t>> grouped;
  std::size_t first = std::string::npos;
  for (const element& item : items) {
    const auto at = as_node(item);
    if (!at || (at->type != "ColumnRef" && at->type != "A_Const")) return;
    first = std::min(first, location(at->body));
    std::optional<base_column> plain;
    if (at->type == "A_Const") {
      const auto ordinal = plain_child(at->body, "ival");
      const auto index = ordinal ? static_cast<std::size_t>(number(*ordinal, "ival")) : 0;
      if (index >= 1 && index <= out.size()) plain = out[index - 1].plain;
    } else {
      const auto parts = names(at->body, "fields");
      const found_column found = resolve(parts, here);
      plain = found.plain;
      if (!found.known) {
        budget::charge(out.size() / names_per_unit);
        for (const output& column : out) {
          if (parts.size() == 1 && column.name == parts[0]) plain = column.plain;
        }
      }
    }
    if (plain) grouped[plain->use].insert(plain->attnum);
  }
  std::set<std::size_t> references;
  for (const auto key : {"targetList", "havingClause", "sortClause", "distinctClause"}) {
    if (const auto part = field(body, key)) ungrouped_references(*part, references);
  }
  for (const auto& [index, columns] : grouped) {
    const use& of = out_.uses[index];
    if (of.found != resolution::relation || of.relation->primary_key.empty()) continue;
    const auto& key = of.relation->primary_key;
    const auto inside = std::any_of(here.sources.begin(), here.sources.end(), [&](const source& from) { return from.use == index; });
    if (!inside || !std::all_of(key.begin(), key.end(), [&](std::int16_t attnum) { return columns.count(attnum) > 0; })) continue;
    std::set<std::int16_t> needed;
    budget::charge(references.size());
    for (const std::size_t offset : references) {
      const auto found = site_at_.find(offset);
      if (found == site_at_.end()) continue;
      for (const base_column& column : out_.columns[found->second].columns) {
        if (column.use != index) continue;
        if (column.attnum > 0) needed.insert(column.attnum);
        if (column.attnum == column_site::star) {
          for (const auto& each_column : of.relation->columns) needed.insert(each_column.attnum);
        }
      }
    }
    for (const std::int16_t attnum : columns) needed.erase(attnum);
    if (!needed.empty()) out_.keys.push_back({index, first, {needed.begin(), needed.end()}, columns});
  }
}

void analyser::sort_and_limit(const object& body, frame& here, const std::vector<output>& out) {
  for (const element& raw : list(body, "sortClause")) {
    const auto sort = as_node(raw);
    if (!sort || sort->type != "SortBy") refuse("ORDER BY of this form");
    if (const auto operators = names(sort->body, "useOp"); !operators.empty()) out_.operators.push_back({operators, location(sort->body)});
    const auto by = child(sort->body, "node");
    if (by && by->type == "ColumnRef") {
      const auto parts = names(by->body, "fields");
      budget::charge(out.size() / names_per_unit);
      // Output names win over input columns in ORDER BY.
      if (parts.size() == 1 && std::any_of(out.begin(), out.end(), [&](const output& column) { return column.name == parts[0]; })) {
        seen_columns_.insert(location(by->body));
        continue;
      }
    }
    if (by) expression_node(*by, here);
  }
  value ignored;
  one(body, "limitOffset", here, ignored);
  one(body, "limitCount", here, ignored);
}

void analyser::locking(const object& body, frame& here, std::size_t first_use) {
  for (const element& raw : list(body, "lockingClause")) {
    const auto lock = as_node(raw);
    if (!lock || lock->type != "LockingClause") refuse("a locking clause of this form");
    current().locks_rows = true;
    std::set<std::string> only;
    for (const element& range : list(lock->body, "lockedRels")) {
      const auto named_range = as_node(range);
      if (named_range) only.insert(std::string(text(named_range->body, "relname")));
      // A name here is an alias of this level, never a relation of the catalog.
      if (named_range) out_.cte_references.push_back(location(named_range->body));
    }
    // Locks reach through subqueries to all relations inside (analyze.c, transformLockingClause).
    bool deeper = false;
    for (const source& from : here.sources) {
      if (!only.empty() && !only.count(from.name)) continue;
      if (from.use) out_.uses[*from.use].updates = true;
      deeper = deeper || !from.use;
    }
    for (std::size_t index = first_use; deeper && index < out_.uses.size(); ++index) out_.uses[index].updates = true;
  }
}

bool analyser::plain_top(const object& body) const {
  for (const auto key : {"groupClause", "havingClause", "distinctClause", "sortClause", "windowClause", "lockingClause", "intoClause"}) {
    if (field(body, key)) return false;
  }
  return true;
}

// `learn` hears of the first arm of a set operation before the second one is read.
query_result analyser::select(const object& body, frame* outer, bool top, const after_arm& learn) {
  ++current().query_levels;
  const std::size_t first_use = out_.uses.size();
  frame here(outer);
  with_clause(body, here);
  query_result out;
  const std::string_view op = text(body, "op");
  if (op != "SETOP_NONE" && !op.empty()) {
    out = set_operation(body, here, learn);
    if (field(body, "sortClause")) here.visible = out.columns;
    sort_and_limit(body, here, out.columns);
    locking(body, here, first_use);
    return out;
  }
  if (field(body, "valuesLists")) {
    out = values(body, here);
    if (field(body, "sortClause")) here.visible = out.columns;
    sort_and_limit(body, here, out.columns);
    return out;
  }
  for (const element& item : list(body, "fromClause")) add(here, from(item, here));
  value ignored;
  one(body, "whereClause", here, ignored);
  note_quals(body, "whereClause", here);
  std::vector<std::size_t> bare;
  out.columns = targets(list(body, "targetList"), here, top, &bare);
  out.open = here.visible_open;
  if (out.open) {
    out.open_lineage = here.open_lineage;
    for (const output& column : out.columns) out.open_lineage.insert(column.lineage);
  }
  if (top && plain_top(body)) {
    for (const std::size_t index : bare) out_.columns[index].top_output = !out_.columns[index].maybe;
  }
  for (const element& item : list(body, "distinctClause")) expression(item, here);
  group_by(body, here, out.columns, 0);
  one(body, "havingClause", here, ignored);
  note_quals(body, "havingClause", here);
  for (const element& raw : list(body, "windowClause")) {
    const auto named_window = as_node(raw);
    if (!named_window || named_window->type != "WindowDef") refuse("a window of this form");
    window(named_window->body, here, ignored);
  }
  sort_and_limit(body, here, out.columns);
  locking(body, here, first_use);
  return out;
}

}  // namespace sluice::sql
