// How the loader reaches an upstream: libpq's keyword/value string, and texts that must not carry the password.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "sluice/config/config.hpp"

namespace sluice::catalog {

// Every value quoted (libpq 34.1.1.1); nothing is left to environment variables or a password file.
std::string connection_string(const config::upstream& to, std::chrono::milliseconds timeout);

// `text` on one line, without the password wherever it stands, raw or quoted.
std::string scrubbed(std::string text, const config::upstream& to);

}  // namespace sluice::catalog
