#include "sluice/auth/crypto.hpp"

#include <gtest/gtest.h>

namespace sluice::auth {
namespace {

struct encoding_row {
  const char* name;
  std::string bytes;
  const char* text;
};

class base64 : public testing::TestWithParam<encoding_row> {};

TEST_P(base64, goes_both_ways) {
  EXPECT_EQ(to_base64(GetParam().bytes), GetParam().text);
  EXPECT_EQ(from_base64(GetParam().text), GetParam().bytes);
}

// RFC 4648 section 10
INSTANTIATE_TEST_SUITE_P(rfc4648, base64,
                         testing::Values(encoding_row{"empty", "", ""}, encoding_row{"one", "f", "Zg=="},
                                         encoding_row{"two", "fo", "Zm8="}, encoding_row{"three", "foo", "Zm9v"},
                                         encoding_row{"four", "foob", "Zm9vYg=="},
                                         encoding_row{"five", "fooba", "Zm9vYmE="},
                                         encoding_row{"six", "foobar", "Zm9vYmFy"},
                                         encoding_row{"high_bytes", "\xff\xfe\xfd", "//79"}),
                         [](const auto& row) { return row.param.name; });

struct refusal_row {
  const char* name;
  std::string text;
};

class not_base64 : public testing::TestWithParam<refusal_row> {};
TEST_P(not_base64, is_refused) { EXPECT_EQ(from_base64(GetParam().text), std::nullopt); }
INSTANTIATE_TEST_SUITE_P(texts, not_base64,
                         testing::Values(refusal_row{"without_padding", "Zg"}, refusal_row{"short_padding", "Zg="},
                                         refusal_row{"padding_alone", "===="},
                                         refusal_row{"padding_inside", "Zg==Zg=="}, refusal_row{"blank", "Zm 9"},
                                         refusal_row{"line_break", "Zm9v\n"}, refusal_row{"stray_bits", "Zh=="},
                                         refusal_row{"stray_bits_of_two", "Zm9="}, refusal_row{"url_alphabet", "__79"},
                                         refusal_row{"high_byte", "Zm9\xff"}),
                         [](const auto& row) { return row.param.name; });

TEST(hex, goes_both_ways) {
  const std::string bytes("\x00\x7f\xab\xff", 4);
  EXPECT_EQ(to_hex(bytes), "007fabff");
  EXPECT_EQ(from_hex("007fabff"), bytes);
  EXPECT_EQ(from_hex("007FABFF"), bytes);
  EXPECT_EQ(from_hex(""), "");
}

class not_hex : public testing::TestWithParam<refusal_row> {};
TEST_P(not_hex, is_refused) { EXPECT_EQ(from_hex(GetParam().text), std::nullopt); }
INSTANTIATE_TEST_SUITE_P(texts, not_hex,
                         testing::Values(refusal_row{"odd", "abc"}, refusal_row{"letter", "0g"},
                                         refusal_row{"blank", "0 "}, refusal_row{"high_byte", "\xff\xff"}),
                         [](const auto& row) { return row.param.name; });

// FIPS 180-2 appendix B
TEST(sha256, of_known_messages) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// RFC 4231 section 4
TEST(hmac, of_known_messages_again_and_again) {
  hmac_sha256 keyed("Jefe");
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(to_hex(keyed("what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(keyed({"what do ya ", "", "want for nothing?"})),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  }
}

TEST(hmac, takes_keys_longer_than_a_block) {
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'))("Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(hmac, takes_empty_keys_and_messages) {
  EXPECT_EQ(to_hex(hmac_sha256("")("")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(hmac, moves) {
  hmac_sha256 first("Jefe");
  hmac_sha256 second(std::move(first));
  EXPECT_EQ(to_hex(second("what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

// RFC 7914 section 11
TEST(pbkdf2, of_known_passwords) {
  EXPECT_EQ(to_hex(pbkdf2_sha256("passwd", "salt", 1)),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
  EXPECT_EQ(to_hex(pbkdf2_sha256("Password", "NaCl", 80000)),
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

TEST(pbkdf2, refuses_no_iterations) { EXPECT_THROW(pbkdf2_sha256("p", "s", 0), std::runtime_error); }

TEST(constant_time, compares) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("same", "same"));
  EXPECT_FALSE(equal_in_constant_time("same", "sama"));
  EXPECT_FALSE(equal_in_constant_time("same", "same "));
}

TEST(random, differs) {
  const std::string first = random_bytes(32);
  EXPECT_EQ(first.size(), 32u);
  EXPECT_NE(first, random_bytes(32));
}

}  // namespace
}  // namespace sluice::auth
