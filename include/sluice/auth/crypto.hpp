// The few cryptographic primitives the gateway needs, over OpenSSL: digests, HMAC, random bytes, text encodings.
//
// Threading: functions are safe from any thread; one hmac_sha256 object belongs to one thread at a time.
// Failures of the library (no memory, no entropy) throw std::runtime_error: nothing may go on without them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::auth {

using digest = std::array<std::uint8_t, 32>;

// The bytes of a digest, valid as long as it.
inline std::string_view as_bytes(const digest& from) {
  return {reinterpret_cast<const char*>(from.data()), from.size()};
}

digest sha256(std::string_view bytes);

// HMAC-SHA-256 (RFC 2104) under one key. The key's two blocks are hashed once; every message then costs only its own
// bytes.
class hmac_sha256 {
 public:
  explicit hmac_sha256(std::string_view key);
  ~hmac_sha256();
  hmac_sha256(hmac_sha256&&) noexcept;
  hmac_sha256& operator=(hmac_sha256&&) noexcept;

  digest operator()(std::string_view message);
  // As if the pieces were one message.
  digest operator()(std::initializer_list<std::string_view> pieces);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

digest pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations);

// Time depends on the lengths alone.
bool equal_in_constant_time(std::string_view left, std::string_view right);

// Overwrites memory that held a key, so that the compiler cannot leave it out.
void wipe(std::span<std::uint8_t> bytes);

// Fills the span; tests hand in a source that is not random.
using random_source = std::function<void(std::span<std::uint8_t>)>;
void random_bytes(std::span<std::uint8_t> into);
std::string random_bytes(std::size_t count);

std::string to_hex(std::string_view bytes);
inline std::string to_hex(const digest& from) { return to_hex(as_bytes(from)); }
std::optional<std::string> from_hex(std::string_view text);  // an even number of hex digits of either case

std::string to_base64(std::string_view bytes);
// RFC 4648 section 4, canonical form only: padding written, no blanks, no stray bits.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace sluice::auth
