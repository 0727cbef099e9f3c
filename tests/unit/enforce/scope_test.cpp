#include "sluice/enforce/scope.hpp"

#include <gtest/gtest.h>

namespace sluice::enforce {
namespace {

effect of(effect_kind kind, std::string name = {}, std::vector<std::string> values = {}) {
  effect out;
  out.kind = kind;
  out.name = std::move(name);
  out.values = std::move(values);
  return out;
}
effect path(std::vector<std::string> values) { return of(effect_kind::set_search_path, {}, std::move(values)); }

struct row {
  const char* name;
  std::vector<effect> effects;
  std::vector<std::string> path;
};
class search_path : public ::testing::TestWithParam<row> {};
TEST_P(search_path, follows_transactions) {
  scope session;
  for (const auto& each : GetParam().effects) apply(session, each);
  EXPECT_EQ(session.search_path, GetParam().path);
}
using enum effect_kind;
INSTANTIATE_TEST_SUITE_P(
    sequences, search_path,
    ::testing::Values(row{"set", {path({"a"})}, {"a"}}, row{"reset", {path({"a"}), of(reset_search_path)}, {"public"}},
                      row{"committed", {of(begin), path({"a"}), of(commit)}, {"a"}},
                      row{"rolled_back", {path({"a"}), of(begin), path({"b"}), of(rollback)}, {"a"}},
                      row{"local_committed", {of(begin), of(set_search_path_local, {}, {"b"}), of(commit)}, {"public"}},
                      row{"local_outside_does_nothing", {of(set_search_path_local, {}, {"b"})}, {"public"}},
                      row{"savepoint_undone", {of(begin), path({"a"}), of(savepoint, "s"), path({"b"}), of(rollback_to, "s"), of(commit)}, {"a"}},
                      row{"local_survives_savepoint_not_commit", {of(begin), of(set_search_path_local, {}, {"a"}), of(savepoint, "s"), of(rollback_to, "s"), of(commit)}, {"public"}},
                      row{"savepoint_released", {of(begin), of(savepoint, "s"), path({"b"}), of(release, "s"), of(commit)}, {"b"}},
                      row{"chained", {of(begin), path({"a"}), of(commit), of(begin), path({"b"}), of(rollback)}, {"a"}},
                      row{"discarded", {path({"a"}), of(discard_all)}, {"public"}}),
    [](const auto& each) { return each.param.name; });

TEST(scope, temporary_relations_go_with_their_transaction) {
  scope session;
  apply(session, of(begin));
  apply(session, of(create_temp, "t"));
  EXPECT_EQ(session.fresh().temporary.count("t"), 1u);
  abort_transaction(session);
  EXPECT_EQ(session.fresh().temporary.count("t"), 0u);
  EXPECT_FALSE(session.in_transaction);
}

TEST(scope, dropped_names_are_unreliable_until_the_catalog_is_read) {
  scope session;
  apply(session, of(begin));
  effect drop = of(drop_relation, "t");
  drop.schema = "s";
  apply(session, drop);
  EXPECT_EQ(session.fresh().unreliable.size(), 1u);
  trust_catalog(session);
  EXPECT_EQ(session.fresh().unreliable.size(), 1u) << "not inside the transaction";
  apply(session, of(commit));
  EXPECT_EQ(session.fresh().unreliable.size(), 1u);
  trust_catalog(session);
  EXPECT_TRUE(session.fresh().unreliable.empty());
  EXPECT_EQ(session.own_id, 0u);
}

TEST(scope, key_tells_scopes_apart) {
  scope one, other;
  EXPECT_EQ(one.key(), other.key());
  apply(other, of(create_temp, "t"));
  EXPECT_NE(one.key(), other.key());
}

}  // namespace
}  // namespace sluice::enforce
