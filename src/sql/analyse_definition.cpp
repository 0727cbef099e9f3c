// DDL and statements about whole relations. What is allowed here is a form we know; anything else stays an instance statement
// or is refused.
#include <algorithm>
#include <array>

#include "analyser.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t no_offset = std::string::npos;

// ALTER TABLE subcommands that stay within the relation's own definition.
constexpr std::array<std::string_view, 27> alter_commands{
    "AT_AddColumn", "AT_DropColumn", "AT_AlterColumnType", "AT_ColumnDefault", "AT_DropNotNull", "AT_SetNotNull",
    "AT_DropExpression", "AT_SetStatistics", "AT_SetOptions", "AT_ResetOptions", "AT_SetStorage", "AT_SetCompression",
    "AT_AddConstraint", "AT_DropConstraint", "AT_ValidateConstraint", "AT_AlterConstraint", "AT_AddIndex", "AT_ClusterOn",
    "AT_DropCluster", "AT_SetRelOptions", "AT_ResetRelOptions", "AT_AddInherit", "AT_DropInherit", "AT_AttachPartition",
    "AT_DetachPartition", "AT_AddIdentity", "AT_DropIdentity"};

// RenameStmt of a relation itself, not of a column or constraint of it.
constexpr std::array<std::string_view, 6> renamed_kinds{"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_SEQUENCE", "OBJECT_INDEX", "OBJECT_FOREIGN_TABLE"};

// Bits of TableLikeOption (parsenodes.h).
constexpr std::int64_t like_defaults = 1 << 3, like_generated = 1 << 4, like_identity = 1 << 5;

// Of these, the ones after which every column that was there is still what it was.
constexpr std::array<std::string_view, 13> keeping_commands{
    "AT_AddColumn", "AT_ColumnDefault", "AT_DropNotNull", "AT_SetNotNull", "AT_SetStatistics", "AT_SetOptions", "AT_ResetOptions",
    "AT_SetStorage", "AT_SetCompression", "AT_AddConstraint", "AT_DropConstraint", "AT_ValidateConstraint", "AT_AlterConstraint"};

struct dropped_kind {
  std::string_view type, tag, instance;  // instance: key of the instance table, empty for relations
};
constexpr std::array<dropped_kind, 8> dropped_kinds{{
    {"OBJECT_TABLE", "DROP TABLE", ""},
    {"OBJECT_VIEW", "DROP VIEW", ""},
    {"OBJECT_MATVIEW", "DROP MATERIALIZED VIEW", ""},
    {"OBJECT_SEQUENCE", "DROP SEQUENCE", ""},
    {"OBJECT_INDEX", "DROP INDEX", ""},
    {"OBJECT_FOREIGN_TABLE", "DROP FOREIGN TABLE", ""},
    {"OBJECT_TYPE", "DROP TYPE", "drop_type"},
    {"OBJECT_DOMAIN", "DROP DOMAIN", "drop_domain"},
}};

}  // namespace

// A composite type is a relation to the parser; who may change it is asked as for types.
void analyser::named_type(const object& range) { out_.uses[add_use(range, use_role::existing, false, nullptr)].definition = true; }

use& analyser::named_object(const std::vector<std::string>& parts, bool removes) {
  use next;
  next.offset = no_offset;
  next.statement = out_.statements.size() - 1;
  next.role = use_role::existing;
  next.definition = true;
  (removes ? next.removes : next.updates) = true;
  const std::size_t count = parts.size();
  if (count == 0 || count > 3) refuse("an object name of this form");
  next.written_name = parts[count - 1];
  if (count > 1) next.written_schema = parts[count - 2];
  if (count > 2) next.written_catalog = parts[0];
  resolve_use(next, false);
  out_.uses.push_back(std::move(next));
  return out_.uses.back();
}

void analyser::read_own_column(std::string_view name, const frame& in) {
  for (const source& from : in.sources) {
    if (!from.use || !out_.uses[*from.use].relation) continue;
    if (const auto* column = out_.uses[*from.use].relation->find_column(name)) out_.uses[*from.use].read_columns.insert(column->attnum);
  }
}

