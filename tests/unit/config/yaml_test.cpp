#include "sluice/config/yaml.hpp"

#include <gtest/gtest.h>

namespace sluice::config {
namespace {

using std::chrono::milliseconds;

enum class colour { red, green };
constexpr std::pair<std::string_view, colour> colours[] = {{"red", colour::red}, {"green", colour::green}};

// What reading one file with every kind of field gives.
struct fields_read {
  std::string text = "untouched";
  bool boolean = false;
  double number = -1;
  std::uint16_t integer = 7;
  std::uint32_t size = 7;
  milliseconds duration{7};
  colour shade = colour::red;
  std::vector<std::string> texts = {"untouched"};
  std::map<std::string, std::string> by_name;
  std::string problems;
};

fields_read read(const std::string& text) {
  fields_read got;
  report problems("f.yaml");
  if (const auto root = parse_yaml(text, problems)) {
    const mapping fields(*root, problems, "the file",
                         {"text", "boolean", "number", "integer", "size", "duration", "shade", "texts", "by_name"});
    fields.text("text", got.text);
    fields.boolean("boolean", got.boolean);
    fields.number("number", got.number);
    fields.integer("integer", got.integer, 1, 65535);
    fields.size("size", got.size, 2, 1u << 20);
    fields.duration("duration", got.duration);
    fields.choice<colour>("shade", got.shade, colours);
    fields.texts("texts", got.texts);
    fields.texts_by_name("by_name", got.by_name);
  }
  got.problems = base::to_string(problems.take_errors());
  return got;
}

TEST(mapping, reads_every_kind_of_field) {
  const auto got = read(
      "text: off\nboolean: true\nnumber: 2.5\ninteger: 65535\nsize: 64KiB\nduration: 15s\nshade: green\n"
      "texts: [a, 3, \"c d\"]\nby_name: {x: 1, \"*\": y}\n");
  EXPECT_EQ(got.problems, "");
  EXPECT_EQ(got.text, "off");
  EXPECT_TRUE(got.boolean);
  EXPECT_EQ(got.number, 2.5);
  EXPECT_EQ(got.integer, 65535);
  EXPECT_EQ(got.size, 65536u);
  EXPECT_EQ(got.duration, milliseconds(15000));
  EXPECT_EQ(got.shade, colour::green);
  EXPECT_EQ(got.texts, (std::vector<std::string>{"a", "3", "c d"}));
  EXPECT_EQ(got.by_name, (std::map<std::string, std::string>{{"x", "1"}, {"*", "y"}}));
}

TEST(mapping, leaves_absent_fields_untouched) {
  const auto got = read("# nothing\n");
  EXPECT_EQ(got.problems, "");
  EXPECT_EQ(got.text, "untouched");
  EXPECT_EQ(got.integer, 7);
  EXPECT_EQ(got.texts, std::vector<std::string>{"untouched"});
}

TEST(mapping, leaves_wrong_fields_untouched) {
  const auto got = read("text: [a]\ninteger: 65536\nsize: 1\nduration: soon\ntexts: [a, [b]]\n");
  EXPECT_NE(got.problems, "");
  EXPECT_EQ(got.text, "untouched");
  EXPECT_EQ(got.integer, 7);
  EXPECT_EQ(got.size, 7u);
  EXPECT_EQ(got.duration, milliseconds(7));
  EXPECT_EQ(got.texts, std::vector<std::string>{"untouched"});
}

struct problem_row {
  const char* name;
  std::string text;
  std::string problems;
};

class yaml_problem : public testing::TestWithParam<problem_row> {};
TEST_P(yaml_problem, is_told_with_its_position) { EXPECT_EQ(read(GetParam().text).problems, GetParam().problems); }
INSTANTIATE_TEST_SUITE_P(
    texts, yaml_problem,
    testing::Values(
        problem_row{"unknown_key", "txet: a\n", "f.yaml:1:1: unknown key `txet` in the file (did you mean `text`?)\n"},
        problem_row{"unknown_key_without_a_near_one", "\n  zzzzzz: a\n",
                    "f.yaml:2:3: unknown key `zzzzzz` in the file\n"},
        problem_row{"repeated_key", "text: a\ntext: b\n", "f.yaml:2:1: key `text` stands twice in the file\n"},
        problem_row{"key_that_is_no_word", "[a]: b\n", "f.yaml:1:1: a key of the file must be a plain word\n"},
        problem_row{"no_mapping", "- a\n", "f.yaml:1:1: the file must be a mapping (`key: value` lines)\n"},
        problem_row{"empty_text", "text: \"\"\n", "f.yaml:1:7: `text` must be a text, not empty\n"},
        problem_row{"text_list", "text: [a]\n", "f.yaml:1:7: `text` must be a text, not a list\n"},
        problem_row{"boolean_word", "boolean: yes\n", "f.yaml:1:10: `boolean` must be `true` or `false`, not `yes`\n"},
        problem_row{"boolean_in_quotes", "boolean: \"true\"\n",
                    "f.yaml:1:10: `boolean` must be `true` or `false`, not `true`\n"},
        problem_row{"boolean_absent", "boolean:\n", "f.yaml:1:1: `boolean` must be `true` or `false`, not nothing\n"},
        problem_row{"number_text", "number: 1.5x\n", "f.yaml:1:9: `number` must be a number, not `1.5x`\n"},
        problem_row{"number_infinite", "number: inf\n", "f.yaml:1:9: `number` must be a number, not `inf`\n"},
        problem_row{"integer_too_small", "integer: 0\n",
                    "f.yaml:1:10: `integer` must be a whole number from 1 to 65535, not `0`\n"},
        problem_row{"integer_too_large", "integer: 65536\n",
                    "f.yaml:1:10: `integer` must be a whole number from 1 to 65535, not `65536`\n"},
        problem_row{"integer_beyond_64_bits", "integer: 99999999999999999999\n",
                    "f.yaml:1:10: `integer` must be a whole number from 1 to 65535, not `99999999999999999999`\n"},
        problem_row{"integer_with_text", "integer: 5x\n",
                    "f.yaml:1:10: `integer` must be a whole number from 1 to 65535, not `5x`\n"},
        problem_row{"integer_in_quotes", "integer: \"5\"\n",
                    "f.yaml:1:10: `integer` must be a whole number from 1 to 65535, not `5`\n"},
        problem_row{"size_text", "size: big\n",
                    "f.yaml:1:7: `size` must be a size such as `64KiB`, `256MiB` or a number of bytes, not `big`\n"},
        problem_row{"size_out_of_range", "size: 2MiB\n",
                    "f.yaml:1:7: `size` must be from 2 to 1048576 bytes, not `2MiB`\n"},
        problem_row{"duration_without_unit", "duration: 15\n",
                    "f.yaml:1:11: `duration` must be a duration such as `200ms`, `15s`, `5m`, `1h` or 0, not `15`\n"},
        problem_row{"choice", "shade: blue\n", "f.yaml:1:8: `shade` must be `red` or `green`, not `blue`\n"},
        problem_row{"choice_mapping", "shade: {a: b}\n",
                    "f.yaml:1:8: `shade` must be `red` or `green`, not a mapping\n"},
        problem_row{"list_text", "texts: a\n", "f.yaml:1:8: `texts` must be a list\n"},
        problem_row{"list_item", "texts: [a, {b: c}]\n", "f.yaml:1:12: `texts[1]` must be a text, not a mapping\n"},
        problem_row{"names_list", "by_name: [a]\n", "f.yaml:1:10: `by_name` must be a mapping (`key: value` lines)\n"},
        problem_row{"names_repeated", "by_name: {a: b, a: c}\n", "f.yaml:1:17: key `a` stands twice in `by_name`\n"},
        problem_row{"names_item", "by_name: {a: [b]}\n", "f.yaml:1:14: `by_name.a` must be a text, not a list\n"},
        problem_row{"unclosed", "texts: [a\n", "f.yaml:2:1: not YAML: end of sequence flow not found\n"},
        problem_row{"tab", "text:\n\t- a\n", "f.yaml:2:2: not YAML: illegal block entry\n"},
        problem_row{"second_document", "text: a\n---\ntext: b\n",
                    "f.yaml:3:1: a second document begins here (keep one document, without `---` in the middle)\n"},
        problem_row{"stray_comma", "{text: a}, b\n", "f.yaml:1:10: not YAML: a comma outside of brackets\n"},
        problem_row{"stray_comma_alone", "\n, b\n", "f.yaml:2:1: not YAML: a comma outside of brackets\n"},
        problem_row{"nul", std::string("text: a\nnumber: \0\n", 18), "f.yaml:2:1: not YAML: holds a NUL byte\n"},
        problem_row{"nul_behind_an_escape", "text: \"a\\0b\"\n",
                    "f.yaml:1:7: `text` must be a text without NUL bytes\n"},
        problem_row{"in_file_order", "size: big\nfoo: 1\nboolean: 3\n",
                    "f.yaml:1:7: `size` must be a size such as `64KiB`, `256MiB` or a number of bytes, not `big`\n"
                    "f.yaml:2:1: unknown key `foo` in the file\n"
                    "f.yaml:3:10: `boolean` must be `true` or `false`, not `3`\n"}),
    [](const auto& row) { return row.param.name; });

TEST(mapping, tells_one_problem_behind_an_alias_once) {
  report problems("f.yaml");
  const auto root = parse_yaml("a: &x [1]\nb: *x\n", problems);
  const mapping fields(*root, problems, "the file", {"a", "b"});
  std::string into;
  fields.text("a", into);
  fields.text("a", into);
  EXPECT_EQ(base::to_string(problems.take_errors()), "f.yaml:1:4: `a` must be a text, not a list\n");
}

TEST(mapping, requires) {
  report problems("f.yaml");
  const auto root = parse_yaml("a:\nc: 1\n", problems);
  const mapping fields(*root, problems, "`x`", {"a", "b", "c"});
  std::string into;
  EXPECT_FALSE(fields.text("a", into, need::required));
  EXPECT_FALSE(fields.text("b", into, need::required));
  EXPECT_TRUE(fields.text("c", into, need::required));
  EXPECT_EQ(base::to_string(problems.take_errors()),
            "f.yaml:1:1: `a` is missing in `x`\nf.yaml:1:1: `b` is missing in `x`\n");
}

TEST(parse_yaml, survives_deep_nesting) {
  report problems("f.yaml");
  EXPECT_FALSE(parse_yaml(std::string(100'000, '['), problems));
  EXPECT_TRUE(problems.has_errors());
}

struct scalar_row {
  const char* name;
  std::string_view text;
  std::optional<std::int64_t> value;
};

class duration : public testing::TestWithParam<scalar_row> {};
TEST_P(duration, is_read) {
  const auto got = parse_duration(GetParam().text);
  EXPECT_EQ(got ? std::optional(static_cast<std::int64_t>(got->count())) : std::nullopt, GetParam().value);
}
INSTANTIATE_TEST_SUITE_P(texts, duration,
                         testing::Values(scalar_row{"milliseconds", "250ms", 250}, scalar_row{"seconds", "15s", 15'000},
                                         scalar_row{"minutes", "5m", 300'000}, scalar_row{"hours", "2h", 7'200'000},
                                         scalar_row{"days", "7d", 604'800'000}, scalar_row{"zero", "0", 0},
                                         scalar_row{"zero_seconds", "0s", 0}, scalar_row{"no_unit", "15", {}},
                                         scalar_row{"negative", "-1s", {}}, scalar_row{"fraction", "1.5s", {}},
                                         scalar_row{"blank", "1 s", {}}, scalar_row{"unit_alone", "s", {}},
                                         scalar_row{"empty", "", {}}, scalar_row{"letter_case", "1S", {}},
                                         scalar_row{"overflow", "99999999999999d", {}},
                                         scalar_row{"overflow_in_digits", "99999999999999999999ms", {}}),
                         [](const auto& row) { return row.param.name; });

class size : public testing::TestWithParam<scalar_row> {};
TEST_P(size, is_read) {
  const auto got = parse_size(GetParam().text);
  EXPECT_EQ(got ? std::optional(static_cast<std::int64_t>(*got)) : std::nullopt, GetParam().value);
}
INSTANTIATE_TEST_SUITE_P(
    texts, size,
    testing::Values(scalar_row{"bytes", "4096", 4096}, scalar_row{"bytes_with_unit", "1B", 1},
                    scalar_row{"kibibytes", "64KiB", 65536}, scalar_row{"mebibytes", "1MiB", 1 << 20},
                    scalar_row{"gibibytes", "2GiB", 2ll << 30}, scalar_row{"kilobytes", "3kB", 3000},
                    scalar_row{"megabytes", "1MB", 1'000'000}, scalar_row{"gigabytes", "1GB", 1'000'000'000},
                    scalar_row{"unknown_unit", "1M", {}}, scalar_row{"negative", "-1", {}},
                    scalar_row{"blank", "1 MiB", {}}, scalar_row{"empty", "", {}},
                    scalar_row{"overflow", "99999999999GiB", {}}),
    [](const auto& row) { return row.param.name; });

TEST(resolve_path, starts_at_the_folder_of_the_file) {
  EXPECT_EQ(resolve_path("/etc/sluice/sluice.yaml", "users.yaml"), "/etc/sluice/users.yaml");
  EXPECT_EQ(resolve_path("conf/demo.yaml", "../var/mask.key"), "var/mask.key");
  EXPECT_EQ(resolve_path("demo.yaml", "users.yaml"), "users.yaml");
  EXPECT_EQ(resolve_path("conf/demo.yaml", "/abs/users.yaml"), "/abs/users.yaml");
}

}  // namespace
}  // namespace sluice::config
