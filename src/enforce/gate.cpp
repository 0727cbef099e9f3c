#include "sluice/enforce/gate.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <set>
#include <unordered_map>

#include "decide.hpp"
#include "effects.hpp"
#include "explain.hpp"
#include "guards.hpp"
#include "redefined.hpp"
#include "rewrite.hpp"
#include "sluice/sql/analysis.hpp"
#include "sluice/sql/budget.hpp"
#include "sluice/sql/tree.hpp"

namespace sluice::enforce {
namespace {

constexpr std::size_t max_cached_verdicts = 4096;
constexpr std::size_t max_cached_bytes = 16384;  // of one statement text
constexpr std::size_t max_guard_sets = 256;
// Against the budget (sql/budget.hpp): what a statement of a text costs, and each name that its scope or its record holds.
constexpr std::size_t units_per_statement = 100;
constexpr std::size_t units_per_name = 12;

struct kind_row {
  sql::command what;
  statement_kind kind;
};
constexpr std::array<kind_row, 31> kinds{{
    {sql::command::select, statement_kind::select}, {sql::command::insert, statement_kind::insert},
    {sql::command::update, statement_kind::update}, {sql::command::remove, statement_kind::remove},
    {sql::command::merge, statement_kind::merge}, {sql::command::copy_to, statement_kind::copy_out},
    {sql::command::copy_from, statement_kind::copy_in}, {sql::command::explain, statement_kind::explain},
    {sql::command::explain_analyze, statement_kind::explain}, {sql::command::show, statement_kind::show},
    {sql::command::set, statement_kind::set}, {sql::command::begin, statement_kind::transaction},
    {sql::command::commit, statement_kind::transaction}, {sql::command::rollback, statement_kind::transaction},
    {sql::command::savepoint, statement_kind::transaction}, {sql::command::release, statement_kind::transaction},
    {sql::command::rollback_to, statement_kind::transaction}, {sql::command::prepare, statement_kind::prepare},
    {sql::command::execute, statement_kind::execute}, {sql::command::deallocate, statement_kind::deallocate},
    {sql::command::declare, statement_kind::declare}, {sql::command::fetch, statement_kind::fetch},
    {sql::command::close, statement_kind::close}, {sql::command::discard, statement_kind::discard},
    {sql::command::create_table_as, statement_kind::ddl}, {sql::command::create_materialized_view, statement_kind::ddl},
    {sql::command::create_view, statement_kind::ddl}, {sql::command::create_table, statement_kind::ddl},
    {sql::command::definition, statement_kind::ddl}, {sql::command::object_command, statement_kind::utility},
    {sql::command::instance, statement_kind::utility},
}};

statement_kind kind_of(sql::command what) {
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const kind_row& row) { return row.what == what; });
  return found == kinds.end() ? statement_kind::utility : found->kind;
}

verdict_ptr denied(denial why, const context& with) {
  auto out = std::make_shared<verdict>();
  out->why = std::move(why);
  out->policy_revision = with.policy->revision();
  out->catalog_revision = with.catalog->revision();
  return out;
}

denial from(const base::diagnostic& problem) {
  denial out;
  out.sqlstate = problem.sqlstate.empty() ? "42601" : problem.sqlstate;
  out.message = problem.cause;
  out.hint = problem.hint;
  if (problem.where.offset) out.position = *problem.where.offset + 1;
  return out;
}


copy_options copy_options_of(const sql::statement& statement) {
  copy_options out;
  const auto option = [&](const char* name) -> const std::string* {
    const auto found = statement.options.find(name);
    return found == statement.options.end() ? nullptr : &found->second;
  };
  if (const auto* format = option("format")) out.format = *format == "csv" ? copy_format::csv : *format == "binary" ? copy_format::binary : copy_format::text;
  if (out.format == copy_format::csv) {
    out.delimiter = ',';
    out.null_text.clear();
  }
  if (const auto* given = option("delimiter"); given && given->size() == 1) out.delimiter = (*given)[0];
  if (const auto* given = option("quote"); given && given->size() == 1) out.quote = out.escape = (*given)[0];
  if (const auto* given = option("escape"); given && given->size() == 1) out.escape = (*given)[0];
  if (const auto* given = option("null")) out.null_text = *given;
  if (const auto* given = option("header")) {
    std::string word = *given;
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    out.header = word != "false" && word != "off" && word != "0";
  }
  return out;
}

}  // namespace

