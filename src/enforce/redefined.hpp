// Which relations a statement gives a new meaning to, read off the analysis.
#pragma once

#include <vector>

#include "guards.hpp"
#include "sluice/enforce/redefinition.hpp"
#include "sluice/sql/analysis.hpp"

namespace sluice::enforce {

// For every principal alike: who changes a name need not be somebody whose reading is restricted. `path` is where
// unqualified names are looked for.
enum class transaction_block { none, open };
redefinition redefined_by(const sql::analysis& facts, std::size_t index, const guards& shown, const context& with,
                          const std::vector<std::string>& path, transaction_block block);

}  // namespace sluice::enforce
