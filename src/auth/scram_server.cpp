#include "scram_message.hpp"
#include "sluice/auth/scram.hpp"

namespace sluice::auth {
namespace {

// What PostgreSQL sends in e= (RFC 5802 section 7) is nothing: its clients read the ErrorResponse.
constexpr std::string_view authentication_failed = "the password does not match";
constexpr std::string_view no_such_user = "no such user";
constexpr std::string_view bound_to_certificate = "p=tls-server-end-point";

scram_verifier verifier_of_nobody(std::string_view user, const scram_mock& mock) {
  hmac_sha256 keyed(mock.key.reveal());
  const digest salt = keyed({"salt", user});
  scram_verifier made;
  made.iterations = mock.iterations;
  made.salt = std::string(as_bytes(salt).substr(0, salt_bytes));
  made.stored_key = keyed({"stored key", user});
  made.server_key = keyed({"server key", user});
  return made;
}

}  // namespace

scram_server::scram_server(std::string_view user, const scram_verifier* verifier, const scram_mock& mock,
                           std::string tls_server_end_point, std::string nonce)
    : known_user_(verifier != nullptr), end_point_(std::move(tls_server_end_point)), nonce_(std::move(nonce)) {
  // Both are made for everyone, so that the time to here is the same.
  const scram_verifier nobody = verifier_of_nobody(user, mock);
  verifier_ = known_user_ ? *verifier : nobody;
}

scram_reply scram_server::malformed(std::string cause) {
  state_ = state::done;
  return {scram_status::malformed, {}, "malformed SCRAM message: " + std::move(cause)};
}

scram_reply scram_server::on_client_first(std::string_view mechanism, std::string_view message) {
  if (state_ != state::expect_first) return malformed("the exchange has begun already");
  const bool plus_offered = !end_point_.empty();
  const bool plus = mechanism == scram_sha_256_plus;
  if (mechanism != scram_sha_256 && !(plus && plus_offered)) return malformed("a mechanism that was not offered");
  if (!is_acceptable_message(message, max_scram_message)) return malformed("its length or a NUL byte");

  // gs2-header = gs2-cbind-flag "," [ authzid ] ","
  const auto flag_end = message.find(',');
  if (flag_end == std::string_view::npos) return malformed("no gs2 header");
  const std::string_view flag = message.substr(0, flag_end);
  if (flag == "n" || flag == "y") {
    if (plus) return malformed("SCRAM-SHA-256-PLUS without channel binding");
    // The client could have bound the channel and thinks that we cannot: somebody took the offer out (RFC 5802 section
    // 6).
    if (flag == "y" && plus_offered) return malformed("the offer of channel binding did not reach the client");
  } else if (flag.starts_with("p=")) {
    if (!plus) return malformed("channel binding that was not offered");
    if (flag != bound_to_certificate) return malformed("an unsupported kind of channel binding");
  } else {
    return malformed("unknown channel binding flag");
  }
  if (flag_end + 1 >= message.size() || message[flag_end + 1] != ',') {
    return malformed("authorization identities are not supported");
  }
  const std::string_view header = message.substr(0, flag_end + 2);
  const std::string_view bare = message.substr(header.size());

  // client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]; the startup packet names the
  // user.
  std::string_view rest = bare;
  if (rest.starts_with("m=")) return malformed("mandatory extensions are not supported");
  if (!take_attribute(rest, 'n')) return malformed("no user name attribute");
  const auto client_nonce = take_attribute(rest, 'r');
  if (!client_nonce || !is_nonce(*client_nonce)) return malformed("no valid nonce");
  if (!are_extensions(rest)) return malformed("invalid extensions");

  binding_ = to_base64(std::string(header) + (plus ? end_point_ : std::string()));
  nonce_ = std::string(*client_nonce) + nonce_;
  std::string reply = "r=" + nonce_ + ",s=" + to_base64(verifier_.salt) + ",i=" + std::to_string(verifier_.iterations);
  first_messages_ = std::string(bare) + "," + reply;
  state_ = state::expect_final;
  return {scram_status::proceed, std::move(reply), {}};
}

scram_reply scram_server::on_client_final(std::string_view message) {
  if (state_ != state::expect_final) return malformed("it is not the client's turn to finish");
  if (!is_acceptable_message(message, max_scram_message)) return malformed("its length or a NUL byte");

  // client-final-message = channel-binding "," nonce ["," extensions] "," proof; the proof is last.
  const auto proof_at = message.rfind(",p=");
  if (proof_at == std::string_view::npos) return malformed("no proof");
  const std::string_view without_proof = message.substr(0, proof_at);
  std::string_view rest = without_proof;
  const auto binding = take_attribute(rest, 'c');
  if (!binding) return malformed("no channel binding attribute");
  const auto nonce = take_attribute(rest, 'r');
  if (!nonce) return malformed("no nonce");
  if (!are_extensions(rest)) return malformed("invalid extensions");
  const auto proof = from_base64(message.substr(proof_at + 3));
  digest client_key;
  if (!proof || proof->size() != client_key.size()) return malformed("the proof must be 32 bytes in base64");
  if (!equal_in_constant_time(*binding, binding_)) return malformed("channel binding check failed");
  if (!equal_in_constant_time(*nonce, nonce_)) return malformed("the nonce does not match");

  // RFC 5802 section 3
  const std::string auth_message = first_messages_ + "," + std::string(without_proof);
  std::copy(proof->begin(), proof->end(), client_key.begin());
  exclusive_or(client_key, hmac_sha256(as_bytes(verifier_.stored_key))(auth_message));
  const digest stored_key = sha256(as_bytes(client_key));
  wipe(client_key);
  const digest signature = hmac_sha256(as_bytes(verifier_.server_key))(auth_message);
  const bool right = equal_in_constant_time(as_bytes(stored_key), as_bytes(verifier_.stored_key));
  state_ = state::done;
  if (!known_user_) return {scram_status::refused, {}, std::string(no_such_user)};
  if (!right) return {scram_status::refused, {}, std::string(authentication_failed)};
  return {scram_status::authenticated, "v=" + to_base64(as_bytes(signature)), {}};
}

}  // namespace sluice::auth
