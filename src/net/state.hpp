// What must survive a restart: the names under which columns were classified, one file per gateway database.
//
// Threading: called by the one writer of editions. Blocking file I/O; throws std::runtime_error with a text for operators.
#pragma once

#include <string>
#include <vector>

#include "sluice/enforce/gate.hpp"

namespace sluice::net {

// Empty when nothing was written down yet, or `directory` is empty. An unreadable file is an error: serving without it
// would show columns that a rename took out of every rule's reach.
std::vector<enforce::remembered_name> load_remembered(const std::string& directory, const std::string& database);
// Replaces the file as a whole: a new one is written, synced and renamed over it.
void save_remembered(const std::string& directory, const std::string& database, const std::vector<enforce::remembered_name>& names);

}  // namespace sluice::net
