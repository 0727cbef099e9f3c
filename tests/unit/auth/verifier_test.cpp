#include <gtest/gtest.h>

#include "sluice/auth/scram.hpp"

namespace sluice::auth {
namespace {

// Made by PostgreSQL 15 for the password "pencil".
constexpr std::string_view of_postgresql =
    "SCRAM-SHA-256$4096:mOzE/9EgNbcZrTwm91bFJQ==$"
    "+EAvCDitnlV/bRoCVTp7NbIdDsGnRw5gfojTn0sJ3/k=:WRD8OaHXM6LpwK2zIRj07kJUM5az97UVky1Zl2N38Kc=";

TEST(verifier, of_postgresql_is_understood) {
  const auto read = parse_verifier(of_postgresql);
  ASSERT_TRUE(read) << base::to_string(read.error());
  EXPECT_TRUE(matches(*read, base::secret("pencil")));
  EXPECT_FALSE(matches(*read, base::secret("pencils")));
  EXPECT_EQ(to_text(*read).reveal(), of_postgresql);
}

TEST(verifier, gets_a_new_salt_every_time) {
  const auto one = make_verifier(base::secret("pencil")), other = make_verifier(base::secret("pencil"));
  EXPECT_NE(one.salt, other.salt);
  EXPECT_EQ(one.salt.size(), salt_bytes);
  EXPECT_EQ(one.iterations, 4096u);
}

TEST(verifier, takes_passwords_beyond_ascii_as_their_bytes) {
  const auto made = make_verifier(base::secret("秘密の言葉"));
  EXPECT_TRUE(matches(made, base::secret("秘密の言葉")));
  EXPECT_FALSE(password_is_plain("秘密の言葉"));
  EXPECT_FALSE(password_is_plain("tab\t"));
  EXPECT_TRUE(password_is_plain("~ plain!"));
}

struct malformed_row {
  const char* name;
  std::string text;
  const char* cause;
};

class malformed_verifier : public testing::TestWithParam<malformed_row> {};
TEST_P(malformed_verifier, is_refused_without_repeating_it) {
  const auto read = parse_verifier(GetParam().text);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().cause.find(GetParam().cause), std::string::npos) << read.error().cause;
  if (GetParam().text.empty()) return;
  EXPECT_EQ(base::to_string(read.error()).find(GetParam().text), std::string::npos);
}

const std::string keys = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
INSTANTIATE_TEST_SUITE_P(
    texts, malformed_verifier,
    testing::Values(malformed_row{"empty", "", "it must read"},
                    malformed_row{"password", "a plain password in here", "it must read"},
                    malformed_row{"md5", "md5deadbeefdeadbeefdeadbeefdeadbeef", "it must read"},
                    malformed_row{"no_keys", "SCRAM-SHA-256$4096:AAAA", "it must read"},
                    malformed_row{"no_server_key", "SCRAM-SHA-256$4096:AAAA$" + keys, "it must read"},
                    malformed_row{"no_iterations", "SCRAM-SHA-256$:AAAA$" + keys + ":" + keys, "iterations"},
                    malformed_row{"zero_iterations", "SCRAM-SHA-256$0:AAAA$" + keys + ":" + keys, "iterations"},
                    malformed_row{"many_iterations", "SCRAM-SHA-256$1000001:AAAA$" + keys + ":" + keys, "iterations"},
                    malformed_row{"no_salt", "SCRAM-SHA-256$4096:$" + keys + ":" + keys, "salt"},
                    malformed_row{"bad_salt", "SCRAM-SHA-256$4096:???$" + keys + ":" + keys, "salt"},
                    malformed_row{"short_key", "SCRAM-SHA-256$4096:AAAA$AAAA:" + keys, "32 bytes"},
                    malformed_row{"text_behind", "SCRAM-SHA-256$4096:AAAA$" + keys + ":" + keys + "x", "32 bytes"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice::auth
