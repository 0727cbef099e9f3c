#include <charconv>

#include "sluice/auth/scram.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view shape = "SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>";

base::diagnostic not_a_verifier(const std::string& cause) {
  return {.cause = "not a SCRAM verifier: " + cause, .hint = "`sluice user password` makes one"};
}

// Takes what stands before the separator, or nothing when there is none.
std::optional<std::string_view> cut(std::string_view& rest, char separator) {
  const auto at = rest.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return taken;
}

std::optional<digest> key_from(std::string_view text) {
  auto bytes = from_base64(text);
  digest key;
  if (!bytes || bytes->size() != key.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), key.begin());
  wipe({reinterpret_cast<std::uint8_t*>(bytes->data()), bytes->size()});
  return key;
}

}  // namespace

base::result<scram_verifier> parse_verifier(std::string_view text) {
  const auto mechanism = cut(text, '$');
  if (!mechanism || *mechanism != scram_sha_256) return not_a_verifier("it must read " + std::string(shape));
  const auto iterations = cut(text, ':');
  const auto salt = cut(text, '$');
  const auto stored_key = cut(text, ':');
  if (!iterations || !salt || !stored_key) return not_a_verifier("it must read " + std::string(shape));

  scram_verifier read;
  const char* end = iterations->data() + iterations->size();
  const auto [rest, failure] = std::from_chars(iterations->data(), end, read.iterations);
  if (failure != std::errc() || rest != end || read.iterations < 1 || read.iterations > max_iterations) {
    return not_a_verifier("the iterations must be a number from 1 to " + std::to_string(max_iterations));
  }
  auto salt_read = from_base64(*salt);
  if (!salt_read || salt_read->empty() || salt_read->size() > max_salt_bytes) {
    return not_a_verifier("the salt must be base64");
  }
  read.salt = std::move(*salt_read);
  const auto stored = key_from(*stored_key);
  const auto server = key_from(text);
  if (!stored || !server) return not_a_verifier("StoredKey and ServerKey must be 32 bytes in base64");
  read.stored_key = *stored;
  read.server_key = *server;
  return read;
}

base::secret to_text(const scram_verifier& verifier) {
  return base::secret(std::string(scram_sha_256) + "$" + std::to_string(verifier.iterations) + ":" +
                      to_base64(verifier.salt) + "$" + to_base64(as_bytes(verifier.stored_key)) + ":" +
                      to_base64(as_bytes(verifier.server_key)));
}

scram_verifier make_verifier(const base::secret& password, std::uint32_t iterations, const random_source& random) {
  std::array<std::uint8_t, salt_bytes> salt{};
  random(salt);
  scram_verifier made;
  made.iterations = iterations;
  made.salt.assign(salt.begin(), salt.end());
  digest salted = pbkdf2_sha256(password.reveal(), made.salt, iterations);
  hmac_sha256 keyed(as_bytes(salted));
  digest client_key = keyed("Client Key");
  made.stored_key = sha256(as_bytes(client_key));
  made.server_key = keyed("Server Key");
  wipe(salted);
  wipe(client_key);
  return made;
}

bool matches(const scram_verifier& verifier, const base::secret& password) {
  digest salted = pbkdf2_sha256(password.reveal(), verifier.salt, verifier.iterations);
  digest server_key = hmac_sha256(as_bytes(salted))("Server Key");
  const bool equal = equal_in_constant_time(as_bytes(server_key), as_bytes(verifier.server_key));
  wipe(salted);
  wipe(server_key);
  return equal;
}

bool password_is_plain(std::string_view password) {
  for (char each : password) {
    if (each < ' ' || each > '~') return false;
  }
  return true;
}

std::string make_nonce() { return to_base64(random_bytes(nonce_bytes)); }

scram_mock derive_mock(const base::secret& kept_key, std::uint32_t iterations) {
  const digest key = hmac_sha256(kept_key.reveal())("sluice scram mock authentication");
  return {base::secret(std::string(as_bytes(key))), iterations};
}

}  // namespace sluice::auth
