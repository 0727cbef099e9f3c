// What a session remembers of the statements it let through, and of the answers it still expects.
//
// Threading: owned by one session.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/enforce/gate.hpp"
#include "sluice/session/session.hpp"

namespace sluice::session {

using time_point = environment::clock::time_point;
using principal_ptr = std::shared_ptr<const policy::principal>;

// A verdict with everything it was made from: it is applied again later, when policy and catalog may have moved on.
struct judgement {
  enforce::verdict_ptr verdict;
  enforce::context_ptr context;
  principal_ptr principal;
  std::uint64_t scope_epoch = 0;
  std::uint64_t names_epoch = 0;
  std::uint64_t decide_us = 0;
};

// One accepted statement record, and what must be said when the statement is over.
struct execution {
  std::uint64_t record = 0;  // sequence of the statement's record; 0: the journal did not take it and need not
  bool completed = false;
  bool rows_passed = false;  // of the statement that runs: its rows were counted, its tag is not
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t decide_us = 0;
  time_point sent{};
  std::optional<time_point> answered;
  std::string sqlstate;
};
using execution_ptr = std::shared_ptr<execution>;

// A statement prepared by Parse.
struct prepared_statement {
  std::string sql;  // the client's own
  std::vector<std::uint32_t> types;
  judgement judged;
  enforce::statement_ptr info;

  std::string_view text() const { return judged.verdict->rewritten ? *judged.verdict->rewritten : sql; }
};
using prepared_ptr = std::shared_ptr<prepared_statement>;

using parameter_values = std::vector<std::optional<std::string>>;

// A portal made by Bind, or an SQL cursor that the client executes by name.
struct bound_portal {
  prepared_ptr from;  // null: made by SQL
  judgement judged;
  enforce::statement_ptr info;
  base::revision policy_revision;
  parameter_values parameters;
  execution_ptr running;  // between the first Execute and its completion
};
using portal_ptr = std::shared_ptr<bound_portal>;

// What an Execute in flight will do to the scope once it completes.
enum class scope_weight { none, begin, other };

enum class awaited { parse, bind, describe_statement, describe_portal, execute, close, failure, sync, query };

// One message that went upstream and whose answer is still to come.
struct expectation {
  awaited what = awaited::sync;
  bool swallow = false;    // our own message: its success is not the client's business
  std::string name;        // of the statement or portal
  bool of_portal = false;  // close: of a portal, not of a statement
  scope_weight weight = scope_weight::none;
  prepared_ptr statement;
  portal_ptr portal;
  execution_ptr running;
  judgement judged;                // for positions and the tripwire; verdict null when there is none
  enforce::statement_ptr info;     // the single statement of the extended protocol
  std::size_t next_statement = 0;  // query: index of the statement that is running
  std::string answer;              // failure: the ErrorResponse the client gets in its place
  std::size_t bytes = 0;           // of the client's message, for the pipeline limit
  bool resolved = false;           // the upstream found every relation of it, and holds their locks

  // Its success gives the name of a prepared statement or cursor another meaning.
  bool moves_names() const {
    return what == awaited::close || ((what == awaited::parse || what == awaited::bind) && !name.empty());
  }
};

}  // namespace sluice::session
