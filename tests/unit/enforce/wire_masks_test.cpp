#include "sluice/enforce/wire_masks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "postgres.hpp"

namespace sluice::enforce {
namespace {

const std::vector<std::string> every = {"email",     "phone_jp", "phone_e164", "card",
                                        "my_number", "ipv4",     "ipv6",       "api_key"};

struct text_case {
  std::string label, detector, text, expected;
};
const text_case text_cases[] = {
    {"email", "email", "write to taro.yamada+x@example.co.jp, please", "write to [email], please"},
    {"email_in_japanese", "email", "連絡先はtaro@example.comまで", "連絡先は[email]まで"},
    {"email_with_accents", "email", "josé@example.com", "[email]"},
    {"email_full_width_at", "email", "taro＠example.com", "[email]"},
    {"no_email", "email", "a@b and @home", "a@b and @home"},
    {"landline", "phone_jp", "Tel: 03-1234-5678.", "Tel: [phone]."},
    {"landline_brackets", "phone_jp", "(03) 1234-5678", "([phone]"},
    {"mobile", "phone_jp", "090-1234-5678 90 yen", "[phone] 90 yen"},
    {"mobile_plain", "phone_jp", "09012345678", "[phone]"},
    {"toll_free", "phone_jp", "0120-123-456", "[phone]"},
    {"toll_free_long", "phone_jp", "0800-123-4567", "[phone]"},
    {"full_width_phone", "phone_jp", "電話０９０−１２３４−５６７８まで", "電話[phone]まで"},
    {"japanese_abroad", "phone_jp", "+81 90-1234-5678", "+[phone]"},
    {"date_is_no_phone", "phone_jp", "2024-01-02 03:04:05", "2024-01-02 03:04:05"},
    {"long_number_is_no_phone", "phone_jp", "30901234567812", "30901234567812"},
    {"e164", "phone_e164", "call +81 3 1234 5678 now", "call [phone] now"},
    {"e164_plain", "phone_e164", "+14155552671", "[phone]"},
    {"card", "card", "pay 4111 1111 1111 1111 123", "pay [card] 123"},
    {"card_dashes", "card", "4111-1111-1111-1111", "[card]"},
    {"card_behind_number", "card", "12 4111111111111111", "12 [card]"},
    {"amex", "card", "378282246310005", "[card]"},
    {"wrong_check_digit", "card", "4111 1111 1111 1112", "4111 1111 1111 1112"},
    {"my_number", "my_number", "番号1234 5678 9018です", "番号[my_number]です"},
    {"wrong_my_number", "my_number", "1234 5678 9012", "1234 5678 9012"},
    {"ipv4", "ipv4", "from 192.168.10.1:80", "from [ip]:80"},
    {"version_is_no_ipv4", "ipv4", "1.2.3 and 300.1.2.3", "1.2.3 and 300.1.2.3"},
    {"ipv6", "ipv6", "at 2001:db8::1.", "at [ip]."},
    {"ipv6_full", "ipv6", "[2001:0db8:0000:0000:0000:0000:0000:0001]:80", "[[ip]]:80"},
    {"time_is_no_ipv6", "ipv6", "12:34:56", "12:34:56"},
    {"aws_key", "api_key", "key=AKIAIOSFODNN7EXAMPLE", "key=[api_key]"},
    {"sk_key", "api_key", "sk-abcdefghijklmnop1234", "[api_key]"},
    {"bearer", "api_key", "Authorization: Bearer abc.def-123", "Authorization: [api_key]"},
    {"slack", "api_key", "xoxb-1234567890-abc", "[api_key]"},
    {"github", "api_key", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[api_key]"},
    {"prose_is_no_key", "api_key", "a task-management-system-of-ours", "a task-management-system-of-ours"},
    {"unknown_detector", "nose", "anything", "[masked]"},
    {"empty", "email", "", ""},
};
class masked_texts : public ::testing::TestWithParam<text_case> {};
TEST_P(masked_texts, show_a_mask_of_the_kind) {
  const text_case& with = GetParam();
  const std::string shown = mask_text(with.text, {with.detector});
  EXPECT_EQ(shown, with.expected);
  EXPECT_EQ(mask_text(shown, {with.detector}), shown);
}
INSTANTIATE_TEST_SUITE_P(rows, masked_texts, ::testing::ValuesIn(text_cases),
                         [](const auto& row) { return row.param.label; });

TEST(detectors, are_known_by_name) {
  EXPECT_EQ(detector_names().size(), every.size());
  for (const std::string& name : every) EXPECT_TRUE(is_detector(name)) << name;
  EXPECT_FALSE(is_detector("Email"));
}

struct value_case {
  std::string label, value, expected;
};
const value_case value_cases[] = {
    {"object", R"({"a": "taro@example.com", "n": 4111111111111111, "k": [1, true, null]})",
     R"({"a": "[email]", "n": 0, "k": [1, true, null]})"},
    {"key", R"({"taro@example.com": 1})", R"({"[email]": 1})"},
    {"escape", R"(["taro\u0040example.com", "x\ny"])", R"(["[email]", "x\ny"])"},
    {"escape_before", R"(["\ntaro@example.com"])", R"(["\u000a[email]"])"},
    {"lone_surrogate", R"(["\ud800 taro@example.com"])", "[\"\uFFFD [email]\"]"},
    {"string", R"("taro@example.com")", R"("[email]")"},
    {"jsonb_binary", "\x01{\"a\": \"taro@example.com\"}", "\x01{\"a\": \"[email]\"}"},
    {"jsonb_binary_number",
     "\x01"
     "4111111111111111",
     "\x01"
     "0"},
    {"not_json", "[to] taro@example.com", "[to] [email]"},
    {"numbers_apart_are_no_json", "[4111 1111 1111 1111]", "[[card]]"},
    {"unfinished", R"({"a": "taro@example.com)", R"({"a": "[email])"},
};
class masked_values : public ::testing::TestWithParam<value_case> {};
TEST_P(masked_values, keep_their_form) {
  EXPECT_EQ(mask_value(GetParam().value, every), GetParam().expected);
  EXPECT_EQ(mask_value(GetParam().expected, every), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(rows, masked_values, ::testing::ValuesIn(value_cases),
                         [](const auto& row) { return row.param.label; });

TEST(mask_value, survives_a_document_of_brackets) {
  const std::string deep = std::string(100'000, '[') + "taro@example.com";
  EXPECT_EQ(mask_value(deep, every), std::string(100'000, '[') + "[email]");
}

std::string be(std::uint32_t value, int bytes) {
  std::string out;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
  return out;
}
std::string field(std::string_view value) {
  return be(static_cast<std::uint32_t>(value.size()), 4) + std::string(value);
}
const std::string null_field = "\xff\xff\xff\xff";

TEST(row_masker, masks_its_columns_and_keeps_lengths_right) {
  const row_masker masker({{2, {"email"}}, {0, {"card"}}, {0, {"email"}}});
  const std::string row = be(4, 2) + field("a@b.com 4111111111111111") + field("a@b.com") + null_field + field("");
  EXPECT_EQ(masker.mask_row(row).value(),
            be(4, 2) + field("[email] [card]") + field("a@b.com") + null_field + field(""));
  const std::string other = be(3, 2) + null_field + null_field + field("a@b.com");
  EXPECT_EQ(masker.mask_row(other).value(), be(3, 2) + null_field + null_field + field("[email]"));
}

TEST(row_masker, refuses_what_is_no_data_row) {
  const row_masker masker({{1, {"email"}}});
  const std::string row = be(2, 2) + field("x") + field("a@b.com");
  for (std::size_t cut = 0; cut < row.size(); ++cut)
    EXPECT_TRUE(masker.mask_row(row.substr(0, cut)).has_error()) << cut;
  EXPECT_TRUE(masker.mask_row(row + "x").has_error());
  EXPECT_TRUE(masker.mask_row(be(1, 2) + field("x")).has_error());
  EXPECT_TRUE(masker.mask_row(be(2, 2) + be(0x80000000u, 4) + field("x")).has_error());
}

struct copy_case {
  std::string label;
  copy_options options;
  std::string in, expected;
};
std::vector<copy_case> copy_cases() {
  copy_options text;
  copy_options pipes;
  pipes.delimiter = '|';
  pipes.null_text = "-";
  copy_options headed = text;
  headed.header = true;
  copy_options csv;
  csv.format = copy_format::csv;
  csv.delimiter = ',';
  csv.null_text = "";
  csv.header = true;
  copy_options csv_backslash = csv;
  csv_backslash.escape = '\\';
  csv_backslash.header = false;
  copy_options binary;
  binary.format = copy_format::binary;
  const std::string start = std::string("PGCOPY\n\377\r\n\0", 11) + be(0, 4) + be(3, 4) + "ext";
  return {
      {"text", text, "1\ta@b.com\tx\n2\t\\N\ty\n3\t\\tq\\\\ a@b.com\\n\ta@b.com\n",
       "1\t[email]\tx\n2\t\\N\ty\n3\t\\tq\\\\ [email]\\n\ta@b.com\n"},
      {"text_delimiter_in_data", pipes, "1|a\\|a@b.com|x\n2|-|y\n", "1|a\\|[email]|x\n2|-|y\n"},
      {"text_escape_hides_nothing", text, "1\ta@b\\.com\tx\n", "1\t[email]\tx\n"},
      {"text_header", headed, "id\ta@b.com\tz\n1\ta@b.com\tz\n", "id\ta@b.com\tz\n1\t[email]\tz\n"},
      {"text_untouched_is_byte_identical", text, "1\t\\x41\\t\\\\\tx\n", "1\t\\x41\\t\\\\\tx\n"},
      {"csv", csv, "id,\"a\n@b.com\",z\n1,a@b.com,x\n2,\"line\n\"\"a@b.com\"\", more\",y\n3,,\n4,\"\",\n",
       "id,\"a\n@b.com\",z\n1,\"[email]\",x\n2,\"line\n\"\"[email]\"\", more\",y\n3,,\n4,\"\",\n"},
      {"csv_escape", csv_backslash, "1,\"\\\"a@b.com\\\\,\",x\n", "1,\"\\\"[email]\\\\,\",x\n"},
      {"binary", binary,
       start + be(3, 2) + field("1") + field("a@b.com") + field("a@b.com") + be(3, 2) + null_field + null_field +
           field("") + be(0xffff, 2),
       start + be(3, 2) + field("1") + field("[email]") + field("a@b.com") + be(3, 2) + null_field + null_field +
           field("") + be(0xffff, 2)},
      {"nothing", text, "", ""},
  };
}
class masked_copies : public ::testing::TestWithParam<copy_case> {};
TEST_P(masked_copies, are_the_same_however_they_are_cut) {
  const copy_case& with = GetParam();
  for (std::size_t first = 0; first <= with.in.size(); ++first) {
    for (std::size_t second : {first, first + 1, first + 7, with.in.size()}) {
      if (second > with.in.size() || second < first) continue;
      copy_masker masker({{1, {"email"}}}, with.options);
      std::string out = masker.feed(std::string_view(with.in).substr(0, first)).value();
      out += masker.feed(std::string_view(with.in).substr(first, second - first)).value();
      out += masker.feed(std::string_view(with.in).substr(second)).value();
      out += masker.finish().value();
      ASSERT_EQ(out, with.expected) << first << " " << second;
    }
  }
  copy_masker masker({{1, {"email"}}}, with.options);
  std::string out;
  for (const char c : with.in) out += masker.feed(std::string_view(&c, 1)).value();
  EXPECT_EQ(out, with.expected);
}
INSTANTIATE_TEST_SUITE_P(rows, masked_copies, ::testing::ValuesIn(copy_cases()),
                         [](const auto& row) { return row.param.label; });

struct broken_copy {
  std::string label;
  copy_format format;
  std::string in;
};
class broken_copies : public ::testing::TestWithParam<broken_copy> {};
TEST_P(broken_copies, end_in_an_error_and_stay_there) {
  copy_options options;
  options.format = GetParam().format;
  options.delimiter = options.format == copy_format::csv ? ',' : '\t';
  copy_masker masker({{1, {"email"}}}, options);
  auto fed = masker.feed(GetParam().in);
  if (!fed.has_error()) fed = masker.finish();
  ASSERT_TRUE(fed.has_error());
  EXPECT_TRUE(masker.feed("x").has_error());
  EXPECT_TRUE(masker.finish().has_error());
}
const std::string binary_start = std::string("PGCOPY\n\377\r\n\0", 11) + be(0, 4) + be(0, 4);
const broken_copy broken[] = {
    {"row_without_the_column", copy_format::text, "1\n"},
    {"csv_row_without_the_column", copy_format::csv, "1\ta@b.com\n"},
    {"text_ends_inside_a_row", copy_format::text, "1\ta@b.com"},
    {"csv_ends_inside_quotes", copy_format::csv, "1,\"a@b.com\n"},
    {"no_signature", copy_format::binary, "PGCOPY\n\377\r\n\1" + be(0, 4) + be(0, 4)},
    {"object_ids", copy_format::binary, std::string("PGCOPY\n\377\r\n\0", 11) + be(1u << 16, 4) + be(0, 4)},
    {"huge_extension", copy_format::binary, std::string("PGCOPY\n\377\r\n\0", 11) + be(0, 4) + be(0x7fffffff, 4)},
    {"too_few_columns", copy_format::binary, binary_start + be(1, 2) + field("x")},
    {"negative_length", copy_format::binary, binary_start + be(2, 2) + be(0xfffffffeu, 4)},
    {"too_long_a_field", copy_format::binary, binary_start + be(2, 2) + field("x") + be(max_field_bytes + 1, 4)},
    {"no_trailer", copy_format::binary, binary_start + be(2, 2) + field("x") + field("y")},
    {"behind_the_trailer", copy_format::binary, binary_start + be(0xffff, 2) + "x"},
};
INSTANTIATE_TEST_SUITE_P(rows, broken_copies, ::testing::ValuesIn(broken),
                         [](const auto& row) { return row.param.label; });

TEST(copy_masker, holds_no_field_beyond_the_limit) {
  copy_masker masker({{1, {"email"}}}, copy_options{});
  ASSERT_FALSE(masker.feed("1\t").has_error());
  const std::string block(1u << 20, 'x');
  bool refused = false;
  for (std::size_t fed = 0; fed <= max_field_bytes && !refused; fed += block.size())
    refused = masker.feed(block).has_error();
  EXPECT_TRUE(refused);
}

// Texts made of what the detectors look for, of what stands between, and of what escapes.
std::string random_text(std::mt19937& dice) {
  static const std::vector<std::string> pieces = {"taro@example.com",
                                                  "josé＠例.example.org",
                                                  "@",
                                                  ".",
                                                  "090-1234-5678",
                                                  "０３（１２３４）５６７８",
                                                  "+81",
                                                  "(0)",
                                                  "3-1234-5678",
                                                  "4111 1111 1111 1111",
                                                  "378282246310005",
                                                  "1234 5678 9018",
                                                  "123456789018",
                                                  "192.168.0.1",
                                                  "2001:db8::1",
                                                  "::",
                                                  "fe80",
                                                  ":",
                                                  "1:2:3:4:5:6:7:8",
                                                  "AKIAIOSFODNN7EXAMPLE",
                                                  "sk-abcdefghijklmnop1234",
                                                  "sk_live_abcdefghijklmnop",
                                                  "xoxb-1234567890-abc",
                                                  "Bearer ",
                                                  "abcdefgh.ijk",
                                                  "ghp_abcdefghijklmnopqrstuvwxyz",
                                                  "eyJhbGciOiJI.eyJzdWIiOiIx.abc",
                                                  " ",
                                                  "\n",
                                                  "\t",
                                                  "-",
                                                  "x",
                                                  "7",
                                                  "0",
                                                  "\\",
                                                  "\"",
                                                  "/",
                                                  "漢字",
                                                  ",",
                                                  "{",
                                                  "}",
                                                  "[",
                                                  "]"};
  std::string out;
  const std::size_t count = 1 + dice() % 8;
  for (std::size_t i = 0; i < count; ++i) out += pieces[dice() % pieces.size()];
  return out;
}

TEST(mask_text, is_idempotent_and_leaves_nothing_to_find) {
  std::mt19937 dice(20240229);
  for (int round = 0; round < 4000; ++round) {
    const std::string text = random_text(dice);
    const std::string shown = mask_text(text, every);
    ASSERT_EQ(mask_text(shown, every), shown) << text;
    const std::string value = mask_value(text, every);
    ASSERT_EQ(mask_value(value, every), value) << text;
  }
}

TEST(detect_expression, masks_whatever_mask_value_masks) {
  std::mt19937 dice(42);
  pqxx::connection connection = testing::connect();
  pqxx::work in(connection);
  catalog::column text;
  text.type_sql = "pg_catalog.text";
  text.base_type = "text";
  catalog::column json = text;
  json.type_sql = json.base_type = "json";
  catalog::column jsonb = text;
  jsonb.type_sql = jsonb.base_type = "jsonb";
  in.exec("create temp table odd_texts (c text)");
  for (int round = 0; round < 1500; ++round)
    in.exec("insert into odd_texts values (" + in.quote(random_text(dice)) + ")");
  for (std::size_t only = 0; only <= every.size(); ++only) {
    const std::vector<std::string> detectors = only == every.size() ? every : std::vector<std::string>{every[only]};
    const auto rows =
        in.exec("select c, " + detect_expression(detectors, text, "c") + ", (" +
                detect_expression(detectors, json, "j") + ")::text, (" + detect_expression(detectors, jsonb, "b") +
                ")::text from odd_texts, to_json(c) as j, to_jsonb(jsonb_build_object('k', c)) as b");
    int masked = 0;
    for (const auto& row : rows) {
      for (int column = 1; column <= 3; ++column) {
        const std::string shown = row[column].c_str();
        ASSERT_EQ(mask_value(shown, detectors), shown) << column << ": " << row[0].c_str();
      }
      const std::string raw = row[0].c_str();
      const bool on_wire = mask_text(raw, detectors) != raw;
      masked += on_wire ? 1 : 0;
      ASSERT_TRUE(!on_wire || raw != row[1].c_str()) << raw;
    }
    EXPECT_GT(masked, 20) << detectors.front();
  }
}

}  // namespace
}  // namespace sluice::enforce
