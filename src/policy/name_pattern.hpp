// How a policy names things: exactly, by glob (`*`, `?`), or by `re2:` and a regular expression that is searched for.
//
// Threading: immutable once made; matching is const.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sluice/base/diagnostic.hpp"

namespace re2 {
class RE2;
}

namespace sluice::policy {

inline constexpr std::size_t max_pattern_bytes = 1024;

enum class letter_case { exact, ignored };

class name_pattern {
 public:
  name_pattern() = default;  // matches everything
  static base::result<name_pattern> make(std::string_view text, letter_case how);

  bool matches(std::string_view name) const;
  bool is_everything() const { return kind_ == kind::everything; }
  bool is_exact() const { return kind_ == kind::exact; }
  const std::string& text() const { return text_; }

 private:
  enum class kind { everything, exact, glob, expression };
  kind kind_ = kind::everything;
  letter_case case_ = letter_case::exact;
  std::string text_ = "*";
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace sluice::policy
