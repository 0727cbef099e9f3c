// Where new passwords come from: a terminal that does not show them, or standard input. Never arguments or the
// environment, which other people on the machine can read.
#pragma once

#include "sluice/base/diagnostic.hpp"
#include "sluice/base/secret.hpp"

namespace sluice::cli {

inline constexpr std::size_t max_password_bytes = 1024;

// Asks twice on the controlling terminal.
base::result<base::secret> password_from_terminal();
// The first line; more input is a mistake.
base::result<base::secret> password_from_stdin();

}  // namespace sluice::cli
