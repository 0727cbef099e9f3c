// The state of one session. Its steps are written in one file per part of the conversation: startup, login upstream,
// simple query, extended query, relay, copy, record.
//
// INVARIANT: at most one Sync group (or simple Query) is in flight. The client's next group is read when the answer to
// the last one is complete, so that every statement is judged with what the statements before it really did. INVARIANT:
// bytes go upstream by send_… functions that the gate's verdict led to, or that hold nothing of the client's.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "exchange.hpp"
#include "sluice/auth/scram.hpp"
#include "sluice/enforce/plan_text.hpp"
#include "sluice/enforce/wire_masks.hpp"
#include "sluice/session/session.hpp"
#include "sluice/wire/backend.hpp"
#include "sluice/wire/build.hpp"
#include "sluice/wire/framer.hpp"
#include "sluice/wire/frontend.hpp"
#include "sluice/wire/startup.hpp"
#include "staged_names.hpp"

namespace sluice::session {

inline constexpr std::size_t output_high_water = 256u << 10;  // of either side, before reading from the other stops
inline constexpr std::size_t waiting_high_water = 64u << 10;  // client bytes kept while the session waits
inline constexpr std::size_t max_held_upstream = 64u << 20;   // one message that must be whole before it is relayed
inline constexpr std::size_t max_recorded_parameter = 8u << 10;

enum class stage {
  startup,
  client_tls,
  authentication,
  catalog,
  upstream_connect,
  upstream_tls_answer,
  upstream_tls,
  upstream_login,
  ready,
  cancelling,
  closed
};
enum class step { done, wait };

// Parts of an ErrorResponse that the gateway makes itself.
struct refusal {
  std::string sqlstate;
  std::string message;
  std::string detail{};
  std::string hint{};
  std::size_t position = 0;
};

class session::machine {
 public:
  machine(environment& around, peer who);

  // session.cpp: events and the two loops.
  void start();
  void on_client_bytes(std::string_view bytes);
  void on_client_closed();
  void on_upstream_bytes(std::string_view bytes);
  void on_upstream_closed();
  void on_timer(timer which);
  void on_catalog_refreshed(catalog_read how);
  void on_shutdown();
  void internal_error();
  bool wants_client_bytes() const;
  bool wants_upstream_bytes() const;

  // startup.cpp
  void on_client_tls();
  void on_cancel_forwarded();
  // upstream_login.cpp
  void on_upstream_connected();
  void on_upstream_failed(std::string_view reason);
  void on_upstream_tls();

  std::string client_out_;
  std::string upstream_out_;
  std::vector<action> actions_;
  stage stage_ = stage::startup;
  std::optional<refusal> refuse_with_;
  peer peer_;
  std::string user_;
  std::string database_;

 private:
  // session.cpp
  void pump();
  step on_frontend(const wire::frame& message);
  void on_framing(wire::framing problem, wire::sender from);
  void fatal(const refusal& why, std::string_view severity = "FATAL");
  void malformed(std::string_view what);
  void close(std::string_view sqlstate);
  void say(std::string_view severity, const refusal& why);
  void set_idle_timer();
  cancel_target own_cancel_target() const;

  // startup.cpp
  step on_startup(const wire::frame& message);
  void on_startup_message(wire::startup packet);
  void on_cancel_request(const wire::cancel_request& request);
  step on_authentication(const wire::frame& message);
  void refuse_login(const refusal& why);
  void authorise();
  void await_catalog();
  bool accept_settings();
  bool accept_setting(const std::string& name, const std::string& value);

  // upstream_login.cpp
  void connect();
  void send_startup();
  void on_upstream_login(const wire::frame& message);
  void on_upstream_authentication(const wire::frame& message);
  void upstream_login_failed(std::string_view cause, std::string_view sqlstate = "08001");
  void finish_login();
  bool is_restricted(const policy::principal& who, const enforce::context* with) const;
  const config::database& gateway_database() const;
  std::string layers_text() const;

  // judge.cpp
  bool take_current();  // context and principal of this moment; false: the session ended
  step judge(std::string_view sql, judgement& into);
  bool scope_is_settled() const { return effects_in_flight_ == 0; }
  bool names_are_settled() const;
  step flush_and_wait();
  void apply_effects(const enforce::statement_info& of, std::string_view tag);
  void settle_scope(wire::transaction_status status);
  void note_scope_change();
  bool is_current(const judgement& of) const;

  // simple_query.cpp
  step on_query(const wire::frame& message);
  step on_function_call();
  void deny_query(const refusal& why);
  step drain_group();

  // extended.cpp
  step on_parse(const wire::frame& message);
  step on_bind(const wire::frame& message);
  step on_describe(const wire::frame& message);
  step on_execute(const wire::frame& message);
  step on_close(const wire::frame& message);
  step on_flush(const wire::frame& message);
  step on_sync(const wire::frame& message);
  void deny_extended(const refusal& why);
  prepared_ptr find_statement(std::string_view name, enforce::statement_ptr& info);
  portal_ptr find_portal(std::string_view name);
  step revalidate(std::string_view name, prepared_ptr& statement);
  step revalidate(std::string_view name, bound_portal& portal);
  void forward(const wire::frame& message, expectation next);
  void expect(expectation next);
  judgement unjudged() const;
  void drop_deallocated();

