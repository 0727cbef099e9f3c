#include "reader.hpp"

#include <algorithm>
#include <set>

namespace sluice::policy {
namespace {

using config::mapping;
using config::need;

constexpr std::string_view top_keys[] = {"version", "contact", "layers", "services",   "roles",       "bindings",
                                         "classes", "clear",   "masks",  "treatments", "row_filters", "functions"};

constexpr std::pair<std::string_view, unclassified> unclassified_words[] = {
    {"allow", unclassified::allow}, {"mask", unclassified::mask}, {"deny", unclassified::deny}};
constexpr std::pair<std::string_view, bool> sees_words[] = {{"clear", true}, {"masked", false}};
constexpr std::pair<std::string_view, explain_right> explain_words[] = {
    {"none", explain_right::none}, {"plain", explain_right::plain}, {"full", explain_right::full}};
constexpr std::pair<std::string_view, instance_profile> profile_words[] = {{"none", instance_profile::none},
                                                                           {"viewer", instance_profile::viewer},
                                                                           {"creator", instance_profile::creator},
                                                                           {"admin", instance_profile::admin}};
constexpr std::pair<std::string_view, model::ddl_scope> ddl_words[] = {
    {"own_service", model::ddl_scope::own_service}, {"all", model::ddl_scope::all}, {"none", model::ddl_scope::none}};
constexpr std::pair<std::string_view, action> action_words[] = {
    {"create", action::create}, {"read", action::read}, {"update", action::update}, {"delete", action::remove}};

std::string tick(std::string_view name) { return "`" + std::string(name) + "`"; }

std::vector<std::string> keys_of(const mapping& top, std::string_view key) {
  std::vector<std::string> out;
  const YAML::Node node = top.find(key);
  if (!node.IsDefined() || !node.IsMap()) return out;
  for (const auto& entry : node)
    if (entry.first.IsScalar()) out.push_back(entry.first.Scalar());
  return out;
}

std::string nearest_hint(const std::string& word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  return base::did_you_mean(word, views);
}

}  // namespace

model::policy_file reader::read(const YAML::Node& root) {
  const mapping top(root, problems_, "the policy", top_keys);
  if (!top.valid()) return {};
  int version = 0;
  top.integer("version", version, 1, 1, need::required);
  top.text("contact", out_.contact);
  collect_names(top);
  read_layers(top);
  read_services(top);
  read_roles(top);
  read_bindings(top);
  read_masks(top);
  read_treatments(top);
  read_classes(top);
  read_clear(top);
  read_filters(top);
  read_functions(top);
  if (!problems_.has_errors()) warn_about_the_unused(top);
  return std::move(out_);
}

void reader::collect_names(const mapping& top) {
  layers_ = keys_of(top, "layers");
  services_ = keys_of(top, "services");
  roles_ = keys_of(top, "roles");
  classes_ = keys_of(top, "classes");
  masks_ = keys_of(top, "masks");
}

name_pattern reader::pattern(const YAML::Node& node, std::string_view what, letter_case how) {
  std::string text;
  if (!config::read_text(node, problems_, what, text)) return {};
  auto made = name_pattern::make(text, how);
  if (made) return *made;
  problems_.error(node, tick(what) + ": " + made.error().cause, made.error().hint);
  return {};
}

void reader::pattern_part(const mapping& in, std::string_view key, name_pattern& into, letter_case how) {
  if (const YAML::Node node = in.find(key); node.IsDefined()) into = pattern(node, key, how);
}

void reader::check_known(const YAML::Node& at, std::string_view kind, const std::string& name, const names& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  problems_.error(at, "there is no " + std::string(kind) + " " + tick(name), nearest_hint(name, known));
}

model::name_set reader::name_list(const mapping& in, std::string_view key, std::string_view kind, const names& known,
                                  need how) {
  model::name_set out;
  out.all = how == need::optional && !in.find(key).IsDefined();
  in.items(
      key,
      [&](std::size_t, const YAML::Node& node) {
        std::string name;
        if (!config::read_text(node, problems_, key, name)) return;
        if (name == model::everything) {
          out.all = true;
          return;
        }
        check_known(node, kind, name, known);
        out.names.insert(name);
      },
      how);
  return out;
}

action_set reader::actions(const YAML::Node& node, const std::string& what) {
  action_set out;
  config::read_items(node, problems_, what, [&](std::size_t, const YAML::Node& item) {
    std::string word;
    if (!config::read_text(item, problems_, what, word)) return;
    for (const auto& [spelling, meaning] : action_words)
      if (spelling == word) return out.add(meaning);
    problems_.error(item, "there is no action " + tick(word), "the actions are `create`, `read`, `update`, `delete`");
  });
  return out;
}

model::relation_pattern reader::schema_pattern(const YAML::Node& node, const std::string& what) {
  model::relation_pattern out;
  if (node.IsScalar()) {
    out.schema = pattern(node, what, letter_case::exact);
    return out;
  }
  const mapping in(node, problems_, tick(what), {"database", "layer", "schema"});
  pattern_part(in, "database", out.database, letter_case::exact);
  pattern_part(in, "layer", out.layer, letter_case::exact);
  pattern_part(in, "schema", out.schema, letter_case::exact);
  return out;
}

void reader::read_layers(const mapping& top) {
  top.entries(
      "layers",
      [&](const std::string& name, const YAML::Node& key, const YAML::Node& node) {
        if (name == model::everything) return problems_.error(key, "a layer cannot be named `*`");
        const mapping in(node, problems_, "layer " + tick(name), {"unclassified", "mask"});
        model::layer made;
        made.name = name;
        made.rule = "layers." + name + ".unclassified";
        made.mask.id = "null";
        in.choice<unclassified>("unclassified", made.unclassified, unclassified_words, need::required);
        if (const YAML::Node value = in.find("mask"); value.IsDefined()) {
          if (made.unclassified != unclassified::mask)
            problems_.error(value, "layer " + tick(name) + " names a mask but does not mask",
                            "write `unclassified: mask`");
          std::string mask;
          if (config::read_text(value, problems_, "mask", mask)) check_known(value, "mask", mask, masks_);
          made.mask.id = mask;  // replaced by the mask itself when the masks have been read
        }
        out_.layers.push_back(std::move(made));
      },
      need::required);
}

void reader::read_services(const mapping& top) {
  top.entries("services", [&](const std::string& name, const YAML::Node& key, const YAML::Node& node) {
    if (name == model::everything) return problems_.error(key, "a service cannot be named `*`");
    model::service made{name, {}};
    const std::string what = "services." + name;
    config::read_items(node, problems_, what, [&](std::size_t, const YAML::Node& item) {
      made.schemas.push_back(schema_pattern(item, what));
    });
    if (made.schemas.empty()) problems_.warning(key, "service " + tick(name) + " has no schema");
    out_.services.push_back(std::move(made));
  });
}

void reader::read_roles(const mapping& top) {
  top.entries(
      "roles",
      [&](const std::string& name, const YAML::Node& key, const YAML::Node& node) {
        if (name == model::everything) return problems_.error(key, "a role cannot be named `*`");
        const mapping in(node, problems_, "role " + tick(name),
                         {"layers", "service_scope", "sees", "explain", "ddl", "instance"});
        model::role made;
        made.name = name;
        in.entries(
            "layers",
            [&](const std::string& layer, const YAML::Node& layer_key, const YAML::Node& rights) {
              if (layer != model::everything) check_known(layer_key, "layer", layer, layers_);
              made.layers[layer] = actions(rights, layer);
            },
            need::required);
        if (const YAML::Node scope = in.find("service_scope"); scope.IsDefined())
          made.service_scope = actions(scope, "service_scope");
        in.choice<bool>("sees", made.sees_clear, sees_words);
        in.choice<explain_right>("explain", made.explain, explain_words);
        read_ddl(in, made);
        read_instance(in, made);
        out_.roles.push_back(std::move(made));
      },
      need::required);
}

void reader::read_ddl(const mapping& in, model::role& into) {
  const YAML::Node node = in.find("ddl");
  if (!node.IsDefined()) return;
  const mapping ddl(node, problems_, "`ddl`", {"schemas"});
  const YAML::Node schemas = ddl.find("schemas", need::required);
  if (!schemas.IsDefined()) return;
  if (schemas.IsScalar()) {
    ddl.choice<model::ddl_scope>("schemas", into.ddl, ddl_words);
    return;
  }
  into.ddl = model::ddl_scope::listed;
  ddl.items("schemas",
            [&](std::size_t, const YAML::Node& item) { into.ddl_schemas.push_back(schema_pattern(item, "schemas")); });
}

void reader::read_instance(const mapping& in, model::role& into) {
  const YAML::Node node = in.find("instance");
  if (!node.IsDefined()) return;
  if (node.IsScalar()) {
    in.choice<instance_profile>("instance", into.instance, profile_words);
    return;
  }
  const mapping instance(node, problems_, "`instance`", {"profile", "allow", "deny"});
  instance.choice<instance_profile>("profile", into.instance, profile_words, need::required);
  const auto read_ids = [&](std::string_view key, std::set<std::string, std::less<>>& ids, bool adding) {
    instance.items(key, [&](std::size_t, const YAML::Node& item) {
      std::string id;
      if (!config::read_text(item, problems_, key, id)) return;
      const instance_row* row = find_instance(id);
      if (row == nullptr) {
        std::vector<std::string> known;
        for (const auto& each : instance_rows::all) known.emplace_back(each.id);
        problems_.error(item, "there is no instance statement " + tick(id), nearest_hint(id, known));
      } else if (adding && row->of(into.instance) == instance_right::never) {
        problems_.error(item,
                        tick(id) + " cannot be given to role " + tick(into.name) + ": " + std::string(row->reason),
                        "run it on the upstream itself");
      } else if (ids.insert(id).second && adding && row->of(into.instance) == instance_right::granted) {
        problems_.warning(item, "role " + tick(into.name) + " has " + tick(id) + " without being named");
      }
    });
  };
  read_ids("allow", into.instance_allow, true);
  read_ids("deny", into.instance_deny, false);
}

void reader::read_bindings(const mapping& top) {
  top.items("bindings", [&](std::size_t index, const YAML::Node& node) {
    const mapping in(node, problems_, "a binding", {"role", "users", "groups", "services"});
    model::binding made;
    made.rule = "bindings[" + std::to_string(index) + "]";
    if (in.text("role", made.role, need::required)) check_known(in.find("role"), "role", made.role, roles_);
    const auto people = [&](std::string_view key, model::name_set& into) {
      in.items(key, [&](std::size_t, const YAML::Node& item) {
        std::string name;
        if (!config::read_text(item, problems_, key, name)) return;
        if (name == model::everything)
          into.all = true;
        else
          into.names.insert(name);
      });
    };
    people("users", made.users);
    people("groups", made.groups);
    in.items("services", [&](std::size_t, const YAML::Node& item) {
      std::string name;
      if (!config::read_text(item, problems_, "services", name)) return;
      if (name != model::everything) check_known(item, "service", name, services_);
      made.services.push_back(name);
    });
    std::sort(made.services.begin(), made.services.end());
    const auto role =
        std::find_if(out_.roles.begin(), out_.roles.end(), [&](const auto& each) { return each.name == made.role; });
    if (role != out_.roles.end()) {
      const bool scoped = !role->service_scope.empty() || role->ddl == model::ddl_scope::listed;
      if (!role->service_scope.empty() && made.services.empty())
        problems_.error(node, "role " + tick(made.role) + " is held per service, and the binding names none",
                        "add `services: […]`; `[\"*\"]` stands for every schema");
      else if (!scoped && !made.services.empty() && role->ddl != model::ddl_scope::own_service)
        problems_.warning(in.key_of("services"), "role " + tick(made.role) + " has no right that depends on a service");
    }
    if (made.users.names.empty() && made.groups.names.empty() && !made.users.all && !made.groups.all)
      problems_.warning(node, "the binding names no user and no group");
    out_.bindings.push_back(std::move(made));
  });
}

void reader::warn_about_the_unused(const mapping& top) {
  const YAML::Node roles = top.find("roles");
  for (const auto& role : out_.roles)
    if (std::none_of(out_.bindings.begin(), out_.bindings.end(),
                     [&](const auto& each) { return each.role == role.name; }))
      problems_.warning(roles[role.name], "role " + tick(role.name) + " is bound to nobody");
  const auto covers = [](const model::name_set& wide, const model::name_set& narrow) {
    return wide.all || (!narrow.all &&
                        std::includes(wide.names.begin(), wide.names.end(), narrow.names.begin(), narrow.names.end()));
  };
  const YAML::Node treatments = top.find("treatments");
  for (std::size_t later = 0; later < out_.treatments.size(); ++later) {
    const auto& below = out_.treatments[later];
    if (below.treatment.rule.rfind("treatments[", 0) != 0) continue;
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const auto& above = out_.treatments[earlier];
      if (above.data_class == below.data_class && above.exactness >= below.exactness &&
          covers(above.roles, below.roles) && covers(above.layers, below.layers)) {
        problems_.warning(treatments[later],
                          below.treatment.rule + " is never used: " + above.treatment.rule + " goes first");
        break;
      }
    }
  }
}

}  // namespace sluice::policy
