// Function calls: the reviewed table for built-in ones, the policy's list for all others.
#include <algorithm>
#include <array>

#include "hollow.hpp"
#include "rewrite.hpp"
#include "sluice/enforce/builtins.hpp"
#include "sluice/enforce/mask_sql.hpp"

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

std::optional<named_relation> find_named(const sql::constant_argument& given, const sql::name_space& names) {
  named_relation out;
  if (!given.text.empty() && given.text.size() <= 10 && given.text.find_first_not_of("0123456789") == std::string::npos) {
    const auto number = std::stoull(given.text);
    out.known = number <= 0xFFFFFFFFull ? names.catalog->find(base::oid{static_cast<std::uint32_t>(number)}) : nullptr;
  } else {
    const auto parsed = sql::parse("TABLE " + given.text);
    const auto facts = parsed && parsed->statement_count() == 1 ? sql::analyse(*parsed, names) : base::result<sql::analysis>(base::diagnostic());
    if (!facts || facts->uses.size() != 1 || facts->uses[0].found == sql::resolution::cte) return std::nullopt;
    const sql::use& of = facts->uses[0];
    out = {of.relation, of.schema, of.written_name};
    return of.relation || of.fresh ? std::optional(out) : std::nullopt;
  }
  if (!out.known) return std::nullopt;
  out.schema = out.known->schema;
  out.name = out.known->name;
  return out;
}

namespace {

// The text lives on, and runs when others read it.
bool is_stored(const sql::statement& statement) {
  using enum sql::command;
  return statement.what == create_view || statement.what == create_materialized_view || statement.what == create_table || statement.what == definition;
}

class checking {
 public:
  explicit checking(const call_request& request) : request_(request), with_(request.with), who_(request.who) {}

  std::optional<denial> run() {
    for (const auto& call : request_.facts.functions) {
      auto why = refuse_call(call);
      if (!why) continue;
      if (request_.tree && call.offset < request_.tree->text().size()) why->position = sql::characters_before(request_.tree->text(), call.offset) + 1;
      return why;
    }
    return std::nullopt;
  }

 private:
  const sql::name_space& names_of(const sql::function_call& call) const { return request_.names[std::min(call.statement, request_.names.size() - 1)]; }
  bool stored(const sql::function_call& call) const { return is_stored(request_.facts.statements[call.statement]); }

  std::optional<denial> refuse_call(const sql::function_call& call) {
    // No function of that name: then it is the field that it looks like, or nothing.
    if (call.maybe_field && builtin_function(call.name.back()).family == "not listed" && with_.catalog->function_schemas(call.name.back()).empty()) return std::nullopt;
    if (call.name.size() > 2 || call.name.empty() || call.name.back().empty())
      return refuse("function " + written(call.name) + " is denied: a name of this form is not understood", {});
    if (call.name.size() == 2 && call.name[0] != "pg_catalog" && call.name[0] != "information_schema") {
      if (with_.policy->function_allowed(who_, call.name[0], call.name[1])) return std::nullopt;
      return refuse("function " + written(call.name) + " is denied: no rule of the policy names it", std::string(ask));
    }
    // An unqualified name may mean any function of that name on the path; all that it can mean must be allowed.
    bool named_by_policy = false;
    const auto& path = names_of(call).search_path;
    if (call.name.size() == 1) {
      for (const std::string_view schema : with_.catalog->function_schemas(call.name[0])) {
        if (std::find(path.begin(), path.end(), schema) == path.end()) continue;
        if (!with_.policy->function_allowed(who_, schema, call.name[0]))
          return refuse("function " + written(call.name) + " is denied: it could mean `" + std::string(schema) + "." + call.name[0] + "`, which no rule of the policy names",
                        "write `pg_catalog." + call.name[0] + "`, or ask an admin to allow the function");
        named_by_policy = true;
      }
    }
    if (named_by_policy && builtin_function(call.name.back()).family == "not listed") return std::nullopt;
    return builtin(call);
  }

  std::optional<denial> builtin(const sql::function_call& call) {
    const std::string& name = call.name.back();
    const function_entry entry = builtin_function(name);
    const auto denied = [&](std::string_view why) { return refuse("function " + written(call.name) + " is denied: " + std::string(why), std::string(ask)); };
    if (hollowed(call, with_, who_, request_.shown, names_of(call))) return std::nullopt;
    switch (entry.rule) {
      case function_rule::pure:
      case function_rule::session:
      case function_rule::catalog_read:
      case function_rule::sequence_read:
        return std::nullopt;
      case function_rule::advisory_lock:
        if (stored(call)) return denied("it would act whenever somebody reads what is defined here");
        return std::nullopt;
      case function_rule::denied: {
        denial why = denied(entry.reason);
        if (entry.family == "not listed" && with_.catalog->function_schemas(name).empty()) {
          why.sqlstate = "42883";
          why.message = "function " + written(call.name) + " does not exist, or is newer than the gateway's list of functions";
        }
        return why;
      }
      case function_rule::own_backend:
        return refuse("function " + written(call.name) + " is denied: " + std::string(entry.reason), "cancel through your driver's cancel request");
      case function_rule::setting_read: {
        if (call.arguments.empty() || !call.arguments[0]) return denied("the setting must be named by a constant");
        const setting_entry* setting = find_setting(lower(call.arguments[0]->text));
        if (!setting || !setting->readable) return denied("setting `" + call.arguments[0]->text + "` is not readable through the gateway");
        return std::nullopt;
      }
      case function_rule::setting_write:
        return setting_write(call);
      case function_rule::sequence_write:
        if (stored(call) && request_.facts.statements[call.statement].what != sql::command::create_table && request_.facts.statements[call.statement].tag != "ALTER TABLE")
          return denied("it would act whenever somebody reads what is defined here");
        return of_relation(call, entry);
      case function_rule::relation_read:
        return of_relation(call, entry);
    }
    return denied(entry.reason);
  }

