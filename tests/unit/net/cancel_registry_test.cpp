#include "../../../src/net/cancel_registry.hpp"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

session::cancel_target target_of(std::uint64_t session) {
  session::cancel_target out;
  out.session = session;
  return out;
}

TEST(cancel_registry, finds_only_the_exact_key) {
  cancel_registry all;
  all.add({100, 7}, target_of(1));
  ASSERT_TRUE(all.find({100, 7}));
  EXPECT_EQ(all.find({100, 7})->session, 1u);
  EXPECT_FALSE(all.find({100, 8}));
  EXPECT_FALSE(all.find({101, 7}));
}

TEST(cancel_registry, process_ids_of_two_upstreams_may_be_equal) {
  cancel_registry all;
  all.add({100, 7}, target_of(1));
  all.add({100, 8}, target_of(2));
  EXPECT_EQ(all.find({100, 8})->session, 2u);
  all.remove({100, 7}, 1);
  EXPECT_FALSE(all.find({100, 7}));
  EXPECT_EQ(all.find({100, 8})->session, 2u);
}

TEST(cancel_registry, removing_leaves_nothing_behind) {
  cancel_registry all;
  for (std::uint32_t i = 0; i < 100; ++i) all.add({i, i}, target_of(i));
  for (std::uint32_t i = 0; i < 100; ++i) all.remove({i, i}, i);
  all.remove({1, 1}, 1);
  EXPECT_EQ(all.size(), 0u);
}

}  // namespace
}  // namespace sluice::net