struct gate::state {
  struct entry {
    context with;
    policy::principal who;
    std::optional<guards> shown;
  };
  std::unordered_map<std::string, std::unique_ptr<entry>> entries;
  std::unordered_map<std::string, verdict_ptr> verdicts;

  entry& entry_for(const context& with, const policy::principal& who) {
    // Addresses name the immutable parts: the entry keeps them alive, so that no other object can take the address.
    std::string key = std::to_string(reinterpret_cast<std::uintptr_t>(with.policy.get())) + "/" +
                      std::to_string(reinterpret_cast<std::uintptr_t>(with.catalog.get())) + "/" +
                      std::to_string(reinterpret_cast<std::uintptr_t>(with.classes.get())) + "/" + with.database->name + "/" + who.key;
    if (const auto found = entries.find(key); found != entries.end()) return *found->second;
    if (entries.size() >= max_guard_sets) {
      entries.clear();
      verdicts.clear();
    }
    auto made = std::make_unique<entry>();
    made->with = with;
    made->who = who;
    made->shown.emplace(made->with, made->who);
    return *(entries[std::move(key)] = std::move(made));
  }

  verdict_ptr judge(std::string_view text, entry& for_whom, const scope& session);
};

namespace {

class judging {
 public:
  judging(const sql::tree& tree, const context& with, const policy::principal& who, guards& shown, const scope& session)
      : tree_(tree), with_(with), who_(who), shown_(shown), session_(session),
        free_(with.policy->unrestricted(who, with.database->name, with.database->layers)) {}

  verdict_ptr run() {
    scope moving = together();
    std::vector<std::vector<effect>> effects;
    redefinition redefines;
    sql::name_space names = names_of(with_, moving);
    std::vector<sql::name_space> names_then = {names};
    std::vector<relation_constant> constants;
    const auto facts = sql::analyse(tree_, names, [&](const sql::analysis& so_far, sql::name_space& next) {
      sql::budget::charge(units_per_statement);
      effects.push_back(effects_of(so_far, so_far.statements.size() - 1, free_ ? nullptr : &shown_));
      redefines.add(redefined_by(so_far, so_far.statements.size() - 1, shown_, with_, next.search_path,
                                 moving.in_transaction ? transaction_block::open : transaction_block::none));
      for (const effect& each : effects.back()) {
        const std::uint64_t before = moving.own_id;
        apply(moving, each);
        if (moving.own_id == before) continue;
        // Names are copied when they change, and the older ones kept for the statements that saw them.
        const sql::fresh_names& own = moving.fresh();
        sql::budget::charge((own.temporary.size() + own.created.size() + own.unreliable.size()) * units_per_name);
      }
      next = names_of(with_, moving);
      names_then.push_back(next);
    });
    if (!facts) return denied(from(facts.error()), with_);
    auto out = std::make_shared<verdict>();
    out->policy_revision = with_.policy->revision();
    out->catalog_revision = with_.catalog->revision();
    out->fingerprint = sql::fingerprint(tree_);
    const decide_request request{tree_, *facts, with_, who_, shown_, names_then, constants};
    if (auto why = decide_instance(request, out->rules)) return refuse(std::move(out), std::move(*why), request);
    rewrite_outcome rewritten;
    if (!free_) {
      if (auto why = decide(request, out->rules, out->unresolved_name)) return refuse(std::move(out), std::move(*why), request);
      rewritten = rewrite({tree_, *facts, with_, shown_, names_then, constants});
      if (rewritten.refused) return refuse(std::move(out), std::move(*rewritten.refused), request);
    }
    if (free_) {
      note_rules(request, out->rules);
      note_copies(*facts, *out);
    }
    out->named = std::move(rewritten.named);
    std::erase_if(out->named, [](const std::string& each) { return is_system_schema(each.substr(0, each.find('\0'))); });
    // Behind the name of a view of the session's own stand those that it was made over.
    for (const auto& of : facts->uses) {
      if (!of.fresh) continue;
      for (const auto& under : of.fresh->stands_on) out->named.push_back(under.schema + '\0' + under.name);
    }
    out->redefines = std::move(redefines);
    out->relations = touched(request, free_ ? nullptr : &rewritten);
    out->layers = touched_layers(request, std::nullopt);
    alone_ = facts->statements.size() == 1;
    sent_ = rewritten.text.value_or(tree_.text());
    scope replay = together();
    std::set<std::string> executed(out->named.begin(), out->named.end());
    for (std::size_t index = 0; index < facts->statements.size(); ++index) {
      sql::budget::charge(facts->uses.size() / 16 + out->relations.size() * units_per_name);
      auto info = describe(*facts, index, rewritten, *out, request);
      if (auto why = link(facts->statements[index], *info, effects[index], replay)) return refuse(std::move(out), std::move(*why), request);
      if (auto why = shown_plan(request, facts->statements[index], *info, out->rules)) return refuse(std::move(out), std::move(*why), request);
      info->effects = effects[index];
      executed.insert(info->named.begin(), info->named.end());
      for (const effect& each : info->effects) apply(replay, each);
      out->statements.push_back(std::move(info));
    }
    if (out->statements.empty()) {
      auto nothing = std::make_shared<statement_info>();
      nothing->policy_revision = out->policy_revision;
      nothing->catalog_revision = out->catalog_revision;
      out->statements.push_back(std::move(nothing));
    }
    out->named.assign(executed.begin(), executed.end());
    out->rewritten = std::move(rewritten.text);
    out->positions = std::move(rewritten.positions);
    out->allowed = true;
    return out;
  }

