#include "sluice/wire/framer.hpp"

#include <algorithm>

namespace sluice::wire {
namespace {

constexpr std::size_t keep_capacity = 16u << 10;  // an idle connection gives larger buffers back

std::uint32_t big_endian(std::string_view at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(at[i])); };
  return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

}  // namespace

framing framer::measure(std::string_view front, std::size_t& total) const {
  if (startup_) {
    const auto length = big_endian(front);
    if (length < 8) return framing::bad_length;
    if (length > max_startup_bytes) return framing::too_long;
    total = length;
    return framing::ready;
  }
  const auto* type = find_message(from_, front[0]);
  if (type == nullptr) return framing::unknown_type;
  const auto length = big_endian(front.substr(1));
  if (length < 4) return framing::bad_length;
  const std::size_t body = length - 4;
  switch (type->size) {
    case size_class::empty:
      if (body != 0) return framing::bad_length;
      break;
    case size_class::small:
      if (body > max_small_bytes) return framing::too_long;
      break;
    case size_class::large:
      if (body > large_limit_) return framing::too_long;
      break;
  }
  total = std::size_t{length} + 1;
  return framing::ready;
}

// Moves borrowed bytes behind the held ones until `want` are there. The string grows with the bytes that really came,
// so that a length word alone reserves nothing.
void framer::top_up(std::size_t want) {
  const std::size_t have = held_.size() - offset_;
  if (have >= want) return;
  const std::size_t more = std::min(want - have, borrowed_.size());
  held_.append(borrowed_.substr(0, more));
  borrowed_.remove_prefix(more);
}

framing framer::peek() {
  if (current_total_ != 0) return framing::ready;
  if (run_left_ != 0) return framing::need_more;
  std::string_view front = borrowed_;
  const bool from_held = held_.size() > offset_;
  if (from_held) {
    top_up(header_size());
    front = std::string_view(held_).substr(offset_);
  }
  // The type alone condemns a message, before its length arrives.
  if (!startup_ && !front.empty() && find_message(from_, front[0]) == nullptr) return framing::unknown_type;
  if (front.size() < header_size()) return framing::need_more;
  std::size_t total = 0;
  if (const auto measured = measure(front, total); measured != framing::ready) return measured;
  if (from_held) {
    top_up(total);
    front = std::string_view(held_).substr(offset_);
  }
  if (front.size() < total) return framing::need_more;
  current_.whole = front.substr(0, total);
  current_.type = startup_ ? '\0' : front[0];
  current_.body = current_.whole.substr(header_size());
  current_total_ = total;
  return framing::ready;
}

void framer::pop() {
  if (held_.size() > offset_) {
    offset_ += current_total_;
  } else {
    borrowed_.remove_prefix(current_total_);
  }
  current_total_ = 0;
  current_ = {};
}

run framer::take_run(char type) {
  current_total_ = 0;
  current_ = {};
  if (held_.size() > offset_ && run_left_ == 0) top_up(header_size());
  const std::string_view source = held_.size() > offset_ ? std::string_view(held_).substr(offset_) : borrowed_;
  run taken;
  std::size_t at = 0;
  for (;;) {
    const std::size_t pass = std::min(run_left_, source.size() - at);
    at += pass;
    run_left_ -= pass;
    if (run_left_ > 0 || source.size() - at < header_size() || source[at] != type) break;
    std::size_t total = 0;
    if (measure(source.substr(at), total) != framing::ready) break;  // peek() tells what is wrong
    ++taken.messages;
    run_left_ = total;
  }
  taken.bytes = give(source, at);
  return taken;
}

run framer::rest_of_run() {
  current_total_ = 0;
  current_ = {};
  const std::string_view source = held_.size() > offset_ ? std::string_view(held_).substr(offset_) : borrowed_;
  const std::size_t pass = std::min(run_left_, source.size());
  run_left_ -= pass;
  return {give(source, pass), 0};
}

std::string_view framer::give(std::string_view source, std::size_t count) {
  if (held_.size() > offset_) {
    offset_ += count;
  } else {
    borrowed_.remove_prefix(count);
  }
  return source.substr(0, count);
}

void framer::settle() {
  current_total_ = 0;
  current_ = {};
  if (offset_ == held_.size()) {
    held_.clear();
    offset_ = 0;
    if (held_.capacity() > keep_capacity) held_.shrink_to_fit();
  } else if (offset_ > keep_capacity && offset_ > held_.size() / 2) {
    held_.erase(0, offset_);
    offset_ = 0;
  }
  held_.append(borrowed_);
  borrowed_ = {};
}

}  // namespace sluice::wire
