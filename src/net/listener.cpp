#include "listener.hpp"

#include "sluice/net/log.hpp"

namespace sluice::net {
namespace {

constexpr int backlog = 1024;
// Out of descriptors: trying again at once would only burn the processor.
constexpr std::chrono::milliseconds pause_after_failure{100};

std::string printed(const config::endpoint& of) {
  const bool v6 = of.address.find(':') != std::string::npos;
  return (v6 ? "[" + of.address + "]" : of.address) + ":" + std::to_string(of.port);
}

base::diagnostic cannot_listen(const config::endpoint& on, const error_code& error) {
  base::diagnostic out;
  out.cause = "cannot listen on `" + printed(on) + "`: " + error.message();
  if (error == asio::error::address_in_use) out.hint = "another process has the port; stop it or change `listen`";
  return out;
}

}  // namespace

base::result<void> listener::open(const std::vector<config::endpoint>& on) {
  for (const auto& each : on) {
    error_code error;
    const auto address = asio::ip::make_address(each.address, error);
    if (error) return cannot_listen(each, error);
    const tcp::endpoint endpoint(address, each.port);
    auto made = std::make_unique<door>(context_);
    made->acceptor.open(endpoint.protocol(), error);
    if (!error) made->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && address.is_v6()) made->acceptor.set_option(asio::ip::v6_only(true), error);
    if (!error) made->acceptor.bind(endpoint, error);
    if (!error) made->acceptor.listen(backlog, error);
    if (error) return cannot_listen(each, error);
    doors_.push_back(std::move(made));
  }
  return {};
}

void listener::start() {
  for (auto& each : doors_) accept(*each);
  thread_ = std::thread([this] { context_.run(); });
}

void listener::stop() {
  asio::post(context_, [this] {
    for (auto& each : doors_) {
      error_code ignored;
      each->acceptor.close(ignored);
      each->pause.cancel();
    }
  });
  if (thread_.joinable()) thread_.join();
  doors_.clear();
}

std::vector<config::endpoint> listener::bound() const {
  std::vector<config::endpoint> out;
  for (const auto& each : doors_) {
    error_code ignored;
    const auto local = each->acceptor.local_endpoint(ignored);
    out.push_back({local.address().to_string(), local.port()});
  }
  return out;
}

void listener::accept(door& at) {
  reactor& to = *reactors_[next_++ % reactors_.size()];
  at.acceptor.async_accept(to.context(), [this, &at, &to](error_code error, tcp::socket client) {
    if (!at.acceptor.is_open()) return;
    if (!error) {
      hand_over(std::move(client), to);
    } else if (error != asio::error::connection_aborted) {
      log(log_level::error, "cannot accept a client: " + error.message());
      at.pause.expires_after(pause_after_failure);
      at.pause.async_wait([this, &at](error_code cancelled) {
        if (!cancelled) accept(at);
      });
      return;
    }
    accept(at);
  });
}

void listener::hand_over(tcp::socket client, reactor& to) {
  const auto as = shared_.admit();
  if (as == admission::dropped) return;  // closes the socket
  to.adopt(std::move(client), as);
}

}  // namespace sluice::net
