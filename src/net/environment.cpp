#include "environment.hpp"

#include <span>

#include "sluice/auth/crypto.hpp"

namespace sluice::net {

reactor_environment::reactor_environment(gateway& shared) : shared_(shared) { begin_turn(); }

void reactor_environment::begin_turn() {
  // Read before the edition: a newer edition under an older number is looked at once more, never missed.
  const auto newest = shared_.published.generation();
  if (newest == generation_) return;
  edition_ = shared_.published.current();
  generation_ = newest;
}

enforce::context_ptr reactor_environment::context(std::string_view database) {
  const auto found = edition_->contexts.find(database);
  return found == edition_->contexts.end() ? nullptr : found->second;
}

enforce::verdict_ptr reactor_environment::judge(std::string_view sql, const enforce::context& with,
                                                const policy::principal& who, const enforce::scope& scope) {
  return gate_.judge(sql, with, who, scope);
}

std::optional<std::string> reactor_environment::must_not_arrive(const enforce::context& with,
                                                                const policy::principal& who, base::oid relation,
                                                                std::int16_t attnum) {
  return enforce::must_not_arrive(with, who, relation, attnum);
}

void reactor_environment::expect_copies(std::string_view database, const std::vector<enforce::copied_table>& made) {
  shared_.published.expect_copies(std::string(database), made);
}

void reactor_environment::random_bytes(unsigned char* into, std::size_t count) {
  auth::random_bytes(std::span<std::uint8_t>(into, count));
}

void reactor_environment::add_cancel_key(const session::cancel_key& key, const session::cancel_target& target) {
  shared_.cancels.add(key, target);
}

void reactor_environment::remove_cancel_key(const session::cancel_key& key, std::uint64_t session) {
  shared_.cancels.remove(key, session);
}

std::optional<session::cancel_target> reactor_environment::find_cancel_key(const session::cancel_key& key) {
  return shared_.cancels.find(key);
}

}  // namespace sluice::net
