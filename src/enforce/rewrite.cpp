#include "rewrite.hpp"

#include <algorithm>

#include "hollow.hpp"
#include "sluice/enforce/mask_sql.hpp"
#include "sluice/sql/budget.hpp"
#include "span.hpp"

namespace sluice::enforce {
namespace {

constexpr std::size_t no_offset = std::string::npos;
// Text that guards put in, against the budget of the statement (sql/budget.hpp): what bounds how far it can grow.
constexpr std::size_t bytes_per_unit = 8;
// Guards may make a text this much longer, views within views included, before it is refused; in tokens it stays under parse_limits.
constexpr std::size_t max_growth = 16;
constexpr std::size_t max_rewritten_depth = 4000;

std::size_t parts_of(const sql::use& of) { return 1 + !of.written_schema.empty() + !of.written_catalog.empty(); }

bool is_target(sql::use_role role) {
  using enum sql::use_role;
  return role == insert || role == update || role == remove || role == merge;
}

class rewriting {
 public:
  explicit rewriting(const rewrite_request& request)
      : request_(request), facts_(request.facts), shown_(request.shown), text_(request.tree.text()) {}

  rewrite_outcome run() {
    auto tokens = request_.tree.tokens();
    if (!tokens) {
      out_.refused = refusal(request_.tree, std::nullopt, "the statement does not scan");
      return std::move(out_);
    }
    tokens_ = std::move(*tokens);
    walk_.emplace(text_, tokens_);
    untouched_.insert(facts_.cte_references.begin(), facts_.cte_references.end());
    choose_wire_masks();
    for (const auto& site : facts_.columns) {
      for (const auto& column : site.columns) {
        if (column.attnum <= 0) starred_.insert(column.use);
      }
    }
    for (const auto& call : facts_.functions) {
      if (!out_.refused) function(call);
    }
    for (std::size_t index = 0; index < facts_.uses.size() && !out_.refused; ++index) relation(index);
    for (const auto& site : facts_.columns) {
      if (!out_.refused) column(site);
    }
    for (const auto& key : facts_.keys) {
      if (!out_.refused) group_by(key);
    }
    for (const auto& each : request_.constants) {
      if (!out_.refused) constant(each);
    }
    for (std::size_t index = 0; index < facts_.statements.size() && !out_.refused; ++index) drop(index);
    if (!out_.refused) finish();
    return std::move(out_);
  }

 private:
  void refuse(std::optional<std::size_t> offset, std::string message, std::string hint = {}) {
    if (!out_.refused) out_.refused = refusal(request_.tree, offset, std::move(message), std::move(hint));
  }
  void not_found(std::size_t offset) { refuse(offset, "this place of the statement cannot be rewritten", "write the statement more simply"); }
  const relation_guard* guard_of(const sql::use& of) {
    if (of.found != sql::resolution::relation) return nullptr;
    const relation_guard& guard = shown_.of(*of.relation);
    return guard.needed ? &guard : nullptr;
  }
  const sql::statement& statement_of(const sql::use& of) const { return facts_.statements[of.statement]; }
  static std::string described(const sql::use& of) { return "`" + of.schema + "." + of.written_name + "`"; }

