// The lines of EXPLAIN (FORMAT TEXT): those that name a node of the plan, by the grammar of explain.c, and no other.
#include "sluice/enforce/plan_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace sluice::enforce {
namespace {

constexpr std::string_view arrow = "->  ";
// Aliases that the gateway gives to what it puts into a statement.
constexpr std::string_view own_alias = "sluice_";

// What explain.c writes behind the word for a node (ExplainNode, first switch).
enum class tail { nothing, target, alias, index, index_name, join, loop, set_operation, custom };
struct node_row {
  std::string_view word;
  tail behind = tail::nothing;
};
// ExplainNode of PostgreSQL 13 to 18. A word that is not here is no node: its line goes.
constexpr node_row nodes[] = {
    {"Result"},
    {"ProjectSet"},
    {"Insert", tail::target},
    {"Update", tail::target},
    {"Delete", tail::target},
    {"Merge", tail::target},
    {"Append"},
    {"Merge Append"},
    {"Recursive Union"},
    {"BitmapAnd"},
    {"BitmapOr"},
    {"Nested Loop", tail::loop},
    {"Merge", tail::join},
    {"Hash", tail::join},
    {"Seq Scan", tail::target},
    {"Sample Scan", tail::target},
    {"Gather"},
    {"Gather Merge"},
    {"Index Scan", tail::index},
    {"Index Only Scan", tail::index},
    {"Bitmap Index Scan", tail::index_name},
    {"Bitmap Heap Scan", tail::target},
    {"Tid Scan", tail::target},
    {"Tid Range Scan", tail::target},
    {"Subquery Scan", tail::alias},
    {"Function Scan", tail::target},
    {"Table Function Scan", tail::target},
    {"Values Scan", tail::target},
    {"CTE Scan", tail::target},
    {"Named Tuplestore Scan", tail::target},
    {"WorkTable Scan", tail::target},
    {"Foreign Scan", tail::target},
    {"Foreign Insert", tail::target},
    {"Foreign Update", tail::target},
    {"Foreign Delete", tail::target},
    {"Custom Scan", tail::custom},
    {"Materialize"},
    {"Memoize"},
    {"Sort"},
    {"Incremental Sort"},
    {"Group"},
    {"Aggregate"},
    {"GroupAggregate"},
    {"HashAggregate"},
    {"MixedAggregate"},
    {"WindowAgg"},
    {"Unique"},
    {"SetOp", tail::set_operation},
    {"HashSetOp", tail::set_operation},
    {"LockRows"},
    {"Limit"},
    {"Hash"},
};
constexpr std::array<std::string_view, 4> before_node{"Parallel ", "Async ", "Partial ", "Finalize "};
constexpr std::array<std::string_view, 7> join_types{" Left", " Full", " Right Semi", " Right Anti", " Right", " Semi", " Anti"};
constexpr std::array<std::string_view, 4> set_operations{" Intersect All", " Intersect", " Except All", " Except"};
constexpr std::array<std::string_view, 2> without_plan{"Query rewrites to nothing", "Utility statements have no plan structure"};

bool starts(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// Reads one line from the left; what is taken may be written to what remains.
class cursor {
 public:
  explicit cursor(std::string_view rest) : rest_(rest) {}

  bool take(std::string_view text) {
    if (!starts(rest_, text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  template <std::size_t n>
  std::string_view any_of(const std::array<std::string_view, n>& words) {
    for (const std::string_view each : words) {
      if (take(each)) return each;
    }
    return {};
  }
  template <class Predicate>
  std::string_view while_is(Predicate is) {
    std::size_t length = 0;
    while (length < rest_.size() && is(rest_[length])) ++length;
    const std::string_view out = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return out;
  }
  // A name as quote_identifier() writes it; empty: there is none.
  std::string_view identifier() {
    if (rest_.empty()) return {};
    if (rest_[0] != '"') {
      if (!is_lower(rest_[0]) && rest_[0] != '_') return {};
      return while_is([](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
    }
    std::size_t at = 1;
    for (; at < rest_.size(); ++at) {
      if (rest_[at] != '"') continue;
      if (at + 1 >= rest_.size() || rest_[at + 1] != '"') break;
      ++at;
    }
    if (at >= rest_.size()) return {};
    const std::string_view out = rest_.substr(0, at + 1);
    rest_.remove_prefix(at + 1);
    return out;
  }
  bool at_end() const { return rest_.empty(); }
  bool at_costs() const { return starts(rest_, "  (cost="); }
  char next() const { return rest_.empty() ? '\0' : rest_[0]; }

 private:
  std::string_view rest_;
};

// ` on relation alias` (ExplainTargetRel). Aliases of the gateway's making are left out: they are no names that anybody gave.
bool target(cursor& in, std::string& out, bool alias_only) {
  if (!in.take(" on")) return true;
  std::string names;
  std::size_t count = 0;
  while (in.next() == ' ' && !in.at_costs()) {
    in.take(" ");
    const std::string_view name = in.identifier();
    if (name.empty() || ++count > 2) return false;
    if (starts(name, own_alias) && (alias_only || count == 2)) continue;
    names += ' ';
    names += name;
  }
  if (count == 0) return false;
  if (!names.empty()) out += " on" + names;
  return true;
}

bool join(cursor& in, std::string& out) {
  out += in.any_of(join_types);
  if (!in.take(" Join")) return false;
  out += " Join";
  return true;
}

bool index(cursor& in, std::string& out) {
  if (in.take(" Backward")) out += " Backward";
  if (!in.take(" using ")) return false;
  const std::string_view name = in.identifier();
  if (name.empty()) return false;
  out += " using ";
  out += name;
  return target(in, out, false);
}

bool behind(tail what, cursor& in, std::string& out) {
  switch (what) {
    case tail::nothing: return true;
    case tail::target: return target(in, out, false);
    case tail::alias: return target(in, out, true);
    case tail::index: return index(in, out);
    case tail::index_name: return target(in, out, false);
    case tail::join: return join(in, out);
    case tail::loop: return in.at_end() || in.at_costs() || join(in, out);
    case tail::set_operation: {
      const std::string_view word = in.any_of(set_operations);
      out += word;
      return !word.empty();
    }
    case tail::custom: {
      if (!in.take(" (")) return false;
      const auto name = in.while_is([](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ' '; });
      if (name.empty() || !in.take(")")) return false;
      out += " (" + std::string(name) + ")";
      return target(in, out, false);
    }
  }
  return false;
}

// `text` begins behind the arrow.
std::optional<std::string> node(std::string_view text) {
  cursor start(text);
  std::string prefix;
  for (const std::string_view each : before_node) {
    if (start.take(each)) prefix += each;
  }
  for (const node_row& row : nodes) {
    cursor in = start;
    std::string out = prefix + std::string(row.word);
    if (in.take(row.word) && behind(row.behind, in, out) && (in.at_end() || in.at_costs())) return out;
  }
  return std::nullopt;
}

// `InitPlan 1 (returns $0,$1)`, `SubPlan 2`, `CTE name`: the name of a CTE stands as it is, to the end of the line.
bool is_label(std::string_view text) {
  cursor in(text);
  if (in.take("CTE ")) return !in.at_end();
  if (!in.take("InitPlan ") && !in.take("SubPlan ")) return false;
  if (in.while_is([](char c) { return is_lower(c) || is_digit(c) || c == '_'; }).empty()) return false;
  if (in.take(" (returns ")) {
    do {
      if (!in.take("$") || in.while_is(is_digit).empty()) return false;
    } while (in.take(","));
    if (!in.take(")")) return false;
  }
  return in.at_end();
}

constexpr std::array<std::string_view, 7> changes{"Insert on ", "Update on ", "Delete on ", "Merge on ", "Foreign Insert on ", "Foreign Update on ", "Foreign Delete on "};
bool is_change(std::string_view text) {
  return std::any_of(changes.begin(), changes.end(), [&](std::string_view each) { return starts(text, each); });
}

}  // namespace

// The server's text of an expression doubles quotes inside quotes and never escapes them otherwise (ruleutils.c,
// simple_quote_literal, quote_identifier): so it is known whether a line feed stood inside a constant or a name.
void plan_text::follow(std::string_view text) {
  for (const char c : text) {
    if (c == '\'' && open_ != quoted::identifier) open_ = open_ == quoted::no ? quoted::literal : quoted::no;
    if (c == '"' && open_ != quoted::literal) open_ = open_ == quoted::no ? quoted::identifier : quoted::no;
  }
}

std::optional<std::string> plan_text::line(std::string_view text) {
  if (open_ != quoted::no) {
    follow(text);
    return std::nullopt;
  }
  const bool first = std::exchange(at_start_, false);
  if (text.empty()) {
    // Between the plans of a statement that rules made several of.
    at_start_ = true;
    return std::string();
  }
  const std::size_t indent = std::min(text.find_first_not_of(' '), text.size());
  const std::string_view body = text.substr(indent);
  if (indent == 0 && first) {
    if (std::find(without_plan.begin(), without_plan.end(), body) != without_plan.end()) return std::string(body);
    if (auto out = node(body)) return out;
  }
  if (indent >= 2 && indent % 2 == 0) {
    const std::string margin(indent, ' ');
    if (starts(body, arrow)) {
      if (const auto out = node(body.substr(arrow.size()))) return margin + std::string(arrow) + *out;
    } else if (is_label(body)) {
      return margin + std::string(body);
    } else if (is_change(body)) {
      // Below a change of several relations: one line for each of them (show_modifytable_info).
      if (const auto out = node(body)) return margin + *out;
    }
  }
  follow(text);
  return std::nullopt;
}

}  // namespace sluice::enforce
