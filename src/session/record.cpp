// What the audit journal learns of a session.
#include <algorithm>

#include "machine.hpp"
#include "sluice/auth/crypto.hpp"

namespace sluice::session {

std::uint64_t session::machine::micros_since(time_point from) const {
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(around_.now() - from).count();
  return passed > 0 ? static_cast<std::uint64_t>(passed) : 0;
}

audit::record session::machine::new_record(audit::event what) const {
  audit::record record;
  record.event = what;
  record.session = peer_.session;
  record.user = user_;
  record.client = peer_.address;
  record.application_name = application_name_;
  record.database = database_;
  if (principal_ != nullptr) {
    for (const auto& each : principal_->bindings) {
      if (std::find(record.roles.begin(), record.roles.end(), each.role) == record.roles.end()) {
        record.roles.push_back(each.role);
      }
    }
  }
  if (bound_policy_ != nullptr) record.policy_revision = bound_policy_->revision().value();
  if (context_ != nullptr) record.catalog_revision = context_->catalog->revision().value();
  return record;
}

void session::machine::record_event(audit::event what, std::string_view reason, std::string_view sqlstate) {
  auto record = new_record(what);
  record.reason = reason;
  record.sqlstate = sqlstate;
  // Nothing is let through on the strength of these: the session goes on, or ends, as it would anyway.
  static_cast<void>(around_.journal().append(record));
}

bool session::machine::journal_may_fail(const std::vector<std::string>& layers) const {
  const auto& rules = settings_->audit.on_failure;
  return !layers.empty() && std::all_of(layers.begin(), layers.end(), [&](const auto& layer) {
    const auto rule = rules.find(layer);
    return rule != rules.end() && rule->second == config::audit_failure::allow;
  });
}

namespace {

void add_verdict(audit::record& record, const enforce::verdict& verdict) {
  record.layers = verdict.layers;
  record.fingerprint = verdict.fingerprint;
  record.rules = verdict.rules;
  record.relations = verdict.relations;
  record.policy_revision = verdict.policy_revision.value();
  record.catalog_revision = verdict.catalog_revision.value();
  record.detail = verdict.note;
  if (verdict.rewritten) record.rewritten_sha256 = auth::to_hex(auth::sha256(*verdict.rewritten));
}

}  // namespace

// INVARIANT: no accepted record, no upstream byte.
std::optional<execution_ptr> session::machine::record_allowed(std::string_view sql, const judgement& judged,
                                                              const parameter_values* values,
                                                              const enforce::statement_info* info, refusal& why) {
  auto record = new_record(audit::event::statement);
  record.sql = sql;
  record.decision = "allowed";
  if (judged.verdict != nullptr) {
    add_verdict(record, *judged.verdict);
  } else if (info != nullptr) {
    record.layers = info->layers;
    record.relations = info->relations;
    record.policy_revision = info->policy_revision.value();
    record.catalog_revision = info->catalog_revision.value();
  }
  if (values != nullptr && !values->empty()) record.parameters = *values;
  const auto accepted = around_.journal().append(record);
  if (accepted.has_error() && !journal_may_fail(record.layers)) {
    why = {"58030",
           "the statement was not run because the audit journal did not accept its record",
           {},
           "try again later, or tell an admin of the gateway"};
    return std::nullopt;
  }
  if (judged.verdict != nullptr && !judged.verdict->copies.empty()) around_.expect_copies(database_, judged.verdict->copies);
  auto running = std::make_shared<execution>();
  running->record = accepted.has_value() ? *accepted : 0;
  running->decide_us = judged.decide_us;
  running->sent = around_.now();
  return running;
}

void session::machine::record_denied(std::string_view sql, const judgement& judged, const refusal& why) {
  auto record = new_record(audit::event::statement);
  record.sql = sql;
  if (judged.verdict != nullptr) add_verdict(record, *judged.verdict);
  record.rewritten_sha256.clear();
  record.decision = "denied";
  record.reason = why.message;
  record.sqlstate = why.sqlstate;
  record.decide_us = judged.decide_us;
  // A denial stands whether or not it could be recorded.
  static_cast<void>(around_.journal().append(record));
}

void session::machine::complete(const execution_ptr& what, std::string_view sqlstate) {
  if (what == nullptr || std::exchange(what->completed, true) || what->record == 0) return;
  auto record = new_record(audit::event::complete);
  record.of = what->record;
  record.rows = what->rows;
  record.bytes = what->bytes;
  record.decide_us = what->decide_us;
  const auto total = micros_since(what->sent);
  const auto relayed = what->answered ? micros_since(*what->answered) : 0;
  record.upstream_us = total - std::min(total, relayed);
  record.relay_us = relayed;
  record.sqlstate = sqlstate;
  static_cast<void>(around_.journal().append(record));
}

void session::machine::complete_all(std::string_view sqlstate) {
  for (auto& each : expected_) complete(each.running, sqlstate);
  portals_.for_each_settled([&](const std::string&, bound_portal& portal) { complete(portal.running, sqlstate); });
  expected_.clear();
}

}  // namespace sluice::session
