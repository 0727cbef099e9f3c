#include "sluice/session/session.hpp"

#include "machine.hpp"

namespace sluice::session {
namespace {

// A session that cannot go on ends; nothing continues after a caught exception.
template <class Machine, class Step>
void guarded(Machine& machine, Step&& take) {
  try {
    take(machine);
  } catch (...) {
    machine.internal_error();
  }
}

}  // namespace

session::session(environment& around, peer who) : machine_(std::make_unique<machine>(around, std::move(who))) {}
session::~session() = default;

void session::start() {
  guarded(*machine_, [](auto& m) { m.start(); });
}

void session::start_refused(std::string_view sqlstate, std::string_view message) {
  machine_->refuse_with_ = refusal{std::string(sqlstate), std::string(message)};
  start();
}

void session::on_client_bytes(std::string_view bytes) {
  guarded(*machine_, [&](auto& m) { m.on_client_bytes(bytes); });
}
void session::on_client_tls() {
  guarded(*machine_, [](auto& m) { m.on_client_tls(); });
}
void session::on_client_closed() {
  guarded(*machine_, [](auto& m) { m.on_client_closed(); });
}
void session::on_upstream_connected() {
  guarded(*machine_, [](auto& m) { m.on_upstream_connected(); });
}
void session::on_upstream_failed(std::string_view reason) {
  guarded(*machine_, [&](auto& m) { m.on_upstream_failed(reason); });
}
void session::on_upstream_tls() {
  guarded(*machine_, [](auto& m) { m.on_upstream_tls(); });
}
void session::on_upstream_bytes(std::string_view bytes) {
  guarded(*machine_, [&](auto& m) { m.on_upstream_bytes(bytes); });
}
void session::on_upstream_closed() {
  guarded(*machine_, [](auto& m) { m.on_upstream_closed(); });
}
void session::on_timer(timer which) {
  guarded(*machine_, [&](auto& m) { m.on_timer(which); });
}
void session::on_catalog_refreshed(catalog_read how) {
  guarded(*machine_, [how](auto& m) { m.on_catalog_refreshed(how); });
}
void session::on_claim(std::uint64_t serial, claim_answer how) {
  guarded(*machine_, [=](auto& m) { m.on_claim(serial, how); });
}
void session::on_claims_changed() {
  guarded(*machine_, [](auto& m) { m.on_claims_changed(); });
}
void session::on_claim_of_other() {
  guarded(*machine_, [](auto& m) { m.on_claim_of_other(); });
}
void session::on_cancel_forwarded() {
  guarded(*machine_, [](auto& m) { m.on_cancel_forwarded(); });
}
void session::on_shutdown() {
  guarded(*machine_, [](auto& m) { m.on_shutdown(); });
}

void session::take_client_output(std::string& into) {
  into.clear();
  into.swap(machine_->client_out_);
}
void session::take_upstream_output(std::string& into) {
  into.clear();
  into.swap(machine_->upstream_out_);
}
std::vector<action> session::take_actions() { return std::exchange(machine_->actions_, {}); }

bool session::has_client_output() const { return !machine_->client_out_.empty(); }
bool session::has_upstream_output() const { return !machine_->upstream_out_.empty(); }
bool session::has_actions() const { return !machine_->actions_.empty(); }
bool session::wants_client_bytes() const { return machine_->wants_client_bytes(); }
bool session::wants_upstream_bytes() const { return machine_->wants_upstream_bytes(); }
bool session::awaits_claims() const { return machine_->awaiting_others_; }
std::vector<std::string> session::unresolved_names() const { return machine_->unresolved_names(); }
bool session::relies_on(const enforce::redefinition& what) const { return machine_->relies_on(what); }
bool session::finished() const { return machine_->stage_ == stage::closed; }

std::uint64_t session::number() const { return machine_->peer_.session; }
const std::string& session::user() const { return machine_->user_; }
const std::string& session::database() const { return machine_->database_; }

}  // namespace sluice::session
