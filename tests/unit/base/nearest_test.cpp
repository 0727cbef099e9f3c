#include "sluice/base/nearest.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sluice::base {
namespace {

constexpr std::array<std::string_view, 6> words = {"listen", "limits", "tls", "policy", "databases", "database"};

struct nearest_row {
  const char* name;
  std::string word;
  std::string_view found;
};

class misspelt : public testing::TestWithParam<nearest_row> {};
TEST_P(misspelt, finds_what_was_meant) { EXPECT_EQ(nearest(GetParam().word, words), GetParam().found); }
INSTANTIATE_TEST_SUITE_P(
    words, misspelt,
    testing::Values(nearest_row{"missing_letter", "limts", "limits"}, nearest_row{"extra_letter", "listenn", "listen"},
                    nearest_row{"wrong_letter", "pollcy", "policy"}, nearest_row{"swapped_letters", "tsl", "tls"},
                    nearest_row{"letter_case", "TLS", "tls"}, nearest_row{"the_nearer_of_two", "databas", "database"},
                    nearest_row{"itself", "policy", "policy"}, nearest_row{"nothing_near", "upstreams", ""},
                    nearest_row{"too_short_to_tell", "x", ""}, nearest_row{"empty", "", ""},
                    nearest_row{"too_long", std::string(65, 'l'), ""}),
    [](const auto& row) { return row.param.name; });

TEST(hint, asks) {
  EXPECT_EQ(did_you_mean("polcy", words), "did you mean `policy`?");
  EXPECT_EQ(did_you_mean("zzzzz", words), "");
}

TEST(nearest, of_no_candidates_is_nothing) { EXPECT_EQ(nearest("word", {}), ""); }

}  // namespace
}  // namespace sluice::base
