// A problem told to a person: where, what, and what to do about it.
//
// Texts are lower case without a final stop, names in backticks; the hint is the remedy. Values only; safe on any thread.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sluice::base {

// Where a problem is: a file position (1-based line and column), or a character offset into SQL (0-based).
struct place {
  std::string file{};
  int line = 0;
  int column = 0;
  std::optional<std::size_t> offset{};
};

struct diagnostic {
  std::string cause{};
  std::string hint{};
  place where{};
  std::string sqlstate{};  // five characters when the problem may reach a client as an ErrorResponse, else empty
};

// `file:line:col: cause (hint)`, leaving out the parts that are not known.
std::string to_string(const diagnostic& problem);
std::string to_string(const std::vector<diagnostic>& problems);  // one line each

template <class T>
using result = boost::system::result<T, diagnostic>;

// Customisation point of boost::system::result: value() on an error throws std::runtime_error with the printed text.
[[noreturn]] void throw_exception_from_error(const diagnostic& problem, const boost::source_location& where);

}  // namespace sluice::base
