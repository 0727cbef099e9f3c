// Names and numbers that cannot be mixed up. A value type; as thread-safe as what it holds.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <utility>

namespace sluice::base {

template <class Tag, class Rep>
class strong {
 public:
  constexpr strong() = default;
  constexpr explicit strong(Rep value) : value_(std::move(value)) {}
  constexpr const Rep& value() const { return value_; }
  friend auto operator<=>(const strong&, const strong&) = default;
  friend bool operator==(const strong&, const strong&) = default;

 private:
  Rep value_{};
};

using oid = strong<struct oid_tag, std::uint32_t>;
using revision = strong<struct revision_tag, std::uint64_t>;

}  // namespace sluice::base

template <class Tag, class Rep>
struct std::hash<sluice::base::strong<Tag, Rep>> {
  std::size_t operator()(const sluice::base::strong<Tag, Rep>& key) const noexcept { return std::hash<Rep>{}(key.value()); }
};
