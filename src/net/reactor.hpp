// One thread with its event loop, its gate and its sessions; nothing of it is shared with another reactor.
//
// Threading: start, stop, adopt, shut_down, cut, ask and look_again may be called from any thread; the rest belongs to
// the reactor's own.
#pragma once

#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "asio.hpp"
#include "claim_inquiry.hpp"
#include "environment.hpp"
#include "farewell.hpp"
#include "gateway.hpp"
#include "sluice/net/parse_stack.hpp"

namespace sluice::net {

class connection;

class reactor {
 public:
  explicit reactor(gateway& shared);
  ~reactor();

  void start();
  void stop();  // ends the loop and joins; sessions that are left are cut
  asio::io_context& context() { return context_; }

  void adopt(tcp::socket client, admission as);
  void shut_down();  // every session ends as soon as it runs no statement; new ones at once
  void cut();        // every session ends now

  // Answered once no session of this thread has anything in flight that relies on the names.
  void ask(inquiry_ptr what);
  void look_again();  // a claim went away: sessions that wait for it are told

  gateway& shared() { return shared_; }
  reactor_environment& environment() { return environment_; }
  // One buffer for all sessions of the thread: used within a turn, never across one.
  std::span<char> read_buffer() { return read_buffer_; }
  void forget(std::uint64_t number);
  // The connection holds large buffers: it is asked every second whether it still needs them.
  void watch_buffers(std::weak_ptr<connection> of);
  // What is left of a session on its upstream; kept until it is over.
  void see_off(std::shared_ptr<farewell> last);
  void end_farewells();  // some of them are over
  // Behind every turn of a connection.
  void review() {
    if (!inquiries_.empty()) review_inquiries();
  }

 private:
  void run();
  void sweep();
  std::vector<std::shared_ptr<connection>> all();
  void hear(inquiry_ptr what);
  void review_inquiries();

  struct open_inquiry {
    inquiry_ptr what;
    std::vector<std::weak_ptr<connection>> hindering;  // they can only become fewer: later statements see the claim
  };

  gateway& shared_;
  reactor_environment environment_;  // before context_: sessions that die with its last handlers still speak to it
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<char> read_buffer_;
  std::unordered_map<std::uint64_t, std::shared_ptr<connection>> connections_;
  std::vector<std::weak_ptr<connection>> watched_;
  std::vector<open_inquiry> inquiries_;
  std::vector<std::shared_ptr<farewell>> farewells_;
  asio::steady_timer sweep_;
  bool shutting_down_ = false;
  std::unique_ptr<parse_thread> thread_;
};

}  // namespace sluice::net
