// What the targets share: taking an input apart, and saying what did not hold.
//
// Threading: a local value. Validity: views point into the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace sluice::fuzz {

// Reads choices from the front; an input that is too short answers with zeros and empty texts.
class input {
 public:
  input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto taken = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return taken;
  }
  std::size_t below(std::size_t limit) { return byte() % limit; }
  // Up to the next `mark`, which is taken, too.
  std::string_view until(char mark) {
    const auto end = rest_.find(mark);
    const auto taken = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return taken;
  }
  std::string_view rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

[[noreturn]] inline void fail(std::string_view promise, std::string_view detail = {}) {
  std::fprintf(stderr, "does not hold: %.*s\n%.*s\n", static_cast<int>(promise.size()), promise.data(),
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}
inline void require(bool holds, std::string_view promise, std::string_view detail = {}) {
  if (!holds) fail(promise, detail);
}

}  // namespace sluice::fuzz
