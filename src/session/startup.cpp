// From the first byte of a client to the decision that it may connect.
#include <algorithm>
#include <array>
#include <cctype>

#include "machine.hpp"
#include "sluice/enforce/mask_sql.hpp"

namespace sluice::session {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& each : out) each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
  return out;
}

bool is_off(std::string_view value) {
  constexpr std::array off{"false", "off", "0", "no", "f", "n"};
  return std::any_of(off.begin(), off.end(), [&](const char* each) { return lower(value) == each; });
}

// A list of identifiers as the search_path setting writes it; nullopt when it is not one.
std::optional<std::vector<std::string>> split_identifiers(std::string_view text) {
  std::vector<std::string> names;
  std::size_t at = 0;
  const auto skip_blanks = [&] {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
  };
  skip_blanks();
  if (at == text.size()) return names;
  for (;;) {
    std::string name;
    if (text[at] == '"') {
      for (++at;; ++at) {
        if (at >= text.size()) return std::nullopt;
        if (text[at] == '"') {
          if (at + 1 < text.size() && text[at + 1] == '"')
            ++at;
          else
            break;
        }
        name += text[at];
      }
      ++at;
    } else {
      while (at < text.size() && text[at] != ',' && std::isspace(static_cast<unsigned char>(text[at])) == 0) {
        name += static_cast<char>(std::tolower(static_cast<unsigned char>(text[at++])));
      }
      if (name.empty()) return std::nullopt;
    }
    names.push_back(std::move(name));
    skip_blanks();
    if (at == text.size()) return names;
    if (text[at] != ',') return std::nullopt;
    ++at;
    skip_blanks();
    if (at == text.size()) return std::nullopt;
  }
}

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

}  // namespace

step session::machine::on_startup(const wire::frame& message) {
  auto packet = wire::parse_startup(message.body);
  if (packet.has_error()) {
    malformed("startup packet: " + packet.error().message());
    return step::done;
  }
  std::visit(overloaded{
                 [&](const wire::ssl_request&) {
                   if (std::exchange(seen_ssl_request_, true)) return malformed("a second SSLRequest");
                   const bool offered =
                       settings_->client.mode != config::client_tls::off && !refuse_with_ && around_.client_tls_ready();
                   client_out_ += offered ? 'S' : 'N';
                   if (!offered) return;
                   stage_ = stage::client_tls;
                   actions_.push_back(start_client_tls{});
                 },
                 [&](const wire::gssenc_request&) {
                   if (std::exchange(seen_gss_request_, true)) return malformed("a second GSSENCRequest");
                   client_out_ += 'N';
                 },
                 [&](const wire::cancel_request& request) { on_cancel_request(request); },
                 [&](const wire::unsupported_version& asked) {
                   fatal({"0A000", "unsupported frontend protocol " + std::to_string(asked.major) + "." +
                                       std::to_string(asked.minor) + ": server supports 3.0 to 3.0"});
                 },
                 [&](wire::startup& asked) { on_startup_message(std::move(asked)); },
             },
             packet.value());
  return step::done;
}

void session::machine::on_client_tls() {
  if (stage_ != stage::client_tls) return;
  tls_ = true;
  stage_ = stage::startup;
}

void session::machine::on_cancel_request(const wire::cancel_request& request) {
  const auto target = around_.find_cancel_key({request.process, request.secret});
  // The requester learns nothing, whether the key was right or not.
  if (!target) return close({});
  user_ = target->user;
  database_ = target->database;
  record_event(audit::event::cancel, "session " + std::to_string(target->session));
  stage_ = stage::cancelling;
  actions_.push_back(forward_cancel{*target});
}

void session::machine::on_cancel_forwarded() {
  if (stage_ == stage::cancelling) close({});
}

void session::machine::on_startup_message(wire::startup packet) {
  if (refuse_with_) return fatal(*refuse_with_);
  if (settings_->client.mode == config::client_tls::require && !tls_) {
    return fatal({"28000", "connections without TLS are not accepted", {}, "connect with sslmode=require or stricter"});
  }
  startup_ = std::move(packet);
  std::vector<std::string> unknown_options;
  for (const auto& [name, value] : startup_.parameters) {
    if (name == "user") user_ = value;
    if (name == "database") database_ = value;
    if (name == "application_name") application_name_ = value;
    if (name.starts_with("_pq_.")) unknown_options.push_back(name);
  }
  if (user_.empty()) return fatal({"28000", "no PostgreSQL user name specified in startup packet"});
  if (database_.empty()) database_ = user_;
  if (startup_.minor > 0 || !unknown_options.empty()) wire::append_negotiate_version(client_out_, 0, unknown_options);

  const auto users = around_.users();
  const auto* known = users == nullptr ? nullptr : users->find(user_);
  std::optional<auth::scram_verifier> verifier;
  if (known != nullptr) {
    if (auto parsed = auth::parse_verifier(known->verifier.reveal()); parsed.has_value()) verifier = parsed.value();
  }
  scram_server_.emplace(user_, verifier ? &*verifier : nullptr, auth::scram_mock{around_.mock_secret()});
  wire::append_sasl_mechanisms(client_out_, {auth::scram_sha_256});
  client_in_.expect_messages();
  stage_ = stage::authentication;
}

