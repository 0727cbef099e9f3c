// conf/*.yaml as a value. Every problem in the file is reported, with its position, before anything starts.
//
// Threading: values only. Paths are as written in the file, relative ones resolved against the file's own folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/diagnostic.hpp"
#include "sluice/base/secret.hpp"

namespace sluice::config {

using std::chrono::milliseconds;

enum class client_tls { off, allow, require };
enum class upstream_tls { disable, require, verify_full };
enum class audit_failure { deny, allow };  // what a layer does with statements when the audit cannot record them

struct endpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 6432;
};

struct upstream {
  std::string name;
  std::string host = "127.0.0.1";
  std::uint16_t port = 5432;
  std::string database;  // on the server
  std::string user;
  base::secret password;  // from password_file (or the environment variable named by password_env)
  upstream_tls tls = upstream_tls::disable;
  std::string tls_ca;  // PEM file for verify_full
};

struct database {
  std::string name;                           // what clients connect to
  std::string upstream;                       // key into config::upstreams
  std::map<std::string, std::string> layers;  // schema name → layer; "*" stands for every schema not named
  std::vector<std::string> search_path = {"public"};

  // Layer of a schema, or nullptr when the schema is in none (then nobody reaches it).
  const std::string* layer_of(const std::string& schema) const;
};

struct limits {
  std::uint32_t max_connections = 1000;
  std::uint32_t max_message_bytes = 256u << 20;  // one message of an authenticated client
  std::uint32_t max_statement_bytes = 1u << 20;  // SQL text given to the parser
  std::uint32_t max_parse_depth = 1000;          // nesting of the parse tree
  std::uint32_t max_prepared = 10000;            // named statements per session
  std::uint32_t max_pipeline_bytes = 64u << 20;  // client bytes accepted and not yet answered
  milliseconds login_timeout{15000};
  milliseconds idle_timeout{0};         // 0: none
  milliseconds connect_timeout{10000};  // to an upstream, login included
};

struct audit {
  std::string directory;
  std::string key_file;  // made on first start when it is missing
  std::uint64_t rotate_bytes = 256ull << 20;
  milliseconds sync_every{200};                     // fdatasync; 0: after every record
  std::map<std::string, audit_failure> on_failure;  // per layer; deny where not named
};

struct tls {
  client_tls mode = client_tls::off;
  std::string certificate;
  std::string key;
};

struct settings {
  std::string file;  // where it was read from
  std::vector<endpoint> listen;
  unsigned threads = 0;  // reactor threads; 0: one per core
  config::tls client;    // TLS towards clients
  std::string policy_file;
  std::string users_file;
  std::string state_directory;  // what must survive a restart (sticky classification)
  std::string mask_key_file;    // made on first start when it is missing
  base::secret mask_key;  // key of the token masks: the bytes that the file holds as hex; empty while it is missing
  milliseconds catalog_refresh{5000};
  config::limits limits;
  config::audit audit;
  std::map<std::string, config::upstream> upstreams;
  std::map<std::string, config::database> databases;
};

inline constexpr std::size_t mask_key_bytes = 32;

// Reads and checks the whole file, and the secrets it names. On failure the vector holds every problem found, in file
// order.
struct load_outcome {
  std::optional<settings> value;
  std::vector<base::diagnostic> problems;
};
load_outcome load(const std::string& path);

// Layers that databases map schemas to and `known` (the policy's) does not hold, with their places in the file.
std::vector<base::diagnostic> check_layers(const settings& loaded, const std::vector<std::string>& known);

}  // namespace sluice::config
