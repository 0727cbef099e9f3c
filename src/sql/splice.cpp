#include "sluice/sql/splice.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "node.hpp"
#include "sluice/sql/budget.hpp"

namespace sluice::sql {
namespace {

constexpr std::array<std::string_view, 3> positions{"location", "stmt_location", "stmt_len"};
bool is_position(std::string_view key) { return std::find(positions.begin(), positions.end(), key) != positions.end(); }

bool is_range(const object& body) { return field(body, "relname").has_value() && field(body, "relpersistence").has_value(); }

class comparison {
 public:
  comparison(const std::vector<expected>& differences, const std::set<std::size_t>& untouched) : untouched_(untouched) {
    for (const expected& each : differences) {
      if (each.what == difference::object_name) {
        objects_[{each.statement, each.ordinal}] = &each;
      } else {
        sites_[{each.what == difference::named_column ? difference::column : each.what, each.offset}] = &each;
      }
    }
  }

  bool statements(const object& before, const object& after) {
    const auto old_list = list(before, "stmts"), new_list = list(after, "stmts");
    if (old_list.size() != new_list.size()) return fail("number of statements");
    for (statement_ = 0; statement_ < old_list.size(); ++statement_) {
      if (!same(old_list[statement_], new_list[statement_])) return false;
    }
    return true;
  }
  const std::string& reason() const { return reason_; }
  bool all_used(std::size_t count) const { return used_.size() == count; }

 private:
  bool fail(std::string_view what) {
    if (reason_.empty()) reason_ = std::string(what);
    return false;
  }
  const expected* site(difference what, std::size_t offset) {
    const auto found = sites_.find({what, offset});
    if (found == sites_.end()) return nullptr;
    used_.insert(found->second);
    return found->second;
  }

  // The tree of a fragment, parsed on its own.
  std::optional<element> fragment(const std::string& sql) {
    auto parsed = parse(sql);
    if (!parsed) return std::nullopt;
    trees_.push_back(std::move(*parsed));
    object root;
    if (trees_.back().inside().root.get(root) != simdjson::SUCCESS) return std::nullopt;
    const auto items = list(root, "stmts");
    object entry;
    if (items.size() != 1 || items[0].get(entry) != simdjson::SUCCESS) return std::nullopt;
    return field(entry, "stmt");
  }
  std::optional<element> part(const std::string& sql, std::string_view key, bool first_of_list) {
    const auto top = fragment(sql);
    const auto select = top ? as_node(*top) : std::nullopt;
    if (!select || select->type != "SelectStmt") return std::nullopt;
    if (!first_of_list) return field(select->body, key);
    const auto items = list(select->body, key);
    if (items.size() != 1) return std::nullopt;
    return items[0];
  }

  // Equal but for positions. `hole`: the original's condition that $65000 stands for.
  bool equal(const element& one, const element& other, const element* hole) {
    budget::charge(1);
    if (hole) {
      const auto at = as_node(one);
      if (at && at->type == "ParamRef" && number(at->body, "number") == hole_parameter) return same(*hole, other);
    }
    array one_list, other_list;
    if (one.get(one_list) == simdjson::SUCCESS) {
      if (other.get(other_list) != simdjson::SUCCESS || one_list.size() != other_list.size()) return fail("a list");
      auto right = other_list.begin();
      for (const element item : one_list) {
        if (!equal(item, *right, hole)) return false;
        ++right;
      }
      return true;
    }
    object one_body, other_body;
    if (one.get(one_body) == simdjson::SUCCESS) {
      if (other.get(other_body) != simdjson::SUCCESS) return fail("a node");
      return keys(one_body, other_body, {}, [&](const element& left, const element& right) { return equal(left, right, hole); });
    }
    return scalar(one, other);
  }

  bool scalar(const element& one, const element& other) {
    if (one.type() != other.type()) return fail("a value");
    std::string_view one_text, other_text;
    if (one.get(one_text) == simdjson::SUCCESS && other.get(other_text) == simdjson::SUCCESS) return one_text == other_text || fail("a text");
    std::int64_t one_number = 0, other_number = 0;
    if (one.get(one_number) == simdjson::SUCCESS && other.get(other_number) == simdjson::SUCCESS)
      return one_number == other_number || fail("a number");
    bool one_flag = false, other_flag = false;
    if (one.get(one_flag) == simdjson::SUCCESS && other.get(other_flag) == simdjson::SUCCESS) return one_flag == other_flag || fail("a flag");
    return one.is_null() && other.is_null() ? true : fail("a value");
  }

