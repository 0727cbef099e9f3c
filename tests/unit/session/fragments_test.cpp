// One conversation that visits every part of the protocol: cut at every byte it must end the same, and broken off at
// every byte it must end cleanly.
#include "script.hpp"

namespace sluice::session::testing {
namespace {

struct turn {
  std::string client;
  std::string upstream;
};

std::vector<turn> conversation() {
  return {
      {query("select 1"), row_description({{"a"}}) + row({"1"}) + complete("SELECT 1") + ready('I')},
      {query("begin"), complete("BEGIN") + ready('T')},
      {query("secret"), error("34000") + ready('E')},
      {query("rollback"), complete("ROLLBACK") + ready('I')},
      {parse("s", "select $1") + bound("", "s", {"v"}) + describe('P', "") + execute("", 1) + msg('H'),
       msg('1') + msg('2') + row_description({{"a"}}) + row({"v"}) + msg('s')},
      {execute("") + close('S', "s") + sync(), row({"w"}) + complete("SELECT 1") + msg('3') + ready('I')},
      {query("copy in"), msg('G', "\0\0\0"s)},
      {msg('d', "a\n") + msg('d', "b\n") + msg('c'), complete("COPY 2") + ready('I')},
      {query("copy out"), msg('H', "\0\0\0"s) + msg('d', "x\n") + msg('c') + complete("COPY 1") + ready('I')},
      {parse("", "secret") + bound("", "") + sync(), ready('I')},
  };
}

void arrange(script& it) {
  it.around.answers["secret"] = [] { return denied("no"); };
  it.around.answers["begin"] = [] { return allowed(with_effect(enforce::effect_kind::begin)); };
  it.around.answers["rollback"] = [] { return allowed(with_effect(enforce::effect_kind::rollback)); };
  it.around.answers["copy in"] = [] { return allowed(of_kind(enforce::statement_kind::copy_in)); };
  it.around.answers["copy out"] = [] { return allowed(of_kind(enforce::statement_kind::copy_out)); };
  it.log_in();
}

TEST(fragments, a_conversation_is_the_same_in_any_pieces) {
  std::string client, upstream;
  for (std::size_t piece = 1; piece <= 64; ++piece) {
    script it(piece == 64 ? 100000 : piece);
    arrange(it);
    std::string got, sent;
    for (const auto& each : conversation()) {
      it.client(each.client);
      sent += it.upstream_bytes();
      it.upstream(each.upstream);
      got += it.client_bytes();
    }
    sent += it.upstream_bytes();
    ASSERT_FALSE(it.tested().finished()) << "pieces of " << piece;
    if (piece == 1) {
      client = got;
      upstream = sent;
      EXPECT_EQ(read(got, wire::sender::backend).back(), "Z I");
      EXPECT_EQ(sent.find("secret"), std::string::npos);
    }
    EXPECT_EQ(got, client) << "pieces of " << piece;
    EXPECT_EQ(sent, upstream) << "pieces of " << piece;
    EXPECT_EQ(it.around.journal_value.count(audit::event::complete), 6u) << "pieces of " << piece;
  }
}

enum class breaking { client_leaves, upstream_dies, shutdown, client_garbage, upstream_garbage };

void check_end(script& it, std::size_t at) {
  EXPECT_TRUE(it.tested().finished()) << at;
  EXPECT_TRUE(it.around.keys.empty()) << at;
  std::size_t statements = 0;
  for (const auto& each : it.around.journal_value.records) {
    statements += each.event == audit::event::statement && each.decision == "allowed" ? 1 : 0;
  }
  EXPECT_EQ(it.around.journal_value.count(audit::event::complete), statements) << at;
  EXPECT_EQ(it.around.journal_value.count(audit::event::logout), 1u) << at;
  std::size_t closes = 0;
  for (const auto& each : it.actions()) closes += std::holds_alternative<close_client>(each) ? 1 : 0;
  EXPECT_EQ(closes, 1u) << at;
  // Events that arrive late change nothing.
  it.client_bytes();
  it.client(query("select 1"));
  it.upstream(ready('I'));
  it.tested().on_upstream_closed();
  it.tested().on_client_closed();
  it.tested().on_timer(timer::idle);
  it.tested().on_catalog_refreshed();
  EXPECT_EQ(it.client_bytes(), "") << at;
  EXPECT_TRUE(it.actions().empty()) << at;
}

TEST(fragments, a_conversation_that_breaks_off_anywhere_ends_cleanly) {
  std::size_t total = 0;
  for (const auto& each : conversation()) total += each.client.size() + each.upstream.size();
  for (const auto how : {breaking::client_leaves, breaking::upstream_dies, breaking::shutdown, breaking::client_garbage,
                         breaking::upstream_garbage}) {
    for (std::size_t stop = 0; stop <= total; stop += 3) {
      script it;
      arrange(it);
      std::size_t left = stop;
      for (const auto& each : conversation()) {
        it.client(std::string_view(each.client).substr(0, std::min(left, each.client.size())));
        left -= std::min(left, each.client.size());
        it.upstream(std::string_view(each.upstream).substr(0, std::min(left, each.upstream.size())));
        left -= std::min(left, each.upstream.size());
        if (left == 0) break;
      }
      switch (how) {
        case breaking::client_leaves: it.tested().on_client_closed(); break;
        case breaking::upstream_dies: it.tested().on_upstream_closed(); break;
        case breaking::shutdown:
          it.tested().on_shutdown();
          it.tested().on_client_closed();
          break;
        case breaking::client_garbage:
          it.client(std::string(2000, '\xff'));
          it.tested().on_client_closed();
          break;
        case breaking::upstream_garbage:
          it.upstream(std::string(2000, '\xff'));
          it.tested().on_client_closed();
          break;
      }
      check_end(it, stop);
    }
  }
}

}  // namespace
}  // namespace sluice::session::testing
