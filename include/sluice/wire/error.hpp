// What can be wrong with bytes of the PostgreSQL protocol, as an error_code.
//
// Threading: constants. A session answers each of these with FATAL 08P01 and closes.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <type_traits>

namespace sluice::wire {

enum class error {
  truncated = 1,   // the message ends inside a field
  trailing_bytes,  // bytes are left behind the last field
  not_terminated,  // a text without its NUL
  bad_count,       // a count that is negative or that the message cannot hold
  bad_value,       // a field outside its range
  bad_length,      // the length word is smaller than a message can be
  too_long,        // over the limit of this message type
  unknown_type     // not in the table of message types
};

const boost::system::error_category& category() noexcept;
inline boost::system::error_code make_error_code(error what) noexcept { return {static_cast<int>(what), category()}; }

template <class T>
using parsed = boost::system::result<T, boost::system::error_code>;

}  // namespace sluice::wire

template <>
struct boost::system::is_error_code_enum<sluice::wire::error> : std::true_type {};
