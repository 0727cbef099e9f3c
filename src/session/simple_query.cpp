// The simple protocol: one text, allowed whole or denied whole.
#include "machine.hpp"

namespace sluice::session {

// A Query (or FunctionCall) behind an unfinished extended group runs in its transaction and ends it: first everything
// of the group must be answered, and an error among the answers makes PostgreSQL ignore the message.
step session::machine::drain_group() { return expected_.empty() ? step::done : flush_and_wait(); }

step session::machine::on_query(const wire::frame& message) {
  const auto query = wire::parse_query(message.body);
  if (query.has_error()) return malformed(query.error().message()), step::done;
  if (drain_group() == step::wait) return step::wait;

  judgement judged;
  if (judge(query->sql, judged) == step::wait) return step::wait;
  const auto& verdict = *judged.verdict;
  if (!verdict.allowed) {
    refusal why{verdict.why.sqlstate, verdict.why.message, verdict.why.detail, verdict.why.hint,
                verdict.why.position.value_or(0)};
    record_denied(query->sql, judged, why);
    deny_query(why);
    return step::done;
  }
  std::optional<refusal> unclaimed;
  if (claim_all(verdict.redefines, unclaimed) == step::wait) return step::wait;
  if (unclaimed) {
    record_denied(query->sql, judged, *unclaimed);
    deny_query(*unclaimed);
    return step::done;
  }
  refusal why;
  const auto running = record_allowed(query->sql, judged, nullptr, nullptr, why);
  if (!running) {
    deny_query(why);
    return step::done;
  }

  expectation next;
  next.what = awaited::query;
  next.running = *running;
  next.judged = std::move(judged);
  for (const auto& each : verdict.statements) transaction_scrubs_ = transaction_scrubs_ || each->scrub_errors;
  if (verdict.rewritten) {
    wire::append_query(upstream_out_, *verdict.rewritten);
  } else {
    upstream_out_.append(message.whole);
  }
  expect(std::move(next));
  sync_sent_ = true;
  // PostgreSQL drops the unnamed statement and portal when a simple query begins.
  statements_.settle({}, nullptr);
  finish_portal({});
  return step::done;
}

step session::machine::on_function_call() {
  if (drain_group() == step::wait) return step::wait;
  if (!take_current()) return step::wait;
  const refusal why{"42501", "function calls by protocol message are not allowed", {}, "call the function in a SELECT"};
  record_denied("function call", unjudged(), why);
  deny_query(why);
  return step::done;
}

// INVARIANT: nothing of a denied text reaches the upstream. An open transaction must fail all the same: a portal that
// does not exist is executed in it, and the error this gives is replaced by ours.
void session::machine::deny_query(const refusal& why) {
  if (!group_sent_ && status_ != wire::transaction_status::in_transaction) {
    say("ERROR", why);
    wire::append_ready(client_out_, status_);
    set_idle_timer();
    return;
  }
  deny_extended(why);
  skip_until_sync_ = false;
  wire::append_sync(upstream_out_);
  expectation end;
  end.what = awaited::sync;
  expect(std::move(end));
  sync_sent_ = true;
}

}  // namespace sluice::session
