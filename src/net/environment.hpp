// What sessions of one reactor thread see of the process.
//
// Threading: used by its reactor's thread alone. Within one turn everything it hands out belongs to the same edition.
#pragma once

#include "gateway.hpp"
#include "sluice/enforce/gate.hpp"
#include "sluice/session/session.hpp"

namespace sluice::net {

class reactor_environment final : public session::environment {
 public:
  explicit reactor_environment(gateway& shared);

  // Takes up the newest edition; called at the start of every turn.
  void begin_turn();
  const tls_context_ptr& client_tls() const { return edition_->client_tls; }

  std::shared_ptr<const config::settings> settings() override { return shared_.settings; }
  auth::users_ptr users() override { return edition_->users; }
  policy::policy_ptr policy() override { return edition_->policy; }
  enforce::context_ptr context(std::string_view database) override;
  enforce::verdict_ptr judge(std::string_view sql, const enforce::context& with, const policy::principal& who,
                             const enforce::scope& scope) override;
  std::optional<std::string> must_not_arrive(const enforce::context& with, const policy::principal& who,
                                             base::oid relation, std::int16_t attnum) override;
  void expect_copies(std::string_view database, const std::vector<enforce::copied_table>& made) override;
  audit::journal& journal() override { return *shared_.journal; }
  clock::time_point now() override { return clock::now(); }
  void random_bytes(unsigned char* into, std::size_t count) override;
  const base::secret& mock_secret() override { return shared_.mock_secret; }
  bool client_tls_ready() override { return edition_->client_tls != nullptr; }
  void add_cancel_key(const session::cancel_key& key, const session::cancel_target& target) override;
  void remove_cancel_key(const session::cancel_key& key, std::uint64_t session) override;
  std::optional<session::cancel_target> find_cancel_key(const session::cancel_key& key) override;

 private:
  gateway& shared_;
  enforce::gate gate_;
  std::uint64_t generation_ = 0;
  edition_ptr edition_;
};

}  // namespace sluice::net