 private:
  // Who sees raw values copies them as they are: the copy inherits what is known about its sources.
  void note_copies(const sql::analysis& facts, verdict& out) const {
    for (const auto& of : facts.uses) {
      if (of.role != sql::use_role::into || of.found != sql::resolution::created) continue;
      const sql::statement& statement = facts.statements[of.statement];
      copied_table made{of.schema, of.written_name, {}};
      const auto copy = [&](const std::string& column, const sql::column_set& lineage, bool plain) {
        copied_column next{column, {}};
        for (const auto& from : lineage) {
          const catalog::relation* source = facts.uses[from.use].relation;
          const auto* source_column = source ? source->find_column(from.attnum) : nullptr;
          if (!source_column || with_.classes->effective(source->id, from.attnum).empty()) continue;
          const auto* known = with_.classes->of(source->id, from.attnum);
          next.sources.push_back({{}, 0, source->schema, source->name, source_column->name, !plain || (known && known->derived)});
        }
        if (!next.sources.empty()) made.columns.push_back(std::move(next));
      };
      if (!statement.made_of.empty()) {
        for (const auto& column : statement.made_of) copy(column.name, column.lineage, column.plain.has_value());
      } else {
        copy({}, everything_read(facts, of.statement), false);
      }
      if (made.columns.empty()) continue;
      std::string columns;
      for (const auto& each : made.columns) columns += (columns.empty() ? "" : ", ") + (each.column.empty() ? "every column" : "`" + each.column + "`");
      out.note += (out.note.empty() ? "" : "; ") + std::string("`") + made.schema + "." + made.name + "` inherits the classes of what it copies: " + columns;
      out.copies.push_back(std::move(made));
    }
  }

  static sql::column_set everything_read(const sql::analysis& facts, std::size_t statement) {
    sql::column_set out;
    for (std::size_t index = 0; index < facts.uses.size(); ++index) {
      const sql::use& of = facts.uses[index];
      if (of.statement != statement || !of.relation) continue;
      for (const auto& column : of.relation->columns) out.insert({index, column.attnum});
    }
    return out;
  }

  // Several statements of one text share a transaction also outside a block (protocol 55.2.2.1): what one of them defines or
  // drops counts for the next.
  scope together() const {
    scope out = session_;
    if (tree_.statement_count() > 1 && !out.in_transaction) {
      effect begin;
      begin.kind = effect_kind::begin;
      apply(out, begin);
    }
    return out;
  }

  verdict_ptr refuse(std::shared_ptr<verdict> out, denial why, const decide_request& request) {
    out->relations = touched(request, nullptr);
    out->layers = touched_layers(request, std::nullopt);
    std::set<std::string> named;
    for (const auto& each : out->relations) {
      if (!free_) named.insert(each.schema + '\0' + each.relation);
    }
    out->named.assign(named.begin(), named.end());
    out->redefines = {};
    out->why = std::move(why);
    out->allowed = false;
    out->statements.clear();
    return out;
  }