  // A detected column may cross as it is when it does nothing but come out: a bare item of a plain SELECT without any other
  // query level in it, so that nothing hangs on which level a name belongs to.
  void choose_wire_masks() {
    if (request_.inside_view || facts_.statements.size() != 1) return;
    const sql::statement& only = facts_.statements[0];
    const bool copies = std::any_of(facts_.uses.begin(), facts_.uses.end(), [](const sql::use& of) { return of.role == sql::use_role::copy_to; });
    if (!copies && (only.what != sql::command::select || !only.outputs_known || only.query_levels != 1)) return;
    // Columns of which anything else is made than a plain output of the outermost SELECT.
    sql::column_set worked_on;
    for (const auto& site : facts_.columns) {
      if (!site.top_output) worked_on.insert(site.lineage);
    }
    for (const auto& output : only.outputs) {
      for (const auto& column : output.lineage) {
        if (output.plain != column) worked_on.insert(column);
      }
    }
    for (std::size_t index = 0; index < facts_.uses.size(); ++index) {
      const sql::use& of = facts_.uses[index];
      const relation_guard* guard = guard_of(of);
      if (!guard || guard->definition || of.whole_row) continue;
      for (const auto& [attnum, column] : guard->columns) {
        if (column.state != column_state::detected) continue;
        if (of.role == sql::use_role::copy_to) {
          // Options that change how a row is written (encoding, null, delimiter, …): SQL masks the values before that.
          if (std::any_of(only.options.begin(), only.options.end(), [](const auto& each) { return each.first != "format" && each.first != "header"; })) continue;
          out_.on_the_wire[index].push_back(attnum);
          continue;
        }
        if (of.role != sql::use_role::read || only.what != sql::command::select || !only.outputs_known || only.query_levels != 1) continue;
        const sql::base_column self{index, attnum};
        if (!worked_on.count(self)) out_.on_the_wire[index].push_back(attnum);
      }
    }
  }

  // Before all other edits: what is put in front of an argument stands in front of what replaces the argument's first name.
  void function(const sql::function_call& call) {
    if (!hollowed(call, request_.with, shown_.who(), request_.inside_view ? nullptr : &shown_, request_.names[std::min(call.statement, request_.names.size() - 1)])) return;
    const auto place = hollow(call, *walk_);
    if (!place) return not_found(call.offset);
    sql::expected difference;
    difference.what = sql::difference::argument;
    difference.offset = call.offset;
    difference.fragment = place->before + "$" + std::to_string(sql::hole_parameter) + place->after;
    differences_.push_back(std::move(difference));
    edits_.push_back({place->start, place->start, place->before});
    edits_.push_back({place->end, place->end, place->after});
  }

  void name_only(const sql::use& of, std::size_t first) {
    const bool made = of.role == sql::use_role::into || of.role == sql::use_role::define;
    const bool whole = !of.written_schema.empty() && of.written_catalog.empty();
    if (whole || (made && of.found == sql::resolution::temporary)) {
      untouched_.insert(of.offset);
      return;
    }
    const auto last = walk_->name(first, parts_of(of));
    if (!last) return not_found(of.offset);
    edits_.push_back({walk_->start(first), walk_->end(*last), quote_identifier(of.schema) + "." + quote_identifier(of.written_name)});
    sql::expected difference;
    difference.what = sql::difference::relation_name;
    difference.offset = of.offset;
    difference.schema = of.schema;
    differences_.push_back(std::move(difference));
  }

  void relation(std::size_t index) {
    const sql::use& of = facts_.uses[index];
    if (of.found == sql::resolution::cte || of.offset == no_offset) return;
    const auto first = walk_->at(of.offset);
    if (!first) return not_found(of.offset);
    const relation_guard* guard = guard_of(of);
    // Also in the text of a view: it shows no more than its creator may see, whatever happens to its name later, and each
    // reader's own masks come on top.
    if (guard && of.role == sql::use_role::read && !harmless(of, *guard)) return guarded(index, *first, *guard);
    if (guard && of.role == sql::use_role::copy_to) return copied(index, *first);
    if (guard && (of.role == sql::use_role::update || of.role == sql::use_role::remove) && guard->has_filter()) filtered(of, *first, *guard);
    name_only(of, *first);
  }

  // A system relation of which only some columns are emptied stays as it is when none of them is read.
  static bool harmless(const sql::use& of, const relation_guard& guard) {
    if (!is_system_schema(of.relation->schema) || guard.has_filter() || !guard.listed.empty() || of.whole_row) return false;
    return std::none_of(guard.columns.begin(), guard.columns.end(), [&](const auto& each) { return of.read_columns.count(each.first) > 0; });
  }

  bool starred(std::size_t index) const { return facts_.uses[index].whole_row || starred_.count(index) > 0; }

