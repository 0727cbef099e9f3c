// Keeps the catalog of every gateway database fresh: one blocking thread each, so that an upstream that is down or slow
// holds up nobody else.
//
// Threading: request() from any thread; its answer is called on the service's thread and must only pass the word on.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "claim_registry.hpp"
#include "editions.hpp"
#include "sluice/metrics/metrics.hpp"
#include "sluice/net/parse_stack.hpp"

namespace sluice::net {

enum class refreshed { yes, no };

class catalog_service {
 public:
  using answer = std::function<void(refreshed)>;
  // How a catalog is read; tests put their own in place of catalog::load.
  using reader = std::function<base::result<catalog::contents>(const config::upstream&, std::chrono::milliseconds)>;

  catalog_service(editions& published, claim_registry& claims, metrics::registry& measured, reader read);
  ~catalog_service() { stop(); }

  void start();
  // Waits for the reads in progress; every request that is still open is answered with `no`.
  void stop();
  // Blocks until every database was tried once, or `limit` has passed.
  void wait_for_first_round(std::chrono::milliseconds limit);

  // The read that answers has STARTED after this call: what the caller saw change on the upstream is in it.
  void request(const std::string& database, answer then);

 private:
  struct watched {
    const config::database* database = nullptr;
    const config::upstream* upstream = nullptr;
    std::vector<answer> waiting;
    bool tried = false;
    bool down = false;
    std::unique_ptr<parse_thread> thread;
  };
  void watch(watched& one);
  refreshed read_once(watched& one);

  editions& published_;
  claim_registry& claims_;
  reader read_;
  std::shared_ptr<const config::settings> settings_;
  metrics::counter& succeeded_;
  metrics::counter& failed_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::map<std::string, watched> watched_;
};

}  // namespace sluice::net
