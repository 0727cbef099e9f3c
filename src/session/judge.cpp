// Asking the gate, and keeping the scope it reads true to what the upstream has done.
#include <algorithm>

#include "machine.hpp"

namespace sluice::session {
namespace {

// EXECUTE and FETCH find what they run by its name, and only when they run; EXPLAIN and CREATE TABLE AS may hold an
// EXECUTE.
bool runs_by_name(const enforce::verdict& verdict) {
  using enforce::statement_kind;
  return std::any_of(verdict.statements.begin(), verdict.statements.end(), [](const auto& each) {
    return each->kind == statement_kind::execute || each->kind == statement_kind::fetch ||
           each->kind == statement_kind::explain || each->kind == statement_kind::ddl;
  });
}

enforce::verdict_ptr refused(const enforce::verdict& allowed, const refusal& why) {
  auto out = std::make_shared<enforce::verdict>(allowed);
  out->allowed = false;
  out->why = {why.sqlstate, why.message, why.detail, why.hint, {}};
  out->statements.clear();
  return out;
}

}  // namespace

bool session::machine::take_current() {
  auto context = around_.context(database_);
  auto users = around_.users();
  if (context == nullptr || users == nullptr) {
    fatal({"57P03", "database " + quoted(database_) + " is not available", {}, "connect again later"});
    return false;
  }
  if (context->policy != bound_policy_ || users != bound_users_) {
    const auto* known = users->find(user_);
    if (known == nullptr) {
      fatal({"28000", "user " + quoted(user_) + " does not exist any more"});
      return false;
    }
    principal_ = std::make_shared<policy::principal>(context->policy->bind(user_, known->groups, known->attributes));
    bound_policy_ = context->policy;
    bound_users_ = std::move(users);
    // The key of token masks travels in the startup packet alone, never in SQL: too late for this connection.
    if (!has_token_key_ && is_restricted(*principal_, context.get())) {
      fatal({"57P01", "terminating connection because the access policy changed", {}, "connect again"});
      return false;
    }
  }
  context_ = std::move(context);
  return true;
}

bool session::machine::is_current(const judgement& of) const {
  return of.verdict != nullptr && of.principal == principal_ && of.scope_epoch == scope_epoch_ &&
         of.verdict->policy_revision == context_->policy->revision() &&
         of.verdict->catalog_revision == context_->catalog->revision() &&
         (!runs_by_name(*of.verdict) || (of.names_epoch == names_epoch_ && names_are_settled()));
}

// False while something in flight may give the name of a prepared statement or cursor another meaning.
bool session::machine::names_are_settled() const {
  return scope_is_settled() &&
         std::none_of(expected_.begin(), expected_.end(), [](const auto& each) { return each.moves_names(); });
}

// step::wait: the message comes again (or the session ended).
step session::machine::judge(std::string_view sql, judgement& into) {
  if (!take_current()) return step::wait;
  const enforce::scope* scope = &scope_;
  enforce::scope ahead;
  if (begins_in_flight_ > 0 && !scope_.in_transaction) {
    // A BEGIN before us in the pipeline either succeeds or takes this statement down with it.
    ahead = scope_;
    enforce::effect begin;
    begin.kind = enforce::effect_kind::begin;
    enforce::apply(ahead, begin);
    scope = &ahead;
  }
  const auto asked = around_.now();
  into.verdict = around_.judge(sql, *context_, *principal_, *scope);
  into.decide_us = micros_since(asked);
  into.context = context_;
  into.principal = principal_;
  into.scope_epoch = scope_epoch_;
  if (into.verdict == nullptr) {
    internal_error();
    return step::wait;
  }
  // Also what is denied: a name that is on the move may come to rest as one that is allowed.
  std::optional<refusal> moving;
  const auto many = into.verdict->statements.size() > 1 ? statements_in_text::several : statements_in_text::one;
  if (await_names(into.verdict->named, many, moving) == step::wait) return step::wait;
  if (moving && into.verdict->allowed) into.verdict = refused(*into.verdict, *moving);
  if (!into.verdict->allowed && into.verdict->unresolved_name && !refreshed_) {
    refreshed_ = true;
    awaiting_catalog_ = true;
    actions_.push_back(refresh_catalog{database_});
    return step::wait;
  }
  if (!names_are_settled() && runs_by_name(*into.verdict)) return flush_and_wait();
  into.names_epoch = names_epoch_;
  return step::done;
}

// Everything in flight must be answered before the message at the front is judged. The upstream holds its answers back
// until it is asked, so it is asked.
step session::machine::flush_and_wait() {
  if (!flush_sent_) wire::append_flush(upstream_out_);
  flush_sent_ = true;
  return step::wait;
}

void session::machine::apply_effects(const enforce::statement_info& of, std::string_view tag) {
  using enforce::effect_kind;
  bool names_went = false;
  for (const auto& each : of.effects) {
    if (each.kind == effect_kind::none) continue;
    enforce::effect what = each;
    // COMMIT of a failed transaction succeeds with the tag of what it really did.
    if (what.kind == effect_kind::commit && tag == "ROLLBACK") what.kind = effect_kind::rollback;
    // Names that are not trusted any more are so until the catalog was read again: then it must be.
    const bool moves = what.kind == effect_kind::create_relation || what.kind == effect_kind::drop_relation || what.kind == effect_kind::distrust_created;
    if (what.kind == effect_kind::catalog_change || (moves && what.schema != "pg_temp")) catalog_changed_ = true;
    // Going back to a savepoint lets go of locks; which ones, nobody here counts.
    if (what.kind == effect_kind::commit || what.kind == effect_kind::rollback || what.kind == effect_kind::rollback_to) held_names_.clear();
    if (what.kind == effect_kind::begin) {
      implicit_transaction_ = false;
      if (scope_.in_transaction) continue;
    } else if (what.kind == effect_kind::commit || what.kind == effect_kind::rollback) {
      implicit_transaction_ = false;
    } else if (!scope_.in_transaction) {
      // Statements of one Sync group or one text outside a block share a transaction that an error undoes.
      enforce::effect begin;
      begin.kind = effect_kind::begin;
      enforce::apply(scope_, begin);
      implicit_transaction_ = true;
    }
    enforce::apply(scope_, what);
    if (what.kind == effect_kind::declare || what.kind == effect_kind::close) finish_portal(what.name);
    if (what.kind == effect_kind::close_all) portals_.erase_settled_if([](const auto&, const auto&) { return true; });
    names_went = names_went || what.kind == effect_kind::deallocate || what.kind == effect_kind::deallocate_all ||
                 what.kind == effect_kind::discard_all;
  }
  if (names_went) drop_deallocated();
  if (!of.effects.empty()) {
    ++names_epoch_;
    note_scope_change();
  }
}

void session::machine::settle_scope(wire::transaction_status status) {
  switch (status) {
    case wire::transaction_status::idle:
      if (scope_.in_transaction) {
        if (implicit_transaction_ && !group_failed_) {
          enforce::effect commit;
          commit.kind = enforce::effect_kind::commit;
          enforce::apply(scope_, commit);
        } else {
          enforce::abort_transaction(scope_);
        }
        note_scope_change();
      }
      break;
    case wire::transaction_status::in_transaction:
    case wire::transaction_status::failed:
      if (!scope_.in_transaction) {
        enforce::effect begin;
        begin.kind = enforce::effect_kind::begin;
        enforce::apply(scope_, begin);
        note_scope_change();
      }
      break;
  }
  implicit_transaction_ = false;
}

void session::machine::note_scope_change() {
  auto key = scope_.key();
  if (key == scope_key_) return;
  scope_key_ = std::move(key);
  ++scope_epoch_;
}

void session::machine::drop_deallocated() {
  statements_.erase_settled_if([&](const std::string& name, const prepared_statement& each) {
    if (name.empty()) return false;
    const auto found = scope_.prepared.find(name);
    return found == scope_.prepared.end() || found->second != each.info;
  });
}

}  // namespace sluice::session
