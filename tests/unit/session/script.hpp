// A session with everything around it replaced: tests write what the client and the upstream say, and read what they
// get.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sluice/auth/scram.hpp"
#include "sluice/session/session.hpp"
#include "sluice/wire/build.hpp"
#include "sluice/wire/message.hpp"

namespace sluice::session::testing {

using namespace std::string_literals;

// --- bytes, as a client or a server writes them
// --------------------------------------------------------------------------

inline std::string quad(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}
inline std::string word(std::uint16_t value) { return quad(value).substr(2); }
inline std::string msg(char type, std::string_view body = {}) {
  std::string out;
  wire::append_message(out, type, body);
  return out;
}
inline std::string query(std::string_view sql) { return msg('Q', std::string(sql) + '\0'); }
inline std::string parse(std::string_view name, std::string_view sql) {
  return msg('P', std::string(name) + '\0' + std::string(sql) + '\0' + word(0));
}
inline std::string bound(std::string_view portal, std::string_view name, std::vector<std::string> values = {}) {
  std::string body =
      std::string(portal) + '\0' + std::string(name) + '\0' + word(0) + word(static_cast<std::uint16_t>(values.size()));
  for (const auto& each : values) body += quad(static_cast<std::uint32_t>(each.size())) + each;
  return msg('B', body + word(0));
}
inline std::string describe(char what, std::string_view name) { return msg('D', what + std::string(name) + '\0'); }
inline std::string close(char what, std::string_view name) { return msg('C', what + std::string(name) + '\0'); }
inline std::string execute(std::string_view portal, std::uint32_t rows = 0) {
  return msg('E', std::string(portal) + '\0' + quad(rows));
}
inline std::string sync() { return msg('S'); }

inline std::string ready(char status) { return msg('Z', std::string(1, status)); }
inline std::string complete(std::string_view tag) { return msg('C', std::string(tag) + '\0'); }
inline std::string parameter(std::string_view name, std::string_view value) {
  return msg('S', std::string(name) + '\0' + std::string(value) + '\0');
}
inline std::string error(std::string_view code, std::string_view fields = "Mboom") {
  std::string body = "SERROR\0VERROR\0C"s + std::string(code) + '\0';
  for (std::size_t at = 0; at <= fields.size();) {
    const auto end = std::min(fields.find('|', at), fields.size());
    body += std::string(fields.substr(at, end - at)) + '\0';
    at = end + 1;
  }
  return msg('E', body + '\0');
}
struct field {
  std::string name;
  std::uint32_t relation = 0;
  std::uint16_t attnum = 0;
};
inline std::string row_description(const std::vector<field>& fields) {
  std::string body = word(static_cast<std::uint16_t>(fields.size()));
  for (const auto& each : fields) {
    body += each.name + '\0' + quad(each.relation) + word(each.attnum) + quad(25) + word(0xffff) + quad(0xffffffff) +
            word(0);
  }
  return msg('T', body);
}
inline std::string row(const std::vector<std::string>& values) {
  std::string body = word(static_cast<std::uint16_t>(values.size()));
  for (const auto& each : values) body += quad(static_cast<std::uint32_t>(each.size())) + each;
  return msg('D', body);
}

// --- bytes, as a test reads them: one short text per message
// --------------------------------------------------------------

inline std::vector<std::string> read(std::string_view bytes, wire::sender from) {
  std::vector<std::string> out;
  while (bytes.size() >= 5) {
    std::size_t length = 0;
    for (int i = 1; i <= 4; ++i) length = length << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
    if (length < 4 || bytes.size() < length + 1) break;
    const char type = bytes[0];
    const auto body = bytes.substr(5, length - 4);
    std::string text(1, type);
    if (from == wire::sender::backend && (type == 'E' || type == 'N')) {
      const auto fields = wire::parse_notice(body);
      for (const auto& [code, value] : *fields) {
        if (code == 'S' || code == 'H') continue;
        text += " ";
        if (code != 'V' && code != 'C' && code != 'M') text += std::string(1, code) + "=";
        text += value;
      }
    } else {
      for (const char each : body) text += each == '\0' ? ' ' : each;
      if (!body.empty()) text.insert(1, " ");
      while (text.size() > 1 && text.back() == ' ') text.pop_back();
    }
    out.push_back(std::move(text));
    bytes.remove_prefix(length + 1);
  }
  if (!bytes.empty()) out.push_back("cut: " + std::to_string(bytes.size()));
  return out;
}

using lines = std::vector<std::string>;

// --- what is around a session
// ---------------------------------------------------------------------------------------------

class fake_users final : public auth::user_store {
 public:
  std::map<std::string, auth::user> known;
  const auth::user* find(std::string_view name) const override {
    const auto at = known.find(std::string(name));
    return at == known.end() ? nullptr : &at->second;
  }
  std::vector<std::string> names() const override { return {}; }
};

class fake_policy final : public policy::policy_set {
 public:
  explicit fake_policy(std::uint64_t number) : number_(number) {}
  bool reachable = true;
  bool clear = false;
  base::revision revision() const override { return base::revision{number_}; }
  policy::principal bind(std::string_view user, const std::vector<std::string>&,
                         const std::map<std::string, std::string>&) const override {
    policy::principal who;
    who.user = user;
    who.bindings.push_back({"viewer", {}, "bindings[0]"});
    return who;
  }
  bool reaches(const policy::principal&, std::string_view, std::string_view,
               const std::vector<std::string>&) const override {
    return reachable;
  }
  policy::decision decide(const policy::principal&, const policy::object&, policy::action) const override { return {}; }
  policy::decision decide_ddl(const policy::principal&, const policy::object&, policy::action) const override {
    return {};
  }
  policy::instance_decision decide_instance(const policy::principal&, std::string_view) const override { return {}; }
  bool unrestricted(const policy::principal&, std::string_view,
                    const std::map<std::string, std::string>&) const override {
    return clear;
  }
  policy::unclassified unclassified_of(std::string_view) const override { return policy::unclassified::deny; }
  bool names_relation(const policy::object&) const override { return false; }
  bool filters_relation(const policy::object&) const override { return false; }
  std::vector<std::string> classify(const policy::object&, std::string_view, bool&) const override { return {}; }
  policy::treatment treat(const policy::principal&, const policy::object&, std::string_view) const override {
    return {};
  }
  policy::treatment treat(const policy::principal&, std::string_view, std::string_view) const override { return {}; }
  policy::treatment treat_unclassified(const policy::principal&, const policy::object&) const override { return {}; }
  policy::treatment treat_unclassified(const policy::principal&, std::string_view) const override { return {}; }
  std::vector<policy::row_filter> filters(const policy::principal&, const policy::object&) const override { return {}; }
  policy::explain_decision explain(const policy::principal&, const policy::object&) const override { return {}; }
  bool function_allowed(const policy::principal&, std::string_view, std::string_view) const override { return false; }

