#include "sluice/config/yaml.hpp"

#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <sstream>
#include <tuple>

namespace sluice::config {
namespace {

std::vector<base::diagnostic> sorted(std::vector<base::diagnostic> problems) {
  const auto position = [](const base::diagnostic& each) { return std::tie(each.where.line, each.where.column); };
  std::stable_sort(problems.begin(), problems.end(),
                   [&](const auto& left, const auto& right) { return position(left) < position(right); });
  // A node behind an alias is read once per use; its problems are one problem.
  const auto same = [&](const auto& left, const auto& right) {
    return position(left) == position(right) && left.cause == right.cause;
  };
  problems.erase(std::unique(problems.begin(), problems.end(), same), problems.end());
  return problems;
}

// Where the documents of a text begin. The parser leaves a token that can stand nowhere (a comma behind everything) in
// its place and hands out one empty document after the other for it: whoever asks for all of them asks forever.
class document_starts : public YAML::EventHandler {
 public:
  const std::vector<YAML::Mark>& marks() const { return marks_; }

  void OnDocumentStart(const YAML::Mark&) override { fresh_ = true; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { begin(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { begin(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override {
    begin(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    begin(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    begin(mark);
  }
  void OnMapEnd() override {}

 private:
  void begin(const YAML::Mark& mark) {
    if (std::exchange(fresh_, false)) marks_.push_back(mark);
  }

  bool fresh_ = false;
  std::vector<YAML::Mark> marks_;
};

bool is_mapping(const YAML::Node& node) { return node.IsDefined() && (node.IsMap() || node.IsNull()); }

}  // namespace

base::place report::place_of(const YAML::Node& node) const {
  base::place where{.file = file_};
  // What an empty file lacks would stand at its beginning.
  const auto mark = node.IsDefined() ? node.Mark() : YAML::Mark::null_mark();
  where.line = mark.is_null() ? 1 : mark.line + 1;
  where.column = mark.is_null() ? 1 : mark.column + 1;
  return where;
}

void report::error(const YAML::Node& at, std::string cause, std::string hint) {
  error(place_of(at), std::move(cause), std::move(hint));
}

void report::error(base::place at, std::string cause, std::string hint) {
  errors_.push_back({.cause = std::move(cause), .hint = std::move(hint), .where = std::move(at)});
}

void report::warning(const YAML::Node& at, std::string cause, std::string hint) {
  warnings_.push_back({.cause = std::move(cause), .hint = std::move(hint), .where = place_of(at)});
}

std::vector<base::diagnostic> report::take_errors() { return sorted(std::exchange(errors_, {})); }
std::vector<base::diagnostic> report::take_warnings() { return sorted(std::exchange(warnings_, {})); }

std::optional<YAML::Node> load_yaml(const std::string& path, report& problems) {
  auto text = read_file(path, max_yaml_bytes);
  if (!text) {
    problems.error(base::place{.file = problems.file()}, text.error().cause, text.error().hint);
    return std::nullopt;
  }
  return parse_yaml(*text, problems);
}

std::optional<YAML::Node> parse_yaml(const std::string& text, report& problems) {
  base::place start{.file = problems.file(), .line = 1, .column = 1};
  if (text.size() > max_yaml_bytes) {
    problems.error(start, "larger than " + std::to_string(max_yaml_bytes) + " bytes");
    return std::nullopt;
  }
  if (const auto nul = text.find('\0'); nul != std::string::npos) {
    start.line += static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n'));
    problems.error(start, "not YAML: holds a NUL byte");
    return std::nullopt;
  }
  try {
    document_starts starts;
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (starts.marks().size() < 2 && parser.HandleNextDocument(starts)) {
    }
    if (starts.marks().size() < 2) return YAML::Load(text);
    const YAML::Mark& second = starts.marks()[1];
    start.line = second.line + 1;
    start.column = second.column + 1;
    // The mark counts in UTF-8, whatever encoding the text has.
    if (const auto at = static_cast<std::size_t>(second.pos); at < text.size() && text[at] == ',') {
      problems.error(start, "not YAML: a comma outside of brackets");
    } else {
      problems.error(start, "a second document begins here", "keep one document, without `---` in the middle");
    }
    return std::nullopt;
  } catch (const YAML::Exception& caught) {
    if (!caught.mark.is_null()) {
      start.line = caught.mark.line + 1;
      start.column = caught.mark.column + 1;
    }
    problems.error(start, "not YAML: " + caught.msg);
    return std::nullopt;
  }
}

mapping::mapping(const YAML::Node& node, report& problems, std::string what,
                 std::initializer_list<std::string_view> known)
    : mapping(node, problems, std::move(what), std::span<const std::string_view>(known.begin(), known.size())) {}

mapping::mapping(const YAML::Node& node, report& problems, std::string what, std::span<const std::string_view> known)
    : node_(node), problems_(&problems), what_(std::move(what)), valid_(is_mapping(node)) {
  if (!valid_) {
    problems.error(node, what_ + " must be a mapping (`key: value` lines)");
    return;
  }
  if (node.IsNull()) return;
  std::vector<std::string_view> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      problems.error(entry.first, "a key of " + what_ + " must be a plain word");
      continue;
    }
    const std::string& key = entry.first.Scalar();
    if (const auto found = std::find(known.begin(), known.end(), key); found == known.end()) {
      problems.error(entry.first, "unknown key `" + key + "` in " + what_, base::did_you_mean(key, known));
    } else if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
      problems.error(entry.first, "key `" + key + "` stands twice in " + what_);
    } else {
      seen.push_back(*found);
    }
  }
}

YAML::Node mapping::find(std::string_view key, need how) const {
  if (!valid_) return YAML::Node(YAML::NodeType::Undefined);
  if (!node_.IsNull()) {
    for (const auto& entry : node_) {
      if (!entry.first.IsScalar() || entry.first.Scalar() != key) continue;
      if (how == need::required && entry.second.IsNull()) break;
      return entry.second;
    }
  }
  if (how == need::required) problems_->error(node_, "`" + std::string(key) + "` is missing in " + what_);
  return YAML::Node(YAML::NodeType::Undefined);
}

YAML::Node mapping::key_of(std::string_view key) const {
  if (valid_ && !node_.IsNull()) {
    for (const auto& entry : node_) {
      if (entry.first.IsScalar() && entry.first.Scalar() == key) return entry.first;
    }
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

bool mapping::text(std::string_view key, std::string& into, need how) const {
  const YAML::Node value = find(key, how);
  return value.IsDefined() && read_text(value, *problems_, key, into);
}

bool mapping::texts(std::string_view key, std::vector<std::string>& into, need how) const {
  std::vector<std::string> read;
  bool good = true;
  const bool present = items(
      key,
      [&](std::size_t index, const YAML::Node& node) {
        const std::string name = std::string(key) + "[" + std::to_string(index) + "]";
        good = read_text(node, *problems_, name, read.emplace_back()) && good;
      },
      how);
  if (present && good) into = std::move(read);
  return present && good;
}

bool mapping::texts_by_name(std::string_view key, std::map<std::string, std::string>& into, need how) const {
  std::map<std::string, std::string> read;
  bool good = true;
  const bool present = entries(
      key,
      [&](const std::string& name, const YAML::Node&, const YAML::Node& value) {
        good = read_text(value, *problems_, std::string(key) + "." + name, read[name]) && good;
      },
      how);
  if (present && good) into = std::move(read);
  return present && good;
}

bool mapping::items(std::string_view key, const std::function<void(std::size_t, const YAML::Node&)>& each,
                    need how) const {
  const YAML::Node value = find(key, how);
  return value.IsDefined() && read_items(value, *problems_, key, each);
}

bool mapping::entries(std::string_view key,
                      const std::function<void(const std::string&, const YAML::Node&, const YAML::Node&)>& each,
                      need how) const {
  const YAML::Node value = find(key, how);
  return value.IsDefined() && read_entries(value, *problems_, key, each);
}

bool read_items(const YAML::Node& node, report& problems, std::string_view name,
                const std::function<void(std::size_t, const YAML::Node&)>& each) {
  if (node.IsDefined() && node.IsNull()) return true;
  if (!node.IsDefined() || !node.IsSequence()) {
    problems.error(node, "`" + std::string(name) + "` must be a list");
    return false;
  }
  std::size_t index = 0;
  for (const auto& item : node) each(index++, item);
  return true;
}

bool read_entries(const YAML::Node& node, report& problems, std::string_view name,
                  const std::function<void(const std::string&, const YAML::Node&, const YAML::Node&)>& each) {
  if (!is_mapping(node)) {
    problems.error(node, "`" + std::string(name) + "` must be a mapping (`key: value` lines)");
    return false;
  }
  if (node.IsNull()) return true;
  std::vector<std::string_view> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar() || entry.first.Scalar().empty()) {
      problems.error(entry.first, "a key of `" + std::string(name) + "` must be a plain word");
      continue;
    }
    const std::string& key = entry.first.Scalar();
    if (key.find('\0') != std::string::npos) {
      problems.error(entry.first, "a key of `" + std::string(name) + "` holds a NUL byte");
    } else if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
      problems.error(entry.first, "key `" + key + "` stands twice in `" + std::string(name) + "`");
    } else {
      seen.push_back(key);
      each(key, entry.first, entry.second);
    }
  }
  return true;
}

}  // namespace sluice::config
