#include "sluice/auth/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <climits>
#include <stdexcept>

namespace sluice::auth {
namespace {

const unsigned char* unsigned_bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

void require(bool succeeded, const char* what) {
  if (!succeeded) throw std::runtime_error(std::string("openssl: ") + what + " failed");
}

}  // namespace

digest sha256(std::string_view bytes) {
  digest made;
  require(EVP_Digest(bytes.data(), bytes.size(), made.data(), nullptr, EVP_sha256(), nullptr) == 1, "sha256");
  return made;
}

struct hmac_sha256::state {
  struct context_deleter {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };
  std::unique_ptr<EVP_MAC_CTX, context_deleter> context;
};

hmac_sha256::hmac_sha256(std::string_view key) : state_(std::make_unique<state>()) {
  EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  require(algorithm != nullptr, "hmac");
  state_->context.reset(EVP_MAC_CTX_new(algorithm));
  EVP_MAC_free(algorithm);
  require(state_->context != nullptr, "hmac");
  char name[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                   OSSL_PARAM_construct_end()};
  // An empty key must still be a key: a null pointer would mean "keep the old one".
  const unsigned char* bytes = key.empty() ? reinterpret_cast<const unsigned char*>("") : unsigned_bytes(key);
  require(EVP_MAC_init(state_->context.get(), bytes, key.size(), parameters) == 1, "hmac");
}

hmac_sha256::~hmac_sha256() = default;
hmac_sha256::hmac_sha256(hmac_sha256&&) noexcept = default;
hmac_sha256& hmac_sha256::operator=(hmac_sha256&&) noexcept = default;

digest hmac_sha256::operator()(std::string_view message) { return (*this)({message}); }

digest hmac_sha256::operator()(std::initializer_list<std::string_view> pieces) {
  EVP_MAC_CTX* context = state_->context.get();
  require(EVP_MAC_init(context, nullptr, 0, nullptr) == 1, "hmac");
  for (std::string_view piece : pieces) {
    require(EVP_MAC_update(context, unsigned_bytes(piece), piece.size()) == 1, "hmac");
  }
  digest made;
  std::size_t length = 0;
  require(EVP_MAC_final(context, made.data(), &length, made.size()) == 1 && length == made.size(), "hmac");
  return made;
}

digest pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  require(password.size() <= INT_MAX && salt.size() <= INT_MAX && iterations >= 1 && iterations <= INT_MAX, "pbkdf2");
  digest made;
  // A null pointer is refused by the library even for length 0.
  const char* pass = password.empty() ? "" : password.data();
  require(
      PKCS5_PBKDF2_HMAC(pass, static_cast<int>(password.size()), unsigned_bytes(salt), static_cast<int>(salt.size()),
                        static_cast<int>(iterations), EVP_sha256(), static_cast<int>(made.size()), made.data()) == 1,
      "pbkdf2");
  return made;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && (left.empty() || CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0);
}

void wipe(std::span<std::uint8_t> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

void random_bytes(std::span<std::uint8_t> into) {
  require(into.size() <= INT_MAX && RAND_bytes(into.data(), static_cast<int>(into.size())) == 1, "random");
}

std::string random_bytes(std::size_t count) {
  std::string made(count, '\0');
  random_bytes(std::span(reinterpret_cast<std::uint8_t*>(made.data()), made.size()));
  return made;
}

}  // namespace sluice::auth
