#include "script.hpp"

namespace sluice::session::testing {
namespace {

using enforce::effect_kind;

const std::string parse_ok = msg('1');
const std::string bind_ok = msg('2');
const std::string close_ok = msg('3');

TEST(extended, a_pipeline_goes_through_byte_for_byte) {
  script it;
  it.log_in();
  const auto group = parse("s", "select $1") + describe('S', "s") + bound("", "s", {"x"}) + execute("") + sync();
  it.client(group);
  EXPECT_EQ(it.upstream_bytes(), group);
  const auto answer = parse_ok + msg('t', word(1) + quad(25)) + row_description({{"a"}}) + bind_ok + row({"x"}) +
                      complete("SELECT 1") + ready('I');
  it.upstream(answer);
  EXPECT_EQ(it.client_bytes(), answer);
  const auto& record = it.around.journal_value.last(audit::event::statement);
  EXPECT_EQ(record.sql, "select $1");
  ASSERT_TRUE(record.parameters.has_value());
  EXPECT_EQ((*record.parameters)[0], "x");
  EXPECT_EQ(it.around.journal_value.last(audit::event::complete).rows, 1u);
}

TEST(extended, a_verdict_lasts_over_sync_groups) {
  script it;
  it.log_in();
  for (const std::string name : {"", "s"}) {
    it.client(parse(name, "select 1") + sync());
    it.upstream(parse_ok + ready('I'));
    for (int i = 0; i < 2; ++i) {
      it.client(bound("", name) + execute("") + sync());
      it.upstream(bind_ok + complete("SELECT 0") + ready('I'));
    }
  }
  EXPECT_EQ(it.around.judged.size(), 2u);
  EXPECT_EQ(it.around.journal_value.count(audit::event::statement), 4u);
  EXPECT_EQ(it.around.journal_value.count(audit::event::complete), 4u);
}

TEST(extended, parameters_are_erased_and_binary_ones_are_hex) {
  script it;
  it.log_in();
  it.around.answers["q"] = [] {
    enforce::statement_info info;
    info.erase_parameters = {false, true, false};
    return allowed(info);
  };
  const std::string body = "\0\0"s + word(3) + word(0) + word(0) + word(1) + word(4) + quad(1) + "a" + quad(6) +
                           "secret" + quad(2) + "\x01\xff" + quad(0xffffffff) + word(0);
  // Four values under three formats is malformed; so the fourth format is written too.
  const std::string good = "\0\0"s + word(4) + word(0) + word(0) + word(1) + word(0) + body.substr(10);
  it.client(parse("", "q") + msg('B', good) + execute("") + sync());
  const auto& values = *it.around.journal_value.last(audit::event::statement).parameters;
  ASSERT_EQ(values.size(), 4u);
  EXPECT_EQ(values[0], "a");
  EXPECT_EQ(values[1], "[erased]");
  EXPECT_EQ(values[2], "\\x01ff");
  EXPECT_EQ(values[3], std::nullopt);
  script bad;
  bad.log_in();
  bad.client(parse("", "q") + msg('B', body));
  EXPECT_TRUE(bad.tested().finished());
}

TEST(extended, a_denial_keeps_its_place_and_stops_its_group) {
  script it;
  it.log_in();
  it.around.answers["secret"] = [] { return denied("no"); };
  it.client(parse("", "insert") + bound("", "") + execute("") + parse("x", "secret") + bound("", "x") + execute("") +
            parse("y", "after") + sync());
  const auto sent = it.to_upstream();
  ASSERT_EQ(sent.size(), 5u);
  EXPECT_EQ(sent[0], "P  insert");
  EXPECT_EQ(sent[3].substr(0, 23), "E denied by the gateway");
  EXPECT_EQ(sent[4], "S");
  EXPECT_EQ(it.to_client(), lines{});
  EXPECT_EQ(it.around.judged, (lines{"insert", "secret"}));
  // The failing portal rolls the insert back; its error is replaced by the denial.
  it.upstream(parse_ok + bind_ok + complete("INSERT 0 1") + error("34000") + ready('I'));
  EXPECT_EQ(it.to_client(), (lines{"1", "2", "C INSERT 0 1", "E ERROR 42501 no", "Z I"}));
}

TEST(extended, an_earlier_error_swallows_the_denial_behind_it) {
  script it;
  it.log_in();
  it.around.answers["secret"] = [] { return denied("no"); };
  it.client(parse("", "wrong") + parse("", "secret") + sync());
  it.upstream(error("42601", "Msyntax") + ready('I'));
  EXPECT_EQ(it.to_client(), (lines{"E ERROR 42601 syntax", "Z I"}));
}

TEST(extended, a_denied_first_statement_answers_at_once_and_sync_goes_on) {
  script it;
  it.log_in();
  it.around.answers["secret"] = [] { return denied("no"); };
  it.client(parse("", "secret") + describe('S', "") + msg('H'));
  EXPECT_EQ(it.to_client(), lines{"E ERROR 42501 no"});
  EXPECT_EQ(it.upstream_bytes(), "");
  it.client(sync());
  EXPECT_EQ(it.upstream_bytes(), sync());
  it.upstream(ready('I'));
  EXPECT_EQ(it.to_client(), lines{"Z I"});
  it.client(bound("", "") + sync());
  EXPECT_EQ(it.to_client(), lines{"E ERROR 26000 unnamed prepared statement does not exist"});
}

TEST(extended, a_denial_in_a_transaction_fails_it) {
  script it;
  it.log_in();
  it.around.answers["secret"] = [] { return denied("no"); };
  it.client(query("begin"));
  it.upstream(complete("BEGIN") + ready('T'));
  it.to_client(), it.upstream_bytes();
  it.client(parse("", "secret") + sync());
  EXPECT_EQ(it.to_upstream().size(), 2u);
  it.upstream(error("34000") + ready('E'));
  EXPECT_EQ(it.to_client(), (lines{"E ERROR 42501 no", "Z E"}));
}

TEST(extended, begin_and_query_share_a_sync) {
  script it;
  it.log_in();
  it.around.answers["BEGIN"] = [] { return allowed(with_effect(effect_kind::begin)); };
  const auto group =
      parse("", "BEGIN") + bound("", "") + execute("") + parse("", "select 1") + bound("", "") + execute("") + sync();
  it.client(group);
  EXPECT_EQ(it.upstream_bytes(), group);
  EXPECT_TRUE(it.around.scopes.back().in_transaction);
  it.upstream(parse_ok + bind_ok + complete("BEGIN") + parse_ok + bind_ok + complete("SELECT 0") + ready('T'));
  EXPECT_EQ(it.to_client().back(), "Z T");
}

TEST(extended, statements_behind_an_effect_wait_for_it) {
  script it;
  it.log_in();
  it.around.answers["set path"] = [] {
    auto set = with_effect(effect_kind::set_search_path);
    set.effects[0].values = {"crm"};
    return allowed(set);
  };
  it.client(parse("", "set path") + bound("", "") + execute("") + parse("", "select 1") + sync());
  EXPECT_EQ(it.to_upstream(), (lines{"P  set path", "B", "E", "H"}));
  EXPECT_EQ(it.around.judged.size(), 1u);
  it.upstream(parse_ok + bind_ok + complete("SET"));
  EXPECT_EQ(it.to_upstream(), (lines{"P  select 1", "S"}));
  EXPECT_EQ(it.around.scopes.back().search_path, std::vector<std::string>{"crm"});
  // The group fails: the setting of its implicit transaction is undone.
  it.upstream(error("42P01") + ready('I'));
  it.client(query("select 2"));
  EXPECT_EQ(it.around.scopes.back().search_path, std::vector<std::string>{"public"});
}

TEST(extended, reload_judges_again_and_prepares_the_new_text) {
  script it;
  it.log_in();
  it.client(parse("s", "select mail") + sync());
  it.upstream(parse_ok + ready('I'));
  it.to_client(), it.upstream_bytes();
  it.around.reload();
  it.around.answers["select mail"] = [] { return rewritten("select masked"); };
  it.client(bound("", "s") + execute("") + sync());
  const auto sent = it.to_upstream();
  EXPECT_EQ(sent, (lines{"C Ss", "P s select masked", "B  s", "E", "S"}));
  it.upstream(close_ok + parse_ok + bind_ok + row({"x"}) + complete("SELECT 1") + ready('I'));
  const auto got = it.client_bytes();
  EXPECT_EQ(got, bind_ok + row({"x"}) + complete("SELECT 1") + ready('I'));
  EXPECT_EQ(it.around.journal_value.last(audit::event::statement).policy_revision, 2u);
  it.client(bound("", "s") + execute("") + sync());
  EXPECT_EQ(it.to_upstream(), (lines{"B  s", "E", "S"}));
}

TEST(extended, reload_denies_what_is_no_longer_allowed) {
  script it;
  it.log_in();
  it.client(parse("s", "select mail") + sync());
  it.upstream(parse_ok + ready('I'));
  it.to_client(), it.upstream_bytes();
  it.around.reload();
  it.around.answers["select mail"] = [] { return denied("not any more"); };
  it.client(bound("", "s") + execute("") + sync());
  EXPECT_EQ(it.to_client(), lines{"E ERROR 42501 not any more"});
  EXPECT_EQ(it.to_upstream(), lines{"S"});
}

TEST(extended, an_open_portal_does_not_outlive_its_policy) {
  script it;
  it.log_in();
  it.client(query("begin"));
  it.upstream(complete("BEGIN") + ready('T'));
  it.client(parse("", "select many") + bound("p", "") + execute("p", 2) + msg('H'));
  it.upstream(parse_ok + bind_ok + row({"1"}) + row({"2"}) + msg('s'));
  it.to_client(), it.upstream_bytes();
  it.around.reload();
  it.client(execute("p", 2) + sync());
  const auto sent = it.to_upstream();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].substr(0, 23), "E denied by the gateway");
  it.upstream(error("34000") + ready('E'));
  EXPECT_EQ(it.to_client()[0], "E ERROR 55000 portal \"p\" was opened under an older policy");
}

