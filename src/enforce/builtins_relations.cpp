#include <algorithm>
#include <iterator>

#include "sluice/enforce/builtins.hpp"

namespace sluice::enforce {
namespace {

namespace rows {
constexpr std::string_view everything;
constexpr std::string_view nothing = "false";
constexpr std::string_view own_session = "pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()";
// Settings of extensions and our own have a point in their names; the others are those that find_setting calls
// unreadable.
constexpr std::string_view readable_settings =
    "name OPERATOR(pg_catalog.~) '^[A-Za-z0-9_]+$' AND name OPERATOR(pg_catalog.<>) ALL "
    "(ARRAY['archive_cleanup_command', 'archive_command', 'archive_library', 'bonjour_name', 'cluster_name', "
    "'config_file', 'data_directory', 'dynamic_library_path', 'event_source', 'extension_destdir', "
    "'external_pid_file', 'hba_file', 'ident_file', 'krb_server_keyfile', 'listen_addresses', "
    "'local_preload_libraries', 'log_directory', 'log_filename', 'output_plugin_libraries', 'primary_conninfo', "
    "'primary_slot_name', 'promote_trigger_file', 'recovery_end_command', 'recovery_target_name', 'restore_command', "
    "'session_preload_libraries', 'shared_preload_libraries', 'ssl_ca_file', 'ssl_cert_file', 'ssl_crl_dir', "
    "'ssl_crl_file', 'ssl_dh_params_file', 'ssl_key_file', 'ssl_passphrase_command', 'synchronous_standby_names', "
    "'syslog_ident', 'unix_socket_directories', 'unix_socket_group'])";
}  // namespace rows

namespace emptied {
constexpr std::span<const std::string_view> none;
constexpr std::string_view fdwoptions[] = {"fdwoptions"};
constexpr std::string_view srvoptions[] = {"srvoptions"};
constexpr std::string_view attfdwoptions[] = {"attfdwoptions"};
constexpr std::string_view ftoptions[] = {"ftoptions"};
constexpr std::string_view user_mapping_columns[] = {"umoptions", "srvowner"};
constexpr std::string_view option_value[] = {"option_value"};
constexpr std::string_view routine_definition[] = {"routine_definition"};
constexpr std::string_view triggers_columns[] = {"action_condition", "action_statement"};
constexpr std::string_view view_definition[] = {"view_definition"};
constexpr std::string_view attribute_columns[] = {"attmissingval", "attfdwoptions"};
constexpr std::string_view class_columns[] = {"relpages", "reltuples", "relallvisible"};
constexpr std::string_view statement[] = {"statement"};
constexpr std::string_view definition[] = {"definition"};
constexpr std::string_view policies_columns[] = {"qual", "with_check"};
constexpr std::string_view policy_columns[] = {"polqual", "polwithcheck"};
constexpr std::string_view proc_columns[] = {"prosrc", "probin", "prosqlbody", "proconfig"};
constexpr std::string_view prqual[] = {"prqual"};
constexpr std::string_view rowfilter[] = {"rowfilter"};
constexpr std::string_view rewrite_columns[] = {"ev_qual", "ev_action"};
constexpr std::string_view roles_columns[] = {"rolpassword", "rolconfig"};
constexpr std::string_view label[] = {"label"};
constexpr std::string_view last_value[] = {"last_value"};
constexpr std::string_view settings_columns[] = {"sourcefile", "sourceline"};
constexpr std::string_view stat_activity_columns[] = {"query",       "query_id",    "client_addr", "client_hostname",
                                                      "client_port", "backend_xid", "backend_xmin"};
constexpr std::string_view index_counters[] = {"idx_scan", "idx_tup_read", "idx_tup_fetch"};
constexpr std::string_view table_counters[] = {"seq_scan",         "seq_tup_read",        "idx_scan",
                                               "idx_tup_fetch",    "n_tup_ins",           "n_tup_upd",
                                               "n_tup_del",        "n_tup_hot_upd",       "n_live_tup",
                                               "n_dead_tup",       "n_mod_since_analyze", "n_ins_since_vacuum",
                                               "last_vacuum",      "last_autovacuum",     "last_analyze",
                                               "last_autoanalyze", "vacuum_count",        "autovacuum_count",
                                               "analyze_count",    "autoanalyze_count"};
constexpr std::string_view principal[] = {"principal"};
constexpr std::string_view stat_ssl_columns[] = {"client_dn", "client_serial", "issuer_dn"};
constexpr std::string_view transaction_counters[] = {"seq_scan",  "seq_tup_read", "idx_scan",  "idx_tup_fetch",
                                                     "n_tup_ins", "n_tup_upd",    "n_tup_del", "n_tup_hot_upd"};
constexpr std::string_view subscription_columns[] = {"subconninfo", "subslotname"};
constexpr std::string_view trigger_columns[] = {"tgargs", "tgqual"};
constexpr std::string_view user_columns[] = {"passwd", "useconfig"};
constexpr std::string_view umoptions[] = {"umoptions"};
}  // namespace emptied

namespace why {
constexpr std::string_view definitions = "definitions of objects";
constexpr std::string_view comments = "comments describe objects; whoever may comment may also create";
constexpr std::string_view values = "definitions; defaults kept as values and options of foreign columns are emptied";
constexpr std::string_view counts = "names stay readable; counters tell about rows that the policy hides";
constexpr std::string_view sources = "names stay readable; the source text is not shown";
constexpr std::string_view connections = "names stay readable; options hold hosts, files and passwords";
constexpr std::string_view logins = "names stay readable; passwords and settings of logins are not shown";
constexpr std::string_view labels = "names stay readable; labels may hold rules of other tools";
constexpr std::string_view own_statement =
    "names stay readable; the text is the statement as the gateway has rewritten it";
constexpr std::string_view activity = "only the session's own activity, without statement text";
constexpr std::string_view settings = "only settings that clients may read";
constexpr std::string_view samples = "samples of column values are data";
constexpr std::string_view replication = "replication is not reached through the gateway";
constexpr std::string_view large_objects = "large objects are data that no rule of the policy can name";
constexpr std::string_view passwords = "it holds passwords";
constexpr std::string_view server_files = "it shows files of the server";
}  // namespace why

struct relation_row {
  std::string_view schema;
  std::string_view name;
  bool denied;
  std::string_view filter;
  std::span<const std::string_view> emptied;
  std::string_view reason;
};
#define RELATION(schema, name, remaining, columns, reason) \
  {#schema, name, false, rows::remaining, emptied::columns, why::reason},
#define DENIED(schema, name, reason) {#schema, name, true, rows::nothing, {}, why::reason},
constexpr relation_row relations[] = {
#include "system_relations.inc"
};
#undef RELATION
#undef DENIED

constexpr bool comes_before(const relation_row& row, std::string_view schema, std::string_view name) {
  return row.schema != schema ? row.schema < schema : row.name < name;
}
static_assert(std::adjacent_find(std::begin(relations), std::end(relations), [](const auto& a, const auto& b) {
                return !comes_before(a, b.schema, b.name);
              }) == std::end(relations));

}  // namespace

system_relation_entry system_relation(std::string_view schema, std::string_view name) {
  const auto found = std::partition_point(std::begin(relations), std::end(relations),
                                          [&](const relation_row& row) { return comes_before(row, schema, name); });
  if (found == std::end(relations) || found->schema != schema || found->name != name) {
    return {system_relation_rule::denied, rows::nothing, {}, "it is not on the reviewed list of system relations"};
  }
  if (found->denied) return {system_relation_rule::denied, found->filter, {}, found->reason};
  const auto rule = found->filter.empty() ? system_relation_rule::open : system_relation_rule::filtered;
  return {rule, found->filter, found->emptied, found->reason};
}

}  // namespace sluice::enforce
