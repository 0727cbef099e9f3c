// COPY: data flows only while the upstream said so, in the direction and for the statement that was judged.
#include "machine.hpp"

namespace sluice::session {

// While COPY FROM STDIN runs. CopyData itself is relayed in runs, before it gets here.
step session::machine::on_copy_message(const wire::frame& message) {
  switch (message.type) {
    case wire::frontend::copy_data: upstream_out_.append(message.whole); return step::done;
    case wire::frontend::copy_fail:
      if (wire::parse_copy_fail(message.body).has_error()) return malformed("CopyFail"), step::done;
      [[fallthrough]];
    case wire::frontend::copy_done:
      upstream_out_.append(message.whole);
      copy_in_ = false;
      return step::done;
    // libpq sends them before it learns that its command was a COPY; PostgreSQL ignores them too.
    case wire::frontend::flush:
    case wire::frontend::sync: return step::done;
    default: break;
  }
  wire::append_copy_fail(upstream_out_, "unexpected message type during COPY from stdin");
  copy_in_ = false;
  return step::done;
}

void session::machine::on_copy_response(const wire::frame& message) {
  const auto* running = running_statement();
  const bool fits = running != nullptr && !copy_in_ && !copy_out_ &&
                    (expected_.front().what == awaited::query || expected_.front().what == awaited::execute);
  if (!fits || wire::parse_copy_response(message.body).has_error()) {
    return upstream_broke_protocol("COPY response out of order");
  }
  // INVARIANT: a COPY begins only for a statement that was judged as that COPY.
  const bool in = message.type == wire::backend::copy_in;
  if (running->kind != (in ? enforce::statement_kind::copy_in : enforce::statement_kind::copy_out)) {
    return alarm("a COPY began that the gate did not judge as one");
  }
  relay(message);
  expected_.front().resolved = expected_.front().what == awaited::execute || expected_.front().judged.verdict->statements.size() == 1;
  copy_in_ = in;
  copy_out_ = !in;
  wait_for_copy_ = false;
  if (copy_out_ && !running->wire_masks.empty()) copy_masker_.emplace(running->wire_masks, running->copy);
}

void session::machine::on_copy_data(const wire::frame& message) {
  if (!copy_out_) return upstream_broke_protocol("CopyData out of order");
  if (!copy_masker_) return relay(message);
  const auto masked = copy_masker_->feed(message.body.empty() ? std::string_view() : message.body);
  if (masked.has_error()) return alarm("COPY data could not be masked: " + masked.error().cause);
  if (masked->empty()) return;
  expected_.front().running->bytes += masked->size() + 5;
  wire::append_message(client_out_, message.type, *masked);
}

void session::machine::on_copy_done(const wire::frame& message) {
  if (!copy_out_) return upstream_broke_protocol("CopyDone out of order");
  if (copy_masker_) {
    const auto rest = copy_masker_->finish();
    if (rest.has_error()) return alarm("COPY data could not be masked: " + rest.error().cause);
    if (!rest->empty()) wire::append_message(client_out_, wire::backend::copy_data, *rest);
  }
  relay(message);
  end_copy();
}

void session::machine::end_copy() {
  copy_in_ = copy_out_ = false;
  copy_masker_.reset();
}

}  // namespace sluice::session
