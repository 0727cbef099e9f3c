#include "classification.hpp"
#include "guards.hpp"
#include "sluice/enforce/gate.hpp"

namespace sluice::enforce {

context_ptr make_context(policy::policy_ptr policy, catalog::snapshot_ptr catalog, const config::database& database,
                         std::shared_ptr<const config::settings> settings, const context* previous,
                         const std::vector<remembered_name>& restored) {
  auto made = std::make_shared<context>();
  std::vector<remembered_name> names = restored;
  if (previous) names.insert(names.end(), previous->classes->remembered().begin(), previous->classes->remembered().end());
  made->classes = std::make_shared<const classification>(*policy, *catalog, database, std::move(names));
  made->policy = std::move(policy);
  made->catalog = std::move(catalog);
  made->database = &database;
  made->settings = std::move(settings);
  return made;
}

const std::vector<remembered_name>& remembered(const context& of) { return of.classes->remembered(); }

std::optional<std::string> must_not_arrive(const context& with, const policy::principal& who, base::oid relation, std::int16_t attnum) {
  const catalog::relation* known = with.catalog->find(relation);
  if (!known || is_system_schema(known->schema)) return std::nullopt;
  const column_class* classes = with.classes->of(relation, attnum);
  const catalog::column* column = known->find_column(attnum);
  if (!column) return std::nullopt;
  // A view's own description is patched in by us; what arrives names base columns.
  if (known->kind == catalog::relation_kind::view) return std::nullopt;
  const std::string* layer = with.database->layer_of(known->schema);
  const policy::object what{with.database->name, layer ? std::string_view(*layer) : std::string_view(), known->schema, known->name};
  if (classes && !classes->classes.empty()) {
    for (const auto& each : classes->classes) {
      if (with.policy->treat(who, what, each).kind != policy::treatment_kind::clear) return known->schema + "." + known->name + "." + column->name;
    }
    return std::nullopt;
  }
  if (classes && classes->known_clear) return std::nullopt;
  if (with.policy->treat_unclassified(who, what).kind != policy::treatment_kind::clear) return known->schema + "." + known->name + "." + column->name;
  return std::nullopt;
}

}  // namespace sluice::enforce
