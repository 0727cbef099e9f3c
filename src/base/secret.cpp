#include "sluice/base/secret.hpp"

namespace sluice::base {

void secret::wipe() noexcept {
  // volatile keeps the compiler from dropping stores to memory that is about to be freed.
  volatile char* byte = bytes_.data();
  for (std::size_t left = bytes_.size(); left > 0; --left) *byte++ = 0;
  bytes_.clear();
}

}  // namespace sluice::base
