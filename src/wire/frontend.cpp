#include "sluice/wire/frontend.hpp"

#include "sluice/wire/reader.hpp"

namespace sluice::wire {
namespace {

constexpr std::uint32_t null_length = 0xffffffff;

std::vector<std::uint16_t> read_formats(reader& from) {
  std::vector<std::uint16_t> formats(from.count(2));
  for (auto& each : formats) {
    each = from.word();
    if (each > 1) from.fail(error::bad_value);
  }
  return formats;
}

}  // namespace

parsed<query_view> parse_query(std::string_view body) {
  reader from(body);
  const query_view view{from.text()};
  return from.finish(view);
}

parsed<parse_view> parse_parse(std::string_view body) {
  reader from(body);
  parse_view view;
  view.name = from.text();
  view.sql = from.text();
  view.types.resize(from.count(4));
  for (auto& each : view.types) each = from.quad();
  return from.finish(std::move(view));
}

parsed<bind_view> parse_bind(std::string_view body) {
  reader from(body);
  bind_view view;
  view.portal = from.text();
  view.statement = from.text();
  view.formats = read_formats(from);
  view.parameters.resize(from.count(4));
  for (auto& each : view.parameters) {
    const auto length = from.quad();
    if (length != null_length) each = from.bytes(length);
  }
  if (view.formats.size() > 1 && view.formats.size() != view.parameters.size()) from.fail(error::bad_count);
  view.result_formats = read_formats(from);
  return from.finish(std::move(view));
}

parsed<describe_view> parse_describe(std::string_view body) {
  reader from(body);
  const auto kind = static_cast<char>(from.byte());
  if (kind != static_cast<char>(target::statement) && kind != static_cast<char>(target::portal)) {
    from.fail(error::bad_value);
  }
  const describe_view view{static_cast<target>(kind), from.text()};
  return from.finish(view);
}

parsed<execute_view> parse_execute(std::string_view body) {
  reader from(body);
  execute_view view;
  view.portal = from.text();
  view.max_rows = from.quad();
  return from.finish(view);
}

parsed<sasl_initial_view> parse_sasl_initial(std::string_view body) {
  reader from(body);
  sasl_initial_view view;
  view.mechanism = from.text();
  const auto length = from.quad();
  if (length != null_length) view.response = from.bytes(length);
  return from.finish(view);
}

parsed<std::string_view> parse_copy_fail(std::string_view body) {
  reader from(body);
  const auto reason = from.text();
  return from.finish(reason);
}

}  // namespace sluice::wire
