// SQL text as PostgreSQL's own grammar reads it (libpg_query, grammar of PostgreSQL 15).
//
// Threading: parse() may run on any thread with a stack of enforce::parse_stack_bytes; each thread that ever parses costs one
// pthread key, so call it from a fixed set of threads. A tree is immutable; it owns its text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/diagnostic.hpp"

namespace sluice::sql {

struct parse_limits {
  std::size_t max_bytes = 1u << 20;
  std::size_t max_depth = 1000;  // of the parse tree
  // Each one becomes up to 200 bytes of JSON and of our own facts: what bounds time and memory, whatever the text is like.
  std::size_t max_tokens = 600'000;
};

// Token numbers of libpg_query 15 that we read by name (pg_query.proto, enum Token).
namespace token_kind {
inline constexpr int identifier = 258, first_literal = 260, last_literal = 267, op = 265, sql_comment = 275, c_comment = 276;
inline constexpr int as = 294, by = 315, distinct = 390, from = 429, group = 438, only = 544, repeatable = 599, returning = 606, set = 632,
                     tablesample = 663, where = 713;
}  // namespace token_kind

// One token of the text: bytes [start, end). Comments are tokens too.
struct token {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  std::int32_t kind = 0;  // libpg_query's token number; single characters are their ASCII code
  bool comment() const { return kind == token_kind::sql_comment || kind == token_kind::c_comment; }
};

class tree {
 public:
  ~tree();
  tree(tree&&) noexcept;
  tree& operator=(tree&&) noexcept;

  const std::string& text() const;
  std::size_t statement_count() const;
  // Sorted by start.
  base::result<std::vector<token>> tokens() const;

  struct state;
  const state& inside() const { return *state_; }

 private:
  friend base::result<tree> parse(std::string_view sql, const parse_limits& limits);
  explicit tree(std::unique_ptr<state> inside);
  std::unique_ptr<state> state_;
};

// Errors carry PostgreSQL's wording, SQLSTATE (42601, 22P05, 54000, 54001, …) and the character offset (0-based).
base::result<tree> parse(std::string_view sql, const parse_limits& limits = {});

// Relations that the text names together with their schema: `schema NUL name`, sorted.
std::vector<std::string> qualified_relations(const tree& of);

// A stable name of the statement's shape, literals left out: 16 hex digits. Empty when it cannot be made.
std::string fingerprint(const tree& of);

// Number of characters before byte `offset` in UTF-8 text.
std::size_t characters_before(std::string_view utf8, std::size_t offset);

}  // namespace sluice::sql
