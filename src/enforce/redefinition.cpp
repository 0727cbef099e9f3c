#include "sluice/enforce/redefinition.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string_view>

#include "redefined.hpp"

namespace sluice::enforce {
namespace {

// Statements on the instance that leave every relation its name and its columns. Of all others that change the catalog
// nobody knows what they do to which relation: DO and CALL run SQL that was not analysed.
constexpr std::array<std::string_view, 24> names_stay{
    "alter_collation",   "alter_domain",      "alter_function",     "alter_policy",     "alter_statistics",
    "alter_text_search", "alter_trigger",     "comment_other",      "create_collation", "create_domain",
    "create_function",   "create_policy",     "create_statistics",  "create_text_search", "create_trigger",
    "create_type",       "drop_collation",    "drop_domain",        "drop_function",    "drop_policy",
    "drop_statistics",   "drop_text_search",  "drop_trigger",       "drop_type"};
// What another session prepared becomes true at this moment.
constexpr std::string_view ends_another_transaction = "commit_prepared";

}  // namespace

bool redefinition::covers(const redefinition& other) const {
  if (everything) return true;
  return !other.everything && std::includes(names.begin(), names.end(), other.names.begin(), other.names.end());
}

bool redefinition::meets(const redefinition& other) const {
  if (everything || other.everything) return !empty() && !other.empty();
  return first_met(*this, other.names, std::set<std::string>()) != nullptr;
}

void redefinition::add(const redefinition& other) {
  everything = everything || other.everything;
  std::vector<std::string> all;
  std::set_union(names.begin(), names.end(), other.names.begin(), other.names.end(), std::back_inserter(all));
  names = everything ? std::vector<std::string>() : std::move(all);
}

std::string written(const std::string& relation) {
  std::string out = relation;
  std::replace(out.begin(), out.end(), '\0', '.');
  return out;
}

redefinition redefined_by(const sql::analysis& facts, std::size_t index, const guards& shown, const context& with,
                          const std::vector<std::string>& path, transaction_block block) {
  const sql::statement& statement = facts.statements[index];
  redefinition out;
  if (!statement.changes_catalog && statement.instance != ends_another_transaction) return out;
  if (statement.what == sql::command::instance) {
    out.everything = std::find(names_stay.begin(), names_stay.end(), statement.instance) == names_stay.end();
    return out;
  }
  if (statement.reaches_further) {
    out.everything = true;
    return out;
  }
  // The lock of an ALTER that moves no name holds readers up behind it, and one that does may follow in the same
  // transaction: by then they would be in its way, and it in theirs.
  const bool locks_ahead = block == transaction_block::open && statement.tag == "ALTER TABLE";
  if (statement.keeps_names && !locks_ahead) return out;
  std::set<std::string> names;
  const auto note = [&](const std::string& schema, const std::string& name) { names.insert(schema + '\0' + name); };
  for (const auto& schema : statement.schemas_dropped) {
    for (const auto& relation : with.catalog->all().relations) {
      if (relation.schema == schema) note(schema, relation.name);
    }
  }
  for (const auto& of : facts.uses) {
    if (of.statement != index || !of.definition || of.found == sql::resolution::temporary) continue;
    std::vector<std::string> schemas{of.schema.empty() ? of.written_schema : of.schema};
    // Not in the snapshot: wherever the server may find it.
    if (schemas.front().empty()) schemas = path;
    schemas.insert(schemas.end(), statement.schemas_altered.begin(), statement.schemas_altered.end());
    for (const auto& schema : schemas) {
      note(schema, of.written_name);
      if (!statement.renamed.second.empty()) note(schema, statement.renamed.second);
    }
    if (!of.relation) continue;
    for (const catalog::relation* other : shown.disturbed_by(*of.relation)) note(other->schema, other->name);
  }
  out.names.assign(names.begin(), names.end());
  return out;
}

}  // namespace sluice::enforce
