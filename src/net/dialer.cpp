#include "dialer.hpp"

namespace sluice::net {
namespace {

// A name with more addresses than this is cut: the connect timeout would not reach further anyway.
constexpr std::size_t max_addresses = 16;

}  // namespace

std::shared_ptr<dialer> dialer::dial(asio::io_context& on, const std::string& host, std::uint16_t port, answer then) {
  std::shared_ptr<dialer> made(new dialer(on, std::move(then)));
  made->start(host, port);
  return made;
}

void dialer::start(const std::string& host, std::uint16_t port) {
  auto self = shared_from_this();
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) {
    left_.emplace_back(address, port);
    asio::post(socket_.get_executor(), [self] { self->try_next(); });
    return;
  }
  resolver_.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                          [self](error_code failed, const tcp::resolver::results_type& found) {
                            if (failed) return self->finish("cannot resolve host: " + failed.message());
                            for (const auto& each : found) {
                              if (self->left_.size() < max_addresses) self->left_.push_back(each.endpoint());
                            }
                            self->try_next();
                          });
}

void dialer::try_next() {
  if (!then_) return;
  if (left_.empty()) return finish(last_problem_);
  const auto next = left_.front();
  left_.erase(left_.begin());
  error_code ignored;
  socket_.close(ignored);
  socket_.async_connect(next, [self = shared_from_this()](error_code error) {
    if (!error) return self->finish({});
    self->last_problem_ = error.message();
    self->try_next();
  });
}

void dialer::finish(const std::string& reason) {
  if (!then_) return;
  const auto then = std::move(then_);
  then_ = nullptr;
  then(std::move(socket_), reason);
}

void dialer::cancel() {
  then_ = nullptr;
  resolver_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace sluice::net
