#include "sluice/base/diagnostic.hpp"

#include <stdexcept>

namespace sluice::base {

std::string to_string(const diagnostic& problem) {
  std::string text;
  if (!problem.where.file.empty()) {
    text += problem.where.file + ":";
    if (problem.where.line > 0) text += std::to_string(problem.where.line) + ":" + std::to_string(problem.where.column) + ":";
    text += " ";
  } else if (problem.where.offset) {
    text += "offset " + std::to_string(*problem.where.offset) + ": ";
  }
  text += problem.cause;
  if (!problem.hint.empty()) text += " (" + problem.hint + ")";
  return text;
}

std::string to_string(const std::vector<diagnostic>& problems) {
  std::string text;
  for (const auto& problem : problems) text += to_string(problem) + "\n";
  return text;
}

void throw_exception_from_error(const diagnostic& problem, const boost::source_location&) {
  throw std::runtime_error(to_string(problem));
}

}  // namespace sluice::base
