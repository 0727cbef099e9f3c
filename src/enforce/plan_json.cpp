// EXPLAIN (FORMAT JSON) reduced to the keys that name nodes, and the DataRow that carries a plan in either format.
#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "sluice/enforce/plan_text.hpp"

namespace sluice::enforce {
namespace {

namespace json = boost::json;

constexpr std::size_t max_depth = 2000;  // of the document: two levels for each node of a plan
constexpr std::string_view own_alias = "sluice_";

// What explain.c may say of a node in words of its own, or by the names of objects.
constexpr std::array<std::string_view, 16> words{
    "Node Type", "Parent Relationship", "Subplan Name", "Strategy", "Partial Mode", "Operation", "Command", "Join Type",
    "Scan Direction", "Relation Name", "Index Name", "CTE Name", "Function Name", "Table Function Name", "Custom Plan Provider", "Tuplestore Name"};
constexpr std::array<std::string_view, 3> flags{"Parallel Aware", "Async Capable", "Single Copy"};

bool is_in(const auto& list, std::string_view key) { return std::find(list.begin(), list.end(), key) != list.end(); }

json::object node(const json::object& from) {
  json::object out;
  for (const auto& [key, value] : from) {
    const std::string_view name(key.data(), key.size());
    if (is_in(words, name) && value.is_string()) {
      out[key] = value;
    } else if (is_in(flags, name) && value.is_bool()) {
      out[key] = value;
    } else if (name == "Alias" && value.is_string()) {
      // Aliases of the gateway's making are no names that anybody gave.
      if (!value.get_string().starts_with(own_alias)) out[key] = value;
    } else if (name == "Plans" && value.is_array()) {
      json::array below;
      for (const auto& each : value.get_array()) {
        if (each.is_object()) below.push_back(node(each.get_object()));
      }
      out[key] = std::move(below);
    }
  }
  return out;
}

// Line by line and indented as the server writes it.
void print(const json::value& what, std::size_t depth, std::string& out) {
  const auto line = [&](std::size_t at) { out += "\n" + std::string(2 * at, ' '); };
  if (const auto* object = what.if_object()) {
    out += '{';
    bool more = false;
    for (const auto& [key, value] : *object) {
      if (std::exchange(more, true)) out += ',';
      line(depth + 1);
      out += json::serialize(json::string(key)) + ": ";
      print(value, depth + 1, out);
    }
    line(depth);
    out += '}';
  } else if (const auto* array = what.if_array()) {
    out += '[';
    bool more = false;
    for (const auto& value : *array) {
      if (std::exchange(more, true)) out += ',';
      line(depth + 1);
      print(value, depth + 1, out);
    }
    line(depth);
    out += ']';
  } else {
    out += json::serialize(what);
  }
}

std::uint32_t read_be(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < count; ++i) out = (out << 8) | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

base::diagnostic no_plan(std::string cause) {
  return {std::move(cause), "the upstream and the gateway disagree about the result; the session ends", {}, "08P01"};
}

}  // namespace

std::optional<std::string> plan_json(std::string_view document) {
  json::parse_options options;
  options.max_depth = max_depth;
  boost::system::error_code failed;
  const json::value whole = json::parse(json::string_view(document.data(), document.size()), failed, {}, options);
  if (failed || !whole.is_array()) return std::nullopt;
  json::array plans;
  for (const auto& each : whole.get_array()) {
    const json::value* top = each.is_object() ? each.get_object().if_contains("Plan") : nullptr;
    json::object plan;
    if (top && top->is_object()) plan["Plan"] = node(top->get_object());
    plans.push_back(std::move(plan));
  }
  std::string out;
  print(plans, 0, out);
  return out;
}

base::result<std::optional<std::string>> plan_stripper::strip_row(std::string_view body) {
  constexpr std::size_t head = 6;  // the number of columns, the length of the one
  if (body.size() < head || read_be(body, 0, 2) != 1 || read_be(body, 2, 4) != body.size() - head) return no_plan("a row of a plan is not one text");
  const std::string_view text = body.substr(head);
  auto kept = format_ == plan_format::text ? lines_.line(text) : plan_json(text);
  if (!kept) {
    if (format_ == plan_format::json) return no_plan("a plan is not the JSON document that was asked for");
    return {boost::system::in_place_value, std::nullopt};
  }
  std::string out(body.substr(0, 2));
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((kept->size() >> shift) & 0xff);
  return {boost::system::in_place_value, out + *kept};
}

}  // namespace sluice::enforce
