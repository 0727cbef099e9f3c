// The files that people write: policy, users, configuration; and those we write ourselves: saved catalog, remembered
// names. Never a crash; a file is taken whole, or every problem has a cause and a place. The first line of the input
// says which file it is.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/input.hpp"
#include "sluice/auth/users_file.hpp"
#include "sluice/catalog/snapshot.hpp"
#include "sluice/config/config.hpp"
#include "sluice/config/yaml.hpp"
#include "sluice/enforce/gate.hpp"
#include "sluice/policy/policy.hpp"

namespace {

namespace policy = sluice::policy;
using sluice::fuzz::require;

// A file that is never on a disk.
class written {
 public:
  explicit written(std::string_view text) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    require(descriptor_ >= 0 && ::write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
            "a file in memory can be written");
  }
  ~written() { ::close(descriptor_); }
  written(const written&) = delete;
  written& operator=(const written&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void check_problems(const std::vector<sluice::base::diagnostic>& problems, bool taken) {
  require(taken == problems.empty(), "a file is taken whole, or there are problems", sluice::base::to_string(problems));
  for (const auto& each : problems) {
    const std::string text = sluice::base::to_string(each);
    require(!each.cause.empty() && !each.where.file.empty(), "a problem has a cause and a file", text);
    require(each.where.line >= 0 && each.where.column >= 0, "places are in the file", text);
  }
}

void ask(const policy::policy_set& rules) {
  const std::map<std::string, std::string> layers{{"crm", "warehouse"}, {"support", "lake"}, {"*", "mart"}};
  for (const char* user : {"alice", "bob", "carol", ""}) {
    const auto who = rules.bind(user, {"viewers", "sre"}, {{"region", "o'east"}});
    for (const char* layer : {"lake", "warehouse", "mart", ""}) {
      const policy::object what{"warehouse", layer, "crm", "customers"};
      const auto may = rules.decide(who, what, policy::action::read);
      require(may.allowed || !may.reason.empty(), "a refusal has a reason");
      (void)rules.decide_ddl(who, what, policy::action::create);
      (void)rules.reaches(who, "warehouse", layer, {"crm", "support"});
      (void)rules.unclassified_of(layer);
      for (const char* column : {"email", "name", "body", "id", ""}) {
        bool clear = false;
        const auto classes = rules.classify(what, column, clear);
        require(!clear || classes.empty(), "a clear column has no classes");
        for (const auto& each : classes) {
          const auto seen = rules.treat(who, what, each);
          require(may.allowed || seen.kind == policy::treatment_kind::denied, "who may not read sees nothing");
        }
      }
      (void)rules.treat_unclassified(who, what);
      for (const auto& filter : rules.filters(who, what)) require(!filter.sql.empty(), "a filter has a condition");
    }
    (void)rules.decide_instance(who, "vacuum");
    (void)rules.unrestricted(who, "warehouse", layers);
    (void)rules.function_allowed(who, "public", "lower");
  }
}

void read_policy(std::string_view text) {
  const written file(text);
  const auto outcome = policy::load(file.path(), sluice::base::revision{1});
  check_problems(outcome.problems, outcome.value != nullptr);
  if (outcome.value) ask(*outcome.value);
}

void read_users(std::string_view text) {
  namespace auth = sluice::auth;
  const std::string file(text);
  const auto outcome = auth::parse_users(file, "users.yaml");
  check_problems(outcome.problems, outcome.value != nullptr);
  if (!outcome.value) return;
  auth::user added;
  added.name = "added \"user\": #1";
  added.verifier = sluice::base::secret(
      "SCRAM-SHA-256$4096:AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  added.groups = {"sre", "a: b"};
  added.attributes = {{"region", "yes"}};
  const auto names = outcome.value->names();
  const auto more = auth::with_user(file, added);
  if (outcome.value->find(added.name)) return require(!more.has_value(), "a user is not added twice", file);
  require(more.has_value(), "a user can be added", file);
  const auto read = auth::parse_users(*more, "users.yaml");
  require(read.value && read.value->names().size() == names.size() + 1, "the others stay", *more);
  for (const auto& name : names) {
    const auto* before = outcome.value->find(name);
    const auto* after = read.value->find(name);
    require(after && after->groups == before->groups && after->attributes == before->attributes &&
                after->verifier.reveal() == before->verifier.reveal(),
            "each other user is what it was", *more);
  }
  const auto fewer = auth::without_user(*more, added.name);
  require(fewer.has_value(), "a user can be taken out", *more);
  const auto back = auth::parse_users(*fewer, "users.yaml");
  require(back.value && back.value->names() == names, "then the users are those of before", *fewer);
}

void read_config(std::string_view text) {
  const written file(text);
  const auto outcome = sluice::config::load(file.path());
  check_problems(outcome.problems, outcome.value.has_value());
  if (outcome.value) (void)sluice::config::check_layers(*outcome.value, {"lake", "warehouse", "mart"});
  (void)sluice::config::parse_duration(text);
  (void)sluice::config::parse_size(text);
}

void read_catalog(std::string_view text) {
  const auto first = sluice::catalog::from_json(text);
  if (!first) return require(!first.error().cause.empty(), "a catalog is refused with a cause");
  const std::string saved = sluice::catalog::to_json(**first);
  const auto second = sluice::catalog::from_json(saved);
  require(second.has_value(), "a saved catalog can be read", saved);
  require((*second)->digest() == (*first)->digest(), "a saved catalog is the same catalog", saved);
  require(sluice::catalog::to_json(**second) == saved, "saving it again changes nothing", saved);
}

void read_names(std::string_view text) {
  namespace enforce = sluice::enforce;
  const auto first = enforce::remembered_from_json(text);
  if (!first) return require(!first.error().cause.empty(), "remembered names are refused with a cause");
  const auto saved = enforce::to_json(*first);
  const auto second = enforce::remembered_from_json(saved);
  require(second.has_value() && *second == *first, "remembered names come back", saved);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::fuzz::input from(data, size);
  const auto kind = from.until('\n');
  if (kind == "policy") read_policy(from.rest());
  if (kind == "users") read_users(from.rest());
  if (kind == "config") read_config(from.rest());
  if (kind == "catalog") read_catalog(from.rest());
  if (kind == "names") read_names(from.rest());
  return 0;
}
