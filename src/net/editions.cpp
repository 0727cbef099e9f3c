#include "editions.hpp"

namespace sluice::net {

editions::editions(edition first) : current_(std::make_shared<const edition>(std::move(first))) {}

edition_ptr editions::current() const {
  const std::lock_guard lock(reader_);
  return current_;
}

void editions::publish(edition next) {
  auto made = std::make_shared<const edition>(std::move(next));
  {
    const std::lock_guard lock(reader_);
    current_.swap(made);
  }
  generation_.fetch_add(1, std::memory_order_release);
}

void editions::replace_policy(policy::policy_ptr policy, auth::users_ptr users, tls_context_ptr client_tls) {
  const std::lock_guard lock(writer_);
  edition next = *current();
  next.policy = std::move(policy);
  next.users = std::move(users);
  next.client_tls = std::move(client_tls);
  for (auto& [name, context] : next.contexts) {
    context = enforce::make_context(next.policy, context->catalog, *context->database, next.settings, context.get());
  }
  publish(std::move(next));
}

catalog_change editions::replace_catalog(const std::string& database, catalog::contents contents) {
  const std::lock_guard lock(writer_);
  edition next = *current();
  auto& context = next.contexts[database];
  const auto number = context ? context->catalog->revision().value() + 1 : 1;
  auto snapshot = std::make_shared<const catalog::snapshot>(std::move(contents), base::revision{number});
  if (context && context->catalog->digest() == snapshot->digest()) return catalog_change::unchanged;
  context = enforce::make_context(next.policy, std::move(snapshot), next.settings->databases.at(database),
                                  next.settings, context.get());
  publish(std::move(next));
  return catalog_change::replaced;
}

}  // namespace sluice::net
