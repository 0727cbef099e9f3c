// The command line: one table of subcommands. Exit codes: 0 success, 1 the answer is no (denied, broken chain, nothing
// found), 2 bad usage or bad input files, 3 the system failed (I/O, network).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

inline constexpr int exit_ok = 0;
inline constexpr int exit_no = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_system = 3;

int run(int argc, char** argv);

// Each subcommand lives in a file of its own, src/cli/<name>.cpp; `arguments` starts after the subcommand's own name.
int serve(const std::vector<std::string>& arguments);
int user(const std::vector<std::string>& arguments);
int policy(const std::vector<std::string>& arguments);
int audit(const std::vector<std::string>& arguments);
int catalog(const std::vector<std::string>& arguments);
int version(const std::vector<std::string>& arguments);

}  // namespace sluice::cli
