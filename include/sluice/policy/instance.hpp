// Statements that concern the instance, not rows: who may have them. One table, one row per statement, a reason per
// row.
//
// What is not listed is allowed to nobody. A role takes one column of the table (its profile); a policy may add what
// stands as `by_name` in that column and take away what stands as `granted`, never more. Constexpr data; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::policy {

enum class instance_right : std::uint8_t {
  never,    // not even when a policy names it
  by_name,  // only when the role's `instance: {allow: […]}` names it
  granted   // unless the role's `instance: {deny: […]}` names it
};

// Which column of the table a role takes; `none` has nothing.
enum class instance_profile : std::uint8_t { none, viewer, creator, admin };

struct instance_row {
  std::string_view id;
  instance_right admin, creator, viewer;
  std::string_view reason;

  constexpr instance_right of(instance_profile profile) const {
    switch (profile) {
      case instance_profile::none: return instance_right::never;
      case instance_profile::viewer: return viewer;
      case instance_profile::creator: return creator;
      case instance_profile::admin: return admin;
    }
    return instance_right::never;
  }
};

namespace instance_rows {
inline constexpr auto never = instance_right::never, by_name = instance_right::by_name,
                      granted = instance_right::granted;

// clang-format off
inline constexpr std::array<instance_row, 107> all{{
  // identities and rights
  {"create_role", never, never, never,
   "roles belong to the upstream's own administrators"},
  {"alter_role", never, never, never,
   "roles belong to the upstream's own administrators"},
  {"alter_role_set", never, never, never,
   "role settings change what later sessions mean by a name"},
  {"drop_role", never, never, never,
   "roles belong to the upstream's own administrators"},
  {"grant", never, never, never,
   "rights are given in the policy, not on the upstream"},
  {"revoke", never, never, never,
   "rights are given in the policy, not on the upstream"},
  {"grant_role", never, never, never,
   "membership would change who the gateway's login is"},
  {"alter_default_privileges", never, never, never,
   "rights are given in the policy, not on the upstream"},
  {"alter_owner", never, never, never,
   "an owner may read past the gateway"},
  {"reassign_owned", never, never, never,
   "an owner may read past the gateway"},
  {"drop_owned", never, never, never,
   "drops and revokes whatever one role holds, in every layer"},
  {"set_role", never, never, never,
   "the identity of a session cannot change"},
  {"set_session_authorization", never, never, never,
   "the identity of a session cannot change"},
  {"security_label", never, never, never,
   "labels steer security modules of the server"},
  {"create_policy", by_name, never, never,
   "row security is a rule beside the policy"},
  {"alter_policy", by_name, never, never,
   "row security is a rule beside the policy"},
  {"drop_policy", by_name, never, never,
   "row security is a rule beside the policy"},
  // the server
  {"create_database", never, never, never,
   "databases belong to the instance"},
  {"alter_database", never, never, never,
   "databases belong to the instance"},
  {"alter_database_set", never, never, never,
   "database settings change what later sessions mean by a name"},
  {"drop_database", never, never, never,
   "databases belong to the instance"},
  {"create_tablespace", never, never, never,
   "tablespaces are folders of the server"},
  {"alter_tablespace", never, never, never,
   "tablespaces are folders of the server"},
  {"drop_tablespace", never, never, never,
   "tablespaces are folders of the server"},
  {"alter_system", never, never, never,
   "server settings belong to the instance"},
  {"load", never, never, never,
   "runs a library inside the server"},
  {"copy_file", never, never, never,
   "reads or writes files of the server"},
  {"copy_program", never, never, never,
   "runs programs on the server"},
  {"checkpoint", by_name, never, never,
   "costs every session; only for operators whom the policy names"},
  // extensions and languages
  {"create_extension", never, never, never,
   "an extension is code inside the server"},
  {"alter_extension", never, never, never,
   "an extension is code inside the server"},
  {"drop_extension", never, never, never,
   "an extension is code inside the server"},
  {"create_language", never, never, never,
   "a language is code inside the server"},
  {"drop_language", never, never, never,
   "a language is code inside the server"},
  {"create_access_method", never, never, never,
   "an access method is code inside the server"},
  {"create_transform", never, never, never,
   "a transform is code inside the server"},
  {"create_conversion", never, never, never,
   "a conversion changes which bytes the parser reads"},
  // SQL that nobody analysed
  {"create_function", by_name, never, never,
   "its body is SQL that nobody analysed"},
  {"alter_function", by_name, never, never,
   "may turn a function into one that runs with its owner's rights"},
  {"drop_function", by_name, never, never,
   "views and defaults may depend on it"},
  {"create_trigger", by_name, never, never,
   "runs a function on every later write"},
  {"alter_trigger", by_name, never, never,
   "runs a function on every later write"},
  {"drop_trigger", by_name, never, never,
   "later writes would go unchecked"},
  {"create_rule", never, never, never,
   "rewrites later statements behind the gate's back"},
  {"drop_rule", by_name, never, never,
   "later statements would mean something else"},
  {"create_event_trigger", never, never, never,
   "runs a function on everyone's definitions"},
  {"alter_event_trigger", never, never, never,
   "runs a function on everyone's definitions"},
  {"drop_event_trigger", never, never, never,
   "runs a function on everyone's definitions"},
  {"do", by_name, never, never,
   "its body is SQL that nobody analysed"},
  {"call", by_name, by_name, never,
   "a procedure's body is SQL that nobody analysed; the function list must name it too"},
  {"create_aggregate", never, never, never,
   "calls functions of its creator's choice under a name that others use"},
  {"create_operator", never, never, never,
   "a better argument match would capture other people's expressions"},
  {"alter_operator", never, never, never,
   "a better argument match would capture other people's expressions"},
  {"drop_operator", by_name, never, never,
   "views and indexes may depend on it"},
  {"create_operator_class", never, never, never,
   "calls functions of its creator's choice inside indexes"},
  {"alter_operator_family", never, never, never,
   "calls functions of its creator's choice inside indexes"},
  {"create_cast", never, never, never,
   "would be picked up by other people's expressions"},
  {"drop_cast", by_name, never, never,
   "other people's expressions may depend on it"},
  // definitions beside relations
  {"create_type", granted, by_name, never,
   "a type's name may be picked up by others; its schema passes the rules of definitions too"},
  {"alter_type", granted, by_name, never,
   "a type's name may be picked up by others; its schema passes the rules of definitions too"},
  {"drop_type", granted, by_name, never,
   "columns of other tables may depend on it"},
  {"create_domain", by_name, never, never,
   "its check runs on every later value of the type"},
  {"alter_domain", by_name, never, never,
   "its check runs on every later value of the type"},
  {"drop_domain", granted, by_name, never,
   "columns of other tables may depend on it"},
  {"create_collation", by_name, never, never,
   "decides how other people's texts compare"},
  {"alter_collation", by_name, never, never,
   "decides how other people's texts compare"},
  {"drop_collation", by_name, never, never,
   "decides how other people's texts compare"},
  {"create_text_search", by_name, never, never,
   "reads dictionary files of the server"},
  {"alter_text_search", by_name, never, never,
   "reads dictionary files of the server"},
  {"drop_text_search", by_name, never, never,
   "indexes may depend on it"},
  {"create_statistics", by_name, never, never,
   "keeps samples of raw values in the catalog"},
  {"alter_statistics", by_name, never, never,
   "keeps samples of raw values in the catalog"},
  {"drop_statistics", granted, by_name, never,
   "changes plans only"},
  {"rename_schema", by_name, never, never,
   "the schema's name decides the layer of everything in it"},
  {"rename", by_name, never, never,
   "gives functions, types and other objects beside relations a name that others may already use"},
  {"comment_other", by_name, never, never,
   "writes on roles, functions and other objects beside relations"},
  {"drop_other", never, never, never,
   "objects that no other row names belong to the instance"},
  {"alter_object_depends", never, never, never,
   "ties an object to an extension"},
  // other servers
  {"create_foreign_data_wrapper", never, never, never,
   "opens a road to other servers past the gateway"},
  {"alter_foreign_data_wrapper", never, never, never,
   "opens a road to other servers past the gateway"},
  {"drop_foreign_data_wrapper", never, never, never,
   "foreign servers belong to the instance"},
  {"create_server", never, never, never,
   "opens a road to other servers past the gateway"},
  {"alter_server", never, never, never,
   "opens a road to other servers past the gateway"},
  {"drop_server", never, never, never,
   "foreign servers belong to the instance"},
  {"create_user_mapping", never, never, never,
   "holds passwords of other servers"},
  {"alter_user_mapping", never, never, never,
   "holds passwords of other servers"},
  {"drop_user_mapping", never, never, never,
   "holds passwords of other servers"},
  {"import_foreign_schema", never, never, never,
   "brings relations that no rule knows yet"},
  {"create_foreign_table", by_name, never, never,
   "reaches data of another server under a new name"},
  {"create_publication", never, never, never,
   "replication carries raw rows past the gateway"},
  {"alter_publication", never, never, never,
   "replication carries raw rows past the gateway"},
  {"drop_publication", never, never, never,
   "replication belongs to the instance"},
  {"create_subscription", never, never, never,
   "replication carries raw rows past the gateway"},
  {"alter_subscription", never, never, never,
   "replication carries raw rows past the gateway"},
  {"drop_subscription", never, never, never,
   "replication belongs to the instance"},
  // upkeep; the relations named pass the rules of their layer too
  {"vacuum", granted, granted, never,
   "upkeep of relations that the role may update"},
  {"analyze", granted, granted, never,
   "upkeep of relations that the role may update"},
  {"reindex", granted, granted, never,
   "upkeep of relations that the role may update"},
  {"cluster", granted, granted, never,
   "upkeep of relations that the role may update"},
  {"lock", granted, granted, by_name,
   "holds others up; with the rights of a write"},
  // sessions
  {"listen", granted, by_name, never,
   "hears what other sessions send"},
  {"notify", granted, by_name, never,
   "sends text to other sessions"},
  {"unlisten", granted, granted, granted,
   "forgets only what the session itself asked for"},
  {"set_constraints", granted, granted, granted,
   "moves checks within the session's own transaction"},
  {"prepare_transaction", by_name, never, never,
   "leaves locks behind that outlive the session"},
  {"commit_prepared", by_name, never, never,
   "ends a transaction of another session"},
  {"rollback_prepared", by_name, never, never,
   "ends a transaction of another session"},
}};
// clang-format on
}  // namespace instance_rows

// Null for a statement that is not listed.
constexpr const instance_row* find_instance(std::string_view id) {
  for (const auto& row : instance_rows::all)
    if (row.id == id) return &row;
  return nullptr;
}

}  // namespace sluice::policy
