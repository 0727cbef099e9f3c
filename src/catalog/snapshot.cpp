#include "sluice/catalog/snapshot.hpp"

#include <algorithm>

#include "digest.hpp"

namespace sluice::catalog {
namespace {

std::string name_key(std::string_view schema, std::string_view name) {
  std::string key;
  key.reserve(schema.size() + name.size() + 1);
  key += schema;
  key += '\0';  // no PostgreSQL name holds a NUL
  key += name;
  return key;
}

template <class Map, class List>
std::vector<std::string_view> schemas_of(const Map& index, const List& list, std::string_view name) {
  std::vector<std::string_view> schemas;
  const auto found = index.find(std::string(name));
  if (found == index.end()) return schemas;
  for (const std::size_t position : found->second) {
    const std::string_view schema = list[position].schema;
    if (schema != "pg_catalog") schemas.push_back(schema);
  }
  std::sort(schemas.begin(), schemas.end());
  schemas.erase(std::unique(schemas.begin(), schemas.end()), schemas.end());
  return schemas;
}

}  // namespace

const column* relation::find_column(std::string_view column_name) const {
  for (const auto& each : columns)
    if (each.name == column_name) return &each;
  return nullptr;
}

const column* relation::find_column(std::int16_t attnum) const {
  const auto found = std::lower_bound(columns.begin(), columns.end(), attnum,
                                      [](const column& each, std::int16_t number) { return each.attnum < number; });
  return found != columns.end() && found->attnum == attnum ? &*found : nullptr;
}

snapshot::snapshot(contents loaded, base::revision number) : contents_(std::move(loaded)), revision_(number) {
  std::sort(contents_.schemas.begin(), contents_.schemas.end());
  for (auto& each : contents_.relations)
    std::sort(each.columns.begin(), each.columns.end(),
              [](const column& left, const column& right) { return left.attnum < right.attnum; });
  digest_ = digest_of(contents_);

  by_name_.reserve(contents_.relations.size());
  by_oid_.reserve(contents_.relations.size());
  for (std::size_t i = 0; i < contents_.relations.size(); ++i) {
    const relation& each = contents_.relations[i];
    by_name_.emplace(name_key(each.schema, each.name), i);
    by_oid_.emplace(each.id.value(), i);
    if (each.row_type.value() != 0) by_row_type_.emplace(each.row_type.value(), i);
    for (const oid parent : each.parents) children_[parent.value()].push_back(i);
  }
  for (std::size_t i = 0; i < contents_.functions.size(); ++i)
    functions_by_name_[contents_.functions[i].name].push_back(i);
  for (std::size_t i = 0; i < contents_.operators.size(); ++i)
    operators_by_name_[contents_.operators[i].name].push_back(i);
  for (std::size_t i = 0; i < contents_.types.size(); ++i) types_by_name_[contents_.types[i].name].push_back(i);
}

bool snapshot::has_schema(std::string_view schema) const {
  return std::binary_search(contents_.schemas.begin(), contents_.schemas.end(), schema);
}

const relation* snapshot::find(std::string_view schema, std::string_view name) const {
  const auto found = by_name_.find(name_key(schema, name));
  return found == by_name_.end() ? nullptr : &contents_.relations[found->second];
}

const relation* snapshot::find(oid id) const {
  const auto found = by_oid_.find(id.value());
  return found == by_oid_.end() ? nullptr : &contents_.relations[found->second];
}

const relation* snapshot::find_by_row_type(oid row_type) const {
  const auto found = by_row_type_.find(row_type.value());
  return found == by_row_type_.end() ? nullptr : &contents_.relations[found->second];
}

std::vector<const relation*> snapshot::children_of(oid parent) const {
  std::vector<const relation*> children;
  const auto found = children_.find(parent.value());
  if (found == children_.end()) return children;
  for (const std::size_t position : found->second) children.push_back(&contents_.relations[position]);
  return children;
}

bool snapshot::has_function(std::string_view schema, std::string_view name) const {
  const auto found = functions_by_name_.find(std::string(name));
  return found != functions_by_name_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](std::size_t position) { return contents_.functions[position].schema == schema; });
}

std::vector<std::string_view> snapshot::function_schemas(std::string_view name) const {
  return schemas_of(functions_by_name_, contents_.functions, name);
}

std::vector<std::string_view> snapshot::operator_schemas(std::string_view name) const {
  return schemas_of(operators_by_name_, contents_.operators, name);
}

std::vector<std::string_view> snapshot::type_schemas(std::string_view name) const {
  return schemas_of(types_by_name_, contents_.types, name);
}

}  // namespace sluice::catalog
