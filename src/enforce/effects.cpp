#include "effects.hpp"

#include <algorithm>
#include <array>

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
      out.push_back(simple(effect_kind::reset_search_path));
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

void relation_changes(const sql::analysis& facts, std::size_t index, guards* shown, std::vector<effect>& out) {
  const sql::statement& statement = facts.statements[index];
  // INHERIT and ATTACH put the rows of one relation under the name of another.
  const bool joins = statement.tag == "ALTER TABLE" && std::count_if(facts.uses.begin(), facts.uses.end(), [&](const sql::use& of) {
                       return of.statement == index && of.definition && of.role == sql::use_role::existing;
                     }) > 1;
  for (const auto& of : facts.uses) {
    if (of.statement != index || !of.definition) continue;
    const bool temporary = of.found == sql::resolution::temporary;
    effect next;
    next.name = of.written_name;
    next.schema = of.schema;
    next.columns = statement.definition_columns;
    if (of.role == sql::use_role::into || of.role == sql::use_role::define) {
      // What a restricted principal makes holds masked data, views included, until the refreshed snapshot knows it.
      next.kind = temporary ? effect_kind::create_temp : effect_kind::create_relation;
      if (statement.if_not_exists) {
        // It may have been there before, with other columns and other data.
        next.columns.clear();
        if (!temporary && of.relation) continue;
        if (!temporary) next.kind = effect_kind::drop_relation;
      }
      out.push_back(std::move(next));
      continue;
    }
    const bool named_anew = !statement.renamed.second.empty();
    if (temporary && named_anew) {
      next.kind = effect_kind::rename_temp;
      next.values = {statement.renamed.second};
      out.push_back(std::move(next));
      continue;
    }
    const bool gone = statement.node == "DropStmt";
    if (temporary && !gone) {
      out.push_back(simple(effect_kind::forget_temp_columns));
      continue;
    }
    const bool guarded = shown && of.relation && shown->of(*of.relation).needed;
    const bool stays = !gone && !named_anew && !guarded && !joins && statement.schemas_altered.empty();
    bool alone = true;
    if (shown && of.relation) {
      for (const catalog::relation* other : shown->disturbed_by(*of.relation)) {
        effect beside = simple(effect_kind::drop_relation, other->name);
        beside.schema = other->schema;
        out.push_back(std::move(beside));
        alone = alone && other->kind == catalog::relation_kind::view;
      }
    }
    if (stays && alone) {
      // Its columns are no longer the snapshot's: any name may be one of them.
      next.kind = effect_kind::create_relation;
      next.columns.clear();
      out.push_back(std::move(next));
      continue;
    }
    next.kind = effect_kind::drop_relation;
    const bool plain_table = of.found == sql::resolution::created || (of.relation && !guarded && of.relation->kind == catalog::relation_kind::table);
    if (named_anew && plain_table) {
      effect renamed = next;
      renamed.kind = effect_kind::create_relation;
      renamed.name = statement.renamed.second;
      renamed.columns.clear();
      out.push_back(std::move(next));
      out.push_back(std::move(renamed));
      continue;
    }
    out.push_back(std::move(next));
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
  out.temporary = session.temporary;
  out.created = session.created;
  out.unreliable = session.unreliable;
  return out;
}

}  // namespace sluice::enforce
