// Reads what a live upstream contains, in one read-only snapshot of its system catalogs, with a handful of set-based
// queries.
//
// Threading: blocks the calling thread; every call has a connection of its own. Never call it on a reactor thread.
// Errors name the upstream and the cause; the password stands in none of them.
#pragma once

#include <chrono>

#include "sluice/catalog/snapshot.hpp"
#include "sluice/config/config.hpp"

namespace sluice::catalog {

// A database with more of one kind than this is refused instead of filling the memory.
inline constexpr std::size_t max_objects = 20'000'000;

// `timeout` bounds the connection attempt (libpq counts whole seconds, two at least) and, again, the reading.
base::result<contents> load(const config::upstream& from, std::chrono::milliseconds timeout);

// Loads and indexes; what callers that keep snapshots want.
base::result<snapshot_ptr> load_snapshot(const config::upstream& from, std::chrono::milliseconds timeout,
                                         base::revision number = base::revision{1});

}  // namespace sluice::catalog
