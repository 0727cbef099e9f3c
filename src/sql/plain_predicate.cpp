// Conditions that cannot raise, whatever row they meet: comparisons of columns with constants and columns of the same kind.
//
// Only such conditions may run beside a row filter; all others wait behind a fence.
#include <algorithm>
#include <array>

#include "analyser.hpp"

namespace sluice::sql {
namespace {

constexpr std::array<std::string_view, 7> plain_operators{"=", "<>", "!=", "<", ">", "<=", ">="};

bool is_plain_operator(const std::vector<std::string>& name) {
  return name.size() == 1 && std::find(plain_operators.begin(), plain_operators.end(), name[0]) != plain_operators.end();
}

// Types whose comparison operators, within a kind, convert nothing that could fail (pg_operator; date.c and timestamp.c
// compare across types without converting).
struct type_kind {
  std::string_view type, kind;
};
constexpr std::array<type_kind, 22> kinds{{
    {"int2", "integer"}, {"int4", "integer"}, {"int8", "integer"}, {"oid", "oid"}, {"numeric", "numeric"}, {"float4", "float"},
    {"float8", "float"}, {"text", "text"}, {"varchar", "text"}, {"bpchar", "text"}, {"name", "text"}, {"char", "char"},
    {"bool", "bool"}, {"uuid", "uuid"}, {"date", "date"}, {"timestamp", "date"}, {"timestamptz", "date"}, {"time", "time"},
    {"timetz", "timetz"}, {"interval", "interval"}, {"inet", "inet"}, {"macaddr", "macaddr"},
}};
constexpr std::string_view any_kind = "any";       // a constant that takes the type of the other side before any row is read
constexpr std::string_view number_kind = "number"; // a number: it becomes the other side's type, or that becomes numeric

std::string_view kind_of(std::string_view type) {
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const type_kind& row) { return row.type == type; });
  return found == kinds.end() ? std::string_view() : found->kind;
}

bool comparable(std::string_view one, std::string_view other) {
  if (one.empty() || other.empty()) return false;
  if (one == other || one == any_kind || other == any_kind) return true;
  static constexpr std::array<std::string_view, 3> exact{"integer", "numeric", number_kind};
  const auto among = [](std::string_view kind) { return std::find(exact.begin(), exact.end(), kind) != exact.end(); };
  if (among(one) && among(other)) return true;
  return (one == "float" && other == number_kind) || (one == number_kind && other == "float");
}

}  // namespace

// Empty: no plain operand.
std::string_view analyser::plain_operand(const element& any, frame& here) {
  const auto at = as_node(any);
  if (!at) return {};
  if (at->type == "ParamRef") return any_kind;
  if (at->type == "A_Const") return field(at->body, "ival") || field(at->body, "fval") ? number_kind : field(at->body, "boolval") ? std::string_view("bool") : any_kind;
  if (at->type == "ColumnRef") {
    // A column of a subquery is its expression once the planner has pulled it up.
    const auto plain = resolve(names(at->body, "fields"), here).plain;
    const catalog::relation* of = plain ? out_.uses[plain->use].relation : nullptr;
    const catalog::column* column = of ? of->find_column(plain->attnum) : nullptr;
    return column ? kind_of(column->base_type) : std::string_view();
  }
  if (at->type != "TypeCast") return {};
  // A cast of a constant is folded before any row is read.
  const auto inner = child(at->body, "arg");
  const auto type_name = plain_child(at->body, "typeName");
  if (!inner || inner->type != "A_Const" || !type_name || !list(*type_name, "arrayBounds").empty()) return {};
  const auto parts = names(*type_name, "names");
  const bool builtin = parts.size() == 2 ? parts[0] == "pg_catalog" : parts.size() == 1 && names_.catalog->type_schemas(parts[0]).empty();
  return builtin ? kind_of(parts.back()) : std::string_view();
}

bool analyser::plain_predicate(const element& any, frame& here) {
  budget::charge(1);
  const auto at = as_node(any);
  if (!at) return true;
  const auto all = [&](std::string_view key) {
    const auto items = list(at->body, key);
    return std::all_of(items.begin(), items.end(), [&](const element& item) { return plain_predicate(item, here); });
  };
  if (at->type == "BoolExpr") return all("args");
  const auto argument = field(at->body, "arg");
  if (at->type == "NullTest" || at->type == "BooleanTest") {
    const auto inner = argument ? as_node(*argument) : std::nullopt;
    return inner && (inner->type == "ColumnRef" ? resolve(names(inner->body, "fields"), here).plain.has_value() : plain_predicate(*argument, here));
  }
  if (at->type != "A_Expr") return !plain_operand(any, here).empty();
  const std::string_view kind = text(at->body, "kind");
  const bool between = kind == "AEXPR_BETWEEN" || kind == "AEXPR_NOT_BETWEEN";
  const bool like = kind == "AEXPR_LIKE" || kind == "AEXPR_ILIKE";
  if (!between && !like && kind != "AEXPR_OP" && kind != "AEXPR_IN" && kind != "AEXPR_DISTINCT" && kind != "AEXPR_NOT_DISTINCT") return false;
  if (like) {
    // A pattern that ends in a lone backslash raises; only a constant pattern can be looked at.
    const auto pattern = child(at->body, "rexpr");
    if (!pattern || pattern->type != "A_Const") return false;
    const auto content = plain_child(pattern->body, "sval");
    if (!content || text(*content, "sval").find('\\') != std::string_view::npos) return false;
  } else if (!between && !is_plain_operator(names(at->body, "name"))) {
    return false;
  }
  const auto left = field(at->body, "lexpr"), right = field(at->body, "rexpr");
  if (!left || !right) return false;
  const std::string_view own = plain_operand(*left, here);
  if (like && own != "text") return false;
  std::vector<element> others = list(at->body, "rexpr");
  if (const auto items = as_node(*right); items && items->type == "List") others = list(items->body, "items");
  if (others.empty()) others.push_back(*right);
  return std::all_of(others.begin(), others.end(), [&](const element& other) { return comparable(own, plain_operand(other, here)); });
}

void analyser::note_quals(const object& body, std::string_view key, frame& here) {
  const auto found = field(body, key);
  if (found && !plain_predicate(*found, here)) current().quals_plain = false;
}

}  // namespace sluice::sql
