// A verdict told to a person or a program: what `policy explain` prints. Pure.
#pragma once

#include <string>
#include <string_view>

#include "sluice/enforce/gate.hpp"

namespace sluice::cli {

struct explained {
  std::string_view sql;
  std::string_view database;
  const policy::principal& who;
  const enforce::verdict& outcome;
};

std::string explain_as_text(const explained& what);
std::string explain_as_json(const explained& what);  // one object, one line

}  // namespace sluice::cli
