#include "reader.hpp"
#include "rule_set.hpp"

namespace sluice::policy {

load_outcome load(const std::string& path, base::revision revision) {
  load_outcome outcome;
  config::report problems(path);
  model::policy_file rules;
  if (const auto root = config::load_yaml(path, problems)) rules = reader(problems).read(*root);
  for (const auto& each : rules.layers) outcome.layers.push_back(each.name);
  const bool whole = !problems.has_errors();
  outcome.problems = problems.take_errors();
  outcome.warnings = problems.take_warnings();
  if (whole) outcome.value = std::make_shared<const rule_set>(std::move(rules), revision);
  return outcome;
}

}  // namespace sluice::policy
