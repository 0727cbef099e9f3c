// The answers: a loaded policy behind the policy_set interface.
#pragma once

#include "model.hpp"

namespace sluice::policy {

class rule_set final : public policy_set {
 public:
  rule_set(model::policy_file rules, base::revision revision);

  base::revision revision() const override { return revision_; }
  principal bind(std::string_view user, const std::vector<std::string>& groups,
                 const std::map<std::string, std::string>& attributes) const override;
  bool reaches(const principal& who, std::string_view database, std::string_view layer,
               const std::vector<std::string>& schemas) const override;
  decision decide(const principal& who, const object& what, action how) const override;
  decision decide_ddl(const principal& who, const object& what, action how) const override;
  instance_decision decide_instance(const principal& who, std::string_view statement) const override;
  bool unrestricted(const principal& who, std::string_view database,
                    const std::map<std::string, std::string>& layer_of_schema) const override;
  unclassified unclassified_of(std::string_view layer) const override;
  bool names_relation(const object& what) const override;
  std::vector<std::string> classify(const object& relation, std::string_view column, bool& known_clear) const override;
  treatment treat(const principal& who, std::string_view layer, std::string_view data_class) const override;
  treatment treat(const principal& who, const object& relation, std::string_view data_class) const override;
  treatment treat_unclassified(const principal& who, std::string_view layer) const override;
  treatment treat_unclassified(const principal& who, const object& relation) const override;
  std::vector<row_filter> filters(const principal& who, const object& relation) const override;
  bool filters_relation(const object& what) const override;
  explain_decision explain(const principal& who, const object& relation) const override;
  bool function_allowed(const principal& who, std::string_view schema, std::string_view name) const override;

 private:
  // A treatment and its place in the file: the earlier one wins between roles.
  struct ranked {
    treatment what;
    std::size_t place = 0;
  };

  const model::role* find_role(std::string_view name) const;
  const model::layer* find_layer(std::string_view name) const;
  bool in_services(const role_binding& binding, const object& what) const;
  bool grants(const role_binding& binding, const object& what, action how) const;
  bool grants_definition(const role_binding& binding, const object& what, action how) const;
  decision answer(const principal& who, const object& what, action how, bool definition) const;
  std::string why_not(const principal& who, const object& what, action how, bool definition) const;
  bool subject_to(const model::filter_rule& filter, std::string_view role, const object& what) const;

  ranked class_treatment(const model::role& role, std::string_view layer, std::string_view data_class) const;
  ranked unclassified_treatment(const model::role& role, std::string_view layer) const;
  template <class OfRole>
  treatment for_object(const principal& who, const object& what, OfRole of_role) const;
  template <class OfRole>
  treatment for_layer(const principal& who, std::string_view layer, OfRole of_role) const;

  model::policy_file rules_;
  base::revision revision_;
  bool filters_read_user_ = false;
  std::set<std::string> filter_attributes_;
};

}  // namespace sluice::policy
