#include "sluice/base/strong.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

namespace sluice::base {
namespace {

static_assert(!std::is_convertible_v<std::uint32_t, oid>);
static_assert(!std::is_convertible_v<oid, std::uint32_t>);
static_assert(!std::is_constructible_v<oid, revision>);

TEST(strong, compares_by_value) {
  EXPECT_EQ(oid{7}, oid{7});
  EXPECT_LT(oid{7}, oid{8});
  EXPECT_EQ(oid().value(), 0u);
}

TEST(strong, is_a_key) {
  const std::unordered_set<oid> known = {oid{1}, oid{2}, oid{1}};
  EXPECT_EQ(known.size(), 2u);
  EXPECT_TRUE(known.contains(oid{2}));
}

}  // namespace
}  // namespace sluice::base