  void guarded(std::size_t index, std::size_t first, const relation_guard& guard) {
    const sql::use& of = facts_.uses[index];
    std::size_t start = walk_->start(first);
    auto last = walk_->name(first, parts_of(of));
    if (!last) return not_found(of.offset);
    if (of.only) {
      auto before = walk_->before(first);
      if (before && walk_->is(*before, '(')) {
        before = walk_->before(*before);
        last = walk_->next(*last);
        if (!walk_->is(*last, ')')) return not_found(of.offset);
      }
      if (!before || !walk_->is(*before, sql::token_kind::only)) return not_found(of.offset);
      start = walk_->start(*before);
    } else if (walk_->is(walk_->next(*last), '*')) {
      last = walk_->next(*last);
    }
    // `TABLE t` takes a name only: it is spelt out as the SELECT that it stands for.
    const auto keyword = walk_->at(start) ? walk_->before(*walk_->at(start)) : std::nullopt;
    if (keyword && walk_->word(*keyword, "table")) edits_.push_back({walk_->start(*keyword), walk_->end(*keyword), "SELECT * FROM"});
    if (of.alias) {
      std::size_t next = walk_->next(*last);
      if (walk_->is(next, sql::token_kind::as)) next = walk_->next(next);
      last = next;
      if (!of.alias_columns.empty()) {
        const auto close = walk_->closing(walk_->next(next));
        if (!close) return not_found(of.offset);
        last = close;
      }
    }
    guard_options options;
    options.only = of.only;
    // Computed columns of a view may raise, and a plain condition on one would run them before the filter inside.
    // What stands in the text of a view meets conditions that nobody knows yet.
    options.fenced = !statement_of(of).quals_plain || statement_of(of).what == sql::command::create_view || (guard.definition && guard.filtered_below);
    // Drivers ask the catalog for tableoid and xmin. Beside a star they would become columns of the result.
    if (is_system_schema(of.relation->schema) && !of.system_columns.empty() && !starred(index)) options.system_columns = &of.system_columns;
    if (of.sampled) {
      if (guard.has_filter() || guard.definition) return refuse(of.offset, "TABLESAMPLE of " + described(of) + " is denied: it would count rows that are not shown");
      if (!of.sample_constant) return refuse(of.offset, "TABLESAMPLE of a guarded relation takes constants only");
      const std::size_t clause = walk_->next(*last);
      if (!walk_->is(clause, sql::token_kind::tablesample)) return not_found(of.offset);
      std::size_t open = clause;
      while (open < walk_->size() && !walk_->is(open, '(')) open = walk_->next(open);
      auto close = walk_->closing(open);
      if (!close) return not_found(of.offset);
      if (walk_->is(walk_->next(*close), sql::token_kind::repeatable)) close = walk_->closing(walk_->next(walk_->next(*close)));
      if (!close) return not_found(of.offset);
      options.sample = text_.substr(walk_->start(clause), walk_->end(*close) - walk_->start(clause));
      last = close;
    }
    const auto wire = out_.on_the_wire.find(index);
    if (wire != out_.on_the_wire.end()) options.plain = &wire->second;
    std::string item = "(" + shown_.query(*of.relation, options) + ") AS " + quote_identifier(exposed_name(of, index));
    if (!of.alias_columns.empty()) {
      std::string list;
      for (const auto& name : of.alias_columns) list += (list.empty() ? "" : ", ") + quote_identifier(name);
      item += " (" + list + ")";
    }
    sql::budget::charge(item.size() / bytes_per_unit);
    sql::expected difference;
    difference.what = sql::difference::relation_guard;
    difference.offset = of.offset;
    difference.fragment = item;
    differences_.push_back(std::move(difference));
    edits_.push_back({start, walk_->end(*last), std::move(item)});
    out_.guarded.insert(index);
  }

