#include "reactor.hpp"

#include "connection.hpp"
#include "sluice/net/log.hpp"

namespace sluice::net {
namespace {

constexpr std::size_t read_buffer_bytes = 64u << 10;
constexpr std::chrono::seconds sweep_every{1};

}  // namespace

reactor::reactor(gateway& shared)
    : shared_(shared),
      environment_(shared),
      work_(context_.get_executor()),
      read_buffer_(read_buffer_bytes),
      sweep_(context_) {}

reactor::~reactor() { stop(); }

void reactor::start() {
  thread_ = std::make_unique<parse_thread>([this] { run(); });
}

void reactor::run() {
  for (;;) {
    try {
      context_.run();
      return;
    } catch (const std::exception&) {
      // Sessions catch their own; what arrives here is memory that ran out between them.
      shared_.measured.faults.add();
      log(log_level::error, "reactor: a handler failed");
    }
  }
}

void reactor::stop() {
  if (!thread_) return;
  cut();
  asio::post(context_, [this] {
    work_.reset();
    sweep_.cancel();
    context_.stop();
  });
  thread_.reset();
  connections_.clear();
}

void reactor::adopt(tcp::socket client, admission as) {
  asio::post(context_, [this, as, client = std::move(client)]() mutable {
    const auto number = shared_.sessions.fetch_add(1, std::memory_order_relaxed) + 1;
    auto made = std::make_shared<connection>(*this, std::move(client), number, as);
    connections_.emplace(number, made);
    made->start();
    if (shutting_down_) made->shut_down();
  });
}

std::vector<std::shared_ptr<connection>> reactor::all() {
  std::vector<std::shared_ptr<connection>> out;
  out.reserve(connections_.size());
  for (const auto& [number, each] : connections_) out.push_back(each);
  return out;
}

void reactor::shut_down() {
  asio::post(context_, [this] {
    shutting_down_ = true;
    for (const auto& each : all()) each->shut_down();
  });
}

void reactor::cut() {
  asio::post(context_, [this] {
    for (const auto& each : all()) each->cut();
  });
}

void reactor::forget(std::uint64_t number) { connections_.erase(number); }

void reactor::watch_buffers(std::weak_ptr<connection> of) {
  watched_.push_back(std::move(of));
  if (watched_.size() == 1) sweep();
}

void reactor::ask(inquiry_ptr what) {
  asio::post(context_, [this, what = std::move(what)]() mutable { hear(std::move(what)); });
}

void reactor::look_again() {
  asio::post(context_, [this] {
    environment_.forget_released_claims();
    for (const auto& each : all()) each->claims_changed();
  });
}

void reactor::hear(inquiry_ptr what) {
  // Not earlier, so that who waited for the claim before this one has its turn in between.
  environment_.hear_of(what->about());
  std::vector<std::shared_ptr<connection>> hindering;
  for (const auto& [number, each] : connections_) {
    if (each->hinders(what->about())) hindering.push_back(each);
  }
  inquiries_.push_back({std::move(what), {hindering.begin(), hindering.end()}});
  for (const auto& each : hindering) each->hurry();
  review();
}

void reactor::review_inquiries() {
  std::erase_if(inquiries_, [this](open_inquiry& open) {
    const auto& about = open.what->about();
    if (open.what->abandoned()) return true;
    std::erase_if(open.hindering, [&](const auto& each) {
      const auto alive = each.lock();
      return !alive || !alive->hinders(about);
    });
    if (!open.hindering.empty()) return false;
    for (const auto& each : farewells_) {
      if (each->relies_on(about.database, about.what)) return false;
    }
    open.what->cleared();
    return true;
  });
}

void reactor::see_off(std::shared_ptr<farewell> last) {
  farewells_.push_back(last);
  last->begin();
}

void reactor::end_farewells() {
  // Not now: one of them is calling.
  asio::post(context_, [this] {
    std::erase_if(farewells_, [](const auto& each) { return each->over(); });
    review();
  });
}

void reactor::sweep() {
  sweep_.expires_after(sweep_every);
  sweep_.async_wait([this](error_code error) {
    if (error) return;
    std::erase_if(watched_, [](const auto& each) {
      const auto alive = each.lock();
      return !alive || alive->release_buffers() == buffers::released;
    });
    if (!watched_.empty()) sweep();
  });
}

}  // namespace sluice::net
