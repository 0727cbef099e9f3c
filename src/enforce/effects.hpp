// What an executed statement changes in its session, read off the analysis.
#pragma once

#include <vector>

#include "guards.hpp"
#include "sluice/enforce/scope.hpp"
#include "sluice/sql/analysis.hpp"

namespace sluice::enforce {

// `statement` of prepare and declare effects stays empty: the gate fills it in. `shown` may be null (unrestricted).
std::vector<effect> effects_of(const sql::analysis& facts, std::size_t index, guards* shown);

sql::name_space names_of(const context& with, const scope& session);

}  // namespace sluice::enforce