TEST(extended, suspended_portals_are_one_statement) {
  script it;
  it.log_in();
  it.client(parse("", "select many") + bound("p", "") + execute("p", 2) + msg('H'));
  EXPECT_EQ(it.to_upstream().back(), "H");
  it.upstream(parse_ok + bind_ok + row({"1"}) + row({"2"}) + msg('s'));
  EXPECT_EQ(it.to_client().back(), "s");
  EXPECT_EQ(it.around.journal_value.count(audit::event::complete), 0u);
  it.client(execute("p", 2) + sync());
  it.upstream(row({"3"}) + complete("SELECT 1") + ready('I'));
  EXPECT_EQ(it.around.journal_value.count(audit::event::statement), 1u);
  EXPECT_EQ(it.around.journal_value.last(audit::event::complete).rows, 3u);
}

TEST(extended, a_suspended_portal_that_ends_with_its_transaction_is_completed) {
  script it;
  it.log_in();
  it.client(parse("", "select many") + bound("p", "") + execute("p", 1) + sync());
  it.upstream(parse_ok + bind_ok + row({"1"}) + msg('s') + ready('I'));
  EXPECT_EQ(it.around.journal_value.last(audit::event::complete).rows, 1u);
  it.client(execute("p"));
  EXPECT_EQ(it.to_client().back(), "E ERROR 34000 portal \"p\" does not exist");
}

