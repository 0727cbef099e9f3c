#include "classification.hpp"

#include <algorithm>
#include <set>

#include "sluice/sql/analysis.hpp"

namespace sluice::enforce {
namespace {

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

void classification::add(base::oid relation, std::int16_t attnum, const std::vector<std::string>& classes) {
  column_class& to = columns_[key_of(relation, attnum)];
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
    if (!classes.empty()) add(before.relation, before.attnum, classes);
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

// One step: parents and children share the classes of columns of one name, copies take those of their sources, generated
// columns those of their neighbours.
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
    if (relation.kind == catalog::relation_kind::materialized_view) {
      for (const auto& column : relation.columns) {
        const auto* sources = lineage(relation.id, column.attnum);
        if (!sources) continue;
        for (const auto& from : *sources) add(relation.id, column.attnum, effective(from.relation, from.attnum));
      }
    }
    std::vector<std::string> around;
    for (const auto& column : relation.columns) {
      const auto* found = of(relation.id, column.attnum);
      if (found) around.insert(around.end(), found->classes.begin(), found->classes.end());
    }
    if (around.empty()) continue;
    for (const auto& column : relation.columns) {
      if (!column.is_generated) continue;
      const auto* found = of(relation.id, column.attnum);
      if (!found || (!found->known_clear && found->classes.empty())) add(relation.id, column.attnum, around);
    }
  }
  for (const auto& [where, each] : columns_) after += each.classes.size();
  return after != before;
}

}  // namespace sluice::enforce
