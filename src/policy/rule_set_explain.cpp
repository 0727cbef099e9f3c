// How much of a plan each principal may see.
#include "rule_set.hpp"

namespace sluice::policy {

explain_decision rule_set::explain(const principal& who, const object& what) const {
  // Bindings that read the whole layer help each other; one that reads its services alone helps nobody else's schema.
  const model::role *widest = nullptr, *narrowest = nullptr;
  for (const auto& binding : who.bindings) {
    const model::role* role = find_role(binding.role);
    if (role == nullptr) continue;
    role_binding unscoped = binding;
    const bool scoped = what.schema.empty() && !binding.services.empty() && role->service_scope.has(action::read);
    if (what.schema.empty()) unscoped.services.clear();
    if (!grants(unscoped, what, action::read)) continue;
    if (scoped) {
      if (narrowest == nullptr || role->explain < narrowest->explain) narrowest = role;
    } else if (widest == nullptr || role->explain > widest->explain) {
      widest = role;
    }
  }
  explain_decision out;
  out.contact = rules_.contact.empty() ? "whoever keeps the policy" : rules_.contact;
  const model::role* deciding = widest != nullptr ? widest : narrowest;
  if (deciding == nullptr) return out;
  out.right = deciding->explain;
  out.rules.push_back("roles." + deciding->name + ".explain");
  return out;
}

}  // namespace sluice::policy