  std::shared_ptr<statement_info> describe(const sql::analysis& facts, std::size_t index, const rewrite_outcome& rewritten,
                                           const verdict& so_far, const decide_request& request) {
    const sql::statement& statement = facts.statements[index];
    auto info = std::make_shared<statement_info>();
    info->kind = kind_of(statement.what);
    info->tag = statement.tag;
    info->policy_revision = so_far.policy_revision;
    info->catalog_revision = so_far.catalog_revision;
    info->layers = touched_layers(request, index);
    info->relations = so_far.relations;
    info->named = so_far.named;
    info->redefines = so_far.redefines;
    info->copy = copy_options_of(statement);
    for (const std::size_t use : rewritten.guarded) info->guarded = info->guarded || facts.uses[use].statement == index;
    info->guarded = info->guarded || rewritten.guarded_target;
    info->scrub_errors = !free_ && (info->guarded || may_quote(facts, index, info->kind));
    if (!free_) info->plan = plan_of(request, index);
    if (statement.outputs_known) {
      for (const auto& output : statement.outputs) {
        std::optional<column_origin> origin;
        if (output.plain && facts.uses[output.plain->use].relation) {
          const catalog::relation& relation = *facts.uses[output.plain->use].relation;
          origin = column_origin{relation.id, output.plain->attnum, false};
          if (!free_) origin->masked = shown_.of(relation).columns.count(output.plain->attnum) > 0;
        }
        info->outputs.push_back(origin);
      }
    }
    wire_masks(facts, statement, rewritten, *info);
    erase_parameters(facts, *info);
    return info;
  }

  // Errors quote rows: those of what is read behind a guard or in a view, and those that foreign keys, partitions and
  // constraints reach from what is changed. Plain reads and plain inserts quote what the client itself has sent.
  bool may_quote(const sql::analysis& facts, std::size_t index, statement_kind kind) {
    static constexpr std::array<statement_kind, 11> quiet{statement_kind::empty,   statement_kind::select, statement_kind::insert,  statement_kind::copy_in,
                                                          statement_kind::copy_out, statement_kind::show,   statement_kind::set,     statement_kind::fetch,
                                                          statement_kind::declare, statement_kind::prepare, statement_kind::close};
    if (std::find(quiet.begin(), quiet.end(), kind) == quiet.end()) return true;
    return std::any_of(facts.uses.begin(), facts.uses.end(), [&](const sql::use& of) {
      if (of.statement != index) return false;
      if (of.fresh && of.fresh->guarded) return true;
      const bool changes = of.updates || of.removes || (of.role != sql::use_role::read && of.relation && shown_.of(*of.relation).needed);
      return changes && of.role != sql::use_role::read;
    });
  }

  void wire_masks(const sql::analysis& facts, const sql::statement& statement, const rewrite_outcome& rewritten, statement_info& info) {
    for (const auto& [use, columns] : rewritten.on_the_wire) {
      const sql::use& of = facts.uses[use];
      const auto detectors_of = [&](std::int16_t attnum) { return shown_.of(*of.relation).columns.at(attnum).with.detectors; };
      if (of.role == sql::use_role::copy_to) {
        std::size_t position = 0;
        const auto next = [&](const catalog::column& column) {
          if (std::find(columns.begin(), columns.end(), column.attnum) != columns.end()) info.wire_masks.push_back({position, detectors_of(column.attnum)});
          ++position;
        };
        if (of.copy_columns.empty()) {
          for (const auto& column : of.relation->columns) {
            if (!column.is_generated) next(column);
          }
        } else {
          for (const auto& name : of.copy_columns) {
            if (const auto* column = of.relation->find_column(name)) next(*column);
          }
        }
        continue;
      }
      for (std::size_t at = 0; at < statement.outputs.size(); ++at) {
        const auto& plain = statement.outputs[at].plain;
        if (plain && plain->use == use && std::find(columns.begin(), columns.end(), plain->attnum) != columns.end())
          info.wire_masks.push_back({at, detectors_of(plain->attnum)});
      }
    }
    std::sort(info.wire_masks.begin(), info.wire_masks.end(), [](const wire_mask& one, const wire_mask& other) { return one.column < other.column; });
  }

