#include "sluice/enforce/scope.hpp"

#include <algorithm>

namespace sluice::enforce {
namespace {

void remember(scope& of, std::string savepoint) {
  of.undo.push_back({std::move(savepoint), of.search_path, of.path_after_commit, of.temporary, of.created, of.unreliable});
}

void restore(scope& to, const scope::saved& from) {
  to.search_path = from.search_path;
  to.path_after_commit = from.path_after_commit;
  to.temporary = from.temporary;
  to.created = from.created;
  to.unreliable = from.unreliable;
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
  // From here on the refreshed snapshot tells what exists.
  of.created.clear();
  of.unreliable.clear();
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
  for (const auto* relations : {&temporary, &created}) {
    out += '|';
    for (const auto& [name, columns] : *relations) {
      part(name);
      out += '(';
      for (const auto& column : columns) part(column);
      out += ')';
    }
  }
  out += '|';
  for (const auto& name : unreliable) part(name);
  return out;
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
    case effect_kind::reset_search_path:
    case effect_kind::reset_all:
      set_path(to, to.default_search_path, false);
      return;
    case effect_kind::discard_all:
      set_path(to, to.default_search_path, false);
      to.temporary.clear();
      to.prepared.clear();
      to.cursors.clear();
      return;
    case effect_kind::forget_temp_columns:
      // Columns go down to children, and nobody keeps who inherits from whom here.
      for (auto& [name, columns] : to.temporary) columns.clear();
      return;
    case effect_kind::discard_temp:
      to.temporary.clear();
      return;
    case effect_kind::discard_plans:
      return;
    case effect_kind::create_temp:
      to.temporary[what.name] = what.columns;
      return;
    case effect_kind::create_relation:
      // Outside a transaction the refreshed snapshot knows it before the next statement is judged.
      if (to.in_transaction) {
        to.created[qualified(what)] = what.columns;
        to.unreliable.erase(qualified(what));
      }
      return;
    case effect_kind::drop_relation:
      if (what.schema == "pg_temp") {
        to.temporary.erase(what.name);
        return;
      }
      to.created.erase(qualified(what));
      if (to.in_transaction) to.unreliable.insert(qualified(what));
      return;
    case effect_kind::rename_temp: {
      const auto old = to.temporary.find(what.name);
      if (old == to.temporary.end() || what.values.empty()) return;
      auto columns = std::move(old->second);
      to.temporary.erase(old);
      to.temporary[what.values[0]] = std::move(columns);
      return;
    }
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

void abort_transaction(scope& of) { end_transaction(of, false); }

}  // namespace sluice::enforce