TEST(extended, a_failed_parse_leaves_the_old_statement_its_verdict) {
  script it;
  it.log_in();
  it.around.answers["other"] = [] { return rewritten("other rewritten"); };
  it.client(parse("s", "select 1") + sync());
  it.upstream(parse_ok + ready('I'));
  it.client(parse("s", "other") + sync() + bound("", "s") + execute("") + sync());
  it.upstream(error("42P05", "Mprepared statement exists") + ready('I'));
  EXPECT_EQ(it.around.journal_value.last(audit::event::statement).sql, "select 1");
}

TEST(extended, names_follow_close_and_deallocate) {
  script it;
  it.log_in();
  it.around.answers["deallocate s"] = [] { return allowed(with_effect(effect_kind::deallocate, "s")); };
  it.client(parse("s", "select 1") + parse("t", "select 2") + sync());
  it.upstream(parse_ok + parse_ok + ready('I'));
  it.client(query("select 3"));
  EXPECT_EQ(it.around.scopes.back().prepared.size(), 2u);
  it.upstream(complete("SELECT 0") + ready('I'));
  it.client(query("deallocate s"));
  it.upstream(complete("DEALLOCATE") + ready('I'));
  it.client(close('S', "t") + sync());
  it.upstream(close_ok + ready('I'));
  it.to_client();
  for (const std::string name : {"s", "t"}) {
    it.client(bound("", name) + sync());
    EXPECT_EQ(it.to_client()[0], "E ERROR 26000 prepared statement \"" + name + "\" does not exist");
    it.upstream(ready('I'));
    it.to_client();
  }
}

