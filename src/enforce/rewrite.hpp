// From facts and guards to the text that is sent, with its proof.
//
// Threading: as the guards it is given.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "guards.hpp"
#include "sluice/enforce/gate.hpp"
#include "sluice/sql/analysis.hpp"
#include "sluice/sql/splice.hpp"

namespace sluice::enforce {

struct rewrite_request {
  const sql::tree& tree;
  const sql::analysis& facts;
  const context& with;
  guards& shown;
  bool inside_view = false;   // names are already whole, and every relation is read with its guard
};

struct rewrite_outcome {
  std::optional<denial> refused;
  std::optional<std::string> text;             // nullopt: the text stays as it is
  position_map positions;
  std::set<std::size_t> guarded;               // uses that were replaced by their guard
  bool guarded_target = false;                 // a DML target whose columns or rows are guarded
  std::vector<std::string> named;              // schema NUL name: relations in the text that is sent, those in guards included
  std::map<std::size_t, std::vector<std::int16_t>> on_the_wire;  // use → detected columns left to the wire masks
};

// INVARIANT: an outcome without `refused` has been proven (sql/splice.hpp); nothing else may be sent.
rewrite_outcome rewrite(const rewrite_request& request);

// The name under which the rest of the statement sees a use.
std::string exposed_name(const sql::use& of, std::size_t index);

denial refusal(const sql::tree& tree, std::optional<std::size_t> offset, std::string message, std::string hint = {},
               std::string sqlstate = "42501");

// Functions that this principal may not call; nullopt when all are fine.
std::optional<denial> refuse_functions(const sql::analysis& facts, const context& with, const policy::principal& who);
// `path` is where unqualified names are looked for; `tree` gives the position.
std::optional<denial> refuse_functions(const sql::analysis& facts, const context& with, const policy::principal& who,
                                       const std::vector<std::string>& path, guards* shown, const sql::tree* tree);
// Functions that nobody may call, Admin included.
std::optional<denial> refuse_instance_functions(const sql::analysis& facts, const sql::tree& tree);

}  // namespace sluice::enforce
