// The extended protocol: verdicts belong to statement names and are applied again at Bind and Execute.
#include <algorithm>

#include "machine.hpp"
#include "sluice/auth/crypto.hpp"

namespace sluice::session {
namespace {

// The server cuts longer names of statements and portals (prepare.c, portalmem.c: NAMEDATALEN), so that two of them become
// one; the gateway keeps them apart, and must not be asked to.
constexpr std::size_t max_name_bytes = 63;
bool is_cut(std::string_view name) { return name.size() > max_name_bytes; }
const refusal name_too_long{"42622", "the name of the statement or portal is longer than 63 bytes", {}, "use a shorter name"};

refusal denied_by(const enforce::verdict& verdict) {
  return {verdict.why.sqlstate, verdict.why.message, verdict.why.detail, verdict.why.hint,
          verdict.why.position.value_or(0)};
}

refusal no_statement(std::string_view name) {
  return {"26000", name.empty() ? std::string("unnamed prepared statement does not exist")
                                : "prepared statement " + quoted(name) + " does not exist"};
}

scope_weight weigh(const enforce::statement_info& info) {
  auto weight = scope_weight::none;
  for (const auto& each : info.effects) {
    if (each.kind == enforce::effect_kind::none) continue;
    if (each.kind != enforce::effect_kind::begin) return scope_weight::other;
    weight = scope_weight::begin;
  }
  return weight;
}

// The upstream resolved every name of it when it was bound, and holds the locks.
bool planned_at_bind(enforce::statement_kind kind) {
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

parameter_values record_parameters(const wire::bind_view& bind, const std::vector<bool>& erase) {
  parameter_values values;
  values.reserve(bind.parameters.size());
  for (std::size_t i = 0; i < bind.parameters.size(); ++i) {
    const auto& value = bind.parameters[i];
    if (!value) {
      values.emplace_back(std::nullopt);
    } else if (i < erase.size() && erase[i]) {
      values.emplace_back("[erased]");
    } else {
      const auto kept = value->substr(0, max_recorded_parameter);
      std::string text = bind.binary(i) ? "\\x" + auth::to_hex(kept) : std::string(kept);
      if (kept.size() < value->size()) text += "[" + std::to_string(value->size() - kept.size()) + " bytes more]";
      values.emplace_back(std::move(text));
    }
  }
  return values;
}

}  // namespace

void session::machine::expect(expectation next) {
  group_sent_ = true;
  flush_sent_ = false;
  bytes_in_flight_ += next.bytes;
  if (next.weight == scope_weight::begin) ++begins_in_flight_;
  if (next.weight == scope_weight::other) ++effects_in_flight_;
  expected_.push_back(std::move(next));
}

void session::machine::forward(const wire::frame& message, expectation next) {
  upstream_out_.append(message.whole);
  next.bytes = message.whole.size() + sizeof(expectation);
  expect(std::move(next));
}

judgement session::machine::unjudged() const {
  judgement none;
  none.context = context_;
  none.principal = principal_;
  return none;
}

// The client's error takes its place behind the answers still in flight, and the upstream fails with it: what came
// before in the same implicit transaction must not be committed by the Sync that follows.
void session::machine::deny_extended(const refusal& why) {
  skip_until_sync_ = true;
  group_failed_ = true;
  if (!group_sent_ && status_ != wire::transaction_status::in_transaction) return say("ERROR", why);
  expectation failure;
  failure.what = awaited::failure;
  wire::append_error(failure.answer, {"ERROR", why.sqlstate, why.message, why.detail, why.hint, why.position});
  wire::append_execute(upstream_out_, failing_portal_);
  expect(std::move(failure));
}

step session::machine::on_parse(const wire::frame& message) {
  const auto parse = wire::parse_parse(message.body);
  if (parse.has_error()) return malformed(parse.error().message()), step::done;
  if (is_cut(parse->name)) return deny_extended(name_too_long), step::done;
  if (!scope_is_settled()) return flush_and_wait();

  judgement judged;
  if (judge(parse->sql, judged) == step::wait) return step::wait;
  const auto& verdict = *judged.verdict;
  std::optional<refusal> why;
  const std::size_t most = settings_->limits.max_prepared;
  if (!verdict.allowed) {
    why = denied_by(verdict);
  } else if (verdict.statements.size() > 1) {
    why = refusal{"42601", "cannot insert multiple commands into a prepared statement"};
  } else if (!parse->name.empty() && (statements_.size() >= most || scope_.prepared.size() >= most)) {
    why = refusal{"54000", "too many prepared statements", {}, "close those that are not needed any more"};
  } else if (!around_.journal().healthy() && !journal_may_fail(verdict.layers)) {
    // Its record is made when it runs; the upstream must not see the text while none would be taken.
    why = refusal{"58030",
                  "the statement was not prepared because the audit journal does not accept records",
                  {},
                  "try again later, or tell an admin of the gateway"};
  }
  if (why) {
    record_denied(parse->sql, judged, *why);
    if (parse->name.empty()) statements_.settle({}, nullptr);
    deny_extended(*why);
    return step::done;
  }

  auto statement = std::make_shared<prepared_statement>();
  statement->sql = parse->sql;
  statement->types = parse->types;
  statement->info =
      verdict.statements.empty() ? std::make_shared<enforce::statement_info>() : verdict.statements.front();
  statement->judged = judged;
  expectation next;
  next.what = awaited::parse;
  next.name = parse->name;
  next.statement = statement;
  next.judged = std::move(judged);
  next.info = statement->info;
  if (verdict.rewritten) {
    wire::append_parse(upstream_out_, parse->name, *verdict.rewritten, parse->types);
    next.bytes = message.whole.size() + sizeof(expectation);
    expect(std::move(next));
  } else {
    forward(message, std::move(next));
  }
  statements_.stage(parse->name, std::move(statement));
  return step::done;
}

// What Parse made, or null with `info` set for a statement of SQL PREPARE, or null without `info`: there is none.
prepared_ptr session::machine::find_statement(std::string_view name, enforce::statement_ptr& info) {
  auto found = statements_.find(name);
  if (name.empty() || statements_.is_staged(name)) {
    info = found == nullptr ? nullptr : found->info;
    return found;
  }
  // INVARIANT: the scope tells which names exist; DEALLOCATE, DISCARD and PREPARE change it under our feet.
  const auto in_scope = scope_.prepared.find(std::string(name));
  info = in_scope == scope_.prepared.end() ? nullptr : in_scope->second;
  return found != nullptr && info != nullptr && found->info == info ? found : nullptr;
}

portal_ptr session::machine::find_portal(std::string_view name) {
  if (portals_.is_staged(name)) return portals_.find(name);
  if (const auto cursor = scope_.cursors.find(std::string(name)); cursor != scope_.cursors.end()) {
    auto portal = std::make_shared<bound_portal>();
    portal->judged = unjudged();
    portal->info = cursor->second;
    portal->policy_revision = cursor->second->policy_revision;
    return portal;
  }
  return portals_.find(name);
}

// The verdict of a statement was made for a policy, a catalog and a scope; when one of them moved on, it is made again.
// The same text may go on; another one is prepared under the same name, and the client does not notice.
step session::machine::revalidate(std::string_view name, prepared_ptr& statement) {
  if (is_current(statement->judged)) return step::done;
  judgement judged;
  if (judge(statement->sql, judged) == step::wait) return step::wait;
  const auto& verdict = *judged.verdict;
  if (!verdict.allowed || verdict.statements.size() > 1) {
    const auto why = verdict.allowed ? no_statement(name) : denied_by(verdict);
    record_denied(statement->sql, judged, why);
    deny_extended(why);
    return step::done;
  }
  const auto info =
      verdict.statements.empty() ? std::make_shared<enforce::statement_info>() : verdict.statements.front();
  const std::string_view text = verdict.rewritten ? std::string_view(*verdict.rewritten) : statement->sql;
  if (text == statement->text()) {
    // What EXECUTE would find under the name moves along, wherever the statement stands on its way to being confirmed.
    const auto known = scope_.prepared.find(std::string(name));
    if (known != scope_.prepared.end() && known->second == statement->info) known->second = info;
    statement->judged = std::move(judged);
    statement->info = info;
    return step::done;
  }
  if (status_ == wire::transaction_status::failed) {
    deny_extended({"25P02", "current transaction is aborted, commands ignored until end of transaction block"});
    return step::done;
  }
  auto fresh = std::make_shared<prepared_statement>();
  fresh->sql = statement->sql;
  fresh->types = statement->types;
  fresh->info = info;
  fresh->judged = judged;
  wire::append_close(upstream_out_, wire::target::statement, name);
  expectation close;
  close.what = awaited::close;
  close.swallow = true;
  close.name = name;
  expect(std::move(close));
  wire::append_parse(upstream_out_, name, fresh->text(), fresh->types);
  expectation parse;
  parse.what = awaited::parse;
  parse.swallow = true;
  parse.name = name;
  parse.statement = fresh;
  parse.judged = std::move(judged);
  parse.info = info;
  expect(std::move(parse));
  statements_.stage(name, fresh);
  statement = std::move(fresh);
  return step::done;
}

// A utility statement looks at names when it starts to run, and they may have moved since Bind. Its portal is the
// upstream's already: another text cannot take its place.
step session::machine::revalidate(std::string_view name, bound_portal& portal) {
  if (portal.from == nullptr || portal.running != nullptr || planned_at_bind(portal.info->kind)) return step::done;
  if (!scope_is_settled()) return flush_and_wait();
  if (is_current(portal.judged)) return step::done;
  judgement judged;
  if (judge(portal.from->sql, judged) == step::wait) return step::wait;
  const auto& verdict = *judged.verdict;
  std::optional<refusal> why;
  if (!verdict.allowed) {
    why = denied_by(verdict);
  } else if (verdict.statements.size() != 1 || verdict.rewritten != portal.judged.verdict->rewritten) {
    why = refusal{
        "55000", "portal " + quoted(name) + " was bound when its names meant something else", {}, "bind it again"};
  }
  if (why) {
    record_denied(portal.from->sql, judged, *why);
    deny_extended(*why);
    return step::done;
  }
  portal.info = verdict.statements.front();
  portal.judged = std::move(judged);
  return step::done;
}

step session::machine::on_bind(const wire::frame& message) {
  const auto bind = wire::parse_bind(message.body);
  if (bind.has_error()) return malformed(bind.error().message()), step::done;
  if (is_cut(bind->portal) || is_cut(bind->statement)) return deny_extended(name_too_long), step::done;
  if (!scope_is_settled()) return flush_and_wait();
  if (!take_current()) return step::wait;

  enforce::statement_ptr info;
  auto statement = find_statement(bind->statement, info);
  if (info == nullptr) return deny_extended(no_statement(bind->statement)), step::done;
  if (!bind->portal.empty() && portals_.size() >= settings_->limits.max_prepared) {
    return deny_extended({"54000", "too many open portals", {}, "close those that are not needed any more"}),
           step::done;
  }
  auto portal = std::make_shared<bound_portal>();
  if (statement != nullptr) {
    if (revalidate(bind->statement, statement) == step::wait) return step::wait;
    if (skip_until_sync_) return step::done;
    portal->judged = statement->judged;
    portal->info = statement->info;
    portal->policy_revision = statement->judged.verdict->policy_revision;
  } else {
    if (info->policy_revision != context_->policy->revision() ||
        info->catalog_revision != context_->catalog->revision()) {
      deny_extended({"55000",
                     "prepared statement " + quoted(bind->statement) + " was made under an older policy or catalog",
                     {},
                     "deallocate it and prepare it again"});
      return step::done;
    }
    portal->judged = unjudged();
    portal->info = info;
    portal->policy_revision = info->policy_revision;
  }
  portal->from = std::move(statement);
  portal->parameters = record_parameters(*bind, portal->info->erase_parameters);

  expectation next;
  next.what = awaited::bind;
  next.name = bind->portal;
  next.portal = portal;
  next.judged = portal->judged;
  next.info = portal->info;
  transaction_scrubs_ = transaction_scrubs_ || portal->info->scrub_errors;
  forward(message, std::move(next));
  portals_.stage(bind->portal, std::move(portal));
  return step::done;
}

step session::machine::on_describe(const wire::frame& message) {
  const auto describe = wire::parse_describe(message.body);
  if (describe.has_error()) return malformed(describe.error().message()), step::done;
  if (is_cut(describe->name)) return deny_extended(name_too_long), step::done;
  if (!take_current()) return step::wait;
  expectation next;
  next.name = describe->name;
  if (describe->target == wire::target::statement) {
    next.what = awaited::describe_statement;
    const auto statement = find_statement(describe->name, next.info);
    if (next.info == nullptr) return deny_extended(no_statement(describe->name)), step::done;
    next.judged = statement != nullptr ? statement->judged : unjudged();
  } else {
    next.what = awaited::describe_portal;
    const auto portal = find_portal(describe->name);
    if (portal == nullptr) {
      return deny_extended({"34000", "portal " + quoted(describe->name) + " does not exist"}), step::done;
    }
    next.info = portal->info;
    next.judged = portal->judged;
  }
  // Without a verdict of its own it is described as the policy is now: that must be the one it was made under.
  if (next.judged.verdict == nullptr && next.info->policy_revision != context_->policy->revision()) {
    return deny_extended({"55000", quoted(describe->name) + " was made under an older policy", {}, "make it again"}),
           step::done;
  }
  forward(message, std::move(next));
  return step::done;
}

step session::machine::on_execute(const wire::frame& message) {
  const auto execute = wire::parse_execute(message.body);
  if (execute.has_error()) return malformed(execute.error().message()), step::done;
  if (is_cut(execute->portal)) return deny_extended(name_too_long), step::done;
  if (!take_current()) return step::wait;
  const auto portal = find_portal(execute->portal);
  if (portal == nullptr) {
    return deny_extended({"34000", "portal " + quoted(execute->portal) + " does not exist"}), step::done;
  }
  const std::string sql = portal->from != nullptr
                              ? portal->from->sql
                              : "execute portal " + quoted(execute->portal) + " (" + portal->info->tag + ")";
  if (portal->policy_revision != context_->policy->revision() || portal->judged.principal != principal_) {
    const refusal why{"55000",
                      "portal " + quoted(execute->portal) + " was opened under an older policy",
                      {},
                      "bind or declare it again"};
    record_denied(sql, portal->judged, why);
    return deny_extended(why), step::done;
  }
  if (revalidate(execute->portal, *portal) == step::wait) return step::wait;
  if (skip_until_sync_) return step::done;
  if (portal->running == nullptr) {
    refusal why;
    auto running = record_allowed(sql, portal->judged, &portal->parameters, portal->info.get(), why);
    if (!running) return deny_extended(why), step::done;
    portal->running = std::move(*running);
  }
  expectation next;
  next.what = awaited::execute;
  next.name = execute->portal;
  next.portal = portal;
  next.running = portal->running;
  next.judged = portal->judged;
  next.info = portal->info;
  next.weight = weigh(*portal->info);
  if (portal->info->stripped_plan) {
    // In one piece: the server would count the lines that are left out, and a batch could come out empty.
    wire::append_execute(upstream_out_, execute->portal);
    next.bytes = message.whole.size() + sizeof(expectation);
    expect(std::move(next));
  } else {
    forward(message, std::move(next));
  }
  if (portal->info->kind == enforce::statement_kind::copy_in) {
    // A Sync right behind it is ignored once COPY begins, and counts when it does not: which of the two, the answer
    // tells.
    wait_for_copy_ = true;
    flush_and_wait();
  }
  return step::done;
}

step session::machine::on_close(const wire::frame& message) {
  const auto close = wire::parse_describe(message.body);
  if (close.has_error()) return malformed(close.error().message()), step::done;
  if (is_cut(close->name)) return deny_extended(name_too_long), step::done;
  expectation next;
  next.what = awaited::close;
  next.name = close->name;
  next.of_portal = close->target == wire::target::portal;
  if (next.of_portal) {
    portals_.stage(close->name, nullptr);
  } else {
    statements_.stage(close->name, nullptr);
  }
  forward(message, std::move(next));
  return step::done;
}

step session::machine::on_flush(const wire::frame& message) {
  if (!message.body.empty()) return malformed("Flush with a body"), step::done;
  if (!expected_.empty()) flush_and_wait();
  return step::done;
}

step session::machine::on_sync(const wire::frame& message) {
  skip_until_sync_ = false;
  expectation next;
  next.what = awaited::sync;
  forward(message, std::move(next));
  sync_sent_ = true;
  return step::done;
}

}  // namespace sluice::session
