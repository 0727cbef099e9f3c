// Reading YAML so that every problem is told with its position: shared by the config, the users file and the policy.
//
//   report problems(path);
//   if (auto root = load_yaml(path, problems)) {
//     mapping top(*root, problems, "the users file", {"users"});       // unknown and repeated keys are reported here
//     top.text("name", into, need::required);                          // false and `into` untouched when missing or
//     wrong
//   }
//   return problems.take_errors();                                     // in file order
//
// Threading: values on one thread. Nothing throws on bad input; a node that is missing or wrong reads as absent.
// A mapping keeps references to the report and to the nodes (shared with the document), not to the key list.
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/diagnostic.hpp"
#include "sluice/base/nearest.hpp"
#include "sluice/base/secret.hpp"

namespace sluice::config {

inline constexpr std::size_t max_yaml_bytes = 16u << 20;
inline constexpr std::size_t max_secret_bytes = 64u << 10;

// Collects the problems of one file.
class report {
 public:
  explicit report(std::string file) : file_(std::move(file)) {}

  const std::string& file() const { return file_; }
  // The position of a node; the file alone for a node that is not in the text.
  base::place place_of(const YAML::Node& node) const;

  void error(const YAML::Node& at, std::string cause, std::string hint = {});
  void error(base::place at, std::string cause, std::string hint = {});
  void warning(const YAML::Node& at, std::string cause, std::string hint = {});

  bool has_errors() const { return !errors_.empty(); }
  // Sorted by position; leaves the report empty.
  std::vector<base::diagnostic> take_errors();
  std::vector<base::diagnostic> take_warnings();

 private:
  std::string file_;
  std::vector<base::diagnostic> errors_;
  std::vector<base::diagnostic> warnings_;
};

// The root of a file, or nothing after reporting why: unreadable, too large, not YAML, more than one document.
// An empty file gives a null node.
std::optional<YAML::Node> load_yaml(const std::string& path, report& problems);
std::optional<YAML::Node> parse_yaml(const std::string& text, report& problems);

enum class need { optional, required };

template <class Enum>
using choices = std::span<const std::pair<std::string_view, Enum>>;

// Nodes that stand alone, reported as "`name` must be …".
bool read_text(const YAML::Node& node, report& problems, std::string_view name, std::string& into);
bool read_items(const YAML::Node& node, report& problems, std::string_view name,
                const std::function<void(std::size_t, const YAML::Node&)>& each);
bool read_entries(const YAML::Node& node, report& problems, std::string_view name,
                  const std::function<void(const std::string&, const YAML::Node&, const YAML::Node&)>& each);
void report_choice(const YAML::Node& node, report& problems, std::string_view name,
                   const std::vector<std::string_view>& spellings);
// The spellings are the first halves of the table; the message lists them.
template <class Enum>
bool read_choice(const YAML::Node& node, report& problems, std::string_view name, Enum& into, choices<Enum> table) {
  std::vector<std::string_view> spellings;
  for (const auto& [spelling, meaning] : table) {
    if (node.IsDefined() && node.IsScalar() && node.Scalar() == spelling) {
      into = meaning;
      return true;
    }
    spellings.push_back(spelling);
  }
  report_choice(node, problems, name, spellings);
  return false;
}

// A mapping with a fixed set of keys.
class mapping {
 public:
  // Reports a node that is no mapping, keys not in `known` (with the nearest known one) and repeated keys.
  // `what` names the mapping in messages: "`limits`", "a user".
  mapping(const YAML::Node& node, report& problems, std::string what, std::initializer_list<std::string_view> known);
  mapping(const YAML::Node& node, report& problems, std::string what, std::span<const std::string_view> known);

  // False when the node was no mapping at all: every key then reads as absent without further reports.
  bool valid() const { return valid_; }
  const YAML::Node& node() const { return node_; }
  const std::string& what() const { return what_; }

  // The value's node; not IsDefined() when absent. A null value (`key:` or `key: ~`) counts as absent.
  YAML::Node find(std::string_view key, need = need::optional) const;
  YAML::Node key_of(std::string_view key) const;  // the key's own node, for positions

  // Each returns true when the value was present and good, and only then writes `into`.
  bool text(std::string_view key, std::string& into, need = need::optional) const;  // any scalar, not empty
  bool boolean(std::string_view key, bool& into, need = need::optional) const;      // true or false
  bool number(std::string_view key, double& into, need = need::optional) const;     // finite
  template <class Integer>
  bool integer(std::string_view key, Integer& into, std::int64_t least, std::int64_t most,
               need how = need::optional) const {
    std::int64_t value = 0;
    if (!integer_in(key, value, least, most, how)) return false;
    into = static_cast<Integer>(value);
    return true;
  }
  bool duration(std::string_view key, std::chrono::milliseconds& into, need = need::optional) const;
  template <class Integer>
  bool size(std::string_view key, Integer& into, std::uint64_t least = 0,
            std::uint64_t most = std::numeric_limits<Integer>::max(), need how = need::optional) const {
    std::uint64_t value = 0;
    if (!size_in(key, value, least, most, how)) return false;
    into = static_cast<Integer>(value);
    return true;
  }
  bool texts(std::string_view key, std::vector<std::string>& into, need = need::optional) const;  // [a, b]
  bool texts_by_name(std::string_view key, std::map<std::string, std::string>& into, need = need::optional) const;
  // The spellings are the first halves of the table; the message lists them.
  template <class Enum>
  bool choice(std::string_view key, Enum& into, choices<Enum> table, need how = need::optional) const {
    const YAML::Node value = find(key, how);
    return value.IsDefined() && read_choice(value, *problems_, key, into, table);
  }

  // Calls `each(index, node)` for the items of a sequence.
  bool items(std::string_view key, const std::function<void(std::size_t, const YAML::Node&)>& each,
             need = need::optional) const;
  // Calls `each(name, key node, value node)` for the entries of a mapping whose keys are free; repeated ones are
  // reported.
  bool entries(std::string_view key,
               const std::function<void(const std::string&, const YAML::Node&, const YAML::Node&)>& each,
               need = need::optional) const;

 private:
  bool integer_in(std::string_view key, std::int64_t& into, std::int64_t least, std::int64_t most, need how) const;
  bool size_in(std::string_view key, std::uint64_t& into, std::uint64_t least, std::uint64_t most, need how) const;
  void wrong(std::string_view key, const YAML::Node& value, std::string_view expected) const;

  YAML::Node node_;
  report* problems_;
  std::string what_;
  bool valid_ = false;
};

// "250ms", "15s", "5m", "1h", "7d"; 0 needs no unit. Nothing on any other text or when it does not fit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// "4096", "64KiB", "256MiB", "1GiB", "10kB", "10MB", "1GB" in bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);

// A relative path against the folder of the file that names it.
std::string resolve_path(const std::string& named_in, const std::string& path);

// A whole file of at most `most` bytes; the diagnostic's place is the path.
base::result<std::string> read_file(const std::string& path, std::size_t most);
// A file that holds one secret: without its last line break; refused when group or others may read it, or when it is
// empty.
base::result<base::secret> read_secret_file(const std::string& path);

}  // namespace sluice::config
