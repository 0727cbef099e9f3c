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
              const sql::name_space& names);

// The bytes of the first argument, and what stands in their place: `before`, the argument itself, `after`.
struct hollow_argument {
  std::size_t start = 0, end = 0;
  std::string before, after;
};
// Nullopt when the call is not found where it should be.
std::optional<hollow_argument> hollow(const sql::function_call& call, const token_walk& tokens);

struct named_relation {
  const catalog::relation* known = nullptr;  // null: the session's own
  std::string schema, name;
};
// The relation that a constant argument names, found as the server's regclass input finds it.
std::optional<named_relation> find_named(const sql::constant_argument& given, const sql::name_space& names);

}  // namespace sluice::enforce
