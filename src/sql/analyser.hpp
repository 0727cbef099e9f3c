// One pass over a parse tree: scopes, uses, columns. Split over analyse_*.cpp by what is read.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "node.hpp"
#include "sluice/sql/analysis.hpp"

namespace sluice::sql {

// What things cost (budget.hpp).
inline constexpr std::size_t units_per_node = 5;    // of an expression
inline constexpr std::size_t units_per_output = 3;  // a column copied, and kept: what bounds the memory
inline constexpr std::size_t names_per_unit = 16;   // compared

// Thrown inside the pass for what is not understood, caught in analyse(): recursion this deep reads badly with results.
struct not_understood {
  std::string construct;
  std::size_t offset = 0;
  std::string hint;
};

// What a FROM item exposes under one name.
struct source {
  std::string name;                 // alias, or relation name
  std::string schema;               // written-schema references (`crm.users.email`) need it; empty with an alias
  std::vector<output> columns;
  bool open = false;                // may have columns that nobody listed (functions, temporary relations)
  column_set open_lineage;
  std::optional<std::size_t> use;
  bool hidden = false;              // reachable by qualified names only when not hidden by a join alias
  bool target = false;              // the relation that the statement changes
  mutable std::optional<column_set> all;  // all that it is made of, once somebody asked (lineage_of)
};

struct common_table {
  std::string name;
  std::vector<output> columns;
  bool open = false;
  column_set open_lineage;
  std::size_t stand_in = 0;         // under RECURSIVE: its number
};

// Items of one level that stand elsewhere: the sides of a join while it is read.
struct level_part {
  const std::vector<source>* sources;
  const std::vector<output>* visible;
};

// One query level.
struct frame {
  // `same_level`: a frame whose common tables this one sees, and which outlives it.
  explicit frame(frame* outer_frame, const frame* same_level = nullptr) : outer(outer_frame), beside(same_level) {}
  frame* outer;
  const frame* beside;
  std::vector<source> sources;
  std::vector<output> visible;      // what unqualified names and `*` see, in order
  std::vector<level_part> lent;     // more of both, before these
  bool visible_open = false;
  column_set open_lineage;
  std::vector<common_table> tables;
  std::unordered_map<std::string, std::size_t> table_at;  // name → the last of that name

  std::vector<level_part> parts() const {
    std::vector<level_part> out = lent;
    out.push_back({&sources, &visible});
    return out;
  }
};

struct from_item {
  std::vector<source> sources;
  std::vector<output> visible;
  bool open = false;
  column_set open_lineage;
};

struct value {                      // facts of one expression
  column_set lineage;
  parameter_set parameters;
  std::optional<base_column> plain;
  std::string name;                 // FigureColname (parse_target.c)
  int name_strength = 0;
  std::optional<std::size_t> site;  // index into analysis::columns when the expression is a bare ColumnRef
  std::optional<std::size_t> met;   // index into analysis::meetings: of a part of the expression, the largest
};

struct query_result {
  std::vector<output> columns;
  bool open = false;                // more columns than these, at places that nobody knows
  column_set open_lineage;
};

class analyser {
 public:
  analyser(const tree& of, const name_space& names);
  analysis run(const after_statement& after_each);