  void copied(std::size_t index, std::size_t first) {
    const sql::use& of = facts_.uses[index];
    auto last = walk_->name(first, parts_of(of));
    if (!last) return not_found(of.offset);
    if (!of.copy_columns.empty()) last = walk_->closing(walk_->next(*last));
    if (!last) return not_found(of.offset);
    guard_options options;
    options.only = of.relation->kind == catalog::relation_kind::table;
    options.columns = &of.copy_columns;
    const auto wire = out_.on_the_wire.find(index);
    if (wire != out_.on_the_wire.end()) options.plain = &wire->second;
    sql::expected difference;
    difference.what = sql::difference::copy_source;
    difference.offset = of.offset;
    difference.fragment = shown_.query(*of.relation, options);
    // COPY BINARY relation: a query takes the word at the other end only.
    const auto before = walk_->before(first);
    if (before && walk_->word(*before, "binary")) {
      std::size_t target = walk_->next(*last);
      while (target < walk_->size() && !walk_->word(target, "stdout")) target = walk_->next(target);
      if (target >= walk_->size()) return not_found(of.offset);
      edits_.push_back({walk_->start(*before), walk_->end(*before), ""});
      edits_.push_back({walk_->end(target), walk_->end(target), " BINARY"});
    }
    edits_.push_back({walk_->start(first), walk_->end(*last), "(" + difference.fragment + ")"});
    differences_.push_back(std::move(difference));
    out_.guarded.insert(index);
  }

  // Rows that are not shown are not updated or deleted either. The user's own condition is evaluated behind the filter.
  void filtered(const sql::use& of, std::size_t first, const relation_guard& guard) {
    out_.guarded_target = true;
    std::string filter;
    for (const auto& each : guard.filters) filter += (filter.empty() ? "(" : " AND (") + each.sql + ")";
    if (!guard.system_filter.empty()) filter += (filter.empty() ? "(" : " AND (") + guard.system_filter + ")";
    const auto name_end = walk_->name(first, parts_of(of));
    if (!name_end) return not_found(of.offset);
    const std::size_t stop = statement_of(of).start + statement_of(of).length;
    int depth = 0;
    bool joined = false;
    std::optional<std::size_t> where;
    std::size_t previous = *name_end, at = walk_->next(*name_end);
    for (; at < walk_->size() && walk_->start(at) < stop; previous = at, at = walk_->next(at)) {
      sql::budget::charge(1);
      if (walk_->is(at, '(')) ++depth;
      if (walk_->is(at, ')') && --depth < 0) break;
      if (depth > 0) continue;
      if (walk_->is(at, ';') || walk_->word(at, "returning")) break;
      if (walk_->is(at, sql::token_kind::where)) where = at;
      joined = joined || walk_->word(at, "from") || walk_->word(at, "using");
    }
    // Beside other items of FROM the filter's names are looked up in the target's row alone.
    if (joined) filter = "EXISTS (SELECT 1 FROM (SELECT " + quote_identifier(of.alias ? *of.alias : of.written_name) + ".*) AS sluice_row WHERE " + filter + ")";
    sql::expected difference;
    difference.what = sql::difference::where;
    difference.offset = of.offset;
    const std::size_t end = walk_->end(previous);
    if (!where) {
      difference.fragment = filter;
      edits_.push_back({end, end, " WHERE " + filter});
    } else {
      const std::size_t body = walk_->next(*where);
      if (walk_->word(body, "current") && walk_->word(walk_->next(body), "of"))
        return refuse(of.offset, "WHERE CURRENT OF on " + described(of) + " is denied: a row filter holds on it", "use a condition on its columns");
      const bool plain = statement_of(of).quals_plain;
      const std::string before = plain ? filter + " AND (" : filter + " AND CASE WHEN " + filter + " THEN (";
      const std::string after = plain ? ")" : ") ELSE false END";
      difference.fragment = before + "$" + std::to_string(sql::hole_parameter) + after;
      edits_.push_back({walk_->start(body), walk_->start(body), before});
      edits_.push_back({end, end, after});
    }
    differences_.push_back(std::move(difference));
  }

  void column(const sql::column_site& site) {
    if (site.offset == no_offset) return;
    for (const auto& [index, attnum] : site.columns) {
      const sql::use& of = facts_.uses[index];
      const relation_guard* guard = guard_of(of);
      if (!guard) continue;
      if (is_target(of.role)) {
        if (guard->columns.empty() && !guard->definition) continue;
        return target_column(site, index, attnum, *guard);
      }
      if (of.role != sql::use_role::read || !out_.guarded.count(index)) continue;
      if (site.parts < 3) continue;
      const std::string name = quote_identifier(exposed_name(of, index));
      return replace(site, name + "." + (site.name == "*" ? std::string("*") : quote_identifier(site.name)), false);
    }
  }

