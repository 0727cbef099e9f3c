// The one gate: SQL text in, verdict out. Everything a statement must pass before an upstream may see a byte of it.
//
// Threading: gate is immutable apart from a per-object verdict cache; each reactor thread owns one, on a stack of at least
// parse_stack_bytes. Pure: no socket, clock, thread or file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/audit/journal.hpp"
#include "sluice/base/strong.hpp"
#include "sluice/catalog/snapshot.hpp"
#include "sluice/config/config.hpp"
#include "sluice/enforce/scope.hpp"
#include "sluice/policy/policy.hpp"

namespace sluice::enforce {

inline constexpr std::size_t parse_stack_bytes = 128u << 20;

// Which statement it is, as the session needs to know it (audit, COPY and transaction tracking).
enum class statement_kind {
  empty, select, insert, update, remove, merge, copy_in, copy_out, explain, show, set, transaction, prepare, execute,
  deallocate, declare, fetch, close, discard, ddl, utility
};

// A plain output column as PostgreSQL would have described it without the gateway.
struct column_origin {
  base::oid relation;
  std::int16_t attnum = 0;
  bool masked = false;                  // the value is the mask's; the description is patched to the base column
};

// Wire mask on one output column: index into the row, and the detectors that run over its text.
struct wire_mask {
  std::size_t column = 0;
  std::vector<std::string> detectors;
};

// Formats of EXPLAIN that can be stripped to the shape of the plan (plan_text.hpp).
enum class plan_format { text, json };
// What a plan of the statement would tell about masked or hidden data, and how much of it this principal may see.
struct plan_access {
  policy::explain_decision decided;
  std::string about;                                       // for people: the first thing that is guarded
};

// COPY OUT as the statement asked for it, when wire masks must read it.
enum class copy_format { text, csv, binary };
struct copy_options {
  copy_format format = copy_format::text;
  char delimiter = '\t';
  char quote = '"';
  char escape = '"';
  std::string null_text = "\\N";
  bool header = false;
};

// What the session keeps per statement: shared by the unnamed statement, prepared names, portals, cursors.
struct statement_info {
  statement_kind kind = statement_kind::empty;
  std::string tag;                                         // for people: "SELECT", "CREATE TABLE"
  std::vector<std::optional<column_origin>> outputs;       // empty: unknown, nothing is patched
  std::vector<wire_mask> wire_masks;
  copy_options copy;                                       // copy_out only
  std::optional<plan_access> plan;                         // nullopt: nothing that is masked or hidden
  std::optional<plan_format> stripped_plan;                // explain: the rows pass a plan_stripper
  bool by_name = false;                                    // runs a prepared statement or cursor
  bool guarded = false;                                    // a mask or filter was applied
  bool scrub_errors = false;                               // DETAIL, CONTEXT, internal query are dropped from errors and notices
  std::vector<effect> effects;                             // applied when the statement has been executed
  std::vector<bool> erase_parameters;                      // by parameter index: it meets a classified column
  base::revision policy_revision;
  base::revision catalog_revision;
  std::vector<std::string> layers;
  std::vector<audit::touched_relation> relations;          // of the whole text: what FETCH and EXECUTE of it touch
  // PREPARE alone in its text: the client's text and the one sent, to be judged again when the catalog moved on.
  std::string prepared_text, prepared_sent;
  std::vector<std::string> prepared_path;                  // search_path and own names of that moment
  std::uint64_t prepared_own = 0;
};

struct denial {
  std::string sqlstate = "42501";
  std::string message;                                     // which rule said no
  std::string detail;
  std::string hint;                                        // what to ask for
  std::optional<std::size_t> position;                     // 1-based character position in the client's SQL
};

// Maps a character position in the rewritten text (ErrorResponse field P) back to the client's text.
class position_map {
 public:
  struct piece {
    std::size_t original = 0;   // first character of the replaced range, 0-based
    std::size_t removed = 0;    // characters taken out
    std::size_t inserted = 0;   // characters put in
  };
  void add(piece next) { pieces_.push_back(next); }
  bool empty() const { return pieces_.empty(); }
  std::size_t to_original(std::size_t rewritten_position) const;  // both 1-based

