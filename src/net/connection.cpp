#include "connection.hpp"

#include <algorithm>
#include <typeinfo>

#include "cancel_errand.hpp"
#include "sluice/net/log.hpp"

namespace sluice::net {
namespace {

constexpr std::size_t turn_bytes = 256u << 10;         // then the other sessions of the thread have their turn
constexpr std::size_t modest_buffer_bytes = 4u << 10;  // larger ones are given back when idle
constexpr std::chrono::seconds linger_limit{2};        // for a client to hang up after its last bytes

}  // namespace

connection::connection(reactor& home, tcp::socket client, std::uint64_t number, admission as)
    : home_(home), number_(number), admission_(as), alarm_(home.context()) {
  deadlines_.fill(clock::time_point::max());
  client_.io = std::make_unique<stream>(std::move(client));
  session_ = std::make_unique<session::session>(home_.environment(), session::peer{number, client_.io->peer()});
  home_.shared().measured.open.add();
}

connection::~connection() {
  if (!retired_) leave();
}

void connection::leave() {
  home_.shared().measured.open.subtract();
  home_.shared().leave(admission_);
}

void connection::fault(const std::exception& problem) {
  // The text of an exception may quote what the client sent; its type does not.
  home_.shared().measured.faults.add();
  log(log_level::error,
      "session " + std::to_string(number_) + " ended by an internal error: " + typeid(problem).name());
  retire();
}

void connection::start() {
  turn([this] {
    switch (admission_) {
      case admission::admitted: return session_->start();
      case admission::refused: return session_->start_refused("53300", "sorry, too many clients already");
      case admission::dropped: return retire();
    }
  });
}

void connection::shut_down() {
  turn([this] { session_->on_shutdown(); });
}

void connection::cut() {
  turn([this] { report_end(client_); });
  retire();
}

void connection::settle() {
  for (bool again = true; again && !retired_;) {
    again = false;
    const bool drained = flush(client_);
    flush(upstream_);
    if (session_->has_actions()) {
      for (const auto& each : session_->take_actions()) {
        std::visit([this](const auto& what) { carry_out(what); }, each);
      }
      again = true;
    } else if (drained && client_.tls == tls_phase::wanted) {
      begin_tls(client_);
      again = true;
    } else if (drained && closing_client_ && !lingering_) {
      lingering_ = true;
      set_deadline(linger_timer, clock::now() + linger_limit);
      if (client_.io) client_.io->finish_sending();
      again = true;
    }
  }
  if (retired_) return;
  const bool client_gone = !client_.io || client_.at_end || client_.mute;
  if (session_->finished() && (client_gone || (flush(client_) && !closing_client_))) return retire();
  listen(client_);
  listen(upstream_);
  arm_alarm();
  if (!watched_ &&
      (client_.pending.capacity() > modest_buffer_bytes || upstream_.pending.capacity() > modest_buffer_bytes)) {
    watched_ = true;
    home_.watch_buffers(weak_from_this());
  }
}

// Waits for bytes only while the session wants some: that is all of the back-pressure on this side.
void connection::listen(leg& side) {
  if (!side.io || side.awaiting_read || side.at_end || side.tls != tls_phase::none || !wants_bytes(side)) return;
  if (side.io->has_decrypted_bytes()) {
    side.awaiting_read = true;
    asio::post(home_.context(), [self = shared_from_this(), &side, generation = side.generation] {
      if (generation != side.generation) return;
      side.awaiting_read = false;
      self->turn([&] { self->read(side); });
    });
    return;
  }
  await(side, io_status::want_read, &leg::awaiting_read, &connection::read);
}

void connection::await(leg& side, io_status until, bool leg::*flag, void (connection::*then)(leg&)) {
  side.*flag = true;
  side.io->wait(until, [self = shared_from_this(), &side, generation = side.generation, flag, then] {
    if (generation != side.generation) return;
    side.*flag = false;
    self->turn([&] { ((*self).*then)(side); });
  });
}

bool connection::wants_bytes(const leg& side) const {
  if (&side == &client_) return lingering_ || session_->wants_client_bytes();
  return session_->wants_upstream_bytes();
}

// As much as the thread's buffer holds, in as few reports as possible.
io_result connection::fill(leg& side) {
  const auto buffer = home_.read_buffer();
  std::size_t filled = 0;
  for (;;) {
    const auto asked = buffer.size() - filled;
    const auto got = side.io->read_some(buffer.data() + filled, asked);
    filled += got.bytes;
    if (got.status != io_status::done) return {got.status, filled};
    if (filled == buffer.size()) return {io_status::done, filled};
    // A plain socket that gave less than it was asked for is empty: asking again would only be told so.
    if (!side.io->is_tls()) return {io_status::want_read, filled};
  }
}

void connection::read(leg& side) {
  std::size_t budget = turn_bytes;
  while (budget > 0 && !retired_ && side.io && !side.at_end && side.tls == tls_phase::none && wants_bytes(side)) {
    const auto generation = side.generation;
    const auto got = fill(side);
    if (got.bytes > 0) {
      report_bytes(side, {home_.read_buffer().data(), got.bytes});
      budget -= std::min(budget, got.bytes);
    }
    const bool ended = got.status == io_status::closed || got.status == io_status::failed;
    if (ended) report_end(side);
    if (got.status != io_status::done || budget == 0) return;
    settle();
    if (generation != side.generation) return;
  }
}

void connection::report_bytes(leg& side, std::string_view bytes) {
  auto& measured = home_.shared().measured;
  if (&side == &upstream_) {
    measured.from_upstreams.add(bytes.size());
    session_->on_upstream_bytes(bytes);
  } else if (!lingering_) {
    measured.from_clients.add(bytes.size());
    session_->on_client_bytes(bytes);
  }
}

void connection::report_end(leg& side) {
  side.at_end = true;
  if (&side == &upstream_) {
    session_->on_upstream_closed();
  } else {
    side.mute = true;
    if (!session_->finished()) session_->on_client_closed();
  }
}

bool connection::has_output(const leg& side) const {
  return &side == &client_ ? session_->has_client_output() : session_->has_upstream_output();
}

void connection::take_output(leg& side) {
  if (&side == &client_) {
    session_->take_client_output(side.pending);
  } else {
    session_->take_upstream_output(side.pending);
  }
}

void connection::discard_output(leg& side) {
  side.pending.clear();
  side.sent = 0;
  if (has_output(side)) take_output(side);
  side.pending.clear();
}

// Writes at once what the kernel takes. The session keeps what comes after an unfinished piece, and so sees the
// backlog.
bool connection::flush(leg& side) {
  if (!side.io || side.mute) {
    discard_output(side);
    return true;
  }
  if (side.tls == tls_phase::handshake) return false;
  for (;;) {
    if (side.sent == side.pending.size()) {
      side.pending.clear();
      side.sent = 0;
      if (!has_output(side)) return true;
      take_output(side);
      if (side.pending.empty()) return true;
    }
    if (side.awaiting_write) return false;
    const auto result = side.io->write_some(std::string_view(side.pending).substr(side.sent));
    switch (result.status) {
      case io_status::done: side.sent += result.bytes; continue;
      case io_status::want_read:
      case io_status::want_write: await(side, result.status, &leg::awaiting_write, &connection::write_on); return false;
      case io_status::closed:
      case io_status::failed:
        side.mute = true;
        discard_output(side);
        // The upstream's last words may still be there to read; a client that cannot be written to is gone.
        if (&side == &client_ && !side.at_end) report_end(side);
        return true;
    }
  }
}

void connection::write_on(leg& side) { flush(side); }

void connection::begin_tls(leg& side) {
  const bool towards_client = &side == &client_;
  bool begun = false;
  if (towards_client) {
    const auto& context = home_.environment().client_tls();
    begun = context && side.io->start_tls_as_server(context);
  } else {
    const auto& known = home_.shared().upstream_tls;
    const auto found = known.find(upstream_name_);
    begun = found != known.end() && found->second && side.io->start_tls_as_client(found->second, upstream_host_);
  }
  side.tls = tls_phase::handshake;
  if (begun) return shake_hands(side);
  side.tls = tls_phase::none;
  if (towards_client) return report_end(side);
  session_->on_upstream_failed("TLS cannot be started");
}

void connection::shake_hands(leg& side) {
  const bool towards_client = &side == &client_;
  const auto result = side.io->handshake();
  switch (result.status) {
    case io_status::want_read:
    case io_status::want_write: return await(side, result.status, &leg::awaiting_read, &connection::shake_hands);
    case io_status::done:
      side.tls = tls_phase::none;
      return towards_client ? session_->on_client_tls() : session_->on_upstream_tls();
    case io_status::closed:
    case io_status::failed:
      side.tls = tls_phase::none;
      if (towards_client) return report_end(side);
      side.at_end = true;
      session_->on_upstream_failed("TLS handshake failed: " +
                                   (side.io->failure().empty() ? "connection closed" : side.io->failure()));
  }
}

}  // namespace sluice::net
