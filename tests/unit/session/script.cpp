#include "script.hpp"

namespace sluice::session::testing {

enforce::verdict allowed(enforce::statement_info info) {
  enforce::verdict verdict;
  verdict.allowed = true;
  verdict.layers = {"warehouse"};
  if (info.kind == enforce::statement_kind::empty) info.kind = enforce::statement_kind::select;
  info.policy_revision = base::revision{1};
  info.catalog_revision = base::revision{1};
  verdict.statements = {std::make_shared<enforce::statement_info>(std::move(info))};
  return verdict;
}

enforce::verdict denied(std::string message) {
  enforce::verdict verdict;
  verdict.why.message = std::move(message);
  return verdict;
}

enforce::verdict rewritten(std::string text, enforce::statement_info info) {
  auto verdict = allowed(std::move(info));
  verdict.rewritten = std::move(text);
  return verdict;
}

enforce::statement_info with_effect(enforce::effect_kind kind, std::string name) {
  enforce::statement_info info;
  info.kind = enforce::statement_kind::utility;
  enforce::effect effect;
  effect.kind = kind;
  effect.name = std::move(name);
  info.effects.push_back(std::move(effect));
  return info;
}

enforce::statement_info of_kind(enforce::statement_kind kind) {
  enforce::statement_info info;
  info.kind = kind;
  return info;
}

fake_environment::fake_environment() {
  config::upstream server;
  server.name = "server";
  server.database = "wh";
  server.user = "gateway";
  server.password = base::secret("upstream password");
  settings_value->upstreams["server"] = server;
  config::database database;
  database.name = "warehouse";
  database.upstream = "server";
  database.layers = {{"public", "warehouse"}, {"crm", "warehouse"}};
  settings_value->databases["warehouse"] = database;
  settings_value->mask_key = base::secret("\x01\x02\xff");
  auth::user carol;
  carol.name = "carol";
  // Few iterations: thousands of logins are played.
  static const auto verifier = auth::to_text(auth::make_verifier(base::secret("carols password"), 16));
  carol.verifier = verifier;
  users_value->known["carol"] = carol;
  catalog_value = std::make_shared<catalog::snapshot>(catalog::contents{});
  reload();
  policy_value = std::make_shared<fake_policy>(1);
  context_ = nullptr;
}

void fake_environment::reload() {
  policy_value = std::make_shared<fake_policy>(policy_value->revision().value() + 1);
  context_ = nullptr;
}

enforce::context_ptr fake_environment::context(std::string_view database) {
  if (!catalog_known) return nullptr;
  if (context_ == nullptr || context_->policy != policy_value || context_->catalog != catalog_value) {
    enforce::context made;
    made.policy = policy_value;
    made.catalog = catalog_value;
    made.settings = settings_value;
    made.database = &settings_value->databases.at(std::string(database));
    context_ = std::make_shared<enforce::context>(std::move(made));
  }
  return context_;
}

enforce::verdict_ptr fake_environment::judge(std::string_view sql, const enforce::context& with,
                                             const policy::principal&, const enforce::scope& scope) {
  judged.emplace_back(sql);
  scopes.push_back(scope);
  const auto found = answers.find(std::string(sql));
  auto verdict = found == answers.end() ? allowed() : found->second();
  verdict.policy_revision = with.policy->revision();
  verdict.catalog_revision = with.catalog->revision();
  for (auto& each : verdict.statements) {
    auto info = *each;
    info.policy_revision = verdict.policy_revision;
    info.catalog_revision = verdict.catalog_revision;
    each = std::make_shared<enforce::statement_info>(std::move(info));
  }
  return std::make_shared<enforce::verdict>(std::move(verdict));
}

std::optional<std::string> fake_environment::must_not_arrive(const enforce::context&, const policy::principal&,
                                                             base::oid relation, std::int16_t attnum) {
  const auto found = secrets.find({relation.value(), attnum});
  if (found == secrets.end()) return std::nullopt;
  return found->second;
}

void script::client(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += piece_) {
    const std::string piece(bytes.substr(at, piece_));
    tested_.on_client_bytes(piece);
  }
}

void script::upstream(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += piece_) {
    const std::string piece(bytes.substr(at, piece_));
    tested_.on_upstream_bytes(piece);
  }
}

std::string script::client_bytes() {
  std::string out;
  tested_.take_client_output(out);
  return out;
}

std::string script::upstream_bytes() {
  std::string out;
  tested_.take_upstream_output(out);
  return out;
}

void script::send_startup(std::vector<std::pair<std::string, std::string>> parameters) {
  std::string packet;
  wire::append_startup(packet, parameters);
  client(packet);
}

void script::prove(std::string_view password) {
  const auto skip_header = [](const std::string& bytes) { return bytes.substr(9); };  // type, length, request
  client_bytes();
  auth::scram_client exchange{base::secret(std::string(password))};
  std::string message;
  wire::append_sasl_initial(message, auth::scram_sha_256, exchange.first_message());
  client(message);
  const auto reply = exchange.on_server_first(skip_header(client_bytes()));
  ASSERT_EQ(reply.status, auth::scram_status::proceed);
  message.clear();
  wire::append_sasl_response(message, reply.message);
  client(message);
}

void script::answer_login() {
  upstream(msg('R', quad(0)) + parameter("client_encoding", "UTF8") + parameter("standard_conforming_strings", "on") +
           parameter("TimeZone", "UTC") + msg('K', quad(4711) + quad(99)) + ready('I'));
}

void script::log_in() {
  send_startup();
  prove();
  tested_.on_upstream_connected();
  answer_login();
  const auto messages = to_client();
  ASSERT_FALSE(messages.empty());
  ASSERT_EQ(messages.back(), "Z I");
  upstream_bytes();
  actions();
}

}  // namespace sluice::session::testing
