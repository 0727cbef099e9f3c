// What the upstream says: matched with what is expected, checked, changed where it must be, and handed on in bulk.
#include <algorithm>
#include <array>

#include "machine.hpp"

namespace sluice::session {

const enforce::statement_info* session::machine::running_statement() const {
  if (expected_.empty()) return nullptr;
  const auto& front = expected_.front();
  if (front.what != awaited::query) return front.info.get();
  const auto& statements = front.judged.verdict->statements;
  return front.next_statement < statements.size() ? statements[front.next_statement].get() : nullptr;
}

void session::machine::upstream_broke_protocol(std::string_view what) {
  if (stage_ == stage::upstream_login) return upstream_login_failed(what);
  record_event(audit::event::alarm, "upstream `" + upstream_.name + "`: " + std::string(what), "08P01");
  fatal({"08P01",
         "the server of database " + quoted(database_) + " sent what the gateway does not understand",
         {},
         "connect again; if it persists, tell an admin of the gateway"});
}

void session::machine::alarm(std::string_view what) {
  record_event(audit::event::alarm, what, "XX000");
  fatal({"XX000",
         "the gateway stopped the statement: its result did not match what was allowed",
         {},
         "tell an admin of the gateway"});
}

void session::machine::relay(const wire::frame& message) {
  if (!expected_.empty() && expected_.front().running != nullptr)
    expected_.front().running->bytes += message.whole.size();
  client_out_.append(message.whole);
}

void session::machine::pop_front() {
  const auto& front = expected_.front();
  bytes_in_flight_ -= std::min(bytes_in_flight_, front.bytes);
  if (front.weight == scope_weight::begin) --begins_in_flight_;
  if (front.weight == scope_weight::other) --effects_in_flight_;
  row_masker_.reset();
  plan_stripper_.reset();
  expected_.pop_front();
}

// Rows and COPY data go through as they lie in the buffer, cut-off ones too, when no mask has to read them.
bool session::machine::relay_run() {
  if (stage_ != stage::ready || expected_.empty()) return false;
  auto& front = expected_.front();
  if (!upstream_in_.inside_run()) {
    if (front.what != awaited::query && front.what != awaited::execute) return false;
    if (copy_out_) {
      if (copy_masker_) return false;
    } else {
      const auto* running = running_statement();
      if (running == nullptr || !running->wire_masks.empty() || running->stripped_plan) return false;
    }
  }
  const auto run = upstream_in_.take_run(copy_out_ ? wire::backend::copy_data : wire::backend::data_row);
  if (run.bytes.empty()) return false;
  client_out_.append(run.bytes);
  if (front.running != nullptr) {
    auto& running = *front.running;
    if (!running.answered) running.answered = around_.now();
    running.bytes += run.bytes.size();
    if (!copy_out_) {
      running.rows += run.messages;
      running.rows_passed = true;
    }
  }
  return true;
}

void session::machine::on_backend(const wire::frame& message) {
  struct route {
    char type;
    void (machine::*take)(const wire::frame&);
  };
  static constexpr std::array routes{
      route{wire::backend::data_row, &machine::on_row},
      route{wire::backend::command_complete, &machine::on_command_complete},
      route{wire::backend::empty_query, &machine::on_command_complete},
      route{wire::backend::ready_for_query, &machine::on_ready},
      route{wire::backend::row_description, &machine::on_row_description},
      route{wire::backend::no_data, &machine::on_end_of_describe},
      route{wire::backend::parameter_description, &machine::on_end_of_describe},
      route{wire::backend::error_response, &machine::on_error},
      route{wire::backend::notice, &machine::on_notice},
      route{wire::backend::parameter_status, &machine::on_parameter_status},
      route{wire::backend::portal_suspended, &machine::on_suspended},
      route{wire::backend::copy_in, &machine::on_copy_response},
      route{wire::backend::copy_out, &machine::on_copy_response},
      route{wire::backend::copy_data, &machine::on_copy_data},
      route{wire::backend::copy_done, &machine::on_copy_done},
  };
  if (!expected_.empty() && expected_.front().running != nullptr && !expected_.front().running->answered) {
    expected_.front().running->answered = around_.now();
  }
  switch (message.type) {
    case wire::backend::parse_complete: return confirm(message, awaited::parse);
    case wire::backend::bind_complete: return confirm(message, awaited::bind);
    case wire::backend::close_complete: return confirm(message, awaited::close);
    case wire::backend::notification: client_out_.append(message.whole); return;
    default: break;
  }
  for (const auto& each : routes) {
    if (each.type == message.type) return (this->*each.take)(message);
  }
  upstream_broke_protocol("unexpected message type `" + std::string(1, message.type) + "`");
}

void session::machine::finish_portal(std::string_view name) {
  if (const auto old = portals_.settled(name); old != nullptr && old->running != nullptr) {
    complete(std::exchange(old->running, nullptr), {});
  }
  portals_.settle(name, nullptr);
}

void session::machine::confirm(const wire::frame& message, awaited what) {
  if (expected_.empty() || expected_.front().what != what) return upstream_broke_protocol("answer out of order");
  const auto& front = expected_.front();
  if (front.moves_names()) ++names_epoch_;
  if (what == awaited::parse) {
    statements_.settle(front.name, front.statement);
    if (!front.name.empty()) scope_.prepared[front.name] = front.statement->info;
  } else if (what == awaited::bind) {
    finish_portal(front.name);
    portals_.settle(front.name, front.portal);
    // Portals and cursors share their names: the upstream took this one, so the cursor ended with its transaction.
    scope_.cursors.erase(front.name);
  } else if (front.of_portal) {
    finish_portal(front.name);
    scope_.cursors.erase(front.name);
  } else {
    statements_.settle(front.name, nullptr);
    scope_.prepared.erase(front.name);
  }
  if (!front.swallow) relay(message);
  pop_front();
}

// --- descriptions
// -----------------------------------------------------------------------------------------------------

void session::machine::on_row_description(const wire::frame& message) {
  const bool fits = !expected_.empty() && (expected_.front().what == awaited::query ||
                                           expected_.front().what == awaited::describe_statement ||
                                           expected_.front().what == awaited::describe_portal);
  const auto* running = running_statement();
  if (!fits || running == nullptr) return upstream_broke_protocol("RowDescription out of order");
  const auto fields = wire::parse_row_description(message.body);
  if (fields.has_error()) return upstream_broke_protocol("RowDescription: " + fields.error().message());
  auto& front = expected_.front();

  const auto covered = [&](std::size_t column) {
    return std::any_of(running->wire_masks.begin(), running->wire_masks.end(),
                       [&](const auto& mask) { return mask.column == column; });
  };
  for (std::size_t i = 0; i < fields->size(); ++i) {
    const auto& field = (*fields)[i];
    if (field.relation == 0 || covered(i)) continue;
    const auto hit = around_.must_not_arrive(*front.judged.context, *front.judged.principal, base::oid{field.relation},
                                             field.attnum);
    if (hit) return alarm("tripwire: column `" + *hit + "` arrived unmasked");
  }
  const auto& outputs = running->outputs;
  if (!outputs.empty() && outputs.size() != fields->size() && (running->guarded || !running->wire_masks.empty())) {
    return alarm("the result has " + std::to_string(fields->size()) + " columns, the gate expected " +
                 std::to_string(outputs.size()));
  }
  std::string body;
  if (outputs.size() == fields->size()) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto& field = (*fields)[i];
      if (!outputs[i]) continue;
      if (field.relation == outputs[i]->relation.value() && field.attnum == outputs[i]->attnum) continue;
      if (body.empty()) body = message.body;
      wire::patch_origin(body, field.origin_at, outputs[i]->relation.value(), outputs[i]->attnum);
    }
  }
  if (front.running != nullptr) front.running->bytes += message.whole.size();
  if (body.empty()) {
    client_out_.append(message.whole);
  } else {
    wire::append_message(client_out_, message.type, body);
  }
  if (front.what != awaited::query) pop_front();
}

