// Rewriting by splicing text, and the proof that nothing else changed.
//
// The user's text is never generated again: byte ranges are replaced, the outcome is parsed again, and its tree must equal the
// original one with exactly the expected differences at exactly the expected places. What is not proven is refused.
// Pure; any thread with a parse stack.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/diagnostic.hpp"
#include "sluice/sql/tree.hpp"

namespace sluice::sql {

// Replaces bytes [start, end) of the original by `text`.
struct edit {
  std::size_t start = 0;
  std::size_t end = 0;
  std::string text;
};

// Fails when two edits overlap. Sorts `edits` by start (stable: insertions at one place keep their order).
base::result<std::string> splice(std::string_view original, std::vector<edit>& edits);

enum class difference {
  relation_name,   // RangeVar: now written as `schema`.name
  relation_guard,  // RangeVar (or its TABLESAMPLE) became the FROM item `fragment`
  column,          // ColumnRef became the expression `fragment`
  named_column,    // … and the select item got the name `name`, which it had implicitly before
  copy_source,     // COPY relation (columns) became COPY (`fragment`)
  where,           // WHERE became `fragment`, in which $65000 stands for the user's own condition
  argument,        // FuncCall: the first argument became `fragment`, in which $65000 stands for the user's own
  group_by,        // `fragment` was put in front of the GROUP BY list
  constant,        // A_Const became the constant `fragment`
  object_name      // a name list without position (DROP): item `ordinal` of statement `statement` is now schema.name
};
struct expected {
  difference what = difference::relation_name;
  // Of the RangeVar, ColumnRef or A_Const; of the target for `where`; of the call for `argument`; of the first item for `group_by`.
  std::size_t offset = 0;
  std::string fragment;
  std::string schema;
  std::string name;
  std::size_t statement = 0, ordinal = 0;
};
inline constexpr int hole_parameter = 65000;

// `untouched`: offsets of relation names that may stay as they are (common table expressions, resolved and unguarded ones).
// A relation name that is neither there nor in `differences` fails the proof: no relation escapes being looked at.
std::optional<base::diagnostic> prove(const tree& original, const tree& rewritten, const std::vector<expected>& differences,
                                      const std::set<std::size_t>& untouched);

}  // namespace sluice::sql
