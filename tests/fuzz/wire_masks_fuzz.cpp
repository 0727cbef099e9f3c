// What streams past, with masks on it: texts, JSON documents, rows, copies in three formats. Masking twice is masking
// once, no detector finds anything in what came out, and the framing is what it was, however the stream was cut.
//
// Input: kind, detectors, masked columns, fragment size, then the bytes.
#include <boost/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/copy_reader.hpp"
#include "fuzz/input.hpp"
#include "sluice/enforce/wire_masks.hpp"

namespace {

namespace enforce = sluice::enforce;
namespace json = boost::json;
using sluice::fuzz::require;
using detectors = std::vector<std::string>;

constexpr std::size_t most_columns = 8;

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t more = lead < 0x80                   ? 0
                             : lead >= 0xc2 && lead < 0xe0 ? 1
                             : lead >= 0xe0 && lead < 0xf0 ? 2
                             : lead >= 0xf0 && lead < 0xf5 ? 3
                                                           : 9;
    if (more == 9 || at + more >= text.size()) return false;
    for (std::size_t next = 1; next <= more; ++next) {
      const auto byte = static_cast<unsigned char>(text[at + next]);
      if (byte < 0x80 || byte > 0xbf) return false;
      if (next == 1 && ((lead == 0xe0 && byte < 0xa0) || (lead == 0xed && byte > 0x9f) ||
                        (lead == 0xf0 && byte < 0x90) || (lead == 0xf4 && byte > 0x8f)))
        return false;
    }
    at += more + 1;
  }
  return true;
}

void no_hit_in(std::string_view masked, const detectors& wanted) {
  for (const auto& each : wanted) {
    require(enforce::mask_text(masked, {each}) == masked, "no detector finds anything in masked text: " + each, masked);
  }
}

void text(std::string_view value, const detectors& wanted) {
  const std::string once = enforce::mask_text(value, wanted);
  require(enforce::mask_text(once, wanted) == once, "masking text twice is masking it once", once);
  require(!is_utf8(value) || is_utf8(once), "UTF-8 stays UTF-8", once);
  no_hit_in(once, wanted);
}

std::optional<json::value> document(std::string_view text) {
  boost::system::error_code failed;
  json::parse_options options;
  options.max_depth = 200;
  auto parsed = json::parse(json::string_view(text.data(), text.size()), failed, {}, options);
  if (failed) return std::nullopt;
  return parsed;
}

void same_shape(const json::value& before, const json::value& after, const detectors& wanted) {
  if (before.is_number()) return require(after.is_number(), "a number stays one");
  require(before.kind() == after.kind(), "each value keeps its kind", json::serialize(after));
  if (const auto* list = before.if_array()) {
    const auto& other = after.get_array();
    require(list->size() == other.size(), "lists keep their length");
    for (std::size_t at = 0; at < list->size(); ++at) same_shape((*list)[at], other[at], wanted);
  }
  if (const auto* string = after.if_string()) no_hit_in({string->data(), string->size()}, wanted);
  if (const auto* members = after.if_object()) {
    for (const auto& each : *members) no_hit_in({each.key().data(), each.key().size()}, wanted);
  }
}

void value(std::string_view given, const detectors& wanted) {
  const std::string once = enforce::mask_value(given, wanted);
  require(enforce::mask_value(once, wanted) == once, "masking a value twice is masking it once", once);
  require(!is_utf8(given) || is_utf8(once), "UTF-8 stays UTF-8", once);
  const bool binary = !given.empty() && given.front() == '\1';
  require(!binary || (!once.empty() && once.front() == '\1'), "the version of jsonb stays");
  const auto before = document(given.substr(binary ? 1 : 0));
  if (!before || (!binary && !before->is_structured() && !before->is_string())) return;
  const auto after = document(std::string_view(once).substr(binary ? 1 : 0));
  require(after.has_value(), "a document stays a document", once);
  same_shape(*before, *after, wanted);
}

std::vector<enforce::wire_mask> masks_on(std::uint8_t columns, const detectors& wanted) {
  std::vector<enforce::wire_mask> out;
  for (std::size_t at = 0; at < most_columns; ++at) {
    if ((columns >> at & 1) != 0) out.push_back({at, wanted});
  }
  return out;
}

std::string built_row(std::string_view values) {
  sluice::fuzz::row made;
  while (!values.empty() && made.size() < most_columns) {
    const auto end = values.find('\n');
    const auto value = values.substr(0, end);
    made.push_back(value == "\\N" ? std::nullopt : std::optional<std::string>(value));
    values.remove_prefix(end == std::string_view::npos ? values.size() : end + 1);
  }
  return sluice::fuzz::data_row(made);
}

