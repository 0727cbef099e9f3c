#include "script.hpp"

namespace sluice::session::testing {
namespace {

enforce::statement_info masked_column() {
  enforce::statement_info info;
  info.guarded = true;
  info.outputs = {std::nullopt, enforce::column_origin{base::oid{16400}, 3, true}};
  return info;
}

TEST(relay, descriptions_are_patched_back_to_the_base_column) {
  script it;
  it.log_in();
  it.around.answers["q"] = [] { return rewritten("q'", masked_column()); };
  it.client(query("q"));
  it.upstream(row_description({{"n"}, {"mail"}}) + complete("SELECT 0") + ready('I'));
  EXPECT_EQ(it.client_bytes(), row_description({{"n"}, {"mail", 16400, 3}}) + complete("SELECT 0") + ready('I'));

  it.client(parse("", "q") + describe('S', "") + sync());
  it.upstream(msg('1') + msg('t', word(0)) + row_description({{"n"}, {"mail"}}) + ready('I'));
  EXPECT_EQ(it.client_bytes(),
            msg('1') + msg('t', word(0)) + row_description({{"n"}, {"mail", 16400, 3}}) + ready('I'));
}

TEST(relay, the_tripwire_stops_a_raw_column) {
  for (const bool extended : {false, true}) {
    script it;
    it.log_in();
    it.around.secrets[{16400, 3}] = "users.mail";
    it.client(extended ? parse("", "q") + describe('S', "") + sync() : query("q"));
    if (extended) it.upstream(msg('1') + msg('t', word(0)));
    it.to_client();
    it.upstream(row_description({{"mail", 16400, 3}}) + row({"raw@example.com"}) + complete("SELECT 1") + ready('I'));
    const auto got = it.client_bytes();
    EXPECT_EQ(got.find("raw@"), std::string::npos);
    EXPECT_EQ(read(got, wire::sender::backend),
              lines{"E FATAL XX000 the gateway stopped the statement: its result did not match what was allowed"});
    EXPECT_EQ(it.around.journal_value.last(audit::event::alarm).reason,
              "tripwire: column `users.mail` arrived unmasked");
    EXPECT_TRUE(it.tested().finished());
    EXPECT_TRUE(it.take<close_upstream>().has_value());
  }
}

TEST(relay, the_tripwire_uses_the_policy_of_the_verdict_and_spares_wire_masks) {
  script it;
  it.log_in();
  it.around.secrets[{16400, 3}] = "tickets.body";
  it.around.answers["q"] = [] {
    enforce::statement_info info;
    info.outputs = {enforce::column_origin{base::oid{16400}, 3, false}};
    info.wire_masks.push_back({0, {"email"}});
    return allowed(info);
  };
  it.client(query("q"));
  it.upstream(row_description({{"body", 16400, 3}}) + row({"write to raw@example.com"}) + complete("SELECT 1") +
              ready('I'));
  const auto got = it.client_bytes();
  EXPECT_EQ(got.find("raw@example.com"), std::string::npos);
  EXPECT_NE(got.find("write to "), std::string::npos);
  EXPECT_EQ(read(got, wire::sender::backend).back(), "Z I");
  EXPECT_EQ(it.around.journal_value.last(audit::event::complete).rows, 1u);
}

TEST(relay, a_plan_is_stripped_on_its_way) {
  script it;
  it.log_in();
  it.around.answers["q"] = [] {
    enforce::statement_info info;
    info.kind = enforce::statement_kind::explain;
    info.stripped_plan = enforce::plan_format::text;
    return allowed(info);
  };
  it.client(query("q"));
  it.upstream(row_description({{"QUERY PLAN"}}) + row({"Sort  (cost=1.00..2.00 rows=3 width=4)"}) + row({"  Sort Key: secret"}));
  it.upstream(row({"  ->  Seq Scan on t  (cost=1.00..2.00 rows=3 width=4)"}) + complete("EXPLAIN") + ready('I'));
  const auto got = it.client_bytes();
  for (const char* gone : {"secret", "cost", "Key"}) EXPECT_EQ(got.find(gone), std::string::npos) << gone;
  EXPECT_NE(got.find("  ->  Seq Scan on t"), std::string::npos);
  EXPECT_EQ(it.around.journal_value.last(audit::event::complete).rows, 2u);
}

TEST(relay, what_is_no_plan_ends_the_session) {
  script it;
  it.log_in();
  it.around.answers["q"] = [] {
    enforce::statement_info info;
    info.stripped_plan = enforce::plan_format::json;
    return allowed(info);
  };
  it.client(query("q"));
  it.upstream(row_description({{"QUERY PLAN"}}) + row({"secret"}));
  EXPECT_EQ(it.client_bytes().find("secret"), std::string::npos);
  EXPECT_TRUE(it.tested().finished());
  EXPECT_EQ(it.around.journal_value.count(audit::event::alarm), 1u);
}

TEST(relay, a_result_of_another_shape_than_judged_is_stopped) {
  script it;
  it.log_in();
  it.around.answers["q"] = [] { return rewritten("q'", masked_column()); };
  it.client(query("q"));
  it.upstream(row_description({{"n"}}));
  EXPECT_TRUE(it.tested().finished());
  EXPECT_EQ(it.around.journal_value.count(audit::event::alarm), 1u);
}

TEST(relay, notices_and_settings_pass_at_any_time) {
  script it;
  it.log_in();
  it.upstream(parameter("TimeZone", "Asia/Tokyo"));
  EXPECT_EQ(it.to_client(), lines{"S TimeZone Asia/Tokyo"});
  const auto notice = msg('N', "SNOTICE\0C00000\0Mhi\0Draw\0Hraw\0Wraw\0qraw\0\0"s);
  it.upstream(notice);
  const auto got = it.client_bytes();
  EXPECT_EQ(read(got, wire::sender::backend), lines{"N 00000 hi"});
  EXPECT_EQ(got.find("raw"), std::string::npos);
}

TEST(relay, a_changed_encoding_ends_the_session) {
  for (const auto& [name, value] :
       {std::pair{"client_encoding", "SJIS"}, std::pair{"standard_conforming_strings", "off"}}) {
    script it;
    it.log_in();
    it.upstream(parameter(name, value));
    EXPECT_TRUE(it.tested().finished()) << name;
    EXPECT_EQ(it.around.journal_value.count(audit::event::alarm), 1u);
  }
}

struct disorder {
  const char* name;
  std::string asked;
  std::string answered;
};

TEST(relay, answers_out_of_order_end_the_session) {
  const disorder cases[] = {
      {"rows when nothing was asked", "", row({"x"})},
      {"ready when nothing was asked", "", ready('I')},
      {"ParseComplete for a query", query("q"), msg('1')},
      {"rows for a Parse", parse("", "q") + sync(), row({"x"})},
      {"ready before the Parse was answered", parse("", "q") + sync(), ready('I')},
      {"CommandComplete for a Bind", parse("", "q") + bound("", "") + sync(), msg('1') + complete("SELECT 0")},
      {"suspended simple query", query("q"), msg('s')},
      {"COPY that was not asked for", query("q"), msg('H', "\0\0\0"s)},
      {"COPY IN that was not asked for", query("q"), msg('G', "\0\0\0"s)},
      {"CopyBoth", query("q"), msg('W', "\0\0\0"s)},
      {"CopyData outside COPY", query("q"), msg('d', "x")},
      {"another login", query("q"), msg('R', quad(0))},
      {"a function's result", query("q"), msg('V', quad(0xffffffff))},
      {"unknown type", query("q"), msg('~')},
      {"a length below four", query("q"), "T\0\0\0\1"s},
      {"broken RowDescription", query("q"), msg('T', "\0\5x"s)},
  };
  for (const auto& each : cases) {
    for (std::size_t piece : {1u, 1000u}) {
      script it(piece);
      it.log_in();
      it.client(each.asked);
      it.upstream(each.answered);
      EXPECT_TRUE(it.tested().finished()) << each.name;
      const auto messages = it.to_client();
      ASSERT_FALSE(messages.empty()) << each.name;
      EXPECT_EQ(messages.back().substr(0, 8), "E FATAL ") << each.name;
      EXPECT_EQ(it.around.journal_value.count(audit::event::alarm), 1u) << each.name;
    }
  }
}

TEST(relay, a_lost_upstream_ends_the_statement_and_the_session) {
  script it;
  it.log_in();
  it.client(query("q"));
  it.tested().on_upstream_closed();
  EXPECT_EQ(it.to_client(),
            lines{"E FATAL 57P01 connection to the server of database \"warehouse\" (layer `warehouse`) was lost"});
  EXPECT_EQ(it.around.journal_value.last(audit::event::complete).sqlstate, "57P01");
  EXPECT_EQ(it.around.journal_value.count(audit::event::logout), 1u);
  EXPECT_TRUE(it.around.keys.empty());

  script said;
  said.log_in();
  said.upstream(msg('E', "SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"s));
  said.tested().on_upstream_closed();
  EXPECT_EQ(said.to_client(), lines{"E FATAL 57P01 terminating connection"});
}

TEST(relay, a_client_that_vanishes_has_its_statement_cancelled) {
  struct phase {
    const char* name;
    std::string asked;
    bool cancelled;
  };
  const phase phases[] = {{"idle", "", false},
                          {"half a message", query("select 1").substr(0, 6), false},
                          {"a query runs", query("select 1"), true},
                          {"a group without its end", parse("", "select 1") + bound("", "") + execute(""), true}};
  for (const auto& each : phases) {
    script it;
    it.log_in();
    it.client(each.asked);
    it.actions();
    it.tested().on_client_closed();
    const auto cancel = it.take<forward_cancel>();
    ASSERT_EQ(cancel.has_value(), each.cancelled) << each.name;
    EXPECT_TRUE(it.tested().finished()) << each.name;
    if (!cancel) continue;
    EXPECT_EQ(cancel->target.session, 1u) << each.name;
    EXPECT_EQ(it.around.journal_value.last(audit::event::complete).sqlstate, "08006") << each.name;
  }
}

TEST(relay, half_a_row_is_not_followed_by_a_message) {
  script it;
  it.log_in();
  it.client(query("q"));
  const auto data = row({std::string(100, 'x')});
  it.upstream(std::string_view(data).substr(0, 50));
  it.tested().on_upstream_closed();
  EXPECT_EQ(it.client_bytes(), data.substr(0, 50));
  EXPECT_TRUE(it.take<close_client>().has_value());
}

TEST(relay, back_pressure_follows_the_outputs) {
  script it;
  it.log_in();
  it.client(query("q"));
  EXPECT_TRUE(it.tested().wants_upstream_bytes());
  for (int i = 0; i < 4; ++i) it.upstream(row({std::string(100000, 'x')}));
  EXPECT_FALSE(it.tested().wants_upstream_bytes());
  it.client_bytes();
  EXPECT_TRUE(it.tested().wants_upstream_bytes());
  // The next query waits for this one; little more than it is read ahead.
  it.client(query(std::string(100000, 'x')));
  EXPECT_FALSE(it.tested().wants_client_bytes());
  it.upstream(complete("SELECT 4") + ready('I'));
  EXPECT_TRUE(it.tested().wants_client_bytes());
}

TEST(relay, terminate_idle_timeout_and_shutdown) {
  script it;
  it.log_in();
  it.client(msg('X'));
  EXPECT_EQ(it.to_upstream(), lines{"X"});
  EXPECT_EQ(it.around.journal_value.count(audit::event::logout), 1u);
  EXPECT_TRUE(it.take<close_upstream>().has_value());

  script idle;
  idle.around.settings_value->limits.idle_timeout = std::chrono::seconds(1);
  idle.log_in();
  idle.client(query("q"));
  idle.tested().on_timer(timer::idle);
  EXPECT_FALSE(idle.tested().finished());
  idle.upstream(complete("SELECT 0") + ready('I'));
  idle.to_client();
  idle.tested().on_timer(timer::idle);
  EXPECT_EQ(idle.to_client(), lines{"E FATAL 57P05 terminating connection due to idle-session timeout"});

  script down;
  down.log_in();
  down.client(query("q"));
  down.tested().on_shutdown();
  EXPECT_FALSE(down.tested().finished());
  down.upstream(complete("SELECT 0") + ready('I'));
  EXPECT_EQ(down.to_client(),
            (lines{"C SELECT 0", "Z I", "E FATAL 57P01 terminating connection due to administrator command"}));
}

struct bad_message {
  const char* name;
  std::string bytes;
  std::string sqlstate;
};

TEST(relay, malformed_client_messages_end_with_a_clear_error) {
  const bad_message cases[] = {
      {"unknown type", msg('~'), "08P01"},
      {"password after login", msg('p', "x"), "08P01"},
      {"Query without end", msg('Q', "select 1"), "08P01"},
      {"Bind cut", msg('B', "\0\0\0"s), "08P01"},
      {"Sync with a body", msg('S', "x"), "08P01"},
      {"length below four", "Q\0\0\0\3"s, "08P01"},
      {"over the limit", "Q\x7f\xff\xff\xff"s, "54000"},
  };
  for (const auto& each : cases) {
    script it;
    it.log_in();
    it.client(each.bytes);
    ASSERT_TRUE(it.tested().finished()) << each.name;
    EXPECT_EQ(it.to_client().back().substr(0, 13), "E FATAL " + each.sqlstate) << each.name;
    EXPECT_TRUE(it.around.judged.empty()) << each.name;
  }
}

}  // namespace
}  // namespace sluice::session::testing
