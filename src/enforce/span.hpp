// Byte ranges of names and clauses, found from the scanner's tokens. Everything found here is checked by the proof.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/sql/tree.hpp"

namespace sluice::enforce {

class token_walk {
 public:
  token_walk(std::string_view text, const std::vector<sql::token>& tokens) : text_(text), tokens_(tokens) {}

  // Index of the token that starts at `offset`; nullopt when none does.
  std::optional<std::size_t> at(std::size_t offset) const;
  std::size_t next(std::size_t index) const;                      // the token after, comments skipped; size() at the end
  std::optional<std::size_t> before(std::size_t index) const;
  bool is(std::size_t index, int kind) const { return index < tokens_.size() && tokens_[index].kind == kind; }
  bool word(std::size_t index, std::string_view lower_case) const;
  std::size_t start(std::size_t index) const { return index < tokens_.size() ? tokens_[index].start : text_.size(); }
  std::size_t end(std::size_t index) const { return index < tokens_.size() ? tokens_[index].end : text_.size(); }
  std::size_t size() const { return tokens_.size(); }
  // Last token of a dotted name of `parts` parts that begins at `index`.
  std::optional<std::size_t> name(std::size_t index, std::size_t parts) const;
  // The parenthesis that closes the one at `index`.
  std::optional<std::size_t> closing(std::size_t index) const;

 private:
  std::string_view text_;
  const std::vector<sql::token>& tokens_;
};

}  // namespace sluice::enforce
