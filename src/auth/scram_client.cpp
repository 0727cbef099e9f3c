#include <charconv>

#include "scram_message.hpp"
#include "sluice/auth/scram.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view header = "n,,";
constexpr std::string_view header_base64 = "biws";

scram_keys keys_from(const base::secret& password, std::string salt, std::uint32_t iterations) {
  scram_keys made;
  made.salt = std::move(salt);
  made.iterations = iterations;
  digest salted = pbkdf2_sha256(password.reveal(), made.salt, iterations);
  hmac_sha256 keyed(as_bytes(salted));
  made.client_key = keyed("Client Key");
  made.server_key = keyed("Server Key");
  wipe(salted);
  return made;
}

}  // namespace

scram_client::scram_client(base::secret password, std::optional<scram_keys> known, std::string nonce)
    : password_(std::move(password)), keys_(std::move(known)), nonce_(std::move(nonce)) {}

std::string scram_client::first_message() const { return std::string(header) + "n=,r=" + nonce_; }

scram_reply scram_client::fail(scram_status status, std::string cause) {
  state_ = state::done;
  return {status, {}, std::move(cause)};
}

scram_reply scram_client::on_server_first(std::string_view message) {
  if (state_ != state::expect_first) return fail(scram_status::malformed, "the server's first message came twice");
  if (!is_acceptable_message(message, max_scram_message)) {
    return fail(scram_status::malformed, "the server's first message is too long, empty or holds a NUL byte");
  }
  // server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
  std::string_view rest = message;
  const auto nonce = take_attribute(rest, 'r');
  const auto salt_text = take_attribute(rest, 's');
  const auto count = take_attribute(rest, 'i');
  if (!nonce || !salt_text || !count || !is_nonce(*nonce) || !are_extensions(rest)) {
    return fail(scram_status::malformed, "the server's first message is not one of SCRAM");
  }
  if (nonce->size() <= nonce_.size() || !nonce->starts_with(nonce_)) {
    return fail(scram_status::refused, "the server's nonce does not begin with ours");
  }
  const auto salt = from_base64(*salt_text);
  if (!salt || salt->empty() || salt->size() > max_salt_bytes) {
    return fail(scram_status::malformed, "the server's salt is not valid");
  }
  std::uint32_t iterations = 0;
  const auto [end, failure] = std::from_chars(count->data(), count->data() + count->size(), iterations);
  if (failure != std::errc() || end != count->data() + count->size() || iterations < 1) {
    return fail(scram_status::malformed, "the server's iteration count is not a number from 1");
  }
  if (iterations > max_iterations) {
    return fail(scram_status::refused,
                "the server asks for more than " + std::to_string(max_iterations) + " iterations");
  }
  if (!keys_ || keys_->salt != *salt || keys_->iterations != iterations) {
    keys_ = keys_from(password_, *salt, iterations);
  }

  const std::string without_proof = "c=" + std::string(header_base64) + ",r=" + std::string(*nonce);
  auth_message_ = first_message().substr(header.size()) + "," + std::string(message) + "," + without_proof;
  digest proof = keys_->client_key;
  exclusive_or(proof, hmac_sha256(as_bytes(sha256(as_bytes(keys_->client_key))))(auth_message_));
  state_ = state::expect_final;
  return {scram_status::proceed, without_proof + ",p=" + to_base64(as_bytes(proof)), {}};
}

scram_reply scram_client::on_server_final(std::string_view message) {
  if (state_ != state::expect_final) return fail(scram_status::malformed, "the server's final message came early");
  if (!is_acceptable_message(message, max_scram_message)) {
    return fail(scram_status::malformed, "the server's final message is too long, empty or holds a NUL byte");
  }
  // server-final-message = (server-error / verifier) ["," extensions]
  std::string_view rest = message;
  if (take_attribute(rest, 'e')) return fail(scram_status::refused, "the server refused the password");
  const auto signature = take_attribute(rest, 'v');
  if (!signature || !are_extensions(rest)) {
    return fail(scram_status::malformed, "the server's final message is not one of SCRAM");
  }
  const auto bytes = from_base64(*signature);
  const digest expected = hmac_sha256(as_bytes(keys_->server_key))(auth_message_);
  if (!bytes || !equal_in_constant_time(*bytes, as_bytes(expected))) {
    return fail(scram_status::refused, "the server's signature is wrong: it does not know the password");
  }
  state_ = state::done;
  return {scram_status::authenticated, {}, {}};
}

}  // namespace sluice::auth
