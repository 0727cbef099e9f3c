// What the gate must know of a session to read its next statement as the server will: search_path, temporary relations,
// prepared statements and cursors, and how transactions undo them. Pure values.
//
// Threading: owned by one session. The gate works on a copy; the session applies effects when statements are executed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/strong.hpp"
#include "sluice/sql/analysis.hpp"

namespace sluice::enforce {

struct statement_info;
using statement_ptr = std::shared_ptr<const statement_info>;

enum class effect_kind {
  none, begin, commit, rollback, savepoint, release, rollback_to,
  set_search_path, set_search_path_local, reset_search_path, reset_search_path_local, reset_all, discard_all, discard_temp, discard_plans,
  create_temp, drop_relation, create_relation,  // drop: also a rename or redefinition; the name is no longer trusted
  rename_temp, forget_temp_columns,
  distrust_created,  // CASCADE and the like: what was made in this transaction may be gone, and its name another's
  prepare, deallocate, deallocate_all, declare, close, close_all,
  catalog_change  // DDL: the catalog snapshot must be refreshed before the next statement is judged
};


struct effect {
  effect_kind kind = effect_kind::none;
  std::string name;                   // savepoint, relation, prepared statement, cursor
  std::string schema;
  std::vector<std::string> values;    // search_path elements
  sql::fresh_ptr made;                        // of create_temp, create_relation
  statement_ptr statement;            // prepare, declare: what will run
  bool chain = false;                 // COMMIT AND CHAIN
};

struct scope {
  std::vector<std::string> default_search_path = {"public"};
  std::vector<std::string> search_path = {"public"};  // may hold "$user"
  std::string user;                                   // the upstream login: what "$user" means
  bool in_transaction = false;
  // Shared with what the gate reads and with the savepoints; null: the session has nothing of its own.
  std::shared_ptr<const sql::fresh_names> own;
  std::uint64_t own_id = 0;  // unique in the process for each state of `own`; 0: null
  const sql::fresh_names& fresh() const;
  std::map<std::string, statement_ptr> prepared;                              // by SQL PREPARE and by Parse, one name space
  std::map<std::string, statement_ptr> cursors;

  struct saved {
    std::string savepoint;  // empty for the transaction's own start
    std::vector<std::string> search_path, path_after_commit;
    std::shared_ptr<const sql::fresh_names> own;
    std::uint64_t own_id = 0;
  };
  std::vector<saved> undo;                        // innermost last
  std::vector<std::string> path_after_commit;     // search_path without SET LOCAL

  // Changes that something the gate reads: part of the verdict cache key.
  std::string key() const;
};

// Applies one executed statement. Autocommit statements outside a transaction take effect at once.
void apply(scope& to, const effect& what);
// The catalog was read after the last transaction ended: what it tells about names holds again.
void trust_catalog(scope& of);
// A transaction that failed or was rolled back by the server (ReadyForQuery says 'I' while we thought 'T').
void abort_transaction(scope& of);

}  // namespace sluice::enforce