  template <class Compare>
  bool keys(const object& before, const object& after, const std::set<std::string_view>& skipped, Compare compare) {
    std::size_t count = 0;
    for (const auto entry : before) {
      if (is_position(entry.key) || skipped.count(entry.key)) continue;
      const auto other = field(after, entry.key);
      if (!other) return fail(entry.key);
      if (!compare(entry.value, *other)) return fail(entry.key);
      ++count;
    }
    for (const auto entry : after) count -= !is_position(entry.key) && !skipped.count(entry.key);
    return count == 0 || fail("an added field");
  }
  bool same_keys(const object& before, const object& after, const std::set<std::string_view>& skipped = {}) {
    return keys(before, after, skipped, [&](const element& left, const element& right) { return same(left, right); });
  }

  bool range(const object& before, const object& after) {
    const std::size_t offset = location(before);
    if (const expected* named = site(difference::relation_name, offset)) {
      if (text(after, "schemaname") != named->schema || field(after, "catalogname")) return fail("a relation name");
      return same_keys(before, after, {"schemaname", "catalogname"});
    }
    if (!untouched_.count(offset)) return fail("a relation outside its guard");
    return same_keys(before, after);
  }

  bool node_pair(const node& before, const element& whole_after) {
    const auto after = as_node(whole_after);
    if (!after) return fail("a node");
    if (before.type == "RangeVar" || before.type == "RangeTableSample") {
      std::size_t offset = location(before.body);
      if (before.type == "RangeTableSample") {
        const auto inner = child(before.body, "relation");
        offset = inner ? location(inner->body) : 0;
      }
      if (const expected* guard = site(difference::relation_guard, offset)) {
        const auto made = part("SELECT FROM " + guard->fragment, "fromClause", true);
        return made ? equal(*made, whole_after, nullptr) : fail("a guard");
      }
    }
    if (before.type == "ColumnRef" || before.type == "A_Const") {
      const difference what = before.type == "A_Const" ? difference::constant : difference::column;
      if (const expected* column = site(what, location(before.body))) {
        const auto made = part("SELECT " + column->fragment, "targetList", true);
        const auto item = made ? as_node(*made) : std::nullopt;
        const auto inner = item ? field(item->body, "val") : std::nullopt;
        return inner ? equal(*inner, whole_after, nullptr) : fail("a column");
      }
    }
    if (before.type != after->type) return fail(before.type);
    if (before.type == "ResTarget" && !field(before.body, "name")) {
      const auto inner = child(before.body, "val");
      if (inner && inner->type == "ColumnRef") {
        const auto found = sites_.find({difference::column, location(inner->body)});
        if (found != sites_.end() && found->second->what == difference::named_column) {
          if (text(after->body, "name") != found->second->name) return fail("a column name");
          return same_keys(before.body, after->body, {"name"});
        }
      }
    }
    if (before.type == "CopyStmt") {
      const auto relation = plain_child(before.body, "relation");
      const expected* source = relation ? site(difference::copy_source, location(*relation)) : nullptr;
      if (source) {
        const auto made = fragment(source->fragment);
        const auto query = field(after->body, "query");
        if (!made || !query || field(after->body, "relation") || field(after->body, "attlist")) return fail("a COPY source");
        return equal(*made, *query, nullptr) && same_keys(before.body, after->body, {"relation", "attlist", "query"});
      }
    }
    if (before.type == "UpdateStmt" || before.type == "DeleteStmt") {
      const auto relation = plain_child(before.body, "relation");
      const expected* filter = relation ? site(difference::where, location(*relation)) : nullptr;
      if (filter) {
        const auto made = part("SELECT WHERE " + filter->fragment, "whereClause", false);
        const auto new_where = field(after->body, "whereClause");
        const auto old_where = field(before.body, "whereClause");
        if (!made || !new_where) return fail("a row filter");
        return equal(*made, *new_where, old_where ? &*old_where : nullptr) && same_keys(before.body, after->body, {"whereClause"});
      }
    }
    if (before.type == "FuncCall") {
      if (const expected* changed = site(difference::argument, location(before.body))) {
        const auto made = part("SELECT " + changed->fragment, "targetList", true);
        const auto item = made ? as_node(*made) : std::nullopt;
        const auto inner = item ? field(item->body, "val") : std::nullopt;
        const auto old_list = list(before.body, "args"), new_list = list(after->body, "args");
        if (!inner || old_list.empty() || old_list.size() != new_list.size()) return fail("an argument");
        if (!equal(*inner, new_list[0], &old_list[0])) return false;
        for (std::size_t at = 1; at < old_list.size(); ++at) {
          if (!same(old_list[at], new_list[at])) return false;
        }
        return same_keys(before.body, after->body, {"args"});
      }
    }
    if (before.type == "DropStmt") return drop(before.body, after->body);
    return body_pair(before.body, after->body);
  }

