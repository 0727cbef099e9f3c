#include "analyser.hpp"

#include <algorithm>

namespace sluice::sql {

analyser::analyser(const tree& of, const name_space& names) : tree_(of), names_(names) { search_system_schema(); }

// pg_catalog comes first unless the path gives it a place (namespace.c, recomputeNamespacePath).
void analyser::search_system_schema() {
  auto& path = names_.search_path;
  if (std::find(path.begin(), path.end(), "pg_catalog") == path.end()) path.insert(path.begin(), "pg_catalog");
}

void analyser::refuse(std::string construct, std::size_t offset, std::string hint) {
  throw not_understood{std::move(construct), offset, std::move(hint)};
}

analysis analyser::run(const after_statement& after_each) {
  object root;
  if (tree_.inside().root.get(root) != simdjson::SUCCESS) refuse("an unreadable parse tree");
  for (const element& raw : list(root, "stmts")) {
    object entry;
    if (raw.get(entry) != simdjson::SUCCESS) refuse("an unreadable statement");
    const auto top = child(entry, "stmt");
    if (!top) refuse("an unreadable statement");
    statement next;
    next.start = static_cast<std::size_t>(number(entry, "stmt_location"));
    const auto length = static_cast<std::size_t>(number(entry, "stmt_len"));
    next.length = length ? length : tree_.text().size() - next.start;
    next.node = std::string(top->type);
    out_.statements.push_back(std::move(next));
    statement_node(*top);
    if (out_.statements.back().what != command::instance) sweep(*field(entry, "stmt"));
    // INVARIANT: no stand-in leaves the analysis; its use is none.
    const auto& outputs = current().outputs;
    if (!pending_sites_.empty() || !pending_meetings_.empty() ||
        std::any_of(outputs.begin(), outputs.end(), [](const output& each) { return pending(each.lineage); }))
      refuse("WITH RECURSIVE of this form", current().start);
    if (after_each) {
      after_each(out_, names_);
      search_system_schema();
    }
  }
  return std::move(out_);
}

void analyser::sweep(const element& any) {
  budget::charge(1);
  array several;
  if (any.get(several) == simdjson::SUCCESS) {
    for (const element item : several) sweep(item);
    return;
  }
  object body;
  if (any.get(body) != simdjson::SUCCESS) return;
  if (field(body, "funcname") && field(body, "funcformat")) {
    const auto name = names(body, "funcname");
    if (!call_at_.count({location(body), name.empty() ? std::string() : name.back()})) refuse("a function call at this place", location(body), "write a constant");
  }
  if (const auto at = as_node(any); at && at->type == "ColumnRef" && !seen_columns_.count(location(at->body)))
    refuse("a column reference at this place", location(at->body), "write a constant");
  for (const auto entry : body) sweep(entry.value);
}

// Finds what the name means now: namespace.c, RangeVarGetRelidExtended and RangeVarGetCreationNamespace.
void analyser::resolve_use(use& of, bool making) const {
  const catalog::snapshot& known = *names_.catalog;
  if (!of.written_catalog.empty() && of.written_catalog != known.all().database)
    refuse("a reference to database `" + of.written_catalog + "`", of.offset, "connect to that database instead");
  const auto temporary_schema = [](const std::string& schema) { return schema == "pg_temp" || schema.rfind("pg_temp_", 0) == 0; };
  const fresh_names& own = names_.fresh();
  const auto fresh = [&](const fresh_ptr& made, resolution how, const std::string& schema) {
    of.found = how;
    of.schema = schema;
    of.fresh = made;
  };
  const auto settle = [&](const std::string& schema) {
    if (own.unreliable.count(schema + '\0' + of.written_name)) {
      of.moved = true;
      return true;
    }
    if (const auto made = own.created.find(schema + '\0' + of.written_name); made != own.created.end()) {
      fresh(made->second, resolution::created, schema);
      return true;
    }
    if (const catalog::relation* hit = known.find(schema, of.written_name)) {
      of.found = resolution::relation;
      of.relation = hit;
      of.schema = schema;
      return true;
    }
    return false;
  };
  if (making) {
    if (of.schema == "pg_temp" || temporary_schema(of.written_schema)) {
      of.schema = "pg_temp";
      of.found = resolution::temporary;
      if (const auto there = own.temporary.find(of.written_name); there != own.temporary.end()) of.fresh = there->second;
      return;
    }
    of.schema = of.written_schema;
    for (const auto& schema : names_.search_path) {
      if (!of.schema.empty()) break;
      if (schema != "pg_catalog" && known.has_schema(schema)) of.schema = schema;
    }
    of.found = resolution::created;
    of.relation = known.find(of.schema, of.written_name);
    return;
  }
  if (temporary_schema(of.written_schema)) {
    if (of.written_schema != "pg_temp") return;  // another session's, or our own by a number that we do not know
    if (const auto made = own.temporary.find(of.written_name); made != own.temporary.end()) fresh(made->second, resolution::temporary, "pg_temp");
    return;
  }
  if (!of.written_schema.empty()) {
    settle(of.written_schema);
    return;
  }
  if (const auto made = own.temporary.find(of.written_name); made != own.temporary.end()) return fresh(made->second, resolution::temporary, "pg_temp");
  for (const auto& schema : names_.search_path) {
    if (settle(schema)) return;
  }
}

const common_table* analyser::find_table(const std::string& name, frame* from) const {
  for (const frame* level = from; level; level = level->outer) {
    for (const frame* part = level; part; part = part->beside) {
      if (const auto found = part->table_at.find(name); found != part->table_at.end()) return &part->tables[found->second];
    }
  }
  return nullptr;
}

std::size_t analyser::add_use(const object& range, use_role role, bool may_be_cte, frame* here) {
  const std::size_t offset = location(range);
  if (const auto known = use_at_.find({offset, role}); known != use_at_.end()) return known->second;
  use next;
  next.offset = offset;
  next.statement = out_.statements.size() - 1;
  next.role = role;
  next.written_catalog = std::string(text(range, "catalogname"));
  next.written_schema = std::string(text(range, "schemaname"));
  next.written_name = std::string(text(range, "relname"));
  next.only = !flag(range, "inh");
  if (const auto alias = plain_child(range, "alias")) {
    next.alias = std::string(text(*alias, "aliasname"));
    next.alias_columns = names(*alias, "colnames");
  }
  if (text(range, "relpersistence") == "t") next.schema = "pg_temp";
  if (may_be_cte && next.written_schema.empty() && find_table(next.written_name, here)) {
    next.found = resolution::cte;
    out_.cte_references.push_back(offset);
  } else {
    resolve_use(next, role == use_role::into || role == use_role::define);
  }
  out_.uses.push_back(std::move(next));
  use_at_[{offset, role}] = out_.uses.size() - 1;
  return out_.uses.size() - 1;
}

std::vector<output> analyser::columns_of(std::size_t use_index, bool& open) const {
  const use& of = out_.uses[use_index];
  std::vector<output> out;
  open = false;
  const auto listed = [&](const std::vector<std::string>& columns) {
    for (const auto& column : columns) out.push_back({column, {}, std::nullopt});
    open = columns.empty();
  };
  if (of.found == resolution::relation) {
    budget::charge(of.relation->columns.size() * units_per_output);
    for (const auto& column : of.relation->columns) {
      const base_column self{use_index, column.attnum};
      out.push_back({column.name, {self}, self});
    }
  } else if (of.fresh) {
    listed(of.fresh->columns);
  } else if (of.found != resolution::temporary && of.found != resolution::created) {
    open = true;
  }
  return out;
}

const fresh_names& name_space::fresh() const {
  static const fresh_names none;
  return own ? *own : none;
}

base::result<analysis> analyse(const tree& of, const name_space& names, const after_statement& after_each) {
  base::diagnostic why;
  why.sqlstate = "42501";
  const bool paid = budget::open();
  const budget own;
  try {
    return analyser(of, names).run(after_each);
  } catch (const too_much_work&) {
    // Whoever opened a budget around this one must hear of it.
    if (paid) throw;
    return budget::refusal();
  } catch (const not_understood& stop) {
    why.cause = stop.construct + " is not understood by the gateway and therefore denied";
    why.hint = stop.hint;
    why.where.offset = characters_before(of.text(), stop.offset);
  }
  return why;
}

}  // namespace sluice::sql