void analyser::constraint(const object& body, frame& in) {
  value ignored;
  one(body, "raw_expr", in, ignored);
  one(body, "where_clause", in, ignored);
  // Uniqueness and references hold or fail by the values of their columns, and say so in errors.
  for (const auto key : {"keys", "fk_attrs"}) {
    for (const auto& name : names(body, key)) read_own_column(name, in);
  }
  if (const auto referenced = plain_child(body, "pktable")) {
    const std::size_t index = add_use(*referenced, use_role::existing, false, nullptr);
    out_.uses[index].reads = out_.uses[index].referenced = true;
    // A foreign key tells which values exist: the referenced columns are read.
    if (const catalog::relation* to = out_.uses[index].relation) {
      const auto columns = names(body, "pk_attrs");
      for (const auto& column : to->columns) {
        if (std::find(columns.begin(), columns.end(), column.name) != columns.end()) out_.uses[index].read_columns.insert(column.attnum);
      }
      if (columns.empty()) out_.uses[index].read_columns.insert(to->primary_key.begin(), to->primary_key.end());
    }
  }
  for (const element& raw : list(body, "exclusions")) {
    const auto pair = as_node(raw);
    if (pair) refuse("an exclusion constraint", location(body));
  }
}

void analyser::column_definition(const object& body, frame& in) {
  type_of(body, "typeName");
  value ignored;
  one(body, "raw_default", in, ignored);
  if (const auto options = list(body, "fdwoptions"); !options.empty()) refuse("a column with foreign options", location(body));
  for (const element& raw : list(body, "constraints")) {
    const auto rule = as_node(raw);
    if (!rule || rule->type != "Constraint") refuse("a column constraint of this form", location(body));
    constraint(rule->body, in);
  }
}

// Bounds are expressions that are evaluated at once; MINVALUE and MAXVALUE are parsed as column names.
void analyser::partition_bound(const object& bound) {
  frame none(nullptr);
  value ignored;
  for (const auto key : {"listdatums", "lowerdatums", "upperdatums"}) each(bound, key, none, ignored);
}

void analyser::create_table(const object& body) {
  statement& now = current();
  now.what = command::create_table;
  now.tag = "CREATE TABLE";
  const auto range = plain_child(body, "relation");
  if (!range) refuse("CREATE TABLE of this form");
  const std::size_t made = add_use(*range, use_role::define, false, nullptr);
  out_.uses[made].creates = true;
  out_.uses[made].definition = true;
  now.temporary = out_.uses[made].found == resolution::temporary;
  now.changes_catalog = !now.temporary;
  now.if_not_exists = flag(body, "if_not_exists");
  for (const element& raw : list(body, "inhRelations")) {
    const auto parent = as_node(raw);
    if (!parent || parent->type != "RangeVar") refuse("INHERITS of this form");
    const std::size_t index = add_use(parent->body, use_role::existing, false, nullptr);
    out_.uses[index].updates = true;
    out_.uses[index].definition = true;
    if (out_.uses[index].relation) {
      for (const auto& column : out_.uses[index].relation->columns) current().definition_columns.push_back(column.name);
    }
  }
  frame own(nullptr);
  own.visible_open = true;
  bool copies = false;
  for (const element& raw : list(body, "tableElts")) {
    const auto item = as_node(raw);
    if (!item) refuse("CREATE TABLE of this form");
    if (item->type == "ColumnDef") {
      current().definition_columns.emplace_back(text(item->body, "colname"));
      column_definition(item->body, own);
    } else if (item->type == "Constraint") {
      constraint(item->body, own);
    } else if (item->type == "TableLikeClause") {
      const auto like = plain_child(item->body, "relation");
      if (!like) refuse("LIKE of this form");
      const std::size_t index = add_use(*like, use_role::existing, false, nullptr);
      out_.uses[index].reads = true;
      // A default that is copied may advance a sequence of the table that it comes from.
      out_.uses[index].referenced = (number(item->body, "options") & (like_defaults | like_identity | like_generated)) != 0;
      if (const catalog::relation* from_table = out_.uses[index].relation) {
        for (const auto& column : from_table->columns) current().definition_columns.push_back(column.name);
      } else {
        copies = true;
      }
    } else {
      refuse("`" + std::string(item->type) + "` in CREATE TABLE");
    }
  }
  if (copies) current().definition_columns.clear();
  if (const auto bound = plain_child(body, "partbound")) {
    partition_bound(*bound);
    // Every row of the default partition is checked against the new bounds, and the error says whether one fits.
    for (use& of : out_.uses) {
      if (of.statement == out_.statements.size() - 1 && of.role == use_role::existing && of.updates) of.whole_row = true;
    }
  }
  if (const auto partition = plain_child(body, "partspec")) {
    for (const element& raw : list(*partition, "partParams")) {
      const auto part = as_node(raw);
      value ignored;
      if (part) one(part->body, "expr", own, ignored);
    }
  }
  if (const auto of_type = plain_child(body, "ofTypename")) type(*of_type);
}

