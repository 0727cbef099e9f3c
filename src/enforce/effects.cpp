#include "effects.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sluice::enforce {
namespace {

effect simple(effect_kind kind, std::string name = {}) {
  effect out;
  out.kind = kind;
  out.name = std::move(name);
  return out;
}

void path_changes(const sql::statement& statement, std::vector<effect>& out) {
  for (const auto& change : statement.settings) {
    if (change.name.empty()) out.push_back(simple(effect_kind::reset_all));
    if (change.name != "search_path") continue;
    if (!change.value) {
      out.push_back(simple(change.local ? effect_kind::reset_search_path_local : effect_kind::reset_search_path));
      continue;
    }
    effect next = simple(change.local ? effect_kind::set_search_path_local : effect_kind::set_search_path);
    next.values = change.values;
    out.push_back(std::move(next));
  }
}

struct command_row {
  sql::command what;
  effect_kind one, all;   // all: when the statement names nothing
};
constexpr std::array<command_row, 8> commands{{
    {sql::command::begin, effect_kind::begin, effect_kind::begin},
    {sql::command::commit, effect_kind::commit, effect_kind::commit},
    {sql::command::rollback, effect_kind::rollback, effect_kind::rollback},
    {sql::command::savepoint, effect_kind::savepoint, effect_kind::none},
    {sql::command::release, effect_kind::release, effect_kind::none},
    {sql::command::rollback_to, effect_kind::rollback_to, effect_kind::none},
    {sql::command::deallocate, effect_kind::deallocate, effect_kind::deallocate_all},
    {sql::command::close, effect_kind::close, effect_kind::close_all},
}};

effect of_relation(effect_kind kind, std::string schema, std::string name) {
  effect out = simple(kind, std::move(name));
  out.schema = std::move(schema);
  return out;
}

// What a restricted principal makes holds masked data, views included, as long as what they were made over stays as it was.
void stand_on(const sql::analysis& facts, std::size_t index, guards* shown, sql::fresh_relation& made) {
  for (const auto& of : facts.uses) {
    if (of.statement != index || of.definition) continue;
    if (of.fresh) {
      made.guarded = made.guarded || of.fresh->guarded;
      made.stands_on.insert(made.stands_on.end(), of.fresh->stands_on.begin(), of.fresh->stands_on.end());
    } else if (of.relation && shown && !is_system_schema(of.relation->schema)) {
      const bool guarded = shown->of(*of.relation).needed;
      made.guarded = made.guarded || guarded;
      made.stands_on.push_back({of.relation->schema, of.relation->name, of.relation->id, guarded ? shown->query(*of.relation, {}) : std::string()});
    }
  }
}

effect made_by(const sql::analysis& facts, std::size_t index, const sql::use& of, guards* shown) {
  const sql::statement& statement = facts.statements[index];
  const bool temporary = of.found == sql::resolution::temporary;
  effect out = of_relation(temporary ? effect_kind::create_temp : effect_kind::create_relation, of.schema, of.written_name);
  if (statement.if_not_exists && (!temporary || of.fresh)) {
    // It may have been there before, with other columns and other data.
    out.kind = temporary || of.relation ? effect_kind::none : effect_kind::drop_relation;
    return out;
  }
  auto made = std::make_shared<sql::fresh_relation>();
  made->columns = statement.definition_columns;
  made->plain_table = statement.what == sql::command::create_table || statement.what == sql::command::create_table_as;
  if (!made->plain_table) stand_on(facts, index, shown, *made);
  out.made = std::move(made);
  return out;
}

// Where a relation arrives that is renamed or moved.
std::optional<std::pair<std::string, std::string>> target_of(const sql::statement& statement, const sql::use& of) {
  if (!statement.renamed.second.empty()) return std::pair(of.schema, statement.renamed.second);
  if (!statement.moved_to.empty()) return std::pair(statement.moved_to, of.written_name);
  return std::nullopt;
}

// One existing relation whose definition the statement changes. `joins`: rows of one relation come under the name of another.
void changed(const sql::analysis& facts, std::size_t index, const sql::use& of, bool joins, guards* shown, std::vector<effect>& out) {
  const sql::statement& statement = facts.statements[index];
  if (statement.tag == "COMMENT") return;  // no name and no column means anything else behind it
  const bool gone = statement.node == "DropStmt";
  const auto target = target_of(statement, of);
  if (of.found == sql::resolution::temporary) {
    effect next = of_relation(gone ? effect_kind::drop_relation : target ? effect_kind::rename_temp : effect_kind::forget_temp_columns, of.schema, of.written_name);
    if (target) next.values = {target->second};
    out.push_back(std::move(next));
    return;
  }
  // A column that came beside the others is unknown to the gateway, and stays unseen until the catalog is read again.
  if (statement.keeps_columns && of.relation && !joins && (!shown || shown->of(*of.relation).needed)) return;
  bool alone = true;
  if (shown && of.relation) {
    for (const catalog::relation* other : shown->disturbed_by(*of.relation)) {
      out.push_back(of_relation(effect_kind::drop_relation, other->schema, other->name));
      alone = alone && other->kind == catalog::relation_kind::view;
    }
  }
  // It keeps a trusted name only when it is known to hold nothing that a guard must stand before.
  const bool fresh = of.found == sql::resolution::created;
  const bool unguarded = of.relation && !(shown && shown->of(*of.relation).needed);
  constexpr auto table_kind = catalog::relation_kind::table;
  const bool table = (of.fresh && of.fresh->plain_table) || (of.relation && (of.relation->kind == table_kind || of.relation->kind == catalog::relation_kind::partitioned_table));
  const bool trusted = !gone && !joins && alone && (fresh || (unguarded && (table || !target)));
  effect next = of_relation(effect_kind::create_relation, of.schema, of.written_name);
  sql::fresh_relation made = of.fresh ? *of.fresh : sql::fresh_relation();
  made.columns.clear();  // they are no longer the snapshot's: any name may be one of them
  made.plain_table = table;
  if (!table && !of.fresh && of.relation && shown) made.stands_on.push_back({of.relation->schema, of.relation->name, of.relation->id, {}});
  next.made = std::make_shared<const sql::fresh_relation>(std::move(made));
  if (target || !trusted) out.push_back(of_relation(effect_kind::drop_relation, of.schema, of.written_name));
  if (target) {
    next.schema = target->first;
    next.name = target->second;
    if (!trusted) next.kind = effect_kind::drop_relation;
  }
  if (target || trusted) out.push_back(std::move(next));
}

void relation_changes(const sql::analysis& facts, std::size_t index, guards* shown, std::vector<effect>& out) {
  const sql::statement& statement = facts.statements[index];
  const auto concerns = [&](const sql::use& of) { return of.statement == index && of.definition; };
  // INHERIT and ATTACH put the rows of one relation under the name of another.
  const bool joins = statement.tag == "ALTER TABLE" && std::count_if(facts.uses.begin(), facts.uses.end(), [&](const sql::use& of) {
                       return concerns(of) && of.role == sql::use_role::existing;
                     }) > 1;
  // What goes by CASCADE, or with its schema, leaves names that something else may take.
  if (statement.cascades || !statement.schemas_dropped.empty() || statement.instance == "rename_schema") out.push_back(simple(effect_kind::distrust_created));
  for (const auto& of : facts.uses) {
    if (!concerns(of)) continue;
    if (of.role == sql::use_role::into || of.role == sql::use_role::define) {
      out.push_back(made_by(facts, index, of, shown));
    } else {
      changed(facts, index, of, joins, shown, out);
    }
  }
}

// set_config is SET by another name; the empty path is the one that it may set.
void path_by_function(const sql::analysis& facts, std::size_t index, std::vector<effect>& out) {
  for (const auto& call : facts.functions) {
    if (call.statement != index || call.name.empty() || call.name.back() != "set_config" || call.arguments.size() < 3) continue;
    if (!call.arguments[0] || call.arguments[0]->text != "search_path") continue;
    const bool local = call.arguments[2] && call.arguments[2]->text == "true";
    out.push_back(simple(local ? effect_kind::set_search_path_local : effect_kind::set_search_path));
  }
}

}  // namespace