  std::optional<denial> setting_write(const sql::function_call& call) {
    const auto denied = [&](std::string_view why) { return refuse("function " + written(call.name) + " is denied: " + std::string(why), std::string(ask)); };
    if (stored(call)) return denied("it would act whenever somebody reads what is defined here");
    if (call.arguments.size() < 2 || !call.arguments[0] || !call.arguments[1] || call.arguments[0]->as_relation || call.arguments[1]->as_relation)
      return denied("name and value must be constants");
    const std::string setting = lower(call.arguments[0]->text);
    const setting_verdict verdict = judge_setting(call.arguments[0]->text, call.arguments[1]->text);
    if (!verdict.allowed) return verdict.why;
    if (setting == "client_encoding" && lower(call.arguments[1]->text) == "sql_ascii") return denied("the encoding must be UTF8");
    // The path is followed through SET alone, where its elements stand one by one.
    if (setting == "search_path") return denied("use SET search_path instead");
    return std::nullopt;
  }

  // What was checked is what runs: the name that was found takes the place of the one that was written.
  std::optional<denial> of_relation(const sql::function_call& call, const function_entry& entry) {
    const auto denied = [&](std::string_view why) { return refuse("function " + written(call.name) + " is denied: " + std::string(why), std::string(ask)); };
    const auto found = call.arguments.empty() || !call.arguments[0] ? std::nullopt : find_named(*call.arguments[0], names_of(call));
    if (!found) return denied("the relation must be named by a constant that the gateway can resolve");
    const sql::constant_argument& given = *call.arguments[0];
    if (request_.constants && given.text.find_first_not_of("0123456789") != std::string::npos)
      request_.constants->push_back({given.offset, quote_literal(quote_identifier(found->schema) + "." + quote_identifier(found->name))});
    if (found->schema == "pg_temp" || is_system_schema(found->schema)) return std::nullopt;
    const std::string* layer = with_.database->layer_of(found->schema);
    const policy::object what{with_.database->name, layer ? std::string_view(*layer) : std::string_view(), found->schema, found->name};
    const auto action = entry.rule == function_rule::sequence_write ? policy::action::update : policy::action::read;
    const policy::decision decided = with_.policy->decide(who_, what, action);
    if (!decided.allowed) return refuse("function " + written(call.name) + " on `" + found->schema + "." + found->name + "` is denied: " + decided.reason, decided.hint);
    if (entry.rule == function_rule::relation_read && request_.shown && found->known) {
      const relation_guard& guard = request_.shown->of(*found->known);
      if (guard.has_filter() || guard.filtered_below || !guard.refused.empty()) return denied("rows of `" + found->schema + "." + found->name + "` are hidden from you");
    }
    return std::nullopt;
  }

  const call_request& request_;
  const context& with_;
  const policy::principal& who_;
};

}  // namespace

std::optional<denial> refuse_functions(const sql::analysis& facts, const context& with, const policy::principal& who) {
  std::vector<sql::name_space> names(1);
  names[0].catalog = with.catalog.get();
  names[0].search_path = {"pg_catalog"};
  return checking({facts, with, who, names}).run();
}

std::optional<denial> refuse_functions(const call_request& request) { return checking(request).run(); }

std::optional<denial> refuse_instance_functions(const sql::analysis& facts, const sql::tree& tree) {
  for (const auto& call : facts.functions) {
    if (call.name.empty()) continue;
    const function_entry entry = builtin_function(call.name.back());
    const bool system = call.name.size() == 1 || call.name[0] == "pg_catalog";
    if (!system) continue;
    if (std::find(instance_families.begin(), instance_families.end(), entry.family) != instance_families.end())
      return refusal(tree, call.offset, "function " + written(call.name) + " is denied to everyone: " + std::string(entry.reason),
                     "log in to the upstream itself for work on the instance");
    if (entry.rule != function_rule::setting_write) continue;
    // SET by another name: what it changes must be known, and on the same list.
    if (call.arguments.size() < 3 || !call.arguments[0] || !call.arguments[1] || !call.arguments[2] || call.arguments[0]->as_relation || call.arguments[1]->as_relation)
      return refusal(tree, call.offset, "function " + written(call.name) + " is denied: name, value and scope must be constants");
    const std::string& name = call.arguments[0]->text;
    if (lower(name) == "search_path" && (name != "search_path" || !call.arguments[1]->text.empty()))
      return refusal(tree, call.offset, "function " + written(call.name) + " is denied for `search_path`", "use SET search_path");
    if (const setting_verdict verdict = judge_setting(name, call.arguments[1]->text); !verdict.allowed) return verdict.why;
  }
  return std::nullopt;
}

}  // namespace sluice::enforce
