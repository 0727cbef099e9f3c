// The policy file as values, in file order: what the reader fills and the rule set answers from.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "filter_text.hpp"
#include "name_pattern.hpp"
#include "sluice/policy/instance.hpp"
#include "sluice/policy/policy.hpp"

namespace sluice::policy::model {

inline constexpr std::string_view everything = "*";

// A set of relations; parts that are not given match everything.
struct relation_pattern {
  name_pattern database, layer, schema, relation;

  bool matches(const object& what) const {
    return layer.matches(what.layer) && schema.matches(what.schema) && relation.matches(what.relation) &&
           database.matches(what.database);
  }
  bool matches_schema(const object& what) const {
    return layer.matches(what.layer) && schema.matches(what.schema) && database.matches(what.database);
  }
};

// Names of roles, layers or classes, `*` for all of them.
struct name_set {
  std::set<std::string, std::less<>> names;
  bool all = false;

  bool has(std::string_view name) const { return all || names.contains(name); }
};

struct layer {
  std::string name;
  policy::unclassified unclassified = policy::unclassified::deny;
  policy::mask mask;  // of unclassified columns, when they are masked
  std::string rule;
};

struct service {
  std::string name;
  std::vector<relation_pattern> schemas;
};

enum class ddl_scope { own_service, all, none, listed };

struct role {
  std::string name;
  std::map<std::string, action_set, std::less<>> layers;  // by layer name; `*` for those without a line of their own
  action_set service_scope;                               // letters that hold in the services of the binding alone
  bool sees_clear = false;
  explain_right explain = explain_right::plain;
  ddl_scope ddl = ddl_scope::own_service;
  std::vector<relation_pattern> ddl_schemas;  // listed
  instance_profile instance = instance_profile::none;
  std::set<std::string, std::less<>> instance_allow, instance_deny;
};

struct binding {
  std::string role;
  name_set users, groups;
  std::vector<std::string> services;
  std::string rule;
};

struct column_rule {
  relation_pattern where;
  name_pattern column;
  std::string data_class;  // empty: known to be not personal
  int exactness = 0;       // how much of the rule is written out; the greater one wins
};

struct treatment_rule {
  std::string data_class;  // `*` for all
  name_set roles, layers;
  policy::treatment treatment;
  int exactness = 0;
};

struct filter_rule {
  relation_pattern where;
  name_set roles;
  filter_text text;
  std::string rule;
};

struct function_rule {
  name_pattern schema, name;
  name_set roles;
};

struct policy_file {
  std::string contact;
  std::vector<layer> layers;
  std::vector<service> services;
  std::vector<role> roles;
  std::vector<binding> bindings;
  std::vector<std::string> classes;
  std::vector<column_rule> columns;
  std::map<std::string, policy::mask> masks;
  std::vector<treatment_rule> treatments;
  std::vector<filter_rule> filters;
  std::vector<function_rule> functions;
};

}  // namespace sluice::policy::model
