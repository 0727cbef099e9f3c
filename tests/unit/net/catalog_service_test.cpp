#include "../../../src/net/catalog_service.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support.hpp"

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using testing::eventually;

class watched_catalogs : public ::testing::Test {
 protected:
  watched_catalogs() {
    settings.catalog_refresh = 1h;
    for (const std::string name : {"lake", "mart"}) {
      settings.upstreams[name].name = name;
      settings.databases[name].name = settings.databases[name].upstream = name;
      settings.databases[name].layers["*"] = name;
    }
  }
  void start(catalog_service::reader read) {
    auto policy = policy::load(SLUICE_SOURCE_DIR "/policies/three-tier/policy.yaml", base::revision{1}).value;
    published = std::make_unique<editions>(
        edition{std::make_shared<const config::settings>(settings), nullptr, policy, nullptr, {}});
    service = std::make_unique<catalog_service>(*published, claims, measured, std::move(read));
    service->start();
  }
  static catalog::contents with_schema(const std::string& name) {
    catalog::contents out;
    out.schemas = {name};
    return out;
  }
  enforce::context_ptr context(const std::string& database) const {
    const auto now = published->current();
    const auto found = now->contexts.find(database);
    return found == now->contexts.end() ? nullptr : found->second;
  }

  config::settings settings;
  metrics::registry measured;
  claim_registry claims;
  std::unique_ptr<editions> published;
  std::unique_ptr<catalog_service> service;
};

TEST_F(watched_catalogs, one_upstream_that_is_down_does_not_hold_up_the_other) {
  start([](const config::upstream& from, std::chrono::milliseconds) -> base::result<catalog::contents> {
    if (from.name == "lake") return base::diagnostic{.cause = "down"};
    return with_schema("public");
  });
  service->wait_for_first_round(5s);
  EXPECT_TRUE(context("mart"));
  EXPECT_FALSE(context("lake"));
}

TEST_F(watched_catalogs, equal_contents_keep_the_revision_and_new_ones_raise_it) {
  std::atomic<int> schema{1};
  start([&](const config::upstream&, std::chrono::milliseconds) -> base::result<catalog::contents> {
    return with_schema("s" + std::to_string(schema));
  });
  service->wait_for_first_round(5s);
  const auto refresh = [&] {
    std::atomic<bool> answered{false};
    service->request("mart", [&](refreshed) { answered = true; });
    EXPECT_TRUE(eventually([&] { return answered.load(); }));
  };
  refresh();
  EXPECT_EQ(context("mart")->catalog->revision().value(), 1u);
  schema = 2;
  refresh();
  EXPECT_EQ(context("mart")->catalog->revision().value(), 2u);
  EXPECT_TRUE(context("mart")->catalog->has_schema("s2"));
}

TEST_F(watched_catalogs, a_request_is_answered_by_a_read_that_began_after_it) {
  std::atomic<int> begun{0};
  std::atomic<bool> hold{true};
  start([&](const config::upstream& from, std::chrono::milliseconds) -> base::result<catalog::contents> {
    if (from.name == "mart") {
      ++begun;
      while (hold) std::this_thread::sleep_for(1ms);
    }
    return with_schema("public");
  });
  ASSERT_TRUE(eventually([&] { return begun == 1; }));
  std::atomic<int> begun_when_answered{0}, answers{0};
  for (int i = 0; i < 10; ++i) {
    service->request("mart", [&](refreshed outcome) {
      EXPECT_EQ(outcome, refreshed::yes);
      begun_when_answered = begun.load();
      ++answers;
    });
  }
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(answers, 0) << "the read in progress began before the requests";
  hold = false;
  ASSERT_TRUE(eventually([&] { return answers == 10; }));
  EXPECT_EQ(begun_when_answered, 2) << "ten requests share one read";
}

TEST_F(watched_catalogs, claims_that_ended_go_once_a_catalog_is_published) {
  std::atomic<bool> down{true};
  const session::claim moved{1, 1, "mart", {false, {"a"}}};
  claims.take(moved);
  claims.end(1);
  std::atomic<std::uint64_t> revision{0};
  claims.when_released([&] { revision = context("mart")->catalog->revision().value(); });
  start([&](const config::upstream&, std::chrono::milliseconds) -> base::result<catalog::contents> {
    if (down) return base::diagnostic{.cause = "down"};
    return with_schema("public");
  });
  service->wait_for_first_round(5s);
  EXPECT_TRUE(claims.holds(moved));
  down = false;
  service->request("mart", [](refreshed) {});
  EXPECT_TRUE(eventually([&] { return !claims.holds(moved); }));
  EXPECT_TRUE(eventually([&] { return revision == 1u; }));
}

TEST_F(watched_catalogs, a_failed_refresh_keeps_the_old_catalog_and_says_no) {
  std::atomic<bool> down{false};
  start([&](const config::upstream&, std::chrono::milliseconds) -> base::result<catalog::contents> {
    if (down) throw std::runtime_error("connection lost");
    return with_schema("public");
  });
  service->wait_for_first_round(5s);
  down = true;
  std::atomic<bool> said_no{false};
  service->request("mart", [&](refreshed outcome) { said_no = outcome == refreshed::no; });
  EXPECT_TRUE(eventually([&] { return said_no.load(); }));
  ASSERT_TRUE(context("mart"));
  EXPECT_TRUE(context("mart")->catalog->has_schema("public"));
}

TEST_F(watched_catalogs, unknown_databases_and_late_requests_are_answered_at_once) {
  start([](const config::upstream&, std::chrono::milliseconds) -> base::result<catalog::contents> {
    return with_schema("public");
  });
  int answers = 0;
  service->request("nowhere", [&](refreshed outcome) { answers += outcome == refreshed::no; });
  service->stop();
  service->request("mart", [&](refreshed outcome) { answers += outcome == refreshed::no; });
  EXPECT_EQ(answers, 2);
}

TEST_F(watched_catalogs, a_new_policy_reaches_every_context_at_once) {
  start([](const config::upstream&, std::chrono::milliseconds) -> base::result<catalog::contents> {
    return with_schema("public");
  });
  service->wait_for_first_round(5s);
  const auto before = published->generation();
  auto next = policy::load(SLUICE_SOURCE_DIR "/policies/three-tier/policy.yaml", base::revision{2}).value;
  published->replace_policy(next, nullptr, nullptr);
  EXPECT_GT(published->generation(), before);
  for (const auto& [name, each] : published->current()->contexts)
    EXPECT_EQ(each->policy->revision().value(), 2u) << name;
}

}  // namespace
}  // namespace sluice::net
