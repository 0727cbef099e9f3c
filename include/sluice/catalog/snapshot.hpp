// What one upstream database contains: schemas, relations, columns, functions, operators. Immutable once built.
//
// Threading: a finished snapshot is shared between threads as std::shared_ptr<const snapshot>.
// Validity: names are as PostgreSQL stores them (folded, at most 63 bytes). Pointers into a snapshot live as long as
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sluice/base/diagnostic.hpp"
#include "sluice/base/strong.hpp"

namespace sluice::catalog {

using base::oid;

// pg_class.relkind
enum class relation_kind : char {
  table = 'r',
  partitioned_table = 'p',
  view = 'v',
  materialized_view = 'm',
  foreign_table = 'f',
  sequence = 'S',
  composite_type = 'c',
  toast = 't',
  index = 'i',
  partitioned_index = 'I'
};

struct column {
  std::string name;
  std::int16_t attnum = 0;
  oid type;                  // pg_attribute.atttypid
  std::int32_t typmod = -1;  // pg_attribute.atttypmod
  std::string type_sql;      // format_type(atttypid, atttypmod) with the schema always written, fit for a cast
  char type_category =
      'U';  // pg_type.typcategory of the base type (domains looked through): S string, N number, D date/time, …
  std::string base_type;  // pg_type.typname of the base type behind domains: text, varchar, int4, timestamptz, …
  bool is_domain = false;
  bool not_null = false;
  bool is_generated = false;
};

struct relation {
  oid id;
  std::string schema;
  std::string name;
  relation_kind kind = relation_kind::table;
  std::vector<column> columns;            // in attnum order, dropped ones left out
  std::vector<std::int16_t> primary_key;  // attnums; empty when there is none
  std::vector<oid> parents;               // pg_inherits: inheritance parents and partitioned tables, direct ones
  std::vector<oid> dependents;            // what CASCADE reaches from here: views over it, tables with foreign keys to it
  oid row_type;                           // pg_class.reltype
  std::string definition;  // views and materialized views: pg_get_viewdef under search_path = pg_catalog;
                           // empty for system views, and when the server could not be asked (locked)
  bool is_partition = false;
  oid toast_of;  // for toast relations: the table served
  oid index_of;  // for indexes: the table indexed; columns are left empty
  oid owned_by;  // for sequences: the table of the owning column, 0 otherwise

  const column* find_column(std::string_view column_name) const;
  const column* find_column(std::int16_t attnum) const;
};

struct function {
  oid id;
  std::string schema;
  std::string name;
  char volatility = 'v';  // pg_proc.provolatile: i, s, v
  char kind = 'f';        // pg_proc.prokind: f, a, w, p
  std::string language;
  bool security_definer = false;
  int arguments = 0;
};

struct operator_name {  // user-defined ones only (schema other than pg_catalog)
  std::string schema;
  std::string name;
};

struct type_name {  // user-defined ones only: domains, enums, composites, ranges, row types of tables, and their arrays
  oid id;
  std::string schema;
  std::string name;
  char type = 'b';  // pg_type.typtype
};

// Everything a snapshot is made of; the loader (libpqxx) and the JSON reader fill it.
struct contents {
  std::string database;        // name on the upstream
  std::string server_version;  // server_version setting
  std::vector<std::string> schemas;
  std::vector<relation> relations;  // pg_catalog and information_schema included
  std::vector<function> functions;  // user-defined ones: schema other than pg_catalog and information_schema
  std::vector<operator_name> operators;
  std::vector<type_name> types;
};

class snapshot {
 public:
  explicit snapshot(contents loaded, base::revision number = base::revision{1});

  const contents& all() const { return contents_; }
  base::revision revision() const { return revision_; }
  // A digest of the contents: equal contents give equal digests, so that a refresh that found nothing new can be
  // dropped. Keyed per process, so that nobody who may create objects can make a changed catalog look unchanged.
  std::uint64_t digest() const { return digest_; }

  bool has_schema(std::string_view schema) const;
  const relation* find(std::string_view schema, std::string_view name) const;
  const relation* find(oid id) const;
  const relation* find_by_row_type(oid row_type) const;
  std::vector<const relation*> children_of(oid parent) const;  // direct inheritance children and partitions
  bool has_function(std::string_view schema, std::string_view name) const;
  // Schemas (other than pg_catalog) that define a function / operator / type of this name.
  std::vector<std::string_view> function_schemas(std::string_view name) const;
  std::vector<std::string_view> operator_schemas(std::string_view name) const;
  std::vector<std::string_view> type_schemas(std::string_view name) const;

 private:
  struct name_key_hash {
    std::size_t operator()(const std::string& key) const noexcept { return std::hash<std::string>{}(key); }
  };
  contents contents_;
  base::revision revision_;
  std::uint64_t digest_ = 0;
  std::unordered_map<std::string, std::size_t> by_name_;  // schema NUL name
  std::unordered_map<std::uint32_t, std::size_t> by_oid_;
  std::unordered_map<std::uint32_t, std::size_t> by_row_type_;
  std::unordered_map<std::uint32_t, std::vector<std::size_t>> children_;
  std::unordered_map<std::string, std::vector<std::size_t>> functions_by_name_;
  std::unordered_map<std::string, std::vector<std::size_t>> operators_by_name_;
  std::unordered_map<std::string, std::vector<std::size_t>> types_by_name_;
};

using snapshot_ptr = std::shared_ptr<const snapshot>;

// The saved form (JSON) lets `policy explain` and the tests work without a server. Fields at their default are left
// out. Malformed, oversized or contradictory text (two relations with one oid or name) is a diagnostic.
inline constexpr std::size_t max_saved_bytes = 1u << 30;
std::string to_json(const snapshot& from);
base::result<snapshot_ptr> from_json(std::string_view text);

}  // namespace sluice::catalog
