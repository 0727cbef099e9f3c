// Permissions of one analysed text, and the facts for its audit record.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "guards.hpp"
#include "rewrite.hpp"

namespace sluice::enforce {

struct decide_request {
  const sql::tree& tree;
  const sql::analysis& facts;
  const context& with;
  const policy::principal& who;
  guards& shown;
  const std::vector<sql::name_space>& names;      // what names mean to each statement
  std::vector<relation_constant>& constants;      // filled by decide
};

// Nullopt when every action of every statement is allowed; collects rule ids, sets `unresolved` for names not known.
std::optional<denial> decide(const decide_request& request, std::vector<std::string>& rules, bool& unresolved);
// Whether a view of the session's own may still be read: what it was made over is there, readable, and shown as it was then.
bool still_stands(const sql::fresh_relation& made, const context& with, const policy::principal& who, guards& shown, const sql::fresh_names& own);
// What holds for everybody, Admin included: instance statements, settings, functions that give the instance away.
std::optional<denial> decide_instance(const decide_request& request, std::vector<std::string>& rules);

// The rules by which an unrestricted principal may do what the text does: for the record, nothing is refused by them.
void note_rules(const decide_request& request, std::vector<std::string>& rules);

std::vector<audit::touched_relation> touched(const decide_request& request, const rewrite_outcome* rewritten);
std::vector<std::string> touched_layers(const decide_request& request, std::optional<std::size_t> statement);

}  // namespace sluice::enforce
