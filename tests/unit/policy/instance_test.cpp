#include "sluice/policy/instance.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sluice::policy {
namespace {

TEST(instance_table, lists_each_statement_once_with_a_reason) {
  std::set<std::string_view> ids;
  for (const auto& row : instance_rows::all) {
    EXPECT_TRUE(ids.insert(row.id).second) << row.id;
    EXPECT_FALSE(row.reason.empty()) << row.id;
    EXPECT_EQ(find_instance(row.id), &row);
  }
  EXPECT_EQ(find_instance("no_such_statement"), nullptr);
}

TEST(instance_table, gives_the_less_trusted_no_more) {
  for (const auto& row : instance_rows::all) {
    EXPECT_LE(row.viewer, row.creator) << row.id;
    EXPECT_LE(row.creator, row.admin) << row.id;
    EXPECT_EQ(row.of(instance_profile::none), instance_right::never);
  }
}

class never_given : public ::testing::TestWithParam<const char*> {};

// DESIGN and THREATS 13: nobody gets the instance through the gateway.
TEST_P(never_given, to_anyone) {
  const instance_row* row = find_instance(GetParam());
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->admin, instance_right::never);
  EXPECT_EQ(row->creator, instance_right::never);
  EXPECT_EQ(row->viewer, instance_right::never);
}
INSTANTIATE_TEST_SUITE_P(statements, never_given,
                         ::testing::Values("create_role", "alter_role", "drop_role", "grant", "revoke", "grant_role",
                                           "create_database", "drop_database", "create_tablespace", "create_extension",
                                           "create_language", "create_event_trigger", "create_publication",
                                           "create_subscription", "load", "copy_file", "copy_program", "alter_system",
                                           "set_role", "set_session_authorization", "create_user_mapping",
                                           "create_server", "create_rule", "security_label"),
                         [](const auto& row) { return std::string(row.param); });

}  // namespace
}  // namespace sluice::policy
