// Names that move: what waits for the claims of others, what is claimed before it is sent, what hinders a claim.
#include "script.hpp"

namespace sluice::session {
namespace {

using namespace testing;
using enforce::effect_kind;

const std::string billing_a = "billing\0a"s, billing_b = "billing\0b"s;

answer reading(std::vector<std::string> named, enforce::statement_kind kind = enforce::statement_kind::select) {
  return [=] {
    auto info = of_kind(kind);
    info.named = named;
    auto verdict = allowed(std::move(info));
    verdict.named = named;
    return verdict;
  };
}

answer changing(std::vector<std::string> names) {
  return [=] {
    auto info = with_effect(effect_kind::catalog_change);
    info.redefines.names = names;
    auto verdict = allowed(std::move(info));
    verdict.redefines.names = names;
    return verdict;
  };
}

enforce::redefinition of(std::vector<std::string> names) { return {false, std::move(names)}; }

// Logged in; knows a few texts.
struct claiming : script {
  claiming() {
    log_in();
    around.answers["read a"] = reading({billing_a});
    around.answers["read b"] = reading({billing_b});
    around.answers["copy a"] = reading({billing_a}, enforce::statement_kind::copy_out);
    around.answers["begin"] = [] { return allowed(with_effect(effect_kind::begin)); };
    around.answers["rollback to s"] = [] { return allowed(with_effect(effect_kind::rollback_to, "s")); };
    around.answers["change a"] = changing({billing_a});
    around.answers["change both"] = changing({billing_a, billing_b});
  }
  void others_claim(std::vector<std::string> names) { around.claims_value = {{2, 1, "warehouse", of(std::move(names))}}; }
  void others_are_done() {
    around.claims_value.clear();
    tested().on_claims_changed();
  }
  void run(std::string_view sql, std::string_view tag, char status) {
    client(query(sql));
    upstream(complete(tag) + ready(status));
    to_client();
    upstream_bytes();
    actions();
  }
  template <class Action>
  std::vector<Action> all() {
    std::vector<Action> out;
    for (auto& each : actions()) {
      if (auto* one = std::get_if<Action>(&each)) out.push_back(*one);
    }
    return out;
  }
};

TEST(claims, a_statement_waits_for_its_names_and_is_judged_again) {
  claiming it;
  it.others_claim({billing_a});
  it.client(query("read a"));
  EXPECT_EQ(it.upstream_bytes(), "");
  EXPECT_TRUE(it.tested().awaits_claims());
  EXPECT_EQ(it.take<set_timer>()->delay, std::chrono::milliseconds(10'000));
  it.others_are_done();
  EXPECT_EQ(it.around.judged, (std::vector<std::string>{"read a", "read a"}));
  EXPECT_EQ(it.upstream_bytes(), query("read a"));
  EXPECT_FALSE(it.tested().awaits_claims());
}

TEST(claims, other_names_other_databases_and_own_claims_hold_nobody_up) {
  claiming it;
  it.around.claims_value = {{2, 1, "warehouse", of({billing_b})}, {3, 1, "mart", of({billing_a})}, {1, 1, "warehouse", of({billing_a})}};
  it.client(query("read a"));
  EXPECT_EQ(it.upstream_bytes(), query("read a"));
}

TEST(claims, who_waited_long_enough_is_told_which_relation_it_was) {
  claiming it;
  it.others_claim({billing_a});
  it.client(query("read a"));
  it.tested().on_timer(timer::definition);
  EXPECT_EQ(it.to_client(), (lines{"E ERROR 55P03 the definition of relation `billing.a` is being changed by another session", "Z I"}));
  EXPECT_EQ(it.around.journal_value.last(audit::event::statement).decision, "denied");
  // The next message has patience of its own.
  it.client(query("read a"));
  EXPECT_EQ(it.to_client(), lines{});
}

TEST(claims, everything_concerns_whoever_names_something) {
  claiming it;
  it.around.claims_value = {{2, 1, "warehouse", {true, {}}}};
  it.client(query("select 1"));
  EXPECT_EQ(it.upstream_bytes(), query("select 1"));
  it.upstream(complete("SELECT 1") + ready('I'));
  it.client(query("read a"));
  EXPECT_EQ(it.upstream_bytes(), "");
}

TEST(claims, a_transaction_that_holds_the_name_goes_on) {
  claiming it;
  it.run("begin", "BEGIN", 'T');
  it.run("read a", "SELECT 1", 'T');
  it.others_claim({billing_a, billing_b});
  it.client(query("read a"));
  EXPECT_EQ(it.upstream_bytes(), query("read a"));
  it.upstream(complete("SELECT 1") + ready('T'));
  it.run("rollback to s", "ROLLBACK", 'T');
  it.client(query("read a"));
  EXPECT_EQ(it.upstream_bytes(), "");
}

TEST(claims, copy_lets_go_of_its_name) {
  claiming it;
  it.run("begin", "BEGIN", 'T');
  it.run("copy a", "COPY 1", 'T');
  it.others_claim({billing_a});
  it.client(query("read a"));
  EXPECT_EQ(it.upstream_bytes(), "");
}

TEST(claims, bind_looks_again) {
  claiming it;
  it.client(parse("s", "read a") + sync());
  it.upstream(msg('1') + ready('I'));
  it.upstream_bytes();
  it.others_claim({billing_a});
  it.client(bound("", "s") + execute("") + sync());
  EXPECT_EQ(it.upstream_bytes(), "");
  it.others_are_done();
  EXPECT_EQ(it.to_upstream().front().substr(0, 1), "B");
}

TEST(claims, what_was_parsed_in_this_group_is_held) {
  claiming it;
  it.client(parse("", "read a") + msg('H'));
  it.upstream(msg('1'));
  it.upstream_bytes();
  it.others_claim({billing_a});
  it.client(bound("", ""));
  EXPECT_EQ(it.upstream_bytes(), bound("", ""));
}

TEST(claims, a_change_is_claimed_before_it_is_sent_and_ends_with_its_transaction) {
  claiming it;
  it.client(query("change a"));
  EXPECT_EQ(it.upstream_bytes(), "");
  const auto asked = it.take<claim_names>();
  ASSERT_TRUE(asked.has_value());
  EXPECT_EQ(asked->what.what.names, std::vector<std::string>{billing_a});
  EXPECT_EQ(it.around.journal_value.count(audit::event::statement), 0u);
  it.tested().on_claim(asked->what.serial, claim_answer::granted);
  EXPECT_EQ(it.upstream_bytes(), query("change a"));
  it.upstream(complete("ALTER TABLE") + ready('I'));
  const auto actions = it.actions();
  ASSERT_EQ(actions.size(), 3u);  // the timer before them
  EXPECT_TRUE(std::holds_alternative<end_claims>(actions[1]));
  EXPECT_TRUE(std::holds_alternative<refresh_catalog>(actions[2]));
  EXPECT_EQ(it.to_client(), lines{"C ALTER TABLE"});
  it.tested().on_catalog_refreshed();
  EXPECT_EQ(it.to_client(), lines{"Z I"});
}

TEST(claims, what_is_claimed_already_is_not_claimed_again) {
  claiming it;
  it.run("begin", "BEGIN", 'T');
  it.client(query("change a"));
  it.tested().on_claim(it.take<claim_names>()->what.serial, claim_answer::granted);
  it.upstream(complete("ALTER TABLE") + ready('T'));
  it.actions();
  it.client(query("change a"));
  EXPECT_FALSE(it.take<claim_names>().has_value());
  it.upstream(complete("ALTER TABLE") + ready('T'));
  it.client(query("change both"));
  EXPECT_EQ(it.take<claim_names>()->what.serial, 2u);
}

TEST(claims, an_error_ends_the_claims_as_well) {
  claiming it;
  it.client(query("change a"));
  it.tested().on_claim(it.take<claim_names>()->what.serial, claim_answer::granted);
  it.upstream(error("42P07") + ready('I'));
  EXPECT_EQ(it.all<end_claims>().size(), 1u);
}

TEST(claims, a_claim_that_is_taken_is_asked_for_again) {
  claiming it;
  it.client(query("change a"));
  it.tested().on_claim(it.take<claim_names>()->what.serial, claim_answer::taken);
  EXPECT_TRUE(it.tested().awaits_claims());
  EXPECT_FALSE(it.take<claim_names>().has_value());
  it.tested().on_claims_changed();
  EXPECT_EQ(it.take<claim_names>()->what.serial, 2u);
}

TEST(claims, a_claim_that_is_not_granted_in_time_is_taken_back) {
  claiming it;
  it.client(query("change a"));
  const auto asked = it.take<claim_names>();
  it.tested().on_timer(timer::definition);
  const auto back = it.all<withdraw_claims>();
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].from, asked->what.serial);
  EXPECT_EQ(it.to_client(), (lines{"E ERROR 55P03 definitions of `billing.a` cannot be changed while statements of other sessions still need them", "Z I"}));
  // The answer comes late.
  it.tested().on_claim(asked->what.serial, claim_answer::granted);
  EXPECT_EQ(it.upstream_bytes(), "");
}

TEST(claims, a_claim_without_a_statement_is_taken_back) {
  claiming it;
  it.client(query("change a"));
  const auto asked = it.take<claim_names>();
  it.around.journal_value.broken = true;
  it.tested().on_claim(asked->what.serial, claim_answer::granted);
  EXPECT_EQ(it.upstream_bytes(), "");
  EXPECT_EQ(it.all<withdraw_claims>().size(), 1u);
}

TEST(claims, an_extended_change_is_claimed_at_execute) {
  claiming it;
  it.client(parse("", "change a") + bound("", "") + execute("") + sync());
  EXPECT_EQ(it.to_upstream().size(), 3u);  // Parse, Bind, and a Flush to hear of them
  const auto asked = it.take<claim_names>();
  ASSERT_TRUE(asked.has_value());
  it.tested().on_claim(asked->what.serial, claim_answer::granted);
  EXPECT_EQ(it.to_upstream().front().substr(0, 1), "E");
}

TEST(claims, what_is_in_flight_hinders_until_its_names_are_resolved) {
  claiming it;
  EXPECT_FALSE(it.tested().relies_on(of({billing_a})));
  it.client(query("read a"));
  EXPECT_TRUE(it.tested().relies_on(of({billing_a})));
  EXPECT_FALSE(it.tested().relies_on(of({billing_b})));
  EXPECT_TRUE(it.tested().relies_on({true, {}}));
  it.upstream(row_description({{"x"}}));
  EXPECT_FALSE(it.tested().relies_on(of({billing_a})));
}

TEST(claims, what_is_parsed_and_not_asked_for_is_asked_for) {
  claiming it;
  it.client(parse("", "read a"));
  it.upstream_bytes();
  EXPECT_TRUE(it.tested().relies_on(of({billing_a})));
  it.tested().on_claim_of_other();
  EXPECT_EQ(it.upstream_bytes(), msg('H'));
  it.upstream(msg('1'));
  EXPECT_FALSE(it.tested().relies_on(of({billing_a})));
}

TEST(claims, a_session_that_ends_tells_what_it_left_behind) {
  claiming it;
  it.client(query("read a"));
  it.tested().on_client_closed();
  EXPECT_TRUE(it.tested().finished());
  EXPECT_EQ(it.tested().unresolved_names(), std::vector<std::string>{billing_a});
}

}  // namespace
}  // namespace sluice::session
