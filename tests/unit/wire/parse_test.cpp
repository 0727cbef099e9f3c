#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "sluice/wire/backend.hpp"
#include "sluice/wire/build.hpp"
#include "sluice/wire/frontend.hpp"
#include "sluice/wire/startup.hpp"

namespace sluice::wire {
namespace {

using namespace std::string_literals;

std::string_view body_of(const std::string& message) { return std::string_view(message).substr(5); }

TEST(frontend, parse_and_bind) {
  std::string message;
  append_parse(message, "stmt", "select $1, $2", std::vector<std::uint32_t>{23, 25});
  const auto parse = parse_parse(body_of(message));
  ASSERT_TRUE(parse.has_value());
  EXPECT_EQ(parse->name, "stmt");
  EXPECT_EQ(parse->sql, "select $1, $2");
  EXPECT_EQ(parse->types, (std::vector<std::uint32_t>{23, 25}));

  const auto body = "p\0s\0\0\2\0\0\0\1\0\2\0\0\0\2hi\xff\xff\xff\xff\0\1\0\1"s;
  const auto bind = parse_bind(body);
  ASSERT_TRUE(bind.has_value());
  EXPECT_EQ(bind->portal, "p");
  EXPECT_EQ(bind->statement, "s");
  ASSERT_EQ(bind->parameters.size(), 2u);
  EXPECT_EQ(bind->parameters[0], "hi");
  EXPECT_EQ(bind->parameters[1], std::nullopt);
  EXPECT_FALSE(bind->binary(0));
  EXPECT_TRUE(bind->binary(1));
  EXPECT_EQ(bind->result_formats, std::vector<std::uint16_t>{1});
}

TEST(frontend, one_format_for_all_parameters) {
  const auto body = "\0\0\0\1\0\1\0\2\0\0\0\0\0\0\0\0\0\0"s;
  const auto bind = parse_bind(body);
  ASSERT_TRUE(bind.has_value());
  EXPECT_TRUE(bind->binary(0));
  EXPECT_TRUE(bind->binary(1));
}

struct malformed_case {
  const char* name;
  std::function<boost::system::error_code()> parse;
  error expected;
};

template <class T>
boost::system::error_code code_of(const parsed<T>& outcome) {
  return outcome.has_error() ? outcome.error() : boost::system::error_code{};
}

TEST(parsers, refuse_what_is_malformed) {
  const malformed_case cases[] = {
      {"Query without end", [] { return code_of(parse_query("select 1")); }, error::not_terminated},
      {"Query with a second text", [] { return code_of(parse_query("select 1\0x\0"s)); }, error::trailing_bytes},
      {"Parse without a count", [] { return code_of(parse_parse("s\0select\0"s)); }, error::truncated},
      {"Parse with more types than bytes", [] { return code_of(parse_parse("\0x\0\x7f\xff"s)); }, error::bad_count},
      {"Bind parameter beyond the end", [] { return code_of(parse_bind("\0\0\0\0\0\1\0\0\0\5ab"s)); },
       error::truncated},
      {"Bind parameter of 4 GB", [] { return code_of(parse_bind("\0\0\0\0\0\1\xff\xff\xff\xfe"s)); }, error::truncated},
      {"Bind with format 2", [] { return code_of(parse_bind("\0\0\0\1\0\2\0\0\0\0"s)); }, error::bad_value},
      {"Bind with formats that do not match", [] { return code_of(parse_bind("\0\0\0\2\0\0\0\0\0\1\0\0\0\0\0\0"s)); },
       error::bad_count},
      {"Describe of nothing known", [] { return code_of(parse_describe("Xs\0"s)); }, error::bad_value},
      {"Execute without a row limit", [] { return code_of(parse_execute("p\0\0\0"s)); }, error::truncated},
      {"SASL response beyond the end", [] { return code_of(parse_sasl_initial("M\0\0\0\0\5ab"s)); }, error::truncated},
      {"CopyFail without a text", [] { return code_of(parse_copy_fail("")); }, error::not_terminated},
      {"startup parameter without a value", [] { return code_of(parse_startup("\0\3\0\0user\0"s)); },
       error::not_terminated},
      {"startup without the last NUL", [] { return code_of(parse_startup("\0\3\0\0user\0c\0"s)); },
       error::not_terminated},
      {"SSLRequest with a tail", [] { return code_of(parse_startup("\x04\xd2\x16\x2f!"s)); }, error::trailing_bytes},
      {"CancelRequest cut", [] { return code_of(parse_startup("\x04\xd2\x16\x2e\0\0\0\1"s)); }, error::truncated},
      {"RowDescription count", [] { return code_of(parse_row_description("\0\5ab"s)); }, error::bad_count},
      {"ReadyForQuery status", [] { return code_of(parse_ready("X")); }, error::bad_value},
      {"ErrorResponse without end", [] { return code_of(parse_notice("Mtext\0"s)); }, error::truncated},
      {"CommandComplete without end", [] { return code_of(parse_command_complete("SELECT")); }, error::not_terminated},
  };
  for (const auto& each : cases) EXPECT_EQ(each.parse(), make_error_code(each.expected)) << each.name;
}

TEST(startup, reads_every_kind_of_packet) {
  EXPECT_TRUE(std::holds_alternative<ssl_request>(parse_startup("\x04\xd2\x16\x2f"s).value()));
  EXPECT_TRUE(std::holds_alternative<gssenc_request>(parse_startup("\x04\xd2\x16\x30"s).value()));
  const auto cancel = std::get<cancel_request>(parse_startup("\x04\xd2\x16\x2e\0\0\0\7\0\0\1\0"s).value());
  EXPECT_EQ(cancel.process, 7u);
  EXPECT_EQ(cancel.secret, 256u);
  EXPECT_EQ(std::get<unsupported_version>(parse_startup("\0\2\0\0"s).value()).major, 2);
  const auto packet = std::get<startup>(parse_startup("\0\3\0\2user\0carol\0_pq_.x\0on\0\0"s).value());
  EXPECT_EQ(packet.minor, 2);
  ASSERT_EQ(packet.parameters.size(), 2u);
  EXPECT_EQ(packet.parameters[1].first, "_pq_.x");
}

struct options_case {
  const char* name;
  std::string_view options;
  std::vector<std::pair<std::string, std::string>> settings;
  std::string not_understood;
};

TEST(startup, splits_options_as_postgresql_does) {
  const options_case cases[] = {
      {"dbt", "-c search_path=analytics", {{"search_path", "analytics"}}, ""},
      {"glued", "-cstatement_timeout=5s", {{"statement_timeout", "5s"}}, ""},
      {"long form, dashes", "--statement-timeout=5s", {{"statement_timeout", "5s"}}, ""},
      {"escaped blank", R"(-c search_path=a,\ b)", {{"search_path", "a, b"}}, ""},
      {"escaped backslash", R"(-c application_name=a\\b)", {{"application_name", R"(a\b)"}}, ""},
      {"several", "  -c a=1   --b=2 ", {{"a", "1"}, {"b", "2"}}, ""},
      {"nothing", "", {}, ""},
      {"a server switch", "-d 5", {}, "-d"},
      {"no value", "-c work_mem", {}, "work_mem"},
      {"-c at the end", "-c", {}, "-c"},
      {"no name", "--=x", {}, "--=x"},
  };
  for (const auto& each : cases) {
    const auto outcome = parse_options(each.options);
    EXPECT_EQ(outcome.not_understood, each.not_understood) << each.name;
    if (each.not_understood.empty()) {
      EXPECT_EQ(outcome.settings, each.settings) << each.name;
    }
  }
}

TEST(backend, patches_the_origin_of_a_column) {
  std::string body = "\0\2"s + "id\0\0\0\0\0\0\0\0\0\0\x17\0\4\xff\xff\xff\xff\0\0"s +
                     "mail\0\0\0\x40\1\0\3\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\1"s;
  const auto before = parse_row_description(body);
  ASSERT_TRUE(before.has_value());
  ASSERT_EQ(before->size(), 2u);
  EXPECT_EQ((*before)[0].relation, 0u);
  EXPECT_EQ((*before)[1].relation, 16385u);
  EXPECT_EQ((*before)[1].attnum, 3);
  patch_origin(body, (*before)[0].origin_at, 16400, -7);
  const auto after = parse_row_description(body);
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ((*after)[0].relation, 16400u);
  EXPECT_EQ((*after)[0].attnum, -7);
  EXPECT_EQ((*after)[0].type, 23u);
  EXPECT_EQ((*after)[1].name, "mail");
}

TEST(backend, counts_rows_of_tags) {
  struct row {
    std::string_view tag;
    std::optional<std::uint64_t> rows;
  };
  for (const auto& [tag, rows] : {row{"SELECT 5", 5}, row{"INSERT 0 12", 12}, row{"COPY 0", 0}, row{"BEGIN", {}},
                                  row{"CREATE TABLE", {}}, row{"SELECT ", {}}, row{"SELECT 5x", {}}}) {
    EXPECT_EQ(rows_of(tag), rows) << tag;
  }
}

TEST(build, errors_read_back) {
  std::string message;
  append_error(message, {"ERROR", "42501", "no", "why", "ask", 9});
  const auto fields = parse_notice(body_of(message));
  ASSERT_TRUE(fields.has_value());
  EXPECT_EQ(find_field(*fields, 'S'), "ERROR");
  EXPECT_EQ(find_field(*fields, 'C'), "42501");
  EXPECT_EQ(find_field(*fields, 'M'), "no");
  EXPECT_EQ(find_field(*fields, 'D'), "why");
  EXPECT_EQ(find_field(*fields, 'H'), "ask");
  EXPECT_EQ(find_field(*fields, 'P'), "9");
}

TEST(build, a_nul_in_a_text_cannot_start_another_field) {
  std::string message;
  append_query(message, "select 1\0; drop table t"s);
  EXPECT_EQ(parse_query(body_of(message))->sql, "select 1");
}

TEST(build, sasl_and_version_messages_read_back) {
  std::string message;
  append_sasl_mechanisms(message, {"SCRAM-SHA-256"});
  const auto request = parse_authentication(body_of(message));
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->request, authentication::sasl);
  EXPECT_EQ(parse_sasl_mechanisms(request->data).value(), std::vector<std::string_view>{"SCRAM-SHA-256"});
  message.clear();
  append_negotiate_version(message, 0, {"_pq_.x"});
  EXPECT_EQ(message, "v\0\0\0\x13\0\3\0\0\0\0\0\1_pq_.x\0"s);
}

}  // namespace
}  // namespace sluice::wire
