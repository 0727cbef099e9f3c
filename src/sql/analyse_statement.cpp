// Top-level statements: what they are, which of them carry queries, what they change in the session.
#include <algorithm>
#include <array>

#include "analyser.hpp"

namespace sluice::sql {
namespace {

// Statements that concern the instance and not rows: their key in the table of instance statements (policy/instance.hpp).
constexpr std::array<std::pair<std::string_view, std::string_view>, 76> instance_statements{{
    {"AlterCollationStmt", "alter_collation"},
    {"AlterDatabaseRefreshCollStmt", "alter_database"},
    {"AlterDatabaseSetStmt", "alter_database_set"},
    {"AlterDatabaseStmt", "alter_database"},
    {"AlterDefaultPrivilegesStmt", "alter_default_privileges"},
    {"AlterDomainStmt", "alter_domain"},
    {"AlterEventTrigStmt", "alter_event_trigger"},
    {"AlterExtensionContentsStmt", "alter_extension"},
    {"AlterExtensionStmt", "alter_extension"},
    {"AlterFdwStmt", "alter_foreign_data_wrapper"},
    {"AlterForeignServerStmt", "alter_server"},
    {"AlterFunctionStmt", "alter_function"},
    {"AlterObjectDependsStmt", "alter_object_depends"},
    {"AlterOpFamilyStmt", "alter_operator_family"},
    {"AlterOperatorStmt", "alter_operator"},
    {"AlterOwnerStmt", "alter_owner"},
    {"AlterPolicyStmt", "alter_policy"},
    {"AlterPublicationStmt", "alter_publication"},
    {"AlterRoleSetStmt", "alter_role_set"},
    {"AlterRoleStmt", "alter_role"},
    {"AlterStatsStmt", "alter_statistics"},
    {"AlterSubscriptionStmt", "alter_subscription"},
    {"AlterSystemStmt", "alter_system"},
    {"AlterTSConfigurationStmt", "alter_text_search"},
    {"AlterTSDictionaryStmt", "alter_text_search"},
    {"AlterTableMoveAllStmt", "alter_tablespace"},
    {"AlterTableSpaceOptionsStmt", "alter_tablespace"},
    {"AlterTypeStmt", "alter_type"},
    {"AlterUserMappingStmt", "alter_user_mapping"},
    {"CallStmt", "call"},
    {"CheckPointStmt", "checkpoint"},
    {"ConstraintsSetStmt", "set_constraints"},
    {"CreateAmStmt", "create_access_method"},
    {"CreateCastStmt", "create_cast"},
    {"CreateConversionStmt", "create_conversion"},
    {"CreateEventTrigStmt", "create_event_trigger"},
    {"CreateExtensionStmt", "create_extension"},
    {"CreateFdwStmt", "create_foreign_data_wrapper"},
    {"CreateForeignServerStmt", "create_server"},
    {"CreateForeignTableStmt", "create_foreign_table"},
    {"CreateFunctionStmt", "create_function"},
    {"CreateOpClassStmt", "create_operator_class"},
    {"CreateOpFamilyStmt", "create_operator_class"},
    {"CreatePLangStmt", "create_language"},
    {"CreatePolicyStmt", "create_policy"},
    {"CreatePublicationStmt", "create_publication"},
    {"CreateRangeStmt", "create_type"},
    {"CreateRoleStmt", "create_role"},
    {"CreateStatsStmt", "create_statistics"},
    {"CreateSubscriptionStmt", "create_subscription"},
    {"CreateTableSpaceStmt", "create_tablespace"},
    {"CreateTransformStmt", "create_transform"},
    {"CreateTrigStmt", "create_trigger"},
    {"CreateUserMappingStmt", "create_user_mapping"},
    {"CreatedbStmt", "create_database"},
    {"DoStmt", "do"},
    {"DropOwnedStmt", "drop_owned"},
    {"DropRoleStmt", "drop_role"},
    {"DropSubscriptionStmt", "drop_subscription"},
    {"DropTableSpaceStmt", "drop_tablespace"},
    {"DropUserMappingStmt", "drop_user_mapping"},
    {"DropdbStmt", "drop_database"},
    {"GrantRoleStmt", "grant_role"},
    {"GrantStmt", "grant"},
    {"ImportForeignSchemaStmt", "import_foreign_schema"},
    {"ListenStmt", "listen"},
    {"LoadStmt", "load"},
    {"NotifyStmt", "notify"},
    {"ReassignOwnedStmt", "reassign_owned"},
    {"RuleStmt", "create_rule"},
    {"SecLabelStmt", "security_label"},
    {"UnlistenStmt", "unlisten"},
    {"CreateDomainStmt", "create_domain"},
    {"CreateEnumStmt", "create_type"},
    {"AlterEnumStmt", "alter_type"},
    {"CompositeTypeStmt", "create_type"},
}};

struct transaction_row {
  std::string_view kind;
  command what;
  std::string_view tag;
};
constexpr std::array<transaction_row, 7> transactions{{
    {"TRANS_STMT_BEGIN", command::begin, "BEGIN"},
    {"TRANS_STMT_START", command::begin, "START TRANSACTION"},
    {"TRANS_STMT_COMMIT", command::commit, "COMMIT"},
    {"TRANS_STMT_ROLLBACK", command::rollback, "ROLLBACK"},
    {"TRANS_STMT_SAVEPOINT", command::savepoint, "SAVEPOINT"},
    {"TRANS_STMT_RELEASE", command::release, "RELEASE"},
    {"TRANS_STMT_ROLLBACK_TO", command::rollback_to, "ROLLBACK"},
}};

std::string lower(std::string_view in) {
  std::string out(in);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

// The value of a SET element or DefElem argument as text: constants, casts of constants (INTERVAL '…'), names.
std::optional<std::string> setting_text(const element& any) {
  const auto at = as_node(any);
  if (!at) return std::nullopt;
  if (at->type == "A_Const") {
    if (const auto found = plain_child(at->body, "sval")) return std::string(text(*found, "sval"));
    if (const auto found = plain_child(at->body, "ival")) return std::to_string(number(*found, "ival"));
    if (const auto found = plain_child(at->body, "fval")) return std::string(text(*found, "fval"));
    if (const auto found = plain_child(at->body, "boolval")) return std::string(flag(*found, "boolval") ? "on" : "off");
    return std::nullopt;
  }
  if (at->type == "TypeCast") {
    const auto inner = field(at->body, "arg");
    return inner ? setting_text(*inner) : std::nullopt;
  }
  if (at->type == "String") return std::string(text(at->body, "sval"));
  if (at->type == "Integer") return std::to_string(number(at->body, "ival"));
  if (at->type == "Boolean") return std::string(flag(at->body, "boolval") ? "true" : "false");
  if (at->type == "Float") return std::string(text(at->body, "fval"));
  if (at->type == "TypeName") {
    const auto parts = names(at->body, "names");
    return parts.empty() ? std::nullopt : std::optional<std::string>(parts.back());
  }
  if (at->type == "A_Star") return std::string("*");
  return std::nullopt;
}

}  // namespace

void analyser::transaction(const object& body) {
  statement& now = current();
  for (const auto& row : transactions) {
    if (row.kind != text(body, "kind")) continue;
    now.what = row.what;
    now.tag = std::string(row.tag);
    now.name = std::string(text(body, "savepoint_name"));
    now.chain = flag(body, "chain");
    for (const element& raw : list(body, "options")) {
      const auto option = as_node(raw);
      if (!option) continue;
      setting_change change;
      change.name = lower(text(option->body, "defname"));
      const auto value = field(option->body, "arg");
      change.value = value ? setting_text(*value) : std::nullopt;
      change.local = true;
      now.settings.push_back(std::move(change));
    }
    return;
  }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> two_phase{{
      {"TRANS_STMT_PREPARE", "prepare_transaction"},
      {"TRANS_STMT_COMMIT_PREPARED", "commit_prepared"},
      {"TRANS_STMT_ROLLBACK_PREPARED", "rollback_prepared"}}};
  for (const auto& [kind, key] : two_phase) {
    if (kind == text(body, "kind")) now.instance = std::string(key);
  }
  now.what = command::instance;
}

void analyser::variable_set(const object& body) {
  statement& now = current();
  now.what = command::set;
  const std::string_view kind = text(body, "kind");
  now.tag = kind.rfind("VAR_RESET", 0) == 0 ? "RESET" : "SET";
  setting_change change;
  change.name = lower(text(body, "name"));
  change.local = flag(body, "is_local");
  if (kind == "VAR_SET_MULTI") {
    if (text(body, "name") == "TRANSACTION SNAPSHOT") {
      now.refused = "importing a snapshot";
      return;
    }
    for (const element& raw : list(body, "args")) {
      const auto option = as_node(raw);
      if (!option || option->type != "DefElem") refuse("SET of this form");
      setting_change each_change;
      each_change.name = lower(text(option->body, "defname"));
      if (text(body, "name") == "SESSION CHARACTERISTICS") each_change.name = "default_" + each_change.name;
      const auto value = field(option->body, "arg");
      each_change.value = value ? setting_text(*value) : std::nullopt;
      each_change.local = text(body, "name") == "TRANSACTION";
      now.settings.push_back(std::move(each_change));
    }
    return;
  }
  if (kind == "VAR_RESET_ALL") change.name.clear();
  if (kind == "VAR_SET_VALUE") {
    for (const element& raw : list(body, "args")) {
      auto part = setting_text(raw);
      if (!part) refuse("SET with a value of this form");
      change.values.push_back(std::move(*part));
    }
    std::string joined;
    for (const auto& part : change.values) joined += (joined.empty() ? "" : ", ") + part;
    change.value = joined;
  }
  if (kind == "VAR_SET_CURRENT") refuse("SET FROM CURRENT");
  now.settings.push_back(std::move(change));
}

void analyser::inner_statement(const object& body, std::string_view key) {
  const auto inner = child(body, key);
  if (!inner) refuse("a statement inside another of this form");
  if (inner->type == "SelectStmt") {
    if (field(inner->body, "intoClause")) refuse("SELECT INTO inside another statement");
    const query_result result = select(inner->body, nullptr);
    current().outputs = result.columns;
    current().outputs_known = !result.open;
    return;
  }
  const auto whole = field(body, key);
  const query_result result = query(*whole, nullptr);
  current().outputs = result.columns;
  current().outputs_known = !result.open;
}

void analyser::prepare(const object& body) {
  statement& now = current();
  now.what = command::prepare;
  now.tag = "PREPARE";
  now.name = std::string(text(body, "name"));
  for (const element& raw : list(body, "argtypes")) {
    const auto given = as_node(raw);
    if (given && given->type == "TypeName") type(given->body);
  }
  inner_statement(body, "query");
}

void analyser::explain(const object& body) {
  statement& now = current();
  now.what = command::explain;
  now.tag = "EXPLAIN";
  for (const element& raw : list(body, "options")) {
    const auto option = as_node(raw);
    if (!option) continue;
    const std::string name = lower(text(option->body, "defname"));
    const auto argument = field(option->body, "arg");
    const std::string value = lower(argument ? setting_text(*argument).value_or("?") : "true");
    const bool off = value == "false" || value == "off" || value == "0";
    if (name == "analyze" && !off) now.what = command::explain_analyze;
    if (name == "verbose" && !off) now.verbose = true;
    now.options[name] = off ? "off" : value;  // the last one of a name counts
  }
  const auto inner = child(body, "query");
  if (!inner) refuse("EXPLAIN of this form");
  if (inner->type == "ExecuteStmt") {
    now.name = std::string(text(inner->body, "name"));
    frame none(nullptr);
    value ignored;
    each(inner->body, "params", none, ignored);
    return;
  }
  if (inner->type == "CreateTableAsStmt" || inner->type == "DeclareCursorStmt" || inner->type == "RefreshMatViewStmt")
    refuse("EXPLAIN of `" + std::string(inner->type) + "`", 0, "explain the query itself");
  inner_statement(body, "query");
  now.outputs.clear();
  now.outputs_known = false;
}

void analyser::copy(const object& body) {
  statement& now = current();
  now.tag = "COPY";
  const bool from_client = flag(body, "is_from");
  now.what = from_client ? command::copy_from : command::copy_to;
  if (flag(body, "is_program")) {
    now.what = command::instance;
    now.instance = "copy_program";
    return;
  }
  if (!text(body, "filename").empty()) {
    now.what = command::instance;
    now.instance = "copy_file";
    return;
  }
  for (const element& raw : list(body, "options")) {
    const auto option = as_node(raw);
    if (!option) continue;
    const auto argument = field(option->body, "arg");
    now.options[lower(text(option->body, "defname"))] = argument ? setting_text(*argument).value_or("") : "true";
  }
  const auto range = plain_child(body, "relation");
  if (!range) {
    inner_statement(body, "query");
    now.whole_text = true;
    return;
  }
  const std::size_t index = add_use(*range, from_client ? use_role::copy_from : use_role::copy_to, false, nullptr);
  use& of = out_.uses[index];
  of.copy_columns = names(body, "attlist");
  (from_client ? of.creates : of.reads) = true;
  if (const catalog::relation* known = of.relation) {
    for (const auto& column : known->columns) {
      const bool named_column = std::find(of.copy_columns.begin(), of.copy_columns.end(), column.name) != of.copy_columns.end();
      if (!of.copy_columns.empty() ? !named_column : column.is_generated) continue;
      (from_client ? of.written_columns : of.read_columns).insert(column.attnum);
    }
  }
  if (const auto where = field(body, "whereClause")) {
    frame rows(nullptr);
    source self = target_source(index);
    rows.visible = self.columns;
    rows.sources.push_back(std::move(self));
    expression(*where, rows);
  }
}

void analyser::statement_node(const node& top) {
  statement& now = current();
  const object& body = top.body;
  if (top.type == "SelectStmt") {
    now.what = command::select;
    now.tag = "SELECT";
    if (const auto into = plain_child(body, "intoClause")) {
      const auto range = plain_child(*into, "rel");
      if (!range) refuse("SELECT INTO of this form");
      const std::size_t made = add_use(*range, use_role::into, false, nullptr);
      out_.uses[made].creates = true;
      out_.uses[made].definition = true;
      now.what = command::create_table_as;
      now.tag = "SELECT INTO";
      now.temporary = out_.uses[made].found == resolution::temporary;
      now.changes_catalog = !now.temporary;
    }
    now.outputs_known = true;
    const query_result result = select(body, nullptr, true);
    now.outputs = result.columns;
    now.outputs_known = now.outputs_known && !result.open;
    for (const auto& column : now.outputs) now.definition_columns.push_back(column.name);
    if (result.open) now.definition_columns.clear();
    if (now.outputs_known) now.made_of = now.outputs;
    return;
  }
  struct dml_row {
    std::string_view node;
    command what;
    std::string_view tag;
    query_result (analyser::*read)(const object&, frame*);
  };
  static constexpr std::array<dml_row, 4> dml{{{"InsertStmt", command::insert, "INSERT", &analyser::insert},
                                               {"UpdateStmt", command::update, "UPDATE", &analyser::update},
                                               {"DeleteStmt", command::remove, "DELETE", &analyser::remove},
                                               {"MergeStmt", command::merge, "MERGE", &analyser::merge}}};
  for (const auto& row : dml) {
    if (row.node != top.type) continue;
    now.what = row.what;
    now.tag = std::string(row.tag);
    const query_result result = (this->*row.read)(body, nullptr);
    current().outputs = result.columns;
    current().outputs_known = !result.open;
    return;
  }
  if (top.type == "TransactionStmt") return transaction(body);
  if (top.type == "VariableSetStmt") return variable_set(body);
  if (top.type == "PrepareStmt") return prepare(body);
  if (top.type == "ExplainStmt") return explain(body);
  if (top.type == "CopyStmt") return copy(body);
  if (top.type == "VariableShowStmt") {
    now.what = command::show;
    now.tag = "SHOW";
    now.name = lower(text(body, "name"));
    return;
  }
  if (top.type == "ExecuteStmt") {
    now.what = command::execute;
    now.tag = "EXECUTE";
    now.name = std::string(text(body, "name"));
    frame none(nullptr);
    value ignored;
    return each(body, "params", none, ignored);
  }
  if (top.type == "DeclareCursorStmt") {
    now.what = command::declare;
    now.tag = "DECLARE CURSOR";
    now.name = std::string(text(body, "portalname"));
    return inner_statement(body, "query");
  }
  struct named_row {
    std::string_view node, key;
    command what;
    std::string_view tag;
  };
  static constexpr std::array<named_row, 4> named_statements{{{"FetchStmt", "portalname", command::fetch, "FETCH"},
                                                              {"ClosePortalStmt", "portalname", command::close, "CLOSE CURSOR"},
                                                              {"DeallocateStmt", "name", command::deallocate, "DEALLOCATE"},
                                                              {"DiscardStmt", "target", command::discard, "DISCARD"}}};
  for (const auto& row : named_statements) {
    if (row.node != top.type) continue;
    now.what = row.what;
    now.tag = std::string(row.tag);
    now.name = std::string(text(body, row.key));
    return;
  }
  if (definition(top)) return;
  for (const auto& [node_type, key] : instance_statements) {
    if (node_type != top.type) continue;
    now.what = command::instance;
    now.instance = std::string(key);
    now.tag = now.instance;
    now.changes_catalog = key != "listen" && key != "notify" && key != "unlisten" && key != "checkpoint" && key != "set_constraints";
    if (top.type == "ListenStmt" || top.type == "NotifyStmt" || top.type == "UnlistenStmt") now.name = std::string(text(body, "conditionname"));
    return;
  }
  if (top.type == "DefineStmt") {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kinds{{
        {"OBJECT_AGGREGATE", "create_aggregate"}, {"OBJECT_OPERATOR", "create_operator"}, {"OBJECT_TYPE", "create_type"},
        {"OBJECT_COLLATION", "create_collation"}}};
    now.what = command::instance;
    now.instance = "create_text_search";
    now.changes_catalog = true;
    for (const auto& [kind, key] : kinds) {
      if (kind == text(body, "kind")) now.instance = std::string(key);
    }
    now.tag = now.instance;
    return;
  }
  refuse("statement `" + std::string(top.type) + "`");
}

}  // namespace sluice::sql