void analyser::create_table_as(const object& body) {
  statement& now = current();
  const auto into = plain_child(body, "into");
  const auto range = into ? plain_child(*into, "rel") : std::nullopt;
  if (!range) refuse("CREATE TABLE AS of this form");
  const bool materialized = text(body, "objtype") == "OBJECT_MATVIEW";
  now.what = materialized ? command::create_materialized_view : command::create_table_as;
  now.tag = materialized ? "CREATE MATERIALIZED VIEW" : "CREATE TABLE AS";
  const std::size_t made = add_use(*range, use_role::into, false, nullptr);
  out_.uses[made].creates = true;
  out_.uses[made].definition = true;
  now.temporary = out_.uses[made].found == resolution::temporary;
  now.changes_catalog = !now.temporary;
  now.if_not_exists = flag(body, "if_not_exists");
  const auto inner = child(body, "query");
  if (!inner) refuse("CREATE TABLE AS of this form");
  if (inner->type == "ExecuteStmt") {
    now.name = std::string(text(inner->body, "name"));
    now.definition_columns.clear();
    frame none(nullptr);
    value ignored;
    each(inner->body, "params", none, ignored);
    return;
  }
  if (inner->type != "SelectStmt") refuse("CREATE TABLE AS of this form");
  const query_result result = select(inner->body, nullptr);
  std::vector<output> columns = result.columns;
  rename_columns(columns, names(*into, "colNames"));
  for (const auto& column : columns) current().definition_columns.push_back(column.name);
  if (result.open) current().definition_columns.clear();
  if (!result.open) current().made_of = std::move(columns);
}

void analyser::view(const object& body) {
  statement& now = current();
  now.what = command::create_view;
  now.tag = "CREATE VIEW";
  const auto range = plain_child(body, "view");
  const auto inner = field(body, "query");
  if (!range || !inner) refuse("CREATE VIEW of this form");
  const std::size_t made = add_use(*range, use_role::define, false, nullptr);
  out_.uses[made].creates = true;
  out_.uses[made].definition = true;
  if (flag(body, "replace")) out_.uses[made].updates = true;
  now.temporary = out_.uses[made].found == resolution::temporary;
  now.changes_catalog = !now.temporary;
  const query_result result = query(*inner, nullptr);
  std::vector<output> columns = result.columns;
  rename_columns(columns, names(body, "aliases"));
  for (const auto& column : columns) current().definition_columns.push_back(column.name);
  if (result.open) current().definition_columns.clear();
}