std::vector<effect> effects_of(const sql::analysis& facts, std::size_t index, guards* shown) {
  const sql::statement& statement = facts.statements[index];
  std::vector<effect> out;
  for (const auto& row : commands) {
    if (row.what != statement.what) continue;
    effect next = simple(statement.name.empty() ? row.all : row.one, statement.name);
    next.chain = statement.chain;
    out.push_back(std::move(next));
  }
  if (statement.what == sql::command::set) path_changes(statement, out);
  if (statement.what == sql::command::prepare) out.push_back(simple(effect_kind::prepare, statement.name));
  if (statement.what == sql::command::declare) out.push_back(simple(effect_kind::declare, statement.name));
  if (statement.what == sql::command::discard) {
    if (statement.name == "DISCARD_ALL") out.push_back(simple(effect_kind::discard_all));
    if (statement.name == "DISCARD_TEMP") out.push_back(simple(effect_kind::discard_temp));
    if (statement.name == "DISCARD_PLANS") out.push_back(simple(effect_kind::discard_plans));
  }
  path_by_function(facts, index, out);
  relation_changes(facts, index, shown, out);
  if (statement.changes_catalog) out.push_back(simple(effect_kind::catalog_change));
  return out;
}

sql::name_space names_of(const context& with, const scope& session) {
  sql::name_space out;
  out.catalog = with.catalog.get();
  for (const auto& element : session.search_path) {
    const std::string schema = element == "$user" ? session.user : element;
    if (schema.rfind("pg_temp", 0) != 0 && with.catalog->has_schema(schema)) out.search_path.push_back(schema);
  }
  out.own = session.own;
  return out;
}

}  // namespace sluice::enforce