// NoData ends a Describe; ParameterDescription is its first half.
void session::machine::on_end_of_describe(const wire::frame& message) {
  const bool statement = !expected_.empty() && expected_.front().what == awaited::describe_statement;
  const bool portal = !expected_.empty() && expected_.front().what == awaited::describe_portal;
  const bool ends = message.type == wire::backend::no_data;
  if (!statement && !(portal && ends)) return upstream_broke_protocol("description out of order");
  relay(message);
  if (ends) pop_front();
}

// --- rows and ends
// ----------------------------------------------------------------------------------------------------

void session::machine::on_row(const wire::frame& message) {
  const bool fits = !expected_.empty() && !copy_out_ &&
                    (expected_.front().what == awaited::query || expected_.front().what == awaited::execute);
  const auto* running = running_statement();
  if (!fits || running == nullptr) return upstream_broke_protocol("DataRow out of order");
  if (running->stripped_plan) return on_plan_row(message, *running->stripped_plan);
  if (!row_masker_) row_masker_.emplace(running->wire_masks);
  const auto masked = row_masker_->mask_row(message.body);
  if (masked.has_error()) return alarm("a row could not be masked: " + masked.error().cause);
  auto& execution = *expected_.front().running;
  execution.bytes += masked->size() + 5;
  ++execution.rows;
  execution.rows_passed = true;
  wire::append_message(client_out_, message.type, *masked);
}