TEST(extended, sql_prepared_statements_are_bound_under_their_own_verdict) {
  script it;
  it.log_in();
  it.around.answers["prepare p"] = [&] {
    auto info = with_effect(effect_kind::prepare, "p");
    auto inner = std::make_shared<enforce::statement_info>();
    inner->tag = "SELECT";
    inner->policy_revision = it.around.policy_value->revision();
    inner->catalog_revision = base::revision{1};
    info.effects[0].statement = inner;
    return allowed(info);
  };
  it.client(query("prepare p"));
  it.upstream(complete("PREPARE") + ready('I'));
  it.upstream_bytes();
  it.client(bound("", "p") + execute("") + sync());
  EXPECT_EQ(it.to_upstream(), (lines{"B  p", "E", "S"}));
  it.upstream(bind_ok + complete("SELECT 0") + ready('I'));
  it.to_client();
  it.around.reload();
  it.client(bound("", "p") + sync());
  EXPECT_EQ(it.to_client()[0], "E ERROR 55000 prepared statement \"p\" was made under an older policy or catalog");
}

TEST(extended, what_runs_by_name_is_judged_for_what_the_name_means_now) {
  struct change {
    const char* name;
    std::string asked;
    std::string answered;
  };
  const change changes[] = {
      {"prepared again by SQL", query("prepare p"), complete("PREPARE") + ready('I')},
      {"prepared again by Parse", close('S', "p") + parse("p", "secret") + sync(), close_ok + parse_ok + ready('I')},
      {"another portal", close('P', "p") + bound("p", "other") + sync(), close_ok + bind_ok + ready('I')},
  };
  for (const auto kind : {enforce::statement_kind::execute, enforce::statement_kind::fetch,
                          enforce::statement_kind::explain, enforce::statement_kind::ddl}) {
    for (const auto& each : changes) {
      script it;
      it.log_in();
      it.around.answers["prepare p"] = [] { return allowed(with_effect(effect_kind::prepare, "p")); };
      it.around.answers["by name"] = [&] { return allowed(of_kind(kind)); };
      it.client(parse("other", "select 1") + sync());
      it.upstream(parse_ok + ready('I'));
      it.client(parse("s", "by name") + sync());
      it.upstream(parse_ok + ready('I'));
      it.client(each.asked);
      it.upstream(each.answered);
      it.to_client();
      it.to_upstream();
      it.around.answers["by name"] = [] { return denied("no"); };
      it.client(bound("", "s") + execute("") + sync());
      EXPECT_EQ(it.to_upstream(), lines{"S"}) << each.name;
      EXPECT_EQ(it.to_client(), lines{"E ERROR 42501 no"}) << each.name;
    }
  }
}

TEST(extended, what_runs_by_name_waits_until_names_are_settled) {
  script it;
  it.log_in();
  it.around.answers["execute p"] = [] { return allowed(of_kind(enforce::statement_kind::execute)); };
  it.client(parse("p", "select 1") + sync());
  it.upstream(parse_ok + ready('I'));
  it.to_client();
  it.upstream_bytes();
  it.client(close('S', "p") + parse("p", "secret") + parse("", "execute p") + bound("", "") + execute("") + sync());
  EXPECT_EQ(it.to_upstream(), (lines{"C Sp", "P p secret", "H"}));
  it.around.answers["execute p"] = [] { return denied("no"); };
  it.upstream(close_ok + parse_ok);
  EXPECT_EQ(it.to_upstream()[0].substr(0, 23), "E denied by the gateway");
}

TEST(extended, a_utility_portal_is_judged_again_when_names_moved_since_bind) {
  for (const bool same_text : {true, false}) {
    script it;
    it.log_in();
    it.around.answers["copy t"] = [] { return rewritten("copy a.t", of_kind(enforce::statement_kind::copy_out)); };
    it.around.answers["alter"] = [] { return allowed(with_effect(effect_kind::drop_relation, "t")); };
    it.client(query("begin"));
    it.upstream(complete("BEGIN") + ready('T'));
    it.client(parse("", "copy t") + bound("c", "") + sync());
    it.upstream(parse_ok + bind_ok + ready('T'));
    it.client(parse("", "alter") + bound("", "") + execute("") + execute("c") + sync());
    it.to_client();
    // The ALTER is answered before the COPY is looked at.
    EXPECT_EQ(it.to_upstream().back(), "H");
    it.around.answers["copy t"] = [&] {
      return rewritten(same_text ? "copy a.t" : "copy (select masked) to stdout",
                       of_kind(enforce::statement_kind::copy_out));
    };
    it.upstream(parse_ok + bind_ok + complete("ALTER TABLE"));
    const auto sent = it.to_upstream();
    EXPECT_EQ(sent.at(0) == "E c", same_text);
    it.upstream(error("34000") + ready('E'));
    if (!same_text) {
      EXPECT_EQ(it.to_client().at(3), "E ERROR 55000 portal \"c\" was bound when its names meant something else");
    }
  }
}

