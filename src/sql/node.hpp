// Reading libpg_query's JSON: a node is {"Type": {fields}}; fields whose value is zero are left out.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/sql/tree.hpp"

namespace sluice::sql {

using element = simdjson::dom::element;
using object = simdjson::dom::object;
using array = simdjson::dom::array;

struct tree::state {
  std::string text;
  simdjson::dom::parser parser;
  element root;
  std::vector<token> tokens;
  bool scanned = false;
};

struct node {
  std::string_view type;
  object body;
};

inline std::optional<element> field(const object& in, std::string_view key) {
  element found;
  if (in[key].get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}
inline std::optional<node> as_node(const element& wrapped) {
  object outer;
  if (wrapped.get(outer) != simdjson::SUCCESS) return std::nullopt;
  auto first = outer.begin();
  if (first == outer.end()) return std::nullopt;
  object body;
  const std::string_view type = first.key();
  if (type.empty() || type[0] < 'A' || type[0] > 'Z' || first.value().get(body) != simdjson::SUCCESS) return std::nullopt;
  if (++first != outer.end()) return std::nullopt;
  return node{type, body};
}
inline std::optional<node> child(const object& in, std::string_view key) {
  const auto found = field(in, key);
  return found ? as_node(*found) : std::nullopt;
}
inline std::optional<object> plain_child(const object& in, std::string_view key) {
  const auto found = field(in, key);
  object body;
  if (!found || found->get(body) != simdjson::SUCCESS) return std::nullopt;
  return body;
}
inline std::vector<element> list(const object& in, std::string_view key) {
  std::vector<element> out;
  const auto found = field(in, key);
  array items;
  if (!found || found->get(items) != simdjson::SUCCESS) return out;
  for (const element each : items) out.push_back(each);
  return out;
}
inline std::string_view text(const object& in, std::string_view key) {
  const auto found = field(in, key);
  std::string_view value;
  if (!found || found->get(value) != simdjson::SUCCESS) return {};
  return value;
}
inline std::int64_t number(const object& in, std::string_view key, std::int64_t otherwise = 0) {
  const auto found = field(in, key);
  std::int64_t value = 0;
  if (!found || found->get(value) != simdjson::SUCCESS) return otherwise;
  return value;
}
inline bool flag(const object& in, std::string_view key) {
  const auto found = field(in, key);
  bool value = false;
  return found && found->get(value) == simdjson::SUCCESS && value;
}
inline std::size_t location(const object& in) { return static_cast<std::size_t>(number(in, "location")); }

// The strings of a list of String nodes; anything else in it ends the list with an empty string (A_Star: "*").
inline std::vector<std::string> names(const std::vector<element>& items) {
  std::vector<std::string> out;
  for (const element& each : items) {
    const auto item = as_node(each);
    if (item && item->type == "String") {
      out.emplace_back(text(item->body, "sval"));
    } else if (item && item->type == "A_Star") {
      out.emplace_back("*");
    } else {
      out.emplace_back();
    }
  }
  return out;
}
inline std::vector<std::string> names(const object& in, std::string_view key) { return names(list(in, key)); }

}  // namespace sluice::sql
