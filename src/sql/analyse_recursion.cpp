// WITH RECURSIVE (parse_cte.c).
//
// Each arm is read once. What is not known while it is read (the columns of the table itself, and of tables further down the
// list) stands in the facts as a stand-in; when the list has been read, stand-ins are replaced by what they turned out to be,
// through any number of rounds.
#include <algorithm>
#include <limits>
#include <utility>

#include "analyser.hpp"

namespace sluice::sql {

// Position 0: any of its columns. So are those beyond what a position holds.
base_column analyser::stand_in(std::size_t table, std::size_t position) {
  const bool fits = position <= static_cast<std::size_t>(std::numeric_limits<std::int16_t>::max());
  return {first_stand_in + table, fits ? static_cast<std::int16_t>(position) : std::int16_t{0}};
}

void analyser::recursive_table(const object& body, frame& here, std::size_t index) {
  const auto inner = field(body, "ctequery");
  if (!inner) refuse("a common table expression of this form", location(body));
  const auto renamed = names(body, "aliascolnames");
  const std::size_t number_of = here.tables[index].stand_in;
  // The arm that does not recurse gives the columns, as in PostgreSQL; what flows round is added by the stand-ins.
  const auto learn = [&](const query_result& first) {
    std::vector<output> columns = first.columns;
    column_set any = first.open_lineage;
    rename_columns(columns, renamed, first.open, any);
    budget::charge(columns.size() * units_per_output);
    for (std::size_t at = 0; at < columns.size(); ++at) {
      columns[at].plain.reset();
      columns[at].lineage.insert(stand_in(number_of, at + 1));
    }
    any.insert(stand_in(number_of, 0));
    common_table& slot = here.tables[index];
    slot.columns = std::move(columns);
    slot.open = first.open;
    slot.open_lineage = std::move(any);
  };
  const auto whole = as_node(*inner);
  const bool arms = whole && whole->type == "SelectStmt" && text(whole->body, "op") != "SETOP_NONE";
  query_result result = arms ? select(whole->body, &here, false, learn) : query(*inner, &here);
  rename_columns(result.columns, renamed, result.open, result.open_lineage);
  for (auto& column : result.columns) column.plain.reset();
  for (const auto clause_name : {"search_clause", "cycle_clause"}) {
    const auto clause = plain_child(body, clause_name);
    if (!clause) continue;
    for (const auto key : {"search_seq_column", "cycle_mark_column", "cycle_path_column"}) {
      const std::string_view made = text(*clause, key);
      if (!made.empty()) result.columns.push_back({std::string(made), {}, std::nullopt});
    }
  }
  common_table& slot = here.tables[index];
  slot.columns = std::move(result.columns);
  slot.open = result.open;
  slot.open_lineage = std::move(result.open_lineage);
  settle(slot);
}

// From here on it is known what the stand-ins of this table stand for, perhaps by other stand-ins.
void analyser::settle(const common_table& table) {
  column_set any = table.open_lineage;
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    const base_column self = stand_in(table.stand_in, at + 1);
    any.insert(table.columns[at].lineage);
    if (self.attnum == 0) continue;
    column_set mine = table.columns[at].lineage;
    if (table.open) mine.insert(table.open_lineage);
    stand_for_[self] = std::move(mine);
  }
  stand_for_[stand_in(table.stand_in, 0)] = std::move(any);
}

// Stand-ins that nobody has settled belong to a list further out, and stay.
column_set analyser::settled(const column_set& columns) const {
  if (!pending(columns)) return columns;
  std::set<base_column> met;
  std::vector<base_column> open(columns.begin(), columns.end()), out;
  while (!open.empty()) {
    const base_column next = open.back();
    open.pop_back();
    budget::charge(1);
    if (!met.insert(next).second) continue;
    auto found = next.use < first_stand_in ? stand_for_.end() : stand_for_.find(next);
    // A column of the right arm beyond those of the left one: PostgreSQL refuses it, we take it for any.
    if (found == stand_for_.end() && next.use >= first_stand_in) found = stand_for_.find({next.use, 0});
    if (found == stand_for_.end()) {
      out.push_back(next);
    } else {
      open.insert(open.end(), found->second.begin(), found->second.end());
    }
  }
  std::sort(out.begin(), out.end());
  column_set result;
  for (const base_column& each : out) result.insert(each);
  return result;
}

// Replaces the stand-ins of a list that has been read in everything that outlives it.
void analyser::settle_facts() {
  std::vector<std::size_t> still;
  for (const std::size_t index : std::exchange(pending_sites_, {})) {
    column_set& lineage = out_.columns[index].lineage;
    lineage = settled(lineage);
    read(lineage);
    if (pending(lineage)) still.push_back(index);
  }
  pending_sites_.insert(pending_sites_.end(), still.begin(), still.end());
  still.clear();
  for (const std::size_t index : std::exchange(pending_meetings_, {})) {
    column_set& columns = out_.meetings[index].columns;
    columns = settled(columns);
    if (pending(columns)) still.push_back(index);
  }
  pending_meetings_.insert(pending_meetings_.end(), still.begin(), still.end());
}

}  // namespace sluice::sql
