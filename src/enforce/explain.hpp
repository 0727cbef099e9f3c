// EXPLAIN: what a plan would tell about masked or hidden data, and how much of it is shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "decide.hpp"

namespace sluice::enforce {

// Of a plan of the statement: nullopt when it touches nothing that is masked or hidden from this principal.
std::optional<plan_access> plan_of(const decide_request& request, std::size_t statement);
// Two parts of one plan: the less that may be shown of one of them counts.
void add_plan(std::optional<plan_access>& to, const plan_access& more);

// For EXPLAIN, with `info.plan` complete: sets `info.stripped_plan`, adds the rules that decided, or refuses.
std::optional<denial> shown_plan(const decide_request& request, const sql::statement& statement, statement_info& info,
                                 std::vector<std::string>& rules);

}  // namespace sluice::enforce
