// The running gateway: listeners, reactor threads, catalog threads. Everything `sluice serve` does after reading its
// files.
//
// Threading: made, reloaded and stopped by one thread; reload() parses SQL there, so that thread is a parse_thread
// (tests with small policies do without). Sessions run on threads of the server's own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/audit/journal.hpp"
#include "sluice/auth/users.hpp"
#include "sluice/base/diagnostic.hpp"
#include "sluice/catalog/snapshot.hpp"
#include "sluice/config/config.hpp"
#include "sluice/metrics/metrics.hpp"
#include "sluice/policy/policy.hpp"

namespace sluice::net {

struct server_parts {
  std::shared_ptr<const config::settings> settings;
  auth::users_ptr users;
  policy::policy_ptr policy;
  // Called once the ports are ours: two gateways never write one journal.
  std::function<base::result<std::unique_ptr<audit::journal>>()> open_journal;
  // How an upstream's catalog is read; catalog::load when empty.
  std::function<base::result<catalog::contents>(const config::upstream&, std::chrono::milliseconds)> read_catalog;
};

struct reload_outcome {
  bool applied = false;  // otherwise nothing has changed
  std::vector<base::diagnostic> problems;
  std::vector<base::diagnostic> warnings;
};

// Certificates, keys and authorities that the settings name: every one that cannot be used.
std::vector<base::diagnostic> check_tls(const config::settings& settings);

class server {
 public:
  // Binds, reads the catalogs it can reach, and serves. Fails when a port cannot be had, TLS files cannot be used or
  // the journal takes no record; then nothing runs.
  static base::result<std::unique_ptr<server>> start(server_parts parts);
  ~server();  // as stop() without grace
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  // Where clients connect, with the ports that the system chose for port 0.
  std::vector<config::endpoint> endpoints() const;

  // Reads policy, users and certificate again; whole or not at all. Open sessions follow with their next statement.
  reload_outcome reload();

  // No new clients; idle sessions end at once, others when their statement is done, all of them after `grace`. The
  // journal is on disk when it returns. The second call does nothing.
  void stop(std::chrono::milliseconds grace);

  const metrics::registry& measured() const;
  std::size_t open_connections() const;
  std::size_t cancel_keys() const;

 private:
  struct state;
  explicit server(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sluice::net
