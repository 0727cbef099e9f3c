#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <iostream>
#include <thread>

#include "options.hpp"
#include "sluice/audit/chain.hpp"
#include "sluice/audit/journal.hpp"
#include "sluice/audit/print.hpp"
#include "sluice/audit/search.hpp"
#include "sluice/audit/tail.hpp"
#include "sluice/audit/verify.hpp"
#include "sluice/cli/cli.hpp"
#include "sluice/config/config.hpp"

namespace sluice::cli {
namespace {

constexpr std::chrono::milliseconds follow_every{100};
constexpr std::string_view default_tail = "10";

constexpr option config_option = {"config", "FILE", "the gateway's configuration: names directory and key"};
constexpr option directory_option = {"directory", "DIR", "the journal's directory, without a configuration"};
constexpr option format_option = {"format", "NAME", "table (default), json or csv"};

base::diagnostic mistake(std::string cause, std::string hint) {
  return {.cause = std::move(cause), .hint = std::move(hint)};
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Where the journal is. Nothing when that could not be found out, which was then told.
struct location {
  std::string directory, key_file;
};
std::optional<location> locate(const arguments& given) {
  if (given.has("config") == given.has("directory")) {
    complain(mistake("either `--config` or `--directory` is needed", "sluice audit … --config conf/sluice.yaml"));
    return std::nullopt;
  }
  location found{given.get("directory"), given.get("key")};
  if (!given.has("config")) return found;
  const auto loaded = config::load(given.get("config"));
  if (!loaded.value) {
    complain(loaded.problems);
    return std::nullopt;
  }
  found.directory = loaded.value->audit.directory;
  if (found.key_file.empty()) found.key_file = loaded.value->audit.key_file;
  return found;
}

std::optional<std::uint64_t> whole_number(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || number > most) return std::nullopt;
  return number;
}

std::size_t terminal_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::optional<audit::format> format_wanted(const arguments& given) {
  const auto name = given.get("format", "table");
  const auto as = audit::format_of(name);
  if (!as) complain(mistake("unknown format `" + name + "`", "table, json or csv"));
  return as;
}

// ---- search

constexpr option search_options[] = {
    config_option,
    directory_option,
    {"since", "TIME", "from this time on: 2h, 7d, 2026-01-31, 2026-01-31T08:00:00Z"},
    {"until", "TIME", "in front of this time"},
    {"user", "NAME", "of this user; like all names below a glob: * and ?"},
    {"database", "NAME", "in this database"},
    {"session", "NUMBER", "in this session"},
    {"event", "NAME", "start, login, login_refused, statement, refused, cancel, reload, alarm, …"},
    {"decision", "NAME", "allowed or denied"},
    {"relation", "NAME", "touching schema.relation, or relation in any schema"},
    {"column", "NAME", "touching this column: column, relation.column or schema.relation.column"},
    {"class", "NAME", "touching a column of this data class"},
    {"sqlstate", "CODE", "that ended with this SQLSTATE"},
    {"text", "TEXT", "with this text in statement, reason or detail; letters of either case"},
    {"limit", "N", "only the newest N"},
    format_option,
};

constexpr command search_shape = {
    .name = "audit search",
    .summary = "finds audit records; a statement is shown together with its completion",
    .options = search_options,
    .exit_codes =
        "0  records were found\n1  none was found\n2  bad usage or configuration\n3  the journal cannot be read",
    .examples =
        "sluice audit search --config conf/sluice.yaml --class email --since 24h\n"
        "sluice audit search --directory var/audit --user carol --decision denied\n"
        "sluice audit search --directory var/audit --relation 'billing.*' --format csv > billing.csv"};

struct text_condition {
  std::string_view option;
  std::string audit::query::*into;
};
constexpr text_condition text_conditions[] = {
    {"user", &audit::query::user},     {"database", &audit::query::database}, {"session", &audit::query::session},
    {"event", &audit::query::event},   {"decision", &audit::query::decision}, {"relation", &audit::query::relation},
    {"column", &audit::query::column}, {"class", &audit::query::data_class},  {"sqlstate", &audit::query::sqlstate},
    {"text", &audit::query::text},
};

// A misspelt event would find nothing, and "none" is an answer that people believe.
std::optional<base::diagnostic> misspelt_event(const std::string& pattern) {
  if (pattern.find_first_of("*?") != pattern.npos) return std::nullopt;
  std::string known;
  for (const auto each : audit::events) {
    if (audit::name_of(each) == pattern) return std::nullopt;
    known += (known.empty() ? "" : ", ") + std::string(audit::name_of(each));
  }
  return mistake("unknown event `" + pattern + "`", known);
}

base::result<audit::query> query_of(const arguments& given) {
  audit::query what;
  for (const auto& condition : text_conditions) what.*condition.into = given.get(condition.option);
  for (const auto& [name, into] : {std::pair("since", &what.since), std::pair("until", &what.until)}) {
    if (!given.has(name)) continue;
    auto time = audit::parse_time(given.get(name), now());
    if (time.has_error()) return time.error();
    *into = std::move(*time);
  }
  if (given.has("event")) {
    if (auto problem = misspelt_event(what.event)) return std::move(*problem);
  }
  if (given.has("decision") && what.decision != "allowed" && what.decision != "denied")
    return mistake("unknown decision `" + what.decision + "`", "allowed or denied");
  if (given.has("limit")) {
    const auto limit = whole_number(given.get("limit"), audit::max_limit);
    if (!limit || *limit == 0)
      return mistake("`" + given.get("limit") + "` is not a limit", "1 to " + std::to_string(audit::max_limit));
    what.limit = *limit;
  }
  return what;
}

int search(const std::vector<std::string>& words) {
  const auto read = parse_or_explain(search_shape, words);
  if (!read.value) return read.exit_code;
  const auto what = query_of(*read.value);
  if (what.has_error()) {
    complain(what.error());
    return exit_usage;
  }
  const auto as = format_wanted(*read.value);
  if (!as) return exit_usage;
  const auto where = locate(*read.value);
  if (!where) return exit_usage;

  const auto printer = audit::make_printer(*as, std::cout, terminal_width());
  const auto outcome = audit::search(where->directory, *what, [&](const audit::found_record& record) {
    printer->print(record);
    return std::cout.good();
  });
  printer->flush();
  std::cout.flush();
  if (outcome.has_error()) {
    complain(outcome.error());
    return exit_system;
  }
  if (outcome->unreadable > 0)
    complain(mistake(std::to_string(outcome->unreadable) + " lines are not records", "run `sluice audit verify`"));
  if (!std::cout.good()) return exit_system;
  return outcome->found > 0 ? exit_ok : exit_no;
}

// ---- tail

constexpr option tail_options[] = {
    config_option,
    directory_option,
    {.name = "lines", .value = "N", .text = "begin with the newest N (default 10)", .short_name = 'n'},
    {.name = "follow", .text = "go on with records as they come, through rotation", .short_name = 'f'},
    format_option,
};
constexpr command tail_shape = {
    .name = "audit tail",
    .summary = "prints the newest audit records, and with -f those that come",
    .options = tail_options,
    .exit_codes = "0  printed\n2  bad usage or configuration\n3  the journal cannot be read",
    .examples =
        "sluice audit tail -f --config conf/sluice.yaml\n"
        "sluice audit tail -n 100 --format json --directory var/audit"};

int tail(const std::vector<std::string>& words) {
  const auto read = parse_or_explain(tail_shape, words);
  if (!read.value) return read.exit_code;
  const auto lines = whole_number(read.value->get("lines", default_tail), audit::max_limit);
  if (!lines) {
    complain(mistake("`" + read.value->get("lines") + "` is not a number of lines", "-n 100"));
    return exit_usage;
  }
  const auto as = format_wanted(*read.value);
  if (!as) return exit_usage;
  const auto where = locate(*read.value);
  if (!where) return exit_usage;

  const bool follow = read.value->has("follow");
  const auto printer = audit::make_printer(*as, std::cout, terminal_width());
  const auto outcome = audit::tail(
      where->directory, *lines,
      [&](std::string_view line) {
        printer->print({line, {}});
        return std::cout.good();
      },
      [&] {
        printer->flush();
        std::cout.flush();
        if (follow) std::this_thread::sleep_for(follow_every);
        return follow && std::cout.good();
      });
  printer->flush();
  std::cout.flush();
  if (outcome.has_error()) {
    complain(outcome.error());
    return exit_system;
  }
  return std::cout.good() ? exit_ok : exit_system;
}

// ---- verify

constexpr option verify_options[] = {
    config_option,
    directory_option,
    {"key", "FILE", "the audit key; without it only numbers and links can be checked"},
    {"anchor", "SEQ:HASH", "a record's number and hash noted elsewhere: it must still be there, unchanged"},
    {"known-loss", "SEQ", "an alarm about lost records that was looked into", occurs::any_number},
};
constexpr command verify_shape = {
    .name = "audit verify",
    .summary = "proves that no audit record was changed, removed, reordered or inserted, or names the first one",
    .options = verify_options,
    .exit_codes =
        "0  proven whole, with the key\n1  broken, or whole as far as can be seen without the key\n"
        "2  bad usage or configuration\n3  the journal cannot be read",
    .examples =
        "sluice audit verify --config conf/sluice.yaml\n"
        "sluice audit verify --directory var/audit --key /secure/audit.key\n"
        "sluice audit verify --config conf/sluice.yaml --anchor 4711:6f1e…"};

base::result<audit::verify_options> wanted_proof(const arguments& given, const location& where) {
  audit::verify_options wanted;
  wanted.directory = where.directory;
  if (!where.key_file.empty()) {
    auto key = audit::load_key(where.key_file);
    if (key.has_error()) return key.error();
    wanted.key = std::move(*key);
  }
  if (given.has("anchor")) {
    const auto text = given.get("anchor");
    const auto colon = std::min(text.find(':'), text.size());
    const auto sequence = whole_number(std::string_view(text).substr(0, colon), ~std::uint64_t{0});
    const auto hash = colon < text.size() ? text.substr(colon + 1) : std::string();
    if (!sequence || *sequence == 0 || hash.size() != audit::hash_length)
      return mistake("`" + text + "` is not an anchor", "number and hash as `audit verify` prints them: 4711:6f1e…");
    wanted.anchor_sequence = *sequence;
    wanted.anchor_hash = hash;
  }
  for (const auto& text : given.all("known-loss")) {
    const auto sequence = whole_number(text, ~std::uint64_t{0});
    if (!sequence) return mistake("`" + text + "` is not a record number", "--known-loss 4711");
    wanted.known_losses.push_back(*sequence);
  }
  return wanted;
}

void print_broken(const audit::verification& result) {
  const auto& found = *result.broken;
  std::cout << "broken: " << found.file;
  if (found.line > 0) std::cout << ":" << found.line;
  std::cout << ": ";
  if (found.sequence > 0) std::cout << "record " << found.sequence << " ";
  std::cout << audit::name_of(found.what) << ": " << found.text << "\n"
            << result.good << " records in front of it are whole";
  if (result.good > 0) std::cout << ", the last is " << result.last_sequence << " of " << result.last_time;
  std::cout << "; " << result.unjudged << " lines behind it were not judged\n";
}

void print_whole(const audit::verification& result, bool with_key) {
  std::cout << (with_key ? "whole: " : "not proven: ") << result.good << " records in " << result.files
            << (result.files == 1 ? " file" : " files");
  if (result.good > 0) std::cout << ", " << result.first_time << " to " << result.last_time;
  std::cout << "\n";
  if (with_key) {
    std::cout
        << "proven with the key: none was changed, removed, reordered or inserted, and the head confirms the end\n";
  } else {
    std::cout << "checked without the key: numbers have no gap, every record links to the one before, the head agrees\n"
                 "not checked: whether contents and hashes were rewritten together (give --key FILE)\n";
  }
  if (result.alarms > 0) std::cout << result.alarms << " alarms: see `sluice audit search --event alarm`\n";
  if (result.good > 0) std::cout << "anchor: " << result.last_sequence << ":" << result.last_hash << "\n";
}

int verify(const std::vector<std::string>& words) {
  const auto read = parse_or_explain(verify_shape, words);
  if (!read.value) return read.exit_code;
  const auto where = locate(*read.value);
  if (!where) return exit_usage;
  const auto wanted = wanted_proof(*read.value, *where);
  if (wanted.has_error()) {
    complain(wanted.error());
    return exit_usage;
  }
  const auto result = audit::verify(*wanted);
  if (result.has_error()) {
    complain(result.error());
    return exit_system;
  }
  if (result->broken) {
    print_broken(*result);
    std::cout.flush();
    return exit_no;
  }
  print_whole(*result, wanted->key.has_value());
  std::cout.flush();
  return wanted->key ? exit_ok : exit_no;
}

constexpr std::array<subcommand, 3> commands = {{
    {"search", "find records by time, user, relation, column, class, decision, …", search},
    {"tail", "print the newest records, and those that come", tail},
    {"verify", "prove that no record was changed or removed", verify},
}};

}  // namespace

int audit(const std::vector<std::string>& given) {
  return dispatch("audit", "Reads the audit journal. It may be in use by a running gateway.", commands, given);
}

}  // namespace sluice::cli
