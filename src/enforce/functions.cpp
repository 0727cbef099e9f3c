// Function calls: the reviewed table for built-in ones, the policy's list for all others.
#include <algorithm>
#include <array>

#include "hollow.hpp"
#include "rewrite.hpp"
#include "sluice/enforce/builtins.hpp"

namespace sluice::enforce {
namespace {

constexpr std::string_view ask = "ask an admin to allow the function in the policy";

// Families that give the instance away: refused to everyone, Admin included.
constexpr std::array<std::string_view, 7> instance_families{
    "administration", "server files", "replication", "write-ahead log", "sql in a string", "large objects", "backend signals"};

std::string written(const std::vector<std::string>& name) {
  std::string out;
  for (const auto& part : name) out += (out.empty() ? "" : ".") + part;
  return "`" + out + "`";
}

denial refuse(std::string message, std::string hint) {
  denial out;
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

std::string lower(std::string_view in) {
  std::string out(in);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

}  // namespace

const catalog::relation* named_relation(const sql::function_call& call, const context& with, const std::vector<std::string>& path) {
  if (call.arguments.empty() || !call.arguments[0]) return nullptr;
  const std::string& given = *call.arguments[0];
  if (!given.empty() && given.size() <= 10 && given.find_first_not_of("0123456789") == std::string::npos) {
    const auto number = std::stoull(given);
    return number <= 0xFFFFFFFFull ? with.catalog->find(base::oid{static_cast<std::uint32_t>(number)}) : nullptr;
  }
  const auto parsed = sql::parse("TABLE " + *call.arguments[0]);
  if (!parsed || parsed->statement_count() != 1) return nullptr;
  sql::name_space names;
  names.catalog = with.catalog.get();
  names.search_path = path;
  const auto facts = sql::analyse(*parsed, names);
  return facts && facts->uses.size() == 1 ? facts->uses[0].relation : nullptr;
}

namespace {

std::optional<denial> builtin(const sql::function_call& call, const context& with, const policy::principal& who, guards* shown,
                              const std::vector<std::string>& path) {
  const std::string& name = call.name.back();
  const function_entry entry = builtin_function(name);
  const auto denied = [&](std::string_view why) { return refuse("function " + written(call.name) + " is denied: " + std::string(why), std::string(ask)); };
  if (hollowed(call, with, who, shown, path)) return std::nullopt;
  switch (entry.rule) {
    case function_rule::pure:
    case function_rule::session:
    case function_rule::catalog_read:
    case function_rule::sequence_read:
    case function_rule::advisory_lock:
      return std::nullopt;
    case function_rule::denied: {
      denial why = denied(entry.reason);
      if (entry.family == "not listed" && with.catalog->function_schemas(name).empty()) {
        why.sqlstate = "42883";
        why.message = "function " + written(call.name) + " does not exist, or is newer than the gateway's list of functions";
      }
      return why;
    }
    case function_rule::own_backend:
      return refuse("function " + written(call.name) + " is denied: " + std::string(entry.reason), "cancel through your driver's cancel request");
    case function_rule::setting_read: {
      if (call.arguments.empty() || !call.arguments[0]) return denied("the setting must be named by a constant");
      const setting_entry* setting = find_setting(lower(*call.arguments[0]));
      if (!setting || !setting->readable) return denied("setting `" + *call.arguments[0] + "` is not readable through the gateway");
      return std::nullopt;
    }
    case function_rule::setting_write: {
      if (call.arguments.size() < 2 || !call.arguments[0] || !call.arguments[1]) return denied("name and value must be constants");
      const setting_verdict verdict = judge_setting(*call.arguments[0], *call.arguments[1]);
      if (!verdict.allowed) return verdict.why;
      if (lower(*call.arguments[0]) == "client_encoding" && lower(*call.arguments[1]) == "sql_ascii") return denied("the encoding must be UTF8");
      // The path is followed through SET alone, where its elements stand one by one.
      if (lower(*call.arguments[0]) == "search_path" && !call.arguments[1]->empty()) return denied("use SET search_path instead");
      return std::nullopt;
    }
    case function_rule::sequence_write:
    case function_rule::relation_read: {
      const catalog::relation* of = named_relation(call, with, path);
      if (!of) return denied("the relation must be named by a constant that the gateway can resolve");
      if (is_system_schema(of->schema)) return std::nullopt;
      const std::string* layer = with.database->layer_of(of->schema);
      const policy::object what{with.database->name, layer ? std::string_view(*layer) : std::string_view(), of->schema, of->name};
      const auto action = entry.rule == function_rule::sequence_write ? policy::action::update : policy::action::read;
      const policy::decision decided = with.policy->decide(who, what, action);
      if (!decided.allowed) return refuse("function " + written(call.name) + " on `" + of->schema + "." + of->name + "` is denied: " + decided.reason, decided.hint);
      if (entry.rule == function_rule::relation_read && shown) {
        const relation_guard& guard = shown->of(*of);
        if (guard.has_filter() || guard.filtered_below || !guard.refused.empty()) return denied("rows of `" + of->schema + "." + of->name + "` are hidden from you");
      }
      return std::nullopt;
    }
  }
  return denied(entry.reason);
}

}  // namespace

std::optional<denial> refuse_functions(const sql::analysis& facts, const context& with, const policy::principal& who) {
  return refuse_functions(facts, with, who, {"pg_catalog"}, nullptr, nullptr);
}

std::optional<denial> refuse_functions(const sql::analysis& facts, const context& with, const policy::principal& who,
                                       const std::vector<std::string>& path, guards* shown, const sql::tree* tree) {
  for (const auto& call : facts.functions) {
    std::optional<denial> why;
    // No function of that name: then it is the field that it looks like, or nothing.
    if (call.maybe_field && builtin_function(call.name.back()).family == "not listed" && with.catalog->function_schemas(call.name.back()).empty()) continue;
    if (call.name.size() > 2 || call.name.empty() || call.name.back().empty()) {
      why = refuse("function " + written(call.name) + " is denied: a name of this form is not understood", {});
    } else if (call.name.size() == 2 && call.name[0] != "pg_catalog" && call.name[0] != "information_schema") {
      if (!with.policy->function_allowed(who, call.name[0], call.name[1]))
        why = refuse("function " + written(call.name) + " is denied: no rule of the policy names it", std::string(ask));
    } else {
      // An unqualified name may mean any function of that name on the path; all that it can mean must be allowed.
      bool named_by_policy = false;
      if (call.name.size() == 1) {
        for (const std::string_view schema : with.catalog->function_schemas(call.name[0])) {
          if (std::find(path.begin(), path.end(), schema) == path.end()) continue;
          if (with.policy->function_allowed(who, schema, call.name[0])) {
            named_by_policy = true;
            continue;
          }
          why = refuse("function " + written(call.name) + " is denied: it could mean `" + std::string(schema) + "." + call.name[0] + "`, which no rule of the policy names",
                       "write `pg_catalog." + call.name[0] + "`, or ask an admin to allow the function");
        }
      }
      if (!why && !(named_by_policy && builtin_function(call.name.back()).family == "not listed")) why = builtin(call, with, who, shown, path);
    }
    if (!why) continue;
    if (tree && call.offset < tree->text().size()) why->position = sql::characters_before(tree->text(), call.offset) + 1;
    return why;
  }
  return std::nullopt;
}

std::optional<denial> refuse_instance_functions(const sql::analysis& facts, const sql::tree& tree) {
  for (const auto& call : facts.functions) {
    if (call.name.empty()) continue;
    const function_entry entry = builtin_function(call.name.back());
    const bool system = call.name.size() == 1 || call.name[0] == "pg_catalog";
    if (!system || std::find(instance_families.begin(), instance_families.end(), entry.family) == instance_families.end()) continue;
    return refusal(tree, call.offset, "function " + written(call.name) + " is denied to everyone: " + std::string(entry.reason),
                   "log in to the upstream itself for work on the instance");
  }
  return std::nullopt;
}

}  // namespace sluice::enforce
