#include "editions.hpp"

#include "state.hpp"

namespace sluice::net {

namespace {
constexpr std::ptrdiff_t max_waiting_copies = 10'000;
}

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
    const auto before = context;
    context = enforce::make_context(next.policy, context->catalog, *context->database, next.settings, context.get());
    keep(name, before.get(), *context);
  }
  publish(std::move(next));
}

// INVARIANT: a name is on disk before the first statement is judged by it; a rename right after cannot outlive the memory.
void editions::keep(const std::string& database, const enforce::context* before, const enforce::context& now) const {
  if (before && enforce::remembered(*before) == enforce::remembered(now)) return;
  save_remembered(now.settings->state_directory, database, enforce::remembered(now));
}

void editions::expect_copies(const std::string& database, const std::vector<enforce::copied_table>& made) {
  const std::lock_guard lock(copies_lock_);
  auto& waiting = copies_[database];
  waiting.insert(waiting.end(), made.begin(), made.end());
  // One that never came (its transaction failed) is forgotten in the end; until then its name makes for more masks, not fewer.
  if (waiting.size() > max_waiting_copies) waiting.erase(waiting.begin(), waiting.end() - max_waiting_copies);
}

std::vector<enforce::remembered_name> editions::arrived_copies(const std::string& database, const catalog::snapshot& known, const catalog::snapshot* before) {
  const std::lock_guard lock(copies_lock_);
  std::vector<enforce::remembered_name> out;
  auto& waiting = copies_[database];
  std::erase_if(waiting, [&](const enforce::copied_table& each) {
    const auto names = enforce::remembered_of(each, known);
    const catalog::relation* made = known.find(each.schema, each.name);
    // One that was there before is not the copy: making it has failed.
    const bool older = made && before && before->find(made->id);
    if (names && !older) out.insert(out.end(), names->begin(), names->end());
    return names.has_value();
  });
  return out;
}

catalog_change editions::replace_catalog(const std::string& database, catalog::contents contents) {
  const std::lock_guard lock(writer_);
  edition next = *current();
  auto& context = next.contexts[database];
  const auto number = context ? context->catalog->revision().value() + 1 : 1;
  auto snapshot = std::make_shared<const catalog::snapshot>(std::move(contents), base::revision{number});
  if (context && context->catalog->digest() == snapshot->digest()) return catalog_change::unchanged;
  const auto copied = arrived_copies(database, *snapshot, context ? context->catalog.get() : nullptr);
  const auto before = context;
  std::vector<enforce::remembered_name> restored;
  if (!before) restored = load_remembered(next.settings->state_directory, database);
  restored.insert(restored.end(), copied.begin(), copied.end());
  context = enforce::make_context(next.policy, std::move(snapshot), next.settings->databases.at(database),
                                  next.settings, before.get(), restored);
  keep(database, before.get(), *context);
  publish(std::move(next));
  return catalog_change::replaced;
}

}  // namespace sluice::net
