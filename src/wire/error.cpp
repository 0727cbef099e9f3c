#include "sluice/wire/error.hpp"

#include <string>

namespace sluice::wire {
namespace {

// Boost's base is never deleted through; its destructor is non-virtual on purpose.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class wire_category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "sluice.wire"; }
  std::string message(int value) const override {
    switch (static_cast<error>(value)) {
      case error::truncated: return "message ends inside a field";
      case error::trailing_bytes: return "bytes left behind the last field";
      case error::not_terminated: return "text without terminator";
      case error::bad_count: return "count does not fit the message";
      case error::bad_value: return "field outside its range";
      case error::bad_length: return "invalid message length";
      case error::too_long: return "message too long";
      case error::unknown_type: return "unknown message type";
    }
    return "malformed message";
  }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& category() noexcept {
  static const wire_category instance;
  return instance;
}

}  // namespace sluice::wire
