#include <iostream>

#include "options.hpp"
#include "sluice/cli/cli.hpp"

namespace sluice::cli {

int version(const std::vector<std::string>& given) {
  static constexpr command shape = {.name = "version", .summary = "prints the version", .exit_codes = "0  always"};
  const auto read = parse_or_explain(shape, given);
  if (!read.value) return read.exit_code;
  std::cout << "sluice " SLUICE_VERSION "\n" << std::flush;
  return exit_ok;
}

}  // namespace sluice::cli
