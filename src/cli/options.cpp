#include "options.hpp"

#include <algorithm>
#include <iostream>

#include "sluice/base/nearest.hpp"
#include "sluice/cli/cli.hpp"

namespace sluice::cli {
namespace {

constexpr std::size_t widest_label = 30;

base::diagnostic mistake(std::string cause, std::string hint = {}) {
  return {.cause = std::move(cause), .hint = std::move(hint)};
}

bool asks_for_help(std::string_view word) { return word == "--help" || word == "-h"; }

const option* find_long(const command& shape, std::string_view name) {
  const auto found =
      std::find_if(shape.options.begin(), shape.options.end(), [&](const option& each) { return each.name == name; });
  return found == shape.options.end() ? nullptr : &*found;
}

const option* find_short(const command& shape, std::string_view word) {
  if (word.size() != 2 || word[0] != '-') return nullptr;
  const auto found = std::find_if(shape.options.begin(), shape.options.end(),
                                  [&](const option& each) { return each.short_name == word[1]; });
  return found == shape.options.end() ? nullptr : &*found;
}

base::diagnostic unknown_option(const command& shape, const std::string& word, std::string_view name) {
  std::vector<std::string_view> names = {"help"};
  for (const auto& each : shape.options) names.push_back(each.name);
  const std::string_view near = base::nearest(name, names);
  return mistake("unknown option `" + word + "`", near.empty() ? "see `sluice " + std::string(shape.name) + " --help`"
                                                               : "did you mean `--" + std::string(near) + "`?");
}

std::string synopsis(const option& each) {
  std::string text = "--" + std::string(each.name);
  if (!each.value.empty()) text += " " + std::string(each.value);
  switch (each.how_often) {
    case occurs::once: return text;
    case occurs::at_most_once: return "[" + text + "]";
    case occurs::any_number: return "[" + text + "]...";
  }
  return text;
}

std::string row(std::string label, std::string_view text) {
  label.resize(std::max(widest_label, label.size() + 2), ' ');
  return "  " + label + std::string(text) + "\n";
}

std::string indented(std::string_view lines) {
  std::string text;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    text += "  " + std::string(lines.substr(0, end)) + "\n";
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 1);
  }
  return text;
}

}  // namespace

std::string arguments::get(std::string_view name, std::string_view fallback) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? std::string(fallback) : found->second.back();
}

std::vector<std::string> arguments::all(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

base::result<arguments> parse(const command& shape, const std::vector<std::string>& given) {
  arguments read;
  bool options_ended = false;
  for (std::size_t at = 0; at < given.size(); ++at) {
    const std::string& word = given[at];
    if (options_ended || word.size() < 2 || word[0] != '-') {
      read.operands_.push_back(word);
      continue;
    }
    if (word == "--") {
      options_ended = true;
      continue;
    }
    const auto equals = word.find('=');
    const bool is_long = word.starts_with("--");
    const std::string_view name = std::string_view(word).substr(is_long ? 2 : 1, equals - (is_long ? 2 : 1));
    const option* known = is_long ? find_long(shape, name) : find_short(shape, word);
    if (known == nullptr) return unknown_option(shape, word.substr(0, equals), name);

    const std::string label = "`--" + std::string(known->name) + "`";
    auto& values = read.values_[std::string(known->name)];
    if (!values.empty() && known->how_often != occurs::any_number) return mistake(label + " stands twice");
    if (known->value.empty()) {
      if (is_long && equals != std::string::npos) return mistake(label + " takes no value");
      values.emplace_back();
    } else if (is_long && equals != std::string::npos) {
      values.push_back(word.substr(equals + 1));
    } else if (at + 1 < given.size()) {
      values.push_back(given[++at]);
    } else {
      return mistake(label + " needs a value",
                     "write " + label.substr(0, label.size() - 1) + " " + std::string(known->value) + "`");
    }
  }
  for (const auto& each : shape.options) {
    if (each.how_often == occurs::once && !read.has(each.name)) {
      return mistake("`--" + std::string(each.name) + "` is missing", std::string(each.text));
    }
  }
  if (read.operands_.size() > shape.most_operands) {
    return mistake("unexpected argument `" + read.operands_[shape.most_operands] + "`",
                   shape.operand.empty() ? "only options are taken" : "quote `" + std::string(shape.operand) + "`");
  }
  if (read.operands_.size() < shape.least_operands) return mistake("`" + std::string(shape.operand) + "` is missing");
  return read;
}

std::string usage(const command& shape) {
  std::string text = "usage: sluice " + std::string(shape.name);
  for (const auto& each : shape.options) text += " " + synopsis(each);
  if (!shape.operand.empty()) {
    text += shape.least_operands > 0 ? " " + std::string(shape.operand) : " [" + std::string(shape.operand) + "]";
  }
  text += "\n\n" + std::string(shape.summary) + "\n\noptions:\n";
  for (const auto& each : shape.options) {
    std::string label = each.short_name != 0 ? std::string("-") + each.short_name + ", --" : "--";
    label += std::string(each.name) + (each.value.empty() ? "" : " " + std::string(each.value));
    text += row(std::move(label), each.text);
  }
  text += row("-h, --help", "print this");
  if (!shape.exit_codes.empty()) text += "\nexit codes:\n" + indented(shape.exit_codes);
  if (!shape.examples.empty()) text += "\nexamples:\n" + indented(shape.examples);
  return text;
}

parse_outcome parse_or_explain(const command& shape, const std::vector<std::string>& given) {
  const auto end_of_options = std::find(given.begin(), given.end(), "--");
  if (std::any_of(given.begin(), end_of_options, asks_for_help)) {
    std::cout << usage(shape) << std::flush;
    return {std::nullopt, exit_ok};
  }
  auto read = parse(shape, given);
  if (read) return {std::move(*read), exit_ok};
  complain(read.error());
  return {std::nullopt, exit_usage};
}

int dispatch(std::string_view group, std::string_view summary, std::span<const subcommand> table,
             const std::vector<std::string>& given) {
  const std::string prefix = group.empty() ? "" : std::string(group) + " ";
  if (given.empty() || asks_for_help(given.front())) {
    std::string text = "usage: sluice " + prefix + "COMMAND ...\n\n" + std::string(summary) + "\n\ncommands:\n";
    for (const auto& each : table) text += row(prefix + std::string(each.name), each.summary);
    text += "\n`sluice " + prefix + "COMMAND --help` tells the options, exit codes and examples of a command\n";
    (given.empty() ? std::cerr : std::cout) << text << std::flush;
    return given.empty() ? exit_usage : exit_ok;
  }
  std::vector<std::string_view> names;
  for (const auto& each : table) {
    if (each.name == given.front()) return each.run({given.begin() + 1, given.end()});
    names.push_back(each.name);
  }
  const std::string near(base::nearest(given.front(), names));
  complain(mistake("unknown command `" + prefix + given.front() + "`",
                   near.empty() ? "see `sluice " + prefix + "--help`" : "did you mean `" + prefix + near + "`?"));
  return exit_usage;
}

void complain(const base::diagnostic& problem) {
  // A problem with a file leads with its place, so that editors and people find it.
  std::cerr << (problem.where.file.empty() ? "sluice: " : "") << base::to_string(problem) << "\n" << std::flush;
}

void complain(const std::vector<base::diagnostic>& problems) {
  for (const auto& each : problems) complain(each);
}

}  // namespace sluice::cli
