// Proves that a journal is whole, or names the first record that is not.
//
// With the key every seal is checked: nothing was changed, removed, reordered or inserted, and (through the head)
// nothing is missing at the end. Without it only what can be seen is checked: numbers, links from each record to the
// one before, file names. A running writer does not disturb it. Threading: one call reads for itself.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/diagnostic.hpp"
#include "sluice/base/secret.hpp"

namespace sluice::audit {

enum class damage { changed, removed, reordered, inserted, truncated, torn, forged_head, lost };
std::string_view name_of(damage what);

struct finding {
  damage what = damage::changed;
  std::string file;
  std::uint64_t line = 0;      // 0: the file itself
  std::uint64_t sequence = 0;  // of the first record concerned
  std::string text;            // what was found
};

struct verify_options {
  std::string directory;
  std::optional<base::secret> key{};
  // A record number and its hash, noted elsewhere earlier: that record must still be there, unchanged.
  std::uint64_t anchor_sequence = 0;
  std::string anchor_hash{};
  // Alarms about lost records that somebody has looked into: their sequence numbers.
  std::vector<std::uint64_t> known_losses{};
};

struct verification {
  std::optional<finding> broken;  // the first one
  std::uint64_t files = 0;
  std::uint64_t good = 0;      // records in front of it
  std::uint64_t unjudged = 0;  // lines behind it
  std::uint64_t alarms = 0;
  std::uint64_t last_sequence = 0;
  std::string last_hash, first_time, last_time;
  bool head_checked = false;
};

// Fails only when files cannot be read.
base::result<verification> verify(const verify_options& options);

}  // namespace sluice::audit
