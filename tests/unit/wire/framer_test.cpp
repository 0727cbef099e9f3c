#include "sluice/wire/framer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sluice/wire/build.hpp"

namespace sluice::wire {
namespace {

std::vector<std::string> cut(framer& from, std::string_view bytes, std::size_t piece) {
  std::vector<std::string> messages;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    // A copy that dies after settle(): what the framer kept must be its own.
    const std::string fed(bytes.substr(at, piece));
    from.feed(fed);
    while (from.peek() == framing::ready) {
      messages.emplace_back(from.current().whole);
      from.pop();
    }
    from.settle();
  }
  return messages;
}

std::string conversation() {
  std::string bytes;
  append_parse(bytes, "s", "select $1", std::vector<std::uint32_t>{23});
  append_describe(bytes, target::statement, "s");
  append_execute(bytes, "", 7);
  append_sync(bytes);
  append_query(bytes, std::string(300, 'x'));
  append_terminate(bytes);
  return bytes;
}

TEST(framer, finds_the_same_messages_in_any_fragments) {
  const auto bytes = conversation();
  framer whole(sender::frontend, 1000);
  const auto expected = cut(whole, bytes, bytes.size());
  ASSERT_EQ(expected.size(), 6u);
  for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
    framer from(sender::frontend, 1000);
    EXPECT_EQ(cut(from, bytes, piece), expected) << "pieces of " << piece;
    EXPECT_EQ(from.waiting(), 0u);
  }
}

TEST(framer, gives_views_into_the_bytes_fed) {
  const auto bytes = conversation();
  framer from(sender::frontend, 1000);
  from.feed(bytes);
  ASSERT_EQ(from.peek(), framing::ready);
  EXPECT_EQ(from.current().whole.data(), bytes.data());
}

TEST(framer, cuts_startup_packets_and_then_messages) {
  std::string bytes;
  append_ssl_request(bytes);
  const std::vector<std::pair<std::string, std::string>> parameters{{"user", "carol"}};
  append_startup(bytes, parameters);
  framer from(sender::frontend, 1000);
  from.expect_startup();
  EXPECT_EQ(cut(from, bytes, 3).size(), 2u);
  from.expect_messages();
  std::string sync;
  append_sync(sync);
  EXPECT_EQ(cut(from, sync, 2), std::vector<std::string>{sync});
}

struct bad_case {
  const char* name;
  std::string bytes;
  bool startup;
  framing expected;
};

TEST(framer, refuses_before_it_reserves) {
  using namespace std::string_literals;
  const bad_case cases[] = {
      {"unknown type", "z"s, false, framing::unknown_type},
      {"length below four", "Q\0\0\0\3"s, false, framing::bad_length},
      {"negative length", "Q\xff\xff\xff\xff"s, false, framing::too_long},
      {"over the large limit", "Q\0\0\x03\xed"s, false, framing::too_long},
      {"Sync with a body", "S\0\0\0\5"s, false, framing::bad_length},
      {"Describe over the small limit", "D\0\0\x27\x15"s, false, framing::too_long},
      {"startup packet too short", "\0\0\0\7"s, true, framing::bad_length},
      {"startup packet too long", "\0\0\x27\x11"s, true, framing::too_long},
      {"HTTP on the port", "GET "s, true, framing::too_long},
      {"TLS on the port", "\x16\3\1\0"s, true, framing::too_long},
  };
  for (const auto& each : cases) {
    framer from(sender::frontend, 1000);
    if (each.startup) from.expect_startup();
    from.feed(each.bytes);
    EXPECT_EQ(from.peek(), each.expected) << each.name;
  }
}

TEST(framer, takes_runs_across_fragments_without_losing_a_byte) {
  std::string bytes;
  append_message(bytes, backend::data_row, "first row");
  append_message(bytes, backend::data_row, std::string(50, 'r'));
  append_message(bytes, backend::data_row, "");
  append_message(bytes, backend::command_complete, std::string("SELECT 3\0", 9));
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    framer from(sender::backend, 1000);
    std::string passed;
    std::string messages;
    std::size_t rows = 0;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      const std::string fed = bytes.substr(at, piece);
      from.feed(fed);
      for (;;) {
        if (const auto run = from.take_run(backend::data_row); !run.bytes.empty()) {
          passed += run.bytes;
          rows += run.messages;
          continue;
        }
        if (from.peek() != framing::ready) break;
        messages += from.current().whole;
        from.pop();
      }
      from.settle();
    }
    EXPECT_EQ(passed + messages, bytes) << "pieces of " << piece;
    EXPECT_EQ(rows, 3u) << "pieces of " << piece;
    EXPECT_FALSE(from.inside_run());
  }
}

TEST(framer, rest_of_run_ends_at_the_cut_message) {
  std::string bytes;
  append_message(bytes, frontend::copy_data, "abcdef");
  append_message(bytes, frontend::copy_data, "next");
  framer from(sender::frontend, 1000);
  from.feed(std::string_view(bytes).substr(0, 7));
  EXPECT_EQ(from.take_run(frontend::copy_data).bytes.size(), 7u);
  from.settle();
  EXPECT_TRUE(from.inside_run());
  from.feed(std::string_view(bytes).substr(7));
  EXPECT_EQ(from.rest_of_run().bytes, "cdef");
  ASSERT_EQ(from.peek(), framing::ready);
  EXPECT_EQ(from.current().body, "next");
}

TEST(framer, a_length_word_alone_reserves_nothing) {
  using namespace std::string_literals;
  framer from(sender::frontend, 1u << 30);
  const auto header = "Q\x3f\0\0\0"s;
  from.feed(header);
  EXPECT_EQ(from.peek(), framing::need_more);
  from.settle();
  EXPECT_EQ(from.waiting(), 5u);
}

}  // namespace
}  // namespace sluice::wire