 private:
  // analyse_statement.cpp
  void statement_node(const node& top);
  void transaction(const object& body);
  void variable_set(const object& body);
  void prepare(const object& body);
  void inner_statement(const object& body, std::string_view key);
  void explain(const object& body);
  void copy(const object& body);
  // analyse_definition.cpp
  bool definition(const node& top);
  void partition_bound(const object& bound);
  void create_table(const object& body);
  void create_table_as(const object& body);
  void view(const object& body);
  void alter_table(const object& body);
  void rename(const object& body);
  void drop(const object& body);
  void object_statement(const object& body, std::string_view key, bool removes);
  void index(const object& body);
  void column_definition(const object& body, frame& in);
  void constraint(const object& body, frame& in);
  void read_own_column(std::string_view name, const frame& in);
  void named_type(const object& range);
  use& named_object(const std::vector<std::string>& parts, bool removes);
  // analyse_select.cpp
  using after_arm = std::function<void(const query_result& first_arm)>;
  query_result select(const object& body, frame* outer, bool top = false, const after_arm& learn = {});
  query_result set_operation(const object& body, frame& here, const after_arm& learn);
  query_result values(const object& body, frame& here);
  void with_clause(const object& body, frame& here);
  void common_table_expression(const object& body, frame& here);
  void recursive_table(const object& body, frame& here, std::size_t index);
  // Stand-ins for columns of WITH RECURSIVE that are not known yet (analyse_recursion.cpp).
  static base_column stand_in(std::size_t table, std::size_t position);
  static bool pending(const column_set& columns) { return !columns.empty() && (columns.end() - 1)->use >= first_stand_in; }
  void settle(const common_table& table);
  column_set settled(const column_set& columns) const;
  void settle_facts();
  query_result query(const element& any, frame* outer);
  std::vector<output> targets(const std::vector<element>& items, frame& here, bool top, std::vector<std::size_t>* bare);
  void group_by(const object& body, frame& here, const std::vector<output>& out, std::size_t first_site);
  void locking(const object& body, frame& here, std::size_t first_use);
  void sort_and_limit(const object& body, frame& here, const std::vector<output>& out);
  bool plain_top(const object& body) const;
  // analyse_from.cpp
  from_item from(const element& item, frame& here);
  from_item join(const object& body, frame& here);
  from_item relation(const object& range, frame& here, const object* sample);
  from_item range_function(const object& body, frame& here);
  from_item table_function(const object& body, frame& here);
  void add(frame& to, from_item item);
  // Names given by position. Where positions are not known, any of the names may be any of the columns.
  static void rename_columns(std::vector<output>& columns, const std::vector<std::string>& by, bool open, column_set& open_lineage);
  static void rename_columns(std::vector<output>& columns, const std::vector<std::string>& by);
  void mark_ambiguous(const std::vector<source>& before, const source& next);
  // analyse_expression.cpp
  value expression(const element& any, frame& here);
  value expression_node(const node& at, frame& here);
  value column(const object& body, frame& here);
  value sublink(const object& body, frame& here);
  value call(const object& body, frame& here);
  void each(const object& body, std::string_view key, frame& here, value& into);
  void one(const object& body, std::string_view key, frame& here, value& into);
  void type(const object& body);
  void type_of(const object& body, std::string_view key);
  void window(const object& body, frame& here, value& into);
  void meet(value& facts);
  void absorb(value& into, const value& from) const;
  value multi_source(const object& body, frame& here);
  struct found_column {
    bool known = false;                    // some level has, or may have, the name
    bool maybe = false;                    // a level with unknown columns stands before the one that has it
    column_set lineage;
    std::optional<base_column> plain;
    std::vector<base_column> sites;
  };
  found_column resolve(const std::vector<std::string>& parts, frame& here);
  void doubt_target(const std::string& name, const frame* beyond, found_column& found) const;
  bool column_at(const std::string& name, const frame& level, found_column& into) const;
  bool system_column_at(const std::string& name, const frame& here);
  bool relation_at(const std::vector<std::string>& parts, const frame& level, found_column& into);
  void whole(const source& from, std::int16_t mark, found_column& into);
  std::string_view plain_operand(const element& any, frame& here);
  void read(const column_set& columns);
  void note_meeting(const parameter_set& parameters, const column_set& columns);
  bool plain_predicate(const element& any, frame& here);
  void note_quals(const object& body, std::string_view key, frame& here);
  // analyse_dml.cpp
  query_result insert(const object& body, frame* outer);
  query_result update(const object& body, frame* outer);
  query_result remove(const object& body, frame* outer);
  query_result merge(const object& body, frame* outer);
  query_result returning(const object& body, frame& here);
  void assignments(const std::vector<element>& items, std::size_t target, frame& here);
  source target_source(std::size_t use_index) const;
  void add_target(std::size_t use_index, frame& here);
  void note_call(function_call made);
  // analyser.cpp
  // Every call and every column reference of the tree has been met: a place that nobody walked is a refusal.
  void sweep(const element& any);
  std::size_t add_use(const object& range, use_role role, bool may_be_cte, frame* here);
  void resolve_use(use& of, bool making) const;
  std::vector<output> columns_of(std::size_t use_index, bool& open) const;
  const common_table* find_table(const std::string& name, frame* from) const;
  statement& current() { return out_.statements.back(); }
  [[noreturn]] static void refuse(std::string construct, std::size_t offset = 0, std::string hint = {});

  void search_system_schema();

  const tree& tree_;
  name_space names_;
  analysis out_;
  std::map<std::pair<std::size_t, use_role>, std::size_t> use_at_;   // offset → use: sub-selects may be met twice
  std::map<std::size_t, std::size_t> site_at_;
  std::set<std::pair<std::size_t, std::string>> call_at_;
  std::set<std::size_t> seen_columns_;
  std::unordered_set<const void*> read_;   // lineages whose columns are marked as read …
  std::vector<column_set> read_held_;      // … held, so that no other takes the address
  // Stand-ins have uses beyond all real ones, so that they stand at the end of every set.
  static constexpr std::size_t first_stand_in = std::size_t{1} << 48;
  std::size_t stand_ins_ = 0;              // tables that have had one
  std::map<base_column, column_set> stand_for_;
  std::vector<std::size_t> pending_sites_, pending_meetings_;
  value multi_source_;                     // of the multi-column assignment that is being read
};

}  // namespace sluice::sql
