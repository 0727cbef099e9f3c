#include "fuzz/gate_oracle.hpp"

#include <algorithm>

#include "sluice/enforce/mask_sql.hpp"
#include "sluice/sql/analysis.hpp"
#include "sluice/sql/tree.hpp"

namespace sluice::fuzz {
namespace {

// The text that is sent is longer and deeper than what a client may write.
constexpr sql::parse_limits generous{std::size_t{64} << 20, 8000};

bool is_target(sql::use_role role) {
  using enum sql::use_role;
  return role == insert || role == update || role == remove || role == merge;
}

bool is_read(sql::use_role role) { return role == sql::use_role::read || role == sql::use_role::copy_to; }

std::string named(const sql::use& of) { return of.schema + "." + of.written_name; }

std::string lower(std::string text) {
  for (char& each : text) each = each >= 'A' && each <= 'Z' ? static_cast<char>(each + 32) : each;
  return text;
}

// Names of system relations that are read through no guard, because nothing that it would empty is read.
bool harmless(const sql::use& of, const enforce::relation_guard& guard) {
  if (!enforce::is_system_schema(of.relation->schema) || guard.has_filter() || !guard.refused.empty() || of.whole_row) {
    return false;
  }
  return std::none_of(guard.columns.begin(), guard.columns.end(),
                      [&](const auto& each) { return of.read_columns.count(each.first) > 0; });
}

}  // namespace

const std::vector<gate_oracle::guard_text>& gate_oracle::texts_of(const catalog::relation& relation,
                                                                  const std::vector<std::string>* columns) {
  std::string list = columns ? "copy" : "";
  if (columns) {
    for (const auto& each : *columns) list += '\0' + each;
  }
  auto& made = texts_[{relation.id.value(), list}];
  if (!made.empty()) return made;
  std::vector<std::int16_t> detected;
  for (const auto& [attnum, column] : shown_.of(relation).columns) {
    if (column.state == enforce::column_state::detected) detected.push_back(attnum);
  }
  for (std::size_t subset = 0; subset < std::size_t{1} << detected.size(); ++subset) {
    guard_text next;
    for (std::size_t at = 0; at < detected.size(); ++at) {
      if ((subset >> at & 1) != 0) next.raw.push_back(detected[at]);
    }
    for (const bool only : {false, true}) {
      for (const bool fenced : {false, true}) {
        enforce::guard_options options;
        options.only = only;
        options.fenced = fenced;
        options.plain = &next.raw;
        options.columns = columns;
        next.text = "(" + shown_.query(relation, options);
        const bool known =
            std::any_of(made.begin(), made.end(), [&](const guard_text& each) { return each.text == next.text; });
        if (!known) made.push_back(next);
      }
    }
  }
  return made;
}

// A guard ends with its parenthesis; the client's TABLESAMPLE of constants may stand before it.
void gate_oracle::find_all(const std::string& sent, const std::string& text, const range& like, bool sampled) {
  for (std::size_t at = sent.find(text); at != std::string::npos; at = sent.find(text, at + 1)) {
    const std::size_t end = at + text.size();
    const bool closed = end < sent.size() && sent[end] == ')';
    const bool sample = sampled && lower(sent.substr(end, 12)) == " tablesample";
    if (!closed && !sample) continue;
    range found = like;
    found.begin = at;
    found.end = end;
    ranges_.push_back(std::move(found));
  }
}

void gate_oracle::find_guards(const std::string& sent, const sql::use& of, const std::vector<std::string>* columns) {
  for (const auto& each : texts_of(*of.relation, columns)) {
    find_all(sent, each.text, {0, 0, each.raw, of.relation->id.value()}, of.sampled && of.sample_constant);
  }
}

const gate_oracle::range* gate_oracle::around(std::size_t offset) const {
  const auto found = std::find_if(ranges_.begin(), ranges_.end(),
                                  [&](const range& each) { return offset >= each.begin && offset < each.end; });
  return found == ranges_.end() ? nullptr : &*found;
}

std::optional<std::string> gate_oracle::object_to(const sql::analysis& facts, const sql::use& of,
                                                  const std::string& sent) {
  if (of.found == sql::resolution::relation && of.written_schema.empty())
    return named(of) + " stands without its schema";
  if (!guarded(of)) return std::nullopt;
  const enforce::relation_guard& guard = shown_.of(*of.relation);
  if (is_read(of.role) && !around(of.offset) && !harmless(of, guard)) return named(of) + " stands outside its guard";
  const bool filters = of.role == sql::use_role::update || of.role == sql::use_role::remove;
  if (filters && !around(of.offset)) {
    const auto& statement = facts.statements[of.statement];
    const std::string text = sent.substr(statement.start, statement.length == 0 ? std::string::npos : statement.length);
    for (const auto& filter : guard.filters) {
      if (text.find(filter.sql) == std::string::npos) return named(of) + " is changed without its row filter";
    }
  }
  return std::nullopt;
}

// Only masks and filters may read a guarded column of the relation that a statement changes.
std::optional<std::string> gate_oracle::object_to(const sql::analysis& facts, const sql::column_site& site) {
  if (site.offset == std::string::npos || around(site.offset)) return std::nullopt;
  for (const auto& [index, attnum] : site.columns) {
    const sql::use& of = facts.uses[index];
    if (!guarded(of)) continue;
    const enforce::relation_guard& guard = shown_.of(*of.relation);
    if (is_read(of.role) && around(of.offset)) return "`" + site.name + "` reaches into the guard of " + named(of);
    if (!is_target(of.role) || guard.columns.empty()) continue;
    if (attnum == sql::column_site::star || attnum == sql::column_site::whole_row) {
      return "the whole row of " + named(of) + " is read";
    }
    if (guard.columns.count(attnum) > 0) return "`" + site.name + "` of " + named(of) + " is read outside its mask";
  }
  return std::nullopt;
}

// A column that a guard passes on raw must come out unchanged, and nowhere else, with a wire mask on it.
std::optional<std::string> gate_oracle::object_to_raw(const sql::analysis& facts,
                                                      const std::vector<enforce::statement_ptr>& statements) {
  const auto is_raw = [&](const sql::base_column& column) {
    const sql::use& of = facts.uses[column.use];
    const range* guard = of.offset == std::string::npos ? nullptr : around(of.offset);
    return guard && std::find(guard->raw.begin(), guard->raw.end(), column.attnum) != guard->raw.end();
  };
  const bool any = std::any_of(facts.uses.begin(), facts.uses.end(), [&](const sql::use& of) {
    const range* guard = of.offset == std::string::npos ? nullptr : around(of.offset);
    return guard && !guard->raw.empty();
  });
  if (!any) return std::nullopt;
  if (facts.statements.size() != 1 || statements.size() != 1) return "a raw column is passed on among other statements";
  const bool copy = statements[0]->kind == enforce::statement_kind::copy_out;
  if (copy)
    return statements[0]->wire_masks.empty() ? std::optional<std::string>("a raw copy has no wire mask") : std::nullopt;
  if (!facts.statements[0].outputs_known) return "a raw column goes where its outputs are not known";
  for (std::size_t at = 0; at < facts.statements[0].outputs.size(); ++at) {
    const auto& output = facts.statements[0].outputs[at];
    if (std::none_of(output.lineage.begin(), output.lineage.end(), is_raw)) continue;
    const auto& masks = statements[0]->wire_masks;
    const bool masked = std::any_of(masks.begin(), masks.end(), [&](const enforce::wire_mask& each) {
      return each.column == at && !each.detectors.empty();
    });
    if (!masked) return "output `" + output.name + "` carries a raw column without a wire mask";
    if (!output.plain || !is_raw(*output.plain)) return "output `" + output.name + "` is computed from a raw column";
  }
  for (const auto& site : facts.columns) {
    if (site.offset == std::string::npos || around(site.offset) || site.top_output) continue;
    if (std::any_of(site.lineage.begin(), site.lineage.end(), is_raw)) return "`" + site.name + "` reads a raw column";
  }
  return std::nullopt;
}

// As the gate reads it: statement by statement, with what those before it did.
base::result<sql::analysis> gate_oracle::facts_of(const std::string& text, const enforce::scope& session) {
  const auto parsed = sql::parse(text, generous);
  if (!parsed) return parsed.error();
  enforce::scope moving = session;
  if (parsed->statement_count() > 1 && !moving.in_transaction) {
    enforce::effect begin;
    begin.kind = enforce::effect_kind::begin;
    enforce::apply(moving, begin);
  }
  sql::name_space names = enforce::names_of(with_, moving);
  return sql::analyse(*parsed, names, [&](const sql::analysis& so_far, sql::name_space& next) {
    for (const auto& each : enforce::effects_of(so_far, so_far.statements.size() - 1, &shown_)) {
      enforce::apply(moving, each);
    }
    next = enforce::names_of(with_, moving);
  });
}

// Masks and filters of a changed relation. Beside other items of FROM a filter looks at a row of its own.
void gate_oracle::find_masks(const std::string& sent, const sql::use& of) {
  const std::string alias = enforce::quote_identifier(of.alias ? *of.alias : of.written_name);
  std::vector<std::string> texts;
  std::string filter;
  for (const auto& each : shown_.of(*of.relation).filters) filter += (filter.empty() ? "(" : " AND (") + each.sql + ")";
  if (!filter.empty()) {
    texts.push_back(filter);
    texts.push_back("EXISTS (SELECT 1 FROM (SELECT " + alias + ".*) AS sluice_row WHERE " + filter + ")");
  }
  for (const auto& column : of.relation->columns) {
    const auto mask = shown_.shown(*of.relation, column.attnum, alias + "." + enforce::quote_identifier(column.name));
    if (mask) texts.push_back(*mask);
  }
  for (const auto& text : texts) {
    for (std::size_t at = sent.find(text); at != std::string::npos; at = sent.find(text, at + 1)) {
      ranges_.push_back({at, at + text.size(), {}, 0});
    }
  }
}

std::optional<std::string> gate_oracle::objection(const std::string& original, const std::string& sent,
                                                  const std::vector<enforce::statement_ptr>& statements,
                                                  const enforce::scope& session) {
  const auto written = facts_of(original, session);
  if (!written) return "the original is not understood: " + written.error().cause;
  const auto facts = facts_of(sent, session);
  if (!facts) return "it is not understood: " + facts.error().cause;
  ranges_.clear();
  for (const auto& of : written->uses) {
    if (of.role == sql::use_role::copy_to && guarded(of)) find_guards(sent, of, &of.copy_columns);
  }
  for (const auto& of : facts->uses) {
    if (!guarded(of)) continue;
    if (is_target(of.role)) find_masks(sent, of);
    if (is_read(of.role)) find_guards(sent, of, nullptr);
  }
  // Views are written out: what they read is covered by a guard of theirs, which no use names any more.
  for (const auto& relation : with_.catalog->all().relations) {
    if (!shown_.of(relation).definition) continue;
    for (const auto& each : texts_of(relation, nullptr)) find_all(sent, each.text, {}, false);
  }
  for (const auto& of : facts->uses) {
    if (auto why = object_to(*facts, of, sent)) return why;
  }
  for (const auto& site : facts->columns) {
    if (auto why = object_to(*facts, site)) return why;
  }
  return object_to_raw(*facts, statements);
}

}  // namespace sluice::fuzz
