#include "sluice/audit/fields.hpp"

#include <boost/json.hpp>

#include "sluice/audit/search.hpp"

namespace sluice::audit {

namespace json = boost::json;

std::optional<json::object> read_fields(std::string_view line) {
  boost::system::error_code code;
  auto value = json::parse(line, code);
  if (code || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::string_view text_of(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::optional<std::uint64_t> number_of(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_uint64()) return value->get_uint64();
  if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
  return std::nullopt;
}

std::string joined(const json::object& from, std::string_view key, std::string_view separator) {
  std::string all;
  const auto* list = from.if_contains(key);
  if (list == nullptr || !list->is_array()) return all;
  for (const auto& element : list->get_array()) {
    if (!element.is_string()) continue;
    if (!all.empty()) all += separator;
    all += std::string_view(element.get_string());
  }
  return all;
}

bool has_text(const json::object& from, std::string_view key, std::string_view pattern) {
  const auto* list = from.if_contains(key);
  if (list == nullptr || !list->is_array()) return false;
  for (const auto& element : list->get_array())
    if (element.is_string() && glob_fits(pattern, element.get_string())) return true;
  return false;
}

}  // namespace sluice::audit
