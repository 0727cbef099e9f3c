#include "classification.hpp"

#include <algorithm>
#include <set>

#include "sluice/sql/analysis.hpp"

namespace sluice::enforce {
namespace {

constexpr std::size_t max_ancestors = 1000;

bool holds_data(catalog::relation_kind kind) {
  using enum catalog::relation_kind;
  return kind == table || kind == partitioned_table || kind == view || kind == materialized_view || kind == foreign_table;
}
bool is_system(std::string_view schema) { return schema == "pg_catalog" || schema == "information_schema" || schema == "pg_toast"; }

}  // namespace

classification::classification(const policy::policy_set& rules, const catalog::snapshot& known, const config::database& database,
                               std::vector<remembered_name> remembered)
    : remembered_(std::move(remembered)) {
  name_remembered(rules, known, database);
  name_rules(rules, known, database);
  read_definitions(known);
  // Each round carries classes one step further; chains are as long as views over partitions over copies may be.
  for (int round = 0; round < 64 && spread(known); ++round) continue;
  spread_down(known);
}

const column_class* classification::of(base::oid relation, std::int16_t attnum) const {
  const auto found = columns_.find(key_of(relation, attnum));
  return found == columns_.end() ? nullptr : &found->second;
}

const std::vector<classification::source>* classification::lineage(base::oid relation, std::int16_t attnum) const {
  const auto found = lineage_.find(key_of(relation, attnum));
  return found == lineage_.end() ? nullptr : &found->second;
}

std::vector<const remembered_name*> classification::earlier_names(const catalog::relation& relation) const {
  std::vector<const remembered_name*> out;
  const auto first = std::lower_bound(remembered_.begin(), remembered_.end(), relation.id, [](const remembered_name& each, base::oid id) { return each.relation < id; });
  for (auto at = first; at != remembered_.end() && at->relation == relation.id && at->attnum == 0; ++at) {
    if (at->schema != relation.schema || at->name != relation.name) out.push_back(&*at);
  }
  return out;
}

std::vector<std::string> classification::effective(base::oid relation, std::int16_t attnum) const {
  std::vector<std::string> out;
  std::vector<source> open = {{relation, attnum}};
  std::set<key> seen = {key_of(relation, attnum)};
  for (std::size_t at = 0; at < open.size(); ++at) {
    const source here = open[at];
    if (const auto* found = of(here.relation, here.attnum)) {
      for (const auto& each : found->classes) {
        if (std::find(out.begin(), out.end(), each) == out.end()) out.push_back(each);
      }
    }
    const auto* further = lineage(here.relation, here.attnum);
    if (!further) continue;
    for (const auto& next : *further) {
      if (seen.insert(key_of(next.relation, next.attnum)).second) open.push_back(next);
    }
  }
  return out;
}

void classification::add(base::oid relation, std::int16_t attnum, const std::vector<std::string>& classes, bool derived) {
  column_class& to = columns_[key_of(relation, attnum)];
  to.derived = to.derived || (derived && !classes.empty());
  for (const auto& each : classes) {
    if (std::find(to.classes.begin(), to.classes.end(), each) == to.classes.end()) to.classes.push_back(each);
  }
}

void classification::name_remembered(const policy::policy_set& rules, const catalog::snapshot& known, const config::database& database) {
  for (const auto& before : remembered_) {
    const catalog::relation* relation = known.find(before.relation);
    if (!relation || !relation->find_column(before.attnum)) continue;
    const std::string* layer = database.layer_of(before.schema);
    const policy::object what{database.name, layer ? std::string_view(*layer) : std::string_view(), before.schema, before.name};
    bool clear = false;
    const auto classes = rules.classify(what, before.column, clear);
    if (!classes.empty()) add(before.relation, before.attnum, classes, before.derived);
  }
}

void classification::name_rules(const policy::policy_set& rules, const catalog::snapshot& known, const config::database& database) {
  for (const auto& relation : known.all().relations) {
    if (!holds_data(relation.kind) || is_system(relation.schema)) continue;
    const std::string* layer = database.layer_of(relation.schema);
    const policy::object what{database.name, layer ? std::string_view(*layer) : std::string_view(), relation.schema, relation.name};
    // Column 0 stands for the relation as a whole.
    if (rules.filters_relation(what)) remembered_.push_back({relation.id, 0, relation.schema, relation.name, {}});
    for (const auto& column : relation.columns) {
      column_class found;
      found.classes = rules.classify(what, column.name, found.known_clear);
      if (!found.classes.empty()) {
        remembered_.push_back({relation.id, column.attnum, relation.schema, relation.name, column.name});
        add(relation.id, column.attnum, found.classes);
      } else if (found.known_clear && columns_.count(key_of(relation.id, column.attnum)) == 0) {
        columns_[key_of(relation.id, column.attnum)] = std::move(found);
      }
    }
  }
  std::sort(remembered_.begin(), remembered_.end());
  remembered_.erase(std::unique(remembered_.begin(), remembered_.end()), remembered_.end());
}

void classification::read_definitions(const catalog::snapshot& known) {
  sql::name_space names;
  names.catalog = &known;
  names.search_path = {"pg_catalog"};
  for (const auto& relation : known.all().relations) {
    if (relation.definition.empty() || is_system(relation.schema)) continue;
    const auto parsed = sql::parse(relation.definition);
    if (!parsed) {
      broken_[relation.id.value()] = true;
      continue;
    }
    const auto facts = sql::analyse(*parsed, names);
    if (!facts || facts->statements.size() != 1) {
      broken_[relation.id.value()] = true;
      continue;
    }
    const auto& outputs = facts->statements[0].outputs;
    const bool counted = facts->statements[0].outputs_known && outputs.size() == relation.columns.size();
    for (std::size_t at = 0; at < relation.columns.size(); ++at) {
      auto& from = lineage_[key_of(relation.id, relation.columns[at].attnum)];
      const auto take = [&](const sql::base_column& column) {
        const sql::use& of = facts->uses[column.use];
        if (of.relation && column.attnum > 0) from.push_back({of.relation->id, column.attnum});
      };
      if (counted) {
        for (const auto& column : outputs[at].lineage) take(column);
        if (outputs[at].plain) plain_.insert(key_of(relation.id, relation.columns[at].attnum));
        continue;
      }
      // Which output is which column is not known: each may hold anything that the definition reads.
      for (const auto& of : facts->uses) {
        if (!of.relation) continue;
        for (const auto& column : of.relation->columns) from.push_back({of.relation->id, column.attnum});
      }
    }
  }
}

// One step: parents and children share the classes of columns of one name.
bool classification::spread(const catalog::snapshot& known) {
  std::size_t before = 0, after = 0;
  for (const auto& [where, each] : columns_) before += each.classes.size();
  for (const auto& relation : known.all().relations) {
    if (!holds_data(relation.kind) || is_system(relation.schema)) continue;
    for (const base::oid parent_id : relation.parents) {
      const catalog::relation* parent = known.find(parent_id);
      if (!parent) continue;
      for (const auto& column : relation.columns) {
        const auto* above = parent->find_column(column.name);
        if (!above) continue;
        if (const auto* found = of(parent_id, above->attnum)) add(relation.id, column.attnum, std::vector<std::string>(found->classes));
        if (const auto* found = of(relation.id, column.attnum)) add(parent_id, above->attnum, std::vector<std::string>(found->classes));
      }
    }
    spread_rows(known, relation);
  }
  for (const auto& [where, each] : columns_) after += each.classes.size();
  return after != before;
}

// Types that are rows of relations: theirs, arrays of them, domains over them. Types are told apart by name alone where the
// snapshot has no number for them; more masks than needed are the price.
std::vector<const catalog::relation*> rows_inside(const catalog::snapshot& known, const catalog::column& column) {
  std::vector<const catalog::relation*> out;
  if (const auto* exact = known.find_by_row_type(column.type)) out.push_back(exact);
  if (!out.empty()) return out;
  std::string_view name = column.base_type;
  if (!name.empty() && name.front() == '_') name.remove_prefix(1);
  for (const auto& schema : known.all().schemas) {
    if (is_system(schema)) continue;
    if (const auto* found = known.find(schema, name)) out.push_back(found);
  }
  return out;
}

// What a relation's own columns hand to each other: copies take the classes of their sources, columns that are rows those
// of all their fields, generated columns those of their neighbours.
void classification::spread_rows(const catalog::snapshot& known, const catalog::relation& relation) {
  std::vector<std::string> around;
  for (const auto& column : relation.columns) {
    const auto* sources = relation.kind == catalog::relation_kind::materialized_view ? lineage(relation.id, column.attnum) : nullptr;
    if (sources) {
      for (const auto& from : *sources) {
        const auto* there = of(from.relation, from.attnum);
        add(relation.id, column.attnum, effective(from.relation, from.attnum), !is_plain_copy(relation.id, column.attnum) || (there && there->derived));
      }
    }
    for (const catalog::relation* row : rows_inside(known, column)) {
      for (const auto& field : row->columns) add(relation.id, column.attnum, effective(row->id, field.attnum), true);
    }
    const auto* found = of(relation.id, column.attnum);
    if (found) around.insert(around.end(), found->classes.begin(), found->classes.end());
  }
  if (around.empty()) return;
  for (const auto& column : relation.columns) {
    if (!column.is_generated) continue;
    const auto* found = of(relation.id, column.attnum);
    if (!found || (!found->known_clear && found->classes.empty())) add(relation.id, column.attnum, around, true);
  }
}

void classification::remember(const catalog::relation& at, std::int16_t attnum, const remembered_name& as, bool derived) {
  remembered_.push_back({at.id, attnum, as.schema, as.name, as.column, derived || as.derived});
}

// What came to a column from elsewhere stays with it when the way it came is cut: a partition that is detached, a child
// that no longer inherits, a generated column that becomes an ordinary one, a copy whose source goes.
void classification::spread_down(const catalog::snapshot& known) {
  std::map<std::pair<std::uint32_t, std::int16_t>, std::vector<remembered_name>> by_column;
  for (const auto& each : remembered_) by_column[{each.relation.value(), each.attnum}].push_back(each);
  const auto names_of = [&](base::oid relation, std::int16_t attnum) -> const std::vector<remembered_name>& {
    static const std::vector<remembered_name> none;
    const auto found = by_column.find({relation.value(), attnum});
    return found == by_column.end() ? none : found->second;
  };
  for (const auto& relation : known.all().relations) {
    if (!holds_data(relation.kind) || is_system(relation.schema)) continue;
    std::vector<const catalog::relation*> above;
    for (const base::oid id : relation.parents) {
      if (const auto* parent = known.find(id)) above.push_back(parent);
    }
    for (std::size_t at = 0; at < above.size() && at < max_ancestors; ++at) {
      for (const base::oid id : above[at]->parents) {
        if (const auto* parent = known.find(id)) above.push_back(parent);
      }
      for (const auto& each : names_of(above[at]->id, 0)) remember(relation, 0, each, false);
      for (const auto& column : relation.columns) {
        const auto* inherited = above[at]->find_column(column.name);
        if (!inherited) continue;
        for (const auto& each : names_of(above[at]->id, inherited->attnum)) remember(relation, column.attnum, each, false);
      }
    }
    for (const auto& column : relation.columns) {
      if (const auto* sources = relation.kind == catalog::relation_kind::materialized_view ? lineage(relation.id, column.attnum) : nullptr) {
        for (const auto& from : *sources) {
          for (const auto& each : names_of(from.relation, from.attnum)) remember(relation, column.attnum, each, !is_plain_copy(relation.id, column.attnum));
        }
      }
      const auto* found = of(relation.id, column.attnum);
      if (!column.is_generated || !found || !found->derived) continue;
      for (const auto& neighbour : relation.columns) {
        for (const auto& each : names_of(relation.id, neighbour.attnum)) remember(relation, column.attnum, each, true);
      }
    }
  }
  std::sort(remembered_.begin(), remembered_.end());
  remembered_.erase(std::unique(remembered_.begin(), remembered_.end()), remembered_.end());
}

}  // namespace sluice::enforce
