#include "sluice/sql/tree.hpp"

#include <gtest/gtest.h>

namespace sluice::sql {
namespace {

struct refused_row {
  const char* name;
  std::string text;
  const char* sqlstate;
  const char* part;
};
class refused : public ::testing::TestWithParam<refused_row> {};

TEST_P(refused, says_why) {
  const auto parsed = parse(GetParam().text, {100000, 200});
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().sqlstate, GetParam().sqlstate);
  EXPECT_NE(parsed.error().cause.find(GetParam().part), std::string::npos) << parsed.error().cause;
}

std::string repeated(const std::string& what, std::size_t times) {
  std::string out;
  for (std::size_t at = 0; at < times; ++at) out += what;
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    texts, refused,
    ::testing::Values(refused_row{"syntax", "selec 1", "42601", "syntax error at or near \"selec\""},
                      refused_row{"unfinished", "select (1", "42601", "syntax error at end of input"},
                      refused_row{"open_string", "select 'x", "42601", "unterminated quoted string"},
                      refused_row{"nul", std::string("select 1\0", 9), "22021", "0x00"},
                      refused_row{"overlong_utf8", "select '\xC0\xAF'", "22021", "invalid byte sequence"},
                      refused_row{"surrogate", "select '\xED\xA0\x80'", "22021", "invalid byte sequence"},
                      refused_row{"cut_utf8", "select '\xE3\x81", "22021", "invalid byte sequence"},
                      refused_row{"too_long", "select '" + std::string(100001, 'x') + "'", "54000", "more than the limit"},
                      refused_row{"plus_run", "select 1" + std::string(40, '+') + "1", "54000", "operator is too long"},
                      refused_row{"comment_run", "select 1 " + repeated("/*", 9) + repeated("*/", 9), "54000", "operator is too long"},
                      refused_row{"nested_deeply", "select " + repeated("(select ", 900) + "1" + repeated(")", 900), "54001", "nested"}),
    [](const auto& each) { return each.param.name; });

TEST(tree, error_position_counts_characters) {
  const auto parsed = parse("select 'é', from");
  ASSERT_FALSE(parsed.has_value());
  ASSERT_TRUE(parsed.error().where.offset.has_value());
  EXPECT_EQ(*parsed.error().where.offset, 12u);
}

TEST(tree, counts_statements) {
  EXPECT_EQ(parse("")->statement_count(), 0u);
  EXPECT_EQ(parse(";;")->statement_count(), 0u);
  EXPECT_EQ(parse("select 1; select ';'")->statement_count(), 2u);
}

TEST(tree, tokens_cover_names_and_comments) {
  const auto parsed = parse("select /* c */ \"A b\" from t");
  const auto tokens = parsed->tokens();
  ASSERT_TRUE(tokens.has_value());
  ASSERT_EQ(tokens->size(), 5u);
  EXPECT_TRUE((*tokens)[1].comment());
  EXPECT_EQ((*tokens)[2].start, 15u);
  EXPECT_EQ((*tokens)[2].end, 20u);
}

TEST(tree, fingerprint_forgets_literals_and_case) {
  const auto of = [](const char* text) { return fingerprint(*parse(text)); };
  EXPECT_EQ(of("select * from t where a = 1"), of("SELECT *  FROM t WHERE a = 25 -- note"));
  EXPECT_NE(of("select * from t where a = 1"), of("select * from t where b = 1"));
}

}  // namespace
}  // namespace sluice::sql
