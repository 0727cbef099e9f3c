#include <array>
#include <exception>
#include <iostream>

#include "options.hpp"
#include "sluice/cli/cli.hpp"

namespace sluice::cli {
namespace {

int help(const std::vector<std::string>& words);

constexpr std::array<subcommand, 7> commands = {{
    {"serve", "run the gateway", serve},
    {"policy", "check a policy, explain its decision on a statement", policy},
    {"audit", "search, follow and verify the audit journal", audit},
    {"user", "add, change, remove and list the users", user},
    {"catalog", "save the catalog of a database", catalog},
    {"version", "print the version", version},
    {"help", "tell about a command", help},
}};
constexpr std::string_view summary =
    "Sluice stands between the people who read data and the databases that hold it.\n\n"
    "exit codes: 0 success, 1 the answer is no, 2 bad usage or bad input files, 3 the system failed";

int help(const std::vector<std::string>& words) {
  std::vector<std::string> question = words;
  // `sluice help help` would go round in circles.
  if (!question.empty() && (question.front() == "help" || question.front() == "--help")) question.clear();
  question.push_back("--help");
  return dispatch("", summary, commands, question);
}

}  // namespace

int run(int argc, char** argv) {
  std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (words.size() == 1 && words.front() == "--version") words.front() = "version";
  try {
    return dispatch("", summary, commands, words);
  } catch (const std::exception& caught) {
    // Nothing below lets an exception out for bad input: what arrives here is the system's failure or a bug.
    std::cerr << "sluice: " << caught.what() << "\n" << std::flush;
    return exit_system;
  }
}

}  // namespace sluice::cli
