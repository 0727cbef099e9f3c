
#include "sluice/audit/journal.hpp"

namespace sluice::audit {

std::string_view name_of(event what) {
  switch (what) {
    case event::start: return "start";
    case event::stop: return "stop";
    case event::login: return "login";
    case event::login_refused: return "login_refused";
    case event::logout: return "logout";
    case event::statement: return "statement";
    case event::complete: return "complete";
    case event::refused: return "refused";
    case event::cancel: return "cancel";
    case event::reload: return "reload";
    case event::alarm: return "alarm";
  }
  return "alarm";  // a value outside the enum is itself worth one
}

}  // namespace sluice::audit