void session::machine::on_plan_row(const wire::frame& message, enforce::plan_format format) {
  if (!plan_stripper_) plan_stripper_.emplace(format);
  const auto kept = plan_stripper_->strip_row(message.body);
  if (kept.has_error()) return alarm("a plan could not be stripped: " + kept.error().cause);
  auto& execution = *expected_.front().running;
  execution.rows_passed = true;
  if (!*kept) return;
  execution.bytes += (*kept)->size() + 5;
  ++execution.rows;
  wire::append_message(client_out_, message.type, **kept);
}

void session::machine::on_suspended(const wire::frame& message) {
  if (expected_.empty() || expected_.front().what != awaited::execute) {
    return upstream_broke_protocol("PortalSuspended out of order");
  }
  relay(message);
  const auto& front = expected_.front();
  // A cursor of SQL is executed by name: each time is a statement of its own.
  if (portals_.settled(front.name) != front.portal) complete(front.running, {});
  pop_front();
}

void session::machine::on_command_complete(const wire::frame& message) {
  const bool fits =
      !expected_.empty() && (expected_.front().what == awaited::query || expected_.front().what == awaited::execute);
  if (!fits) return upstream_broke_protocol("CommandComplete out of order");
  auto& front = expected_.front();
  const bool empty = message.type == wire::backend::empty_query;
  std::string_view tag;
  if (!empty) {
    const auto parsed = wire::parse_command_complete(message.body);
    if (parsed.has_error()) return upstream_broke_protocol("CommandComplete: " + parsed.error().message());
    tag = *parsed;
  }
  const auto* running = running_statement();
  // INVARIANT: no more statements run than were judged.
  if (running == nullptr && !empty) return alarm("more statements completed than the gate judged");
  if (running != nullptr && !empty) apply_effects(*running, tag);
  end_copy();
  auto& execution = *front.running;
  if (!execution.rows_passed) execution.rows += wire::rows_of(tag).value_or(0);
  execution.rows_passed = false;
  relay(message);
  if (front.what == awaited::query) {
    ++front.next_statement;
    row_masker_.reset();
    plan_stripper_.reset();
    return;
  }
  complete(front.running, {});
  front.portal->running = nullptr;
  wait_for_copy_ = false;
  pop_front();
}

void session::machine::on_ready(const wire::frame& message) {
  const bool fits =
      expected_.size() == 1 && (expected_.front().what == awaited::query || expected_.front().what == awaited::sync);
  const auto status = wire::parse_ready(message.body);
  if (!fits || status.has_error()) return upstream_broke_protocol("ReadyForQuery out of order");
  status_ = *status;
  if (expected_.front().running != nullptr) complete(expected_.front().running, expected_.front().running->sqlstate);
  pop_front();
  end_copy();
  settle_scope(status_);
  statements_.forget_staged();
  portals_.forget_staged();
  group_sent_ = sync_sent_ = group_failed_ = skip_until_sync_ = flush_sent_ = wait_for_copy_ = false;
  effects_in_flight_ = begins_in_flight_ = bytes_in_flight_ = 0;
  held_ready_ = message.whole;
  if (status_ == wire::transaction_status::idle) {
    // Portals end with their transaction, also those that were suspended.
    portals_.for_each_settled([&](const std::string&, bound_portal& portal) {
      if (portal.running != nullptr) complete(std::exchange(portal.running, nullptr), {});
    });
    portals_.clear();
    transaction_scrubs_ = false;
    if (std::exchange(catalog_changed_, false)) {
      // The next statement is judged with the catalog as this one left it.
      awaiting_catalog_ = true;
      actions_.push_back(refresh_catalog{database_});
      return;
    }
  }
  release_ready();
}

void session::machine::release_ready() {
  client_out_.append(held_ready_);
  held_ready_.clear();
  if (shutdown_) return fatal({"57P01", "terminating connection due to administrator command"});
  set_idle_timer();
}

// --- errors, notices, settings
// ----------------------------------------------------------------------------------------

