// The real gate over the sample catalog and the three-tier policy.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <pthread.h>

#include "sluice/enforce/gate.hpp"
#include "unit/sql/sample_catalog.hpp"

namespace sluice::testing {

class gate_fixture {
 public:
  explicit gate_fixture(const std::string& policy_file = std::string(SLUICE_SOURCE_DIR) + "/policies/three-tier/policy.yaml",
                        std::uint64_t revision = 1) {
    auto loaded = policy::load(policy_file, base::revision{revision});
    if (!loaded.value) throw std::runtime_error(base::to_string(loaded.problems));
    rules = loaded.value;
    auto made = std::make_shared<config::settings>();
    config::database database;
    database.name = "warehouse";
    database.layers = {{"support", "lake"}, {"*", "warehouse"}};
    database.search_path = {"crm", "billing", "public"};
    made->databases["warehouse"] = std::move(database);
    settings = made;
    known = enforce::make_context(rules, sample_catalog(), settings->databases.at("warehouse"), settings);
    session.search_path = session.default_search_path = {"crm", "billing", "public"};
    session.user = "gateway";
  }

  policy::principal who(const std::string& user, std::map<std::string, std::string> attributes = {}) const { return rules->bind(user, {}, attributes); }
  enforce::verdict_ptr judge(const std::string& user, std::string_view sql) { return gate.judge(sql, *known, who(user), session); }
  // Judges and, when allowed, lets the effects of every statement happen.
  enforce::verdict_ptr run(const std::string& user, std::string_view sql) {
    auto made = judge(user, sql);
    if (made->allowed) {
      for (const auto& statement : made->statements) {
        for (const auto& effect : statement->effects) enforce::apply(session, effect);
      }
    }
    return made;
  }

  policy::policy_ptr rules;
  std::shared_ptr<const config::settings> settings;
  enforce::context_ptr known;
  enforce::scope session;
  enforce::gate gate;
};

}  // namespace sluice::testing
