#include "catalog_service.hpp"

#include <algorithm>

#include "sluice/net/log.hpp"

namespace sluice::net {
namespace {

// More sessions than this cannot wait for one catalog; the next one is told that the refresh failed.
constexpr std::size_t max_waiting = 100'000;
// An upstream that is down is asked again this soon even when refreshes are rare.
constexpr std::chrono::milliseconds retry_after{5000};

}  // namespace

catalog_service::catalog_service(editions& published, claim_registry& claims, metrics::registry& measured, reader read)
    : published_(published),
      claims_(claims),
      read_(std::move(read)),
      settings_(published.current()->settings),
      succeeded_(measured.counter("sluice_catalog_reads_total", "catalogs read from upstreams", {{"result", "ok"}})),
      failed_(measured.counter("sluice_catalog_reads_total", "catalogs read from upstreams", {{"result", "failed"}})) {
  for (const auto& [name, database] : settings_->databases) {
    auto& one = watched_[name];
    one.database = &database;
    one.upstream = &settings_->upstreams.at(database.upstream);
  }
}

void catalog_service::start() {
  for (auto& [name, one] : watched_) {
    one.thread = std::make_unique<parse_thread>([this, &one = one] { watch(one); });
  }
}

void catalog_service::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& [name, one] : watched_) one.thread.reset();
  std::vector<answer> left;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, one] : watched_) {
      std::move(one.waiting.begin(), one.waiting.end(), std::back_inserter(left));
      one.waiting.clear();
    }
  }
  for (auto& then : left) then(refreshed::no);
}

void catalog_service::wait_for_first_round(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] {
    return std::all_of(watched_.begin(), watched_.end(), [](const auto& each) { return each.second.tried; });
  });
}

void catalog_service::request(const std::string& database, answer then) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = watched_.find(database);
    if (!stopping_ && found != watched_.end() && found->second.waiting.size() < max_waiting) {
      found->second.waiting.push_back(std::move(then));
      then = nullptr;
    }
  }
  changed_.notify_all();
  if (then) then(refreshed::no);
}

void catalog_service::watch(watched& one) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    // Requests that arrive from here on wait for the next read.
    const auto answered = std::move(one.waiting);
    one.waiting.clear();
    lock.unlock();
    const auto outcome = read_once(one);
    for (const auto& then : answered) then(outcome);
    lock.lock();
    one.tried = true;
    changed_.notify_all();
    const auto pause =
        outcome == refreshed::no ? std::min(settings_->catalog_refresh, retry_after) : settings_->catalog_refresh;
    changed_.wait_for(lock, pause, [&] { return stopping_ || !one.waiting.empty(); });
  }
}

refreshed catalog_service::read_once(watched& one) {
  std::string cause;
  const auto ended = claims_.mark();
  try {
    auto contents = read_(*one.upstream, settings_->limits.connect_timeout);
    if (contents) {
      const auto change = published_.replace_catalog(one.database->name, std::move(*contents));
      // INVARIANT: after the publication. Who sees no claim must see the catalog that came of it.
      claims_.settle(one.database->name, ended);
      succeeded_.add();
      if (one.down || !one.tried)
        log(log_level::info, "catalog of `" + one.database->name + "` read");
      else if (change == catalog_change::replaced)
        log(log_level::info, "catalog of `" + one.database->name + "` changed");
      one.down = false;
      return refreshed::yes;
    }
    cause = base::to_string(contents.error());
  } catch (const std::exception& problem) {
    cause = problem.what();
  }
  failed_.add();
  // Said once per outage: the reads go on every few seconds.
  if (!one.down) log(log_level::warning, "database `" + one.database->name + "`: " + cause);
  one.down = true;
  return refreshed::no;
}

}  // namespace sluice::net