 private:
  std::uint64_t number_;
};

class fake_journal final : public audit::journal {
 public:
  std::deque<audit::record> records;  // tests keep references
  bool broken = false;
  base::result<std::uint64_t> append(const audit::record& what) override {
    if (broken) return base::diagnostic{"disk full"};
    records.push_back(what);
    return records.size();
  }
  bool healthy() const override { return !broken; }
  void sync() override {}

  std::size_t count(audit::event what) const {
    std::size_t found = 0;
    for (const auto& each : records) found += each.event == what ? 1 : 0;
    return found;
  }
  const audit::record& last(audit::event what) const {
    for (auto at = records.rbegin(); at != records.rend(); ++at) {
      if (at->event == what) return *at;
    }
    throw std::runtime_error("no such record");
  }
};

// Answers by text: what no test said is allowed as it is, one statement of kind select.
using answer = std::function<enforce::verdict()>;
enforce::verdict allowed(enforce::statement_info info = {});
enforce::verdict denied(std::string message);
enforce::verdict rewritten(std::string text, enforce::statement_info info = {});
enforce::statement_info with_effect(enforce::effect_kind kind, std::string name = {});
enforce::statement_info of_kind(enforce::statement_kind kind);

class fake_environment final : public environment {
 public:
  fake_environment();

