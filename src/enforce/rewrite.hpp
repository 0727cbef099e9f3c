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

// A constant that names a relation to a function, and what it was found to mean: sent as `sql`.
struct relation_constant {
  std::size_t offset = 0;
  std::string sql;
};

struct rewrite_request {
  const sql::tree& tree;
  const sql::analysis& facts;
  const context& with;
  guards& shown;
  const std::vector<sql::name_space>& names;            // what names mean to each statement
  const std::vector<relation_constant>& constants;
  bool inside_view = false;   // names are already whole, and every relation is read with its guard
};

struct rewrite_outcome {
  std::optional<denial> refused;
  std::optional<std::string> text;             // nullopt: the text stays as it is
  position_map positions;
  std::set<std::size_t> guarded;               // uses that were replaced by their guard
  bool guarded_target = false;                 // a DML target whose columns or rows are guarded
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
// `names`: what names mean to each statement of the text; `constants` takes those that must be written out.
struct call_request {
  const sql::analysis& facts;
  const context& with;
  const policy::principal& who;
  const std::vector<sql::name_space>& names;
  guards* shown = nullptr;
  const sql::tree* tree = nullptr;      // gives the position
  std::vector<relation_constant>* constants = nullptr;
};
std::optional<denial> refuse_functions(const call_request& request);
// Functions that nobody may call, Admin included.
std::optional<denial> refuse_instance_functions(const sql::analysis& facts, const sql::tree& tree);

}  // namespace sluice::enforce
