#include "explain.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "sluice/enforce/builtins.hpp"

namespace sluice::enforce {
namespace {

// Options that only add what the stripping takes away again. All others need `explain: full`, those of later versions too.
constexpr std::array<std::string_view, 6> harmless_options{"costs", "summary", "timing", "buffers", "settings", "format"};

void add(std::optional<plan_access>& to, policy::explain_decision decided, const std::string& about) {
  add_plan(to, {std::move(decided), about});
}

// What stands behind a temporary relation or a function is not known: any layer may be.
policy::explain_decision anywhere(const decide_request& request) {
  std::optional<plan_access> out;
  std::set<std::string_view> layers;
  for (const auto& [schema, layer] : request.with.database->layers) layers.insert(layer);
  for (const std::string_view layer : layers) {
    auto decided = request.with.policy->explain(request.who, {request.with.database->name, layer, {}, {}});
    if (!decided.rules.empty()) add(out, std::move(decided), {});
  }
  return out ? std::move(out->decided) : request.with.policy->explain(request.who, {});
}

bool is_explain(const sql::statement& statement) {
  return statement.what == sql::command::explain || statement.what == sql::command::explain_analyze;
}

// The option that asks for more than the shape of a plan; empty: none does.
std::string_view telling_option(const sql::statement& statement) {
  if (statement.what == sql::command::explain_analyze) return "analyze";
  if (statement.verbose) return "verbose";
  for (const auto& [name, value] : statement.options) {
    const bool known = std::find(harmless_options.begin(), harmless_options.end(), name) != harmless_options.end() || name == "analyze" || name == "verbose";
    if (!known && value != "off") return name;
  }
  return {};
}

}  // namespace

void add_plan(std::optional<plan_access>& to, const plan_access& more) {
  if (!to) {
    to = more;
    return;
  }
  if (more.decided.right < to->decided.right) to->about = more.about;
  to->decided.right = std::min(to->decided.right, more.decided.right);
  for (const auto& rule : more.decided.rules) {
    if (std::find(to->decided.rules.begin(), to->decided.rules.end(), rule) == to->decided.rules.end()) to->decided.rules.push_back(rule);
  }
}

std::optional<plan_access> plan_of(const decide_request& request, std::size_t statement) {
  std::optional<plan_access> out;
  for (const auto& of : request.facts.uses) {
    if (of.statement != statement || of.found == sql::resolution::cte) continue;
    const std::string name = "`" + (of.schema.empty() ? std::string() : of.schema + ".") + of.written_name + "`";
    // A temporary relation, and one that was made just now, may be a view with guards inside.
    if (!of.relation) {
      add(out, anywhere(request), name);
      continue;
    }
    const relation_guard& guard = request.shown.of(*of.relation);
    if (!guard.needed) continue;
    const bool system = is_system_schema(of.relation->schema);
    if (!system) add(out, request.with.policy->explain(request.who, request.shown.object_of(*of.relation)), name);
    if (system || guard.definition) add(out, anywhere(request), name);
  }
  // The server may put the body of a function in place of its call.
  const auto& path = request.names[std::min(statement, request.names.size() - 1)].search_path;
  for (const auto& call : request.facts.functions) {
    const bool listed = !call.name.empty() && builtin_function(call.name.back()).family != "not listed";
    const bool whole = call.name.size() == 2;
    const auto schemas = request.with.catalog->function_schemas(call.name.empty() ? std::string() : call.name.back());
    const bool shadowed = !whole && std::any_of(schemas.begin(), schemas.end(), [&](std::string_view each) {
      return std::find(path.begin(), path.end(), each) != path.end();
    });
    if (listed && !shadowed && (!whole || call.name[0] == "pg_catalog" || call.name[0] == "information_schema")) continue;
    const auto& name = call.name.empty() ? std::string() : call.name.back();
    if (call.maybe_field && schemas.empty()) continue;
    add(out, anywhere(request), "`" + name + "()`");
  }
  return out;
}

std::optional<denial> shown_plan(const decide_request& request, const sql::statement& statement, statement_info& info,
                                 std::vector<std::string>& rules) {
  if (!is_explain(statement) || !info.plan) return std::nullopt;
  const policy::explain_decision& decided = info.plan->decided;
  for (const auto& rule : decided.rules) {
    if (std::find(rules.begin(), rules.end(), rule) == rules.end()) rules.push_back(rule);
  }
  const std::string about = "a statement that uses " + info.plan->about, why = "the plan tells about masked or hidden data";
  const auto ask = [&](std::string_view right) { return "ask " + decided.contact + " for a role with `explain: " + std::string(right) + "`"; };
  switch (decided.right) {
    case policy::explain_right::full: return std::nullopt;
    case policy::explain_right::none: return refusal(request.tree, statement.start, "EXPLAIN of " + about + " is denied: " + why, ask("plain"));
    case policy::explain_right::plain: break;
  }
  if (const auto option = telling_option(statement); !option.empty()) {
    return refusal(request.tree, statement.start, "EXPLAIN with option `" + std::string(option) + "` of " + about + " is denied: " + why,
                   "leave the option out to see the shape of the plan, or " + ask("full"));
  }
  const auto format = statement.options.find("format");
  if (format == statement.options.end() || format->second == "text") {
    info.stripped_plan = plan_format::text;
  } else if (format->second == "json") {
    info.stripped_plan = plan_format::json;
  } else {
    return refusal(request.tree, statement.start, "EXPLAIN in format `" + format->second + "` of " + about + " is denied: " + why,
                   "use format text or json, which show the shape of the plan, or " + ask("full"));
  }
  return std::nullopt;
}

}  // namespace sluice::enforce