void row(std::string_view body, std::uint8_t columns, const detectors& wanted) {
  const enforce::row_masker masker(masks_on(columns, wanted));
  const auto once = masker.mask_row(body);
  const auto before = sluice::fuzz::read_data_row(body);
  if (!once) return require(!once.error().cause.empty(), "a row is refused with a cause");
  const auto after = sluice::fuzz::read_data_row(*once);
  require(before.has_value() && after.has_value() && before->size() == after->size(), "a row stays a row", *once);
  for (std::size_t at = 0; at < before->size(); ++at) {
    const auto& was = (*before)[at];
    const bool masked = at < most_columns && (columns >> at & 1) != 0;
    require((*after)[at] == (was && masked ? std::optional(enforce::mask_value(*was, wanted)) : was),
            "each value is masked as its column says", *once);
  }
  const auto twice = masker.mask_row(*once);
  require(twice.has_value() && *twice == *once, "masking a row twice is masking it once", *once);
}

std::optional<std::string> masked_copy(std::string_view stream, std::size_t fragment, std::uint8_t columns,
                                       const detectors& wanted, const enforce::copy_options& options) {
  enforce::copy_masker masker(masks_on(columns, wanted), options);
  std::string out;
  while (!stream.empty()) {
    const auto piece = stream.substr(0, fragment);
    stream.remove_prefix(piece.size());
    auto made = masker.feed(piece);
    if (!made) {
      require(!masker.feed("x").has_value() && !masker.finish().has_value(), "a copy that failed is over");
      return std::nullopt;
    }
    out += *made;
  }
  auto end = masker.finish();
  if (!end) return std::nullopt;
  return out + *end;
}

void copy(std::string_view stream, std::size_t fragment, std::uint8_t columns, const detectors& wanted,
          const enforce::copy_options& options) {
  const auto whole = masked_copy(stream, std::max<std::size_t>(stream.size(), 1), columns, wanted, options);
  const auto pieces = masked_copy(stream, fragment, columns, wanted, options);
  require(whole == pieces, "where a stream is cut makes no difference",
          whole.value_or("(refused)") + "\n" + pieces.value_or("(refused)"));
  if (!whole) return;
  const auto twice = masked_copy(*whole, fragment, columns, wanted, options);
  require(twice == whole, "masking a copy twice is masking it once", *whole);
  const auto before = sluice::fuzz::read_copy(stream, options);
  const auto after = sluice::fuzz::read_copy(*whole, options);
  require(before.has_value() == after.has_value(), "a copy stays a copy", *whole);
  if (!before) return;
  require(before->size() == after->size(), "rows are neither lost nor made", *whole);
  for (std::size_t at = 0; at < before->size(); ++at) {
    const auto& was = (*before)[at];
    const auto& is = (*after)[at];
    require(was.size() == is.size(), "a row keeps its fields", *whole);
    const bool header = at == 0 && options.header && options.format != enforce::copy_format::binary;
    for (std::size_t field = 0; field < was.size(); ++field) {
      const bool masked = !header && field < most_columns && (columns >> field & 1) != 0;
      require(was[field].has_value() == is[field].has_value(), "NULL stays NULL", *whole);
      if (!was[field]) continue;
      require(*is[field] == (masked ? enforce::mask_value(*was[field], wanted) : *was[field]),
              "each field is masked as its column says", *whole);
    }
  }
}

enforce::copy_options options_from(std::uint8_t choice, enforce::copy_format format) {
  enforce::copy_options options;
  options.format = format;
  options.header = (choice & 1) != 0;
  if (format == enforce::copy_format::text) options.delimiter = (choice & 2) != 0 ? '|' : '\t';
  if (format == enforce::copy_format::csv) {
    options.null_text.clear();
    options.delimiter = (choice & 2) != 0 ? ';' : ',';
    options.quote = options.escape = (choice & 4) != 0 ? '\'' : '"';
    if ((choice & 8) != 0) options.escape = '\\';
  }
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::fuzz::input from(data, size);
  const std::uint8_t kind = from.byte();
  const std::uint8_t choice = from.byte();
  const std::uint8_t columns = from.byte();
  const std::uint8_t cut = from.byte();
  detectors wanted;
  const auto known = enforce::detector_names();
  for (std::size_t at = 0; at < known.size(); ++at) {
    if (choice == '*' || (choice >> at & 1) != 0) wanted.emplace_back(known[at]);
  }
  const std::size_t fragment = 1 + cut % 32;
  switch (kind) {
    case 't': text(from.rest(), wanted); break;
    case 'v': value(from.rest(), wanted); break;
    case 'd': row(from.rest(), columns, wanted); break;
    case 'r': row(built_row(from.rest()), columns, wanted); break;
    case 'c': copy(from.rest(), fragment, columns, wanted, options_from(cut >> 4, enforce::copy_format::text)); break;
    case 'q': copy(from.rest(), fragment, columns, wanted, options_from(cut >> 4, enforce::copy_format::csv)); break;
    case 'b': copy(from.rest(), fragment, columns, wanted, options_from(0, enforce::copy_format::binary)); break;
    case 'B':
      copy(sluice::fuzz::binary_copy(from.rest()), fragment, columns, wanted,
           options_from(0, enforce::copy_format::binary));
      break;
    default: break;
  }
  return 0;
}
