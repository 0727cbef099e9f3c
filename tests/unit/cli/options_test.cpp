#include "../../../src/cli/options.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sluice::cli {
namespace {

constexpr std::array<option, 5> options = {{{"config", "FILE", "the configuration", occurs::once},
                                            {"group", "NAME", "a group", occurs::any_number},
                                            {"format", "NAME", "how to print it"},
                                            {"follow", "", "go on", occurs::at_most_once, 'f'},
                                            {"lines", "N", "how many", occurs::at_most_once, 'n'}}};
constexpr command shape = {.name = "test it",
                           .summary = "tests",
                           .options = options,
                           .operand = "SQL",
                           .least_operands = 1,
                           .most_operands = 2,
                           .exit_codes = "0  good\n1  bad",
                           .examples = "sluice test it"};

TEST(options, are_read_in_both_spellings) {
  const auto read = parse(shape, {"--config", "a", "--group=x", "sql", "--group", "y", "--format=", "-f", "-n", "3"});
  ASSERT_TRUE(read) << read.error().cause;
  EXPECT_EQ(read->get("config"), "a");
  EXPECT_EQ(read->all("group"), (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(read->has("format"));
  EXPECT_EQ(read->get("format"), "");
  EXPECT_TRUE(read->has("follow"));
  EXPECT_EQ(read->get("lines"), "3");
  EXPECT_EQ(read->operands(), std::vector<std::string>{"sql"});
}

TEST(options, that_are_absent_have_a_fallback) {
  const auto read = parse(shape, {"--config=a", "sql"});
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->has("format"));
  EXPECT_EQ(read->get("format", "text"), "text");
  EXPECT_TRUE(read->all("group").empty());
}

TEST(options, take_values_that_look_like_options) {
  const auto read = parse(shape, {"--config", "--format", "--group=a=b", "-", "--", "-- comment"});
  ASSERT_TRUE(read) << read.error().cause;
  EXPECT_EQ(read->get("config"), "--format");
  EXPECT_EQ(read->get("group"), "a=b");
  EXPECT_EQ(read->operands(), (std::vector<std::string>{"-", "-- comment"}));
}

struct mistake_row {
  const char* name;
  std::vector<std::string> words;
  std::string problem;
};

class mistake : public testing::TestWithParam<mistake_row> {};
TEST_P(mistake, names_the_option) {
  const auto read = parse(shape, GetParam().words);
  ASSERT_FALSE(read);
  EXPECT_EQ(base::to_string(read.error()), GetParam().problem);
}
INSTANTIATE_TEST_SUITE_P(
    words, mistake,
    testing::Values(
        mistake_row{"unknown", {"--confg", "a"}, "unknown option `--confg` (did you mean `--config`?)"},
        mistake_row{"unknown_with_value", {"--confg=secret"}, "unknown option `--confg` (did you mean `--config`?)"},
        mistake_row{"nothing_near", {"--zzzzzz"}, "unknown option `--zzzzzz` (see `sluice test it --help`)"},
        mistake_row{"short", {"-x"}, "unknown option `-x` (see `sluice test it --help`)"},
        mistake_row{"short_ones_together", {"-fn"}, "unknown option `-fn` (see `sluice test it --help`)"},
        mistake_row{"twice", {"--config=a", "--config=b"}, "`--config` stands twice"},
        mistake_row{"value_for_a_flag", {"--follow=yes"}, "`--follow` takes no value"},
        mistake_row{"no_value", {"sql", "--config"}, "`--config` needs a value (write `--config FILE`)"},
        mistake_row{"required", {"sql"}, "`--config` is missing (the configuration)"},
        mistake_row{"no_operand", {"--config=a"}, "`SQL` is missing"},
        mistake_row{"too_many_operands", {"--config=a", "1", "2", "3"}, "unexpected argument `3` (quote `SQL`)"}),
    [](const auto& row) { return row.param.name; });

TEST(usage, tells_options_exit_codes_and_examples) {
  EXPECT_EQ(usage(shape),
            "usage: sluice test it --config FILE [--group NAME]... [--format NAME] [--follow] [--lines N] SQL\n"
            "\n"
            "tests\n"
            "\n"
            "options:\n"
            "  --config FILE                 the configuration\n"
            "  --group NAME                  a group\n"
            "  --format NAME                 how to print it\n"
            "  -f, --follow                  go on\n"
            "  -n, --lines N                 how many\n"
            "  -h, --help                    print this\n"
            "\n"
            "exit codes:\n"
            "  0  good\n"
            "  1  bad\n"
            "\n"
            "examples:\n"
            "  sluice test it\n");
}

}  // namespace
}  // namespace sluice::cli
