// What all reactor threads share. Everything in it is immutable or guards itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cancel_registry.hpp"
#include "catalog_service.hpp"
#include "claim_registry.hpp"
#include "editions.hpp"
#include "sluice/audit/journal.hpp"
#include "sluice/base/secret.hpp"
#include "sluice/metrics/metrics.hpp"

namespace sluice::net {

struct instruments {
  explicit instruments(metrics::registry& all)
      : accepted(all.counter("sluice_connections_accepted_total", "client connections accepted")),
        refused(all.counter("sluice_connections_refused_total", "client connections over the limit")),
        open(all.gauge("sluice_connections_open", "client connections open now")),
        from_clients(all.counter("sluice_received_bytes_total", "bytes received", {{"from", "client"}})),
        from_upstreams(all.counter("sluice_received_bytes_total", "bytes received", {{"from", "upstream"}})),
        faults(all.counter("sluice_faults_total", "sessions ended by an internal error")) {}

  metrics::counter& accepted;
  metrics::counter& refused;
  metrics::gauge& open;
  metrics::counter& from_clients;
  metrics::counter& from_upstreams;
  metrics::counter& faults;
};

// What becomes of a client that has just connected.
enum class admission {
  admitted,
  refused,  // over max_connections: is told so in its own protocol
  dropped   // too many are being told already
};

struct gateway {
  gateway(edition first, catalog_service::reader read)
      : settings(first.settings),
        measured(registry),
        published(std::move(first)),
        catalogs(published, claims, registry, std::move(read)) {}

  admission admit();
  void leave(admission as);  // once per admit() that was not `dropped`

  std::shared_ptr<const config::settings> settings;
  std::unique_ptr<audit::journal> journal;  // set before the first session
  metrics::registry registry;
  instruments measured;
  editions published;
  claim_registry claims;
  catalog_service catalogs;
  cancel_registry cancels;
  base::secret mock_secret;
  std::map<std::string, tls_context_ptr> upstream_tls;  // by upstream; null: reached without TLS
  std::vector<class reactor*> reactors;                 // all of them; set before the first session
  std::atomic<std::uint64_t> sessions{0};               // the number of the newest one
  std::atomic<std::uint32_t> admitted{0};
  std::atomic<std::uint32_t> refusals{0};  // being told
};

}  // namespace sluice::net
