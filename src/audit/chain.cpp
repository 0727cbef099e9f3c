#include "sluice/audit/chain.hpp"

#include <algorithm>
#include <charconv>

#include "sluice/audit/line.hpp"

namespace sluice::audit {
namespace {

constexpr std::string_view before_time = "{\"time\":\"";
constexpr std::string_view before_sequence = "\",\"seq\":";
constexpr std::string_view before_prev = ",\"prev\":\"";
constexpr std::string_view before_hash = "\",\"hash\":\"";
constexpr std::string_view end = "\"}";
constexpr std::size_t closing_length = before_prev.size() + hash_length + before_hash.size() + hash_length + end.size();

// Takes `expected` off the front of `text`.
bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool take_hash(std::string_view& text, std::string_view& hash) {
  hash = text.substr(0, hash_length);
  text.remove_prefix(hash.size());
  return hash.size() == hash_length && hash.find_first_not_of("0123456789abcdef") == hash.npos;
}

}  // namespace

std::optional<envelope> read_envelope(std::string_view line) {
  envelope found;
  auto rest = line;
  if (!take(rest, before_time) || rest.size() < time_length + closing_length) return std::nullopt;
  found.time = rest.substr(0, time_length);
  rest.remove_prefix(time_length);
  if (!take(rest, before_sequence)) return std::nullopt;
  const auto number = std::from_chars(rest.data(), rest.data() + rest.size(), found.sequence);
  if (number.ec != std::errc{} || found.sequence == 0 || rest.front() == '0') return std::nullopt;
  if (static_cast<std::size_t>(line.data() + line.size() - number.ptr) < closing_length) return std::nullopt;

  rest = line.substr(line.size() - closing_length);
  if (!take(rest, before_prev) || !take_hash(rest, found.prev)) return std::nullopt;
  found.sealed = line.substr(0, line.size() - rest.size() + 1);
  if (!take(rest, before_hash) || !take_hash(rest, found.hash) || rest != end) return std::nullopt;
  return found;
}

auth::digest seal(auth::hmac_sha256& key, std::string_view prev, std::string_view sealed) {
  return key({prev, sealed, "}"});
}

bool seal_fits(auth::hmac_sha256& key, const envelope& line) {
  char hash[hash_length];
  write_hex(seal(key, line.prev, line.sealed), hash);
  return auth::equal_in_constant_time({hash, sizeof hash}, line.hash);
}

void write_hex(const auth::digest& from, char* into) {
  static constexpr char digits[] = "0123456789abcdef";
  for (const auto byte : from) {
    *into++ = digits[byte >> 4];
    *into++ = digits[byte & 15];
  }
}

}  // namespace sluice::audit