  void target_column(const sql::column_site& site, std::size_t index, std::int16_t attnum, const relation_guard& guard) {
    const sql::use& of = facts_.uses[index];
    if (attnum == sql::column_site::star || attnum == sql::column_site::whole_row) {
      return refuse(site.offset, "reading the whole row of " + described(of) + " in a statement that changes it is denied: it has masked columns",
                    "name the columns that you need");
    }
    if (!guard.columns.count(attnum)) return;
    if (site.maybe) return refuse(site.offset, "`" + site.name + "` may be a masked column of " + described(of), "qualify the column");
    if (site.columns.size() > 1) return refuse(site.offset, "a masked column of " + described(of) + " cannot be merged here", "qualify the column");
    const std::string alias = of.alias ? *of.alias : of.written_name;
    const auto* column = of.relation->find_column(attnum);
    const auto mask = shown_.shown(*of.relation, attnum, quote_identifier(alias) + "." + quote_identifier(column->name));
    if (!mask) return;
    out_.guarded_target = true;
    replace(site, *mask, site.bare_target);
  }

  void replace(const sql::column_site& site, std::string expression, bool named) {
    const auto first = walk_->at(site.offset);
    const auto last = first ? walk_->name(*first, site.parts) : std::nullopt;
    if (!last) return not_found(site.offset);
    sql::expected difference;
    difference.what = named ? sql::difference::named_column : sql::difference::column;
    difference.offset = site.offset;
    difference.name = site.name;
    difference.fragment = expression;
    edits_.push_back({walk_->start(*first), walk_->end(*last), named ? expression + " AS " + quote_identifier(site.name) : std::move(expression)});
    differences_.push_back(std::move(difference));
  }

  void constant(const relation_constant& of) {
    const auto token = walk_->at(of.offset);
    if (!token) return not_found(of.offset);
    sql::expected difference;
    difference.what = sql::difference::constant;
    difference.offset = of.offset;
    difference.fragment = of.sql;
    edits_.push_back({walk_->start(*token), walk_->end(*token), of.sql});
    differences_.push_back(std::move(difference));
  }

  void group_by(const sql::group_by_key& key) {
    const sql::use& of = facts_.uses[key.use];
    const relation_guard* guard = guard_of(of);
    if (!guard || !out_.guarded.count(key.use)) return;
    // Grouping by a masked key is no longer one row a group: then PostgreSQL's own complaint is the right answer.
    for (const std::int16_t attnum : of.relation->primary_key) {
      if (guard->columns.count(attnum)) return;
    }
    std::string list;
    for (const std::int16_t attnum : key.needed) {
      const auto* column = of.relation->find_column(attnum);
      if (!column) continue;
      list += (list.empty() ? "" : ", ") + quote_identifier(exposed_name(of, key.use)) + "." + quote_identifier(column->name);
    }
    if (list.empty()) return;
    edits_.push_back({key.offset, key.offset, list + ", "});
    sql::budget::charge(differences_.size() / 8);
    auto same_place = std::find_if(differences_.begin(), differences_.end(), [&](const sql::expected& each) {
      return each.what == sql::difference::group_by && each.offset == key.offset;
    });
    if (same_place != differences_.end()) {
      same_place->fragment += ", " + list;
      return;
    }
    sql::expected difference;
    difference.what = sql::difference::group_by;
    difference.offset = key.offset;
    difference.fragment = list;
    differences_.push_back(std::move(difference));
  }

