#include "filter_text.hpp"

#include <cctype>
#include <functional>

#include "sluice/catalog/snapshot.hpp"
#include "sluice/sql/analysis.hpp"
#include "sluice/sql/tree.hpp"

namespace sluice::policy {
namespace {

constexpr std::string_view user_word = "user";
constexpr std::string_view attribute_word = "attribute.";

bool is_name_byte(char byte) {
  return std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '_' ||
         (static_cast<unsigned char>(byte) & 0x80u) != 0;
}

base::diagnostic refused(std::string cause, std::string hint = {}) {
  return {.cause = "`where` " + std::move(cause), .hint = std::move(hint)};
}

// The end of a quoted text that starts at `at`; npos when it is not closed. Doubled quotes stand for themselves;
// backslashes escape in E'…' only.
std::size_t end_of_quoted(std::string_view text, std::size_t at, bool escapes) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (escapes && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (i + 1 < text.size() && text[i + 1] == quote)
        ++i;
      else
        return i + 1;
    }
  }
  return std::string_view::npos;
}

std::string_view placeholder_at(std::string_view where, std::size_t colon) {
  std::size_t end = colon + 1;
  while (end < where.size() && (is_name_byte(where[end]) || where[end] == '.')) ++end;
  return where.substr(colon + 1, end - colon - 1);
}

bool is_attribute(std::string_view word) {
  return word.size() > attribute_word.size() && word.substr(0, attribute_word.size()) == attribute_word;
}

bool escape_string_at(std::string_view text, std::size_t quote) {
  return quote > 0 && (text[quote - 1] == 'e' || text[quote - 1] == 'E') &&
         (quote == 1 || !is_name_byte(text[quote - 2]));
}

}  // namespace

std::string sql_literal(std::string_view text) {
  const bool escapes = text.find('\\') != std::string_view::npos;
  std::string out = escapes ? "E'" : "'";
  for (const char byte : text) {
    if (byte == '\'' || byte == '\\') out += byte;
    out += byte;
  }
  return out + "'";
}

// Placeholders become texts of the same length, so that what the parser says about positions holds for `where` too.
base::result<std::string> filter_text::check_and_sample(std::string_view where) {
  std::string sample;
  int depth = 0;
  for (std::size_t i = 0; i < where.size();) {
    const char byte = where[i];
    const char next = i + 1 < where.size() ? where[i + 1] : '\0';
    std::size_t end = i + 1;
    if (byte == '\'' || byte == '"') {
      end = end_of_quoted(where, i, byte == '\'' && escape_string_at(where, i));
      if (end == std::string_view::npos) return refused("has a quote that is not closed");
    } else if (byte == '\0' || byte == ';') {
      return refused("holds more than one expression");
    } else if (byte == '$') {
      return refused("holds a dollar sign", "write texts in single quotes; parameters do not exist here");
    } else if ((byte == '-' && next == '-') || (byte == '/' && next == '*')) {
      return refused("holds a comment", "comment in YAML");
    } else if (byte == '(') {
      ++depth;
    } else if (byte == ')') {
      if (--depth < 0) return refused("closes a parenthesis that it did not open");
    } else if (byte == ':' && next == ':') {
      end = i + 2;
    } else if (byte == ':' && is_name_byte(next)) {
      const std::string_view word = placeholder_at(where, i);
      if (word != user_word && !is_attribute(word))
        return refused("has an unknown placeholder `:" + std::string(word) + "`",
                       "write `:user` or `:attribute.<name>`");
      if (i > 0 && (where[i - 1] == '\'' || is_name_byte(where[i - 1])))
        return refused("has a placeholder right behind a text or a name", "put a blank or an operator between them");
      end = i + 1 + word.size();
      if (end < where.size() && where[end] == '\'') return refused("has a text right behind a placeholder");
      sample += "'" + std::string(word.size() - 1, '0') + "'";
      i = end;
      continue;
    }
    sample += where.substr(i, end - i);
    i = end;
  }
  if (depth != 0) return refused("opens a parenthesis that it does not close");
  return {boost::system::in_place_value, std::move(sample)};
}

void filter_text::cut(std::string_view where) {
  std::string copied;
  for (std::size_t i = 0; i < where.size();) {
    std::size_t end = i + 1;
    if (where[i] == '\'' || where[i] == '"') {
      end = end_of_quoted(where, i, where[i] == '\'' && escape_string_at(where, i));
    } else if (where[i] == ':' && end < where.size() && where[end] == ':') {
      end = i + 2;
    } else if (where[i] == ':' && end < where.size() && is_name_byte(where[end])) {
      const std::string_view word = placeholder_at(where, i);
      pieces_.push_back({std::move(copied), {}, false});
      copied.clear();
      if (word == user_word) {
        reads_user_ = true;
        pieces_.push_back({{}, {}, true});
      } else {
        const std::string name(word.substr(attribute_word.size()));
        attributes_.insert(name);
        pieces_.push_back({{}, name, false});
      }
      i = end + word.size();
      continue;
    }
    copied += where.substr(i, end - i);
    i = end;
  }
  pieces_.push_back({std::move(copied), {}, false});
}

base::result<filter_text> filter_text::make(std::string_view where) {
  if (where.size() > max_filter_bytes) return refused("is longer than " + std::to_string(max_filter_bytes) + " bytes");
  const auto sample = check_and_sample(where);
  if (!sample) return sample.error();

  constexpr std::string_view before = "SELECT WHERE (";
  const auto parsed = sql::parse(std::string(before) + *sample + ")");
  if (!parsed) return refused("is no SQL expression: " + parsed.error().cause);
  const catalog::snapshot nothing{catalog::contents{}};
  sql::name_space names;
  names.catalog = &nothing;
  const auto facts = sql::analyse(*parsed, names);
  if (!facts) return refused("is not understood: " + facts.error().cause);
  if (facts->parameter_count > 0) return refused("holds a parameter");

  // Names without a schema mean pg_catalog's, whatever the search_path of the session is.
  std::set<std::size_t, std::greater<>> unqualified;
  for (const auto& call : facts->functions) {
    if (call.maybe_field) continue;  // `a.b`: a column, which filter_reads_only looks for
    if (call.name.size() == 1 && call.offset >= before.size()) unqualified.insert(call.offset - before.size());
  }
  for (const auto& type : facts->types)
    if (type.name.size() == 1 && type.offset >= before.size()) unqualified.insert(type.offset - before.size());
  for (const auto& use : facts->uses)
    if (use.found != sql::resolution::cte && use.written_schema.empty())
      return refused("names relation `" + use.written_name + "` without its schema",
                     "write `schema." + use.written_name + "`");
  std::string qualified(where);
  for (const std::size_t at : unqualified)
    if (at < qualified.size()) qualified.insert(at, "pg_catalog.");

  filter_text made;
  made.cut(qualified);
  return made;
}

std::optional<std::string> filter_text::instantiate(std::string_view user,
                                                    const std::map<std::string, std::string>& attributes) const {
  // Blanks around a literal: it must not grow together with a text or a prefix (E, B, U&) that stands beside it.
  std::string out;
  for (const auto& each : pieces_) {
    if (each.user) {
      out += " " + sql_literal(user) + " ";
    } else if (!each.attribute.empty()) {
      const auto found = attributes.find(each.attribute);
      if (found == attributes.end() || found->second.find('\0') != std::string::npos) return std::nullopt;
      out += " " + sql_literal(found->second) + " ";
    } else {
      out += each.sql;
    }
  }
  return out;
}

}  // namespace sluice::policy