void analyser::alter_table(const object& body) {
  statement& now = current();
  now.what = command::definition;
  now.tag = "ALTER TABLE";
  now.changes_catalog = true;
  const auto range = plain_child(body, "relation");
  if (!range) refuse("ALTER TABLE of this form");
  if (text(body, "objtype") == "OBJECT_TYPE") {
    now.what = command::instance;
    now.instance = "alter_type";
    named_type(*range);
    return;
  }
  const std::size_t index = add_use(*range, use_role::existing, false, nullptr);
  out_.uses[index].updates = true;
  out_.uses[index].definition = true;
  frame rows(nullptr);
  source self = target_source(index);
  rows.visible = self.columns;
  rows.visible_open = true;
  rows.sources.push_back(std::move(self));
  current().keeps_columns = true;
  for (const element& raw : list(body, "cmds")) {
    const auto step = as_node(raw);
    if (!step || step->type != "AlterTableCmd") refuse("ALTER TABLE of this form");
    const std::string_view what = text(step->body, "subtype");
    current().keeps_columns = current().keeps_columns && std::find(keeping_commands.begin(), keeping_commands.end(), what) != keeping_commands.end();
    current().cascades = current().cascades || text(step->body, "behavior") == "DROP_CASCADE";
    if (std::find(alter_commands.begin(), alter_commands.end(), what) == alter_commands.end()) {
      current().refused = "ALTER TABLE with `" + std::string(what) + "`";
      return;
    }
    if (what == "AT_DropColumn") out_.uses[index].removes = true;
    // The conversion runs over the stored values, and its errors quote them.
    if (what == "AT_AlterColumnType" || what == "AT_SetNotNull" || what == "AT_DropExpression") read_own_column(text(step->body, "name"), rows);
    const auto definition_of = child(step->body, "def");
    if (!definition_of) continue;
    value ignored;
    if (definition_of->type == "ColumnDef") {
      if (what == "AT_AddColumn") current().added_columns.emplace_back(text(definition_of->body, "colname"));
      column_definition(definition_of->body, rows);
    } else if (definition_of->type == "Constraint") {
      constraint(definition_of->body, rows);
    } else if (definition_of->type == "PartitionCmd" || definition_of->type == "RangeVar") {
      const auto other = definition_of->type == "RangeVar" ? std::optional<object>(definition_of->body) : plain_child(definition_of->body, "name");
      if (!other) refuse("ALTER TABLE of this form");
      if (const auto bound = plain_child(definition_of->body, "bound")) partition_bound(*bound);
      const std::size_t second = add_use(*other, use_role::existing, false, nullptr);
      out_.uses[second].updates = true;
      out_.uses[second].definition = true;
      // Attaching checks every row against the bounds, and says whether all fit.
      if (what == "AT_AttachPartition") out_.uses[index].whole_row = out_.uses[second].whole_row = true;
    } else if (what == "AT_ColumnDefault") {
      expression_node(*definition_of, rows);
    } else if (definition_of->type == "IndexStmt") {
      refuse("ALTER TABLE with an index of this form");
    }
  }
}

void analyser::rename(const object& body) {
  statement& now = current();
  now.what = command::definition;
  now.tag = "ALTER TABLE";
  now.changes_catalog = true;
  const auto range = plain_child(body, "relation");
  if (!range) {
    now.what = command::instance;
    now.instance = text(body, "renameType") == "OBJECT_SCHEMA" ? "rename_schema" : "rename";
    return;
  }
  if (text(body, "renameType") == "OBJECT_ATTRIBUTE" || text(body, "renameType") == "OBJECT_TYPE") {
    now.what = command::instance;
    now.instance = "alter_type";
    named_type(*range);
    return;
  }
  const std::size_t index = add_use(*range, use_role::existing, false, nullptr);
  out_.uses[index].updates = true;
  out_.uses[index].definition = true;
  const std::string_view what = text(body, "renameType");
  if (what == "OBJECT_RULE" || what == "OBJECT_TRIGGER" || what == "OBJECT_POLICY") now.refused = "renaming a rule, trigger or policy";
  if (std::find(renamed_kinds.begin(), renamed_kinds.end(), what) != renamed_kinds.end()) now.renamed = {out_.uses[index].written_name, std::string(text(body, "newname"))};
  now.temporary = out_.uses[index].found == resolution::temporary;
}

