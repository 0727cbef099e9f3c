// The newest records, and those that come: follows the journal through rotation.
//
// Threading: one call reads for itself; it returns when `go_on` answers false.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sluice/base/diagnostic.hpp"

namespace sluice::audit {

// One whole line; returning false ends the tail.
using line_sink = std::function<bool(std::string_view line)>;
// Asked whenever everything recorded so far was given out; waits as long as it likes. False ends the tail.
using go_on = std::function<bool()>;

base::result<void> tail(const std::string& directory, std::uint64_t newest, const line_sink& sink, const go_on& more);

}  // namespace sluice::audit
