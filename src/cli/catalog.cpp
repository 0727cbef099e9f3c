#include "sluice/catalog/snapshot.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "options.hpp"
#include "sluice/base/nearest.hpp"
#include "sluice/catalog/loader.hpp"
#include "sluice/cli/cli.hpp"
#include "sluice/config/yaml.hpp"
#include "snapshot_file.hpp"

namespace sluice::cli {
namespace {

// Written beside the target and renamed: a reader finds the old snapshot or the new one.
bool write_file(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  std::ofstream file(beside, std::ios::binary | std::ios::trunc);
  file << text << std::flush;
  file.close();
  std::error_code failure;
  if (file) std::filesystem::rename(beside, path, failure);
  if (file && !failure) return true;
  std::filesystem::remove(beside, failure);
  return false;
}

int save(const std::vector<std::string>& words) {
  static constexpr std::array<option, 3> options = {
      {{"config", "FILE", "the configuration", occurs::once},
       {"database", "NAME", "the gateway's database", occurs::once},
       {"output", "FILE", "where to write the snapshot; `-` for standard output", occurs::once}}};
  static constexpr command shape = {
      .name = "catalog save",
      .summary =
          "reads what the upstream of a database contains (names and definitions, no rows) and writes it as JSON",
      .options = options,
      .exit_codes = "0  written\n2  bad usage or configuration\n3  the upstream cannot be read or the file not written",
      .examples = "sluice catalog save --config conf/demo.yaml --database warehouse --output warehouse.json"};
  const auto read = parse_or_explain(shape, words);
  if (!read.value) return read.exit_code;
  const auto config = config::load(read.value->get("config"));
  if (!config.value) {
    complain(config.problems);
    return exit_usage;
  }
  const auto name = read.value->get("database");
  const auto database = config.value->databases.find(name);
  if (database == config.value->databases.end()) {
    std::vector<std::string_view> names;
    for (const auto& [known, each] : config.value->databases) names.push_back(known);
    complain({.cause = "there is no database `" + name + "`", .hint = base::did_you_mean(name, names)});
    return exit_usage;
  }
  const auto snapshot = catalog::load_snapshot(config.value->upstreams.at(database->second.upstream),
                                               config.value->limits.connect_timeout);
  if (!snapshot) {
    complain(snapshot.error());
    return exit_system;
  }
  const std::string text = catalog::to_json(**snapshot);
  const auto output = read.value->get("output");
  if (output == "-") {
    std::cout << text << "\n" << std::flush;
    return std::cout ? exit_ok : exit_system;
  }
  if (!write_file(output, text)) {
    complain({.cause = std::string("cannot be written: ") + std::strerror(errno), .where = {.file = output}});
    return exit_system;
  }
  return exit_ok;
}

}  // namespace

base::result<catalog::snapshot_ptr> load_snapshot_file(const std::string& path) {
  const auto text = config::read_file(path, max_snapshot_bytes);
  if (!text) return text.error();
  auto snapshot = catalog::from_json(*text);
  if (snapshot) return snapshot;
  base::diagnostic problem = snapshot.error();
  problem.where.file = path;
  if (problem.hint.empty()) problem.hint = "`sluice catalog save` makes one";
  return problem;
}

int catalog(const std::vector<std::string>& words) {
  static constexpr std::array<subcommand, 1> commands = {{{"save", "save what a database contains", save}}};
  return dispatch("catalog", "keeps catalog snapshots, which `sluice policy explain` reads", commands, words);
}

}  // namespace sluice::cli
