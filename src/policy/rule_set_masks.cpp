// Which columns are personal, what each principal sees of them, and which rows.
#include <algorithm>
#include <set>

#include "rule_set.hpp"

namespace sluice::policy {
namespace {

treatment clear_by(std::string rule) { return {treatment_kind::clear, {}, std::move(rule)}; }
treatment denied_by(std::string rule) { return {treatment_kind::denied, {}, std::move(rule)}; }
treatment null_by(std::string rule) {
  treatment made{treatment_kind::masked, {}, std::move(rule)};
  made.mask.id = "null";
  return made;
}

// Least first. The order of the enumerators is not relied upon.
int permissiveness(treatment_kind kind) {
  switch (kind) {
    case treatment_kind::denied: return 0;
    case treatment_kind::masked: return 1;
    case treatment_kind::clear: return 2;
  }
  return 0;
}

// Places behind every rule of the file.
constexpr std::size_t after_all = static_cast<std::size_t>(-1);

}  // namespace

unclassified rule_set::unclassified_of(std::string_view layer) const {
  const model::layer* found = find_layer(layer);
  return found == nullptr ? unclassified::deny : found->unclassified;
}

bool rule_set::names_relation(const object& what) const {
  return std::any_of(rules_.columns.begin(), rules_.columns.end(), [&](const model::column_rule& each) {
    // A rule for every relation (`email` wherever it stands) names none; a whole schema may be declared clear.
    const bool names =
        !each.where.relation.is_everything() || (each.data_class.empty() && !each.where.schema.is_everything());
    return names && each.where.matches(what);
  });
}

std::vector<std::string> rule_set::classify(const object& relation, std::string_view column, bool& known_clear) const {
  std::vector<const model::column_rule*> found;
  int clear = -1, classed = -1;
  for (const auto& each : rules_.columns) {
    if (!each.where.matches(relation) || !each.column.matches(column)) continue;
    if (each.data_class.empty()) {
      clear = std::max(clear, each.exactness);
    } else {
      classed = std::max(classed, each.exactness);
      found.push_back(&each);
    }
  }
  // INVARIANT: on a tie the column is personal.
  known_clear = clear > classed;
  std::vector<std::string> classes;
  if (known_clear) return classes;
  std::stable_sort(found.begin(), found.end(),
                   [](const auto* left, const auto* right) { return left->exactness > right->exactness; });
  for (const auto* each : found)
    if (std::find(classes.begin(), classes.end(), each->data_class) == classes.end())
      classes.push_back(each->data_class);
  return classes;
}

rule_set::ranked rule_set::class_treatment(const model::role& role, std::string_view layer,
                                           std::string_view data_class) const {
  const model::treatment_rule* best = nullptr;
  for (const auto& each : rules_.treatments) {
    if ((each.data_class != model::everything && each.data_class != data_class) || !each.roles.has(role.name) ||
        !each.layers.has(layer))
      continue;
    // What the role itself says about seeing goes before what is said about everybody.
    if (role.sees_clear && each.roles.all) continue;
    if (best == nullptr || each.exactness > best->exactness) best = &each;
  }
  if (best != nullptr) return {best->treatment, static_cast<std::size_t>(best - rules_.treatments.data())};
  if (role.sees_clear) return {clear_by("roles." + role.name + ".sees"), after_all};
  return {null_by("treatments.default"), after_all};
}

rule_set::ranked rule_set::unclassified_treatment(const model::role& role, std::string_view layer) const {
  const model::layer* found = find_layer(layer);
  if (found == nullptr) return {denied_by("default.deny"), after_all};
  switch (found->unclassified) {
    case unclassified::allow: return {clear_by(found->rule), 0};
    case unclassified::mask:
      if (role.sees_clear) return {clear_by("roles." + role.name + ".sees"), 0};
      return {{treatment_kind::masked, found->mask, found->rule}, 0};
    case unclassified::deny: return {denied_by(found->rule), 0};
  }
  return {denied_by("default.deny"), after_all};
}

template <class OfRole>
treatment rule_set::for_object(const principal& who, const object& what, OfRole of_role) const {
  ranked best{denied_by("default.deny"), after_all};
  bool any = false;
  for (const auto& binding : who.bindings) {
    if (!grants(binding, what, action::read)) continue;
    ranked next = of_role(*find_role(binding.role));
    const int better = permissiveness(next.what.kind) - permissiveness(best.what.kind);
    if (!any || better > 0 || (better == 0 && next.place < best.place)) best = std::move(next);
    any = true;
  }
  return best.what;
}

template <class OfRole>
treatment rule_set::for_layer(const principal& who, std::string_view layer, OfRole of_role) const {
  // Bindings that read the whole layer help each other; one that reads its services alone helps nobody else's schema.
  principal layer_wide, one;
  treatment least = denied_by("default.deny");
  bool any = false;
  for (const auto& binding : who.bindings) {
    const model::role* role = find_role(binding.role);
    if (role == nullptr) continue;
    role_binding unscoped = binding;
    unscoped.services.clear();
    const object anywhere{{}, layer, {}, {}};
    if (!grants(unscoped, anywhere, action::read)) continue;
    if (binding.services.empty() || !role->service_scope.has(action::read)) {
      layer_wide.bindings.push_back(std::move(unscoped));
      continue;
    }
    one.bindings.assign(1, std::move(unscoped));
    treatment next = for_object(one, anywhere, of_role);
    if (!any || permissiveness(next.kind) < permissiveness(least.kind))
      least = std::move(next);
    else if (next.kind == treatment_kind::masked && least.kind == treatment_kind::masked && next.mask.id != least.mask.id)
      least = null_by("treatments.default");
    any = true;
  }
  if (!layer_wide.bindings.empty()) return for_object(layer_wide, {{}, layer, {}, {}}, of_role);
  return least;
}

treatment rule_set::treat(const principal& who, const object& relation, std::string_view data_class) const {
  return for_object(who, relation,
                    [&](const model::role& role) { return class_treatment(role, relation.layer, data_class); });
}

treatment rule_set::treat(const principal& who, std::string_view layer, std::string_view data_class) const {
  return for_layer(who, layer, [&](const model::role& role) { return class_treatment(role, layer, data_class); });
}

treatment rule_set::treat_unclassified(const principal& who, const object& relation) const {
  return for_object(who, relation,
                    [&](const model::role& role) { return unclassified_treatment(role, relation.layer); });
}

treatment rule_set::treat_unclassified(const principal& who, std::string_view layer) const {
  return for_layer(who, layer, [&](const model::role& role) { return unclassified_treatment(role, layer); });
}

bool rule_set::subject_to(const model::filter_rule& filter, std::string_view role, const object& what) const {
  return filter.roles.has(role) && filter.where.matches(what);
}

bool rule_set::filters_relation(const object& what) const {
  return std::any_of(rules_.filters.begin(), rules_.filters.end(), [&](const model::filter_rule& each) { return each.where.matches(what); });
}

// Filters of one role hold together; a row that one of several roles may see is seen. Roles that read decide; a
// principal who may only change rows is filtered by the roles that let it.
std::vector<row_filter> rule_set::filters(const principal& who, const object& relation) const {
  const auto roles_with = [&](std::initializer_list<action> actions) {
    std::set<std::string> roles;
    for (const auto& binding : who.bindings)
      for (const action how : actions)
        if (grants(binding, relation, how)) roles.insert(binding.role);
    return roles;
  };
  std::set<std::string> roles = roles_with({action::read});
  if (roles.empty()) roles = roles_with({action::create, action::update, action::remove});

  if (roles.empty()) return {{"default.deny", "false"}};

  using list = std::vector<std::pair<std::string, std::string>>;  // rule, sql
  std::set<list> alternatives;
  for (const auto& role : roles) {
    list own;
    for (const auto& each : rules_.filters)
      if (subject_to(each, role, relation))
        own.emplace_back(each.rule, each.text.instantiate(who.user, who.attributes).value_or("false"));
    if (own.empty()) return {};
    alternatives.insert(std::move(own));
  }

  std::vector<row_filter> out;
  if (alternatives.size() == 1) {
    for (const auto& [rule, sql] : *alternatives.begin()) out.push_back({rule, sql});
    return out;
  }
  row_filter either;
  for (const auto& own : alternatives) {
    std::string all;
    for (const auto& [rule, sql] : own) {
      all += (all.empty() ? "(" : " AND (") + sql + ")";
      if (either.rule.find(rule) == std::string::npos) either.rule += (either.rule.empty() ? "" : "+") + rule;
    }
    either.sql += (either.sql.empty() ? "(" : " OR (") + all + ")";
  }
  out.push_back(std::move(either));
  return out;
}

}  // namespace sluice::policy
