// Which objects the catalog lists for one principal: those that a rule of the policy lets it read, change or define.
//
// The lists are conditions on the rows of system relations, written out as SQL. They hide names, not data: they are no fence,
// so that the server's indexes still serve the catalog queries of drivers.
// Threading: a value; made once per principal and context.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/catalog/snapshot.hpp"
#include "sluice/enforce/gate.hpp"

namespace sluice::enforce {

class visibility {
 public:
  visibility(const context& with, const policy::principal& who);

  // A condition over the columns of the system relation, with whole names; empty when every row may be listed.
  std::string condition(std::string_view schema, std::string_view name) const;

 private:
  bool restricted_ = false;                                      // something is not listed
  std::vector<std::string> schemas_;                             // those in which something is listed, the server's included
  std::map<std::string, std::vector<std::string>> hidden_;       // in these schemas: relations that are not
  std::vector<base::oid> hidden_ids_;                            // the same, with their indexes
};

}  // namespace sluice::enforce
