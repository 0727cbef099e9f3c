#include "visibility.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "guards.hpp"
#include "sluice/enforce/mask_sql.hpp"

namespace sluice::enforce {
namespace {

enum class reference {
  relation, relation_if_any, itself, type, in_namespace, in_namespace_if_any, namespace_itself, in_schema, named, object, this_database
};
struct about {
  std::string_view schema, name;
  reference how;
  std::string_view column, second;
};
#define ABOUT(schema, name, how, column, second) {#schema, name, reference::how, column, second},
constexpr about subjects[] = {
#include "visibility.inc"
};
#undef ABOUT
constexpr bool in_order(const about& a, const about& b) {
  if (a.schema != b.schema) return a.schema < b.schema;
  return a.name != b.name ? a.name < b.name : a.column < b.column;
}
static_assert(std::adjacent_find(std::begin(subjects), std::end(subjects), [](const about& a, const about& b) { return !in_order(a, b); }) ==
              std::end(subjects));

constexpr std::array<policy::action, 4> actions{policy::action::read, policy::action::create, policy::action::update, policy::action::remove};
constexpr std::string_view equals = " OPERATOR(pg_catalog.=) ";

// Of one's own session only; found by pg_my_temp_schema().
bool temporary(std::string_view schema) { return schema.rfind("pg_temp", 0) == 0; }

template <typename Range, typename Each>
std::string array_of(const Range& from, std::string_view type, Each each) {
  std::string out;
  for (const auto& one : from) out += (out.empty() ? "" : ", ") + each(one);
  return "ARRAY[" + out + "]::pg_catalog." + std::string(type) + "[]";
}
std::string names_array(const std::vector<std::string>& names) {
  return array_of(names, "name", [](const std::string& name) { return quote_literal(name); });
}

struct writer {
  const std::vector<std::string>& schemas;
  const std::map<std::string, std::vector<std::string>>& hidden;
  const std::vector<base::oid>& hidden_ids;

  std::string namespace_is(const std::string& prefix) const {
    return "(" + prefix + "nspname" + std::string(equals) + "ANY (" + names_array(schemas) + ") OR " + prefix + "oid" + std::string(equals) + "pg_catalog.pg_my_temp_schema())";
  }
  std::string listed_oid(const std::string& column) const {
    if (hidden_ids.empty()) return {};
    return column + " OPERATOR(pg_catalog.<>) ALL (" + array_of(hidden_ids, "oid", [](base::oid id) { return std::to_string(id.value()); }) + ")";
  }
  std::string in(const std::string& column, const std::string& query) const { return column + std::string(equals) + "ANY (" + query + ")"; }
  std::string namespaces() const { return "SELECT sluice_n.oid FROM pg_catalog.pg_namespace AS sluice_n WHERE " + namespace_is("sluice_n."); }
  std::string in_namespace(const std::string& column) const { return in(column, namespaces()); }
  std::string relation(const std::string& column) const {
    const std::string exact = listed_oid("sluice_c.oid");
    return in(column, "SELECT sluice_c.oid FROM pg_catalog.pg_class AS sluice_c WHERE " + in_namespace("sluice_c.relnamespace") + (exact.empty() ? "" : " AND " + exact));
  }
  std::string of_kind(const std::string& column, const std::string& catalog, const std::string& space) const {
    return in(column, "SELECT sluice_o.oid FROM pg_catalog." + catalog + " AS sluice_o WHERE " + in_namespace("sluice_o." + space));
  }
  std::string in_schema(const std::string& column) const {
    return "(" + column + std::string(equals) + "ANY (" + names_array(schemas) + ") OR " + column + std::string(equals) +
           "ANY (SELECT sluice_n.nspname FROM pg_catalog.pg_namespace AS sluice_n WHERE sluice_n.oid" + std::string(equals) + "pg_catalog.pg_my_temp_schema()))";
  }
  std::string named(const std::string& schema, const std::string& name) const {
    std::string out = in_schema(schema);
    for (const auto& [where, names] : hidden)
      out += " AND NOT (" + schema + std::string(equals) + quote_literal(where) + " AND " + name + std::string(equals) + "ANY (" + names_array(names) + "))";
    return out;
  }
  static std::string if_any(const std::string& column, const std::string& condition) { return "(" + column + std::string(equals) + "0 OR " + condition + ")"; }