  void erase_parameters(const sql::analysis& facts, statement_info& info) {
    info.erase_parameters.assign(static_cast<std::size_t>(std::max(0, facts.parameter_count)), false);
    for (const auto& meeting : facts.meetings) {
      const bool classified = std::any_of(meeting.columns.begin(), meeting.columns.end(), [&](const sql::base_column& column) {
        const sql::use& of = facts.uses[column.use];
        return of.relation && !with_.classes->effective(of.relation->id, column.attnum).empty();
      });
      if (!classified) continue;
      for (const int parameter : meeting.parameters) {
        if (parameter >= 1 && static_cast<std::size_t>(parameter) <= info.erase_parameters.size()) info.erase_parameters[static_cast<std::size_t>(parameter) - 1] = true;
      }
    }
  }

  // EXECUTE, FETCH and CREATE TABLE AS EXECUTE carry no SQL: the name leads to what was judged before.
  std::optional<denial> link(const sql::statement& statement, statement_info& info, std::vector<effect>& effects, const scope& now) {
    for (effect& each : effects) {
      if (each.kind != effect_kind::prepare && each.kind != effect_kind::declare) continue;
      auto kept = std::make_shared<statement_info>(info);
      kept->redefines = {};
      if (each.kind == effect_kind::prepare && alone_) {
        kept->prepared_text = tree_.text();
        kept->prepared_sent = sent_;
        kept->prepared_path = now.search_path;
        kept->prepared_own = now.own_id;
      }
      each.statement = std::move(kept);
    }
    const bool executes = statement.what == sql::command::execute || (!statement.name.empty() && (statement.what == sql::command::explain ||
                          statement.what == sql::command::explain_analyze || statement.what == sql::command::create_table_as));
    const bool fetches = statement.what == sql::command::fetch;
    if (!executes && !fetches) return std::nullopt;
    const auto& names = executes ? now.prepared : now.cursors;
    const auto found = names.find(statement.name);
    if (found == names.end() || !found->second) {
      if (free_) return std::nullopt;
      const std::string what = executes ? "prepared statement" : "cursor";
      return refusal(tree_, statement.start, what + " \"" + statement.name + "\" does not exist", {}, executes ? "26000" : "34000");
    }
    const statement_info& earlier = *found->second;
    // Parse prepares what PREPARE does not take; run by EXECUTE, what it does to names and transactions would go unnoticed.
    static constexpr std::array<statement_kind, 7> runnable{statement_kind::prepare, statement_kind::explain, statement_kind::select, statement_kind::insert, statement_kind::update, statement_kind::remove, statement_kind::merge};
    if (executes && (!earlier.effects.empty() || std::find(runnable.begin(), runnable.end(), earlier.kind) == runnable.end()))
      return refusal(tree_, statement.start, "EXECUTE of prepared statement `" + statement.name + "` is denied: it is no query", "run it by Bind and Execute of the protocol", "0A000");
    if (earlier.policy_revision != info.policy_revision) {
      return refusal(tree_, statement.start, std::string(executes ? "prepared statement" : "cursor") + " `" + statement.name + "` was made under an older policy",
                     executes ? "prepare it again" : "declare it again");
    }
    if (executes && !free_ && !still_holds(earlier, now)) {
      return refusal(tree_, statement.start, "prepared statement `" + statement.name + "` was made for relations that have changed since", "prepare it again");
    }
    // What a name inside a prepared statement means may have changed since that one was judged.
    if (executes && !free_ && earlier.by_name)
      return refusal(tree_, statement.start, "prepared statement `" + statement.name + "` runs another one by its name", "execute that one");
    const bool explains = statement.what == sql::command::explain || statement.what == sql::command::explain_analyze;
    info.by_name = true;
    if (!explains) {
      info.outputs = earlier.outputs;
      info.wire_masks = earlier.wire_masks;
      info.stripped_plan = earlier.stripped_plan;
    }
    if (earlier.plan) add_plan(info.plan, *earlier.plan);
    info.guarded = info.guarded || earlier.guarded;
    info.scrub_errors = info.scrub_errors || earlier.scrub_errors;
    info.layers.insert(info.layers.end(), earlier.layers.begin(), earlier.layers.end());
    info.relations.insert(info.relations.end(), earlier.relations.begin(), earlier.relations.end());
    const bool classified = std::any_of(earlier.relations.begin(), earlier.relations.end(), [](const audit::touched_relation& each) {
      return std::any_of(each.columns.begin(), each.columns.end(), [](const audit::touched_column& column) { return !column.classes.empty(); });
    });
    if (statement.what == sql::command::create_table_as && free_ && classified)
      return refusal(tree_, statement.start, "CREATE TABLE AS EXECUTE of a statement that reads classified columns is denied: the copy could not inherit their classes", "write the query itself");
    // A cursor has found its relations already.
    if (executes) {
      std::set<std::string> named(info.named.begin(), info.named.end());
      named.insert(earlier.named.begin(), earlier.named.end());
      info.named.assign(named.begin(), named.end());
    }
    if (statement.what == sql::command::create_table_as && !earlier.wire_masks.empty())
      return refusal(tree_, statement.start, "CREATE TABLE AS EXECUTE of a statement with wire masks is denied", "write the query itself");
    return std::nullopt;
  }

