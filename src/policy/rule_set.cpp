#include "rule_set.hpp"

#include <algorithm>

namespace sluice::policy {
namespace {

using model::everything;

constexpr action every_action[] = {action::create, action::read, action::update, action::remove};

// Length first: no value can be taken for another one, whatever it holds.
void add_to_key(std::string& key, std::string_view part) {
  key += std::to_string(part.size());
  key += ':';
  key += part;
}

bool holds_everywhere(const role_binding& binding) {
  return binding.services.empty() ||
         std::find(binding.services.begin(), binding.services.end(), everything) != binding.services.end();
}

const action_set* rights_in(const model::role& role, std::string_view layer) {
  auto found = role.layers.find(layer);
  if (found == role.layers.end()) found = role.layers.find(everything);
  return found == role.layers.end() ? nullptr : &found->second;
}

std::string rights_rule(const model::role& role, std::string_view layer) {
  return "roles." + role.name + ".layers." + std::string(role.layers.contains(layer) ? layer : everything);
}

std::string tick(std::string_view name) { return "`" + std::string(name) + "`"; }

std::string ticked_list(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& each : names) out += (out.empty() ? "" : ", ") + tick(each);
  return out;
}

}  // namespace

std::string_view name_of(action what) {
  switch (what) {
    case action::create: return "create";
    case action::read: return "read";
    case action::update: return "update";
    case action::remove: return "delete";
  }
  return "unknown";
}

rule_set::rule_set(model::policy_file rules, base::revision revision) : rules_(std::move(rules)), revision_(revision) {
  for (const auto& filter : rules_.filters) {
    filters_read_user_ = filters_read_user_ || filter.text.reads_user();
    filter_attributes_.insert(filter.text.attributes().begin(), filter.text.attributes().end());
  }
}

const model::role* rule_set::find_role(std::string_view name) const {
  for (const auto& each : rules_.roles)
    if (each.name == name) return &each;
  return nullptr;
}

const model::layer* rule_set::find_layer(std::string_view name) const {
  for (const auto& each : rules_.layers)
    if (each.name == name) return &each;
  return nullptr;
}

principal rule_set::bind(std::string_view user, const std::vector<std::string>& groups,
                         const std::map<std::string, std::string>& attributes) const {
  principal who;
  who.user = std::string(user);
  who.groups = groups;
  who.attributes = attributes;
  for (const auto& each : rules_.bindings) {
    const bool meant =
        each.users.has(user) || (each.groups.all && !groups.empty()) ||
        std::any_of(groups.begin(), groups.end(), [&](const auto& group) { return each.groups.names.contains(group); });
    if (meant) who.bindings.push_back({each.role, each.services, each.rule});
  }
  // Bindings stand in file order: the same for equal principals.
  for (const auto& each : who.bindings) add_to_key(who.key, each.rule);
  who.key += '|';
  if (filters_read_user_) add_to_key(who.key, user);
  who.key += '|';
  for (const auto& name : filter_attributes_) {
    const auto found = attributes.find(name);
    if (found == attributes.end()) continue;
    add_to_key(who.key, name);
    add_to_key(who.key, found->second);
  }
  return who;
}

bool rule_set::in_services(const role_binding& binding, const object& what) const {
  if (holds_everywhere(binding)) return true;
  for (const auto& service : rules_.services) {
    if (std::find(binding.services.begin(), binding.services.end(), service.name) == binding.services.end()) continue;
    for (const auto& each : service.schemas)
      if (each.matches_schema(what)) return true;
  }
  return false;
}

bool rule_set::grants(const role_binding& binding, const object& what, action how) const {
  const model::role* role = find_role(binding.role);
  if (role == nullptr || find_layer(what.layer) == nullptr) return false;
  const action_set* rights = rights_in(*role, what.layer);
  if (rights == nullptr || !rights->has(how)) return false;
  return !role->service_scope.has(how) || in_services(binding, what);
}

bool rule_set::grants_definition(const role_binding& binding, const object& what, action how) const {
  if (!grants(binding, what, how)) return false;
  const model::role* role = find_role(binding.role);
  switch (role->ddl) {
    case model::ddl_scope::own_service: return in_services(binding, what);
    case model::ddl_scope::all: return true;
    case model::ddl_scope::none: return false;
    case model::ddl_scope::listed:
      return std::any_of(role->ddl_schemas.begin(), role->ddl_schemas.end(),
                         [&](const auto& each) { return each.matches_schema(what); });
  }
  return false;
}

bool rule_set::reaches(const principal& who, std::string_view database, std::string_view layer,
                       const std::vector<std::string>& schemas) const {
  for (const auto& binding : who.bindings) {
    for (const action how : every_action) {
      for (const auto& schema : schemas) {
        // `*` stands for schemas that the config does not name: whether one is the binding's own is for decide() to
        // say.
        const model::role* role = find_role(binding.role);
        const action_set* rights = role == nullptr ? nullptr : rights_in(*role, layer);
        if (schema == everything && rights != nullptr && rights->has(how) && find_layer(layer) != nullptr) return true;
        if (grants(binding, {database, layer, schema, {}}, how)) return true;
      }
    }
  }
  return false;
}

decision rule_set::decide(const principal& who, const object& what, action how) const {
  return answer(who, what, how, false);
}

