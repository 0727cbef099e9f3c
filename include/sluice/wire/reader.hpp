// Reads the fields of one message body in order; the first field that is not there makes every later one fail too.
//
// Threading: a local value. Validity: views point into the body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sluice/wire/error.hpp"

namespace sluice::wire {

class reader {
 public:
  explicit reader(std::string_view body) : rest_(body) {}

  std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t word() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t quad() { return static_cast<std::uint32_t>(number(4)); }
  std::string_view bytes(std::size_t count) {
    if (failed() || count > rest_.size()) return fail(error::truncated), std::string_view{};
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::string_view text() {
    const auto end = failed() ? std::string_view::npos : rest_.find('\0');
    if (end == std::string_view::npos) return fail(error::not_terminated), std::string_view{};
    const auto taken = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return taken;
  }
  // A count of things that take at least `each` bytes: refused before anything is reserved for them. Unsigned, as
  // PostgreSQL reads it: drivers send up to 65,535 parameters.
  std::size_t count(std::size_t each) {
    const std::size_t value = word();
    if (!failed() && value * each > rest_.size()) fail(error::bad_count);
    return failed() ? 0 : value;
  }

  std::string_view rest() const { return rest_; }
  bool failed() const { return why_ != error{}; }
  void fail(error why) {
    if (!failed()) why_ = why;
  }
  // The value when everything was there and nothing is left over.
  template <class T>
  parsed<T> finish(T value) {
    if (!failed() && !rest_.empty()) fail(error::trailing_bytes);
    if (failed()) return make_error_code(why_);
    return value;
  }

 private:
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char each : bytes(size)) value = value << 8 | static_cast<unsigned char>(each);
    return value;
  }

  std::string_view rest_;
  error why_{};
};

}  // namespace sluice::wire