step session::machine::on_authentication(const wire::frame& message) {
  if (message.type != wire::frontend::password) {
    malformed("expected SASL response, got message type `" + std::string(1, message.type) + "`");
    return step::done;
  }
  auth::scram_reply reply;
  if (std::exchange(first_sasl_message_, false)) {
    const auto initial = wire::parse_sasl_initial(message.body);
    if (initial.has_error()) return malformed(initial.error().message()), step::done;
    reply = scram_server_->on_client_first(initial->mechanism, initial->response);
  } else {
    reply = scram_server_->on_client_final(message.body);
  }
  switch (reply.status) {
    case auth::scram_status::proceed:
      wire::append_authentication(client_out_, wire::authentication::sasl_continue, reply.message);
      return step::done;
    case auth::scram_status::authenticated:
      wire::append_authentication(client_out_, wire::authentication::sasl_final, reply.message);
      wire::append_authentication(client_out_, wire::authentication::ok);
      authorise();
      return step::done;
    case auth::scram_status::malformed:
      refuse_login({"08P01", "malformed SCRAM message", reply.cause});
      return step::done;
    case auth::scram_status::refused: break;
  }
  refuse_login({"28P01", "password authentication failed for user " + quoted(user_)});
  return step::done;
}

void session::machine::refuse_login(const refusal& why) {
  record_event(audit::event::login_refused, why.message, why.sqlstate);
  fatal(why);
}

// Who it is is known; now whether there is anything here for them.
void session::machine::authorise() {
  client_in_.limit(settings_->limits.max_message_bytes);
  const auto database = settings_->databases.find(database_);
  if (database == settings_->databases.end()) {
    return refuse_login({"3D000", "database " + quoted(database_) + " does not exist"});
  }
  bound_users_ = around_.users();
  bound_policy_ = around_.policy();
  const auto* known = bound_users_ == nullptr ? nullptr : bound_users_->find(user_);
  if (known == nullptr || bound_policy_ == nullptr) {
    return refuse_login({"28P01", "password authentication failed for user " + quoted(user_)});
  }
  principal_ = std::make_shared<policy::principal>(bound_policy_->bind(user_, known->groups, known->attributes));
  std::map<std::string, std::vector<std::string>> schemas_of;
  for (const auto& [schema, layer] : database->second.layers) schemas_of[layer].push_back(schema);
  const bool reaches = std::any_of(schemas_of.begin(), schemas_of.end(), [&](const auto& each) {
    return bound_policy_->reaches(*principal_, database_, each.first, each.second);
  });
  if (!reaches) {
    return refuse_login({"42501",
                         "user " + quoted(user_) + " has no access to any layer of database " + quoted(database_),
                         {},
                         "ask an admin of the gateway for a role on " + layers_text()});
  }
  if (!accept_settings()) return;
  if (around_.context(database_) == nullptr) return await_catalog();
  connect();
}

void session::machine::await_catalog() {
  stage_ = stage::catalog;
  awaiting_catalog_ = true;
  actions_.push_back(refresh_catalog{database_});
}

bool session::machine::accept_setting(const std::string& name, const std::string& value) {
  if (lower(name) == "replication") {
    if (is_off(value)) return true;
    refuse_login({"0A000",
                  "replication connections are not allowed through the gateway",
                  {},
                  "connect without the `replication` parameter"});
    return false;
  }
  const auto judged = enforce::judge_setting(name, value);
  if (!judged.allowed) {
    refuse_login({judged.why.sqlstate, judged.why.message, judged.why.detail, judged.why.hint});
    return false;
  }
  if (lower(name) == "search_path") {
    const auto path = split_identifiers(judged.value);
    if (!path) {
      refuse_login({"22023", "invalid value for parameter \"search_path\": " + quoted(value)});
      return false;
    }
    scope_.search_path = scope_.default_search_path = scope_.path_after_commit = *path;
    search_path_sent_ = true;
  }
  settings_sent_.emplace_back(lower(name), judged.value);
  return true;
}

bool session::machine::accept_settings() {
  const auto& configured = gateway_database().search_path;
  scope_.search_path = scope_.default_search_path = scope_.path_after_commit = configured;
  // As in PostgreSQL, parameters of their own win over those inside `options`.
  for (const auto& [name, value] : startup_.parameters) {
    if (name != "options") continue;
    const auto outcome = wire::parse_options(value);
    if (!outcome.not_understood.empty()) {
      refuse_login({"42501",
                    "startup option `" + outcome.not_understood + "` is not allowed",
                    {},
                    "only -c name=value and --name=value are accepted"});
      return false;
    }
    for (const auto& [each, to] : outcome.settings) {
      if (!accept_setting(each, to)) return false;
    }
  }
  for (const auto& [name, value] : startup_.parameters) {
    if (name == "user" || name == "database" || name == "options" || name.starts_with("_pq_.")) continue;
    if (!accept_setting(name, value)) return false;
  }
  return true;
}

}  // namespace sluice::session
