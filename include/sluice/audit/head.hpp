// The head of a journal: what its newest record is. It makes the removal of the newest records visible.
//
// A file of two slots, memory-mapped by the writer, which writes them in turn: whenever it dies, the other slot is
// whole. A slot carries a checksum (is it whole?) and a seal (was it made with the key?). Removing records *and*
// putting back an older copy of the head is what it cannot show; compare the hash that `audit verify` prints with one
// noted elsewhere.
//
// Threading: one head_writer, under its journal's lock; reading beside it is allowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sluice/auth/crypto.hpp"
#include "sluice/base/diagnostic.hpp"

namespace sluice::audit {

inline constexpr const char* head_name = "head";

struct head_state {
  std::uint64_t sequence = 0;    // 0: no record yet
  std::uint64_t file_first = 0;  // which file the record is in
  std::uint64_t file_bytes = 0;  // its size with the record
  auth::digest hash{};           // of the record; zeros when there is none

  bool operator==(const head_state&) const = default;
};

enum class head_condition { missing, whole, one_slot, damaged, forged };
struct head_reading {
  head_condition condition = head_condition::missing;
  head_state state;  // of the newest slot that can be believed
};
// Without a key seals are not looked at. Fails only when the file cannot be read.
base::result<head_reading> read_head(const std::string& directory, auth::hmac_sha256* key);

class head_writer {
 public:
  // Makes the file when it is missing; what a file already says stays until write().
  static base::result<head_writer> open(const std::string& directory);
  head_writer(head_writer&& other) noexcept;
  head_writer& operator=(head_writer&&) = delete;
  ~head_writer();

  void write(const head_state& state, auth::hmac_sha256& key);  // no system call
  bool sync() const;                                            // to disk

 private:
  explicit head_writer(void* memory) : memory_(memory) {}
  void* memory_;
  unsigned next_ = 0;
};

}  // namespace sluice::audit
