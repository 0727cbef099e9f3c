// Catalog snapshots as files, so that `policy explain` needs no server.
#pragma once

#include <string>

#include "sluice/base/diagnostic.hpp"
#include "sluice/catalog/snapshot.hpp"

namespace sluice::cli {

inline constexpr std::size_t max_snapshot_bytes = 512u << 20;

base::result<catalog::snapshot_ptr> load_snapshot_file(const std::string& path);

}  // namespace sluice::cli