bool session::machine::scrubs(const expectation* about) const {
  if (transaction_scrubs_) return true;
  if (about == nullptr) return is_restricted(*principal_, context_.get());
  if (about->info != nullptr) return about->info->scrub_errors;
  if (about->judged.verdict == nullptr) return false;
  const auto& statements = about->judged.verdict->statements;
  return std::any_of(statements.begin(), statements.end(), [](const auto& each) { return each->scrub_errors; });
}

// What PostgreSQL adds to a message can quote raw values (DETAIL, HINT, CONTEXT) or our own SQL (internal query):
// restricted principals do not get it. Positions are made relative to the client's SQL again.
void session::machine::relay_fields(char type, const wire::notice_fields& fields, const expectation* about) {
  const bool scrub = scrubs(about);
  const enforce::verdict* verdict = about == nullptr ? nullptr : about->judged.verdict.get();
  const bool rewritten = verdict != nullptr && verdict->rewritten.has_value();
  std::string position;
  wire::notice_fields kept;
  for (const auto& [code, text] : fields) {
    constexpr std::string_view carries_values = "DHWqp";
    if (scrub && carries_values.find(code) != std::string_view::npos) continue;
    if (code == 'P' && rewritten) {
      const auto number = wire::rows_of(" " + std::string(text));
      if (!number || *number == 0) continue;
      position = std::to_string(verdict->positions.to_original(*number));
      kept.emplace_back(code, position);
      continue;
    }
    kept.emplace_back(code, text);
  }
  wire::append_notice(client_out_, type, kept);
}

void session::machine::on_notice(const wire::frame& message) {
  const auto fields = wire::parse_notice(message.body);
  if (fields.has_error()) return upstream_broke_protocol("NoticeResponse: " + fields.error().message());
  relay_fields(message.type, *fields, expected_.empty() ? nullptr : &expected_.front());
}

void session::machine::on_error(const wire::frame& message) {
  const auto fields = wire::parse_notice(message.body);
  if (fields.has_error()) return upstream_broke_protocol("ErrorResponse: " + fields.error().message());
  auto severity = wire::find_field(*fields, 'V');
  if (severity.empty()) severity = wire::find_field(*fields, 'S');
  const bool fatal_one = severity == "FATAL" || severity == "PANIC";
  upstream_said_fatal_ = upstream_said_fatal_ || fatal_one;
  const std::string sqlstate(wire::find_field(*fields, 'C'));
  end_copy();
  wait_for_copy_ = false;
  if (expected_.empty()) return relay_fields(message.type, *fields, nullptr);

  auto& front = expected_.front();
  if (front.what == awaited::failure && !fatal_one) {
    client_out_.append(front.answer);
  } else {
    relay_fields(message.type, *fields, &front);
  }
  group_failed_ = true;
  statements_.forget_staged();
  portals_.forget_staged();
  if (front.what == awaited::query) {
    front.running->sqlstate = sqlstate;
    return;
  }
  if (front.what == awaited::parse && (front.name.empty() || front.swallow)) {
    // PostgreSQL forgets the old unnamed statement before it reads the new one; we closed the named one ourselves.
    statements_.settle(front.name, nullptr);
    scope_.prepared.erase(front.name);
  }
  drop_group(sqlstate);
}

// After an error the upstream ignores everything up to the Sync: those answers will not come.
void session::machine::drop_group(std::string_view sqlstate) {
  while (!expected_.empty() && expected_.front().what != awaited::sync) {
    auto& front = expected_.front();
    if (front.running != nullptr) complete(front.running, sqlstate);
    if (front.portal != nullptr) front.portal->running = nullptr;
    pop_front();
  }
  if (expected_.empty()) skip_until_sync_ = true;
}

void session::machine::on_parameter_status(const wire::frame& message) {
  const auto status = wire::parse_parameter_status(message.body);
  if (status.has_error()) return upstream_broke_protocol("ParameterStatus: " + status.error().message());
  // INVARIANT: the gate's parser and the server read the same bytes the same way.
  struct pin {
    std::string_view name;
    std::string_view value;
    bool machine::*seen;
  };
  const std::array pins{pin{"client_encoding", "UTF8", &machine::client_encoding_checked_},
                        pin{"standard_conforming_strings", "on", &machine::strings_checked_}};
  for (const auto& each : pins) {
    if (status->name != each.name) continue;
    if (status->value != each.value) {
      return upstream_broke_protocol("setting " + std::string(each.name) + " became `" + std::string(status->value) +
                                     "`");
    }
    this->*each.seen = true;
  }
  if (status->name == "application_name") application_name_ = status->value;
  client_out_.append(message.whole);
}

}  // namespace sluice::session
