// Expressions: column references, function calls, types, sub-selects (parse_expr.c).
#include <algorithm>
#include <array>

#include "analyser.hpp"

namespace sluice::sql {
namespace {

// Columns that every table has and no row value shows (heap.c, SysAtt).
constexpr std::array<std::string_view, 6> system_columns{"tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"};

// All that a relation of FROM is made of.
const column_set& lineage_of(const source& from) {
  if (!from.all) {
    budget::charge(1 + from.columns.size() / 4);
    column_set all = from.open_lineage;
    for (const output& column : from.columns) all.insert(column.lineage);
    from.all = std::move(all);
  }
  return *from.all;
}

std::optional<std::string> constant_text(const object& body) {
  if (const auto found = plain_child(body, "sval")) return std::string(text(*found, "sval"));
  if (const auto found = plain_child(body, "ival")) return std::to_string(number(*found, "ival"));
  if (const auto found = plain_child(body, "fval")) return std::string(text(*found, "fval"));
  if (const auto found = plain_child(body, "boolval")) return std::string(flag(*found, "boolval") ? "true" : "false");
  return std::nullopt;
}

// A type that a text passes through unchanged, or becomes a relation of that name: no length, no array, and no type of a
// user's that has taken the name.
bool keeps_text(const object& type_name, const catalog::snapshot& known, bool& relation) {
  auto parts = names(type_name, "names");
  if (!list(type_name, "typmods").empty() || !list(type_name, "arrayBounds").empty() || parts.empty()) return false;
  if (parts.size() == 1 && !known.type_schemas(parts[0]).empty()) return false;
  if (parts.size() == 2 && parts[0] != "pg_catalog") return false;
  if (parts.size() > 2) return false;
  relation = parts.back() == "regclass";
  return relation || parts.back() == "text";
}

std::optional<constant_argument> constant_of(const element& any, const catalog::snapshot& known) {
  auto at = as_node(any);
  constant_argument out;
  std::optional<node> inner;
  if (at && at->type == "TypeCast") {
    const auto type_name = plain_child(at->body, "typeName");
    if (!type_name || !keeps_text(*type_name, known, out.as_relation)) return std::nullopt;
    inner = child(at->body, "arg");
  } else if (at) {
    inner = *at;
  }
  if (!inner || inner->type != "A_Const") return std::nullopt;
  auto text_of = constant_text(inner->body);
  if (!text_of) return std::nullopt;
  out.text = std::move(*text_of);
  out.offset = location(inner->body);
  return out;
}

struct shape {
  std::string_view type;
  std::array<std::string_view, 4> parts;  // fields that hold expressions or lists of them
  std::string_view name;                  // FigureColname
  int strength;
};
constexpr std::array<shape, 17> shapes{{
    {"BooleanTest", {"arg"}, "", 0},
    {"NullTest", {"arg"}, "", 0},
    {"A_ArrayExpr", {"elements"}, "array", 2},
    {"RowExpr", {"args"}, "row", 2},
    {"CoalesceExpr", {"args"}, "coalesce", 2},
    {"GroupingFunc", {"args"}, "grouping", 2},
    {"GroupingSet", {"content"}, "", 0},
    {"List", {"items"}, "", 0},
    {"NamedArgExpr", {"arg"}, "", 0},
    {"SetToDefault", {}, "", 0},
    {"CurrentOfExpr", {}, "", 0},
    {"SQLValueFunction", {}, "", 0},
    {"XmlExpr", {"named_args", "args"}, "xml", 2},
    {"XmlSerialize", {"expr"}, "xmlserialize", 2},
    {"CaseWhen", {"expr", "result"}, "", 0},
    {"SortBy", {"node"}, "", 0},
    {"A_Indices", {"lidx", "uidx"}, "", 0},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 15> value_functions{{
    {"SVFOP_CURRENT_DATE", "current_date"}, {"SVFOP_CURRENT_TIME", "current_time"}, {"SVFOP_CURRENT_TIME_N", "current_time"},
    {"SVFOP_CURRENT_TIMESTAMP", "current_timestamp"}, {"SVFOP_CURRENT_TIMESTAMP_N", "current_timestamp"},
    {"SVFOP_LOCALTIME", "localtime"}, {"SVFOP_LOCALTIME_N", "localtime"}, {"SVFOP_LOCALTIMESTAMP", "localtimestamp"},
    {"SVFOP_LOCALTIMESTAMP_N", "localtimestamp"}, {"SVFOP_CURRENT_ROLE", "current_role"}, {"SVFOP_CURRENT_USER", "current_user"},
    {"SVFOP_USER", "user"}, {"SVFOP_SESSION_USER", "session_user"}, {"SVFOP_CURRENT_CATALOG", "current_catalog"},
    {"SVFOP_CURRENT_SCHEMA", "current_schema"},
}};

}  // namespace

void analyser::absorb(value& into, const value& from) const {
  into.lineage.insert(from.lineage);
  into.parameters.insert(from.parameters);
  if (from.met && (!into.met || out_.meetings[*into.met].parameters.size() < out_.meetings[*from.met].parameters.size())) into.met = from.met;
}

void analyser::read(const column_set& columns) {
  // A set that was read once has nothing new to say; what stands in it for columns not known yet is read when they are.
  if (columns.size() > 1) {
    if (!read_.insert(columns.identity()).second) return;
    read_held_.push_back(columns);
  }
  budget::charge(columns.size());
  for (const base_column& each : columns) {
    if (each.use >= first_stand_in) break;
    if (each.attnum > 0) out_.uses[each.use].read_columns.insert(each.attnum);
  }
}

void analyser::note_meeting(const parameter_set& parameters, const column_set& columns) {
  if (pending(columns)) pending_meetings_.push_back(out_.meetings.size());
  out_.meetings.push_back({parameters, columns});
}

// What an expression meets, its parts have met before: the larger set takes the place of the smaller one.
void analyser::meet(value& facts) {
  if (facts.parameters.empty() || facts.lineage.empty()) return;
  if (facts.met) {
    meeting& part = out_.meetings[*facts.met];
    if (facts.lineage.size() >= part.columns.size() && std::includes(facts.parameters.begin(), facts.parameters.end(), part.parameters.begin(), part.parameters.end()) &&
        std::includes(facts.lineage.begin(), facts.lineage.end(), part.columns.begin(), part.columns.end())) {
      budget::charge((facts.lineage.size() + facts.parameters.size()) / names_per_unit);
      if (pending(facts.lineage) && !pending(part.columns)) pending_meetings_.push_back(*facts.met);
      part = {facts.parameters, facts.lineage};
      return;
    }
  }
  facts.met = out_.meetings.size();
  note_meeting(facts.parameters, facts.lineage);
}

void analyser::each(const object& body, std::string_view key, frame& here, value& into) {
  for (const element& item : list(body, key)) absorb(into, expression(item, here));
}

void analyser::one(const object& body, std::string_view key, frame& here, value& into) {
  const auto found = field(body, key);
  if (!found) return;
  array several;
  if (found->get(several) == simdjson::SUCCESS) {
    each(body, key, here, into);
  } else {
    absorb(into, expression(*found, here));
  }
}

void analyser::type(const object& body) {
  out_.types.push_back({names(body, "names"), location(body)});
}

void analyser::type_of(const object& body, std::string_view key) {
  if (const auto found = plain_child(body, key)) type(*found);
}

value analyser::expression(const element& any, frame& here) {
  const auto at = as_node(any);
  // `null` stands in lists for a place left empty, {} for an empty node (VALUES with DEFAULT and the like).
  if (!at) return {};
  return expression_node(*at, here);
}

value analyser::expression_node(const node& at, frame& here) {
  budget::charge(units_per_node);
  value out;
  if (at.type == "A_Const" || at.type == "String" || at.type == "Integer" || at.type == "A_Star") return out;
  if (at.type == "ColumnRef") return column(at.body, here);
  if (at.type == "ParamRef") {
    const int which = static_cast<int>(number(at.body, "number"));
    out_.parameter_count = std::max(out_.parameter_count, which);
    out.parameters.insert(which);
    return out;
  }
  if (at.type == "SubLink") return sublink(at.body, here);
  if (at.type == "FuncCall") return call(at.body, here);
  if (at.type == "A_Expr") {
    one(at.body, "lexpr", here, out);
    one(at.body, "rexpr", here, out);
    const auto operator_name = names(at.body, "name");
    const std::string_view kind = text(at.body, "kind");
    // BETWEEN and friends carry their keyword where others carry an operator.
    if (kind.find("BETWEEN") == std::string_view::npos) out_.operators.push_back({operator_name, location(at.body)});
    if (kind == "AEXPR_NULLIF") {
      out.name = "nullif";
      out.name_strength = 2;
    }
    meet(out);
    return out;
  }
  if (at.type == "BoolExpr") {
    // AND, OR, NOT join facts that are not compared with each other.
    for (const element& item : list(at.body, "args")) {
      value part = expression(item, here);
      out.lineage.insert(part.lineage);
    }
    return out;
  }
  if (at.type == "TypeCast") {
    type_of(at.body, "typeName");
    const auto inner = field(at.body, "arg");
    if (inner) out = expression(*inner, here);
    out.plain.reset();
    out.site.reset();
    if (out.name_strength <= 1) {
      const auto type_name = plain_child(at.body, "typeName");
      const auto parts = type_name ? names(*type_name, "names") : std::vector<std::string>();
      if (!parts.empty()) {
        out.name = parts.back();
        out.name_strength = 1;
      }
    }
    return out;
  }
  if (at.type == "CaseExpr") {
    one(at.body, "arg", here, out);
    each(at.body, "args", here, out);
    if (const auto otherwise = field(at.body, "defresult")) {
      const value last = expression(*otherwise, here);
      absorb(out, last);
      out.name = last.name;
      out.name_strength = last.name_strength;
    }
    if (out.name_strength <= 1) {
      out.name = "case";
      out.name_strength = 1;
    }
    meet(out);
    return out;
  }
  if (at.type == "MinMaxExpr") {
    each(at.body, "args", here, out);
    out.name = text(at.body, "op") == "IS_LEAST" ? "least" : "greatest";
    out.name_strength = 2;
    meet(out);
    return out;
  }
  if (at.type == "A_Indirection") {
    const auto inner = field(at.body, "arg");
    if (inner) out = expression(*inner, here);
    out.plain.reset();
    out.site.reset();
    for (const element& step : list(at.body, "indirection")) {
      const auto part = as_node(step);
      if (part && part->type == "String") {
        out.name = std::string(text(part->body, "sval"));
        out.name_strength = 2;
        // parse_func.c, ParseFuncOrColumn: what is no field is a function.
        out_.functions.push_back({{out.name}, location(at.body), {std::nullopt}, true, out_.statements.size() - 1});
      } else {
        absorb(out, expression(step, here));
      }
    }
    return out;
  }
  if (at.type == "SQLValueFunction") {
    for (const auto& [key, name] : value_functions) {
      if (text(at.body, "op") == key) out.name = std::string(name);
    }
    if (out.name.empty()) refuse("`SQLValueFunction` of this kind", location(at.body));
    out.name_strength = 2;
    return out;
  }
  if (at.type == "CollateClause") {
    const auto inner = field(at.body, "arg");
    if (inner) out = expression(*inner, here);
    out.plain.reset();
    out.site.reset();
    return out;
  }
  if (at.type == "MultiAssignRef") return multi_source(at.body, here);
  if (at.type == "XmlSerialize") type_of(at.body, "typeName");
  if (at.type == "ResTarget") {
    one(at.body, "val", here, out);
    each(at.body, "indirection", here, out);
    return out;
  }
  if (at.type == "SelectStmt") {
    for (const output& column : select(at.body, &here).columns) out.lineage.insert(column.lineage);
    return out;
  }
  for (const shape& known : shapes) {
    if (known.type != at.type) continue;
    for (const std::string_view part : known.parts) {
      if (!part.empty()) one(at.body, part, here, out);
    }
    if (at.type == "XmlExpr") {
      static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kinds{{
          {"IS_XMLCONCAT", "xmlconcat"}, {"IS_XMLELEMENT", "xmlelement"}, {"IS_XMLFOREST", "xmlforest"}, {"IS_XMLPARSE", "xmlparse"},
          {"IS_XMLPI", "xmlpi"}, {"IS_XMLROOT", "xmlroot"}, {"IS_XMLSERIALIZE", "xmlserialize"}, {"IS_DOCUMENT", ""}}};
      for (const auto& [key, name] : kinds) {
        if (text(at.body, "op") == key) out.name = std::string(name);
      }
      out.name_strength = 2;
    } else if (known.strength > 0) {
      out.name = std::string(known.name);
      out.name_strength = known.strength;
    }
    meet(out);
    return out;
  }
  refuse("`" + std::string(at.type) + "` in an expression", location(at.body));
}

// `SET (a, b) = source`: the tree shows the source once per column, one after the other. It is read with the first.
value analyser::multi_source(const object& body, frame& here) {
  if (number(body, "colno") <= 1) {
    value facts;
    one(body, "source", here, facts);
    meet(facts);
    multi_source_ = std::move(facts);
  }
  return multi_source_;
}

value analyser::sublink(const object& body, frame& here) {
  value out;
  one(body, "testexpr", here, out);
  const std::string_view kind = text(body, "subLinkType");
  if (const auto operators = names(body, "operName"); !operators.empty()) out_.operators.push_back({operators, location(body)});
  const auto inner = field(body, "subselect");
  if (!inner) refuse("a sub-select of this form", location(body));
  const query_result result = query(*inner, &here);
  for (const output& column : result.columns) out.lineage.insert(column.lineage);
  if (kind == "EXISTS_SUBLINK") out.name = "exists";
  if (kind == "ARRAY_SUBLINK") out.name = "array";
  if (kind == "EXPR_SUBLINK" && !result.columns.empty()) out.name = result.columns[0].name;
  out.name_strength = out.name.empty() ? 0 : 2;
  meet(out);
  return out;
}

void analyser::window(const object& body, frame& here, value& into) {
  each(body, "partitionClause", here, into);
  each(body, "orderClause", here, into);
  one(body, "startOffset", here, into);
  one(body, "endOffset", here, into);
}

void analyser::note_call(function_call made) {
  made.statement = out_.statements.size() - 1;
  const std::string name = made.name.empty() ? std::string() : made.name.back();
  // The same text is met again where the tree shows it twice; the same name at the same place is the same call.
  if (call_at_.insert({made.offset, name}).second) out_.functions.push_back(std::move(made));
}

namespace {

bool is_plain_call(const object& body) {
  for (const char* mark : {"agg_distinct", "agg_star", "agg_within_group", "func_variadic"}) {
    if (flag(body, mark)) return false;
  }
  for (const char* clause : {"agg_order", "agg_filter", "over"}) {
    if (field(body, clause)) return false;
  }
  const auto arguments = list(body, "args");
  return std::none_of(arguments.begin(), arguments.end(), [](const element& each) {
    const auto at = as_node(each);
    return at && at->type == "NamedArgExpr";
  });
}

}  // namespace

value analyser::call(const object& body, frame& here) {
  value out;
  function_call made;
  made.name = names(body, "funcname");
  made.offset = location(body);
  for (const element& argument : list(body, "args")) made.arguments.push_back(constant_of(argument, *names_.catalog));
  made.plain = is_plain_call(body);
  each(body, "args", here, out);
  each(body, "agg_order", here, out);
  one(body, "agg_filter", here, out);
  if (const auto over = plain_child(body, "over")) window(*over, here, out);
  if (!made.name.empty()) out.name = made.name.back();
  out.name_strength = 2;
  note_call(std::move(made));
  meet(out);
  return out;
}

// The columns of one level (parse_relation.c, colNameToVar).
bool analyser::column_at(const std::string& name, const frame& level, found_column& into) const {
  bool found = false;
  const auto parts = level.parts();
  for (const level_part& part : parts) {
    budget::charge(1 + part.visible->size() / names_per_unit);
    for (const output& column : *part.visible) {
      if (column.name != name) continue;
      // Ambiguous names are PostgreSQL's to refuse; until then they are all of them.
      into.plain = found ? std::nullopt : column.plain;
      into.lineage.insert(column.lineage);
      found = true;
    }
  }
  if (!found) return false;
  for (const level_part& part : parts) {
    for (const source& from : *part.sources) {
      if (!from.use) continue;
      budget::charge(1 + from.columns.size() / names_per_unit);
      for (const output& column : from.columns) {
        if (column.name == name && column.plain && into.lineage.count(*column.plain)) into.sites.push_back(*column.plain);
      }
    }
  }
  return true;
}

void analyser::whole(const source& from, std::int16_t mark, found_column& into) {
  into.lineage.insert(lineage_of(from));
  if (!from.use) return;
  if (mark == column_site::whole_row) out_.uses[*from.use].whole_row = true;
  into.sites.push_back({*from.use, mark});
}

// A relation of one level by its name, and what of it is meant (parse_expr.c, transformColumnRef).
bool analyser::relation_at(const std::vector<std::string>& parts, const frame& level, found_column& into) {
  const std::size_t table_at = parts.size() > 1 ? parts.size() - 2 : 0;
  const auto meant = [&](const source& from) {
    return !from.hidden && from.name == parts[table_at] && (table_at == 0 || from.schema == parts[table_at - 1]);
  };
  const source* found = nullptr;
  for (const level_part& part : level.parts()) {
    budget::charge(1 + part.sources->size() / names_per_unit);
    const auto at = std::find_if(part.sources->begin(), part.sources->end(), meant);
    if (at == part.sources->end()) continue;
    found = &*at;
    break;
  }
  if (!found) return false;
  const source& from = *found;
  if (parts.size() == 1) return whole(from, column_site::whole_row, into), true;
  if (parts.back() == "*") return whole(from, column_site::star, into), true;
  budget::charge(from.columns.size() / names_per_unit);
  for (const output& column : from.columns) {
    if (column.name != parts.back()) continue;
    into.plain = column.plain;
    into.lineage.insert(column.lineage);
    if (from.use && column.plain && column.plain->use == *from.use) into.sites.push_back(*column.plain);
    return true;
  }
  if (from.use && std::find(system_columns.begin(), system_columns.end(), parts.back()) != system_columns.end()) {
    out_.uses[*from.use].system_columns.insert(parts.back());
    return true;
  }
  // Not a column: `t.f` is then the function f of the row.
  return whole(from, column_site::whole_row, into), true;
}

// Unqualified: of any relation of the nearest level that has one; PostgreSQL refuses when there are two.
bool analyser::system_column_at(const std::string& name, const frame& here) {
  if (std::find(system_columns.begin(), system_columns.end(), name) == system_columns.end()) return false;
  bool found = false;
  for (const frame* level = &here; level && !found; level = level->outer) {
    for (const level_part& part : level->parts()) {
      budget::charge(1 + part.sources->size() / names_per_unit);
      for (const source& from : *part.sources) {
        if (!from.use) continue;
        out_.uses[*from.use].system_columns.insert(name);
        found = true;
      }
    }
  }
  return found;
}

// Columns of all levels come first, then relations of all levels. A level with columns that nobody listed may have the name
// or not: what is further out counts as well.
analyser::found_column analyser::resolve(const std::vector<std::string>& parts, frame& here) {
  found_column out;
  bool settled = false;
  const frame* ended = nullptr;
  if (parts.size() == 1) {
    for (frame* level = &here; level && !settled; level = level->outer) {
      settled = column_at(parts[0], *level, out);
      if (settled) ended = level;
      if (settled || !level->visible_open) continue;
      out.known = out.maybe = true;
      out.lineage.insert(level->open_lineage);
    }
  }
  for (frame* level = &here; level && !settled; level = level->outer) {
    settled = relation_at(parts, *level, out);
    if (settled) ended = level;
  }
  if (!settled && parts.size() == 1) settled = system_column_at(parts[0], here);
  out.known = out.known || settled;
  if (parts.size() == 1 && ended) doubt_target(parts[0], ended->outer, out);
  if (out.maybe) out.plain.reset();
  return out;
}

// The target of a change shows its raw columns to whatever names them. An unqualified name in a deeper query level that is also
// one of the target's is trusted to be the inner one only when the catalog says so; what subqueries, functions and relations
// without a snapshot expose is our own reckoning.
void analyser::doubt_target(const std::string& name, const frame* beyond, found_column& found) const {
  const bool certain = !found.sites.empty() && std::all_of(found.sites.begin(), found.sites.end(), [&](const base_column& each) {
    return each.attnum > 0 && out_.uses[each.use].found == resolution::relation;
  });
  if (certain) return;
  for (const frame* level = beyond; level; level = level->outer) {
    for (const level_part& part : level->parts()) {
      budget::charge(1 + part.sources->size() / names_per_unit);
      for (const source& from : *part.sources) {
        if (!from.target || !from.use) continue;
        budget::charge(from.columns.size() / names_per_unit);
        const std::size_t before = found.sites.size();
        if (from.name == name) found.sites.push_back({*from.use, column_site::whole_row});
        for (const output& column : from.columns) {
          if (column.name == name && column.plain) found.sites.push_back(*column.plain);
        }
        found.maybe = found.maybe || found.sites.size() > before;
      }
    }
  }
}

value analyser::column(const object& body, frame& here) {
  value out;
  const auto parts = names(body, "fields");
  if (parts.empty() || parts.back().empty()) refuse("a column reference of this form", location(body));
  out.name = parts.back() == "*" ? std::string() : parts.back();
  out.name_strength = 2;
  column_site site;
  site.offset = location(body);
  site.parts = parts.size();
  site.name = parts.back();
  seen_columns_.insert(site.offset);
  if (parts.size() == 1 && parts[0] == "*") {
    for (const level_part& part : here.parts()) {
      budget::charge(1 + part.visible->size());
      for (const output& each_column : *part.visible) out.lineage.insert(each_column.lineage);
      for (const source& from : *part.sources) {
        if (from.use) site.columns.push_back({*from.use, column_site::star});
        out.lineage.insert(lineage_of(from));
      }
    }
    out.lineage.insert(here.open_lineage);
  } else {
    found_column found = resolve(parts, here);
    out.lineage = std::move(found.lineage);
    out.plain = found.plain;
    site.columns = std::move(found.sites);
    site.maybe = found.maybe;
    if (!found.known) {
      std::string name;
      for (const auto& part : parts) name += (name.empty() ? "" : ".") + part;
      out_.unresolved_columns.push_back(name);
    }
  }
  if (site.maybe) out.plain.reset();
  const bool column_of_relation = std::any_of(site.columns.begin(), site.columns.end(), [](const base_column& each_column) { return each_column.attnum > 0; });
  if (parts.size() > 1 && parts.back() != "*" && !column_of_relation) out_.functions.push_back({{parts.back()}, site.offset, {std::nullopt}, true, out_.statements.size() - 1});
  read(out.lineage);
  site.lineage = out.lineage;
  if (const auto known = site_at_.find(site.offset); known != site_at_.end()) {
    column_site& before = out_.columns[known->second];
    for (const auto& each_column : site.columns) {
      if (std::find(before.columns.begin(), before.columns.end(), each_column) == before.columns.end()) before.columns.push_back(each_column);
    }
    before.lineage.insert(site.lineage);
    before.maybe = before.maybe || site.maybe;
    out.site = known->second;
  } else {
    site_at_[site.offset] = out_.columns.size();
    out.site = out_.columns.size();
    out_.columns.push_back(std::move(site));
  }
  if (pending(out.lineage)) pending_sites_.push_back(*out.site);
  return out;
}

}  // namespace sluice::sql
