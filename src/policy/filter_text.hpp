// The `where` of a row filter: SQL with `:user` and `:attribute.name` in it.
//
// Threading: immutable; instantiate() is const.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/diagnostic.hpp"

namespace sluice::policy {

inline constexpr std::size_t max_filter_bytes = 16u << 10;

class filter_text {
 public:
  // Refuses what is not one boolean expression on its own: unbalanced parentheses or quotes, `;`, comments, dollar
  // quotes, unknown placeholders, text that does not parse.
  static base::result<filter_text> make(std::string_view where);

  bool reads_user() const { return reads_user_; }
  const std::set<std::string>& attributes() const { return attributes_; }

  // Nothing when an attribute that the filter reads is missing: no row may then be seen.
  std::optional<std::string> instantiate(std::string_view user,
                                         const std::map<std::string, std::string>& attributes) const;

 private:
  struct piece {
    std::string sql;        // copied
    std::string attribute;  // or: the value of this attribute, as a literal
    bool user = false;      // or: the user name, as a literal
  };
  static base::result<std::string> check_and_sample(std::string_view where);
  void cut(std::string_view where);

  std::vector<piece> pieces_;
  std::set<std::string> attributes_;
  bool reads_user_ = false;
};

// 'text', or E'text' when it holds a backslash, so that it means the same under any setting.
std::string sql_literal(std::string_view text);

}  // namespace sluice::policy
