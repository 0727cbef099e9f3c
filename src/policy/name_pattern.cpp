#include "name_pattern.hpp"

#include <re2/re2.h>

namespace sluice::policy {
namespace {

constexpr std::string_view expression_prefix = "re2:";

// PostgreSQL folds ASCII letters alone in UTF-8 databases; so do we.
std::string folded(std::string_view text) {
  std::string out(text);
  for (char& each : out)
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  return out;
}

// Backtracks to the last star alone: linear in text times pattern.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

base::result<name_pattern> name_pattern::make(std::string_view text, letter_case how) {
  if (text.empty())
    return base::diagnostic{.cause = "an empty name matches nothing", .hint = "write `*` for every name"};
  if (text.size() > max_pattern_bytes)
    return base::diagnostic{.cause = "the pattern is longer than " + std::to_string(max_pattern_bytes) + " bytes"};
  name_pattern made;
  made.text_ = std::string(text);
  made.case_ = how;
  if (text.substr(0, expression_prefix.size()) == expression_prefix) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(how == letter_case::exact);
    const std::string_view expression = text.substr(expression_prefix.size());
    auto compiled = std::make_shared<const RE2>(re2::StringPiece(expression.data(), expression.size()), options);
    if (!compiled->ok())
      return base::diagnostic{
          .cause = "`" + std::string(expression) + "` is no regular expression: " + compiled->error(),
          .hint = "the syntax is RE2's"};
    made.kind_ = kind::expression;
    made.expression_ = std::move(compiled);
    return made;
  }
  if (text == "*") return made;
  made.kind_ = text.find_first_of("*?") == std::string_view::npos ? kind::exact : kind::glob;
  if (how == letter_case::ignored) made.text_ = folded(text);
  return made;
}

bool name_pattern::matches(std::string_view name) const {
  switch (kind_) {
    case kind::everything: return true;
    case kind::exact: return case_ == letter_case::exact ? text_ == name : text_ == folded(name);
    case kind::glob: return case_ == letter_case::exact ? glob_matches(text_, name) : glob_matches(text_, folded(name));
    case kind::expression: return RE2::PartialMatch(re2::StringPiece(name.data(), name.size()), *expression_);
  }
  return false;
}

}  // namespace sluice::policy