  // SelectStmt also stands without its wrapper (arms of set operations): found by its fields, not its name.
  bool body_pair(const object& before, const object& after) {
    if (is_range(before)) return is_range(after) ? range(before, after) : fail("a relation");
    const auto items = list(before, "groupClause");
    if (!items.empty()) {
      std::size_t first = std::string::npos;
      for (const element& item : items) {
        if (const auto at = as_node(item)) first = std::min(first, location(at->body));
      }
      if (const expected* more = site(difference::group_by, first)) {
        const auto made = part("SELECT GROUP BY " + more->fragment, "groupClause", false);
        const auto new_items = list(after, "groupClause");
        array added;
        if (!made || made->get(added) != simdjson::SUCCESS || new_items.size() != added.size() + items.size()) return fail("a GROUP BY list");
        std::size_t at = 0;
        for (const element item : added) {
          if (!equal(item, new_items[at++], nullptr)) return false;
        }
        for (const element& item : items) {
          if (!same(item, new_items[at++])) return false;
        }
        return same_keys(before, after, {"groupClause"});
      }
    }
    return same_keys(before, after);
  }

  bool drop(const object& before, const object& after) {
    const auto old_items = list(before, "objects"), new_items = list(after, "objects");
    if (old_items.size() != new_items.size()) return fail("a list of objects");
    for (std::size_t at = 0; at < old_items.size(); ++at) {
      const auto found = objects_.find({statement_, at});
      if (found == objects_.end()) {
        if (!same(old_items[at], new_items[at])) return false;
        continue;
      }
      used_.insert(found->second);
      const auto written = as_node(new_items[at]);
      if (!written || written->type != "List") return fail("an object name");
      if (names(written->body, "items") != std::vector<std::string>{found->second->schema, found->second->name}) return fail("an object name");
    }
    return same_keys(before, after, {"objects"});
  }

  bool same(const element& before, const element& after) {
    budget::charge(1);
    array one_list, other_list;
    if (before.get(one_list) == simdjson::SUCCESS) {
      if (after.get(other_list) != simdjson::SUCCESS || one_list.size() != other_list.size()) return fail("a list");
      auto right = other_list.begin();
      for (const element item : one_list) {
        if (!same(item, *right)) return false;
        ++right;
      }
      return true;
    }
    object one_body, other_body;
    if (before.get(one_body) == simdjson::SUCCESS) {
      // Fragments are needed while what they stand for is compared, and not longer.
      const auto kept = static_cast<std::ptrdiff_t>(trees_.size());
      bool equal_so_far = false;
      if (const auto wrapped = as_node(before)) {
        equal_so_far = node_pair(*wrapped, after);
      } else {
        equal_so_far = after.get(other_body) == simdjson::SUCCESS ? body_pair(one_body, other_body) : fail("a node");
      }
      trees_.erase(trees_.begin() + kept, trees_.end());
      return equal_so_far;
    }
    return scalar(before, after);
  }

  std::map<std::pair<difference, std::size_t>, const expected*> sites_;
  std::map<std::pair<std::size_t, std::size_t>, const expected*> objects_;
  const std::set<std::size_t>& untouched_;
  std::set<const expected*> used_;
  std::vector<tree> trees_;
  std::size_t statement_ = 0;
  std::string reason_;
};

}  // namespace

base::result<std::string> splice(std::string_view original, std::vector<edit>& edits) {
  std::stable_sort(edits.begin(), edits.end(), [](const edit& one, const edit& other) { return one.start < other.start; });
  std::string out;
  std::size_t at = 0;
  for (const edit& next : edits) {
    if (next.start < at || next.end < next.start || next.end > original.size()) {
      base::diagnostic why;
      why.cause = "two rewrites of the statement overlap";
      why.sqlstate = "42501";
      why.where.offset = characters_before(original, next.start);
      return why;
    }
    out.append(original.substr(at, next.start - at)).append(next.text);
    at = next.end;
  }
  out.append(original.substr(at));
  return base::result<std::string>(boost::system::in_place_value, std::move(out));
}

std::optional<base::diagnostic> prove(const tree& original, const tree& rewritten, const std::vector<expected>& differences,
                                      const std::set<std::size_t>& untouched) {
  base::diagnostic why;
  why.sqlstate = "42501";
  object before, after;
  if (original.inside().root.get(before) != simdjson::SUCCESS || rewritten.inside().root.get(after) != simdjson::SUCCESS) {
    why.cause = "the rewritten statement cannot be compared";
    return why;
  }
  comparison run(differences, untouched);
  if (!run.statements(before, after)) {
    why.cause = "the rewritten statement is not proven equal to yours: it differs at " + run.reason();
    why.hint = "write the statement more simply, and report this text to the operators of the gateway";
    return why;
  }
  if (!run.all_used(differences.size())) {
    why.cause = "the rewritten statement is not proven equal to yours: a rewrite is missing from it";
    return why;
  }
  return std::nullopt;
}

}  // namespace sluice::sql
