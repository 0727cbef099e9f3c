// Names of the detectors that a `detect` mask may name; enforce holds what they find. Constexpr; any thread.
#pragma once

#include <array>
#include <string_view>

namespace sluice::policy {

inline constexpr std::array<std::string_view, 8> detector_names{"email",     "phone_jp", "phone_e164", "card",
                                                                "my_number", "ipv4",     "ipv6",       "api_key"};

}  // namespace sluice::policy
