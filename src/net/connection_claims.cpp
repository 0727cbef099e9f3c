// What a session says about names that move, carried between it, the registry and the other sessions.
#include <utility>

#include "connection.hpp"

namespace sluice::net {

void connection::carry_out(const session::claim_names& what) {
  auto& shared = home_.shared();
  const auto serial = what.what.serial;
  if (shared.claims.take(what.what) == session::claim_answer::taken) {
    return session_->on_claim(serial, session::claim_answer::taken);
  }
  owes_claims_ = true;
  // INVARIANT: what a reactor does not find in flight when it hears of the claim is judged later, by who knows of it.
  inquiry_ = std::make_shared<claim_inquiry>(
      what.what, shared.reactors.size(), [&context = home_.context(), weak = weak_from_this(), serial] {
        asio::post(context, [weak, serial] {
          const auto self = weak.lock();
          if (self) self->turn([&] { self->session_->on_claim(serial, session::claim_answer::granted); });
        });
      });
  for (auto* each : shared.reactors) each->ask(inquiry_);
}

void connection::carry_out(const session::withdraw_claims& what) {
  if (inquiry_) inquiry_->abandon();
  home_.shared().claims.withdraw(number_, what.from);
}

void connection::carry_out(const session::end_claims&) {
  owes_claims_ = false;
  home_.shared().claims.end(number_);
}

bool connection::hinders(const session::claim& what) const {
  return what.session != number_ && !retired_ && session_->database() == what.database && session_->relies_on(what.what);
}

void connection::hurry() {
  turn([this] { session_->on_claim_of_other(); });
}

void connection::claims_changed() {
  if (session_->awaits_claims()) turn([this] { session_->on_claims_changed(); });
}

// The server learns only when it reads again that nobody is there any more: until then it may look up names that the
// session's last statements were judged by, or commit what they changed.
void connection::part_from_upstream() {
  auto named = session_->unresolved_names();
  const bool owes = std::exchange(owes_claims_, false);
  if (inquiry_) inquiry_->abandon();
  auto over = [&home = home_, number = number_, database = session_->database(), owes] {
    home.end_farewells();
    if (!owes) return;
    home.shared().claims.end(number);
    home.shared().catalogs.request(database, [](refreshed) {});
  };
  if (upstream_.io && !upstream_.at_end && (owes || !named.empty())) {
    home_.see_off(std::make_shared<farewell>(std::move(upstream_.io), session_->database(), std::move(named), std::move(over)));
  } else if (owes) {
    over();
  }
  close_leg(upstream_);
}

}  // namespace sluice::net
