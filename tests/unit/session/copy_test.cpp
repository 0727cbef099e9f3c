#include "script.hpp"

namespace sluice::session::testing {
namespace {

const std::string copy_in_response = msg('G', "\0\0\1\0\0"s);
const std::string copy_out_response = msg('H', "\0\0\1\0\0"s);

void judge_copies(script& it) {
  it.around.answers["copy in"] = [] { return allowed(of_kind(enforce::statement_kind::copy_in)); };
  it.around.answers["copy out"] = [] { return allowed(of_kind(enforce::statement_kind::copy_out)); };
}

TEST(copy, in_relays_data_only_while_the_upstream_asks_for_it) {
  for (std::size_t piece : {1u, 3u, 1000u}) {
    script it(piece);
    judge_copies(it);
    it.log_in();
    it.client(msg('d', "stray") + msg('c'));
    EXPECT_EQ(it.upstream_bytes(), "");
    it.client(query("copy in"));
    it.upstream(copy_in_response);
    it.upstream_bytes();
    const auto data = msg('d', "1\ta\n") + msg('d', "2\tb\n");
    // Flush and Sync inside a COPY are ignored.
    it.client(data + msg('H') + sync() + msg('c'));
    EXPECT_EQ(it.upstream_bytes(), data + msg('c'));
    it.upstream(complete("COPY 2") + ready('I'));
    EXPECT_EQ(it.to_client(), (lines{"G   \x01", "C COPY 2", "Z I"}));
    EXPECT_EQ(it.around.journal_value.last(audit::event::complete).rows, 2u);
    it.client(msg('d', "late"));
    EXPECT_EQ(it.upstream_bytes(), "");
  }
}

TEST(copy, in_extended_with_the_early_sync_of_libpq) {
  script it;
  judge_copies(it);
  it.log_in();
  it.client(parse("", "copy in") + bound("", "") + execute("") + sync());
  EXPECT_EQ(it.to_upstream(), (lines{"P  copy in", "B", "E", "H"}));
  it.upstream(msg('1') + msg('2') + copy_in_response);
  it.client(msg('d', "x\n") + msg('c') + sync());
  EXPECT_EQ(it.to_upstream(), (lines{"d x\n", "c", "S"}));
  it.upstream(complete("COPY 1") + ready('I'));
  EXPECT_EQ(it.to_client().back(), "Z I");
}

TEST(copy, in_extended_that_fails_at_once_keeps_its_sync) {
  script it;
  judge_copies(it);
  it.log_in();
  it.client(parse("", "copy in") + bound("", "") + execute("") + sync());
  it.upstream_bytes();
  it.upstream(msg('1') + msg('2') + error("42501"));
  EXPECT_EQ(it.to_upstream(), lines{"S"});
  it.upstream(ready('I'));
  EXPECT_EQ(it.to_client().back(), "Z I");
}

TEST(copy, a_failure_inside_a_message_keeps_the_upstreams_framing) {
  script it;
  judge_copies(it);
  it.log_in();
  it.client(query("copy in"));
  it.upstream(copy_in_response);
  it.upstream_bytes();
  const auto data = msg('d', "0123456789");
  it.client(data.substr(0, 8));
  it.upstream(error("22P02") + ready('I'));
  it.client(data.substr(8) + msg('d', "more") + msg('c') + query("select 1"));
  EXPECT_EQ(it.upstream_bytes(), data + query("select 1"));
}

TEST(copy, other_messages_inside_copy_in_fail_it) {
  script it;
  judge_copies(it);
  it.log_in();
  it.client(query("copy in"));
  it.upstream(copy_in_response);
  it.upstream_bytes();
  it.client(query("select 1"));
  EXPECT_EQ(it.to_upstream(), lines{"f unexpected message type during COPY from stdin"});
  EXPECT_EQ(it.around.judged.size(), 1u);
  it.upstream(error("57014") + ready('I'));
  EXPECT_EQ(it.to_client().back(), "Z I");
}

TEST(copy, a_client_that_leaves_does_not_complete_its_copy) {
  script it;
  judge_copies(it);
  it.log_in();
  it.client(query("copy in"));
  it.upstream(copy_in_response);
  it.upstream_bytes();
  it.client(msg('d', "x\n"));
  it.tested().on_client_closed();
  EXPECT_EQ(it.upstream_bytes(), msg('d', "x\n"));
  EXPECT_TRUE(it.take<close_upstream>().has_value());
}

TEST(copy, out_is_relayed_in_bulk_and_masked_where_asked) {
  for (std::size_t piece : {1u, 5u, 1000u}) {
    script it(piece);
    judge_copies(it);
    it.around.answers["copy masked"] = [] {
      auto info = of_kind(enforce::statement_kind::copy_out);
      info.wire_masks.push_back({1, {"email"}});
      return allowed(info);
    };
    it.log_in();
    it.client(query("copy out"));
    const auto plain =
        copy_out_response + msg('d', "1\traw@example.com\n") + msg('c') + complete("COPY 1") + ready('I');
    it.upstream(plain);
    EXPECT_EQ(it.client_bytes(), plain);

    it.client(query("copy masked"));
    // Boundaries of CopyData are not rows.
    it.upstream(copy_out_response + msg('d', "1\traw@exam") + msg('d', "ple.com\n2\tnothing\n") + msg('c') +
                complete("COPY 2") + ready('I'));
    const auto got = it.client_bytes();
    EXPECT_EQ(got.find("raw@"), std::string::npos);
    EXPECT_EQ(got.find("ple.com"), std::string::npos);
    EXPECT_NE(got.find("2\tnothing\n"), std::string::npos);
    EXPECT_EQ(read(got, wire::sender::backend).back(), "Z I");
  }
}

}  // namespace
}  // namespace sluice::session::testing
