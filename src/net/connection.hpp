// The shell around one session: its two sockets, its timers, and the three steps that drive it – report, write, act.
//
// Threading: belongs to its reactor's thread. Pending handlers keep it alive; retire() ends them.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "dialer.hpp"
#include "reactor.hpp"
#include "sluice/session/session.hpp"
#include "stream.hpp"

namespace sluice::net {

enum class buffers { held, released };

class connection final : public std::enable_shared_from_this<connection> {
 public:
  connection(reactor& home, tcp::socket client, std::uint64_t number, admission as);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  void start();
  void shut_down();
  void cut();
  buffers release_buffers();
  // Claims of other sessions: whether one must wait for what is in flight here, that it waits, that one went away.
  bool hinders(const session::claim& what) const;
  void hurry();
  void claims_changed();

 private:
  using clock = std::chrono::steady_clock;
  enum class tls_phase { none, wanted, handshake };

  // One direction of traffic: a socket and what is still to be written to it.
  struct leg {
    std::unique_ptr<stream> io;
    std::string pending;
    std::size_t sent = 0;
    tls_phase tls = tls_phase::none;
    bool awaiting_read = false;
    bool awaiting_write = false;
    bool at_end = false;           // EOF or failure was read
    bool mute = false;             // writing failed: what is left is thrown away
    std::uint32_t generation = 0;  // handlers of an earlier socket are not ours any more
  };

  // Every entry from the event loop goes through here: newest edition, the step, then settle(). No exception leaves it.
  template <class Step>
  void turn(Step step) {
    if (retired_) return;
    // retire() drops the reactor's reference: this one lasts until the turn is over.
    const auto self = shared_from_this();
    try {
      home_.environment().begin_turn();
      moved_ = true;
      step();
      settle();
    } catch (const std::exception& problem) {
      fault(problem);
    }
    home_.review();
  }
  void fault(const std::exception& problem);
  void settle();
  void listen(leg& side);

  void read(leg& side);
  io_result fill(leg& side);
  void report_bytes(leg& side, std::string_view bytes);
  void report_end(leg& side);
  bool wants_bytes(const leg& side) const;

  bool flush(leg& side);  // true when nothing is left to write
  bool has_output(const leg& side) const;
  void take_output(leg& side);
  void discard_output(leg& side);
  void write_on(leg& side);

  void begin_tls(leg& side);
  void shake_hands(leg& side);
  void await(leg& side, io_status until, bool leg::*flag, void (connection::*then)(leg&));

  void carry_out(const session::start_client_tls& what);
  void carry_out(const session::connect_upstream& what);
  void carry_out(const session::start_upstream_tls& what);
  void carry_out(const session::close_client& what);
  void carry_out(const session::close_upstream& what);
  void carry_out(const session::forward_cancel& what);
  void carry_out(const session::refresh_catalog& what);
  void carry_out(const session::claim_names& what);
  void carry_out(const session::withdraw_claims& what);
  void carry_out(const session::end_claims& what);
  void carry_out(const session::set_timer& what);

  void part_from_upstream();
  void close_leg(leg& side);
  void set_deadline(std::size_t which, clock::time_point at);
  void arm_alarm();
  void on_alarm();
  void retire();
  void leave();

  reactor& home_;
  const std::uint64_t number_;
  const admission admission_;
  std::unique_ptr<session::session> session_;
  leg client_;
  leg upstream_;
  std::shared_ptr<dialer> dialer_;
  std::string upstream_host_;
  std::string upstream_name_;
  bool closing_client_ = false;  // as soon as its output is written
  bool lingering_ = false;       // everything was said; waiting for the client to hang up
  bool retired_ = false;
  bool watched_ = false;
  bool moved_ = false;  // since release_buffers() last looked

  bool owes_claims_ = false;  // they have not ended yet
  inquiry_ptr inquiry_;       // the newest

  // The session's timers and our own limit for closing; one steady_timer serves them all.
  static constexpr std::size_t linger_timer = 4;
  std::array<clock::time_point, 5> deadlines_;
  clock::time_point armed_ = clock::time_point::max();
  asio::steady_timer alarm_;
};

}  // namespace sluice::net
