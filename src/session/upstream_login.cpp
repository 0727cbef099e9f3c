// From the decision that a client may connect to its first ReadyForQuery.
#include <algorithm>
#include <map>
#include <set>

#include "machine.hpp"
#include "sluice/auth/crypto.hpp"
#include "sluice/enforce/mask_sql.hpp"

namespace sluice::session {
namespace {

// As people write it, and as tools that split the setting expect it: quoted only where it must be.
std::string in_path(const std::string& schema) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  const bool bare = !schema.empty() && !(schema[0] >= '0' && schema[0] <= '9') && std::all_of(schema.begin(), schema.end(), plain);
  return bare ? schema : enforce::quote_identifier(schema);
}

}  // namespace

const config::database& session::machine::gateway_database() const { return settings_->databases.at(database_); }

std::string session::machine::layers_text() const {
  const auto found = settings_->databases.find(database_);
  std::set<std::string> layers;
  if (found != settings_->databases.end()) {
    for (const auto& [schema, layer] : found->second.layers) layers.insert(layer);
  }
  std::string text = layers.size() == 1 ? "layer " : "layers ";
  const char* comma = "";
  for (const auto& each : layers) {
    text += comma + ("`" + each + "`");
    comma = ", ";
  }
  return text;
}

bool session::machine::is_restricted(const policy::principal& who, const enforce::context* with) const {
  const auto& policy = with != nullptr ? with->policy : bound_policy_;
  return !policy->unrestricted(who, database_, gateway_database().layers);
}

void session::machine::connect() {
  const auto found = settings_->upstreams.find(gateway_database().upstream);
  context_ = around_.context(database_);
  if (context_ == nullptr || found == settings_->upstreams.end()) {
    return upstream_login_failed("its catalog could not be read", "57P03");
  }
  upstream_ = found->second;
  // INVARIANT: no byte goes upstream for a login that the audit did not take.
  const auto accepted = around_.journal().append(new_record(audit::event::login));
  if (accepted.has_error()) {
    return fatal({"58030", "the login could not be recorded in the audit journal", {}, "tell an admin of the gateway"});
  }
  logged_in_ = true;
  stage_ = stage::upstream_connect;
  actions_.push_back(set_timer{timer::connect, settings_->limits.connect_timeout});
  actions_.push_back(connect_upstream{upstream_});
}

void session::machine::on_upstream_connected() {
  if (stage_ != stage::upstream_connect) return;
  upstream_open_ = true;
  if (upstream_.tls == config::upstream_tls::disable) return send_startup();
  wire::append_ssl_request(upstream_out_);
  stage_ = stage::upstream_tls_answer;
}

void session::machine::on_upstream_tls() {
  if (stage_ == stage::upstream_tls) send_startup();
}

void session::machine::on_upstream_failed(std::string_view reason) {
  upstream_open_ = false;
  upstream_login_failed(reason);
}

// The client learns which layer is away; how the gateway logs in there is for the operator.
void session::machine::upstream_login_failed(std::string_view cause, std::string_view sqlstate) {
  if (stage_ == stage::closed) return;
  if (logged_in_) {
    auto record = new_record(audit::event::login_refused);
    record.reason = "upstream `" + upstream_.name + "`: " + std::string(cause);
    record.sqlstate = sqlstate;
    // The client is refused whether or not the journal takes this.
    static_cast<void>(around_.journal().append(record));
  }
  fatal({std::string(sqlstate),
         "the server of database " + quoted(database_) + " (" + layers_text() + ") cannot be reached",
         {},
         "try again later; other databases of the gateway are not affected"});
}

void session::machine::send_startup() {
  std::map<std::string, std::string> settings;
  if (!search_path_sent_) {
    std::string path;
    for (const auto& each : gateway_database().search_path) {
      path += (path.empty() ? "" : ", ") + in_path(each);
    }
    settings["search_path"] = path;
  }
  for (const auto& [name, value] : settings_sent_) settings[name] = value;
  for (const auto& [name, value] : enforce::pinned_settings()) settings[name] = value;
  if (is_restricted(*principal_, context_.get())) {
    settings[std::string(enforce::token_key_setting)] = auth::to_hex(settings_->mask_key.reveal());
    has_token_key_ = true;
  }
  std::vector<std::pair<std::string, std::string>> parameters{{"user", upstream_.user},
                                                              {"database", upstream_.database}};
  parameters.insert(parameters.end(), settings.begin(), settings.end());
  wire::append_startup(upstream_out_, parameters);
  scope_.user = upstream_.user;
  stage_ = stage::upstream_login;
}

