// Finds records and joins every statement with its completion.
//
// Files are streamed: memory is bounded by max_pending, max_pending_bytes and the limit asked for, not by the journal.
// Statements come out in the order they were recorded. One whose completion lies more than max_pending matching
// statements behind it comes out without. Reading beside a running writer is allowed; seals are not checked (verify
// does). Threading: one call reads for itself.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/diagnostic.hpp"

namespace sluice::audit {

inline constexpr std::size_t max_pending = 65536;
inline constexpr std::size_t max_pending_bytes = 256u << 20;
inline constexpr std::uint64_t max_limit = 100000;

// Empty conditions hold for every record; texts are globs (`*`, `?`).
struct query {
  std::string since{}, until{};  // as format_time() writes them; since <= time < until
  std::string user{}, database{}, decision{}, event{}, session{}, sqlstate{};
  // These three must be met by one relation, the last two by one column of it.
  std::string relation{};  // `schema.relation`, or `relation` in any schema
  std::string column{};    // `column`, or with its relation in front
  std::string data_class{};
  std::string text{};       // part of sql, reason or detail; ASCII letters of either case
  std::uint64_t limit = 0;  // the newest so many; 0: all
};

// Views are valid during the call.
struct found_record {
  std::string_view line;        // as recorded
  std::string_view completion;  // the line of its completion; empty when there is none
};
// Returning false ends the search.
using found_sink = std::function<bool(const found_record&)>;

struct search_outcome {
  std::uint64_t found = 0;
  std::uint64_t unreadable = 0;  // lines that are not records
};
base::result<search_outcome> search(const std::string& directory, const query& what, const found_sink& sink);

// RFC 3339 time or date (UTC when it has no offset), or how long ago: `90s`, `30m`, `2h`, `7d`, `1w`.
base::result<std::string> parse_time(std::string_view text, std::int64_t now_microseconds);
bool glob_fits(std::string_view pattern, std::string_view text);

}  // namespace sluice::audit
