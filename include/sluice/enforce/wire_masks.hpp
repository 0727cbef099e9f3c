// Masks on the way back: detectors (RE2) over text inside DataRow and COPY OUT, as it streams past.
//
// Threading: detector sets are immutable and shared; a row_masker belongs to one session. Nothing buffers a result: at most
// one row (DataRow) or one field (COPY) is held, bounded by max_field_bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/diagnostic.hpp"
#include "sluice/enforce/gate.hpp"

namespace sluice::enforce {

// No field longer than this is held; a longer one in a masked column ends the session.
inline constexpr std::size_t max_field_bytes = 64u << 20;

// Names: email, phone_jp, phone_e164, card, my_number, ipv4, ipv6, api_key.
bool is_detector(std::string_view name);
std::vector<std::string_view> detector_names();

// Replaces every match by a mask of the same kind ("[email]", "[phone]", …). Idempotent. A detector that is not known masks
// the whole text.
std::string mask_text(std::string_view text, const std::vector<std::string>& detectors);

// As mask_text, but a JSON document stays one: its strings are masked one by one behind their escapes, numbers become 0.
// A leading version byte of binary jsonb stays. This is what runs over columns.
std::string mask_value(std::string_view value, const std::vector<std::string>& detectors);

// False for columns that hold no text: detectors say nothing about those, and they read as NULL.
bool detectors_fit(const catalog::column& column);

// SQL that masks at least whatever mask_value would: regexp_replace of pg_catalog, cast to the column's type. A JSON document
// with a match is replaced as a whole; columns of types other than text and JSON become NULL.
std::string detect_expression(const std::vector<std::string>& detectors, const catalog::column& column,
                              std::string_view column_sql);

// One DataRow message body in (after the length), the masked body out. Text and binary formats of text-like columns, json
// and jsonb (binary jsonb: version byte, then text). Fails on a body that is not a DataRow or lacks a masked column: the
// session then ends.
class row_masker {
 public:
  explicit row_masker(std::vector<wire_mask> masks);
  base::result<std::string> mask_row(std::string_view data_row_body) const;

 private:
  std::vector<wire_mask> masks_;  // by column, each once
};

// COPY OUT: feed CopyData payloads in order (their boundaries are not rows), send what comes out, finish() at CopyDone.
// After an error nothing more comes out.
class copy_masker {
 public:
  copy_masker(std::vector<wire_mask> masks, copy_options options);
  ~copy_masker();
  copy_masker(copy_masker&&) noexcept;
  base::result<std::string> feed(std::string_view payload);
  base::result<std::string> finish();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace sluice::enforce
