// The parts of the configuration that load.cpp puts together. Private to the module.
#pragma once

#include "sluice/config/config.hpp"
#include "sluice/config/yaml.hpp"

namespace sluice::config {

inline constexpr milliseconds least_catalog_refresh{100};
inline constexpr std::size_t max_identifier_bytes = 63;  // NAMEDATALEN - 1: PostgreSQL cuts longer names

void read_upstreams(const mapping& top, report& problems, std::map<std::string, upstream>& into);
// An upstream that is named but not good is in the map all the same, so that one mistake is told once.
void read_databases(const mapping& top, report& problems, const std::map<std::string, upstream>& upstreams,
                    std::map<std::string, database>& into);

// A path, resolved against the folder of the configuration.
bool read_path(const mapping& fields, report& problems, std::string_view key, std::string& into, need how);
// A file's own problem, told at the place that names the file.
void report_file(const YAML::Node& at, report& problems, const base::diagnostic& why);

}  // namespace sluice::config
