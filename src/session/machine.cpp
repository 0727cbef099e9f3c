#include "machine.hpp"

#include <array>

namespace sluice::session {

std::string quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

session::machine::machine(environment& around, peer who)
    : peer_(std::move(who)),
      around_(around),
      settings_(around.settings()),
      client_in_(wire::sender::frontend, wire::max_small_bytes),
      upstream_in_(wire::sender::backend, wire::max_backend_bytes) {
  client_in_.expect_startup();
}

void session::machine::start() { actions_.push_back(set_timer{timer::login, settings_->limits.login_timeout}); }

// --- events
// -----------------------------------------------------------------------------------------------------------

void session::machine::on_client_bytes(std::string_view bytes) {
  if (stage_ == stage::closed || stage_ == stage::cancelling) return;
  // Bytes between our `S` and the handshake were sent before TLS protected them: the connection is not to be trusted.
  if (stage_ == stage::client_tls) return close({});
  client_in_.feed(bytes);
  pump();
  client_in_.settle();
}

void session::machine::on_client_closed() {
  if (stage_ != stage::ready || expected_.empty()) return close({});
  // The upstream would find out that nobody listens only when it has something to say: until then its statement would
  // hold a connection that no limit of ours counts any more.
  actions_.push_back(forward_cancel{own_cancel_target()});
  close("08006");
}

void session::machine::on_upstream_bytes(std::string_view bytes) {
  if (!upstream_open_ || stage_ == stage::closed) return;
  if (stage_ == stage::upstream_tls_answer) {
    // More than the one byte was not protected by TLS.
    if (bytes.empty()) return;
    if (bytes != "S") return upstream_login_failed("the server does not offer TLS");
    stage_ = stage::upstream_tls;
    actions_.push_back(start_upstream_tls{upstream_});
    return;
  }
  if (stage_ != stage::upstream_login && stage_ != stage::ready) return upstream_login_failed("unexpected bytes");
  upstream_in_.feed(bytes);
  while (stage_ != stage::closed) {
    if (relay_run()) continue;
    const auto framing = upstream_in_.peek();
    if (framing == wire::framing::need_more) break;
    if (framing != wire::framing::ready) {
      on_framing(framing, wire::sender::backend);
      break;
    }
    if (stage_ == stage::upstream_login) {
      on_upstream_login(upstream_in_.current());
    } else {
      on_backend(upstream_in_.current());
    }
    if (stage_ != stage::closed) upstream_in_.pop();
  }
  upstream_in_.settle();
  if (stage_ != stage::closed && upstream_in_.waiting() > max_held_upstream) {
    upstream_broke_protocol("a message that must be read whole is too long");
  }
  pump();
}

void session::machine::on_upstream_closed() {
  upstream_open_ = false;
  switch (stage_) {
    case stage::startup:
    case stage::client_tls:
    case stage::authentication:
    case stage::catalog:
    case stage::cancelling:
    case stage::closed: return;
    case stage::upstream_connect:
    case stage::upstream_tls_answer:
    case stage::upstream_tls:
    case stage::upstream_login: return upstream_login_failed("the server closed the connection");
    case stage::ready: break;
  }
  // The server's own FATAL, already relayed, says more than we could.
  if (upstream_said_fatal_) return close("57P01");
  fatal({"57P01",
         "connection to the server of database " + quoted(database_) + " (" + layers_text() + ") was lost",
         {},
         "connect again; if it persists, ask an admin of the gateway"});
}

void session::machine::on_timer(timer which) {
  if (stage_ == stage::closed) return;
  switch (which) {
    case timer::login:
      if (stage_ == stage::ready) return;
      return fatal({"57014", "canceling authentication due to timeout"});
    case timer::connect:
      if (stage_ == stage::ready) return;
      return upstream_login_failed("timeout");
    case timer::idle:
      if (stage_ != stage::ready || group_sent_ || sync_sent_ || !held_ready_.empty()) return;
      return fatal({"57P05", "terminating connection due to idle-session timeout"});
  }
}

void session::machine::on_catalog_refreshed(catalog_read how) {
  if (stage_ == stage::closed || !awaiting_catalog_) return;
  awaiting_catalog_ = false;
  if (stage_ == stage::catalog) return connect();
  // What the definition just made is known to nobody here: the next statement would be judged by names of yesterday.
  if (!held_ready_.empty() && how == catalog_read::failed) {
    return fatal({"58000", "the catalog could not be read again after a definition changed", {}, "connect again; the change itself is done"});
  }
  if (!held_ready_.empty()) {
    enforce::trust_catalog(scope_);
    note_scope_change();
    release_ready();
  }
  pump();
}

void session::machine::on_shutdown() {
  shutdown_ = true;
  if (stage_ == stage::closed) return;
  if (stage_ == stage::ready && (group_sent_ || sync_sent_ || !held_ready_.empty())) return;  // release_ready() ends it
  fatal({"57P01", "terminating connection due to administrator command"});
}

// --- client messages
// --------------------------------------------------------------------------------------------------

void session::machine::pump() {
  blocked_ = false;
  while (stage_ == stage::startup || stage_ == stage::authentication || stage_ == stage::ready) {
    if (awaiting_catalog_) {
      blocked_ = true;
      return;
    }
    if (client_in_.inside_run() && !copy_in_) {
      // The COPY failed inside a message whose head is already upstream: its rest must follow, to keep the framing.
      upstream_out_.append(client_in_.rest_of_run().bytes);
      if (client_in_.inside_run()) return;
    }
    if (copy_in_) {
      if (const auto run = client_in_.take_run(wire::frontend::copy_data); !run.bytes.empty()) {
        upstream_out_.append(run.bytes);
        expected_.front().running->bytes += run.bytes.size();
        continue;
      }
    }
    const auto framing = client_in_.peek();
    if (framing == wire::framing::need_more) return;
    if (framing != wire::framing::ready) return on_framing(framing, wire::sender::frontend);
    const auto taken = on_frontend(client_in_.current());
    if (stage_ == stage::closed) return;
    if (taken == step::wait) {
      blocked_ = true;
      return;
    }
    client_in_.pop();
    refreshed_ = false;
    // Bytes behind an SSLRequest in the same packet were sent in the clear: drop the connection (CVE-2021-23214).
    if (stage_ == stage::client_tls && client_in_.waiting() != 0) return close({});
  }
}

step session::machine::on_frontend(const wire::frame& message) {
  if (stage_ == stage::startup) return on_startup(message);
  if (message.type == wire::frontend::terminate) {
    close({});
    return step::done;
  }
  if (stage_ == stage::authentication) return on_authentication(message);
  if (settings_->limits.idle_timeout.count() > 0) actions_.push_back(set_timer{timer::idle, {}});
  if (copy_in_) return on_copy_message(message);
  // Data behind a COPY that already failed: ignored, as PostgreSQL does; it must not reach the upstream.
  constexpr std::array copy_types{wire::frontend::copy_data, wire::frontend::copy_done, wire::frontend::copy_fail};
  if (wait_for_copy_ || sync_sent_ || !held_ready_.empty()) return step::wait;
  for (const char each : copy_types) {
    if (message.type == each) return step::done;
  }
  struct route {
    char type;
    step (machine::*take)(const wire::frame&);
  };
  constexpr std::array routes{
      route{wire::frontend::query, &machine::on_query},     route{wire::frontend::parse, &machine::on_parse},
      route{wire::frontend::bind, &machine::on_bind},       route{wire::frontend::describe, &machine::on_describe},
      route{wire::frontend::execute, &machine::on_execute}, route{wire::frontend::close, &machine::on_close},
      route{wire::frontend::flush, &machine::on_flush},     route{wire::frontend::sync, &machine::on_sync},
  };
  if (skip_until_sync_ && message.type != wire::frontend::sync) return step::done;
  if (bytes_in_flight_ > settings_->limits.max_pipeline_bytes && !expected_.empty()) return flush_and_wait();
  for (const auto& each : routes) {
    if (each.type == message.type) return (this->*each.take)(message);
  }
  if (message.type == wire::frontend::function_call) return on_function_call();
  malformed("message type `" + std::string(1, message.type) + "` does not belong here");
  return step::done;
}

void session::machine::on_framing(wire::framing problem, wire::sender from) {
  const char* what = "invalid message length";
  switch (problem) {
    case wire::framing::need_more:
    case wire::framing::ready: return;
    case wire::framing::bad_length: break;
    case wire::framing::too_long: what = "message too long"; break;
    case wire::framing::unknown_type: what = "unknown message type"; break;
  }
  if (from == wire::sender::backend) return upstream_broke_protocol(what);
  if (stage_ == stage::ready && problem == wire::framing::too_long) {
    return fatal(
        {"54000",
         "message exceeds the gateway's limit of " + std::to_string(settings_->limits.max_message_bytes) + " bytes",
         {},
         "send smaller statements, parameters or COPY data"});
  }
  malformed(what);
}

// --- the end
// ----------------------------------------------------------------------------------------------------------

void session::machine::say(std::string_view severity, const refusal& why) {
  wire::append_error(client_out_, {severity, why.sqlstate, why.message, why.detail, why.hint, why.position});
}

void session::machine::fatal(const refusal& why, std::string_view severity) {
  if (stage_ == stage::closed) return;
  if (upstream_in_.inside_run()) {
    // Half a row is on its way to the client: no message can be put behind it.
    return close(why.sqlstate);
  }
  say(severity, why);
  close(why.sqlstate);
}

void session::machine::malformed(std::string_view what) {
  fatal({"08P01", "invalid frontend message: " + std::string(what)});
}

void session::machine::internal_error() {
  try {
    fatal(
        {"XX000", "internal error of the gateway", {}, "connect again; if it persists, tell an admin of the gateway"});
  } catch (...) {
    stage_ = stage::closed;
    actions_.clear();
    if (upstream_open_) actions_.push_back(close_upstream{});
    actions_.push_back(close_client{});
  }
}

void session::machine::close(std::string_view sqlstate) {
  if (stage_ == stage::closed) return;
  const bool upstream_exists = upstream_open_ || stage_ == stage::upstream_connect;
  // A Terminate in the middle of a COPY or of a message of ours would be read as something else: then the socket alone.
  if (upstream_open_ && stage_ == stage::ready && !copy_in_ && !client_in_.inside_run()) {
    wire::append_terminate(upstream_out_);
  }
  stage_ = stage::closed;
  complete_all(sqlstate);
  if (key_) around_.remove_cancel_key(*key_, peer_.session);
  key_.reset();
  if (logged_in_) record_event(audit::event::logout, {}, sqlstate);
  logged_in_ = false;
  for (const auto which : {timer::login, timer::connect, timer::idle}) actions_.push_back(set_timer{which, {}});
  if (upstream_exists) actions_.push_back(close_upstream{});
  upstream_open_ = false;
  actions_.push_back(close_client{});
}

// --- back-pressure
// ----------------------------------------------------------------------------------------------------

bool session::machine::wants_client_bytes() const {
  if (stage_ == stage::closed || stage_ == stage::cancelling || stage_ == stage::client_tls) return false;
  if (upstream_out_.size() > output_high_water || client_out_.size() > output_high_water) return false;
  const bool waits =
      blocked_ || (stage_ != stage::startup && stage_ != stage::authentication && stage_ != stage::ready);
  return !waits || client_in_.waiting() < waiting_high_water;
}

bool session::machine::wants_upstream_bytes() const {
  return upstream_open_ && stage_ != stage::closed && stage_ != stage::upstream_tls &&
         client_out_.size() <= output_high_water;
}

void session::machine::set_idle_timer() {
  const auto delay = settings_->limits.idle_timeout;
  if (delay.count() > 0) actions_.push_back(set_timer{timer::idle, delay});
}

}  // namespace sluice::session
