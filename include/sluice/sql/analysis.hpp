// What a text of SQL touches: relations and columns with their resolution, functions, types, operators, session effects.
//
// Facts live beside the tree and are keyed by byte offset. Names are resolved as PostgreSQL resolves them (parse_relation.c,
// namespace.c), against a snapshot and the caller's idea of the session. Pure; values; any thread with a parse stack.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/diagnostic.hpp"
#include "sluice/catalog/snapshot.hpp"
#include "sluice/sql/shared_set.hpp"
#include "sluice/sql/tree.hpp"

namespace sluice::sql {

// A relation that the stored text of a view was made over, and what stood for it there.
struct foundation {
  std::string schema, name;
  base::oid relation;
  std::string shown;                    // the guard in the text; empty: the relation itself
};

// A relation of the session's own that the snapshot does not know.
struct fresh_relation {
  std::vector<std::string> columns;     // empty: unknown
  bool plain_table = false;             // holds rows of its own: not a view, sequence or copy, nor anything unknown
  bool guarded = false;                 // what it shows is masked or filtered by the text that it was made of
  std::vector<foundation> stands_on;    // of views
};
using fresh_ptr = std::shared_ptr<const fresh_relation>;

struct fresh_names {
  std::map<std::string, fresh_ptr> temporary;  // pg_temp relations
  std::map<std::string, fresh_ptr> created;    // schema NUL name: made in this transaction
  std::set<std::string> unreliable;            // schema NUL name: dropped or redefined in this transaction; never resolved
};

// Where unqualified names are looked for.
struct name_space {
  const catalog::snapshot* catalog = nullptr;
  std::vector<std::string> search_path;  // "$user" already replaced; pg_catalog first unless named (added by analyse)
  std::shared_ptr<const fresh_names> own;  // null: none
  const fresh_names& fresh() const;
};

enum class resolution { unknown, relation, temporary, created, cte };

enum class use_role {
  read,         // FROM, TABLE, USING, COPY … TO
  copy_to,      // COPY relation TO
  copy_from,
  insert, update, remove, merge,
  into,         // CREATE TABLE … AS, SELECT INTO, CREATE MATERIALIZED VIEW: the relation made
  define,       // CREATE TABLE / VIEW / SEQUENCE: the relation made
  existing      // an existing relation named by DDL, LOCK, TRUNCATE, VACUUM, …
};

// One relation reference in the text.
struct use {
  std::size_t offset = 0;               // of its first name token; npos where the tree has no position (DROP, COMMENT)
  std::size_t statement = 0;
  use_role role = use_role::read;
  std::string written_catalog, written_schema, written_name;
  resolution found = resolution::unknown;
  const catalog::relation* relation = nullptr;  // for resolution::relation
  std::string schema;                   // resolved schema; pg_temp for temporary ones
  fresh_ptr fresh;                      // of temporary and created ones; null for those that the statement makes
  bool moved = false;                   // unknown because this transaction has given the name another meaning
  bool reads = false, creates = false, updates = false, removes = false;
  bool referenced = false;              // what is made keeps a hold on it: a foreign key, a copied default
  bool definition = false;              // the letters concern the object's definition (DDL), not its rows
  bool only = false;
  std::optional<std::string> alias;
  std::vector<std::string> alias_columns;
  bool sampled = false;
  bool sample_constant = true;          // arguments of TABLESAMPLE are constants
  bool ambiguous_alias = false;         // another item of the same FROM list exposes the same name
  std::set<std::int16_t> read_columns, written_columns;
  std::set<std::string> system_columns;  // tableoid, ctid, …: those that are read
  bool whole_row = false;               // read as a row value
  std::vector<std::string> copy_columns;
};

struct base_column {
  std::size_t use = 0;
  std::int16_t attnum = 0;
  friend auto operator<=>(const base_column&, const base_column&) = default;
};
using column_set = shared_set<base_column>;
using parameter_set = shared_set<int>;

// One ColumnRef.
struct column_site {
  static constexpr std::int16_t star = -1;
  static constexpr std::int16_t whole_row = 0;
  std::size_t offset = 0;
  std::size_t parts = 1;                // name parts as written
  std::vector<base_column> columns;     // what it stands for: several when a USING column merges them, none through
                                        // subqueries and join aliases; attnum may be star or whole_row
  column_set lineage;                   // all that the reference may be made of, also through aliases of joins
  std::string name;                     // last part
  bool maybe = false;                   // an item of FROM with unknown columns may catch the name before it gets here
  bool bare_target = false;             // the whole of a select or RETURNING item that has no name of its own
  bool top_output = false;              // … of the statement's outermost plain SELECT, unsorted, ungrouped, undistinct
};

struct output {
  std::string name;
  column_set lineage;                   // everything the value is made of
  std::optional<base_column> plain;     // the value is that column, unchanged
};

// GROUP BY a primary key with other columns of the relation in the select list.
struct group_by_key {
  std::size_t use = 0;
  std::size_t offset = 0;               // of the first GROUP BY item
  std::vector<std::int16_t> needed;     // columns to add to the list
  std::set<std::int16_t> grouped;       // columns of the relation that are in it
};

// A constant as it is written, or behind one cast that keeps its text.
struct constant_argument {
  std::string text;
  std::size_t offset = 0;               // of the constant itself
  bool as_relation = false;             // cast to regclass
};
struct function_call {
  std::vector<std::string> name;
  std::size_t offset = 0;
  std::vector<std::optional<constant_argument>> arguments;  // the constant ones
  bool maybe_field = false;             // written `(x).f` or `x.f`: a field of x, or the function f of x
  std::size_t statement = 0;
  bool plain = false;                   // name(argument, …): none is named, no VARIADIC, DISTINCT, ORDER BY, FILTER, OVER
};
struct named {                          // operators and types
  std::vector<std::string> name;
  std::size_t offset = 0;
};

enum class command {
  select, insert, update, remove, merge, copy_to, copy_from, explain, explain_analyze, show, set, begin, commit, rollback,
  savepoint, release, rollback_to, prepare, execute, deallocate, declare, fetch, close, discard, create_table_as,
  create_materialized_view, create_view, create_table, definition, object_command, instance
};

struct setting_change {
  std::string name;                     // lower case; empty: all
  std::optional<std::string> value;     // the text of the value; nullopt: default (SET … TO DEFAULT, RESET)
  std::vector<std::string> values;      // list settings, element by element
  bool local = false;
};

struct statement {
  command what = command::instance;
  std::string node;                     // type of the parse node
  std::string tag;                      // command tag without numbers: "SELECT", "CREATE TABLE"
  std::size_t start = 0, length = 0;    // bytes
  std::vector<output> outputs;
  bool outputs_known = false;
  std::string instance;                 // key of the table of instance statements; empty for none
  std::string refused;                  // why the form is understood and still never allowed
  std::size_t refused_offset = 0;
  std::string name;                     // savepoint, prepared statement, cursor, channel
  std::vector<setting_change> settings;
  bool chain = false, temporary = false, verbose = false, whole_text = false;
  bool changes_catalog = false;
  bool if_not_exists = false;           // what was made may be something that was there before
  bool quals_plain = true;              // WHERE, ON, HAVING hold nothing that can raise or speak
  std::size_t query_levels = 0;         // SELECTs in it, arms and sub-selects included
  bool conflict_arbiter = false;
  std::vector<std::string> conflict_columns;
  bool conflict_constraint = false;     // ON CONFLICT ON CONSTRAINT
  std::vector<std::string> definition_columns;  // columns of the relation made
  std::vector<output> made_of;          // by a query: the same columns, with what each is made of; empty: unknown
  std::vector<std::string> added_columns;       // by ALTER TABLE
  std::map<std::string, std::string> options;   // COPY: format, delimiter, …; EXPLAIN
  bool locks_rows = false;
  std::vector<std::string> schemas_made, schemas_dropped, schemas_altered;
  bool keeps_columns = false;           // of the relation whose definition it changes: those there are mean what they meant
  bool cascades = false;                // reaches objects that the text does not name
  std::string moved_to;                 // schema that SET SCHEMA moves the relation to
  std::vector<std::string> dropped;     // schema NUL name
  std::pair<std::string, std::string> renamed;  // relation: old, new
};

// Parameters that stand in one expression with columns: what binding them tells about those columns.
struct meeting {
  parameter_set parameters;             // 1-based
  column_set columns;
};

struct analysis {
  std::vector<statement> statements;
  std::vector<use> uses;
  std::vector<column_site> columns;
  std::vector<group_by_key> keys;
  std::vector<function_call> functions;
  std::vector<named> operators;
  std::vector<named> types;
  std::vector<meeting> meetings;
  std::vector<std::size_t> cte_references;  // offsets of names that are common table expressions
  std::vector<std::string> unresolved_columns;
  int parameter_count = 0;
};

// Fails for what is not understood: the diagnostic says which construct, with its character offset.
// `after_each` runs behind every statement of the text and may change what names mean for the next one.
using after_statement = std::function<void(const analysis& so_far, name_space& names)>;
base::result<analysis> analyse(const tree& of, const name_space& names, const after_statement& after_each = {});

}  // namespace sluice::sql
