#include "decide.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "sluice/enforce/builtins.hpp"

namespace sluice::enforce {
namespace {

std::string described(const sql::use& of) {
  return "`" + (of.schema.empty() ? of.written_schema.empty() ? std::string() : of.written_schema + "." : of.schema + ".") + of.written_name + "`";
}

std::string lower(std::string_view in) {
  std::string out(in);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

struct action_row {
  bool sql::use::*flag;
  policy::action action;
  std::string_view doing;
};
constexpr std::array<action_row, 4> letters{{{&sql::use::reads, policy::action::read, "reading"},
                                             {&sql::use::creates, policy::action::create, "creating in"},
                                             {&sql::use::updates, policy::action::update, "changing"},
                                             {&sql::use::removes, policy::action::remove, "deleting from"}}};

class deciding {
 public:
  deciding(const decide_request& request, std::vector<std::string>& rules, bool& unresolved)
      : request_(request), rules_(rules), unresolved_(unresolved) {}

  std::optional<denial> run() {
    for (std::size_t index = 0; index < request_.facts.uses.size() && !why_; ++index) use(request_.facts.uses[index]);
    for (const auto& statement : request_.facts.statements) {
      if (!why_) schemas(statement);
    }
    if (!why_) conflicts();
    if (!why_) definitions();
    if (!why_) why_ = refuse_functions({request_.facts, request_.with, request_.who, request_.names, &request_.shown, &request_.tree, &request_.constants});
    return std::move(why_);
  }

 private:
  const sql::statement& statement_of(const sql::use& of) const { return request_.facts.statements[of.statement]; }
  void refuse(std::optional<std::size_t> offset, std::string message, std::string hint = {}, std::string sqlstate = "42501") {
    if (!why_) why_ = refusal(request_.tree, offset == std::string::npos ? std::nullopt : offset, std::move(message), std::move(hint), std::move(sqlstate));
  }
  void note(const policy::decision& decided) {
    for (const auto& rule : decided.rules) {
      if (std::find(rules_.begin(), rules_.end(), rule) == rules_.end()) rules_.push_back(rule);
    }
  }
  policy::object object_in(std::string_view schema, std::string_view relation) const {
    const std::string* layer = request_.with.database->layer_of(std::string(schema));
    return {request_.with.database->name, layer ? std::string_view(*layer) : std::string_view(), schema, relation};
  }
  bool ask(const sql::use& of, const policy::object& what, policy::action how, bool definition, std::string_view doing) {
    const policy::decision decided = definition ? request_.with.policy->decide_ddl(request_.who, what, how) : request_.with.policy->decide(request_.who, what, how);
    note(decided);
    if (!decided.allowed) refuse(of.offset, std::string(doing) + " `" + std::string(what.schema) + "." + std::string(what.relation) + "` is denied: " + decided.reason, decided.hint);
    return decided.allowed;
  }

  void use(const sql::use& of) {
    switch (of.found) {
      case sql::resolution::cte:
        return;
      case sql::resolution::temporary:
        return fresh(of);
      case sql::resolution::unknown:
        return unknown(of);
      case sql::resolution::created:
      case sql::resolution::relation:
        break;
    }
    if (of.schema.empty()) return refuse(of.offset, "no schema has been selected to create in", "set search_path to a schema of yours", "3F000");
    if (is_system_schema(of.schema)) return system(of);
    if (of.offset == std::string::npos && of.written_schema.empty() && statement_of(of).tag == "COMMENT")
      return refuse(std::nullopt, "COMMENT on " + described(of) + " is denied: the name has no schema", "write `" + of.schema + "." + of.written_name + "`");
    const policy::object what = object_in(of.schema, of.relation && !of.relation->index_of.value() ? std::string_view(of.relation->name) : std::string_view(of.written_name));
    for (const auto& letter : letters) {
      if (!(of.*letter.flag)) continue;
      // Reading what a definition refers to (LIKE, a foreign key) is reading rows' shape or existence, not defining.
      const bool definition = of.definition && letter.action != policy::action::read;
      if (!ask(of, what, letter.action, definition, letter.doing)) return;
    }
    if (of.referenced && !ask(of, what, policy::action::update, true, "referring to")) return;
    if (of.relation) relation(of);
    if (of.found == sql::resolution::created) fresh(of);
  }

  // A view that the snapshot does not know leads to tables that nobody asked about.
  void fresh(const sql::use& of) {
    if (of.definition || !of.fresh || of.fresh->plain_table) return;
    if (of.creates || of.updates || of.removes)
      return refuse(of.offset, "changing " + described(of) + " is denied: it is no table, or was altered just now, and may stand for another relation", "change the table below, or commit first");
    if (!still_stands(*of.fresh, request_.with, request_.who, request_.shown, request_.names[of.statement].fresh()))
      return refuse(of.offset, "reading " + described(of) + " is denied: what it was made over, or what you may see of it, has changed since", "make the view again");
  }

  void unknown(const sql::use& of) {
    if (of.moved)
      return refuse(of.offset, described(of) + " was changed in this transaction, and the gateway does not know yet what it is now", "commit first", "55006");
    unresolved_ = true;
    std::string name = of.written_schema.empty() ? of.written_name : of.written_schema + "." + of.written_name;
    refuse(of.offset, "relation \"" + name + "\" does not exist", {}, "42P01");
  }

  void system(const sql::use& of) {
    if (of.creates || of.updates || of.removes) return refuse(of.offset, "changing " + described(of) + " is denied: the catalog belongs to the server");
    if (!of.relation) return;
    const relation_guard& guard = request_.shown.of(*of.relation);
    if (!guard.refused.empty()) refuse(of.offset, guard.refused);
  }

  // Rows of children come and go through their parent: what they stand in decides, too.
  void descendants(const sql::use& of) {
    if (of.only || of.definition) return;
    for (const catalog::relation* child : request_.shown.descendants(*of.relation)) {
      if (child->schema == of.relation->schema) continue;
      for (const auto& letter : letters) {
        if (of.*letter.flag && !ask(of, object_in(child->schema, child->name), letter.action, false, letter.doing)) return;
      }
    }
  }

  void relation(const sql::use& of) {
    descendants(of);
    if (why_) return;
    const relation_guard& guard = request_.shown.of(*of.relation);
    const bool reads = of.reads || !of.read_columns.empty() || of.whole_row;
    const bool touches = reads || !of.definition;
    if (!guard.refused.empty() && touches) return refuse(of.offset, "reading " + described(of) + " is denied: " + guard.refused);
    for (const std::int16_t attnum : of.read_columns) {
      const auto found = guard.columns.find(attnum);
      if (found == guard.columns.end() || found->second.state != column_state::denied) continue;
      const auto* column = of.relation->find_column(attnum);
      return refuse(of.offset, "reading column `" + (column ? column->name : std::string("?")) + "` of " + described(of) + " is denied: class `" + found->second.why + "`",
                    "leave the column out, or ask for a role that may read it");
    }
    const bool upkeep = statement_of(of).what == sql::command::object_command && !of.removes && !statement_of(of).instance.empty() && statement_of(of).instance != "lock";
    if (upkeep && statement_of(of).verbose && guard.needed)
      return refuse(of.offset, "VERBOSE upkeep of " + described(of) + " is denied: it has masked or hidden data, and the notices tell about it", "leave VERBOSE out");
    if (upkeep && guard.has_filter())
      return refuse(of.offset, "upkeep of " + described(of) + " is denied: a row filter holds on it, and upkeep tells how many rows there are", "ask an admin");
    using enum sql::use_role;
    const bool changes = of.creates || of.updates || of.removes;
    if (!changes || of.definition) return;
    if ((of.role == merge || (of.role == insert && of.updates)) && guard.has_filter())
      return refuse(of.offset, "this form of change is denied on " + described(of) + ": a row filter holds on it", "use UPDATE and INSERT apart");
    if (of.role == existing && of.removes && guard.has_filter())
      return refuse(of.offset, "TRUNCATE of " + described(of) + " is denied: a row filter holds on it", "use DELETE");
    if (of.relation->kind == catalog::relation_kind::view) writes_view(of, guard);
  }

  // A write through a view is a write to what the view stands on, under the rights that hold there.
  void writes_view(const sql::use& of, const relation_guard& guard) {
    if (guard.definition || guard.has_filter() || guard.filtered_below || !guard.columns.empty())
      return refuse(of.offset, "changing view " + described(of) + " is denied: it shows masked or filtered data", "change the table below");
    std::set<std::uint32_t> seen;
    std::vector<base::oid> open;
    const auto enqueue = [&](const catalog::relation& view) {
      for (const auto& column : view.columns) {
        const auto* sources = request_.with.classes->lineage(view.id, column.attnum);
        if (!sources) continue;
        for (const auto& from : *sources) {
          if (seen.insert(from.relation.value()).second) open.push_back(from.relation);
        }
      }
    };
    enqueue(*of.relation);
    while (!open.empty() && !why_) {
      const catalog::relation* below = request_.with.catalog->find(open.back());
      open.pop_back();
      if (!below) continue;
      for (const auto& letter : letters) {
        if (letter.action != policy::action::read && of.*letter.flag) ask(of, object_in(below->schema, below->name), letter.action, false, letter.doing);
      }
      enqueue(*below);
    }
  }

  void schemas(const sql::statement& statement) {
    const auto each = [&](const std::vector<std::string>& names, policy::action how) {
      for (const auto& schema : names) {
        if (why_) return;
        const policy::decision decided = request_.with.policy->decide_ddl(request_.who, object_in(schema, {}), how);
        note(decided);
        if (!decided.allowed) refuse(std::nullopt, "changing schema `" + schema + "` is denied: " + decided.reason, decided.hint);
      }
    };
    if (statement.what == sql::command::create_view && statement.locks_rows) refuse(statement.start, "a view that locks rows is denied: whoever reads it would change them");
    each(statement.schemas_made, policy::action::create);
    each(statement.schemas_dropped, policy::action::remove);
    each(statement.schemas_altered, statement.tag == "COMMENT" ? policy::action::update : policy::action::create);
    const std::size_t index = static_cast<std::size_t>(&statement - request_.facts.statements.data());
    const bool named = std::any_of(request_.facts.uses.begin(), request_.facts.uses.end(), [&](const sql::use& of) { return of.statement == index; });
    if (statement.cascades) cascaded(statement, index);
    if (statement.what == sql::command::object_command && !named) refuse(statement.start, statement.tag + " without a relation is denied: it would reach all of them", "name the relations");
  }

  // What CASCADE reaches is changed like what is named.
  void cascaded(const sql::statement& statement, std::size_t index) {
    const bool rows = statement.tag == "TRUNCATE TABLE";
    if (statement.what == sql::command::instance) return refuse(statement.start, statement.tag + " with CASCADE is denied: it may reach what others have made", "drop what depends on it first");
    std::vector<const catalog::relation*> open;
    std::set<std::uint32_t> seen;
    const auto take = [&](const catalog::relation* next) {
      if (next && seen.insert(next->id.value()).second) open.push_back(next);
    };
    for (const auto& of : request_.facts.uses) {
      if (of.statement == index && (of.definition || of.removes)) take(of.relation);
    }
    for (const auto& schema : statement.schemas_dropped) {
      for (const auto& type : request_.with.catalog->all().types) {
        if (type.schema == schema && type.type != 'c' && type.name.rfind('_', 0) != 0)
          return refuse(statement.start, "DROP SCHEMA `" + schema + "` with CASCADE is denied: type `" + type.name + "` may be in use elsewhere", "drop the type first");
      }
      for (const auto& relation : request_.with.catalog->all().relations) {
        if (relation.schema == schema) take(&relation);
      }
    }
    const std::size_t named = open.size();
    for (std::size_t at = 0; at < open.size() && !why_; ++at) {
      const catalog::relation& here = *open[at];
      if (at >= named || !statement.schemas_dropped.empty()) {
        const policy::object what = object_in(here.schema, here.name);
        const auto decided = rows ? request_.with.policy->decide(request_.who, what, policy::action::remove) : request_.with.policy->decide_ddl(request_.who, what, policy::action::remove);
        note(decided);
        if (!decided.allowed) refuse(statement.start, "CASCADE would reach `" + here.schema + "." + here.name + "`, which is denied: " + decided.reason, decided.hint);
      }
      for (const base::oid next : here.dependents) take(request_.with.catalog->find(next));
      for (const catalog::relation* child : request_.with.catalog->children_of(here.id)) take(child);
    }
  }

  // An arbiter on a masked column would tell whether a value exists.
  void conflicts() {
    for (const auto& of : request_.facts.uses) {
      if (of.role != sql::use_role::insert || !of.relation) continue;
      const relation_guard& guard = request_.shown.of(*of.relation);
      if (statement_of(of).conflict_constraint && (!guard.columns.empty() || guard.has_filter()))
        return refuse(of.offset, "ON CONFLICT ON CONSTRAINT on " + described(of) + " is denied: it has masked or hidden data", "name the columns of the key");
      for (const auto& name : statement_of(of).conflict_columns) {
        const auto* column = of.relation->find_column(name);
        if (column && guard.columns.count(column->attnum)) return refuse(of.offset, "ON CONFLICT on masked column `" + name + "` of " + described(of) + " is denied");
      }
    }
  }

  // Expressions inside definitions run on raw values: they may not read what is masked.
  void definitions() {
    for (const auto& of : request_.facts.uses) {
      if (why_ || !of.relation || of.role != sql::use_role::existing) continue;
      const relation_guard& guard = request_.shown.of(*of.relation);
      for (const std::int16_t attnum : of.read_columns) {
        if (guard.has_filter()) return refuse(of.offset, "a definition that reads columns of " + described(of) + " is denied: a row filter holds on it");
        if (!guard.columns.count(attnum)) continue;
        const auto* column = of.relation->find_column(attnum);
        return refuse(of.offset, "a definition that reads masked column `" + (column ? column->name : std::string("?")) + "` of " + described(of) + " is denied");
      }
      // A column added to a parent becomes one with the child's of that name, checks and all.
      for (const catalog::relation* child : request_.shown.descendants(*of.relation)) {
        const relation_guard& below = request_.shown.of(*child);
        for (const auto& name : statement_of(of).added_columns) {
          const auto* column = child->find_column(name);
          if (below.has_filter() || (column && below.columns.count(column->attnum)))
            return refuse(of.offset, "adding column `" + name + "` to " + described(of) + " is denied: `" + child->schema + "." + child->name + "` inherits it, and has masked or hidden data");
        }
      }
      // Its columns could take each other's names, and the filter would read another one.
      if (of.definition && of.updates && guard.has_filter() && statement_of(of).node == "RenameStmt" && statement_of(of).renamed.second.empty())
        return refuse(of.offset, "renaming columns of " + described(of) + " is denied: a row filter holds on it", "ask an admin");
      // Defaults, constraints and conversions run over every row, and tell how many there are and what they hold.
      if (of.definition && (guard.has_filter() || !guard.refused.empty()) && statement_of(of).node == "AlterTableStmt")
        return refuse(of.offset, "ALTER TABLE of " + described(of) + " is denied: a row filter holds on it", "ask an admin");
      if (of.definition && of.whole_row && (!guard.columns.empty() || guard.has_filter())) return refuse(of.offset, "a definition that reads the whole row of " + described(of) + " is denied: it has masked columns");
    }
  }

  const decide_request& request_;
  std::vector<std::string>& rules_;
  bool& unresolved_;
  std::optional<denial> why_;
};

std::optional<denial> judge_settings(const decide_request& request, const sql::statement& statement) {
  for (const auto& change : statement.settings) {
    if (change.name.empty()) continue;
    if (!change.value) {
      const setting_entry* entry = find_setting(change.name);
      if (entry && (entry->writable || statement.what == sql::command::begin)) continue;
      return refusal(request.tree, statement.start, "setting `" + change.name + "` may not be changed through the gateway", "leave it out");
    }
    const setting_verdict verdict = judge_setting(change.name, *change.value);
    if (!verdict.allowed) return verdict.why;
    // As a startup parameter this name is answered with UTF8; SET would reach the server as it is written.
    if (change.name == "client_encoding" && lower(*change.value) == "sql_ascii")
      return refusal(request.tree, statement.start, "invalid value for setting `client_encoding`: `" + *change.value + "`", "accepted here: UTF8", "22023");
  }
  return std::nullopt;
}

}  // namespace

namespace {

// ANALYZE of the session's own temporary tables concerns nobody else.
bool only_own(const sql::analysis& facts, const sql::statement& statement) {
  if (statement.instance != "analyze") return false;
  const std::size_t index = static_cast<std::size_t>(&statement - facts.statements.data());
  bool any = false, own = true;
  for (const auto& of : facts.uses) {
    if (of.statement != index) continue;
    any = true;
    own = own && of.found == sql::resolution::temporary && of.fresh && of.fresh->plain_table;
  }
  return any && own;
}

}  // namespace

bool still_stands(const sql::fresh_relation& made, const context& with, const policy::principal& who, guards& shown, const sql::fresh_names& own) {
  return std::all_of(made.stands_on.begin(), made.stands_on.end(), [&](const sql::foundation& under) {
    const std::string name = under.schema + '\0' + under.name;
    const catalog::relation* now = with.catalog->find(under.schema, under.name);
    if (!now || now->id != under.relation || own.unreliable.count(name) || own.created.count(name)) return false;
    if (!with.policy->decide(who, shown.object_of(*now), policy::action::read).allowed) return false;
    return (shown.of(*now).needed ? shown.query(*now, {}) : std::string()) == under.shown;
  });
}

std::optional<denial> decide(const decide_request& request, std::vector<std::string>& rules, bool& unresolved) {
  return deciding(request, rules, unresolved).run();
}

void note_rules(const decide_request& request, std::vector<std::string>& rules) {
  for (const auto& of : request.facts.uses) {
    if (!of.relation || is_system_schema(of.relation->schema)) continue;
    for (const auto& letter : letters) {
      if (!(of.*letter.flag)) continue;
      const policy::object what = request.shown.object_of(*of.relation);
      const bool definition = of.definition && letter.action != policy::action::read;
      const auto decided = definition ? request.with.policy->decide_ddl(request.who, what, letter.action) : request.with.policy->decide(request.who, what, letter.action);
      for (const auto& rule : decided.rules) {
        if (std::find(rules.begin(), rules.end(), rule) == rules.end()) rules.push_back(rule);
      }
    }
  }
}

std::optional<denial> decide_instance(const decide_request& request, std::vector<std::string>& rules) {
  for (const auto& statement : request.facts.statements) {
    if (!statement.refused.empty()) {
      return refusal(request.tree, statement.start, statement.refused + " is denied: it is on no list of allowed statements", "ask an admin of the upstream");
    }
    if ((!statement.instance.empty() || statement.what == sql::command::instance) && !only_own(request.facts, statement)) {
      const policy::instance_decision decided = request.with.policy->decide_instance(request.who, statement.instance);
      if (!decided.rule.empty()) rules.push_back(decided.rule);
      if (!decided.allowed) {
        return refusal(request.tree, statement.start, "statement `" + (statement.instance.empty() ? statement.node : statement.instance) + "` is denied: " + decided.reason,
                       "work on the instance is done on the upstream itself");
      }
    }
    if (auto why = judge_settings(request, statement)) return why;
    const bool everything = statement.what == sql::command::show && statement.name == "all";
    if (everything && !request.with.policy->unrestricted(request.who, request.with.database->name, request.with.database->layers))
      return refusal(request.tree, statement.start, "SHOW ALL is denied: it shows settings that are not readable through the gateway", "read pg_settings");
    if (statement.what == sql::command::show && !everything) {
      const setting_entry* entry = find_setting(statement.name);
      if (!entry || !entry->readable) {
        return refusal(request.tree, statement.start, "setting `" + statement.name + "` is not readable through the gateway", {}, find_setting(statement.name) ? "42501" : "42704");
      }
    }
  }
  return refuse_instance_functions(request.facts, request.tree);
}

std::vector<audit::touched_relation> touched(const decide_request& request, const rewrite_outcome* rewritten) {
  std::vector<audit::touched_relation> out;
  // Where in `out` they are: a text may name thousands of relations, and thousands of columns of each.
  std::unordered_map<std::string, std::size_t> relation_at;
  std::map<std::pair<std::size_t, std::int16_t>, std::size_t> place_of;
  for (std::size_t index = 0; index < request.facts.uses.size(); ++index) {
    const sql::use& of = request.facts.uses[index];
    if (of.found == sql::resolution::cte) continue;
    if (of.relation && is_system_schema(of.relation->schema)) continue;
    const std::string schema = of.schema.empty() ? of.written_schema : of.schema;
    const std::string* layer = schema == "pg_temp" ? nullptr : request.with.database->layer_of(schema);
    const auto [known_at, first] = relation_at.try_emplace(schema + '\0' + of.written_name, out.size());
    const std::size_t place = known_at->second;
    if (first) {
      audit::touched_relation made;
      made.layer = layer ? *layer : std::string();
      made.schema = schema;
      made.relation = of.written_name;
      out.push_back(std::move(made));
    }
    audit::touched_relation* const at = &out[place];
    for (const auto& letter : letters) {
      const std::string name(policy::name_of(letter.action));
      if (of.*letter.flag && std::find(at->actions.begin(), at->actions.end(), name) == at->actions.end()) at->actions.push_back(name);
    }
    if (!of.relation) continue;
    const auto column_of = [&](std::int16_t attnum) -> audit::touched_column* {
      const auto [column_at, missing] = place_of.try_emplace({place, attnum}, at->columns.size());
      if (!missing) return &at->columns[column_at->second];
      const auto* column = of.relation->find_column(attnum);
      if (!column) {
        place_of.erase(column_at);
        return nullptr;
      }
      audit::touched_column made;
      made.column = column->name;
      made.classes = request.with.classes->effective(of.relation->id, attnum);
      at->columns.push_back(std::move(made));
      return &at->columns.back();
    };
    std::set<std::int16_t> read = of.read_columns;
    if (of.whole_row) {
      for (const auto& column : of.relation->columns) read.insert(column.attnum);
    }
    const relation_guard* guard = rewritten ? &request.shown.of(*of.relation) : nullptr;
    for (const std::int16_t attnum : read) {
      audit::touched_column* column = column_of(attnum);
      if (!column) continue;
      column->read = true;
      if (!guard) continue;
      const auto masked = guard->columns.find(attnum);
      const bool by_view = masked == guard->columns.end() && guard->definition && !column->classes.empty();
      if (masked == guard->columns.end() && !by_view) continue;
      const std::string mask = column->column + ":" + (by_view ? "through the view" : masked->second.mask.empty() ? "null" : masked->second.mask);
      if (std::find(at->masks.begin(), at->masks.end(), mask) == at->masks.end()) at->masks.push_back(mask);
    }
    for (const std::int16_t attnum : of.written_columns) {
      if (audit::touched_column* column = column_of(attnum)) column->written = true;
    }
    if (!guard) continue;
    for (const auto& filter : guard->filters) {
      if (std::find(at->filters.begin(), at->filters.end(), filter.rule) == at->filters.end()) at->filters.push_back(filter.rule);
    }
  }
  return out;
}

std::vector<std::string> touched_layers(const decide_request& request, std::optional<std::size_t> statement) {
  std::set<std::string> out;
  for (const auto& of : request.facts.uses) {
    if (statement && of.statement != *statement) continue;
    if (of.found == sql::resolution::cte || of.schema == "pg_temp" || is_system_schema(of.schema)) continue;
    if (const std::string* layer = request.with.database->layer_of(of.schema.empty() ? of.written_schema : of.schema)) out.insert(*layer);
  }
  return {out.begin(), out.end()};
}

}  // namespace sluice::enforce
