#include "sluice/enforce/scope.hpp"

#include <algorithm>
#include <atomic>

namespace sluice::enforce {
namespace {

void remember(scope& of, std::string savepoint) {
  of.undo.push_back({std::move(savepoint), of.search_path, of.path_after_commit, of.own, of.own_id});
}

void restore(scope& to, const scope::saved& from) {
  to.search_path = from.search_path;
  to.path_after_commit = from.path_after_commit;
  to.own = from.own;
  to.own_id = from.own_id;
}

// Names are shared by savepoints, cached verdicts and statements in flight: they are never changed in place.
template <typename Change>
void change_names(scope& of, Change change) {
  static std::atomic<std::uint64_t> last_id{0};
  auto next = std::make_shared<sql::fresh_names>(of.fresh());
  change(*next);
  const bool empty = next->temporary.empty() && next->created.empty() && next->unreliable.empty();
  of.own = empty ? nullptr : std::move(next);
  of.own_id = empty ? 0 : ++last_id;
}

void end_transaction(scope& of, bool committed) {
  if (!of.in_transaction) return;
  if (committed) {
    of.search_path = of.path_after_commit;
  } else if (!of.undo.empty()) {
    restore(of, of.undo.front());
  }
  of.in_transaction = false;
  of.undo.clear();
  if (!committed || of.fresh().created.empty()) return;
  // Until the catalog is read again nobody knows what these names mean; the next statement may stand in the same message.
  change_names(of, [](sql::fresh_names& names) {
    for (const auto& [name, made] : names.created) names.unreliable.insert(name);
    names.created.clear();
  });
}

void start_transaction(scope& of) {
  if (of.in_transaction) return;
  of.in_transaction = true;
  of.path_after_commit = of.search_path;
  remember(of, {});
}

std::vector<scope::saved>::iterator find_savepoint(scope& in, const std::string& name) {
  for (auto at = in.undo.end(); at != in.undo.begin();) {
    --at;
    if (at != in.undo.begin() && at->savepoint == name) return at;
  }
  return in.undo.end();
}

std::string qualified(const effect& what) { return what.schema + '\0' + what.name; }

sql::fresh_ptr made_of(const effect& what) { return what.made ? what.made : std::make_shared<const sql::fresh_relation>(); }

void set_path(scope& of, std::vector<std::string> path, bool local) {
  of.search_path = path;
  if (of.in_transaction && !local) of.path_after_commit = std::move(path);
}

}  // namespace

std::string scope::key() const {
  std::string out;
  const auto part = [&](const std::string& text) {
    out += std::to_string(text.size());
    out += ':';
    out += text;
  };
  for (const auto& each : search_path) part(each);
  out += '|';
  part(user);
  out += '|';
  out += std::to_string(own_id);
  return out;
}

const sql::fresh_names& scope::fresh() const {
  static const sql::fresh_names none;
  return own ? *own : none;
}

void apply(scope& to, const effect& what) {
  switch (what.kind) {
    case effect_kind::none:
    case effect_kind::catalog_change:
      return;
    case effect_kind::begin:
      start_transaction(to);
      return;
    case effect_kind::commit:
      end_transaction(to, true);
      if (what.chain) start_transaction(to);
      return;
    case effect_kind::rollback:
      end_transaction(to, false);
      if (what.chain) start_transaction(to);
      return;
    case effect_kind::savepoint:
      if (to.in_transaction) remember(to, what.name);
      return;
    case effect_kind::release:
      if (const auto at = find_savepoint(to, what.name); at != to.undo.end()) to.undo.erase(at, to.undo.end());
      return;
    case effect_kind::rollback_to:
      if (const auto at = find_savepoint(to, what.name); at != to.undo.end()) {
        restore(to, *at);
        to.undo.erase(at + 1, to.undo.end());
      }
      return;
    case effect_kind::set_search_path:
      set_path(to, what.values, false);
      return;
    case effect_kind::set_search_path_local:
      if (to.in_transaction) set_path(to, what.values, true);
      return;
    case effect_kind::reset_search_path_local:
      if (to.in_transaction) set_path(to, to.default_search_path, true);
      return;
    case effect_kind::reset_search_path:
    case effect_kind::reset_all:
      set_path(to, to.default_search_path, false);
      return;
    case effect_kind::discard_all:
      set_path(to, to.default_search_path, false);
      change_names(to, [](sql::fresh_names& names) { names.temporary.clear(); });
      to.prepared.clear();
      to.cursors.clear();
      return;
    case effect_kind::forget_temp_columns:
      // Columns go down to children, and nobody keeps who inherits from whom here.
      change_names(to, [](sql::fresh_names& names) {
        for (auto& [name, made] : names.temporary) {
          auto forgotten = std::make_shared<sql::fresh_relation>(*made);
          forgotten->columns.clear();
          made = std::move(forgotten);
        }
      });
      return;
    case effect_kind::distrust_created:
      change_names(to, [](sql::fresh_names& names) {
        for (const auto& [name, made] : names.created) names.unreliable.insert(name);
        names.created.clear();
      });
      return;
    case effect_kind::discard_temp:
      change_names(to, [](sql::fresh_names& names) { names.temporary.clear(); });
      return;
    case effect_kind::discard_plans:
      return;
    case effect_kind::create_temp:
      change_names(to, [&](sql::fresh_names& names) { names.temporary[what.name] = made_of(what); });
      return;
    case effect_kind::create_relation:
      // Outside a transaction the refreshed snapshot knows it before the next statement is judged.
      if (!to.in_transaction) return;
      change_names(to, [&](sql::fresh_names& names) {
        names.created[qualified(what)] = made_of(what);
        names.unreliable.erase(qualified(what));
      });
      return;
    case effect_kind::drop_relation:
      change_names(to, [&](sql::fresh_names& names) {
        if (what.schema == "pg_temp") {
          names.temporary.erase(what.name);
          return;
        }
        names.created.erase(qualified(what));
        if (to.in_transaction) names.unreliable.insert(qualified(what));
      });
      return;
    case effect_kind::rename_temp:
      if (what.values.empty() || !to.fresh().temporary.count(what.name)) return;
      change_names(to, [&](sql::fresh_names& names) {
        auto moved = names.temporary.extract(what.name);
        names.temporary[what.values[0]] = std::move(moved.mapped());
      });
      return;
    case effect_kind::prepare:
      to.prepared[what.name] = what.statement;
      return;
    case effect_kind::deallocate:
      to.prepared.erase(what.name);
      return;
    case effect_kind::deallocate_all:
      to.prepared.clear();
      return;
    case effect_kind::declare:
      to.cursors[what.name] = what.statement;
      return;
    case effect_kind::close:
      to.cursors.erase(what.name);
      return;
    case effect_kind::close_all:
      to.cursors.clear();
      return;
  }
}

void trust_catalog(scope& of) {
  if (of.in_transaction || of.fresh().unreliable.empty()) return;
  change_names(of, [](sql::fresh_names& names) { names.unreliable.clear(); });
}

void abort_transaction(scope& of) { end_transaction(of, false); }

}  // namespace sluice::enforce
