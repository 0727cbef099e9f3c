#include "sluice/sql/tree.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "guarded_parser.hpp"
#include "node.hpp"
#include "sluice/sql/budget.hpp"
#include "weigh.hpp"

namespace sluice::sql {
namespace {

// Operator runs beyond these make PostgreSQL's lexer quadratic (measured: 100 KB of `+` take a minute).
constexpr std::size_t max_comment_starts_in_run = 8;
constexpr std::size_t max_plus_in_run = 32;
constexpr std::size_t units_per_token = 4;  // to parse it, print it as JSON and read that (budget.hpp)
// A node is an object in an object, often in an array: JSON levels per level of the parse tree.
constexpr std::size_t json_levels_per_node = 4;

base::diagnostic problem(std::string sqlstate, std::string cause, std::string hint = {}) {
  base::diagnostic out;
  out.sqlstate = std::move(sqlstate);
  out.cause = std::move(cause);
  out.hint = std::move(hint);
  return out;
}

// Length of the UTF-8 sequence at `at`, 0 when it is invalid (overlong forms, surrogates and beyond U+10FFFF included).
std::size_t sequence_length(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned { return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    if (lead == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

bool operator_character(char c) { return std::string_view("+-*/<>=~!@#%^&|`?").find(c) != std::string_view::npos; }

std::optional<base::diagnostic> refuse_text(std::string_view sql, const parse_limits& limits) {
  if (sql.size() > limits.max_bytes) {
    return problem("54000", "statement is " + std::to_string(sql.size()) + " bytes, more than the limit of " + std::to_string(limits.max_bytes),
                   "split the statement, or use COPY for bulk data");
  }
  std::size_t stars = 0, pluses = 0;
  for (std::size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    if (c == '\0') return problem("22021", "invalid byte sequence for encoding \"UTF8\": 0x00");
    if (operator_character(c)) {
      if (c == '/' && at + 1 < sql.size() && sql[at + 1] == '*') ++stars;
      if (c == '+') ++pluses;
      if (stars > max_comment_starts_in_run || pluses > max_plus_in_run)
        return problem("54000", "operator is too long", "put spaces between operators");
    } else {
      stars = pluses = 0;
    }
    const std::size_t length = sequence_length(sql, at);
    if (length == 0) return problem("22021", "invalid byte sequence for encoding \"UTF8\"");
    at += length;
  }
  return std::nullopt;
}

// libpg_query gives the wording but no SQLSTATE; these are the ones its scanner and grammar raise besides 42601.
std::string sqlstate_of(std::string_view message) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> table{{
      {"stack depth limit exceeded", "54001"},
      {"memory exhausted", "54001"},
      {"out of memory", "53200"},
      {"invalid Unicode", "42601"},
      {"unsafe use of \\'", "22P06"},
      {"invalid byte sequence", "22021"},
      {"is not implemented", "0A000"},
      {"not supported", "0A000"},
  }};
  for (const auto& [part, state] : table) {
    if (message.find(part) != std::string_view::npos) return std::string(state);
  }
  return "42601";
}

std::uint64_t varint(std::string_view bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; at < bytes.size() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if ((byte & 0x80u) == 0) return value;
  }
  return value;
}

// ScanToken of pg_query.proto: start = 1, end = 2, token = 4, keyword_kind = 5, all varints.
token read_token(std::string_view bytes) {
  token out;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::uint64_t key = varint(bytes, at);
    const std::uint64_t value = varint(bytes, at);
    if (key >> 3 == 1) out.start = static_cast<std::uint32_t>(value);
    if (key >> 3 == 2) out.end = static_cast<std::uint32_t>(value);
    if (key >> 3 == 4) out.kind = static_cast<std::int32_t>(value);
  }
  return out;
}

bool scan(const std::string& text, std::vector<token>& into) {
  std::optional<PgQueryScanResult> scanned = guarded_scan(text.c_str());
  if (!scanned) return false;
  const bool whole = !scanned->error;
  if (whole) {
    const std::string_view bytes(scanned->pbuf.data, scanned->pbuf.len);
    // ScanResult: version = 1 (varint), tokens = 2 (length-delimited).
    for (std::size_t at = 0; at < bytes.size();) {
      const std::uint64_t key = varint(bytes, at);
      const std::uint64_t value = varint(bytes, at);
      if ((key & 7u) != 2) continue;
      into.push_back(read_token(bytes.substr(at, value)));
      at += value;
    }
  }
  pg_query_free_scan_result(*scanned);
  return whole;
}

std::optional<base::diagnostic> refuse_weight(const std::vector<token>& tokens, const parse_limits& limits) {
  const std::size_t weight = weigh(tokens);
  if (weight <= limits.max_tokens) return std::nullopt;
  if (tokens.size() <= limits.max_tokens) {
    return problem("54001", "statement is too complex: it assigns one source to many columns",
                   "write `SET a = …, b = …` in place of `SET (a, b) = …`, or join the source in FROM");
  }
  return problem("54001", "statement has " + std::to_string(tokens.size()) + " words and signs, more than the limit of " + std::to_string(limits.max_tokens),
                 "split the statement, or use COPY for bulk data");
}

void collect_relations(const element& in, std::set<std::string>& into) {
  array items;
  if (in.get(items) == simdjson::SUCCESS) {
    for (const element each : items) collect_relations(each, into);
    return;
  }
  object body;
  if (in.get(body) != simdjson::SUCCESS) return;
  const std::string_view name = text(body, "relname"), schema = text(body, "schemaname");
  if (!name.empty() && !schema.empty()) into.insert(std::string(schema) + '\0' + std::string(name));
  for (const auto entry : body) collect_relations(entry.value, into);
}

}  // namespace

tree::tree(std::unique_ptr<state> inside) : state_(std::move(inside)) {}
tree::~tree() = default;
tree::tree(tree&&) noexcept = default;
tree& tree::operator=(tree&&) noexcept = default;

const std::string& tree::text() const { return state_->text; }

std::size_t tree::statement_count() const {
  object root;
  if (state_->root.get(root) != simdjson::SUCCESS) return 0;
  return list(root, "stmts").size();
}

base::result<tree> parse(std::string_view sql, const parse_limits& limits) {
  if (auto refused = refuse_text(sql, limits)) return std::move(*refused);
  auto state = std::make_unique<tree::state>();
  state->text = std::string(sql);
  state->scanned = scan(state->text, state->tokens);
  if (state->scanned) {
    if (auto refused = refuse_weight(state->tokens, limits)) return std::move(*refused);
    budget::charge(state->tokens.size() * units_per_token);
  }
  std::optional<PgQueryParseResult> parsed = guarded_parse(state->text.c_str());
  if (!parsed) return problem("54001", "statement is too large for the parser", "split the statement");
  struct release {
    PgQueryParseResult& result;
    ~release() { pg_query_free_parse_result(result); }
  } guard{*parsed};
  if (parsed->error) {
    const std::string message = parsed->error->message ? parsed->error->message : "syntax error";
    base::diagnostic why = problem(sqlstate_of(message), message);
    // cursorpos counts characters from 1; 0 means unknown.
    if (parsed->error->cursorpos > 0) why.where.offset = static_cast<std::size_t>(parsed->error->cursorpos) - 1;
    return why;
  }
  if (!parsed->parse_tree) return problem("53200", "out of memory while parsing");
  // Scanner and grammar share one lexer: this would be a text whose size nobody has reckoned.
  if (!state->scanned) return problem("42601", "statement does not scan");
  const std::string_view json(parsed->parse_tree);
  if (state->parser.allocate(json.size(), limits.max_depth * json_levels_per_node) != simdjson::SUCCESS)
    return problem("53200", "out of memory while parsing");
  const auto outcome = state->parser.parse(json.data(), json.size()).get(state->root);
  if (outcome == simdjson::DEPTH_ERROR || outcome == simdjson::CAPACITY || outcome == simdjson::TAPE_ERROR)
    return problem("54001", "statement is nested too deeply", "simplify the statement");
  if (outcome != simdjson::SUCCESS) return problem("XX000", "parse tree is not readable");
  return tree(std::move(state));
}

base::result<std::vector<token>> tree::tokens() const {
  if (!state_->scanned) return problem("42601", "statement does not scan");
  return state_->tokens;
}

std::vector<std::string> qualified_relations(const tree& of) {
  std::set<std::string> found;
  collect_relations(of.inside().root, found);
  return {found.begin(), found.end()};
}

std::string fingerprint(const tree& of) {
  const auto tokens = of.tokens();
  if (!tokens) return {};
  std::uint64_t hash = 1469598103934665603ull;
  const auto mix = [&](unsigned char byte) { hash = (hash ^ byte) * 1099511628211ull; };
  for (const token& each : *tokens) {
    if (each.comment()) continue;
    const bool literal = each.kind >= token_kind::first_literal && each.kind <= token_kind::last_literal && each.kind != token_kind::op;
    mix(static_cast<unsigned char>(literal ? '?' : ' '));
    if (literal) continue;
    for (std::size_t at = each.start; at < each.end; ++at) {
      const auto byte = static_cast<unsigned char>(of.text()[at]);
      mix(byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte + 32) : byte);
    }
  }
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[(hash >> shift) & 15u];
  return out;
}

std::size_t characters_before(std::string_view utf8, std::size_t offset) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < std::min(offset, utf8.size()); ++at) count += (static_cast<unsigned char>(utf8[at]) & 0xC0u) != 0x80u;
  return count;
}

}  // namespace sluice::sql
