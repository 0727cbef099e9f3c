#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "sluice/config/yaml.hpp"

namespace sluice::config {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<unit, 5> durations = {
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<unit, 8> sizes = {{{"", 1},
                                        {"B", 1},
                                        {"KiB", 1ull << 10},
                                        {"MiB", 1ull << 20},
                                        {"GiB", 1ull << 30},
                                        {"kB", 1000},
                                        {"MB", 1000'000},
                                        {"GB", 1000'000'000}}};
constexpr std::size_t longest_shown_value = 60;

std::optional<std::uint64_t> scaled(std::string_view text, std::span<const unit> units, std::uint64_t most) {
  std::uint64_t count = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc()) return std::nullopt;
  const std::string_view named(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  for (const auto& each : units) {
    if (each.name == named) return count > most / each.factor ? std::nullopt : std::optional(count * each.factor);
  }
  return std::nullopt;
}

bool is_plain(const YAML::Node& node) { return node.IsScalar() && node.Tag() != "!"; }

std::string shown(const YAML::Node& node) {
  if (node.IsNull()) return "nothing";
  if (node.IsMap()) return "a mapping";
  if (node.IsSequence()) return "a list";
  const std::string& text = node.Scalar();
  return "`" + (text.size() > longest_shown_value ? text.substr(0, longest_shown_value) + "…" : text) + "`";
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  const auto count = scaled(text, durations, std::numeric_limits<std::int64_t>::max() / 1'000'000);
  if (!count) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*count));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return scaled(text, sizes, std::numeric_limits<std::uint64_t>::max());
}

void mapping::wrong(std::string_view key, const YAML::Node& value, std::string_view expected) const {
  // The mark of a missing value is where the next token begins: the key is the better place.
  problems_->error(value.IsNull() ? key_of(key) : value,
                   "`" + std::string(key) + "` must be " + std::string(expected) + ", not " + shown(value));
}

bool read_text(const YAML::Node& node, report& problems, std::string_view name, std::string& into) {
  std::string fault;
  if (!node.IsDefined() || !node.IsScalar()) {
    fault = node.IsDefined() ? ", not " + shown(node) : "";
  } else if (node.Scalar().empty()) {
    fault = ", not empty";
  } else if (node.Scalar().find('\0') != std::string::npos) {
    fault = " without NUL bytes";
  } else {
    into = node.Scalar();
    return true;
  }
  problems.error(node, "`" + std::string(name) + "` must be a text" + fault);
  return false;
}

bool mapping::boolean(std::string_view key, bool& into, need how) const {
  const YAML::Node value = find(key, how);
  if (!value.IsDefined()) return false;
  const bool on = is_plain(value) && value.Scalar() == "true";
  if (!on && !(is_plain(value) && value.Scalar() == "false")) {
    wrong(key, value, "`true` or `false`");
    return false;
  }
  into = on;
  return true;
}

bool mapping::number(std::string_view key, double& into, need how) const {
  const YAML::Node value = find(key, how);
  if (!value.IsDefined()) return false;
  double read = 0;
  if (is_plain(value)) {
    const std::string& text = value.Scalar();
    const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), read);
    if (failure == std::errc() && rest == text.data() + text.size() && std::isfinite(read)) {
      into = read;
      return true;
    }
  }
  wrong(key, value, "a number");
  return false;
}

bool mapping::integer_in(std::string_view key, std::int64_t& into, std::int64_t least, std::int64_t most,
                         need how) const {
  const YAML::Node value = find(key, how);
  if (!value.IsDefined()) return false;
  if (is_plain(value)) {
    const std::string& text = value.Scalar();
    const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), into);
    if (failure == std::errc() && rest == text.data() + text.size() && into >= least && into <= most) return true;
  }
  wrong(key, value, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return false;
}

bool mapping::size_in(std::string_view key, std::uint64_t& into, std::uint64_t least, std::uint64_t most,
                      need how) const {
  const YAML::Node value = find(key, how);
  if (!value.IsDefined()) return false;
  const auto read = value.IsScalar() ? parse_size(value.Scalar()) : std::nullopt;
  if (!read) {
    wrong(key, value, "a size such as `64KiB`, `256MiB` or a number of bytes");
    return false;
  }
  if (*read < least || *read > most) {
    wrong(key, value, "from " + std::to_string(least) + " to " + std::to_string(most) + " bytes");
    return false;
  }
  into = *read;
  return true;
}

bool mapping::duration(std::string_view key, std::chrono::milliseconds& into, need how) const {
  const YAML::Node value = find(key, how);
  if (!value.IsDefined()) return false;
  const auto read = value.IsScalar() ? parse_duration(value.Scalar()) : std::nullopt;
  if (!read) {
    wrong(key, value, "a duration such as `200ms`, `15s`, `5m`, `1h` or 0");
    return false;
  }
  into = *read;
  return true;
}

void report_choice(const YAML::Node& node, report& problems, std::string_view name,
                   const std::vector<std::string_view>& spellings) {
  std::string list;
  for (std::size_t index = 0; index < spellings.size(); ++index) {
    if (index > 0) list += index + 1 == spellings.size() ? " or " : ", ";
    list += "`" + std::string(spellings[index]) + "`";
  }
  problems.error(node,
                 "`" + std::string(name) + "` must be " + list + (node.IsDefined() ? ", not " + shown(node) : ""));
}

}  // namespace sluice::config
