// Names that move between two sessions. Who changes what a name means claims it first: the claim is granted once nothing
// is in flight that was judged by the name before, and lasts until the catalog was read again behind the transaction.
// Meanwhile statements of other sessions that need the name wait to be judged.
//
// INVARIANT: the server never looks up a name for a restricted statement when it may mean another relation than the one
// the statement was judged by. Either the name is unclaimed, or the open transaction holds the lock of its relation.
#include <algorithm>

#include "machine.hpp"

namespace sluice::session {

bool resolved_at_bind(enforce::statement_kind kind) {
  using enforce::statement_kind;
  switch (kind) {
    case statement_kind::empty:
    case statement_kind::select:
    case statement_kind::insert:
    case statement_kind::update:
    case statement_kind::remove:
    case statement_kind::merge: return true;
    case statement_kind::copy_in:
    case statement_kind::copy_out:
    case statement_kind::explain:
    case statement_kind::show:
    case statement_kind::set:
    case statement_kind::transaction:
    case statement_kind::prepare:
    case statement_kind::execute:
    case statement_kind::deallocate:
    case statement_kind::declare:
    case statement_kind::fetch:
    case statement_kind::close:
    case statement_kind::discard:
    case statement_kind::ddl:
    case statement_kind::utility: return false;
  }
  return false;
}

namespace {

const std::set<std::string> none_held;

// It leaves the locks of all that it names with the transaction. COPY lets go of them; EXECUTE may name more than it locks.
bool keeps_locks(enforce::statement_kind kind) {
  using enforce::statement_kind;
  return resolved_at_bind(kind) || kind == statement_kind::declare || kind == statement_kind::prepare;
}

// One that holds several may end the transaction half-way, and its locks with it.
bool is_alone(const judgement& judged) { return judged.verdict == nullptr || judged.verdict->statements.size() == 1; }

}  // namespace

// --- waiting for the claims of others
// ----------------------------------------------------------------------------------

// The message at the front needs these names. step::wait: it comes again; `why` filled: it has waited long enough.
step session::machine::await_names(const std::vector<std::string>& named, statements_in_text many,
                                   std::optional<refusal>& why) {
  if (named.empty()) return step::done;
  const auto claimed = around_.claimed();
  if (claimed == nullptr) return step::done;
  for (const auto& each : *claimed) {
    if (each.session == peer_.session || each.database != database_) continue;
    const auto& spared = many == statements_in_text::one ? held_names_ : none_held;
    const auto* met = enforce::first_met(each.what, named, spared);
    if (met == nullptr) continue;
    if (patience_over_) {
      why = refusal{"55P03",
                    "the definition of relation `" + enforce::written(*met) + "` is being changed by another session",
                    {},
                    "run the statement again once that session has ended its transaction"};
      return step::done;
    }
    awaiting_others_ = true;
    return stay_for_names();
  }
  return step::done;
}

// What is in flight may be what the other session waits for: it must be answered.
step session::machine::stay_for_names() {
  if (!patient_) actions_.push_back(set_timer{timer::definition, definition_patience});
  patient_ = true;
  return expected_.empty() ? step::wait : flush_and_wait();
}

void session::machine::on_claims_changed() {
  if (stage_ == stage::closed || !awaiting_others_) return;
  pump();
}

void session::machine::on_names_timeout() {
  if (!patient_) return;
  patience_over_ = true;
  if (asked_claim_) actions_.push_back(withdraw_claims{asked_claim_->serial});
  asked_claim_.reset();
  pump();
}

// The message at the front was dealt with.
void session::machine::leave_message() {
  refreshed_ = false;
  if (!own_claims_.empty() && own_claims_.back().serial > sent_claim_) {
    // Its statement was refused after all.
    actions_.push_back(withdraw_claims{sent_claim_ + 1});
    std::erase_if(own_claims_, [this](const claim& each) { return each.serial > sent_claim_; });
    claimed_ = {};
    for (const auto& each : own_claims_) claimed_.add(each.what);
  }
  if (patient_) actions_.push_back(set_timer{timer::definition, {}});
  patient_ = patience_over_ = awaiting_others_ = false;
}

// --- claims of our own
// -------------------------------------------------------------------------------------------------

step session::machine::claim_all(const enforce::redefinition& what, std::optional<refusal>& why) {
  if (what.empty() || claimed_.covers(what)) return step::done;
  if (patience_over_) {
    const std::string about = what.everything ? "this database" : "`" + enforce::written(what.names.front()) + "`";
    why = refusal{"55P03",
                  "definitions of " + about + " cannot be changed while statements of other sessions still need them",
                  {},
                  "run the statement again; in a transaction, before other statements that lock the relation"};
    return step::done;
  }
  asked_claim_ = claim{peer_.session, ++newest_claim_, database_, what};
  actions_.push_back(claim_names{*asked_claim_});
  return stay_for_names();
}

void session::machine::on_claim(std::uint64_t serial, claim_answer how) {
  if (stage_ == stage::closed || !asked_claim_ || asked_claim_->serial != serial) return;
  auto asked = *std::exchange(asked_claim_, std::nullopt);
  if (how == claim_answer::taken) {
    awaiting_others_ = true;
    return;
  }
  claimed_.add(asked.what);
  own_claims_.push_back(std::move(asked));
  pump();
}

// --- what others wait for
// ----------------------------------------------------------------------------------------------

// The statement was parsed, bound or executed: the transaction that stays open behind it holds the locks of its relations.
void session::machine::hold_names(const expectation& of) {
  const auto* running = running_statement();
  if (running == nullptr || of.judged.verdict == nullptr || !is_alone(of.judged) || !keeps_locks(running->kind)) return;
  const bool more_follows = scope_.in_transaction || (of.what != awaited::query && !sync_sent_);
  if (more_follows) held_names_.insert(running->named.begin(), running->named.end());
}

const std::vector<std::string>* session::machine::unresolved_of(const expectation& each) const {
  if (each.resolved) return nullptr;
  switch (each.what) {
    case awaited::query: return &each.judged.verdict->named;
    case awaited::parse:
    case awaited::bind: return &each.info->named;
    case awaited::execute: return resolved_at_bind(each.info->kind) ? nullptr : &each.info->named;
    case awaited::describe_statement:
    case awaited::describe_portal:
    case awaited::close:
    case awaited::failure:
    case awaited::sync: return nullptr;
  }
  return nullptr;
}

std::vector<std::string> session::machine::unresolved_names() const {
  if (stage_ == stage::closed) return left_names_;
  std::set<std::string> all;
  for (const auto& each : expected_) {
    if (const auto* names = unresolved_of(each)) all.insert(names->begin(), names->end());
  }
  return {all.begin(), all.end()};
}

bool session::machine::relies_on(const enforce::redefinition& what) const {
  if (stage_ == stage::closed) return enforce::first_met(what, left_names_, none_held) != nullptr;
  return std::any_of(expected_.begin(), expected_.end(), [&](const expectation& each) {
    const auto* names = unresolved_of(each);
    return names != nullptr && enforce::first_met(what, *names, is_alone(each.judged) ? held_names_ : none_held) != nullptr;
  });
}

// The upstream holds answers back until it is asked for them.
void session::machine::on_claim_of_other() {
  const bool asked = sync_sent_ || copy_in_ || client_in_.inside_run() || expected_.empty();
  if (stage_ == stage::ready && !asked) flush_and_wait();
}

}  // namespace sluice::session
