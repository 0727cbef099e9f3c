#include "guards.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "filter_check.hpp"
#include "hollow.hpp"
#include "rewrite.hpp"
#include "sluice/enforce/builtins.hpp"
#include "sluice/enforce/mask_sql.hpp"
#include "sluice/enforce/wire_masks.hpp"
#include "sluice/sql/budget.hpp"

namespace sluice::enforce {
namespace {

constexpr std::size_t max_view_depth = 32;
constexpr std::size_t max_relatives = 100'000;  // of one inheritance tree

column_state state_of(const policy::mask& with, const catalog::column& column) {
  return with.kind == policy::mask_kind::detect && detectors_fit(column) ? column_state::detected : column_state::masked;
}

// A sequence counts the rows of everybody; what it stands at is for those who may advance it.
constexpr std::array<std::string_view, 3> counters{"last_value", "log_cnt", "is_called"};

}  // namespace

std::string qualified_name(const catalog::relation& relation) {
  return quote_identifier(relation.schema) + "." + quote_identifier(relation.name);
}

bool is_system_schema(std::string_view schema) {
  return schema == "pg_catalog" || schema == "information_schema" || schema.rfind("pg_toast", 0) == 0;
}

policy::object guards::object_of(const catalog::relation& relation) const {
  const std::string* layer = context_.database->layer_of(relation.schema);
  return {context_.database->name, layer ? std::string_view(*layer) : std::string_view(), relation.schema, relation.name};
}

const relation_guard& guards::of(const catalog::relation& relation) {
  if (const auto found = made_.find(relation.id.value()); found != made_.end()) return found->second;
  // Also left when the budget of the statement ends in between.
  struct one_deeper {
    std::size_t& depth;
    explicit one_deeper(std::size_t& of_set) : depth(of_set) { ++depth; }
    ~one_deeper() { --depth; }
  };
  const auto below = [&] {
    const one_deeper level(depth_);
    return make(relation);
  };
  relation_guard made = below();
  return made_[relation.id.value()] = std::move(made);
}

relation_guard guards::make(const catalog::relation& relation) {
  relation_guard out;
  if (is_system_schema(relation.schema)) {
    guard_system(relation, out);
  } else if (relation.kind == catalog::relation_kind::sequence) {
    guard_sequence(relation, out);
  } else {
    guard_columns(relation, out);
    if (relation.kind == catalog::relation_kind::view) guard_view(relation, out);
    if (relation.kind == catalog::relation_kind::materialized_view) guard_copy(relation, out);
  }
  out.needed = out.needed || !out.columns.empty() || out.has_filter() || !out.listed.empty() || out.definition.has_value() || !out.refused.empty();
  return out;
}

void guards::guard_system(const catalog::relation& relation, relation_guard& out) {
  const system_relation_entry entry = system_relation(relation.schema, relation.name);
  if (entry.rule == system_relation_rule::denied) {
    out.refused = "`" + relation.schema + "." + relation.name + "` is not shown through the gateway" +
                  (entry.reason.empty() ? std::string() : ": " + std::string(entry.reason));
    return;
  }
  if (entry.rule == system_relation_rule::filtered) out.system_filter = std::string(entry.filter);
  if (!visible_) visible_.emplace(context_, who_);
  out.listed = visible_->condition(relation.schema, relation.name);
  for (const std::string_view name : entry.emptied) {
    if (const auto* column = relation.find_column(name)) {
      column_guard empty;
      empty.state = column_state::emptied;
      empty.why = std::string(entry.reason);
      out.columns[column->attnum] = std::move(empty);
    }
  }
}

void guards::guard_sequence(const catalog::relation& relation, relation_guard& out) const {
  if (context_.policy->decide(who_, object_of(relation), policy::action::update).allowed) return;
  for (const auto& column : relation.columns) {
    if (std::find(counters.begin(), counters.end(), column.name) == counters.end()) continue;
    column_guard empty;
    empty.state = column_state::emptied;
    empty.why = "counters tell about rows of others";
    out.columns[column.attnum] = std::move(empty);
  }
}

void guards::guard_columns(const catalog::relation& relation, relation_guard& out) {
  const policy::object what = object_of(relation);
  const policy::unclassified rest = context_.policy->unclassified_of(what.layer);
  const bool view = relation.kind == catalog::relation_kind::view;
  if (rest == policy::unclassified::deny && !context_.policy->names_relation(what)) {
    const policy::treatment seen = context_.policy->treat_unclassified(who_, what);
    if (seen.kind != policy::treatment_kind::clear) {
      out.refused = "`" + relation.schema + "." + relation.name + "` is named by no rule, and layer `" + std::string(what.layer) + "` denies what is unclassified";
      return;
    }
  }
  for (const auto& column : relation.columns) {
    const column_class* known = context_.classes->of(relation.id, column.attnum);
    policy::treatment strictest;
    strictest.kind = policy::treatment_kind::clear;
    std::string why;
    // A view's columns show what their sources show to this reader; a mask of their own comes only where there is no source
    // that is masked already.
    const auto* sources = view ? context_.classes->lineage(relation.id, column.attnum) : nullptr;
    if (known && !known->classes.empty()) {
      const bool below = sources && std::any_of(sources->begin(), sources->end(), [&](const classification::source& from) {
        const auto* base_class = context_.classes->of(from.relation, from.attnum);
        return context_.classes->lineage(from.relation, from.attnum) || (base_class && !base_class->classes.empty());
      });
      if (!below) {
        for (const auto& data_class : known->classes) {
          policy::treatment next = context_.policy->treat(who_, what, data_class);
          const auto rank = [](policy::treatment_kind kind) { return kind == policy::treatment_kind::denied ? 2 : kind == policy::treatment_kind::masked ? 1 : 0; };
          if (rank(next.kind) <= rank(strictest.kind)) continue;
          strictest = std::move(next);
          why = data_class;
        }
      }
    } else if (!(known && known->known_clear) && !view) {
      strictest = context_.policy->treat_unclassified(who_, what);
      why = "unclassified";
    }
    if (strictest.kind == policy::treatment_kind::clear) continue;
    if (known && known->derived && strictest.kind == policy::treatment_kind::masked) strictest.mask = policy::mask{};
    column_guard made;
    made.why = why;
    made.with = strictest.mask;
    made.mask = strictest.mask.id;
    made.state = strictest.kind == policy::treatment_kind::denied ? column_state::denied : state_of(strictest.mask, column);
    out.columns[column.attnum] = std::move(made);
  }
  out.filters = context_.policy->filters(who_, what);
  inherit_filters(relation, out);
  for (const auto& filter : out.filters) {
    const filter_facts facts = check_filter(relation, filter.sql, *context_.catalog);
    out.filter_joins = out.filter_joins || facts.joins;
    if (facts.refused) {
      out.refused = "row filter `" + filter.rule + "` does not fit `" + relation.schema + "." + relation.name + "`: " + *facts.refused;
      return;
    }
  }
}

std::vector<const catalog::relation*> guards::disturbed_by(const catalog::relation& relation) const {
  std::vector<const catalog::relation*> tree = {&relation};
  std::set<std::uint32_t> seen = {relation.id.value()};
  const auto take = [&](const catalog::relation* next) {
    if (next && seen.insert(next->id.value()).second) tree.push_back(next);
  };
  for (std::size_t at = 0; at < tree.size() && at < max_relatives; ++at) {
    for (const base::oid parent : tree[at]->parents) take(context_.catalog->find(parent));
    for (const catalog::relation* child : context_.catalog->children_of(tree[at]->id)) take(child);
  }
  // Views are expanded by the names in their text; each round reaches one view further up.
  for (bool more = true; more;) {
    more = false;
    sql::budget::charge(context_.catalog->all().relations.size() / 4);
    for (const auto& view : context_.catalog->all().relations) {
      if (view.definition.empty() || is_system_schema(view.schema) || seen.count(view.id.value())) continue;
      const bool reads = std::any_of(view.columns.begin(), view.columns.end(), [&](const catalog::column& column) {
        const auto* sources = context_.classes->lineage(view.id, column.attnum);
        return sources && std::any_of(sources->begin(), sources->end(), [&](const classification::source& from) { return seen.count(from.relation.value()) > 0; });
      });
      if (!reads) continue;
      take(&view);
      more = true;
    }
  }
  tree.erase(tree.begin());
  return tree;
}

std::vector<const catalog::relation*> guards::descendants(const catalog::relation& relation) const {
  std::vector<const catalog::relation*> out = context_.catalog->children_of(relation.id);
  for (std::size_t at = 0; at < out.size() && at < max_relatives; ++at) {
    for (const catalog::relation* below : context_.catalog->children_of(out[at]->id)) out.push_back(below);
  }
  return out;
}

// A child in another layer may be masked where its parent is not: by what that layer does with columns that no rule names.
bool guards::shows_more_than(const catalog::relation& relation, relation_guard& out, const catalog::relation& child) {
  const relation_guard& below = of(child);
  for (const auto& [attnum, column] : below.columns) {
    const auto* inherited = child.find_column(attnum);
    const auto* own = inherited ? relation.find_column(inherited->name) : nullptr;
    if (!own || out.columns.count(own->attnum)) continue;
    out.refused = "`" + relation.schema + "." + relation.name + "` holds rows of `" + child.schema + "." + child.name + "`, where column `" + own->name + "` is masked";
    return true;
  }
  if (!below.refused.empty()) out.refused = below.refused;
  return !below.refused.empty();
}

// Rows belong to the parent as much as to the partition: a filter of either holds on both.
void guards::inherit_filters(const catalog::relation& relation, relation_guard& out) {
  const auto filters_of = [&](const catalog::relation& other) {
    // Who may not read the other relation has no rule there; what is read here is then decided here alone.
    const policy::object what = object_of(other);
    return context_.policy->decide(who_, what, policy::action::read).allowed ? context_.policy->filters(who_, what) : std::vector<policy::row_filter>();
  };
  const auto has = [&](const policy::row_filter& wanted) {
    return std::any_of(out.filters.begin(), out.filters.end(), [&](const policy::row_filter& each) { return each.sql == wanted.sql; });
  };
  // A rename or a move does not shed a filter: it still holds under the name that it was written for.
  for (const remembered_name* before : context_.classes->earlier_names(relation)) {
    const std::string* layer = context_.database->layer_of(before->schema);
    const policy::object what{context_.database->name, layer ? std::string_view(*layer) : std::string_view(), before->schema, before->name};
    if (!context_.policy->decide(who_, what, policy::action::read).allowed) continue;
    for (const auto& filter : context_.policy->filters(who_, what)) {
      if (!has(filter)) out.filters.push_back(filter);
    }
  }
  std::vector<const catalog::relation*> open = {&relation};
  for (std::size_t at = 0; at < open.size() && at < max_relatives; ++at) {
    for (const base::oid id : open[at]->parents) {
      const catalog::relation* parent = context_.catalog->find(id);
      if (!parent) continue;
      open.push_back(parent);
      for (const auto& filter : filters_of(*parent)) {
        if (!has(filter)) out.filters.push_back(filter);
      }
    }
  }
  for (const catalog::relation* child : descendants(relation)) {
    if (child->schema != relation.schema && shows_more_than(relation, out, *child)) return;
    for (const auto& filter : filters_of(*child)) {
      if (has(filter)) continue;
      out.refused = "`" + relation.schema + "." + relation.name + "` holds rows of `" + child->schema + "." + child->name + "`, on which row filter `" + filter.rule + "` holds";
      return;
    }
  }
}

// A copy holds what its definition read, whoever read it: filtered rows went in before anybody asked who is looking.
void guards::guard_copy(const catalog::relation& relation, relation_guard& out) {
  const auto refuse = [&](const std::string& why) {
    out.refused = "`" + relation.schema + "." + relation.name + "` is not shown through the gateway: " + why;
  };
  const auto parsed = sql::parse(relation.definition);
  sql::name_space names;
  names.catalog = context_.catalog.get();
  names.search_path = {"pg_catalog"};
  const auto facts = parsed ? sql::analyse(*parsed, names) : base::result<sql::analysis>(parsed.error());
  if (!facts || facts->statements.size() != 1) return refuse("its definition could not be read");
  if (!out.filters.empty()) return;  // the policy says itself which rows of the copy are shown
  for (const auto& use : facts->uses) {
    if (!use.relation || is_system_schema(use.relation->schema) || depth_ > max_view_depth) continue;
    const relation_guard& inner = of(*use.relation);
    if (inner.has_filter() || inner.filtered_below)
      return refuse("it was made from `" + use.relation->schema + "." + use.relation->name + "`, on which a row filter holds; a filter of its own would show it");
  }
}

void guards::guard_view(const catalog::relation& relation, relation_guard& out) {
  const auto refuse = [&](const std::string& why) {
    out.refused = "view `" + relation.schema + "." + relation.name + "` is not shown through the gateway: " + why;
  };
  if (depth_ > max_view_depth) return refuse("it stands on too many views");
  const auto parsed = sql::parse(relation.definition);
  if (!parsed) return refuse("its definition is not understood");
  sql::name_space names;
  names.catalog = context_.catalog.get();
  names.search_path = {"pg_catalog"};
  const auto facts = sql::analyse(*parsed, names);
  if (!facts || facts->statements.size() != 1 || facts->statements[0].what != sql::command::select)
    return refuse("its definition is not understood");
  if (facts->statements[0].locks_rows) return refuse("it locks rows, which reading must not do");
  bool guarded_below = false;
  for (const auto& use : facts->uses) {
    if (use.found == sql::resolution::cte) continue;
    if (use.found != sql::resolution::relation) return refuse("it reads `" + use.written_name + "`, which the gateway does not know");
    const relation_guard& inner = of(*use.relation);
    if (!inner.refused.empty() && !is_system_schema(use.relation->schema)) return refuse(inner.refused);
    guarded_below = guarded_below || inner.needed;
    out.filtered_below = out.filtered_below || inner.has_filter() || inner.filtered_below;
    // A view reads a denied column as NULL: who may read the view is not who may read the column.
  }
  if (auto why = refuse_functions(*facts, context_, who_)) return refuse(why->message);
  const std::vector<sql::name_space> meanings = {names};
  const bool hollow = std::any_of(facts->functions.begin(), facts->functions.end(), [&](const sql::function_call& call) {
    return hollowed(call, context_, who_, nullptr, names);
  });
  if (!guarded_below && !hollow) return;
  const std::vector<relation_constant> none;
  rewrite_request request{*parsed, *facts, context_, *this, meanings, none};
  request.inside_view = true;
  rewrite_outcome made = rewrite(request);
  if (made.refused) return refuse(made.refused->message);
  std::string text = made.text ? *made.text : relation.definition;
  while (!text.empty() && (text.back() == ';' || text.back() == ' ' || text.back() == '\n')) text.pop_back();
  out.definition = std::move(text);
}

std::optional<std::string> guards::shown(const catalog::relation& relation, std::int16_t attnum, const std::string& column_sql) {
  const relation_guard& guard = of(relation);
  const auto found = guard.columns.find(attnum);
  const catalog::column* column = relation.find_column(attnum);
  if (found == guard.columns.end() || !column) return std::nullopt;
  switch (found->second.state) {
    case column_state::masked: return mask_expression(found->second.with, *column, column_sql);
    case column_state::detected: return detect_expression(found->second.with.detectors, *column, column_sql);
    case column_state::emptied:
    case column_state::denied: break;
  }
  return "CAST(NULL AS " + column->type_sql + ")";
}

std::string guards::query(const catalog::relation& relation, const guard_options& options) {
  const relation_guard& guard = of(relation);
  std::string list, nulls;
  const auto item = [&](const catalog::column& column) {
    const std::string name = quote_identifier(column.name);
    if (!list.empty()) list += ", ";
    nulls += (nulls.empty() ? "CAST(NULL AS " : ", CAST(NULL AS ") + column.type_sql + ")";
    const bool passes = options.plain && std::find(options.plain->begin(), options.plain->end(), column.attnum) != options.plain->end();
    const auto mask = passes ? std::nullopt : shown(relation, column.attnum, name);
    list += mask ? *mask + " AS " + name : name;
  };
  if (options.columns && !options.columns->empty()) {
    for (const auto& name : *options.columns) {
      if (const auto* column = relation.find_column(name)) item(*column);
    }
  } else {
    for (const auto& column : relation.columns) {
      if (options.columns && column.is_generated) continue;  // COPY leaves generated columns out
      item(column);
    }
  }
  if (options.system_columns) {
    for (const auto& name : *options.system_columns) list += ", " + name;
  }
  std::string out = "SELECT " + list + " FROM ";
  if (guard.definition) {
    out += "(" + *guard.definition + ") AS sluice_view";
  } else {
    out += (options.only ? "ONLY " : "") + qualified_name(relation) + (options.sample.empty() ? "" : " " + options.sample);
  }
  std::string where;
  const auto add = [&](const std::string& condition) {
    if (!condition.empty()) where += (where.empty() ? "(" : " AND (") + condition + ")";
  };
  add(guard.system_filter);
  add(guard.listed);
  for (const auto& filter : guard.filters) add(filter.sql);
  if (!where.empty()) out += " WHERE " + where;
  if ((options.fenced && (guard.has_filter() || guard.filtered_below)) || guard.filter_joins) {
    // OFFSET keeps conditions out; the empty second arm keeps the planner from trying them on its samples of hidden rows
    // (selfuncs.c, examine_simple_variable, looks through OFFSET but not into set operations).
    if (!is_system_schema(relation.schema) && !nulls.empty()) out += " UNION ALL SELECT " + nulls + " WHERE false";
    out += " OFFSET 0";
  }
  return out;
}

}  // namespace sluice::enforce
