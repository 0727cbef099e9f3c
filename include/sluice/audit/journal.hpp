// The audit journal: append-only JSON lines, chained by HMAC, one writer.
//
// Threading: append() may be called from any thread. A record is accepted when append() returned a sequence number: its
// bytes were handed to the kernel, so they survive the death of this process.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/diagnostic.hpp"
#include "sluice/config/config.hpp"

namespace sluice::audit {

enum class event { start, stop, login, login_refused, logout, statement, complete, refused, cancel, reload, alarm };
inline constexpr event events[] = {event::start,  event::stop,      event::login,    event::login_refused,
                                   event::logout, event::statement, event::complete, event::refused,
                                   event::cancel, event::reload,    event::alarm};
std::string_view name_of(event what);

struct touched_column {
  std::string column{};
  std::vector<std::string> classes{};
  bool read = false;
  bool written = false;
};
struct touched_relation {
  std::string layer{}, schema{}, relation{};
  std::vector<std::string> actions{};  // create, read, update, delete
  std::vector<touched_column> columns{};
  std::vector<std::string> masks{};    // "email:email" – column:mask id
  std::vector<std::string> filters{};  // rule ids
};

// One record. Fields that do not apply stay empty and are left out of the line.
struct record {
  audit::event event = audit::event::statement;
  std::uint64_t session = 0;
  std::string user;
  std::vector<std::string> roles;
  std::string client;  // address:port
  std::string application_name;
  std::string database;
  std::vector<std::string> layers;
  std::string sql;               // as sent by the client
  std::string rewritten_sha256;  // hex; empty when forwarded as it was
  std::string fingerprint;
  std::string decision;  // allowed | denied
  std::string reason;    // for denials and refusals
  std::vector<std::string> rules;
  std::uint64_t policy_revision = 0;
  std::uint64_t catalog_revision = 0;
  std::vector<touched_relation> relations;
  std::optional<std::vector<std::optional<std::string>>>
      parameters;        // bound values as text, "\\x…" for binary, erased ones as "[erased]"
  std::uint64_t of = 0;  // complete: sequence of the statement's record
  std::optional<std::uint64_t> rows, bytes, decide_us, upstream_us, relay_us;
  std::string sqlstate;
  std::string detail;  // free text for reloads, alarms
};

class journal {
 public:
  virtual ~journal() = default;
  // Sequence number of the accepted record, or why it was not accepted (then the statement must not run).
  virtual base::result<std::uint64_t> append(const record& what) = 0;
  // False after a write failed and until one succeeds again.
  virtual bool healthy() const = 0;
  virtual void sync() = 0;  // everything accepted so far is on disk when it returns
};

base::result<std::unique_ptr<journal>> open_journal(const config::audit& settings);

}  // namespace sluice::audit
