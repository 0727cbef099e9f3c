// How large the parse tree of a text can become, reckoned from its tokens before the tree is made.
#pragma once

#include <cstddef>
#include <vector>

#include "sluice/sql/tree.hpp"

namespace sluice::sql {

// The grammar makes a bounded number of nodes per token and prints each node once, with one exception: the source of
// `SET (a, b, …) = source` hangs below every one of its columns (gram.y, set_clause) and is printed for each; such a source may
// hold further ones. Tokens count as often as they can be printed. Never less than that; saturates.
std::size_t weigh(const std::vector<token>& tokens);

}  // namespace sluice::sql