  // Comments and the like: pg_class, pg_namespace, pg_type, pg_proc and pg_constraint by what they stand in; of other kinds
  // those that the server brings (FirstNormalObjectId, transam.h).
  std::string object(const std::string& kind, const std::string& id) const {
    return "CASE " + kind + " WHEN 1259 THEN " + relation(id) + " WHEN 2615 THEN " + in_namespace(id) + " WHEN 1247 THEN " + of_kind(id, "pg_type", "typnamespace") +
           " WHEN 1255 THEN " + of_kind(id, "pg_proc", "pronamespace") + " WHEN 2606 THEN " + of_kind(id, "pg_constraint", "connamespace") +
           " ELSE " + id + " OPERATOR(pg_catalog.<) 16384 END";
  }

  std::string condition(const about& row) const {
    const std::string column(row.column), second(row.second);
    switch (row.how) {
      case reference::relation: return relation(column);
      case reference::relation_if_any: return if_any(column, relation(column));
      case reference::itself: return listed_oid(column);
      case reference::type: return of_kind(column, "pg_type", "typnamespace");
      case reference::in_namespace: return in_namespace(column);
      case reference::in_namespace_if_any: return if_any(column, in_namespace(column));
      case reference::namespace_itself: return namespace_is({});
      case reference::in_schema: return in_schema(column);
      case reference::named: return named(column, second);
      case reference::object: return object(column, second);
      case reference::this_database: return column + std::string(equals) + "pg_catalog.current_database()";
    }
    return "false";
  }
};

}  // namespace

visibility::visibility(const context& with, const policy::principal& who) {
  const auto may = [&](const std::string& schema, const std::string& name) {
    const std::string* layer = with.database->layer_of(schema);
    const policy::object what{with.database->name, layer ? std::string_view(*layer) : std::string_view(), schema, name};
    const bool unknown = !name.empty() && with.policy->unclassified_of(what.layer) == policy::unclassified::deny && !with.policy->names_relation(what) &&
                         with.policy->treat_unclassified(who, what).kind != policy::treatment_kind::clear;
    return std::any_of(actions.begin(), actions.end(), [&](policy::action how) {
      if (how == policy::action::read && unknown) return false;
      return with.policy->decide(who, what, how).allowed || with.policy->decide_ddl(who, what, how).allowed;
    });
  };
  std::set<std::string> listed;
  std::map<std::string, std::vector<const catalog::relation*>> left_out;
  for (const auto& schema : with.catalog->all().schemas) {
    if (!temporary(schema) && may(schema, {})) listed.insert(schema);
  }
  for (const auto& relation : with.catalog->all().relations) {
    if (is_system_schema(relation.schema) || temporary(relation.schema)) continue;
    const catalog::relation* table = relation.index_of.value() ? with.catalog->find(relation.index_of) : &relation;
    if (may(relation.schema, table ? table->name : relation.name)) {
      listed.insert(relation.schema);
    } else {
      left_out[relation.schema].push_back(&relation);
    }
  }
  for (const auto& [schema, relations] : left_out) {
    if (!listed.count(schema)) continue;
    for (const catalog::relation* each : relations) {
      hidden_[schema].push_back(each->name);
      hidden_ids_.push_back(each->id);
    }
  }
  for (const auto& schema : with.catalog->all().schemas) restricted_ = restricted_ || (!is_system_schema(schema) && !temporary(schema) && !listed.count(schema));
  restricted_ = restricted_ || !hidden_.empty();
  // Toast tables are named after their table's number only.
  for (const char* system : {"information_schema", "pg_catalog", "pg_toast"}) listed.insert(system);
  schemas_.assign(listed.begin(), listed.end());
}

std::string visibility::condition(std::string_view schema, std::string_view name) const {
  std::string out;
  const writer with{schemas_, hidden_, hidden_ids_};
  for (const about& row : subjects) {
    if (row.schema != schema || row.name != name) continue;
    // What other databases the server has is nobody's business, however much one sees of this one.
    if (!restricted_ && row.how != reference::this_database) continue;
    const std::string next = with.condition(row);
    if (!next.empty()) out += (out.empty() ? "" : " AND ") + next;
  }
  return out;
}

}  // namespace sluice::enforce
