#include <array>
#include <iostream>
#include <map>
#include <optional>

#include "explanation.hpp"
#include "options.hpp"
#include "parse_task.hpp"
#include "sluice/auth/users.hpp"
#include "sluice/base/nearest.hpp"
#include "sluice/catalog/loader.hpp"
#include "sluice/cli/cli.hpp"
#include "sluice/config/yaml.hpp"
#include "snapshot_file.hpp"

namespace sluice::cli {
namespace {

constexpr base::revision only_revision{1};

void warn(const std::vector<base::diagnostic>& warnings) {
  for (const auto& each : warnings) std::cerr << "warning: " << base::to_string(each) << "\n";
}

// Layers of the policy that no database has: rules for them decide nothing.
std::vector<base::diagnostic> unused_layers(const config::settings& settings, const std::string& policy_file,
                                            const std::vector<std::string>& layers) {
  std::vector<base::diagnostic> unused;
  for (const auto& layer : layers) {
    bool used = false;
    for (const auto& [name, database] : settings.databases) {
      for (const auto& [schema, its_layer] : database.layers) used = used || its_layer == layer;
    }
    if (!used) {
      unused.push_back(
          {.cause = "no database of " + settings.file + " has layer `" + layer + "`", .where = {.file = policy_file}});
    }
  }
  return unused;
}

int check_files(const std::string& policy_file, const std::string& config_file) {
  const auto policy = policy::load(policy_file, only_revision);
  auto problems = policy.problems;
  auto warnings = policy.warnings;
  if (!config_file.empty()) {
    const auto config = config::load(config_file);
    problems.insert(problems.end(), config.problems.begin(), config.problems.end());
    if (config.value && policy.value) {
      const auto dangling = config::check_layers(*config.value, policy.layers);
      problems.insert(problems.end(), dangling.begin(), dangling.end());
      const auto unused = unused_layers(*config.value, policy_file, policy.layers);
      warnings.insert(warnings.end(), unused.begin(), unused.end());
    }
  }
  complain(problems);
  warn(warnings);
  if (!problems.empty()) return exit_usage;
  std::cout << policy_file << ": good" << (warnings.empty() ? "" : ", with warnings") << "\n" << std::flush;
  return exit_ok;
}

int check(const std::vector<std::string>& words) {
  static constexpr std::array<option, 2> options = {
      {{"policy", "FILE", "the policy", occurs::once},
       {"config", "FILE", "also check that its databases and the policy name the same layers"}}};
  static constexpr command shape = {
      .name = "policy check",
      .summary = "reads a policy and tells every problem and warning, as file:line:col",
      .options = options,
      .exit_codes = "0  the policy is good; there may be warnings\n2  there are problems",
      .examples = "sluice policy check --policy policies/three-tier/policy.yaml --config conf/demo.yaml"};
  const auto read = parse_or_explain(shape, words);
  if (!read.value) return read.exit_code;
  return on_parse_stack([&] { return check_files(read.value->get("policy"), read.value->get("config")); });
}

struct question {
  std::shared_ptr<const config::settings> settings;
  policy::policy_ptr policy;
  auth::users_ptr users;
};

// Everything that the configuration names, or every problem told.
std::optional<question> load_all(const std::string& config_file) {
  auto config = config::load(config_file);
  complain(config.problems);
  if (!config.value) return std::nullopt;
  question loaded;
  loaded.settings = std::make_shared<const config::settings>(std::move(*config.value));
  const auto users = auth::load_users(loaded.settings->users_file);
  complain(users.problems);
  loaded.users = users.value;
  const auto policy = policy::load(loaded.settings->policy_file, only_revision);
  complain(policy.problems);
  warn(policy.warnings);
  loaded.policy = policy.value;
  if (!loaded.users || !loaded.policy) return std::nullopt;
  return loaded;
}

base::diagnostic unknown(std::string_view what, const std::string& name, const std::vector<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  return {.cause = "there is no " + std::string(what) + " `" + name + "`", .hint = base::did_you_mean(name, names)};
}

enforce::scope fresh_session(const config::settings& settings, const config::database& database) {
  enforce::scope session;
  session.search_path = session.default_search_path = session.path_after_commit = database.search_path;
  session.user = settings.upstreams.at(database.upstream).user;
  return session;
}

// Who reaches no layer of the database never gets as far as a statement.
std::optional<enforce::denial> refused_login(const policy::policy_set& policy, const policy::principal& who,
                                             const std::string& name, const config::database& database) {
  std::map<std::string, std::vector<std::string>> schemas_of;
  for (const auto& [schema, layer] : database.layers) schemas_of[layer].push_back(schema);
  std::string layers;
  for (const auto& [layer, schemas] : schemas_of) {
    if (policy.reaches(who, name, layer, schemas)) return std::nullopt;
    layers += (layers.empty() ? "`" : ", `") + layer + "`";
  }
  enforce::denial why;
  why.message = "login is refused: user `" + who.user + "` has no access to any layer of database `" + name + "`";
  why.hint = "ask an admin of the gateway for a role on " + layers;
  return why;
}

int explain_statement(const arguments& given) {
  const auto loaded = load_all(given.get("config"));
  if (!loaded) return exit_usage;
  const auto& settings = *loaded->settings;

  const auto database = settings.databases.find(given.get("database"));
  if (database == settings.databases.end()) {
    std::vector<std::string> names;
    for (const auto& [name, each] : settings.databases) names.push_back(name);
    complain(unknown("database", given.get("database"), names));
    return exit_usage;
  }
  const auth::user* user = loaded->users->find(given.get("user"));
  if (user == nullptr) {
    complain(unknown("user", given.get("user"), loaded->users->names()));
    return exit_usage;
  }
  const bool saved = given.has("catalog");
  const auto catalog =
      saved ? load_snapshot_file(given.get("catalog"))
            : catalog::load_snapshot(settings.upstreams.at(database->second.upstream), settings.limits.connect_timeout);
  if (!catalog) {
    complain(catalog.error());
    return saved ? exit_usage : exit_system;
  }

  const auto context = enforce::make_context(loaded->policy, *catalog, database->second, loaded->settings);
  const auto who = loaded->policy->bind(user->name, user->groups, user->attributes);
  const std::string& sql = given.operands().front();
  enforce::verdict verdict;
  if (auto why = refused_login(*loaded->policy, who, database->first, database->second)) {
    verdict.why = std::move(*why);
  } else {
    enforce::gate gate;
    verdict = *gate.judge(sql, *context, who, fresh_session(settings, database->second));
  }
  const explained what{sql, database->first, who, verdict};
  std::cout << (given.get("format") == "json" ? explain_as_json(what) : explain_as_text(what)) << std::flush;
  return verdict.allowed ? exit_ok : exit_no;
}

int explain(const std::vector<std::string>& words) {
  static constexpr std::array<option, 5> options = {
      {{"config", "FILE", "the configuration: policy, users, databases", occurs::once},
       {"user", "NAME", "who asks; a name of the users file", occurs::once},
       {"database", "NAME", "the gateway's database", occurs::once},
       {"catalog", "FILE", "a snapshot of `sluice catalog save` instead of the live upstream"},
       {"format", "text|json", "how to print it (text)"}}};
  static constexpr command shape = {
      .name = "policy explain",
      .summary = "tells what the gateway would do with a statement: decision, rules, columns, rewritten SQL",
      .options = options,
      .operand = "SQL",
      .least_operands = 1,
      .most_operands = 1,
      .exit_codes =
          "0  the statement is allowed\n1  it is denied\n2  bad usage or bad files\n3  the upstream cannot be read",
      .examples =
          "sluice policy explain --config conf/demo.yaml --user carol --database warehouse \\\n"
          "  \"select email from crm.dim_customer\""};
  const auto read = parse_or_explain(shape, words);
  if (!read.value) return read.exit_code;
  const auto format = read.value->get("format", "text");
  if (format != "text" && format != "json") {
    complain({.cause = "`--format` must be `text` or `json`, not `" + format + "`"});
    return exit_usage;
  }
  return on_parse_stack([&] { return explain_statement(*read.value); });
}

}  // namespace

int policy(const std::vector<std::string>& words) {
  static constexpr std::array<subcommand, 2> commands = {
      {{"check", "tell every problem of a policy", check},
       {"explain", "tell what would happen to a statement", explain}}};
  return dispatch("policy", "reads policies and asks them, without a running gateway", commands, words);
}

}  // namespace sluice::cli
