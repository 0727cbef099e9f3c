#include "explanation.hpp"

#include <boost/json.hpp>

namespace sluice::cli {
namespace {

namespace json = boost::json;

std::string joined(const std::vector<std::string>& words, std::string_view none = "–") {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? std::string(none) : text;
}

std::string role_of(const policy::role_binding& binding) {
  return binding.services.empty() ? binding.role : binding.role + " for " + joined(binding.services);
}

std::vector<std::string> roles_of(const policy::principal& who) {
  std::vector<std::string> roles;
  for (const auto& binding : who.bindings) roles.push_back(role_of(binding));
  return roles;
}

std::vector<std::string> uses_of(const audit::touched_column& column) {
  std::vector<std::string> uses;
  if (column.read) uses.emplace_back("read");
  if (column.written) uses.emplace_back("written");
  return uses;
}

std::string field(std::string_view label, std::string_view value) {
  constexpr std::size_t width = 12;
  std::string line(label);
  line.resize(std::max(width, line.size() + 1), ' ');
  return line + std::string(value) + "\n";
}

std::string text_of(const audit::touched_relation& relation) {
  std::string text = "  " + relation.schema + "." + relation.relation + " in layer " + relation.layer + ": " +
                     joined(relation.actions) + "\n";
  for (const auto& column : relation.columns) {
    text += "    " + column.column + ": " + joined(uses_of(column));
    if (!column.classes.empty()) text += ", class " + joined(column.classes);
    text += "\n";
  }
  if (!relation.masks.empty()) text += "    masks: " + joined(relation.masks) + "\n";
  if (!relation.filters.empty()) text += "    row filters: " + joined(relation.filters) + "\n";
  return text;
}

std::string indented(std::string_view lines) {
  std::string text = "  ";
  for (char each : lines) {
    text += each;
    if (each == '\n') text += "  ";
  }
  return text + "\n";
}

json::array array_of(const std::vector<std::string>& words) { return json::array(words.begin(), words.end()); }

json::object object_of(const audit::touched_relation& relation) {
  json::array columns;
  for (const auto& column : relation.columns) {
    columns.push_back(json::object{{"column", column.column},
                                   {"classes", array_of(column.classes)},
                                   {"read", column.read},
                                   {"written", column.written}});
  }
  return {{"layer", relation.layer},
          {"schema", relation.schema},
          {"relation", relation.relation},
          {"actions", array_of(relation.actions)},
          {"columns", std::move(columns)},
          {"masks", array_of(relation.masks)},
          {"filters", array_of(relation.filters)}};
}

// Of EXPLAIN: whether the session strips the rows on their way.
bool strips_plans(const enforce::verdict& verdict) {
  for (const auto& statement : verdict.statements) {
    if (statement->stripped_plan) return true;
  }
  return false;
}

}  // namespace

std::string explain_as_text(const explained& what) {
  const auto& verdict = what.outcome;
  std::string text = field("decision", verdict.allowed ? "allowed" : "denied");
  if (!verdict.allowed) {
    text += field("reason", verdict.why.message + " (SQLSTATE " + verdict.why.sqlstate + ")");
    if (!verdict.why.detail.empty()) text += field("detail", verdict.why.detail);
    if (!verdict.why.hint.empty()) text += field("hint", verdict.why.hint);
    if (verdict.why.position) text += field("position", "character " + std::to_string(*verdict.why.position));
  }
  text += field("user", what.who.user);
  text += field("roles", joined(roles_of(what.who)));
  text += field("database", what.database);
  text += field("layers", joined(verdict.layers));
  text += field("rules", joined(verdict.rules));
  if (strips_plans(verdict)) text += field("plan", "its shape alone, without conditions, constants, estimates");
  if (!verdict.relations.empty()) text += "relations\n";
  for (const auto& relation : verdict.relations) text += text_of(relation);
  if (verdict.allowed && verdict.rewritten) text += "rewritten SQL\n" + indented(*verdict.rewritten);
  if (verdict.allowed && !verdict.rewritten) text += field("SQL", "sent as it is");
  return text;
}

std::string explain_as_json(const explained& what) {
  const auto& verdict = what.outcome;
  json::array relations, statements;
  for (const auto& relation : verdict.relations) relations.push_back(object_of(relation));
  for (const auto& statement : verdict.statements) statements.push_back(json::string(statement->tag));
  json::object whole = {{"decision", verdict.allowed ? "allowed" : "denied"},
                        {"user", what.who.user},
                        {"roles", array_of(roles_of(what.who))},
                        {"database", what.database},
                        {"layers", array_of(verdict.layers)},
                        {"rules", array_of(verdict.rules)},
                        {"statements", std::move(statements)},
                        {"relations", std::move(relations)},
                        {"fingerprint", verdict.fingerprint},
                        {"sql", what.sql}};
  if (strips_plans(verdict)) whole["plan"] = "shape";
  if (verdict.allowed) {
    whole["rewritten"] = verdict.rewritten ? json::value(*verdict.rewritten) : json::value(nullptr);
  } else {
    whole["reason"] = verdict.why.message;
    whole["sqlstate"] = verdict.why.sqlstate;
    if (!verdict.why.detail.empty()) whole["detail"] = verdict.why.detail;
    if (!verdict.why.hint.empty()) whole["hint"] = verdict.why.hint;
    if (verdict.why.position) whole["position"] = *verdict.why.position;
  }
  return json::serialize(whole) + "\n";
}

}  // namespace sluice::cli
