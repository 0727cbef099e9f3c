// Whether a row filter of the policy means the same to everybody.
//
// Threading: pure.
#pragma once

#include <optional>
#include <string>

#include "sluice/catalog/snapshot.hpp"

namespace sluice::enforce {

struct filter_facts {
  std::optional<std::string> refused;  // why it cannot stand in a guard
  bool joins = false;                  // it asks other relations: the server may then filter after other work
};

// A filter reads columns of its own relation, and of relations with a schema; it takes no parameters; and no setting of the
// session (time zone, date style, text form of numbers) changes what it says.
filter_facts check_filter(const catalog::relation& relation, const std::string& filter, const catalog::snapshot& known);

}  // namespace sluice::enforce