 private:
  std::vector<piece> pieces_;  // ascending by original
};

// A name under which a column was classified once. The classes of that name stay with the object (oid, attnum), so that a
// rename does not shed them; a change of the policy still reaches them, since the old name is looked up in the new policy.
struct remembered_name {
  base::oid relation;
  std::int16_t attnum = 0;
  std::string schema, name, column;
  bool derived = false;                                    // computed from that column: its mask would not fit the outcome
  friend auto operator<=>(const remembered_name&, const remembered_name&) = default;
};

// A table that somebody who sees raw values makes by a query: whose classes its columns will have.
struct copied_column {
  std::string column;                                      // empty: every column
  std::vector<remembered_name> sources;                    // relation and attnum are left open
};
struct copied_table {
  std::string schema, name;
  std::vector<copied_column> columns;
};

struct verdict {
  bool allowed = false;
  denial why;                                              // when not allowed
  std::optional<std::string> rewritten;                    // the text to send; nullopt: the client's own bytes
  position_map positions;
  std::vector<statement_ptr> statements;                   // one per statement of the text, in order
  // Facts for the audit record of the whole text.
  std::vector<audit::touched_relation> relations;
  std::vector<std::string> rules;
  std::vector<std::string> layers;
  std::vector<copied_table> copies;                        // to be expected before the text is sent
  std::string note;                                        // for the record: what else there is to say
  std::string fingerprint;
  base::revision policy_revision;
  base::revision catalog_revision;
  bool unresolved_name = false;                            // denied for a name the snapshot does not know: a refresh may help
};
using verdict_ptr = std::shared_ptr<const verdict>;

// Everything but the session that a verdict depends on; swapped as a whole on reload and catalog refresh.
struct context {
  policy::policy_ptr policy;
  catalog::snapshot_ptr catalog;
  const config::database* database = nullptr;              // outlives the context (part of the running settings)
  std::shared_ptr<const config::settings> settings;
  std::shared_ptr<const class classification> classes;     // made from policy and catalog by make_context
};
using context_ptr = std::shared_ptr<const context>;

// `previous` hands on what it remembered; `restored` is what an earlier process wrote down.
context_ptr make_context(policy::policy_ptr policy, catalog::snapshot_ptr catalog, const config::database& database,
                         std::shared_ptr<const config::settings> settings, const context* previous = nullptr,
                         const std::vector<remembered_name>& restored = {});
// What a table made by a query remembers of where its columns come from; nullopt while the catalog does not know it.
std::optional<std::vector<remembered_name>> remembered_of(const copied_table& made, const catalog::snapshot& known);
// Sorted. What must be written down for the next process.
const std::vector<remembered_name>& remembered(const context& of);
// The written form: one JSON document.
std::string to_json(const std::vector<remembered_name>& names);
base::result<std::vector<remembered_name>> remembered_from_json(std::string_view text);

class gate {
 public:
  gate();
  ~gate();
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;

  // Never throws; whatever is not understood is denied. `sql` may hold several statements: allowed whole or denied whole.
  verdict_ptr judge(std::string_view sql, const context& with, const policy::principal& who, const scope& session);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// Settings as startup parameters (also inside `options`) pass the same allow-list as SET.
struct setting_verdict {
  bool allowed = false;
  std::string value;          // normalised
  denial why;
};
setting_verdict judge_setting(std::string_view name, std::string_view value);
// Sent to every upstream at connection start so that parser and server read the same bytes the same way.
const std::vector<std::pair<std::string, std::string>>& pinned_settings();

// Tripwire: a masked base column that still arrives as a plain column is a bug of ours; the statement ends with an alarm.
// Returns the name of the column when (relation, attnum) must not reach `who` unmasked.
std::optional<std::string> must_not_arrive(const context& with, const policy::principal& who, base::oid relation,
                                           std::int16_t attnum);

}  // namespace sluice::enforce
