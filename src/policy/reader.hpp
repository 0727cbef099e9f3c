// policy.yaml → model::policy_file. Every problem is reported with its position; the model is whole only without
// errors.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "model.hpp"
#include "sluice/config/yaml.hpp"

namespace sluice::policy {

inline constexpr std::size_t max_rules = 100'000;

class reader {
 public:
  explicit reader(config::report& problems) : problems_(problems) {}
  model::policy_file read(const YAML::Node& root);

 private:
  using names = std::vector<std::string>;

  // The names that rules may refer to are known before the first rule is read.
  void collect_names(const config::mapping& top);

  void read_layers(const config::mapping& top);
  void read_services(const config::mapping& top);
  void read_roles(const config::mapping& top);
  void read_ddl(const config::mapping& in, model::role& into);
  void read_instance(const config::mapping& in, model::role& into);
  void read_bindings(const config::mapping& top);
  void read_masks(const config::mapping& top);
  void read_classes(const config::mapping& top);
  void read_clear(const config::mapping& top);
  void read_column_rule(const YAML::Node& node, const std::string& data_class);
  void read_treatments(const config::mapping& top);
  void read_filters(const config::mapping& top);
  void read_functions(const config::mapping& top);
  void warn_about_the_unused(const config::mapping& top);

  // Reads a pattern; a bad one is reported and matches everything (the file is refused anyway).
  name_pattern pattern(const YAML::Node& node, std::string_view what, letter_case how);
  void pattern_part(const config::mapping& in, std::string_view key, name_pattern& into, letter_case how);
  // `*` or known names; reports the unknown ones.
  model::name_set name_list(const config::mapping& in, std::string_view key, std::string_view kind, const names& known,
                            config::need how);
  void check_known(const YAML::Node& at, std::string_view kind, const std::string& name, const names& known);
  action_set actions(const YAML::Node& node, const std::string& what);
  model::relation_pattern schema_pattern(const YAML::Node& node, const std::string& what);
  // `clear`, `deny`, `null` or a mask of the file.
  bool mask_choice(const YAML::Node& value, treatment& into);

  config::report& problems_;
  model::policy_file out_;
  names layers_, services_, roles_, classes_, masks_;
};

}  // namespace sluice::policy
