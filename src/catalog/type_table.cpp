#include "type_table.hpp"

#include <array>

namespace sluice::catalog {
namespace {

constexpr int header_bytes = 4;                  // VARHDRSZ, added to the typmods of varchar, bpchar and numeric
constexpr int max_domain_depth = 1000;           // a domain cannot contain itself; a damaged catalog might say so
constexpr std::int32_t full_precision = 0xffff;  // INTERVAL_FULL_PRECISION

std::string in_parentheses(std::int32_t value) { return "(" + std::to_string(value) + ")"; }

std::string length_modifier(std::int32_t typmod) { return in_parentheses(typmod - header_bytes); }
std::string plain_modifier(std::int32_t typmod) { return in_parentheses(typmod); }

// numeric.c: precision in the upper half, an 11-bit signed scale in the lower one (PostgreSQL 15; older ones fit in
// it).
std::string numeric_modifier(std::int32_t typmod) {
  const std::int32_t packed = typmod - header_bytes;
  const std::int32_t precision = (packed >> 16) & 0xffff;
  const std::int32_t scale = ((packed & 0x7ff) ^ 1024) - 1024;
  return "(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
}

// timestamp.c: intervaltypmodin takes (range) or (range, precision) when the type is written by its plain name.
std::string interval_modifier(std::int32_t typmod) {
  const std::int32_t precision = typmod & 0xffff;
  const std::int32_t range = (typmod >> 16) & 0x7fff;
  if (precision == full_precision) return in_parentheses(range);
  return "(" + std::to_string(range) + "," + std::to_string(precision) + ")";
}

struct modifier_writer {
  std::string_view type;
  std::string (*write)(std::int32_t);
};
constexpr std::array<modifier_writer, 10> modifier_writers{{{"varchar", length_modifier},
                                                            {"bpchar", length_modifier},
                                                            {"numeric", numeric_modifier},
                                                            {"bit", plain_modifier},
                                                            {"varbit", plain_modifier},
                                                            {"time", plain_modifier},
                                                            {"timetz", plain_modifier},
                                                            {"timestamp", plain_modifier},
                                                            {"timestamptz", plain_modifier},
                                                            {"interval", interval_modifier}}};

std::string modifier(std::string_view type, std::int32_t typmod) {
  for (const auto& each : modifier_writers)
    if (each.type == type) return each.write(typmod);
  return plain_modifier(typmod);
}

}  // namespace

const type_entry* type_table::find(std::uint32_t id) const {
  const auto found = types_.find(id);
  return found == types_.end() ? nullptr : &found->second;
}

const type_entry* type_table::base_of(std::uint32_t id) const {
  const type_entry* type = find(id);
  for (int depth = 0; type != nullptr && type->base != 0 && depth < max_domain_depth; ++depth) type = find(type->base);
  return type;
}

std::string type_table::sql(std::uint32_t id, std::int32_t typmod, std::string_view formatted) const {
  if (!formatted.empty()) return std::string(formatted);
  const type_entry* type = find(id);
  if (type == nullptr) return {};
  const bool array = type->element != 0;
  const type_entry* written = array ? find(type->element) : type;
  if (written == nullptr) return {};
  std::string out = written->schema_sql + "." + written->name_sql;
  if (typmod >= 0) out += modifier(written->name, typmod);
  if (array) out += "[]";
  return out;
}

}  // namespace sluice::catalog
