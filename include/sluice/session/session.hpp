// One client and its upstream connection as a sans-I/O state machine: bytes and events in, bytes and actions out.
//
// The shell that drives it does three things, always in this order: it reports what happened (on_…), writes what the session
// collected (take_client_output, take_upstream_output), and carries out take_actions(). It reads from a side only while
// wants_client_bytes() / wants_upstream_bytes() says so; that is the whole of back-pressure.
//
// Threading: a session lives on one thread; the environment outlives it and is called on that thread only.
// Validity: views passed in are read during the call; nothing of them is kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sluice/audit/journal.hpp"
#include "sluice/auth/users.hpp"
#include "sluice/base/secret.hpp"
#include "sluice/config/config.hpp"
#include "sluice/enforce/gate.hpp"
#include "sluice/policy/policy.hpp"

namespace sluice::session {

// What a CancelRequest must present, and what it is turned into.
struct cancel_key {
  std::uint32_t process = 0;   // the upstream's own process id: pg_backend_pid() equals it
  std::uint32_t secret = 0;    // ours, random; never the upstream's
  friend bool operator==(const cancel_key&, const cancel_key&) = default;
};
struct cancel_target {
  std::uint64_t session = 0;   // whose statement it is
  std::string user;
  std::string database;
  config::upstream upstream;   // where the cancel goes
  std::uint32_t process = 0;   // the key the upstream gave
  std::uint32_t secret = 0;
};

// What a session needs of its process. Each call is made on the session's thread and must not block.
class environment {
 public:
  using clock = std::chrono::steady_clock;
  virtual ~environment() = default;

  virtual std::shared_ptr<const config::settings> settings() = 0;
  virtual auth::users_ptr users() = 0;
  virtual policy::policy_ptr policy() = 0;
  // Policy and catalog of a gateway database as they are now; null while no catalog of it could be read.
  virtual enforce::context_ptr context(std::string_view database) = 0;
  // The one gate. Called with the context and scope of this very moment; never throws.
  virtual enforce::verdict_ptr judge(std::string_view sql, const enforce::context& with, const policy::principal& who,
                                     const enforce::scope& scope) = 0;
  // enforce::must_not_arrive in production.
  virtual std::optional<std::string> must_not_arrive(const enforce::context& with, const policy::principal& who,
                                                     base::oid relation, std::int16_t attnum) = 0;
  // Called before a text is sent that copies classified data into a new table: the catalog that shows the table must
  // find its columns classified already.
  virtual void expect_copies(std::string_view database, const std::vector<enforce::copied_table>& made) = 0;
  virtual audit::journal& journal() = 0;
  virtual clock::time_point now() = 0;
  virtual void random_bytes(unsigned char* into, std::size_t count) = 0;  // from the system's strong source
  // Made once per process: unknown users get the same mock salt and cost each time.
  virtual const base::secret& mock_secret() = 0;
  // True when the certificate towards clients is loaded.
  virtual bool client_tls_ready() = 0;
  // Running sessions by cancel key. find compares the secret in constant time; remove is called once per add.
  virtual void add_cancel_key(const cancel_key& key, const cancel_target& target) = 0;
  virtual void remove_cancel_key(const cancel_key& key, std::uint64_t session) = 0;
  virtual std::optional<cancel_target> find_cancel_key(const cancel_key& key) = 0;
};

// Who is at the other end of the socket.
struct peer {
  std::uint64_t session = 0;   // unique in this process, never 0
  std::string address;         // "address:port", for the audit
};

// login: start to ReadyForQuery. connect: to the upstream, its login included. idle: between statements.
enum class timer { login, connect, idle };

enum class catalog_read { done, failed };

struct start_client_tls {};                          // after the client output ('S') was written; answer: on_client_tls
struct connect_upstream {                            // answer: on_upstream_connected or on_upstream_failed
  config::upstream upstream;
};
struct start_upstream_tls {                          // answer: on_upstream_tls or on_upstream_failed
  config::upstream upstream;
};
struct close_client {};                              // after the client output was written
struct close_upstream {};                            // after the upstream output was written (Terminate), or at once
struct forward_cancel {                              // on a connection of its own; answer: on_cancel_forwarded, always
  cancel_target target;
};
struct refresh_catalog {                             // answer: on_catalog_refreshed, also when the refresh failed
  std::string database;
};
struct set_timer {                                   // replaces a running timer of that name; zero stops it
  timer which = timer::login;
  std::chrono::milliseconds delay{0};
};
using action = std::variant<start_client_tls, connect_upstream, start_upstream_tls, close_client, close_upstream,
                            forward_cancel, refresh_catalog, set_timer>;

class session {
 public:
  session(environment& around, peer who);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  void start();                                      // the client's socket is open
  // A connection that may not be served: one FATAL (53300 `too many connections`) as answer to its startup, then close.
  void start_refused(std::string_view sqlstate, std::string_view message);

  void on_client_bytes(std::string_view bytes);      // everything is taken, whatever wants_client_bytes() says
  void on_client_tls();                              // handshake finished
  void on_client_closed();                           // end of stream or error; also a failed handshake
  void on_upstream_connected();
  void on_upstream_failed(std::string_view reason);  // connect or TLS; reason for the log and the client, without secrets
  void on_upstream_tls();
  void on_upstream_bytes(std::string_view bytes);
  void on_upstream_closed();
  void on_timer(timer which);
  void on_catalog_refreshed(catalog_read how = catalog_read::done);
  void on_cancel_forwarded();
  void on_shutdown();                                // FATAL 57P01 to the client as soon as no statement runs

  // Swaps the collected bytes into `into`, which must be empty; its capacity is used for what comes next.
  void take_client_output(std::string& into);
  void take_upstream_output(std::string& into);
  std::vector<action> take_actions();

  bool has_client_output() const;
  bool has_upstream_output() const;
  bool has_actions() const;
  bool wants_client_bytes() const;
  bool wants_upstream_bytes() const;
  // Nothing will happen any more once the remaining output and actions are done.
  bool finished() const;

  std::uint64_t number() const;
  // For statistics and logs: empty before the startup packet.
  const std::string& user() const;
  const std::string& database() const;

 private:
  class machine;
  std::unique_ptr<machine> machine_;
};

}  // namespace sluice::session
