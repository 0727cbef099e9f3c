#include "filter_text.hpp"

#include <cctype>

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

base::result<filter_text> filter_text::make(std::string_view where) {
  if (where.size() > max_filter_bytes) return refused("is longer than " + std::to_string(max_filter_bytes) + " bytes");
  filter_text made;
  std::string copied;
  int depth = 0;
  const auto placeholder = [&](piece what) {
    made.pieces_.push_back({std::move(copied), {}, false});
    copied.clear();
    made.pieces_.push_back(std::move(what));
  };

  for (std::size_t i = 0; i < where.size();) {
    const char byte = where[i];
    const char next = i + 1 < where.size() ? where[i + 1] : '\0';
    if (byte == '\'' || byte == '"') {
      const std::size_t end = end_of_quoted(where, i, byte == '\'' && escape_string_at(where, i));
      if (end == std::string_view::npos) return refused("has a quote that is not closed");
      copied += where.substr(i, end - i);
      i = end;
      continue;
    }
    if (byte == '\0' || byte == ';') return refused("holds more than one expression");
    if (byte == '$')
      return refused("holds a dollar sign", "write texts in single quotes; parameters do not exist here");
    if ((byte == '-' && next == '-') || (byte == '/' && next == '*'))
      return refused("holds a comment", "comment in YAML");
    if (byte == '(') ++depth;
    if (byte == ')' && --depth < 0) return refused("closes a parenthesis that it did not open");
    if (byte == ':' && next == ':') {
      copied += "::";
      i += 2;
      continue;
    }
    if (byte == ':' && is_name_byte(next)) {
      std::size_t end = i + 1;
      while (end < where.size() && (is_name_byte(where[end]) || where[end] == '.')) ++end;
      const std::string_view word = where.substr(i + 1, end - i - 1);
      if (word == user_word) {
        made.reads_user_ = true;
        placeholder({{}, {}, true});
      } else if (word.size() > attribute_word.size() && word.substr(0, attribute_word.size()) == attribute_word) {
        const std::string name(word.substr(attribute_word.size()));
        made.attributes_.insert(name);
        placeholder({{}, name, false});
      } else {
        return refused("has an unknown placeholder `:" + std::string(word) + "`",
                       "write `:user` or `:attribute.<name>`");
      }
      i = end;
      continue;
    }
    copied += byte;
    ++i;
  }
  if (depth != 0) return refused("opens a parenthesis that it does not close");
  made.pieces_.push_back({std::move(copied), {}, false});

  std::map<std::string, std::string> sample;
  for (const auto& name : made.attributes_) sample[name] = "0";
  const auto parsed = sql::parse("SELECT 1 WHERE (" + *made.instantiate("u", sample) + ")");
  if (!parsed) return refused("is no SQL expression: " + parsed.error().cause);
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
