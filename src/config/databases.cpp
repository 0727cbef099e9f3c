#include <algorithm>
#include <array>
#include <cstdlib>

#include "sections.hpp"
#include "sluice/base/nearest.hpp"

namespace sluice::config {
namespace {

constexpr std::array<std::pair<std::string_view, upstream_tls>, 3> upstream_tls_modes = {
    {{"disable", upstream_tls::disable},
     {"require", upstream_tls::require},
     {"verify-full", upstream_tls::verify_full}}};
constexpr std::array<std::string_view, 3> system_schemas = {"pg_catalog", "information_schema", "pg_toast"};

void read_password(const mapping& fields, report& problems, base::secret& into) {
  std::string file, variable;
  const bool from_file = read_path(fields, problems, "password_file", file, need::optional);
  const bool from_environment = fields.text("password_env", variable);
  if (from_file && from_environment) {
    problems.error(fields.key_of("password_env"), "`password_file` and `password_env` exclude each other");
  } else if (from_file) {
    auto read = read_secret_file(file);
    if (read) {
      into = std::move(*read);
    } else {
      report_file(fields.find("password_file"), problems, read.error());
    }
  } else if (from_environment) {
    const char* value = std::getenv(variable.c_str());
    if (value != nullptr && *value != '\0') {
      into = base::secret(value);
    } else {
      problems.error(fields.find("password_env"), "the environment variable `" + variable + "` is not set");
    }
  }
}

upstream read_upstream(const std::string& name, const YAML::Node& node, report& problems) {
  upstream read;
  read.name = name;
  const mapping fields(node, problems, "upstream `" + name + "`",
                       {"host", "port", "database", "user", "password_file", "password_env", "tls", "tls_ca"});
  fields.text("host", read.host);
  fields.integer("port", read.port, 1, 65535);
  if (!fields.valid()) return read;
  fields.text("database", read.database, need::required);
  fields.text("user", read.user, need::required);
  read_password(fields, problems, read.password);
  fields.choice<upstream_tls>("tls", read.tls, upstream_tls_modes);
  const bool has_ca = read_path(fields, problems, "tls_ca", read.tls_ca, need::optional);
  if (read.tls == upstream_tls::verify_full && !has_ca && !fields.key_of("tls_ca").IsDefined()) {
    problems.error(fields.key_of("tls"), "`tls: verify-full` needs `tls_ca` in upstream `" + name + "`",
                   "name the PEM file of the authority that signed the server's certificate");
  } else if (has_ca && read.tls != upstream_tls::verify_full) {
    problems.error(fields.key_of("tls_ca"), "`tls_ca` is only used by `tls: verify-full`");
  } else if (has_ca) {
    if (const auto text = read_file(read.tls_ca, max_yaml_bytes); !text) {
      report_file(fields.find("tls_ca"), problems, text.error());
    }
  }
  return read;
}

bool is_schema_name(const std::string& name, const YAML::Node& at, report& problems) {
  if (name.size() > max_identifier_bytes) {
    problems.error(at, "schema name `" + name + "` is longer than " + std::to_string(max_identifier_bytes) + " bytes");
    return false;
  }
  return true;
}

void read_layers(const mapping& fields, report& problems, database& into) {
  const bool present = fields.entries(
      "layers",
      [&](const std::string& schema, const YAML::Node& key, const YAML::Node& value) {
        if (std::find(system_schemas.begin(), system_schemas.end(), schema) != system_schemas.end()) {
          problems.error(key, "system schema `" + schema + "` belongs to no layer");
        } else if (is_schema_name(schema, key, problems)) {
          read_text(value, problems, "layers." + schema, into.layers[schema]);
        }
      },
      need::required);
  if (present && into.layers.empty()) {
    problems.error(fields.find("layers"), "database `" + into.name + "` has no layer",
                   "map schemas to layers; `\"*\"` stands for every schema not named");
  }
}

database read_database(const std::string& name, const YAML::Node& node, report& problems,
                       const std::map<std::string, upstream>& upstreams) {
  database read;
  read.name = name;
  const mapping fields(node, problems, "database `" + name + "`", {"upstream", "layers", "search_path"});
  if (!fields.valid()) return read;
  if (fields.text("upstream", read.upstream, need::required) && !upstreams.contains(read.upstream)) {
    std::vector<std::string_view> names;
    for (const auto& [known, ignored] : upstreams) names.push_back(known);
    problems.error(fields.find("upstream"),
                   "database `" + name + "` names upstream `" + read.upstream + "`, which is not in `upstreams`",
                   base::did_you_mean(read.upstream, names));
  }
  read_layers(fields, problems, read);
  if (fields.texts("search_path", read.search_path)) {
    for (const auto& schema : read.search_path) is_schema_name(schema, fields.find("search_path"), problems);
  }
  return read;
}

}  // namespace

void read_upstreams(const mapping& top, report& problems, std::map<std::string, upstream>& into) {
  const bool present = top.entries(
      "upstreams",
      [&](const std::string& name, const YAML::Node&, const YAML::Node& node) {
        into[name] = read_upstream(name, node, problems);
      },
      need::required);
  if (present && into.empty()) problems.error(top.find("upstreams"), "`upstreams` names no server");
}

void read_databases(const mapping& top, report& problems, const std::map<std::string, upstream>& upstreams,
                    std::map<std::string, database>& into) {
  const bool present = top.entries(
      "databases",
      [&](const std::string& name, const YAML::Node& key, const YAML::Node& node) {
        if (name.size() > max_identifier_bytes) {
          problems.error(
              key, "database name `" + name + "` is longer than " + std::to_string(max_identifier_bytes) + " bytes");
        }
        into[name] = read_database(name, node, problems, upstreams);
      },
      need::required);
  if (present && into.empty()) problems.error(top.find("databases"), "`databases` names no database");
}

}  // namespace sluice::config
