// What a session asks of its shell, carried out; and how its sockets and timers end.
#include <algorithm>
#include <utility>

#include "cancel_errand.hpp"
#include "connection.hpp"
#include "sluice/net/log.hpp"

namespace sluice::net {
namespace {

constexpr std::chrono::seconds last_words_limit{30};  // for a slow client to take what was still to be said
constexpr std::chrono::seconds cancel_limit{10};

}  // namespace

void connection::carry_out(const session::start_client_tls&) { client_.tls = tls_phase::wanted; }

void connection::carry_out(const session::connect_upstream& what) {
  close_leg(upstream_);
  upstream_name_ = what.upstream.name;
  upstream_host_ = what.upstream.host;
  // Weak: the dialer is ours, and a reactor that stops in between must be able to let go of both.
  dialer_ =
      dialer::dial(home_.context(), what.upstream.host, what.upstream.port,
                   [weak = weak_from_this()](tcp::socket connected, const std::string& reason) {
                     const auto self = weak.lock();
                     if (!self) return;
                     self->turn([&] {
                       self->dialer_.reset();
                       if (reason.empty()) {
                         self->upstream_.io = std::make_unique<stream>(std::move(connected));
                         return self->session_->on_upstream_connected();
                       }
                       log(log_level::warning, "upstream `" + self->upstream_name_ + "` cannot be reached: " + reason);
                       self->session_->on_upstream_failed(reason);
                     });
                   });
}

void connection::carry_out(const session::start_upstream_tls&) {
  if (upstream_.io) begin_tls(upstream_);
}

void connection::carry_out(const session::close_client&) {
  if (closing_client_) return;
  closing_client_ = true;
  // In the middle of a handshake nothing can be said, and one that has not begun need not.
  client_.mute |= client_.tls == tls_phase::handshake;
  client_.tls = tls_phase::none;
  set_deadline(linger_timer, clock::now() + last_words_limit);
}

void connection::carry_out(const session::close_upstream&) { part_from_upstream(); }

void connection::carry_out(const session::forward_cancel& what) {
  const auto& known = home_.shared().upstream_tls;
  const auto found = known.find(what.target.upstream.name);
  cancel_errand::run(home_.context(), what.target, found == known.end() ? nullptr : found->second, cancel_limit,
                     [self = shared_from_this()] { self->turn([&] { self->session_->on_cancel_forwarded(); }); });
}

void connection::carry_out(const session::refresh_catalog& what) {
  home_.shared().catalogs.request(what.database, [&context = home_.context(), weak = weak_from_this()](refreshed outcome) {
    asio::post(context, [weak, outcome] {
      const auto read = outcome == refreshed::yes ? session::catalog_read::done : session::catalog_read::failed;
      if (const auto self = weak.lock()) self->turn([&] { self->session_->on_catalog_refreshed(read); });
    });
  });
}

void connection::carry_out(const session::set_timer& what) {
  set_deadline(static_cast<std::size_t>(what.which),
               what.delay.count() == 0 ? clock::time_point::max() : clock::now() + what.delay);
}

void connection::set_deadline(std::size_t which, clock::time_point at) { deadlines_[which] = at; }

// Moving a deadline away costs nothing: the alarm rings early once and is set again.
void connection::arm_alarm() {
  const auto next = *std::min_element(deadlines_.begin(), deadlines_.end());
  if (armed_ <= next) return;
  armed_ = next;
  alarm_.expires_at(next);
  alarm_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->on_alarm();
  });
}

void connection::on_alarm() {
  turn([this] {
    armed_ = clock::time_point::max();
    const auto now = clock::now();
    for (std::size_t which = 0; which < deadlines_.size(); ++which) {
      if (deadlines_[which] > now) continue;
      deadlines_[which] = clock::time_point::max();
      if (which != linger_timer) {
        session_->on_timer(static_cast<session::timer>(which));
      } else if (!client_.at_end) {
        report_end(client_);
      }
    }
  });
}

void connection::close_leg(leg& side) {
  if (&side == &upstream_ && dialer_) {
    dialer_->cancel();
    dialer_.reset();
  }
  if (side.io) side.io->close();
  const auto next = side.generation + 1;
  side = leg{};
  side.generation = next;
}

buffers connection::release_buffers() {
  if (retired_) return buffers::released;
  if (std::exchange(moved_, false)) return buffers::held;
  for (leg* side : {&client_, &upstream_}) {
    if (!side->pending.empty() || has_output(*side)) return buffers::held;
    std::string().swap(side->pending);
    take_output(*side);
    std::string().swap(side->pending);
  }
  watched_ = false;
  return buffers::released;
}

void connection::retire() {
  if (retired_) return;
  retired_ = true;
  // Whatever ended it, the journal hears of it and its cancel key is taken back.
  if (!session_->finished()) session_->on_client_closed();
  alarm_.cancel();
  part_from_upstream();
  close_leg(client_);
  leave();
  home_.forget(number_);
}

}  // namespace sluice::net
