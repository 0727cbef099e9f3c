// Functions that tell about an object by its number, called with nothing in their hands: drivers and psql ask for the sizes and
// sources of all they list, and would fail over one refusal. They get NULL where they may not know.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "guards.hpp"
#include "span.hpp"
#include "sluice/sql/analysis.hpp"

namespace sluice::enforce {

// True when the call goes to the server with its first argument hollowed out, so that it gives NULL. `shown` may be null: in
// the text of a view, where the reader is not the one who wrote the name.
bool hollowed(const sql::function_call& call, const context& with, const policy::principal& who, guards* shown,
              const std::vector<std::string>& path);

// The bytes of the first argument, and what stands in their place: `before`, the argument itself, `after`.
struct hollow_argument {
  std::size_t start = 0, end = 0;
  std::string before, after;
};
// Nullopt when the call is not found where it should be.
std::optional<hollow_argument> hollow(const sql::function_call& call, const token_walk& tokens);

// The relation that a constant argument names, found as the server's regclass input finds it.
const catalog::relation* named_relation(const sql::function_call& call, const context& with, const std::vector<std::string>& path);

}  // namespace sluice::enforce
