#include "cancel_errand.hpp"

#include "sluice/net/log.hpp"
#include "sluice/wire/build.hpp"

namespace sluice::net {
namespace {

std::string ssl_request() {
  std::string out;
  wire::append_ssl_request(out);
  return out;
}

std::string cancel_request(const session::cancel_target& target) {
  std::string out;
  wire::append_cancel_request(out, target.process, target.secret);
  return out;
}

}  // namespace

cancel_errand::cancel_errand(asio::io_context& on, const session::cancel_target& target, tls_context_ptr tls,
                             std::function<void()> then)
    : on_(on),
      limit_(on),
      target_(target),
      tls_(std::move(tls)),
      then_(std::move(then)),
      step_(tls_ ? step::ask_for_tls : step::speak) {}

void cancel_errand::run(asio::io_context& on, const session::cancel_target& target, tls_context_ptr tls,
                        std::chrono::milliseconds limit, std::function<void()> then) {
  std::shared_ptr<cancel_errand> self(new cancel_errand(on, target, std::move(tls), std::move(then)));
  self->limit_.expires_after(limit);
  self->limit_.async_wait([self](error_code error) {
    if (!error) self->finish("timeout");
  });
  self->dialer_ = dialer::dial(on, target.upstream.host, target.upstream.port,
                               [weak = std::weak_ptr(self)](tcp::socket connected, const std::string& reason) {
                                 const auto errand = weak.lock();  // the timer keeps it
                                 if (!errand) return;
                                 if (!reason.empty()) return errand->finish(reason);
                                 errand->io_ = std::make_unique<stream>(std::move(connected));
                                 errand->advance();
                               });
}

bool cancel_errand::send(const std::string& bytes) {
  // A fresh connection takes a few bytes at once, or it is not worth waiting for.
  const auto result = io_->write_some(bytes);
  return result.status == io_status::done && result.bytes == bytes.size();
}

bool cancel_errand::wait(io_status until) {
  if (until != io_status::want_read && until != io_status::want_write) return false;
  io_->wait(until, [self = shared_from_this()] { self->advance(); });
  return true;
}

// Falls from step to step until it must wait; whatever is not foreseen ends it.
void cancel_errand::advance() {
  if (!then_) return;
  switch (step_) {
    case step::ask_for_tls:
      if (!send(ssl_request())) return finish("connection lost");
      step_ = step::hear_about_tls;
      [[fallthrough]];
    case step::hear_about_tls: {
      char reply = 0;
      const auto result = io_->read_some(&reply, 1);
      if (wait(result.status)) return;
      if (result.status != io_status::done || reply != 'S') return finish("the server speaks no TLS");
      if (!io_->start_tls_as_client(tls_, target_.upstream.host)) return finish(io_->failure());
      step_ = step::shake_hands;
    }
      [[fallthrough]];
    case step::shake_hands: {
      const auto result = io_->handshake();
      if (wait(result.status)) return;
      if (result.status != io_status::done) return finish(io_->failure());
      step_ = step::speak;
    }
      [[fallthrough]];
    case step::speak:
      if (!send(cancel_request(target_))) return finish("connection lost");
      step_ = step::hear_out;
      [[fallthrough]];
    case step::hear_out: {
      char unexpected[64];
      const auto result = io_->read_some(unexpected, sizeof unexpected);
      if (wait(result.status)) return;
      return finish({});
    }
  }
  finish("unexpected state");
}

void cancel_errand::finish(const std::string& problem) {
  if (!then_) return;
  if (!problem.empty()) {
    log(log_level::warning,
        "cancel for `" + target_.database + "` did not reach upstream `" + target_.upstream.name + "`: " + problem);
  }
  limit_.cancel();
  if (dialer_) dialer_->cancel();
  dialer_.reset();
  if (io_) io_->close();
  const auto then = std::move(then_);
  then_ = nullptr;
  then();
}

}  // namespace sluice::net
