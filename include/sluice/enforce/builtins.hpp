// The reviewed tables of what PostgreSQL itself brings: functions of pg_catalog, system relations, settings.
//
// What is not listed is denied. Each row has a reason. Threading: constexpr data, pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::enforce {

enum class function_rule {
  denied,           // not listed, or listed as dangerous
  pure,             // computes from its arguments alone
  session,          // reads harmless facts of the session or the clock: now(), current_user, pg_backend_pid()
  catalog_read,     // reads definitions that every reader of pg_catalog sees: format_type, pg_table_is_visible, has_*_privilege
  setting_read,     // current_setting: the name must be a constant on the allow-list of readable settings
  setting_write,    // set_config: judged as SET, the name must be a constant
  sequence_write,   // nextval, setval: an update of the sequence named by a constant
  sequence_read,    // currval, lastval
  relation_read,    // takes a relation's name or oid and reads from it (pg_relation_size, …)
  own_backend,      // pg_cancel_backend, pg_terminate_backend: only for unrestricted principals or own backends
  advisory_lock,    // pg_advisory_*: session-local coordination
};
struct function_entry {
  function_rule rule = function_rule::denied;
  std::string_view family;   // "math", "text", "json", "sql in a string", …
  std::string_view reason;   // why it is allowed or denied, for people
};
// A function of pg_catalog or (names that begin with _pg_) information_schema, by name alone: overloads share a row, and the
// strictest of them decides. A name that is not listed is denied.
function_entry builtin_function(std::string_view name);

enum class system_relation_rule {
  open,             // definitions: readable by everyone who may log in, apart from emptied columns
  filtered,         // readable through `filter`, a boolean expression over its columns
  denied
};
struct system_relation_entry {
  system_relation_rule rule = system_relation_rule::denied;
  std::string_view filter;   // SQL over the relation's columns with operators of pg_catalog, or "false"; empty: every row
  std::span<const std::string_view> emptied;  // columns that read as NULL, for open and filtered relations alike
  std::string_view reason;
};
// Relations of pg_catalog, information_schema and pg_toast for restricted principals.
system_relation_entry system_relation(std::string_view schema, std::string_view name);

// Settings that a client may SET, and the values it may give them.
struct setting_entry {
  std::string_view name;             // lower case
  bool readable = true;
  bool writable = false;
  bool (*accepts)(std::string_view value) = nullptr;  // null: any value
  std::string_view only;             // when one value alone is accepted: that value in its normal form
  std::string_view takes;            // writable: the accepted values, for people
  std::string_view reason;           // not writable: why
};
// nullptr: neither read nor written. Valid for the life of the program.
const setting_entry* find_setting(std::string_view lower_case_name);

}  // namespace sluice::enforce
