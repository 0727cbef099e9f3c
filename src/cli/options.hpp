// Options and help of one subcommand, described by a table. Long options (`--name value`, `--name=value`), short names
// for the few that everybody knows (`-f`), `--` before operands that begin with a dash. Pure but for parse_or_explain.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/diagnostic.hpp"

namespace sluice::cli {

enum class occurs { at_most_once, once, any_number };

struct option {
  std::string_view name;        // without the dashes
  std::string_view value = {};  // what the value is called in the help ("FILE"); empty: the option takes none
  std::string_view text = {};   // what it is for
  occurs how_often = occurs::at_most_once;
  char short_name = 0;
};

struct command {
  std::string_view name;  // "policy check"
  std::string_view summary;
  std::span<const option> options = {};
  std::string_view operand = {};  // what the operands are called ("SQL"); empty: none are taken
  std::size_t least_operands = 0;
  std::size_t most_operands = 0;
  std::string_view exit_codes = {};  // lines "0  …"
  std::string_view examples = {};    // lines "sluice …"
};

class arguments {
 public:
  bool has(std::string_view name) const { return values_.contains(name); }
  // The last value given, or the fallback.
  std::string get(std::string_view name, std::string_view fallback = {}) const;
  std::vector<std::string> all(std::string_view name) const;
  const std::vector<std::string>& operands() const { return operands_; }

 private:
  friend base::result<arguments> parse(const command&, const std::vector<std::string>&);
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> operands_;
};

// The first mistake, naming the option and, as hint, what was probably meant.
base::result<arguments> parse(const command& shape, const std::vector<std::string>& given);
std::string usage(const command& shape);

// What a subcommand begins with: `--help` or `-h` prints the usage (exit 0), a mistake is told on standard error (exit
// 2).
struct parse_outcome {
  std::optional<arguments> value;
  int exit_code = 0;  // when there is no value
};
parse_outcome parse_or_explain(const command& shape, const std::vector<std::string>& given);

// Subcommands of subcommands: `sluice policy check`.
struct subcommand {
  std::string_view name;
  std::string_view summary;
  int (*run)(const std::vector<std::string>& arguments);
};
// Runs the one that the first argument names; explains itself on `--help`, on none and on an unknown one.
int dispatch(std::string_view group, std::string_view summary, std::span<const subcommand> table,
             const std::vector<std::string>& given);

// `sluice: …` lines on standard error.
void complain(const base::diagnostic& problem);
void complain(const std::vector<base::diagnostic>& problems);

}  // namespace sluice::cli