  // relay.cpp
  void on_backend(const wire::frame& message);
  void relay(const wire::frame& message);
  void on_error(const wire::frame& message);
  void on_notice(const wire::frame& message);
  void on_parameter_status(const wire::frame& message);
  void on_row_description(const wire::frame& message);
  void on_command_complete(const wire::frame& message);
  void on_row(const wire::frame& message);
  void on_plan_row(const wire::frame& message, enforce::plan_format format);
  void on_end_of_describe(const wire::frame& message);
  void on_suspended(const wire::frame& message);
  void drop_group(std::string_view sqlstate);
  void on_ready(const wire::frame& message);
  void release_ready();
  bool relay_run();
  void confirm(const wire::frame& message, awaited what);
  void relay_fields(char type, const wire::notice_fields& fields, const expectation* about);
  bool scrubs(const expectation* about) const;
  void upstream_broke_protocol(std::string_view what);
  void alarm(std::string_view what);
  void pop_front();
  void finish_portal(std::string_view name);  // it goes away; a suspended statement of it ends
  // Of the expectation at the front; null when it runs none, or when more complete than were judged.
  const enforce::statement_info* running_statement() const;

  // copy.cpp
  step on_copy_message(const wire::frame& message);
  void on_copy_response(const wire::frame& message);
  void on_copy_data(const wire::frame& message);
  void on_copy_done(const wire::frame& message);
  void end_copy();

  // record.cpp
  audit::record new_record(audit::event what) const;
  // The accepted record of a statement about to run; nullopt with `why` filled: it must not run.
  std::optional<execution_ptr> record_allowed(std::string_view sql, const judgement& judged,
                                              const parameter_values* values, const enforce::statement_info* info,
                                              refusal& why);
  void record_denied(std::string_view sql, const judgement& judged, const refusal& why);
  void complete(const execution_ptr& what, std::string_view sqlstate);
  void complete_all(std::string_view sqlstate);
  void record_event(audit::event what, std::string_view reason, std::string_view sqlstate = {});
  bool journal_may_fail(const std::vector<std::string>& layers) const;
  std::uint64_t micros_since(time_point from) const;

  environment& around_;
  std::shared_ptr<const config::settings> settings_;

  wire::framer client_in_;
  wire::framer upstream_in_;
  bool blocked_ = false;  // the message at the front of client_in_ waits for something

  // startup and login
  bool seen_ssl_request_ = false;
  bool seen_gss_request_ = false;
  bool tls_ = false;
  wire::startup startup_;
  std::optional<auth::scram_server> scram_server_;
  bool first_sasl_message_ = true;
  std::vector<std::pair<std::string, std::string>> settings_sent_;  // the client's accepted settings
  bool search_path_sent_ = false;
  bool logged_in_ = false;  // a login record was accepted: a logout record is owed
  std::string application_name_;

  // upstream
  bool upstream_open_ = false;
  std::optional<auth::scram_client> scram_client_;
  bool upstream_proved_ = false;  // it asked for no proof, or showed that it knows the verifier
  bool upstream_authenticated_ = false;
  bool upstream_said_fatal_ = false;
  bool client_encoding_checked_ = false;
  bool strings_checked_ = false;
  bool has_token_key_ = false;
  config::upstream upstream_;
  wire::backend_key upstream_key_;
  std::optional<cancel_key> key_;

  // what verdicts are made from
  enforce::context_ptr context_;
  policy::policy_ptr bound_policy_;
  auth::users_ptr bound_users_;
  principal_ptr principal_;
  enforce::scope scope_;
  std::string scope_key_;
  std::uint64_t scope_epoch_ = 0;
  std::uint64_t names_epoch_ = 0;      // counts what prepared statements and cursors may have become
  bool implicit_transaction_ = false;  // scope_.in_transaction stands for a Sync group, not for BEGIN
  bool refreshed_ = false;             // the catalog was read again for the message at the front
  bool awaiting_catalog_ = false;

  // conversation
  std::deque<expectation> expected_;
  wire::transaction_status status_ = wire::transaction_status::idle;
  staged_names<prepared_statement> statements_;
  staged_names<bound_portal> portals_;
  std::string failing_portal_;  // a name nobody can know: executing it fails, which is all it is for
  bool group_sent_ = false;     // something of this group went upstream
  bool sync_sent_ = false;      // a Sync or Query is in flight
  bool group_failed_ = false;   // an error came, or was made, in this group
  bool skip_until_sync_ = false;
  bool flush_sent_ = false;     // since the last message that is still unanswered
  bool wait_for_copy_ = false;  // an Execute of COPY FROM STDIN is unanswered
  std::size_t effects_in_flight_ = 0;
  std::size_t begins_in_flight_ = 0;
  std::size_t bytes_in_flight_ = 0;
  bool catalog_changed_ = false;
  bool transaction_scrubs_ = false;
  std::string held_ready_;  // a ReadyForQuery that waits for the catalog
  bool shutdown_ = false;

  // copy
  bool copy_in_ = false;
  bool copy_out_ = false;
  std::optional<enforce::copy_masker> copy_masker_;
  std::optional<enforce::row_masker> row_masker_;  // of the statement that runs
  std::optional<enforce::plan_stripper> plan_stripper_;
};

// `name` as diagnostics print it: in quotes as PostgreSQL words it.
std::string quoted(std::string_view name);

}  // namespace sluice::session
