// The operator's log: one line on stderr per event, `time level message`. Never secrets, never SQL.
//
// Threading: any thread; a line is one write.
#pragma once

#include <string_view>

namespace sluice::net {

enum class log_level { info, warning, error };

void log(log_level level, std::string_view message);

}  // namespace sluice::net
