#include <boost/json.hpp>

#include "saved.hpp"
#include "sluice/catalog/snapshot.hpp"

namespace sluice::catalog {
namespace {

namespace json = boost::json;

json::string letter(char value) { return json::string(1, value); }

json::value write(const column& what) {
  json::object out;
  out["name"] = what.name;
  out["attnum"] = what.attnum;
  out["type"] = what.type.value();
  if (what.typmod != -1) out["typmod"] = what.typmod;
  out["type_sql"] = what.type_sql;
  out["category"] = letter(what.type_category);
  out["base_type"] = what.base_type;
  if (what.is_domain) out["domain"] = true;
  if (what.not_null) out["not_null"] = true;
  if (what.is_generated) out["generated"] = true;
  return out;
}

json::value write(const relation& what) {
  json::object out;
  out["oid"] = what.id.value();
  out["schema"] = what.schema;
  out["name"] = what.name;
  out["kind"] = letter(static_cast<char>(what.kind));
  if (!what.columns.empty()) {
    json::array columns;
    for (const auto& each : what.columns) columns.push_back(write(each));
    out["columns"] = std::move(columns);
  }
  if (!what.primary_key.empty()) out["primary_key"] = json::array(what.primary_key.begin(), what.primary_key.end());
  if (!what.parents.empty()) {
    json::array parents;
    for (const oid each : what.parents) parents.emplace_back(each.value());
    out["parents"] = std::move(parents);
  }
  if (!what.dependents.empty()) {
    json::array dependents;
    for (const oid each : what.dependents) dependents.emplace_back(each.value());
    out["dependents"] = std::move(dependents);
  }
  if (what.row_type.value() != 0) out["row_type"] = what.row_type.value();
  if (!what.definition.empty()) out["definition"] = what.definition;
  if (what.is_partition) out["partition"] = true;
  if (what.toast_of.value() != 0) out["toast_of"] = what.toast_of.value();
  if (what.index_of.value() != 0) out["index_of"] = what.index_of.value();
  if (what.owned_by.value() != 0) out["owned_by"] = what.owned_by.value();
  return out;
}

json::value write(const function& what) {
  json::object out;
  out["oid"] = what.id.value();
  out["schema"] = what.schema;
  out["name"] = what.name;
  out["volatility"] = letter(what.volatility);
  out["kind"] = letter(what.kind);
  out["language"] = what.language;
  if (what.security_definer) out["security_definer"] = true;
  if (what.arguments != 0) out["arguments"] = what.arguments;
  return out;
}

json::value write(const operator_name& what) { return json::object{{"schema", what.schema}, {"name", what.name}}; }

json::value write(const type_name& what) {
  return json::object{
      {"oid", what.id.value()}, {"schema", what.schema}, {"name", what.name}, {"type", letter(what.type)}};
}

json::value write(const std::string& what) { return json::string(what); }

template <class T>
json::array write_all(const std::vector<T>& list) {
  json::array out;
  out.reserve(list.size());
  for (const auto& each : list) out.push_back(write(each));
  return out;
}

}  // namespace

std::string to_json(const snapshot& from) {
  const contents& all = from.all();
  json::object out;
  out["format"] = saved::format;
  out["version"] = saved::version;
  out["revision"] = from.revision().value();
  out["database"] = all.database;
  out["server_version"] = all.server_version;
  out["schemas"] = write_all(all.schemas);
  out["relations"] = write_all(all.relations);
  out["functions"] = write_all(all.functions);
  out["operators"] = write_all(all.operators);
  out["types"] = write_all(all.types);
  return json::serialize(out);
}

}  // namespace sluice::catalog
