#include "command_line.hpp"

namespace sluice::cli {
namespace {

struct help_row {
  const char* name;
  std::vector<std::string> words;
  std::string begins;
};

class help : public testing::command_line, public ::testing::WithParamInterface<help_row> {};
TEST_P(help, is_printed) {
  const auto got = sluice(GetParam().words);
  EXPECT_EQ(got.code, exit_ok);
  EXPECT_EQ(got.out.substr(0, GetParam().begins.size()), GetParam().begins);
  EXPECT_EQ(got.err, "");
}
INSTANTIATE_TEST_SUITE_P(
    words, help,
    ::testing::Values(help_row{"all", {"--help"}, "usage: sluice COMMAND ..."},
                      help_row{"short_form", {"-h"}, "usage: sluice COMMAND ..."},
                      help_row{"as_a_command", {"help"}, "usage: sluice COMMAND ..."},
                      help_row{"about_help", {"help", "help"}, "usage: sluice COMMAND ..."},
                      help_row{"group", {"policy", "--help"}, "usage: sluice policy COMMAND ..."},
                      help_row{"about_a_group", {"help", "policy"}, "usage: sluice policy COMMAND ..."},
                      help_row{
                          "about_a_command_of_a_group", {"help", "policy", "check"}, "usage: sluice policy check "},
                      help_row{"serve", {"serve", "--help"}, "usage: sluice serve "},
                      help_row{"policy_check", {"policy", "check", "--help"}, "usage: sluice policy check "},
                      help_row{"policy_explain", {"policy", "explain", "--help"}, "usage: sluice policy explain "},
                      help_row{"user_add", {"user", "add", "--help"}, "usage: sluice user add "},
                      help_row{"user_remove", {"user", "remove", "--help"}, "usage: sluice user remove "},
                      help_row{"user_list", {"user", "list", "--help"}, "usage: sluice user list "},
                      help_row{"user_password", {"user", "password", "--help"}, "usage: sluice user password "},
                      help_row{"audit_search", {"audit", "search", "--help"}, "usage: sluice audit search "},
                      help_row{"audit_tail", {"audit", "tail", "--help"}, "usage: sluice audit tail "},
                      help_row{"audit_verify", {"audit", "verify", "--help"}, "usage: sluice audit verify "},
                      help_row{"catalog_save", {"catalog", "save", "--help"}, "usage: sluice catalog save "},
                      help_row{"version", {"version", "--help"}, "usage: sluice version"},
                      help_row{"among_other_options", {"user", "add", "--name", "x", "-h"}, "usage: sluice user add "}),
    [](const auto& row) { return row.param.name; });

struct bad_row {
  const char* name;
  std::vector<std::string> words;
  std::string problem;
};

class bad_usage : public testing::command_line, public ::testing::WithParamInterface<bad_row> {};
TEST_P(bad_usage, exits_with_2) {
  const auto got = sluice(GetParam().words);
  EXPECT_EQ(got.code, exit_usage);
  EXPECT_EQ(got.out, "");
  EXPECT_EQ(got.err, GetParam().problem);
}
INSTANTIATE_TEST_SUITE_P(
    words, bad_usage,
    ::testing::Values(
        bad_row{"unknown_command", {"polcy"}, "sluice: unknown command `polcy` (did you mean `policy`?)\n"},
        bad_row{"nothing_near", {"frobnicate"}, "sluice: unknown command `frobnicate` (see `sluice --help`)\n"},
        bad_row{"unknown_subcommand",
                {"policy", "chek"},
                "sluice: unknown command `policy chek` (did you mean `policy check`?)\n"},
        bad_row{"help_about_an_unknown_command",
                {"help", "polcy"},
                "sluice: unknown command `polcy` (did you mean `policy`?)\n"},
        bad_row{"unknown_option",
                {"version", "--verbose"},
                "sluice: unknown option `--verbose` (see `sluice version --help`)\n"},
        bad_row{"missing_option", {"policy", "check"}, "sluice: `--policy` is missing (the policy)\n"},
        bad_row{
            "unexpected_argument", {"version", "now"}, "sluice: unexpected argument `now` (only options are taken)\n"},
        bad_row{"serve_without_configuration",
                {"serve"},
                "sluice: `--config` is missing (the settings, such as conf/sluice.yaml)\n"}),
    [](const auto& row) { return row.param.name; });

class run_alone : public testing::command_line {};

TEST_F(run_alone, explains_itself_on_standard_error) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{}, {"policy"}, {"user"}, {"catalog"}, {"audit"}}) {
    const auto got = sluice(words);
    EXPECT_EQ(got.code, exit_usage);
    EXPECT_EQ(got.out, "");
    EXPECT_TRUE(got.err.starts_with("usage: sluice ")) << got.err;
  }
}

TEST_F(run_alone, prints_the_version) {
  EXPECT_EQ(sluice({"version"}).out, "sluice " SLUICE_VERSION "\n");
  EXPECT_EQ(sluice({"--version"}).out, "sluice " SLUICE_VERSION "\n");
}

TEST_F(run_alone, survives_no_arguments_at_all) {
  char* none[] = {nullptr};
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run(0, none), exit_usage);
  EXPECT_NE(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace sluice::cli
