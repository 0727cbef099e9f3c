// The chain of a journal: every record is sealed together with the seal of the one before it.
//
//   hash = HMAC-SHA-256(key, prev || line without `,"hash":"…"`), both hashes as 64 lower-case hex digits
//
// A line ends in `,"prev":"<hex>","hash":"<hex>"}`; the first record of a journal has a prev of 64 zeros. One seal can
// be checked by hand: printf '%s%s' "$prev" "$line_without_hash" | openssl dgst -sha256 -mac HMAC -macopt hexkey:"$key"
//
// Threading: functions are pure but for the key file; one chain_key belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/auth/crypto.hpp"
#include "sluice/base/diagnostic.hpp"
#include "sluice/base/secret.hpp"

namespace sluice::audit {

inline constexpr std::size_t key_bytes = 32;
inline constexpr std::size_t hash_length = 64;  // hex digits
inline constexpr std::string_view first_prev = "0000000000000000000000000000000000000000000000000000000000000000";

// Bytes of the key file: 64 hex digits, blanks at the end ignored.
base::result<base::secret> load_key(const std::string& path);
// Makes the file (mode 0600, whole or not at all) when it is missing; refuses one that others may read.
base::result<base::secret> load_or_make_key(const std::string& path);

// What every line shows of itself; views into the line.
struct envelope {
  std::string_view time;
  std::uint64_t sequence = 0;
  std::string_view prev, hash;
  std::string_view sealed;  // the line up to the comma in front of "hash"; the closing brace is sealed too
};
// Nothing when the line does not have the shape of a record. `line` without its newline.
std::optional<envelope> read_envelope(std::string_view line);

// The seal of a line whose part in front of `,"hash"` is `sealed`.
auth::digest seal(auth::hmac_sha256& key, std::string_view prev, std::string_view sealed);
bool seal_fits(auth::hmac_sha256& key, const envelope& line);

// Writes 64 lower-case digits.
void write_hex(const auth::digest& from, char* into);

}  // namespace sluice::audit
