// Runs one task on a stack that is deep enough for the parser and gives back its exit code.
#pragma once

#include <functional>

namespace sluice::cli {

// An exception in the task is rethrown here.
int on_parse_stack(const std::function<int()>& task);

}  // namespace sluice::cli
