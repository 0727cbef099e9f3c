// INSERT, UPDATE, DELETE, MERGE (analyze.c, parse_merge.c).
#include <algorithm>
#include <array>

#include "analyser.hpp"

namespace sluice::sql {
namespace {

// Of VALUES: with one of these it is a query like any other.
constexpr std::array<std::string_view, 5> value_clauses{"sortClause", "limitCount", "limitOffset", "lockingClause", "withClause"};

}  // namespace

source analyser::target_source(std::size_t use_index) const {
  const use& of = out_.uses[use_index];
  source out;
  out.name = of.alias ? *of.alias : of.written_name;
  if (!of.alias) out.schema = of.schema;
  out.columns = columns_of(use_index, out.open);
  out.use = use_index;
  out.target = true;
  return out;
}

// The relation that a statement changes is the first item of its level.
void analyser::add_target(std::size_t use_index, frame& here) {
  source self = target_source(use_index);
  from_item first;
  first.visible = self.columns;
  first.open = self.open;
  first.sources.push_back(std::move(self));
  add(here, std::move(first));
}

void analyser::assignments(const std::vector<element>& items, std::size_t target, frame& here) {
  for (const element& raw : items) {
    const auto item = as_node(raw);
    if (!item || item->type != "ResTarget") refuse("an assignment of this form");
    const std::string column(text(item->body, "name"));
    value facts;
    one(item->body, "val", here, facts);
    each(item->body, "indirection", here, facts);
    const use& of = out_.uses[target];
    if (!of.relation || column.empty()) continue;
    if (const auto* known = of.relation->find_column(column)) {
      out_.uses[target].written_columns.insert(known->attnum);
      if (!facts.parameters.empty()) out_.meetings.push_back({facts.parameters, {{target, known->attnum}}});
    }
  }
}

query_result analyser::returning(const object& body, frame& here) {
  query_result out;
  out.columns = targets(list(body, "returningList"), here, false, nullptr);
  out.open = here.visible_open;
  if (out.open) {
    out.open_lineage = here.open_lineage;
    for (const output& column : out.columns) out.open_lineage.insert(column.lineage);
  }
  return out;
}

query_result analyser::insert(const object& body, frame* outer) {
  frame here(outer);
  with_clause(body, here);
  const auto range = plain_child(body, "relation");
  if (!range) refuse("INSERT of this form");
  const std::size_t target = add_use(*range, use_role::insert, false, &here);
  out_.uses[target].creates = true;

  std::vector<std::int16_t> columns;
  const auto targets_given = list(body, "cols");
  if (const catalog::relation* into = out_.uses[target].relation) {
    for (const element& raw : targets_given) {
      const auto item = as_node(raw);
      const auto* known = item ? into->find_column(text(item->body, "name")) : nullptr;
      columns.push_back(known ? known->attnum : std::int16_t{0});
    }
    if (targets_given.empty()) {
      for (const auto& column : into->columns) columns.push_back(column.attnum);
    }
  }
  for (const element& raw : targets_given) {
    const auto item = as_node(raw);
    value ignored;
    if (item) each(item->body, "indirection", here, ignored);
  }
  for (const std::int16_t attnum : columns) {
    if (attnum > 0) out_.uses[target].written_columns.insert(attnum);
  }
  if (const auto source_query = field(body, "selectStmt")) {
    const auto at = as_node(*source_query);
    const bool bare = at && std::none_of(value_clauses.begin(), value_clauses.end(), [&](std::string_view key) { return field(at->body, key).has_value(); });
    if (at && at->type == "SelectStmt" && bare && field(at->body, "valuesLists")) {
      // Row by row, so that a parameter is known to meet the column it is written to.
      for (const element& raw : list(at->body, "valuesLists")) {
        const auto row = as_node(raw);
        if (!row || row->type != "List") refuse("VALUES of this form");
        std::size_t position = 0;
        for (const element& item : list(row->body, "items")) {
          const value facts = expression(item, here);
          if (position < columns.size() && columns[position] > 0 && !facts.parameters.empty())
            out_.meetings.push_back({facts.parameters, {{target, columns[position]}}});
          ++position;
        }
      }
    } else {
      query(*source_query, &here);
    }
  }
  frame rows(outer, &here);
  source self = target_source(target);
  rows.visible = self.columns;
  rows.visible_open = self.open;
  rows.sources.push_back(std::move(self));
  if (const auto conflict = plain_child(body, "onConflictClause")) {
    current().conflict_arbiter = true;
    if (const auto infer = plain_child(*conflict, "infer")) {
      current().conflict_constraint = current().conflict_constraint || !text(*infer, "conname").empty();
      for (const element& raw : list(*infer, "indexElems")) {
        const auto item = as_node(raw);
        if (!item) continue;
        if (const std::string_view name = text(item->body, "name"); !name.empty()) current().conflict_columns.emplace_back(name);
        value ignored;
        one(item->body, "expr", rows, ignored);
      }
      value ignored;
      one(*infer, "whereClause", rows, ignored);
    }
    frame update_rows(outer, &here);
    source excluded = target_source(target);
    excluded.name = "excluded";
    excluded.schema.clear();
    excluded.use.reset();
    excluded.target = false;
    for (auto& column : excluded.columns) {
      column.lineage.clear();
      column.plain.reset();
    }
    update_rows.visible = rows.visible;
    update_rows.visible_open = rows.visible_open;
    update_rows.sources = rows.sources;
    update_rows.sources.push_back(std::move(excluded));
    if (text(*conflict, "action") == "ONCONFLICT_UPDATE") {
      out_.uses[target].updates = true;
      assignments(list(*conflict, "targetList"), target, update_rows);
      value ignored;
      one(*conflict, "whereClause", update_rows, ignored);
      note_quals(*conflict, "whereClause", update_rows);
    }
  }
  return returning(body, rows);
}

query_result analyser::update(const object& body, frame* outer) {
  frame here(outer);
  with_clause(body, here);
  const auto range = plain_child(body, "relation");
  if (!range) refuse("UPDATE of this form");
  const std::size_t target = add_use(*range, use_role::update, false, &here);
  out_.uses[target].updates = true;
  add_target(target, here);
  for (const element& item : list(body, "fromClause")) add(here, from(item, here));
  assignments(list(body, "targetList"), target, here);
  value ignored;
  one(body, "whereClause", here, ignored);
  note_quals(body, "whereClause", here);
  return returning(body, here);
}

query_result analyser::remove(const object& body, frame* outer) {
  frame here(outer);
  with_clause(body, here);
  const auto range = plain_child(body, "relation");
  if (!range) refuse("DELETE of this form");
  const std::size_t target = add_use(*range, use_role::remove, false, &here);
  out_.uses[target].removes = true;
  add_target(target, here);
  for (const element& item : list(body, "usingClause")) add(here, from(item, here));
  value ignored;
  one(body, "whereClause", here, ignored);
  note_quals(body, "whereClause", here);
  return returning(body, here);
}

query_result analyser::merge(const object& body, frame* outer) {
  frame here(outer);
  with_clause(body, here);
  const auto range = plain_child(body, "relation");
  const auto source_item = field(body, "sourceRelation");
  if (!range || !source_item) refuse("MERGE of this form");
  const std::size_t target = add_use(*range, use_role::merge, false, &here);
  // Whatever it does in the end: which of its branches a row takes depends on the row.
  out_.uses[target].reads = out_.uses[target].updates = true;
  add_target(target, here);
  add(here, from(*source_item, here));
  value ignored;
  one(body, "joinCondition", here, ignored);
  note_quals(body, "joinCondition", here);
  for (const element& raw : list(body, "mergeWhenClauses")) {
    const auto clause = as_node(raw);
    if (!clause || clause->type != "MergeWhenClause") refuse("MERGE of this form");
    one(clause->body, "condition", here, ignored);
    note_quals(clause->body, "condition", here);
    const std::string_view does = text(clause->body, "commandType");
    if (does == "CMD_UPDATE") {
      out_.uses[target].updates = true;
      assignments(list(clause->body, "targetList"), target, here);
    } else if (does == "CMD_INSERT") {
      out_.uses[target].creates = true;
      for (const element& item : list(clause->body, "targetList")) {
        const auto column = as_node(item);
        const catalog::relation* into = out_.uses[target].relation;
        const auto* known = column && into ? into->find_column(text(column->body, "name")) : nullptr;
        if (known) out_.uses[target].written_columns.insert(known->attnum);
        if (column) each(column->body, "indirection", here, ignored);
      }
      each(clause->body, "values", here, ignored);
    } else if (does == "CMD_DELETE") {
      out_.uses[target].removes = true;
    } else if (does != "CMD_NOTHING") {
      refuse("MERGE with this action");
    }
  }
  return {};
}

}  // namespace sluice::sql