void analyser::drop(const object& body) {
  statement& now = current();
  now.what = command::definition;
  now.changes_catalog = true;
  now.cascades = text(body, "behavior") == "DROP_CASCADE";
  const std::string_view what = text(body, "removeType");
  if (what == "OBJECT_SCHEMA") {
    now.tag = "DROP SCHEMA";
    now.schemas_dropped = names(body, "objects");
    return;
  }
  for (const auto& row : dropped_kinds) {
    if (row.type != what) continue;
    now.tag = std::string(row.tag);
    if (!row.instance.empty()) {
      now.what = command::instance;
      now.instance = std::string(row.instance);
      return;
    }
    for (const element& raw : list(body, "objects")) {
      const auto parts = as_node(raw);
      if (!parts || parts->type != "List") refuse("DROP of this form");
      use& of = named_object(names(parts->body, "items"), true);
      if (of.found == resolution::unknown && flag(body, "missing_ok")) {
        // DROP IF EXISTS of what is not there: judged, and written, by the schema where it would be.
        of.schema = of.written_schema;
        if (of.written_schema == "pg_temp") of.found = resolution::temporary;
        for (const auto& schema : names_.search_path) {
          if (of.schema.empty() && schema != "pg_catalog" && names_.catalog->has_schema(schema)) of.schema = schema;
        }
        if (!of.schema.empty() && of.schema.rfind("pg_temp", 0) != 0) of.found = resolution::created;
      }
      now.dropped.push_back(of.schema + '\0' + of.written_name);
      if (of.found == resolution::temporary) now.temporary = true;
    }
    return;
  }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 17> others{{
      {"OBJECT_FUNCTION", "drop_function"},
      {"OBJECT_PROCEDURE", "drop_function"},
      {"OBJECT_ROUTINE", "drop_function"},
      {"OBJECT_AGGREGATE", "drop_function"},
      {"OBJECT_TRIGGER", "drop_trigger"},
      {"OBJECT_RULE", "drop_rule"},
      {"OBJECT_POLICY", "drop_policy"},
      {"OBJECT_EXTENSION", "drop_extension"},
      {"OBJECT_EVENT_TRIGGER", "drop_event_trigger"},
      {"OBJECT_LANGUAGE", "drop_language"},
      {"OBJECT_PUBLICATION", "drop_publication"},
      {"OBJECT_CAST", "drop_cast"},
      {"OBJECT_OPERATOR", "drop_operator"},
      {"OBJECT_FOREIGN_SERVER", "drop_server"},
      {"OBJECT_COLLATION", "drop_collation"},
      {"OBJECT_STATISTIC_EXT", "drop_statistics"},
      {"OBJECT_FDW", "drop_foreign_data_wrapper"}}};
  now.what = command::instance;
  now.instance = "drop_other";
  for (const auto& [type_name, key] : others) {
    if (type_name == what) now.instance = std::string(key);
  }
}

void analyser::index(const object& body) {
  statement& now = current();
  now.what = command::definition;
  now.tag = "CREATE INDEX";
  now.keeps_columns = true;
  now.changes_catalog = true;
  const auto range = plain_child(body, "relation");
  if (!range) refuse("CREATE INDEX of this form");
  const std::size_t of = add_use(*range, use_role::existing, false, nullptr);
  out_.uses[of].creates = true;
  out_.uses[of].definition = true;
  frame rows(nullptr);
  source self = target_source(of);
  rows.visible = self.columns;
  rows.visible_open = true;
  rows.sources.push_back(std::move(self));
  value ignored;
  for (const element& raw : list(body, "indexParams")) {
    const auto item = as_node(raw);
    if (!item) refuse("CREATE INDEX of this form");
    one(item->body, "expr", rows, ignored);
    // A unique index fails or not by the values of its columns.
    if (flag(body, "unique") && out_.uses[of].relation) {
      if (const auto* column = out_.uses[of].relation->find_column(text(item->body, "name"))) out_.uses[of].read_columns.insert(column->attnum);
    }
  }
  one(body, "whereClause", rows, ignored);
}

void analyser::object_statement(const object& body, std::string_view key, bool removes) {
  current().what = command::object_command;
  for (const element& raw : list(body, "options")) {
    const auto option = as_node(raw);
    if (option && text(option->body, "defname") == "verbose") current().verbose = true;
  }
  const auto note = [&](const object& range) {
    const std::size_t index = add_use(range, use_role::existing, false, nullptr);
    (removes ? out_.uses[index].removes : out_.uses[index].updates) = true;
  };
  if (const auto single = plain_child(body, key)) note(*single);
  for (const element& raw : list(body, key)) {
    const auto item = as_node(raw);
    if (!item) refuse("a relation list of this form");
    if (item->type == "RangeVar") note(item->body);
    if (item->type == "VacuumRelation") {
      const auto range = plain_child(item->body, "relation");
      if (range) note(*range);
    }
  }
}