TEST(extended, open_portals_have_a_limit) {
  script it;
  it.around.settings_value->limits.max_prepared = 2;
  it.log_in();
  it.client(parse("", "select 1") + bound("a", "") + bound("b", "") + bound("c", "") + sync());
  it.upstream(parse_ok + bind_ok + bind_ok + error("34000") + ready('I'));
  EXPECT_EQ(it.to_client(), (lines{"1", "2", "2", "E ERROR 54000 too many open portals", "Z I"}));
}

TEST(extended, several_commands_do_not_fit_one_statement) {
  script it;
  it.log_in();
  it.around.answers["a; b"] = [] {
    auto verdict = allowed();
    verdict.statements.push_back(verdict.statements[0]);
    return verdict;
  };
  it.client(parse("", "a; b") + sync());
  EXPECT_EQ(it.to_client()[0], "E ERROR 42601 cannot insert multiple commands into a prepared statement");
  EXPECT_EQ(it.to_upstream(), lines{"S"});
}

TEST(extended, prepared_names_have_a_limit) {
  script it;
  it.around.settings_value->limits.max_prepared = 2;
  it.log_in();
  it.client(parse("a", "1") + parse("b", "2") + sync());
  it.upstream(parse_ok + parse_ok + ready('I'));
  it.to_client();
  it.client(parse("c", "3") + sync());
  EXPECT_EQ(it.to_client()[0], "E ERROR 54000 too many prepared statements");
}

TEST(extended, long_pipelines_are_drained_before_they_grow_on) {
  script it;
  it.around.settings_value->limits.max_pipeline_bytes = 1000;
  it.log_in();
  std::string group = parse("s", "insert");
  for (int i = 0; i < 50; ++i) group += bound("", "s") + execute("");
  it.client(group + sync());
  const auto sent = it.to_upstream();
  EXPECT_EQ(sent.back(), "H");
  EXPECT_LT(sent.size(), 20u);
  std::size_t answered = 0;
  std::string got;
  auto pending = sent;
  while (!pending.empty()) {
    for (const auto& each : pending) {
      if (each[0] == 'P') it.upstream(parse_ok);
      if (each[0] == 'B') it.upstream(bind_ok);
      if (each[0] == 'E') it.upstream(complete("INSERT 0 1")), ++answered;
      if (each[0] == 'S') it.upstream(ready('I'));
    }
    pending = it.to_upstream();
  }
  EXPECT_EQ(answered, 50u);
  EXPECT_EQ(it.to_client().back(), "Z I");
}

TEST(extended, without_a_record_execute_does_not_go_up) {
  script it;
  it.log_in();
  it.client(parse("s", "select 1") + sync());
  it.upstream(parse_ok + ready('I'));
  it.to_client(), it.upstream_bytes();
  it.around.journal_value.broken = true;
  it.client(bound("", "s") + execute("") + sync());
  const auto sent = it.to_upstream();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[1].substr(0, 23), "E denied by the gateway");
  it.upstream(bind_ok + error("34000") + ready('I'));
  EXPECT_EQ(it.to_client()[1].substr(0, 13), "E ERROR 58030");
}

TEST(extended, no_text_goes_up_while_the_journal_takes_no_records) {
  script it;
  it.log_in();
  it.around.journal_value.broken = true;
  it.client(parse("s", "select 1") + bound("", "s") + describe('P', "") + sync());
  EXPECT_EQ(it.to_upstream(), lines{"S"});
  EXPECT_EQ(it.to_client()[0].substr(0, 13), "E ERROR 58030");
}

TEST(extended, a_query_ends_an_open_group_after_its_answers) {
  script it;
  it.log_in();
  it.client(parse("", "insert") + bound("", "") + execute("") + query("select 1"));
  EXPECT_EQ(it.to_upstream(), (lines{"P  insert", "B", "E", "H"}));
  it.upstream(parse_ok + bind_ok + complete("INSERT 0 1"));
  EXPECT_EQ(it.to_upstream(), lines{"Q select 1"});
  it.upstream(complete("SELECT 0") + ready('I'));
  EXPECT_EQ(it.to_client().back(), "Z I");

  // After an error in the group PostgreSQL ignores the Query, and everything else up to the Sync.
  it.client(parse("", "insert") + query("select 2") + sync());
  it.upstream(error("42601"));
  EXPECT_EQ(it.to_upstream().back(), "S");
  it.upstream(ready('I'));
  EXPECT_EQ(it.to_client().back(), "Z I");
  EXPECT_EQ(it.around.judged.back(), "insert");
}

}  // namespace
}  // namespace sluice::session::testing