  // DROP names its objects without positions in the tree: found by walking the tokens, confirmed by the proof.
  void drop(std::size_t index) {
    const sql::statement& statement = facts_.statements[index];
    if (statement.node != "DropStmt" || statement.dropped.empty()) return;
    std::size_t at = 0;
    while (at < walk_->size() && (walk_->start(at) < statement.start || tokens_[at].comment())) ++at;
    static constexpr std::array<std::string_view, 10> leading{"drop", "table", "view", "materialized", "sequence", "index", "foreign", "concurrently", "if", "exists"};
    while (std::any_of(leading.begin(), leading.end(), [&](std::string_view each) { return walk_->word(at, each); })) at = walk_->next(at);
    std::size_t ordinal = 0;
    for (const auto& of : facts_.uses) {
      if (of.statement != index || of.offset != no_offset) continue;
      const auto last = walk_->name(at, parts_of(of));
      if (!last) return not_found(statement.start);
      if (of.written_schema.empty() || !of.written_catalog.empty()) {
        edits_.push_back({walk_->start(at), walk_->end(*last), quote_identifier(of.schema) + "." + quote_identifier(of.written_name)});
        sql::expected difference;
        difference.what = sql::difference::object_name;
        difference.statement = index;
        difference.ordinal = ordinal;
        difference.schema = of.schema;
        difference.name = of.written_name;
        differences_.push_back(std::move(difference));
      }
      ++ordinal;
      at = walk_->next(walk_->next(*last));
    }
  }

  void finish() {
    // The proof also runs when nothing changed: it is what says that no relation was overlooked.
    std::string changed = text_;
    if (!edits_.empty()) {
      auto spliced = sql::splice(text_, edits_);
      if (!spliced) return refuse(spliced.error().where.offset, spliced.error().cause, "write the statement more simply");
      changed = std::move(*spliced);
    }
    const std::size_t most_bytes = request_.with.settings ? request_.with.settings->limits.max_statement_bytes : sql::parse_limits().max_bytes;
    const auto again = sql::parse(changed, {most_bytes * max_growth, max_rewritten_depth});
    if (!again && (again.error().sqlstate == "54000" || again.error().sqlstate == "54001")) {
      refuse(std::nullopt, "the statement grows too large with the guards of the relations that it reads", "read fewer columns of fewer relations, or split the statement");
      out_.refused->sqlstate = "54001";
      return;
    }
    if (!again) return refuse(std::nullopt, "the rewritten statement does not parse: " + again.error().cause, "write the statement more simply");
    if (const auto why = sql::prove(request_.tree, *again, differences_, untouched_)) return refuse(std::nullopt, why->cause, why->hint);
    out_.named = sql::qualified_relations(*again);
    if (edits_.empty()) return;
    // Edits are sorted: each character is counted once.
    std::size_t counted = 0, characters = 0;
    const std::string_view text = text_;
    for (const auto& edit : edits_) {
      characters += sql::characters_before(text.substr(counted), edit.start - counted);
      const std::size_t removed = sql::characters_before(text.substr(edit.start), edit.end - edit.start);
      out_.positions.add({characters, removed, sql::characters_before(edit.text, edit.text.size())});
      characters += removed;
      counted = edit.end;
    }
    out_.text = std::move(changed);
  }

  const rewrite_request& request_;
  const sql::analysis& facts_;
  guards& shown_;
  const std::string& text_;
  std::vector<sql::token> tokens_;
  std::optional<token_walk> walk_;
  std::vector<sql::edit> edits_;
  std::vector<sql::expected> differences_;
  std::set<std::size_t> untouched_;
  std::set<std::size_t> starred_;              // uses whose columns are read as a star or a row
  rewrite_outcome out_;
};

}  // namespace

std::string exposed_name(const sql::use& of, std::size_t index) {
  if (of.alias) return *of.alias;
  // Two relations of one name from two schemas: only references with the schema can mean one of them, and these are rewritten.
  if (of.ambiguous_alias) return "sluice_" + std::to_string(index);
  return of.written_name;
}

denial refusal(const sql::tree& tree, std::optional<std::size_t> offset, std::string message, std::string hint, std::string sqlstate) {
  denial out;
  out.sqlstate = std::move(sqlstate);
  out.message = std::move(message);
  out.hint = std::move(hint);
  if (offset && *offset < tree.text().size()) out.position = sql::characters_before(tree.text(), *offset) + 1;
  return out;
}

rewrite_outcome rewrite(const rewrite_request& request) { return rewriting(request).run(); }

}  // namespace sluice::enforce
