// Which columns of a database hold which data classes: the policy's rules applied to a snapshot, and carried along to where
// the data goes (partitions, children, copies, generated columns).
//
// Threading: immutable once made; part of the context.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sluice/catalog/snapshot.hpp"
#include "sluice/config/config.hpp"
#include "sluice/enforce/gate.hpp"
#include "sluice/policy/policy.hpp"

namespace sluice::enforce {

struct column_class {
  std::vector<std::string> classes;
  bool known_clear = false;  // a rule names it as not personal
  bool derived = false;      // computed from classified values: only an empty mask fits it
};

class classification {
 public:
  // `remembered`: names under which columns were classified before; their classes hold beside those of today's names.
  classification(const policy::policy_set& rules, const catalog::snapshot& known, const config::database& database,
                 std::vector<remembered_name> remembered);

  const std::vector<remembered_name>& remembered() const { return remembered_; }

  // Null when no rule names the column.
  const column_class* of(base::oid relation, std::int16_t attnum) const;
  // Names, other than today's, under which the relation was subject to a row filter.
  std::vector<const remembered_name*> earlier_names(const catalog::relation& relation) const;
  // The classes of the column and of everything it is made of, through any number of views.
  std::vector<std::string> effective(base::oid relation, std::int16_t attnum) const;
  // Direct sources of a view's or copy's column; empty when they are not known.
  struct source {
    base::oid relation;
    std::int16_t attnum = 0;
  };
  const std::vector<source>* lineage(base::oid relation, std::int16_t attnum) const;
  // False when the definition of a view could not be read: then nothing of it may be shown to restricted principals.
  bool understood(base::oid view) const { return broken_.count(view.value()) == 0; }

 private:
  using key = std::uint64_t;
  static key key_of(base::oid relation, std::int16_t attnum) {
    return (key{relation.value()} << 16) | static_cast<std::uint16_t>(attnum);
  }
  void add(base::oid relation, std::int16_t attnum, const std::vector<std::string>& classes, bool derived = false);
  void name_rules(const policy::policy_set& rules, const catalog::snapshot& known, const config::database& database);
  void read_definitions(const catalog::snapshot& known);
  bool spread(const catalog::snapshot& known);
  void spread_rows(const catalog::snapshot& known, const catalog::relation& relation);
  void spread_down(const catalog::snapshot& known);
  void remember(const catalog::relation& at, std::int16_t attnum, const remembered_name& as, bool derived);
  bool is_plain_copy(base::oid relation, std::int16_t attnum) const { return plain_.count(key_of(relation, attnum)) > 0; }

  void name_remembered(const policy::policy_set& rules, const catalog::snapshot& known, const config::database& database);

  std::vector<remembered_name> remembered_;
  std::unordered_map<key, column_class> columns_;
  std::unordered_map<key, std::vector<source>> lineage_;
  std::set<key> plain_;  // columns of copies that are a column of their source, unchanged
  std::unordered_map<std::uint32_t, bool> broken_;
};

}  // namespace sluice::enforce
