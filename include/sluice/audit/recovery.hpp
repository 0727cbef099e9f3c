// What a journal directory holds when a writer opens it, made ready to be continued.
//
// Nothing is lost in silence: an incomplete last line moves to `<file>.<sequence>.torn`, and everything odd becomes an
// alarm that the writer records first. Threading: called once, under the directory's lock.
#pragma once

#include <string>
#include <vector>

#include "sluice/audit/head.hpp"
#include "sluice/audit/journal.hpp"

namespace sluice::audit {

// How the detail of an alarm begins when accepted records are gone; `audit verify` counts that as a broken journal.
inline constexpr std::string_view records_lost = "records lost: ";

struct recovery {
  head_state last;             // sequence 0 in a new journal; file_first 0 when no file can be continued
  std::vector<record> alarms;  // to be recorded first
};
// Refuses a journal whose newest record was not sealed with this key.
base::result<recovery> recover(const std::string& directory, auth::hmac_sha256& key);

}  // namespace sluice::audit
