// Who may do what where, which columns are personal, and what is done to them: the policy as a value.
//
// Threading: a loaded policy_set is immutable and shared as policy_ptr; every query is const and free of I/O.
// Deny is the fall-through of every question asked here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/diagnostic.hpp"
#include "sluice/base/strong.hpp"

namespace sluice::policy {

enum class action : std::uint8_t { create, read, update, remove };  // `delete` is a keyword; printed as "delete"
std::string_view name_of(action what);

class action_set {
 public:
  constexpr action_set() = default;
  constexpr action_set(std::initializer_list<action> list) {
    for (action each : list) add(each);
  }
  constexpr void add(action what) { bits_ |= bit(what); }
  constexpr void add(action_set other) { bits_ |= other.bits_; }
  constexpr bool has(action what) const { return (bits_ & bit(what)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(action_set, action_set) = default;

 private:
  static constexpr std::uint8_t bit(action what) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(what));
  }
  std::uint8_t bits_ = 0;
};

// Who is asking. Built by policy_set::bind; rebuilt after every reload.
struct role_binding {
  std::string role;
  std::vector<std::string> services;  // empty: the binding holds in every schema of the role's layers
  std::string rule;                   // id of the binding, for explanations ("bindings[2]")
};
struct principal {
  std::string user;
  std::vector<std::string> groups;
  std::map<std::string, std::string> attributes;
  std::vector<role_binding> bindings;
  // Equal keys get equal decisions, masks and filters under one policy revision: part of every cache key.
  std::string key;
  // Attributes and user name that row filters read are part of the key.
};

// What is asked about. For schema-level questions (CREATE SCHEMA, DDL) relation is empty.
struct object {
  std::string_view database;  // gateway database
  std::string_view layer;
  std::string_view schema;
  std::string_view relation;
};

struct decision {
  bool allowed = false;
  std::vector<std::string> rules;  // ids of the rules that decided: "roles.viewer.rules[1]", "bindings[2]"
  std::string reason;              // for the client: "`viewer` has no `create` on layer `warehouse`"
  std::string hint;                // what to ask for, and whom
};

enum class unclassified { allow, mask, deny };

enum class mask_kind { null, constant, full, partial, email, phone, date_year, bucket, token, detect };
struct mask {
  std::string id;  // for audit: name in the policy, or class and kind
  mask_kind kind = mask_kind::null;
  std::string constant;                // constant: the text; full: the fill character (default "*")
  int keep_first = 0;                  // partial: characters, not bytes
  int keep_last = 0;                   // partial
  double bucket = 0;                   // bucket width
  std::vector<std::string> detectors;  // detect: names of wire-mask detectors, e.g. "email", "phone_jp"
};

enum class treatment_kind { clear, masked, denied };
struct treatment {
  treatment_kind kind = treatment_kind::denied;
  policy::mask mask;  // for masked
  std::string rule;
};

struct row_filter {
  std::string rule;
  std::string sql;  // boolean expression over the relation's own columns, already normalised (DESIGN rule 7):
                    // pg_catalog functions, schema-qualified relations, attributes substituted as quoted literals
};

// How much of the plans of statements that touch masked or hidden data: nothing, their shape, all of it.
enum class explain_right : std::uint8_t { none, plain, full };
struct explain_decision {
  explain_right right = explain_right::plain;
  std::vector<std::string> rules;  // "roles.tuner.explain"
  std::string contact;             // whom to ask for more
};

// Statements that concern the instance, not rows: one table, one id each ("create_role", "vacuum", "listen", …).
struct instance_decision {
  bool allowed = false;
  std::string rule;
  std::string reason;
};

class policy_set {
 public:
  virtual ~policy_set() = default;
  virtual base::revision revision() const = 0;

  virtual principal bind(std::string_view user, const std::vector<std::string>& groups,
                         const std::map<std::string, std::string>& attributes) const = 0;
  // Any action on any object of the layer: what login asks for each layer of the database.
  virtual bool reaches(const principal& who, std::string_view database, std::string_view layer,
                       const std::vector<std::string>& schemas) const = 0;
  // Rows: SELECT, INSERT, UPDATE, DELETE and what counts as them.
  virtual decision decide(const principal& who, const object& what, action how) const = 0;
  // Definitions: CREATE, ALTER, COMMENT, DROP; the same letters, narrowed by the role's `ddl`.
  virtual decision decide_ddl(const principal& who, const object& what, action how) const = 0;
  virtual instance_decision decide_instance(const principal& who, std::string_view statement) const = 0;
  // True when every row and column of the database is clear and every action allowed: names need no resolving.
  virtual bool unrestricted(const principal& who, std::string_view database,
                            const std::map<std::string, std::string>& layer_of_schema) const = 0;

  virtual unclassified unclassified_of(std::string_view layer) const = 0;
  // True when a rule names this relation (as clear or with classes): `unclassified: deny` then does not apply to it.
  virtual bool names_relation(const object& what) const = 0;
  // Ids of the data classes of a column, by explicit name, glob or RE2, the most exact rule's first; empty when no rule
  // names it. `known_clear` is set when a rule names the column as not personal; then there are no classes.
  virtual std::vector<std::string> classify(const object& relation, std::string_view column,
                                            bool& known_clear) const = 0;
  // The most permissive treatment among the roles that grant `read` on the relation; denied when none does. The layer
  // form is for questions without a schema: the least that holds anywhere in the layer.
  virtual treatment treat(const principal& who, const object& relation, std::string_view data_class) const = 0;
  virtual treatment treat(const principal& who, std::string_view layer, std::string_view data_class) const = 0;
  // What happens to a column that no rule names, by the layer's `unclassified`.
  virtual treatment treat_unclassified(const principal& who, const object& relation) const = 0;
  virtual treatment treat_unclassified(const principal& who, std::string_view layer) const = 0;
  virtual std::vector<row_filter> filters(const principal& who, const object& relation) const = 0;
  // True when a row filter of any role names this relation.
  virtual bool filters_relation(const object& what) const = 0;
  // The most permissive among the roles that grant `read` on the relation. Without a schema: the least that holds anywhere
  // in the layer.
  virtual explain_decision explain(const principal& who, const object& relation) const = 0;
  // User-defined functions that the policy names for this principal.
  virtual bool function_allowed(const principal& who, std::string_view schema, std::string_view name) const = 0;
};

using policy_ptr = std::shared_ptr<const policy_set>;

struct load_outcome {
  policy_ptr value;                        // null when there are errors
  std::vector<base::diagnostic> problems;  // errors, in file order
  std::vector<base::diagnostic> warnings;  // rules that match nothing, shadowed bindings
  std::vector<std::string> layers;         // that the policy names, in file order
};
// Whole or not at all. `revision` numbers the set; the digest of the file is part of the audit records of reloads.
load_outcome load(const std::string& path, base::revision revision);

}  // namespace sluice::policy
