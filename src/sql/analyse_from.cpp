// FROM: relations, joins, subqueries, functions (parse_clause.c, transformFromClauseItem).
#include <algorithm>

#include "analyser.hpp"

namespace sluice::sql {
namespace {

// Takes columns by name out of one side of a join.
class taking {
 public:
  taking(std::vector<output>& columns, bool none) : columns_(columns) {
    if (none) return;
    for (std::size_t at = columns.size(); at-- > 0;) places_[columns[at].name].push_back(at);
    taken_.resize(columns.size());
  }
  // The first of the name that is still there.
  std::optional<output> take(const std::string& name) {
    const auto found = places_.find(name);
    if (found == places_.end() || found->second.empty()) return std::nullopt;
    const std::size_t at = found->second.back();
    found->second.pop_back();
    taken_[at] = true;
    return columns_[at];
  }
  void finish() {
    if (taken_.empty()) return;
    std::size_t kept = 0;
    for (std::size_t at = 0; at < columns_.size(); ++at) {
      if (taken_[at]) continue;
      if (kept != at) columns_[kept] = std::move(columns_[at]);
      ++kept;
    }
    columns_.resize(kept);
  }

 private:
  std::vector<output>& columns_;
  std::unordered_map<std::string, std::vector<std::size_t>> places_;
  std::vector<bool> taken_;
};

}  // namespace

void analyser::rename_columns(std::vector<output>& columns, const std::vector<std::string>& by) {
  for (std::size_t at = 0; at < by.size() && at < columns.size(); ++at) columns[at].name = by[at];
}

void analyser::rename_columns(std::vector<output>& columns, const std::vector<std::string>& by, bool open, column_set& open_lineage) {
  if (!open) return rename_columns(columns, by);
  for (const output& column : columns) open_lineage.insert(column.lineage);
  if (by.empty()) return;
  columns.clear();
  for (const auto& name : by) columns.push_back({name, open_lineage, std::nullopt});
}

void analyser::mark_ambiguous(const std::vector<source>& before, const source& next) {
  budget::charge(1 + before.size() / names_per_unit);
  for (const source& each : before) {
    if (each.name != next.name || each.hidden || next.hidden) continue;
    if (next.use) out_.uses[*next.use].ambiguous_alias = true;
    if (each.use) out_.uses[*each.use].ambiguous_alias = true;
  }
}

void analyser::add(frame& to, from_item item) {
  for (auto& next : item.sources) {
    mark_ambiguous(to.sources, next);
    to.sources.push_back(std::move(next));
  }
  to.visible.insert(to.visible.end(), std::make_move_iterator(item.visible.begin()), std::make_move_iterator(item.visible.end()));
  to.visible_open = to.visible_open || item.open;
  to.open_lineage.insert(item.open_lineage);
}

from_item analyser::relation(const object& range, frame& here, const object* sample) {
  const std::size_t index = add_use(range, use_role::read, true, &here);
  use& self = out_.uses[index];
  from_item out;
  source from_here;
  from_here.name = self.alias ? *self.alias : self.written_name;
  if (self.found == resolution::cte) {
    const common_table* table = find_table(self.written_name, &here);
    budget::charge(table->columns.size() * units_per_output);
    from_here.columns = table->columns;
    from_here.open = table->open;
    from_here.open_lineage = table->open_lineage;
  } else {
    self.reads = true;
    from_here.columns = columns_of(index, from_here.open);
    if (!self.alias) from_here.schema = self.found == resolution::relation ? self.relation->schema : self.schema;
    from_here.use = index;
  }
  if (sample) {
    value ignored;
    each(*sample, "args", here, ignored);
    one(*sample, "repeatable", here, ignored);
    out_.uses[index].sampled = true;
    const auto constant = [](const element& any) {
      const auto found = as_node(any);
      return found && found->type == "A_Const";
    };
    const auto arguments = list(*sample, "args");
    const auto repeat = field(*sample, "repeatable");
    out_.uses[index].sample_constant = std::all_of(arguments.begin(), arguments.end(), constant) && (!repeat || constant(*repeat));
  }
  rename_columns(from_here.columns, out_.uses[index].alias_columns, from_here.open, from_here.open_lineage);
  out.visible = from_here.columns;
  out.open = from_here.open;
  out.open_lineage = from_here.open_lineage;
  out.sources.push_back(std::move(from_here));
  return out;
}

from_item analyser::range_function(const object& body, frame& here) {
  from_item out;
  source from_here;
  std::string first_name;
  for (const element& raw : list(body, "functions")) {
    const auto pair = as_node(raw);
    if (!pair || pair->type != "List") refuse("a function in FROM of this form");
    const auto items = list(pair->body, "items");
    if (items.empty()) refuse("a function in FROM of this form");
    const value facts = expression(items[0], here);
    if (first_name.empty()) first_name = facts.name;
    from_here.open_lineage.insert(facts.lineage);
    if (items.size() > 1) {
      const auto definitions = as_node(items[1]);
      if (definitions && definitions->type == "List") {
        for (const element& column : list(definitions->body, "items")) {
          const auto definition = as_node(column);
          if (!definition || definition->type != "ColumnDef") continue;
          type_of(definition->body, "typeName");
          from_here.columns.push_back({std::string(text(definition->body, "colname")), facts.lineage, std::nullopt});
        }
      }
    }
  }
  for (const element& column : list(body, "coldeflist")) {
    const auto definition = as_node(column);
    if (!definition || definition->type != "ColumnDef") continue;
    type_of(definition->body, "typeName");
    from_here.columns.push_back({std::string(text(definition->body, "colname")), from_here.open_lineage, std::nullopt});
  }
  from_here.name = first_name;
  const auto alias = plain_child(body, "alias");
  if (alias) from_here.name = std::string(text(*alias, "aliasname"));
  // Only one function with a list of its columns makes columns that are known to be all.
  const bool listed = !from_here.columns.empty() && list(body, "functions").size() == 1;
  if (listed) {
    if (alias) rename_columns(from_here.columns, names(*alias, "colnames"));
  } else {
    from_here.columns.clear();
    // Whether it returns a scalar (one column, named like the alias) or rows with columns of their own is not known here.
    from_here.open = true;
    const std::vector<std::string> given = alias ? names(*alias, "colnames") : std::vector<std::string>();
    for (const auto& name : given) from_here.columns.push_back({name, from_here.open_lineage, std::nullopt});
  }
  if (flag(body, "ordinality")) {
    // Its name comes last in the list of the alias, at a place that is not known with columns that are not.
    if (listed) from_here.columns.push_back({"ordinality", {}, std::nullopt});
    from_here.open = true;
  }
  out.visible = from_here.columns;
  out.open = from_here.open;
  out.open_lineage = from_here.open_lineage;
  out.sources.push_back(std::move(from_here));
  return out;
}

from_item analyser::table_function(const object& body, frame& here) {
  from_item out;
  source from_here;
  value facts;
  one(body, "docexpr", here, facts);
  one(body, "rowexpr", here, facts);
  each(body, "namespaces", here, facts);
  std::vector<std::string> columns;
  for (const element& raw : list(body, "columns")) {
    const auto column = as_node(raw);
    if (!column || column->type != "RangeTableFuncCol") refuse("a column of XMLTABLE of this form", location(body));
    type_of(column->body, "typeName");
    one(column->body, "colexpr", here, facts);
    one(column->body, "coldefexpr", here, facts);
    columns.emplace_back(text(column->body, "colname"));
  }
  for (const auto& name : columns) from_here.columns.push_back({name, facts.lineage, std::nullopt});
  from_here.name = "xmltable";
  if (const auto alias = plain_child(body, "alias")) {
    from_here.name = std::string(text(*alias, "aliasname"));
    rename_columns(from_here.columns, names(*alias, "colnames"));
  }
  out.visible = from_here.columns;
  out.sources.push_back(std::move(from_here));
  return out;
}

from_item analyser::join(const object& body, frame& here) {
  const auto left_item = field(body, "larg"), right_item = field(body, "rarg");
  if (!left_item || !right_item) refuse("a join of this form");
  from_item left = from(*left_item, here);
  // What is LATERAL on the right side sees the left one and the items before the join; what is not sees neither.
  frame beside(here.outer, &here);
  beside.lent = here.parts();
  beside.lent.push_back({&left.sources, &left.visible});
  beside.visible_open = here.visible_open || left.open;
  beside.open_lineage = here.open_lineage;
  beside.open_lineage.insert(left.open_lineage);
  from_item right = from(*right_item, beside);
  const std::string_view kind = text(body, "jointype");

  std::vector<std::string> merged = names(body, "usingClause");
  if (flag(body, "isNatural")) {
    std::unordered_set<std::string_view> names_right;
    for (const output& column : right.visible) names_right.insert(column.name);
    for (const output& column : left.visible) {
      if (names_right.count(column.name)) merged.push_back(column.name);
    }
  }
  // The condition is read before USING takes columns out of the two sides: there is never both.
  if (field(body, "quals")) {
    frame both(here.outer, &here);
    both.lent = {{&left.sources, &left.visible}, {&right.sources, &right.visible}};
    both.visible_open = left.open || right.open;
    both.open_lineage = left.open_lineage;
    both.open_lineage.insert(right.open_lineage);
    value facts;
    one(body, "quals", both, facts);
    note_quals(body, "quals", both);
  }
  from_item out;
  taking from_both[] = {taking(left.visible, merged.empty()), taking(right.visible, merged.empty())};
  std::vector<output> shared;
  for (const auto& name : merged) {
    auto from_left = from_both[0].take(name), from_right = from_both[1].take(name);
    output column{name, {}, std::nullopt};
    for (const auto& side : {from_left, from_right}) {
      if (side) column.lineage.insert(side->lineage);
    }
    // FULL JOIN coalesces the two; otherwise the column of the row-keeping side is passed on.
    if (kind == "JOIN_RIGHT") {
      if (from_right) column.plain = from_right->plain;
    } else if (kind != "JOIN_FULL" && from_left) {
      column.plain = from_left->plain;
    }
    read(column.lineage);
    if (pending(column.lineage)) pending_sites_.push_back(out_.columns.size());
    // No place in the text stands for this comparison, but it is one.
    column_site compared;
    compared.offset = std::string::npos;
    compared.lineage = column.lineage;
    // A comparison like any other: computed sides may raise, and the planner may push them down.
    if (!from_left || !from_left->plain || !from_right || !from_right->plain) current().quals_plain = false;
    compared.name = name;
    out_.columns.push_back(std::move(compared));
    shared.push_back(std::move(column));
  }
  for (taking& side : from_both) side.finish();
  out.open = left.open || right.open;
  out.open_lineage = left.open_lineage;
  out.open_lineage.insert(right.open_lineage);
  budget::charge(1 + right.visible.size() / names_per_unit);
  if (shared.empty()) {
    out.visible = std::move(left.visible);
  } else {
    budget::charge(left.visible.size() / names_per_unit);
    out.visible = shared;
    out.visible.insert(out.visible.end(), std::make_move_iterator(left.visible.begin()), std::make_move_iterator(left.visible.end()));
  }
  out.visible.insert(out.visible.end(), std::make_move_iterator(right.visible.begin()), std::make_move_iterator(right.visible.end()));
  out.sources = std::move(left.sources);
  for (source& next : right.sources) {
    mark_ambiguous(out.sources, next);
    out.sources.push_back(std::move(next));
  }
  if (const auto using_alias = plain_child(body, "join_using_alias")) {
    source named;
    named.name = std::string(text(*using_alias, "aliasname"));
    named.columns = shared;
    out.sources.push_back(std::move(named));
  }
  if (const auto alias = plain_child(body, "alias")) {
    for (source& inner : out.sources) inner.hidden = true;
    rename_columns(out.visible, names(*alias, "colnames"), out.open, out.open_lineage);
    source named;
    named.name = std::string(text(*alias, "aliasname"));
    named.columns = out.visible;
    named.open = out.open;
    named.open_lineage = out.open_lineage;
    out.sources.push_back(std::move(named));
  }
  return out;
}

from_item analyser::from(const element& item, frame& here) {
  const auto at = as_node(item);
  if (!at) refuse("an item of FROM of this form");
  if (at->type == "RangeVar") return relation(at->body, here, nullptr);
  if (at->type == "JoinExpr") return join(at->body, here);
  if (at->type == "RangeFunction" || at->type == "RangeTableFunc") {
    // Functions in FROM are LATERAL, written or not; alone they have no row to run on.
    if (!here.sources.empty()) current().quals_plain = false;
    return at->type == "RangeFunction" ? range_function(at->body, here) : table_function(at->body, here);
  }
  if (at->type == "RangeTableSample") {
    const auto sampled = child(at->body, "relation");
    if (!sampled || sampled->type != "RangeVar") refuse("TABLESAMPLE of this form", location(at->body));
    return relation(sampled->body, here, &at->body);
  }
  if (at->type == "RangeSubselect") {
    const auto inner = field(at->body, "subquery");
    if (!inner) refuse("a subquery of this form");
    // Only LATERAL sees its neighbours; common tables of this level are seen by both.
    frame around(here.outer, &here);
    query_result result = query(*inner, flag(at->body, "lateral") ? &here : &around);
    // What it computes for a row may run before that row met all conditions.
    if (flag(at->body, "lateral")) current().quals_plain = false;
    from_item out;
    source from_here;
    from_here.columns = std::move(result.columns);
    from_here.open = result.open;
    from_here.open_lineage = std::move(result.open_lineage);
    if (const auto alias = plain_child(at->body, "alias")) {
      from_here.name = std::string(text(*alias, "aliasname"));
      rename_columns(from_here.columns, names(*alias, "colnames"), from_here.open, from_here.open_lineage);
    }
    out.visible = from_here.columns;
    out.open = from_here.open;
    out.open_lineage = from_here.open_lineage;
    out.sources.push_back(std::move(from_here));
    return out;
  }
  refuse("`" + std::string(at->type) + "` in FROM", location(at->body));
}

}  // namespace sluice::sql
