// Arbitrary text at the one gate, as a Viewer and as a Creator: always a verdict, never a crash; what was rewritten
// parses.
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "sluice/enforce/gate.hpp"
#include "sluice/sql/tree.hpp"
#include "unit/sql/sample_catalog.hpp"

namespace {

namespace enforce = sluice::enforce;

constexpr rlim_t stack_bytes = 120u << 20;

struct stage {
  stage() {
    auto loaded = sluice::policy::load(SLUICE_SOURCE_DIR "/policies/three-tier/policy.yaml", sluice::base::revision{1});
    if (!loaded.value) throw std::runtime_error(sluice::base::to_string(loaded.problems));
    policy = loaded.value;
    auto made = std::make_shared<sluice::config::settings>();
    auto& database = made->databases["warehouse"];
    database.name = "warehouse";
    database.layers = {{"support", "lake"}, {"*", "warehouse"}};
    database.search_path = {"crm", "billing", "public"};
    settings = made;
    context = enforce::make_context(policy, sluice::testing::sample_catalog(), database, settings);
    session.search_path = session.default_search_path = database.search_path;
    session.user = "gateway";
  }

  void judge(const char* user, std::string_view sql) {
    enforce::gate fresh;  // a cached verdict would hide the work
    const auto verdict = fresh.judge(sql, *context, policy->bind(user, {}, {}), session);
    if (!verdict) std::abort();
    if (!verdict->allowed) {
      if (verdict->why.message.empty() || verdict->why.sqlstate.size() != 5) std::abort();
    } else if (verdict->rewritten && !sluice::sql::parse(*verdict->rewritten)) {
      std::abort();
    }
  }

  sluice::policy::policy_ptr policy;
  std::shared_ptr<const sluice::config::settings> settings;
  enforce::context_ptr context;
  enforce::scope session;
};

}  // namespace

// The main thread's stack grows up to the limit of the moment; the kernel leaves room for 128 MiB.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  rlimit stack{};
  ::getrlimit(RLIMIT_STACK, &stack);
  stack.rlim_cur = std::min<rlim_t>(stack.rlim_max, stack_bytes);
  return ::setrlimit(RLIMIT_STACK, &stack);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static stage once;
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  once.judge("carol", sql);
  once.judge("bob", sql);
  return 0;
}
