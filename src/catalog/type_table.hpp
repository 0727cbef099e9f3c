// The types of an upstream while it is being loaded: how each is written in a cast, and what stands behind its domains.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sluice/base/strong.hpp"

namespace sluice::catalog {

struct type_entry {
  std::string schema_sql;     // quote_ident(nspname)
  std::string name_sql;       // quote_ident(typname)
  std::string name;           // typname
  char kind = 'b';            // typtype
  char category = 'U';        // typcategory
  std::uint32_t base = 0;     // typbasetype, domains only
  std::uint32_t element = 0;  // of an array type that PostgreSQL made for its element type; 0 for all others
};

class type_table {
 public:
  void add(std::uint32_t id, type_entry entry) { types_.insert_or_assign(id, std::move(entry)); }

  // Null when the type is not there: dropped between two queries, or an unknown oid.
  const type_entry* find(std::uint32_t id) const;
  // The type behind any number of domains.
  const type_entry* base_of(std::uint32_t id) const;

  // `schema.name(modifier)`: what a cast must say to mean exactly (type, typmod). `formatted` is format_type's text for
  // types outside pg_catalog that carry a typmod (only their own typmodout knows how it is written), else empty.
  std::string sql(std::uint32_t id, std::int32_t typmod, std::string_view formatted) const;

 private:
  std::unordered_map<std::uint32_t, type_entry> types_;
};

}  // namespace sluice::catalog
