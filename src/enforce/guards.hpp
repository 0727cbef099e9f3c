// What one principal may see of each relation, and the FROM item that shows just that.
//
// Threading: one set per gate (thread); filled lazily from the immutable context it was made for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "classification.hpp"
#include "sluice/enforce/gate.hpp"
#include "sluice/sql/analysis.hpp"
#include "sluice/sql/splice.hpp"
#include "visibility.hpp"

namespace sluice::enforce {

enum class column_state { masked, detected, emptied, denied };
struct column_guard {
  column_state state = column_state::denied;
  std::string mask;                    // id, for the audit
  std::string why;                     // class or rule, for people
  policy::mask with;                   // masked, detected
};

struct relation_guard {
  bool needed = false;                 // anything below holds
  std::string refused;                 // why nothing of it may be read; empty: it may
  std::map<std::int16_t, column_guard> columns;  // those that are not clear
  std::vector<policy::row_filter> filters;
  std::string system_filter;
  std::string listed;                  // system relations: the rows about objects that this principal may know of
  std::optional<std::string> definition;  // views: the guarded query that stands for it
  bool has_filter() const { return !filters.empty() || !system_filter.empty(); }
  bool filtered_below = false;         // views: a relation inside is filtered
  bool filter_joins = false;           // a filter asks other relations: nothing of the query may run before it
};

struct guard_options {
  bool only = false;
  bool fenced = false;                         // user expressions at this level may raise
  const std::vector<std::int16_t>* plain = nullptr;  // detected columns that pass through for the wire mask
  std::string sample;                          // the user's TABLESAMPLE clause, moved inside
  const std::vector<std::string>* columns = nullptr;  // COPY: these, in this order
  const std::set<std::string>* system_columns = nullptr;  // tableoid, xmin, …: shown beside the relation's own
};

class guards {
 public:
  guards(const context& with, const policy::principal& who) : context_(with), who_(who) {}

  const relation_guard& of(const catalog::relation& relation);
  const policy::principal& who() const { return who_; }
  // `SELECT … FROM …`, without parentheses.
  std::string query(const catalog::relation& relation, const guard_options& options);
  // The expression that shows a column to this principal; nullopt when it is clear.
  std::optional<std::string> shown(const catalog::relation& relation, std::int16_t attnum, const std::string& column_sql);
  policy::object object_of(const catalog::relation& relation) const;
  // What a change of this relation's definition also changes: its whole inheritance tree, and the views over any of it.
  std::vector<const catalog::relation*> disturbed_by(const catalog::relation& relation) const;
  // Partitions and inheritance children at any depth.
  std::vector<const catalog::relation*> descendants(const catalog::relation& relation) const;

 private:
  relation_guard make(const catalog::relation& relation);
  void guard_system(const catalog::relation& relation, relation_guard& out);
  void guard_sequence(const catalog::relation& relation, relation_guard& out) const;
  void guard_columns(const catalog::relation& relation, relation_guard& out);
  bool shows_more_than(const catalog::relation& relation, relation_guard& out, const catalog::relation& child);
  void guard_view(const catalog::relation& relation, relation_guard& out);
  void guard_copy(const catalog::relation& relation, relation_guard& out);
  void inherit_filters(const catalog::relation& relation, relation_guard& out);

  const context& context_;
  const policy::principal& who_;
  std::unordered_map<std::uint32_t, relation_guard> made_;
  std::optional<visibility> visible_;  // made when a system relation is read
  std::size_t depth_ = 0;
};

std::string qualified_name(const catalog::relation& relation);
bool is_system_schema(std::string_view schema);

}  // namespace sluice::enforce