  std::shared_ptr<config::settings> settings_value = std::make_shared<config::settings>();
  std::shared_ptr<fake_users> users_value = std::make_shared<fake_users>();
  std::shared_ptr<fake_policy> policy_value = std::make_shared<fake_policy>(1);
  catalog::snapshot_ptr catalog_value;
  fake_journal journal_value;
  std::map<std::string, answer> answers;
  std::vector<std::string> judged;
  std::vector<enforce::scope> scopes;
  std::map<std::pair<std::uint32_t, int>, std::string> secrets;  // (oid, attnum) of columns that must not arrive
  std::vector<std::pair<cancel_key, cancel_target>> keys;
  bool tls_ready = false;
  bool catalog_known = true;

  void reload();  // a new policy revision

  std::shared_ptr<const config::settings> settings() override { return settings_value; }
  auth::users_ptr users() override { return users_value; }
  policy::policy_ptr policy() override { return policy_value; }
  enforce::context_ptr context(std::string_view database) override;
  enforce::verdict_ptr judge(std::string_view sql, const enforce::context& with, const policy::principal&,
                             const enforce::scope& scope) override;
  std::optional<std::string> must_not_arrive(const enforce::context&, const policy::principal&, base::oid relation,
                                             std::int16_t attnum) override;
  void expect_copies(std::string_view, const std::vector<enforce::copied_table>& made) override { copies.insert(copies.end(), made.begin(), made.end()); }
  std::vector<enforce::copied_table> copies;
  audit::journal& journal() override { return journal_value; }
  clock::time_point now() override { return time_ += std::chrono::microseconds(10); }
  void random_bytes(unsigned char* into, std::size_t count) override { std::memset(into, 7, count); }
  const base::secret& mock_secret() override { return mock_; }
  bool client_tls_ready() override { return tls_ready; }
  void add_cancel_key(const cancel_key& key, const cancel_target& target) override { keys.emplace_back(key, target); }
  void remove_cancel_key(const cancel_key& key, std::uint64_t) override {
    std::erase_if(keys, [&](const auto& each) { return each.first == key; });
  }
  std::optional<cancel_target> find_cancel_key(const cancel_key& key) override {
    for (const auto& [each, target] : keys) {
      if (each == key) return target;
    }
    return std::nullopt;
  }

 private:
  enforce::context_ptr context_;
  clock::time_point time_{};
  base::secret mock_{"mock key"};
};

// The two ends. Bytes go in in pieces of `piece`; outputs are collected.
class script {
 public:
  explicit script(std::size_t piece = 1u << 20) : piece_(piece), tested_(around, {1, "10.0.0.1:5000"}) {
    tested_.start();
  }

  fake_environment around;

  session& tested() { return tested_; }
  void client(std::string_view bytes);
  void upstream(std::string_view bytes);
  std::string client_bytes();  // what the client got since the last call
  std::string upstream_bytes();
  lines to_client() { return read(client_bytes(), wire::sender::backend); }
  lines to_upstream() { return read(upstream_bytes(), wire::sender::frontend); }
  std::vector<action> actions() { return tested_.take_actions(); }
  template <class Action>
  std::optional<Action> take() {
    std::optional<Action> found;
    for (auto& each : tested_.take_actions()) {
      if (auto* one = std::get_if<Action>(&each)) found = std::move(*one);
    }
    return found;
  }

  // Steps of a login, for tests that stop in between.
  void send_startup(std::vector<std::pair<std::string, std::string>> parameters = {{"user", "carol"},
                                                                                   {"database", "warehouse"}});
  void prove(std::string_view password = "carols password");  // SCRAM; leaves what came after it to be read
  void answer_login();                                        // upstream: trust, settings, key, ready
  void log_in();

 private:
  std::size_t piece_;
  session tested_;
};

}  // namespace sluice::session::testing
