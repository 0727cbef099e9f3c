// Masks as SQL expressions. The result has the declared type and typmod of the column, cannot raise, and uses only
// operators and functions written with their schema (pg_catalog), so that nobody's search_path reaches into it.
//
// Threading: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/diagnostic.hpp"
#include "sluice/catalog/snapshot.hpp"
#include "sluice/policy/policy.hpp"

namespace sluice::enforce {

// Custom setting that holds the key of token masks on the upstream connection of restricted principals; its name is on no
// allow-list, so that no client can read it, and the key itself stands in no SQL text.
inline constexpr std::string_view token_key_setting = "sluice.token_key";

// `column_sql` is the column as it is to be written (quoted, maybe qualified). A mask that does not fit the column's type
// becomes a NULL of that type.
std::string mask_expression(const policy::mask& with, const catalog::column& column, std::string_view column_sql);

// True when the mask's value is computed from the column (then `is null` stays visible), false for constants and NULL.
bool reads_column(const policy::mask& with, const catalog::column& column);

// "name" with quotes doubled; always quoted.
std::string quote_identifier(std::string_view name);
// 'text' as a literal that means the same under any setting (E'' form when it holds a backslash).
std::string quote_literal(std::string_view text);

}  // namespace sluice::enforce
