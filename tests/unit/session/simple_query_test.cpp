#include "script.hpp"

namespace sluice::session::testing {
namespace {

using enforce::effect_kind;

TEST(simple_query, goes_through_byte_for_byte_and_is_recorded_first) {
  script it;
  it.log_in();
  it.client(query("select 1"));
  EXPECT_EQ(it.upstream_bytes(), query("select 1"));
  ASSERT_EQ(it.around.journal_value.count(audit::event::statement), 1u);
  const auto& record = it.around.journal_value.last(audit::event::statement);
  EXPECT_EQ(record.sql, "select 1");
  EXPECT_EQ(record.decision, "allowed");
  EXPECT_EQ(record.user, "carol");
  EXPECT_EQ(record.rewritten_sha256, "");
  const auto answer = row_description({{"?column?"}}) + row({"1"}) + complete("SELECT 1") + ready('I');
  it.upstream(answer);
  EXPECT_EQ(it.client_bytes(), answer);
  const auto& done = it.around.journal_value.last(audit::event::complete);
  EXPECT_EQ(done.of, 2u);  // the login's record is the first
  EXPECT_EQ(done.rows, 1u);
  EXPECT_EQ(done.sqlstate, "");
  EXPECT_TRUE(done.decide_us && done.upstream_us && done.relay_us && done.bytes);
}

TEST(simple_query, sends_the_rewritten_text) {
  script it;
  it.log_in();
  it.around.answers["select mail from users"] = [] { return rewritten("select mail from (select …) users"); };
  it.client(query("select mail from users"));
  EXPECT_EQ(it.upstream_bytes(), query("select mail from (select …) users"));
  EXPECT_EQ(it.around.journal_value.last(audit::event::statement).rewritten_sha256.size(), 64u);
}

TEST(simple_query, denied_when_idle_never_reaches_the_upstream) {
  script it;
  it.log_in();
  it.around.answers["select secret"] = [] { return denied("no `read` on layer `lake`"); };
  it.client(query("select secret"));
  EXPECT_EQ(it.to_client(), (lines{"E ERROR 42501 no `read` on layer `lake`", "Z I"}));
  EXPECT_EQ(it.upstream_bytes(), "");
  EXPECT_EQ(it.around.journal_value.last(audit::event::statement).decision, "denied");
}

TEST(simple_query, denied_in_a_transaction_fails_it_upstream_too) {
  script it;
  it.log_in();
  it.around.answers["select secret"] = [] { return denied("no"); };
  it.client(query("begin"));
  it.upstream(complete("BEGIN") + ready('T'));
  it.to_client();
  it.upstream_bytes();
  it.client(query("select secret"));
  EXPECT_EQ(it.to_client(), lines{});
  const auto sent = it.upstream_bytes();
  EXPECT_EQ(sent.find("secret"), std::string::npos);
  ASSERT_EQ(read(sent, wire::sender::frontend).size(), 2u);
  EXPECT_EQ(sent[0], 'E');
  EXPECT_EQ(sent.back(), '\4');
  it.upstream(error("34000", "Mportal does not exist") + ready('E'));
  EXPECT_EQ(it.to_client(), (lines{"E ERROR 42501 no", "Z E"}));
}

TEST(simple_query, without_an_accepted_record_nothing_runs) {
  script it;
  it.log_in();
  it.around.journal_value.broken = true;
  it.client(query("select 1"));
  EXPECT_EQ(it.upstream_bytes(), "");
  EXPECT_EQ(it.to_client()[0],
            "E ERROR 58030 the statement was not run because the audit journal did not accept its record");
  it.around.settings_value->audit.on_failure["warehouse"] = config::audit_failure::allow;
  it.client(query("select 1"));
  EXPECT_EQ(it.upstream_bytes(), query("select 1"));
}

TEST(simple_query, errors_keep_their_place_in_the_clients_text) {
  script it;
  it.log_in();
  it.around.answers["select x from t"] = [] {
    enforce::statement_info info;
    info.scrub_errors = true;
    auto verdict = rewritten("select x from (select 1) t", info);
    verdict.positions.add({14, 1, 12});
    return verdict;
  };
  it.client(query("select x from t"));
  it.upstream(error("42703", "Mno column|DKey (x)=(raw)|Wcontext|P8|qinternal|p3") + ready('I'));
  EXPECT_EQ(it.to_client(), (lines{"E ERROR 42703 no column P=8", "Z I"}));
  EXPECT_EQ(it.around.journal_value.last(audit::event::complete).sqlstate, "42703");

  it.client(query("select other"));
  it.upstream(error("23505", "Mdup|DKey (x)=(1)|P8") + ready('I'));
  EXPECT_EQ(it.to_client()[0], "E ERROR 23505 dup D=Key (x)=(1) P=8");
}

TEST(simple_query, unresolved_names_ask_for_one_refresh) {
  script it;
  it.log_in();
  int asked = 0;
  it.around.answers["select * from fresh"] = [&] {
    if (++asked == 2) return allowed();
    auto verdict = denied("relation \"fresh\" does not exist");
    verdict.unresolved_name = true;
    return verdict;
  };
  it.client(query("select * from fresh"));
  EXPECT_TRUE(it.take<refresh_catalog>().has_value());
  EXPECT_EQ(it.to_client(), lines{});
  it.tested().on_catalog_refreshed();
  EXPECT_EQ(it.upstream_bytes(), query("select * from fresh"));

  it.upstream(complete("SELECT 0") + ready('I'));
  it.to_client();
  it.around.answers["select * from gone"] = [] {
    auto verdict = denied("relation \"gone\" does not exist");
    verdict.unresolved_name = true;
    return verdict;
  };
  it.client(query("select * from gone"));
  it.tested().on_catalog_refreshed();
  EXPECT_EQ(it.to_client(), (lines{"E ERROR 42501 relation \"gone\" does not exist", "Z I"}));
  EXPECT_EQ(it.around.journal_value.last(audit::event::statement).sql, "select * from gone");
}

TEST(simple_query, ready_waits_for_the_catalog_after_ddl) {
  script it;
  it.log_in();
  it.around.answers["create table t()"] = [] { return allowed(with_effect(effect_kind::catalog_change)); };
  it.client(query("create table t()"));
  it.upstream(complete("CREATE TABLE") + ready('I'));
  EXPECT_EQ(it.to_client(), lines{"C CREATE TABLE"});
  EXPECT_TRUE(it.take<refresh_catalog>().has_value());
  it.client(query("select * from t"));
  EXPECT_EQ(it.around.judged.size(), 1u);
  it.tested().on_catalog_refreshed();
  EXPECT_EQ(it.to_client(), lines{"Z I"});
  EXPECT_EQ(it.around.judged.back(), "select * from t");
}

TEST(simple_query, ddl_in_a_transaction_refreshes_at_its_end) {
  script it;
  it.log_in();
  it.around.answers["begin"] = [] { return allowed(with_effect(effect_kind::begin)); };
  it.around.answers["commit"] = [] { return allowed(with_effect(effect_kind::commit)); };
  it.around.answers["create table t()"] = [] { return allowed(with_effect(effect_kind::catalog_change)); };
  it.client(query("begin"));
  it.upstream(complete("BEGIN") + ready('T'));
  it.client(query("create table t()"));
  it.upstream(complete("CREATE TABLE") + ready('T'));
  EXPECT_FALSE(it.take<refresh_catalog>().has_value());
  EXPECT_EQ(it.to_client().back(), "Z T");
  it.client(query("commit"));
  it.upstream(complete("COMMIT") + ready('I'));
  EXPECT_TRUE(it.take<refresh_catalog>().has_value());
  it.tested().on_catalog_refreshed();
  EXPECT_EQ(it.to_client().back(), "Z I");
}

TEST(simple_query, an_error_undoes_the_effects_of_its_text) {
  script it;
  it.log_in();
  it.around.answers["set search_path to crm; select 1/0"] = [] {
    auto set = with_effect(effect_kind::set_search_path);
    set.effects[0].values = {"crm"};
    auto verdict = allowed(set);
    verdict.statements.push_back(std::make_shared<enforce::statement_info>());
    return verdict;
  };
  it.client(query("set search_path to crm; select 1/0"));
  it.upstream(complete("SET") + error("22012", "Mdivision by zero") + ready('I'));
  it.client(query("select 1"));
  EXPECT_EQ(it.around.scopes.back().search_path, std::vector<std::string>{"public"});
}

TEST(simple_query, settings_take_effect_for_the_next_statement) {
  script it;
  it.log_in();
  it.around.answers["set search_path to crm"] = [] {
    auto set = with_effect(effect_kind::set_search_path);
    set.effects[0].values = {"crm"};
    return allowed(set);
  };
  // Both at once: the second is judged only when the first is done.
  it.client(query("set search_path to crm") + query("select 1"));
  EXPECT_EQ(it.around.judged.size(), 1u);
  it.upstream(complete("SET") + ready('I'));
  ASSERT_EQ(it.around.judged.size(), 2u);
  EXPECT_EQ(it.around.scopes.back().search_path, std::vector<std::string>{"crm"});
}

TEST(simple_query, more_completions_than_statements_end_the_session) {
  script it;
  it.log_in();
  it.client(query("select 1"));
  it.upstream(complete("SELECT 1") + complete("SELECT 1") + ready('I'));
  EXPECT_TRUE(it.tested().finished());
  EXPECT_EQ(it.around.journal_value.count(audit::event::alarm), 1u);
  EXPECT_TRUE(it.take<close_upstream>().has_value());
}

TEST(simple_query, function_calls_are_denied) {
  script it;
  it.log_in();
  it.client(msg('F', quad(1) + word(0) + word(0) + word(0)));
  EXPECT_EQ(it.to_client(), (lines{"E ERROR 42501 function calls by protocol message are not allowed", "Z I"}));
  EXPECT_EQ(it.upstream_bytes(), "");
}

TEST(simple_query, reload_takes_the_new_policy_and_users) {
  script it;
  it.log_in();
  it.around.reload();
  it.client(query("select 1"));
  it.upstream(complete("SELECT 1") + ready('I'));
  EXPECT_EQ(it.around.journal_value.last(audit::event::statement).policy_revision, 2u);
  it.around.users_value = std::make_shared<fake_users>();
  it.client(query("select 1"));
  EXPECT_EQ(it.to_client().back(), "E FATAL 28000 user \"carol\" does not exist any more");
}

TEST(simple_query, a_restriction_that_came_too_late_for_the_key_ends_the_session) {
  script it;
  it.around.policy_value->clear = true;
  it.log_in();
  it.around.reload();
  it.client(query("select 1"));
  EXPECT_EQ(it.to_client().back(), "E FATAL 57P01 terminating connection because the access policy changed");
  EXPECT_EQ(it.to_upstream(), lines{"X"});
}

}  // namespace
}  // namespace sluice::session::testing
