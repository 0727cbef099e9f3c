// A policy given as text, loaded through a file as it would be in production.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "sluice/policy/policy.hpp"

namespace sluice::policy::testing {

inline load_outcome load_text(const std::string& yaml) {
  const auto path = std::filesystem::temp_directory_path() / ("sluice-policy-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream(path) << yaml;
  load_outcome outcome = load(path.string(), base::revision{3});
  std::filesystem::remove(path);
  return outcome;
}

}  // namespace sluice::policy::testing
