#include "sluice/base/diagnostic.hpp"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

struct printed_row {
  const char* name;
  diagnostic problem;
  const char* text;
};

class printed : public testing::TestWithParam<printed_row> {};
TEST_P(printed, leaves_out_what_is_not_known) { EXPECT_EQ(to_string(GetParam().problem), GetParam().text); }
INSTANTIATE_TEST_SUITE_P(
    diagnostics, printed,
    testing::Values(printed_row{"cause", {.cause = "it broke"}, "it broke"},
                    printed_row{"hint", {.cause = "it broke", .hint = "mend it"}, "it broke (mend it)"},
                    printed_row{"file", {.cause = "it broke", .where = {.file = "a.yaml"}}, "a.yaml: it broke"},
                    printed_row{"line",
                                {.cause = "it broke", .where = {.file = "a.yaml", .line = 3, .column = 7}},
                                "a.yaml:3:7: it broke"},
                    printed_row{"offset", {.cause = "it broke", .where = {.offset = 0}}, "offset 0: it broke"},
                    printed_row{"sqlstate", {.cause = "it broke", .sqlstate = "42601"}, "it broke"}),
    [](const auto& row) { return row.param.name; });

TEST(diagnostics, are_one_line_each) {
  EXPECT_EQ(to_string(std::vector<diagnostic>{{.cause = "one"}, {.cause = "two"}}), "one\ntwo\n");
  EXPECT_EQ(to_string(std::vector<diagnostic>{}), "");
}

TEST(result, of_an_error_throws_the_printed_text) {
  const result<int> failed = diagnostic{.cause = "it broke", .where = {.file = "a", .line = 1, .column = 2}};
  try {
    failed.value();
    FAIL() << "no exception";
  } catch (const std::runtime_error& caught) {
    EXPECT_STREQ(caught.what(), "a:1:2: it broke");
  }
}

}  // namespace
}  // namespace sluice::base
