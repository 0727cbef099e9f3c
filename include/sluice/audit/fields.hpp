// The members of a recorded line, read back. Values; a fields object owns what it shows.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::audit {

// Nothing when the line is not a JSON object.
std::optional<boost::json::object> read_fields(std::string_view line);

// Empty when it is missing or of another type.
std::string_view text_of(const boost::json::object& from, std::string_view key);
std::optional<std::uint64_t> number_of(const boost::json::object& from, std::string_view key);
// The elements of a list of texts, joined.
std::string joined(const boost::json::object& from, std::string_view key, std::string_view separator);
// Calls `use` for every object in the list under `key`.
template <class Use>
void for_each_object(const boost::json::object& from, std::string_view key, Use use) {
  const auto* list = from.if_contains(key);
  if (list == nullptr || !list->is_array()) return;
  for (const auto& element : list->get_array())
    if (element.is_object()) use(element.get_object());
}
bool has_text(const boost::json::object& from, std::string_view key, std::string_view pattern);  // a glob

}  // namespace sluice::audit