bool analyser::definition(const node& top) {
  statement& now = current();
  const object& body = top.body;
  if (top.type == "CreateStmt") return create_table(body), true;
  if (top.type == "CreateTableAsStmt") return create_table_as(body), true;
  if (top.type == "ViewStmt") return view(body), true;
  if (top.type == "AlterTableStmt") return alter_table(body), true;
  if (top.type == "RenameStmt") return rename(body), true;
  if (top.type == "DropStmt") return drop(body), true;
  if (top.type == "IndexStmt") return index(body), true;
  if (top.type == "TruncateStmt") {
    now.tag = "TRUNCATE TABLE";
    now.cascades = text(body, "behavior") == "DROP_CASCADE";
    return object_statement(body, "relations", true), true;
  }
  struct object_row {
    std::string_view node, key, tag, instance;
  };
  static constexpr std::array<object_row, 5> objects{{{"LockStmt", "relations", "LOCK TABLE", "lock"},
                                                      {"VacuumStmt", "rels", "VACUUM", "vacuum"},
                                                      {"ClusterStmt", "relation", "CLUSTER", "cluster"},
                                                      {"ReindexStmt", "relation", "REINDEX", "reindex"},
                                                      {"RefreshMatViewStmt", "relation", "REFRESH MATERIALIZED VIEW", ""}}};
  for (const auto& row : objects) {
    if (row.node != top.type) continue;
    now.tag = std::string(row.tag);
    now.instance = std::string(row.instance);
    if (top.type == "VacuumStmt" && !flag(body, "is_vacuumcmd")) now.instance = "analyze";
    return object_statement(body, row.key, false), true;
  }
  if (top.type == "CreateSchemaStmt") {
    now.what = command::definition;
    now.tag = "CREATE SCHEMA";
    now.changes_catalog = true;
    now.schemas_made.emplace_back(text(body, "schemaname"));
    if (plain_child(body, "authrole")) now.refused = "CREATE SCHEMA with AUTHORIZATION";
    if (!list(body, "schemaElts").empty()) now.refused = "CREATE SCHEMA with elements";
    return true;
  }
  if (top.type == "CreateSeqStmt" || top.type == "AlterSeqStmt") {
    const bool making = top.type == "CreateSeqStmt";
    now.what = command::definition;
    now.tag = making ? "CREATE SEQUENCE" : "ALTER SEQUENCE";
    now.if_not_exists = flag(body, "if_not_exists");
    now.changes_catalog = true;
    const auto range = plain_child(body, "sequence");
    if (!range) refuse("a sequence statement of this form");
    const std::size_t index_of = add_use(*range, making ? use_role::define : use_role::existing, false, nullptr);
    (making ? out_.uses[index_of].creates : out_.uses[index_of].updates) = true;
    out_.uses[index_of].definition = true;
    return true;
  }
  if (top.type == "AlterObjectSchemaStmt") {
    now.what = command::definition;
    now.tag = "ALTER TABLE";
    now.changes_catalog = true;
    const auto range = plain_child(body, "relation");
    if (!range) {
      now.what = command::instance;
      now.instance = "rename";
      return true;
    }
    const std::size_t index_of = add_use(*range, use_role::existing, false, nullptr);
    out_.uses[index_of].updates = out_.uses[index_of].removes = true;
    out_.uses[index_of].definition = true;
    now.schemas_altered.emplace_back(text(body, "newschema"));
    now.moved_to = text(body, "newschema");
    return true;
  }
  if (top.type == "CommentStmt") {
    now.what = command::definition;
    now.tag = "COMMENT";
    now.keeps_columns = true;
    const std::string_view what = text(body, "objtype");
    const auto target = child(body, "object");
    auto parts = target && target->type == "List" ? names(target->body, "items") : std::vector<std::string>();
    if (what == "OBJECT_COLUMN" && parts.size() > 1) {
      parts.pop_back();
      named_object(parts, false);
    } else if (what == "OBJECT_TABLE" || what == "OBJECT_VIEW" || what == "OBJECT_MATVIEW" || what == "OBJECT_SEQUENCE" || what == "OBJECT_INDEX" || what == "OBJECT_FOREIGN_TABLE") {
      named_object(parts, false);
    } else if (what == "OBJECT_SCHEMA" && target && target->type == "String") {
      now.schemas_altered.emplace_back(text(target->body, "sval"));
    } else {
      now.what = command::instance;
      now.instance = "comment_other";
    }
    return true;
  }
  return false;
}

}  // namespace sluice::sql
