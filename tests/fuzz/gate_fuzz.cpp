// Arbitrary text at the one gate, as an Admin, a Viewer and a Creator with row filters. Always a verdict, never a
// crash; what is sent parses and holds no guarded relation outside its guard (gate_oracle.hpp).
//
// "Idempotent" of the gate means: what was sent is text like any other. Judged again for the same principal it is
// allowed or denied with a reason, and what comes of it then keeps the same promises: masks on top of masks. It is not
// the same text, since a guard's own relation is guarded once more.
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>

#include "fuzz/gate_oracle.hpp"
#include "fuzz/input.hpp"
#include "sluice/config/yaml.hpp"
#include "sluice/enforce/gate.hpp"
#include "unit/sql/sample_catalog.hpp"

namespace {

namespace enforce = sluice::enforce;
namespace testing = sluice::testing;
using sluice::fuzz::require;

constexpr rlim_t stack_bytes = 120u << 20;
constexpr std::size_t most_judged = 512;  // by one gate
constexpr const char* policy_file = SLUICE_SOURCE_DIR "/policies/three-tier/policy.yaml";
constexpr const char* row_filters = R"(
row_filters:
  - {relation: {layer: warehouse, schema: crm, relation: dim_customer}, roles: [creator], where: "plan = 'free'"}
  - {relation: {layer: warehouse, schema: billing, relation: fact_invoice}, roles: [creator], where: "amount < 100"}
)";

sluice::policy::policy_ptr loaded(const std::string& path) {
  auto outcome = sluice::policy::load(path, sluice::base::revision{1});
  if (!outcome.value) throw std::runtime_error(sluice::base::to_string(outcome.problems));
  return outcome.value;
}

sluice::policy::policy_ptr with_filters() {
  const auto text = sluice::config::read_file(policy_file, sluice::config::max_yaml_bytes).value() + row_filters;
  const int file = ::memfd_create("policy", MFD_CLOEXEC);
  if (file < 0 || ::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("memfd");
  auto made = loaded("/proc/self/fd/" + std::to_string(file));
  ::close(file);
  return made;
}

// The sample catalog with free text in the warehouse, which Viewers may read, and a partition.
sluice::catalog::snapshot_ptr catalog() {
  auto all = testing::sample_catalog()->all();
  all.relations.push_back(
      testing::make_relation(200, "crm", "fact_ticket",
                             {{"ticket_id", "int4"}, {"customer_id", "int4"}, {"subject", "text"}, {"body", "text"}}));
  all.relations.push_back(testing::make_relation(
      210, "billing", "fact_invoice_2024",
      {{"invoice_id", "int4"}, {"customer_id", "int4"}, {"amount", "numeric"}, {"note", "text"}}));
  all.relations.back().parents = {sluice::base::oid{110}};
  return std::make_shared<const sluice::catalog::snapshot>(std::move(all));
}

class stage {
 public:
  stage(const sluice::policy::policy_ptr& policy, const char* user) : who_(policy->bind(user, {}, {})) {
    auto made = std::make_shared<sluice::config::settings>();
    auto& database = made->databases["warehouse"];
    database.name = "warehouse";
    database.layers = {{"support", "lake"}, {"*", "warehouse"}};
    database.search_path = {"crm", "billing", "public"};
    session_.search_path = session_.default_search_path = database.search_path;
    session_.user = "gateway";
    context_ = enforce::make_context(policy, catalog(), database, made);
    free_ = policy->unrestricted(who_, database.name, database.layers);
    oracle_ = std::make_unique<sluice::fuzz::gate_oracle>(*context_, who_);
  }

  void judge(const std::string& sql) {
    const auto first = verdict(sql);
    if (!first->allowed) return;
    if (free_) return require(!first->rewritten, "an unrestricted principal's text is sent as it is", sql);
    const std::string& sent = first->rewritten ? *first->rewritten : sql;
    check(sql, sent, *first);
    if (!first->rewritten) return;
    const auto second = verdict(sent);
    if (!second->allowed) return;
    check(sent, second->rewritten ? *second->rewritten : sent, *second);
    require(second->statements.size() == first->statements.size(), "judged again it is as many statements", sent);
    for (std::size_t at = 0; at < first->statements.size(); ++at) {
      require(second->statements[at]->kind == first->statements[at]->kind, "judged again it is the same statement",
              sent);
      const auto& before = first->statements[at]->outputs;
      const auto& after = second->statements[at]->outputs;
      // Outputs of COPY relation are not known; those of the COPY (SELECT …) that becomes of it are.
      require(before.empty() || after.empty() || before.size() == after.size(), "judged again it has as many outputs",
              sent);
    }
  }

  // An oracle that never objects would make every run a success.
  void must_object(const std::string& sql) {
    require(oracle_->objection(sql, sql, {}, session_).has_value(), "the oracle objects to what is unguarded", sql);
  }

 private:
  enforce::verdict_ptr verdict(const std::string& sql) {
    // Kept for what guards cost to make; given up now and then for the memory that kept verdicts take.
    if (judged_++ % most_judged == 0) gate_ = std::make_unique<enforce::gate>();
    const auto made = gate_->judge(sql, *context_, who_, session_);
    require(made != nullptr, "there is a verdict", sql);
    if (!made->allowed) {
      require(!made->why.message.empty() && made->why.sqlstate.size() == 5, "a refusal says why", sql);
      require(made->why.sqlstate != "XX000", "judging does not throw", sql);
      require(!made->why.position || (*made->why.position >= 1 && *made->why.position <= sql.size() + 1),
              "a refusal points into the text", sql);
    }
    return made;
  }

  void check(const std::string& original, const std::string& sent, const enforce::verdict& made) {
    if (const auto why = oracle_->objection(original, sent, made.statements, session_)) {
      sluice::fuzz::fail(*why, original + "\n -- is sent to " + who_.user + " as\n" + sent);
    }
    const auto characters = sluice::sql::characters_before(original, original.size());
    for (const std::size_t at : {std::size_t{1}, sent.size() / 2, sent.size()}) {
      require(made.positions.to_original(at) <= std::max(characters, at) + 1, "positions are mapped into the text",
              original);
    }
  }

  sluice::policy::principal who_;
  enforce::context_ptr context_;
  enforce::scope session_;
  std::unique_ptr<enforce::gate> gate_;
  std::size_t judged_ = 0;
  std::unique_ptr<sluice::fuzz::gate_oracle> oracle_;
  bool free_ = false;
};

struct stages {
  stages() : admin(loaded(policy_file), "alice"), viewer(loaded(policy_file), "carol"), creator(with_filters(), "bob") {
    viewer.must_object("select email from crm.dim_customer");
    viewer.must_object("select body from (select body from crm.fact_ticket) as t");
    viewer.must_object("with d as (table crm.dim_customer) select 1");
    viewer.must_object("copy crm.dim_customer to stdout");
    viewer.must_object("select 1 from dim_customer");
    creator.must_object("update billing.customer_contact set phone = '' where email = 'x'");
    creator.must_object("delete from billing.customer_contact returning *");
    creator.must_object("delete from billing.fact_invoice where invoice_id = 1");
    creator.must_object("select contact from billing.v_contact");
  }
  stage admin, viewer, creator;
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
  static stages all;
  const std::string sql(reinterpret_cast<const char*>(data), size);
  all.admin.judge(sql);
  all.viewer.judge(sql);
  all.creator.judge(sql);
  return 0;
}
