// SCRAM with a hostile other end. Nobody is authenticated without a proof of the password; what counts as a proof is
// computed here once more, from RFC 5802 and the password.
//
// So that right proofs come up at all, the input writes placeholders: `@` stands for what an honest peer would put
// there.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/input.hpp"
#include "sluice/auth/crypto.hpp"
#include "sluice/auth/scram.hpp"

namespace {

namespace auth = sluice::auth;
using sluice::fuzz::require;

constexpr std::uint32_t iterations = 2;  // cheap: the number is not what is tested
constexpr std::string_view right_password = "correct horse";
constexpr std::string_view server_nonce = "c2VydmVy";
constexpr std::string_view client_nonce = "Y2xpZW50";
constexpr std::string_view certificate = "hash of a certificate";

sluice::base::secret password() { return sluice::base::secret(std::string(right_password)); }

const auth::scram_verifier& verifier() {
  static const auto made = auth::make_verifier(password(), iterations, [](std::span<std::uint8_t> into) {
    std::fill(into.begin(), into.end(), std::uint8_t{7});
  });
  return made;
}

std::string mac(std::string_view key, std::string_view message) {
  return std::string(auth::as_bytes(auth::hmac_sha256(key)(message)));
}
struct keys {
  std::string client, server;
};
keys keys_of(std::string_view salt, std::uint32_t count) {
  const auto salted = auth::pbkdf2_sha256(right_password, salt, count);
  return {mac(auth::as_bytes(salted), "Client Key"), mac(auth::as_bytes(salted), "Server Key")};
}
std::string proof_of(const keys& from, std::string_view auth_message) {
  const std::string stored(auth::as_bytes(auth::sha256(from.client)));
  std::string proof = mac(stored, auth_message);
  for (std::size_t at = 0; at < proof.size(); ++at) proof[at] = static_cast<char>(proof[at] ^ from.client[at]);
  return proof;
}

std::string replaced(std::string_view text, std::string_view mark, std::string_view by) {
  std::string out(text);
  if (const auto at = out.find(mark); at != std::string::npos) out.replace(at, mark.size(), by);
  return out;
}

// The value of the attribute "<name>=" that begins the list or follows a comma.
std::string_view attribute(std::string_view list, char name) {
  while (!list.empty()) {
    const auto item = list.substr(0, list.find(','));
    if (item.size() >= 2 && item[0] == name && item[1] == '=') return item.substr(2);
    list.remove_prefix(std::min(list.size(), item.size() + 1));
  }
  return {};
}

void as_server(sluice::fuzz::input from) {
  const std::uint8_t flags = from.byte();
  const bool known = (flags & 1) == 0, bound = (flags & 2) != 0, spoilt = (flags & 4) != 0;
  const auth::scram_mock mock{sluice::base::secret("mock"), iterations};
  auth::scram_server server("carol", known ? &verifier() : nullptr, mock, bound ? std::string(certificate) : "",
                            std::string(server_nonce));
  const auto mechanism = from.until('\n');
  const auto first = from.until('\n');
  const auto answer = server.on_client_first(mechanism, first);
  require(answer.status != auth::scram_status::authenticated, "nobody is authenticated by the first message");
  const auto bare_at = first.find(',') == std::string_view::npos ? 0 : first.find(',') + 2;
  const auto header = first.substr(0, std::min(bare_at, first.size()));
  const auto bare = first.substr(header.size());
  const auto whole_nonce = attribute(answer.message, 'r');
  const std::string binding =
      auth::to_base64(std::string(header) + (mechanism == auth::scram_sha_256_plus ? std::string(certificate) : ""));
  // c=@,r=@,p=@: binding, nonce and proof as they should be.
  std::string final(from.rest());
  final = replaced(final, "c=@", "c=" + binding);
  final = replaced(final, "r=@", "r=" + std::string(whole_nonce));
  const auto proof_at = final.rfind(",p=");
  const std::string without_proof = final.substr(0, proof_at);
  const std::string auth_message = std::string(bare) + "," + answer.message + "," + without_proof;
  const std::string proof = proof_of(keys_of(verifier().salt, iterations), auth_message);
  if (final.ends_with(",p=@")) {
    std::string given = proof;
    if (spoilt) given[flags % given.size()] ^= 1;
    final = without_proof + ",p=" + auth::to_base64(given);
  }
  const auto last = server.on_client_final(final);
  require(last.status != auth::scram_status::proceed, "the final message ends the exchange");
  if (last.status == auth::scram_status::authenticated) {
    require(answer.status == auth::scram_status::proceed, "a first message came before");
    require(known, "unknown users are not authenticated");
    require(proof_at != std::string::npos && final.substr(proof_at + 3) == auth::to_base64(proof),
            "the proof is right");
    require(attribute(without_proof, 'r') == whole_nonce, "the proof is for this exchange");
    require(attribute(without_proof, 'c') == binding, "the proof is for this channel");
    require(mechanism == auth::scram_sha_256 || bound, "the mechanism was offered");
    require(last.message == "v=" + auth::to_base64(mac(keys_of(verifier().salt, iterations).server, auth_message)),
            "the server proves itself, too");
  } else {
    require(last.message.empty() && !last.cause.empty(), "who is not authenticated gets nothing");
  }
  require(server.on_client_final(final).status == auth::scram_status::malformed, "there is no second try");
}

// False for counts that are accepted and would take long.
bool is_quick(std::string_view count) { return count.size() <= 4 || count.size() >= 8; }

void as_client(sluice::fuzz::input from) {
  auth::scram_client client(password(), std::nullopt, std::string(client_nonce));
  const std::string first = replaced(from.until('\n'), "r=@", "r=" + std::string(client_nonce));
  if (!is_quick(attribute(first, 'i'))) return;
  const auto answer = client.on_server_first(first);
  require(answer.status != auth::scram_status::authenticated, "no server is believed at its first message");
  std::string expected;
  if (answer.status == auth::scram_status::proceed) {
    const auto& used = client.keys();
    require(used.has_value(), "keys are there");
    const auto made = keys_of(used->salt, used->iterations);
    const auto without_proof = answer.message.substr(0, answer.message.rfind(",p="));
    const std::string auth_message = client.first_message().substr(3) + "," + first + "," + without_proof;
    require(answer.message == without_proof + ",p=" + auth::to_base64(proof_of(made, auth_message)),
            "our proof is right");
    require(attribute(first, 'r').starts_with(client_nonce), "the server's nonce begins with ours");
    expected = auth::to_base64(mac(made.server, auth_message));
  }
  const std::string final = replaced(from.rest(), "v=@", "v=" + expected);
  const auto last = client.on_server_final(final);
  if (last.status == auth::scram_status::authenticated) {
    require(!expected.empty() && attribute(final, 'v') == expected, "the server proved that it knows the password");
  }
  require(client.on_server_final(final).status != auth::scram_status::authenticated, "there is no second try");
}

// Both ends are ours; somebody between them changes one message.
void between(sluice::fuzz::input from) {
  const std::size_t which = from.below(4);
  const std::size_t at = from.byte(), cut = from.byte();
  const auto inserted = from.rest();
  const auto pass = [&](std::size_t number, std::string message) {
    if (number == which) message.replace(std::min(at, message.size()), cut, inserted);
    return message;
  };
  auth::scram_server server("carol", &verifier(), {sluice::base::secret("mock"), iterations}, {},
                            std::string(server_nonce));
  auth::scram_client client(password(), std::nullopt, std::string(client_nonce));
  const auto honest_first = client.first_message();
  const auto first = pass(0, honest_first);
  const auto challenge = server.on_client_first(auth::scram_sha_256, first);
  if (challenge.status != auth::scram_status::proceed) return;
  const auto passed = pass(1, challenge.message);
  if (!is_quick(attribute(passed, 'i'))) return;
  const auto response = client.on_server_first(passed);
  if (response.status != auth::scram_status::proceed) return;
  const auto final = pass(2, response.message);
  const auto verdict = server.on_client_final(final);
  const bool changed = first != honest_first || passed != challenge.message || final != response.message;
  require((verdict.status == auth::scram_status::authenticated) == !changed, "only an unchanged exchange succeeds");
  if (changed) return;
  const auto signature = pass(3, verdict.message);
  const auto end = client.on_server_final(signature);
  require((end.status == auth::scram_status::authenticated) <=
              (attribute(signature, 'v') == attribute(verdict.message, 'v')),
          "the client believes the server's own signature only");
}

void verifiers(std::string_view text) {
  const auto parsed = auth::parse_verifier(text);
  if (!parsed) return require(!parsed.error().cause.empty(), "a verifier is refused with a cause");
  const auto again = auth::parse_verifier(auth::to_text(*parsed).reveal());
  require(again.has_value() && again->salt == parsed->salt && again->iterations == parsed->iterations &&
              again->stored_key == parsed->stored_key && again->server_key == parsed->server_key,
          "a verifier comes back", text);
}

void encodings(std::string_view text) {
  if (const auto bytes = auth::from_base64(text)) require(auth::to_base64(*bytes) == text, "base64 is canonical", text);
  require(auth::from_base64(auth::to_base64(text)) == text, "base64 comes back", text);
  if (const auto bytes = auth::from_hex(text)) require(auth::from_hex(auth::to_hex(*bytes)) == bytes, "hex comes back");
  (void)auth::password_is_plain(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::fuzz::input from(data, size);
  switch (from.byte()) {
    case 's': as_server(from); break;
    case 'c': as_client(from); break;
    case 'b': between(from); break;
    case 'v': verifiers(from.rest()); break;
    default: encodings(from.rest()); break;
  }
  return 0;
}
