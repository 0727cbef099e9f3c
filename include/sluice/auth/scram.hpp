// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677) as PostgreSQL speaks them: both ends, without sockets.
//
// Threading: one object is one exchange on one thread. Texts handed in are not kept by reference.
// Passwords: SASLprep (RFC 4013) is the identity for printable ASCII. Other passwords are used as the raw UTF-8 bytes,
// without the normalisation (NFKC) that libpq applies: a password whose normal form differs (full-width letters,
// ligatures, half-width kana) does not authenticate. `password_is_plain` tells them apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/auth/crypto.hpp"
#include "sluice/base/diagnostic.hpp"
#include "sluice/base/secret.hpp"

namespace sluice::auth {

inline constexpr std::string_view scram_sha_256 = "SCRAM-SHA-256";
inline constexpr std::string_view scram_sha_256_plus = "SCRAM-SHA-256-PLUS";

inline constexpr std::uint32_t default_iterations = 4096;
inline constexpr std::uint32_t max_iterations = 1'000'000;  // more would let a server stall the login of an upstream
inline constexpr std::size_t max_scram_message = 1024;      // PostgreSQL's own limit for a SASL message
inline constexpr std::size_t max_salt_bytes = 256;
inline constexpr std::size_t salt_bytes = 16;
inline constexpr std::size_t nonce_bytes = 18;  // before base64

// What a server keeps instead of a password. The keys are secrets: they are wiped on destruction.
struct scram_verifier {
  std::uint32_t iterations = default_iterations;
  std::string salt;
  digest stored_key{};
  digest server_key{};

  scram_verifier() = default;
  scram_verifier(const scram_verifier&) = default;
  scram_verifier& operator=(const scram_verifier&) = default;
  ~scram_verifier() {
    wipe(stored_key);
    wipe(server_key);
  }
};

// SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>, as PostgreSQL's pg_authid.rolpassword. The diagnostic
// never repeats the text.
base::result<scram_verifier> parse_verifier(std::string_view text);
base::secret to_text(const scram_verifier& verifier);
scram_verifier make_verifier(
    const base::secret& password, std::uint32_t iterations = default_iterations,
    const random_source& random = [](std::span<std::uint8_t> into) { random_bytes(into); });
// The cost of a login (iterations of HMAC); for `sluice user` and tests, the exchange below needs no password.
bool matches(const scram_verifier& verifier, const base::secret& password);
// True when every client sends the same bytes for it: printable ASCII.
bool password_is_plain(std::string_view password);

// A fresh nonce: base64 of nonce_bytes random bytes. Tests hand in their own, printable ASCII without comma.
std::string make_nonce();

// How users that do not exist look: salts derived from the key and the name, so that asking twice gives the same
// answer. The key should survive a restart (derive_mock of a kept one); otherwise a restart tells unknown names by
// their new salt.
struct scram_mock {
  base::secret key;
  std::uint32_t iterations = default_iterations;
};
scram_mock derive_mock(const base::secret& kept_key, std::uint32_t iterations = default_iterations);

enum class scram_status {
  proceed,        // send `message` (AuthenticationSASLContinue / SASLResponse) and wait for the answer
  authenticated,  // server: send `message` (AuthenticationSASLFinal), then AuthenticationOk; client: nothing to send
  refused,        // wrong password, unknown user, lying server: 28P01 for a client
  malformed       // not SCRAM, or a part of it that PostgreSQL does not accept either: 08P01
};
struct scram_reply {
  scram_status status = scram_status::malformed;
  std::string message;  // bytes for the peer; empty when there is nothing to send
  std::string cause;    // refused and malformed: for the operator's log; holds nothing secret
};

// The gateway as server, for its clients.
class scram_server {
 public:
  // `verifier` null: unknown user; every step costs and looks the same and the last one refuses.
  // `tls_server_end_point`: the certificate hash (RFC 5929 section 4) when SCRAM-SHA-256-PLUS was offered, empty
  // otherwise.
  scram_server(std::string_view user, const scram_verifier* verifier, const scram_mock& mock,
               std::string tls_server_end_point = {}, std::string nonce = make_nonce());

  // SASLInitialResponse: the mechanism chosen and the client-first-message.
  scram_reply on_client_first(std::string_view mechanism, std::string_view message);
  // SASLResponse: the client-final-message. `proceed` never comes back from here.
  scram_reply on_client_final(std::string_view message);

 private:
  enum class state { expect_first, expect_final, done };

  scram_reply malformed(std::string cause);

  state state_ = state::expect_first;
  bool known_user_;
  scram_verifier verifier_;
  std::string end_point_;
  std::string nonce_;           // the server's part until client-first came, then both parts
  std::string binding_;         // expected value of c=, base64
  std::string first_messages_;  // client-first-bare "," server-first
};

// Keys derived from a password under one salt: logging in again with them skips the iterations.
struct scram_keys {
  std::string salt;
  std::uint32_t iterations = 0;
  digest client_key{};
  digest server_key{};

  scram_keys() = default;
  scram_keys(const scram_keys&) = default;
  scram_keys& operator=(const scram_keys&) = default;
  ~scram_keys() {
    wipe(client_key);
    wipe(server_key);
  }
};

// The gateway as client, for its upstreams.
class scram_client {
 public:
  // `known`: keys of an earlier login; used when the server still sends the same salt and iterations.
  explicit scram_client(base::secret password, std::optional<scram_keys> known = std::nullopt,
                        std::string nonce = make_nonce());

  // client-first-message; the user name is left empty, as PostgreSQL takes it from the startup packet.
  std::string first_message() const;
  scram_reply on_server_first(std::string_view message);
  // INVARIANT: `authenticated` only when the server proved that it knows the verifier.
  scram_reply on_server_final(std::string_view message);
  // After on_server_first said `proceed`.
  const std::optional<scram_keys>& keys() const { return keys_; }

 private:
  enum class state { expect_first, expect_final, done };

  scram_reply fail(scram_status status, std::string cause);

  state state_ = state::expect_first;
  base::secret password_;
  std::optional<scram_keys> keys_;
  std::string nonce_;
  std::string auth_message_;
};

}  // namespace sluice::auth