decision rule_set::decide_ddl(const principal& who, const object& what, action how) const {
  return answer(who, what, how, true);
}

decision rule_set::answer(const principal& who, const object& what, action how, bool definition) const {
  decision made;
  for (const auto& binding : who.bindings) {
    if (!(definition ? grants_definition(binding, what, how) : grants(binding, what, how))) continue;
    made.allowed = true;
    made.rules.push_back(binding.rule);
    made.rules.push_back(rights_rule(*find_role(binding.role), what.layer));
    made.reason = "role " + tick(binding.role) + " has " + tick(name_of(how)) + " on layer " + tick(what.layer);
    return made;
  }
  made.rules.push_back("default.deny");
  made.reason = why_not(who, what, how, definition);
  made.hint = "ask " + (rules_.contact.empty() ? std::string("whoever keeps the policy") : rules_.contact) + " for " +
              tick(name_of(how)) + " on " +
              (what.schema.empty() ? "layer " + tick(what.layer) : "schema " + tick(what.schema));
  return made;
}

std::string rule_set::why_not(const principal& who, const object& what, action how, bool definition) const {
  if (what.layer.empty()) return "schema " + tick(what.schema) + " belongs to no layer";
  if (find_layer(what.layer) == nullptr) return "layer " + tick(what.layer) + " is not in the policy";
  if (who.bindings.empty()) return "you hold no role";
  std::vector<std::string> roles;
  for (const auto& binding : who.bindings) {
    if (std::find(roles.begin(), roles.end(), binding.role) == roles.end()) roles.push_back(binding.role);
    const model::role* role = find_role(binding.role);
    const action_set* rights = role == nullptr ? nullptr : rights_in(*role, what.layer);
    if (rights == nullptr || !rights->has(how)) continue;
    if (definition && grants(binding, what, how))
      return "role " + tick(binding.role) + " may not change definitions in schema " + tick(what.schema);
    return "role " + tick(binding.role) + " has " + tick(name_of(how)) + " on layer " + tick(what.layer) +
           " only in service " + ticked_list(binding.services) + ", and schema " + tick(what.schema) + " is not in it";
  }
  return (roles.size() == 1 ? "role " : "none of the roles ") + ticked_list(roles) + " has " +
         (roles.size() == 1 ? "no " : "") + tick(name_of(how)) + " on layer " + tick(what.layer);
}

instance_decision rule_set::decide_instance(const principal& who, std::string_view statement) const {
  const instance_row* row = find_instance(statement);
  if (row == nullptr)
    return {false, "instance.unlisted",
            "no role has " + tick(statement) + ": it is not on the list of instance statements"};
  const std::string rule = "instance." + std::string(row->id);
  for (const auto& binding : who.bindings) {
    const model::role* role = find_role(binding.role);
    if (role == nullptr || role->instance_deny.contains(row->id)) continue;
    const instance_right right = row->of(role->instance);
    if (right == instance_right::granted ||
        (right == instance_right::by_name && role->instance_allow.contains(row->id)))
      return {true, rule, "role " + tick(role->name) + " has " + tick(row->id)};
  }
  const bool nobody = row->admin == instance_right::never && row->creator == instance_right::never &&
                      row->viewer == instance_right::never;
  return {false, rule, (nobody ? "nobody has " : "you do not have ") + tick(row->id) + ": " + std::string(row->reason)};
}

bool rule_set::unrestricted(const principal& who, std::string_view database,
                            const std::map<std::string, std::string>& layer_of_schema) const {
  // A schema that is in no layer is reached by nobody, so names must be resolved.
  if (!layer_of_schema.contains(std::string(everything))) return false;
  const auto clear_by = [&](const role_binding& binding, const model::layer& layer) {
    const model::role* role = find_role(binding.role);
    if (role == nullptr || !role->sees_clear) return false;
    const action_set* rights = rights_in(*role, layer.name);
    if (rights == nullptr) return false;
    for (const action how : every_action)
      if (!rights->has(how) || (role->service_scope.has(how) && !holds_everywhere(binding))) return false;
    if (role->ddl != model::ddl_scope::all &&
        !(role->ddl == model::ddl_scope::own_service && holds_everywhere(binding)))
      return false;
    for (const auto& each : rules_.treatments)
      if (!each.roles.all && each.roles.has(role->name) && each.layers.has(layer.name) &&
          each.treatment.kind != treatment_kind::clear)
        return false;
    for (const auto& each : rules_.filters)
      if (each.roles.has(role->name) && each.where.database.matches(database) && each.where.layer.matches(layer.name))
        return false;
    return true;
  };
  for (const auto& [schema, name] : layer_of_schema) {
    const model::layer* layer = find_layer(name);
    if (layer == nullptr || layer->unclassified == unclassified::deny) return false;
    if (std::none_of(who.bindings.begin(), who.bindings.end(),
                     [&](const auto& each) { return clear_by(each, *layer); }))
      return false;
  }
  return true;
}

bool rule_set::function_allowed(const principal& who, std::string_view schema, std::string_view name) const {
  for (const auto& each : rules_.functions) {
    if (!each.schema.matches(schema) || !each.name.matches(name)) continue;
    for (const auto& binding : who.bindings)
      if (each.roles.has(binding.role) && find_role(binding.role) != nullptr) return true;
  }
  return false;
}

}  // namespace sluice::policy
