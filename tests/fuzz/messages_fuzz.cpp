// Every parser of message bodies on the same bytes, and the builders: what was parsed and built again is what it was.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fuzz/input.hpp"
#include "sluice/wire/backend.hpp"
#include "sluice/wire/build.hpp"
#include "sluice/wire/frontend.hpp"
#include "sluice/wire/startup.hpp"

namespace {

namespace wire = sluice::wire;
using sluice::fuzz::require;

constexpr std::size_t typed_header = 5;
constexpr std::size_t startup_header = 4;

bool inside(std::string_view body, std::string_view view) {
  return view.empty() || (view.data() >= body.data() && view.data() + view.size() <= body.data() + body.size());
}

template <class Build>
std::string built(Build build, std::size_t header = typed_header) {
  std::string message;
  build(message);
  require(message.size() >= header, "a built message has a header");
  return message.substr(header);
}

void frontend_names(std::string_view body) {
  if (const auto view = wire::parse_query(body)) {
    require(built([&](std::string& out) { wire::append_query(out, view->sql); }) == body, "Query comes back");
  }
  if (const auto view = wire::parse_parse(body)) {
    require(built([&](std::string& out) { wire::append_parse(out, view->name, view->sql, view->types); }) == body,
            "Parse comes back");
  }
  if (const auto view = wire::parse_describe(body)) {
    require(built([&](std::string& out) { wire::append_describe(out, view->target, view->name); }) == body,
            "Describe comes back");
    require(built([&](std::string& out) { wire::append_close(out, view->target, view->name); }) == body,
            "Close comes back");
  }
  if (const auto view = wire::parse_execute(body)) {
    require(built([&](std::string& out) { wire::append_execute(out, view->portal, view->max_rows); }) == body,
            "Execute comes back");
  }
  if (const auto reason = wire::parse_copy_fail(body)) {
    require(built([&](std::string& out) { wire::append_copy_fail(out, *reason); }) == body, "CopyFail comes back");
  }
}

void frontend_values(std::string_view body) {
  if (const auto view = wire::parse_bind(body)) {
    require(inside(body, view->portal) && inside(body, view->statement), "the names of Bind lie in its body");
    for (std::size_t at = 0; at < view->parameters.size(); ++at) {
      (void)view->binary(at);
      require(!view->parameters[at] || inside(body, *view->parameters[at]), "parameters lie in the body");
    }
  }
  // A response without a length (-1) is the empty one, so the bytes may differ; the meaning may not.
  if (const auto view = wire::parse_sasl_initial(body)) {
    const auto again =
        built([&](std::string& out) { wire::append_sasl_initial(out, view->mechanism, view->response); });
    const auto second = wire::parse_sasl_initial(again);
    require(second.has_value() && second->mechanism == view->mechanism && second->response == view->response,
            "SASLInitialResponse comes back");
  }
}

void startup(std::string_view body) {
  const auto packet = wire::parse_startup(body);
  if (!packet) return;
  if (const auto* cancel = std::get_if<wire::cancel_request>(&*packet)) {
    require(built([&](std::string& out) { wire::append_cancel_request(out, cancel->process, cancel->secret); },
                  startup_header) == body,
            "CancelRequest comes back");
  } else if (std::holds_alternative<wire::ssl_request>(*packet)) {
    require(built([](std::string& out) { wire::append_ssl_request(out); }, startup_header) == body,
            "SSLRequest comes back");
  } else if (const auto* begin = std::get_if<wire::startup>(&*packet)) {
    const auto again = built([&](std::string& out) { wire::append_startup(out, begin->parameters); }, startup_header);
    require(begin->minor != 0 || again == body, "StartupMessage comes back");
    const auto second = wire::parse_startup(again);
    require(second.has_value() && std::get<wire::startup>(*second).parameters == begin->parameters,
            "startup parameters come back");
  }
}

void backend_login(std::string_view body) {
  if (const auto view = wire::parse_authentication(body)) {
    require(!wire::name_of(view->request).empty(), "every request has a name");
    require(built([&](std::string& out) { wire::append_authentication(out, view->request, view->data); }) == body,
            "Authentication comes back");
    (void)wire::parse_sasl_mechanisms(view->data);
  }
  if (const auto view = wire::parse_parameter_status(body)) {
    require(built([&](std::string& out) { wire::append_parameter_status(out, view->name, view->value); }) == body,
            "ParameterStatus comes back");
  }
  if (const auto key = wire::parse_backend_key(body)) {
    require(built([&](std::string& out) { wire::append_backend_key(out, *key); }) == body, "BackendKeyData comes back");
  }
  if (const auto status = wire::parse_ready(body)) {
    require(built([&](std::string& out) { wire::append_ready(out, *status); }) == body, "ReadyForQuery comes back");
  }
}

void row_description(std::string_view body) {
  const auto fields = wire::parse_row_description(body);
  if (!fields) return;
  std::string same(body), other(body);
  for (const auto& each : *fields) {
    require(inside(body, each.name), "names lie in the body");
    wire::patch_origin(same, each.origin_at, each.relation, each.attnum);
    wire::patch_origin(other, each.origin_at, ~each.relation, static_cast<std::int16_t>(~each.attnum));
  }
  require(same == body, "patching what is there changes nothing");
  const auto patched = wire::parse_row_description(other);
  require(patched.has_value() && patched->size() == fields->size(), "a patched RowDescription is one");
  for (std::size_t at = 0; at < fields->size(); ++at) {
    const auto& before = (*fields)[at];
    const auto& after = (*patched)[at];
    require(after.relation == ~before.relation && after.attnum == ~before.attnum, "origins are patched");
    require(after.name == before.name && after.type == before.type && after.size == before.size &&
                after.typmod == before.typmod && after.format == before.format,
            "the rest of a field is left alone");
  }
}

void backend_results(std::string_view body) {
  row_description(body);
  (void)wire::parse_parameter_description(body);
  (void)wire::parse_copy_response(body);
  if (const auto fields = wire::parse_notice(body)) {
    require(built([&](std::string& out) { wire::append_notice(out, 'E', *fields); }) == body,
            "ErrorResponse comes back");
    (void)wire::find_field(*fields, 'M');
  }
  if (const auto tag = wire::parse_command_complete(body)) {
    require(inside(body, *tag), "the tag lies in the body");
    (void)wire::rows_of(*tag);
  }
}

// What we say ourselves, with texts from outside: always whole messages, whatever the texts hold.
void own_words(std::string_view bytes) {
  sluice::fuzz::input from(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  wire::problem what;
  what.position = from.byte();
  what.sqlstate = from.until('|');
  what.message = from.until('|');
  what.detail = from.until('|');
  what.hint = from.rest();
  const auto body = built([&](std::string& out) { wire::append_error(out, what); });
  const auto fields = wire::parse_notice(body);
  require(fields.has_value(), "our errors are ErrorResponses");
  require(wire::find_field(*fields, 'M') == what.message.substr(0, what.message.find('\0')), "our message is in it");
  (void)wire::parse_options(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  frontend_names(body);
  frontend_values(body);
  startup(body);
  backend_login(body);
  backend_results(body);
  own_words(body);
  return 0;
}
