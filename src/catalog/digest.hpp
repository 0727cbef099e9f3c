// SipHash-2-4 over the contents of a catalog, keyed once per process.
#pragma once

#include <cstdint>

#include "sluice/catalog/snapshot.hpp"

namespace sluice::catalog {

std::uint64_t digest_of(const contents& what);

}  // namespace sluice::catalog