  // The server plans a prepared statement again when names mean something else: so the gate judges it again.
  bool still_holds(const statement_info& earlier, const scope& now) {
    for (const auto& relation : earlier.relations) {
      if (now.fresh().unreliable.count(relation.schema + '\0' + relation.relation)) return false;
    }
    const bool same_names = earlier.prepared_text.empty() || (earlier.prepared_path == now.search_path && earlier.prepared_own == now.own_id);
    if (earlier.catalog_revision == with_.catalog->revision() && same_names) return true;
    if (earlier.prepared_text.empty()) return false;
    const auto parsed = sql::parse(earlier.prepared_text);
    if (!parsed) return false;
    const verdict_ptr again = judging(*parsed, with_, who_, shown_, now).run();
    return again->allowed && again->rewritten.value_or(earlier.prepared_text) == earlier.prepared_sent;
  }

  const sql::tree& tree_;
  const context& with_;
  const policy::principal& who_;
  guards& shown_;
  const scope& session_;
  const bool free_;
  bool alone_ = false;
  std::string sent_;
};

bool cacheable(const verdict& made) {
  // Names of prepared statements and cursors lead to objects that the key does not hold.
  return made.allowed && std::none_of(made.statements.begin(), made.statements.end(), [](const statement_ptr& each) {
    return each->kind == statement_kind::execute || each->kind == statement_kind::fetch || each->kind == statement_kind::explain ||
           each->kind == statement_kind::ddl;
  });
}

}  // namespace

verdict_ptr gate::state::judge(std::string_view text, entry& for_whom, const scope& session) {
  std::string key;
  if (text.size() <= max_cached_bytes) {
    key = std::to_string(reinterpret_cast<std::uintptr_t>(&for_whom)) + "/" + session.key() + "/";
    key += text;
    if (const auto found = verdicts.find(key); found != verdicts.end()) return found->second;
  }
  const auto& limits = for_whom.with.settings ? for_whom.with.settings->limits : config::limits();
  const auto parsed = sql::parse(text, {limits.max_statement_bytes, limits.max_parse_depth});
  if (!parsed) return denied(from(parsed.error()), for_whom.with);
  verdict_ptr made = judging(*parsed, for_whom.with, for_whom.who, *for_whom.shown, session).run();
  if (!key.empty() && cacheable(*made)) {
    if (verdicts.size() >= max_cached_verdicts) verdicts.clear();
    verdicts.emplace(std::move(key), made);
  }
  return made;
}

gate::gate() : state_(std::make_unique<state>()) {}
gate::~gate() = default;

verdict_ptr gate::judge(std::string_view text, const context& with, const policy::principal& who, const scope& session) {
  try {
    const sql::budget whole;
    return state_->judge(text, state_->entry_for(with, who), session);
  } catch (const sql::too_much_work&) {
    return denied(from(sql::budget::refusal()), with);
  } catch (const std::exception&) {
    // Whatever went wrong while judging, the statement was not judged: it does not run.
    denial why;
    why.sqlstate = "XX000";
    why.message = "the statement could not be judged and is therefore denied";
    why.hint = "report the statement to the operators of the gateway";
    return denied(std::move(why), with);
  }
}

std::size_t position_map::to_original(std::size_t rewritten_position) const {
  // Positions count characters from 1. Inside an inserted piece: the place where it was put in.
  const std::size_t at = rewritten_position > 0 ? rewritten_position - 1 : 0;
  std::size_t shift_in = 0, shift_out = 0;
  for (const piece& each : pieces_) {
    const std::size_t start = each.original - shift_out + shift_in;
    if (at < start) break;
    if (at < start + each.inserted) return each.original + 1;
    shift_in += each.inserted;
    shift_out += each.removed;
  }
  return at - shift_in + shift_out + 1;
}

}  // namespace sluice::enforce
