#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "sections.hpp"
#include "sluice/base/nearest.hpp"

namespace sluice::config {
namespace {

constexpr std::array<std::pair<std::string_view, client_tls>, 3> client_tls_modes = {
    {{"off", client_tls::off}, {"allow", client_tls::allow}, {"require", client_tls::require}}};
constexpr std::array<std::pair<std::string_view, audit_failure>, 2> audit_failures = {
    {{"deny", audit_failure::deny}, {"allow", audit_failure::allow}}};
constexpr std::array<std::string_view, 12> top_keys = {"listen", "threads",         "tls",           "policy",
                                                       "users",  "state_directory", "mask_key_file", "catalog_refresh",
                                                       "limits", "audit",           "upstreams",     "databases"};

void read_listen(const mapping& top, report& problems, std::vector<endpoint>& into) {
  const bool present = top.items(
      "listen",
      [&](std::size_t index, const YAML::Node& node) {
        const mapping fields(node, problems, "`listen[" + std::to_string(index) + "]`", {"address", "port"});
        endpoint read;
        if (fields.text("address", read.address)) {
          in6_addr ignored{};
          if (::inet_pton(AF_INET, read.address.c_str(), &ignored) != 1 &&
              ::inet_pton(AF_INET6, read.address.c_str(), &ignored) != 1) {
            problems.error(fields.find("address"), "`" + read.address + "` is no IP address",
                           "write 127.0.0.1, 0.0.0.0 for every IPv4 interface, or :: for every IPv6 one");
          }
        }
        fields.integer("port", read.port, 1, 65535);
        for (const auto& other : into) {
          if (other.address == read.address && other.port == read.port) {
            problems.error(node, "`listen` names " + read.address + " port " + std::to_string(read.port) + " twice");
          }
        }
        into.push_back(std::move(read));
      },
      need::required);
  if (present && into.empty()) problems.error(top.find("listen"), "`listen` names no address");
}

void read_tls(const mapping& top, report& problems, tls& into) {
  const YAML::Node node = top.find("tls");
  if (!node.IsDefined()) return;
  const mapping fields(node, problems, "`tls`", {"mode", "certificate", "key"});
  fields.choice<client_tls>("mode", into.mode, client_tls_modes, need::required);
  const need files = into.mode == client_tls::off ? need::optional : need::required;
  if (read_path(fields, problems, "certificate", into.certificate, files) && files == need::required) {
    if (const auto text = read_file(into.certificate, max_secret_bytes); !text) {
      report_file(fields.find("certificate"), problems, text.error());
    }
  }
  if (read_path(fields, problems, "key", into.key, files) && files == need::required) {
    if (const auto text = read_secret_file(into.key); !text) report_file(fields.find("key"), problems, text.error());
  }
}

void read_limits(const mapping& top, report& problems, limits& into) {
  const YAML::Node node = top.find("limits");
  if (!node.IsDefined()) return;
  const mapping fields(node, problems, "`limits`",
                       {"max_connections", "max_message_bytes", "max_statement_bytes", "max_parse_depth",
                        "max_prepared", "max_pipeline_bytes", "login_timeout", "idle_timeout", "connect_timeout"});
  // Upper bounds: a message length is a signed 32-bit number (protocol 55.7); the parser's bounds were found by
  // experiment.
  fields.integer("max_connections", into.max_connections, 1, 100'000);
  fields.size("max_message_bytes", into.max_message_bytes, 64u << 10, 1u << 30);
  fields.size("max_statement_bytes", into.max_statement_bytes, 1u << 10, 1u << 20);
  fields.integer("max_parse_depth", into.max_parse_depth, 50, 10'000);
  fields.integer("max_prepared", into.max_prepared, 1, 1'000'000);
  fields.size("max_pipeline_bytes", into.max_pipeline_bytes, 64u << 10, 1u << 30);
  fields.duration("login_timeout", into.login_timeout);
  fields.duration("idle_timeout", into.idle_timeout);
  fields.duration("connect_timeout", into.connect_timeout);
  for (const auto& [key, value] :
       {std::pair{"login_timeout", into.login_timeout}, {"connect_timeout", into.connect_timeout}}) {
    if (value.count() == 0) problems.error(fields.find(key), "`" + std::string(key) + "` must be longer than 0");
  }
}

void read_audit(const mapping& top, report& problems, const std::map<std::string, database>& databases, audit& into) {
  const YAML::Node node = top.find("audit", need::required);
  if (!node.IsDefined()) return;
  const mapping fields(node, problems, "`audit`", {"directory", "key_file", "rotate", "sync_every", "on_failure"});
  read_path(fields, problems, "directory", into.directory, need::required);
  read_path(fields, problems, "key_file", into.key_file, need::required);
  fields.size("rotate", into.rotate_bytes, 64u << 10, 1ull << 40);
  fields.duration("sync_every", into.sync_every);

  std::vector<std::string_view> layers;
  for (const auto& [name, each] : databases) {
    for (const auto& [schema, layer] : each.layers) layers.push_back(layer);
  }
  fields.entries("on_failure", [&](const std::string& layer, const YAML::Node& key, const YAML::Node& value) {
    if (std::find(layers.begin(), layers.end(), layer) == layers.end()) {
      problems.error(key, "`on_failure` names layer `" + layer + "`, which no database has",
                     base::did_you_mean(layer, layers));
    }
    read_choice<audit_failure>(value, problems, "on_failure." + layer, into.on_failure[layer], audit_failures);
  });
}

// Empty on any other text.
base::secret from_hex(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    unsigned value = 0;
    const char* end = text.data() + std::min(at + 2, text.size());
    if (std::from_chars(text.data() + at, end, value, 16).ptr != text.data() + at + 2) return {};
    bytes += static_cast<char>(value);
  }
  return base::secret(std::move(bytes));
}

void read_mask_key(const mapping& top, report& problems, settings& into) {
  if (!read_path(top, problems, "mask_key_file", into.mask_key_file, need::required)) return;
  std::error_code ignored;
  // The gateway makes the key on its first start; every other command can do without.
  if (!std::filesystem::exists(std::filesystem::symlink_status(into.mask_key_file, ignored))) return;
  const auto text = read_secret_file(into.mask_key_file);
  if (!text) {
    report_file(top.find("mask_key_file"), problems, text.error());
    return;
  }
  into.mask_key = from_hex(text->reveal());
  if (into.mask_key.reveal().size() != mask_key_bytes) {
    problems.error(top.find("mask_key_file"),
                   into.mask_key_file + ": holds no key of " + std::to_string(2 * mask_key_bytes) + " hex digits",
                   "make one with `openssl rand -hex " + std::to_string(mask_key_bytes) + "`; tokens then change");
  }
}

}  // namespace

bool read_path(const mapping& fields, report& problems, std::string_view key, std::string& into, need how) {
  std::string written;
  if (!fields.text(key, written, how)) return false;
  into = resolve_path(problems.file(), written);
  return true;
}

void report_file(const YAML::Node& at, report& problems, const base::diagnostic& why) {
  problems.error(at, why.where.file + ": " + why.cause, why.hint);
}

const std::string* database::layer_of(const std::string& schema) const {
  auto found = layers.find(schema);
  if (found == layers.end()) found = layers.find("*");
  return found == layers.end() ? nullptr : &found->second;
}

load_outcome load(const std::string& path) {
  report problems(path);
  const auto root = load_yaml(path, problems);
  if (!root) return {std::nullopt, problems.take_errors()};

  settings read;
  read.file = path;
  const mapping top(*root, problems, "the configuration", top_keys);
  read_listen(top, problems, read.listen);
  top.integer("threads", read.threads, 0, 1024);
  read_tls(top, problems, read.client);
  read_path(top, problems, "policy", read.policy_file, need::required);
  read_path(top, problems, "users", read.users_file, need::required);
  read_path(top, problems, "state_directory", read.state_directory, need::required);
  read_mask_key(top, problems, read);
  if (top.duration("catalog_refresh", read.catalog_refresh) && read.catalog_refresh < least_catalog_refresh) {
    problems.error(top.find("catalog_refresh"),
                   "`catalog_refresh` must be at least " + std::to_string(least_catalog_refresh.count()) + "ms");
  }
  read_limits(top, problems, read.limits);
  read_upstreams(top, problems, read.upstreams);
  read_databases(top, problems, read.upstreams, read.databases);
  read_audit(top, problems, read.databases, read.audit);

  if (problems.has_errors()) return {std::nullopt, problems.take_errors()};
  return {std::move(read), {}};
}

std::vector<base::diagnostic> check_layers(const settings& loaded, const std::vector<std::string>& known) {
  // Read once more, for the positions.
  report problems(loaded.file);
  const auto root = load_yaml(loaded.file, problems);
  if (!root) return problems.take_errors();
  const std::vector<std::string_view> names(known.begin(), known.end());
  report ignored(loaded.file);
  const mapping top(*root, ignored, "the configuration", top_keys);
  top.entries("databases", [&](const std::string& database, const YAML::Node&, const YAML::Node& node) {
    const mapping fields(node, ignored, "a database", {"layers"});
    fields.entries("layers", [&](const std::string& schema, const YAML::Node&, const YAML::Node& layer) {
      if (!layer.IsScalar() || std::find(known.begin(), known.end(), layer.Scalar()) != known.end()) return;
      problems.error(layer,
                     "database `" + database + "` puts schema `" + schema + "` into layer `" + layer.Scalar() +
                         "`, which the policy does not name",
                     base::did_you_mean(layer.Scalar(), names));
    });
  });
  return problems.take_errors();
}

}  // namespace sluice::config