void session::machine::on_upstream_login(const wire::frame& message) {
  switch (message.type) {
    case wire::backend::authentication: return on_upstream_authentication(message);
    case wire::backend::error_response: {
      const auto fields = wire::parse_notice(message.body);
      if (fields.has_error()) return upstream_login_failed("malformed error");
      const auto code = wire::find_field(*fields, 'C');
      return upstream_login_failed(std::string(code) + " " + std::string(wire::find_field(*fields, 'M')),
                                   code == "57P03" || code == "53300" ? code : "08001");
    }
    case wire::backend::notice: return;
    default: break;
  }
  if (!upstream_authenticated_) return upstream_login_failed("message out of order during authentication");
  switch (message.type) {
    case wire::backend::parameter_status: return on_parameter_status(message);
    case wire::backend::backend_key_data: {
      const auto key = wire::parse_backend_key(message.body);
      if (key.has_error()) return upstream_login_failed("malformed BackendKeyData");
      upstream_key_ = *key;
      return;
    }
    case wire::backend::ready_for_query: return finish_login();
    default: break;
  }
  upstream_login_failed("unexpected message during login");
}

void session::machine::on_upstream_authentication(const wire::frame& message) {
  const auto request = wire::parse_authentication(message.body);
  if (request.has_error() || upstream_authenticated_) return upstream_login_failed("malformed authentication request");
  switch (request->request) {
    case wire::authentication::ok:
      // INVARIANT: once SCRAM began, the server must have proved that it knows the verifier.
      if (scram_client_ && !upstream_proved_) return upstream_login_failed("the server gave no proof of who it is");
      upstream_authenticated_ = true;
      scram_client_.reset();
      return;
    case wire::authentication::sasl: {
      const auto offered = wire::parse_sasl_mechanisms(request->data);
      if (offered.has_error() || scram_client_ ||
          std::find(offered->begin(), offered->end(), auth::scram_sha_256) == offered->end()) {
        return upstream_login_failed("the server does not offer SCRAM-SHA-256");
      }
      scram_client_.emplace(upstream_.password);
      wire::append_sasl_initial(upstream_out_, auth::scram_sha_256, scram_client_->first_message());
      return;
    }
    case wire::authentication::sasl_continue: {
      if (!scram_client_) return upstream_login_failed("SCRAM message out of order");
      const auto reply = scram_client_->on_server_first(request->data);
      if (reply.status != auth::scram_status::proceed) return upstream_login_failed(reply.cause);
      wire::append_sasl_response(upstream_out_, reply.message);
      return;
    }
    case wire::authentication::sasl_final: {
      if (!scram_client_) return upstream_login_failed("SCRAM message out of order");
      const auto reply = scram_client_->on_server_final(request->data);
      if (reply.status != auth::scram_status::authenticated) return upstream_login_failed(reply.cause);
      upstream_proved_ = true;
      return;
    }
    case wire::authentication::kerberos_v5:
    case wire::authentication::cleartext:
    case wire::authentication::md5:
    case wire::authentication::gss:
    case wire::authentication::gss_continue:
    case wire::authentication::sspi: break;
  }
  upstream_login_failed("the server asks for " + std::string(wire::name_of(request->request)) +
                        " authentication; only SCRAM-SHA-256 and trust are supported");
}

cancel_target session::machine::own_cancel_target() const {
  return {peer_.session, user_, database_, upstream_, upstream_key_.process, upstream_key_.secret};
}

void session::machine::finish_login() {
  if (!client_encoding_checked_ || !strings_checked_) {
    return upstream_login_failed("it does not report client_encoding and standard_conforming_strings");
  }
  unsigned char random[20] = {};
  around_.random_bytes(random, sizeof random);
  cancel_key key{upstream_key_.process, 0};
  for (std::size_t i = 0; i < 4; ++i) key.secret = key.secret << 8 | random[i];
  around_.add_cancel_key(key, own_cancel_target());
  key_ = key;
  failing_portal_ =
      "denied by the gateway " +
      auth::to_hex(std::string_view(reinterpret_cast<const char*>(random) + 4, sizeof random - 4)).substr(0, 32);
  scope_key_ = scope_.key();
  stage_ = stage::ready;
  actions_.push_back(set_timer{timer::login, {}});
  actions_.push_back(set_timer{timer::connect, {}});
  wire::append_backend_key(client_out_, {key.process, key.secret});
  wire::append_ready(client_out_, status_);
  set_idle_timer();
}

}  // namespace sluice::session
