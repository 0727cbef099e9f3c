// Cuts a byte stream into messages, whatever the fragments it arrives in. No copy of what is whole in the bytes fed.
//
// Use: feed(bytes); while (peek() == framing::ready) { … current() …; pop(); } settle().
// Threading: one framer per direction of one connection.
// Validity: bytes fed are borrowed until settle(); current() until pop(), take_run(), feed() or settle().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/wire/message.hpp"

namespace sluice::wire {

enum class framing { need_more, ready, bad_length, too_long, unknown_type };

struct frame {
  char type = '\0';        // NUL for startup packets, which have none
  std::string_view body;   // behind the length word
  std::string_view whole;  // as it arrived
};

// Bytes of messages of one type in a row, the last one possibly cut off: its rest comes with the next run.
struct run {
  std::string_view bytes;
  std::size_t messages = 0;  // that began in these bytes
};

class framer {
 public:
  framer(sender from, std::uint32_t large_limit) : from_(from), large_limit_(large_limit) {}

  // Startup packets have a length and no type. A frontend begins with them, once or several times.
  void expect_startup() { startup_ = true; }
  void expect_messages() { startup_ = false; }
  // For messages of size_class::large that begin from now on.
  void limit(std::uint32_t large_limit) { large_limit_ = large_limit; }

  void feed(std::string_view bytes) { borrowed_ = bytes; }
  framing peek();
  const frame& current() const { return current_; }
  void pop();
  // Only at the front of a message of this type, or inside one whose first part a run already gave away.
  run take_run(char type);
  bool inside_run() const { return run_left_ > 0; }
  // Inside a run: no more than the message it cut off.
  run rest_of_run();
  // Keeps what was not popped; afterwards the bytes fed may go away.
  void settle();

  // Bytes that wait here (borrowed ones included).
  std::size_t waiting() const { return held_.size() - offset_ + borrowed_.size(); }

 private:
  std::size_t header_size() const { return startup_ ? 4 : 5; }
  framing measure(std::string_view front, std::size_t& total) const;
  void top_up(std::size_t want);
  std::string_view give(std::string_view source, std::size_t count);

  sender from_;
  std::uint32_t large_limit_;
  bool startup_ = false;
  std::string held_;
  std::size_t offset_ = 0;  // into held_: what was popped
  std::string_view borrowed_;
  frame current_;
  std::size_t current_total_ = 0;  // 0: no frame was peeked
  std::size_t run_left_ = 0;
};

}  // namespace sluice::wire
