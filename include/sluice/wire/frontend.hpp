// What clients say, parsed in place.
//
// Threading: pure functions. Validity: every view points into the body that was parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sluice/wire/error.hpp"

namespace sluice::wire {

struct query_view {
  std::string_view sql;
};
struct parse_view {
  std::string_view name;
  std::string_view sql;
  std::vector<std::uint32_t> types;  // 0: not specified
};
struct bind_view {
  std::string_view portal;
  std::string_view statement;
  std::vector<std::uint16_t> formats;                       // none: all text; one: for all; else one each
  std::vector<std::optional<std::string_view>> parameters;  // nullopt: NULL
  std::vector<std::uint16_t> result_formats;

  bool binary(std::size_t parameter) const {
    if (formats.empty()) return false;
    return formats[formats.size() == 1 ? 0 : parameter] == 1;
  }
};
enum class target : char { statement = 'S', portal = 'P' };
struct describe_view {  // Describe and Close
  wire::target target = wire::target::statement;
  std::string_view name;
};
struct execute_view {
  std::string_view portal;
  std::uint32_t max_rows = 0;  // 0: all
};
struct sasl_initial_view {
  std::string_view mechanism;
  std::string_view response;
};

parsed<query_view> parse_query(std::string_view body);
parsed<parse_view> parse_parse(std::string_view body);
parsed<bind_view> parse_bind(std::string_view body);
parsed<describe_view> parse_describe(std::string_view body);
parsed<execute_view> parse_execute(std::string_view body);
parsed<sasl_initial_view> parse_sasl_initial(std::string_view body);
parsed<std::string_view> parse_copy_fail(std::string_view body);

}  // namespace sluice::wire
