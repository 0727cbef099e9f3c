#include "../../../src/net/claim_registry.hpp"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

using session::claim;
using session::claim_answer;

claim made(std::uint64_t session, std::uint64_t serial, std::vector<std::string> names, std::string database = "warehouse") {
  return {session, serial, std::move(database), {false, std::move(names)}};
}

TEST(claim_registry, a_name_belongs_to_one_session) {
  claim_registry all;
  EXPECT_EQ(all.take(made(1, 1, {"a", "b"})), claim_answer::granted);
  EXPECT_EQ(all.take(made(1, 2, {"b", "c"})), claim_answer::granted);
  EXPECT_EQ(all.take(made(2, 1, {"c"})), claim_answer::taken);
  EXPECT_EQ(all.take(made(2, 2, {"d"})), claim_answer::granted);
  EXPECT_EQ(all.take(made(3, 1, {"a"}, "mart")), claim_answer::granted);
  claim everything{4, 1, "warehouse", {true, {}}};
  EXPECT_EQ(all.take(everything), claim_answer::taken);
}

TEST(claim_registry, goes_with_a_catalog_that_was_read_after_its_end) {
  claim_registry all;
  int released = 0;
  all.when_released([&] { ++released; });
  all.take(made(1, 1, {"a"}));
  const auto too_early = all.mark();
  all.settle("warehouse", too_early);
  EXPECT_TRUE(all.holds(made(1, 1, {})));  // its transaction is still open
  all.end(1);
  all.settle("warehouse", too_early);
  EXPECT_TRUE(all.holds(made(1, 1, {})));
  all.settle("mart", all.mark());
  EXPECT_TRUE(all.holds(made(1, 1, {})));
  EXPECT_EQ(released, 0);
  all.settle("warehouse", all.mark());
  EXPECT_FALSE(all.holds(made(1, 1, {})));
  EXPECT_EQ(released, 1);
}

TEST(claim_registry, what_was_withdrawn_is_free_and_what_has_ended_is_not) {
  claim_registry all;
  all.take(made(1, 1, {"a"}));
  all.take(made(1, 2, {"b"}));
  all.withdraw(1, 2);
  EXPECT_EQ(all.take(made(2, 1, {"b"})), claim_answer::granted);
  all.end(1);
  all.withdraw(1, 1);
  EXPECT_EQ(all.take(made(2, 2, {"a"})), claim_answer::taken);
}

}  // namespace
}  // namespace sluice::net
