#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sluice/config/config.hpp"
#include "sluice/config/yaml.hpp"

namespace sluice::config {
namespace {

using std::chrono::milliseconds;

const std::string hex_key(64, 'a');

class configuration : public testing::Test {
 protected:
  configuration() {
    std::string pattern = testing::TempDir() + "sluice-config-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    write("lake.password", "hunter2\n");
    write("mask.key", hex_key + "\n");
    write("cert.pem", "certificate", 0644);
    write("key.pem", "key");
  }
  ~configuration() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    std::ofstream(folder_ + "/" + name) << text;
    ::chmod((folder_ + "/" + name).c_str(), mode);
  }

  load_outcome load_text(const std::string& text) {
    write("c.yaml", text);
    return load(folder_ + "/c.yaml");
  }

  // Problems with the folder taken out.
  std::string problems_of(const std::string& text) {
    std::string printed = base::to_string(load_text(text).problems);
    for (auto at = printed.find(folder_ + "/"); at != std::string::npos; at = printed.find(folder_ + "/")) {
      printed.erase(at, folder_.size() + 1);
    }
    return printed;
  }

  std::string folder_;
};

// A good file, line by line, so that the tests can replace one.
const std::vector<std::string> good_lines = {
    /* 1 */ "listen: [{address: 127.0.0.1, port: 6432}]",
    /* 2 */ "policy: policy.yaml",
    /* 3 */ "users: users.yaml",
    /* 4 */ "state_directory: state",
    /* 5 */ "mask_key_file: mask.key",
    /* 6 */ "audit: {directory: audit, key_file: audit.key}",
    /* 7 */ "upstreams:",
    /* 8 */ "  lake: {host: 10.0.0.1, port: 5433, database: raw, user: gateway, password_file: lake.password}",
    /* 9 */ "databases:",
    /* 10 */ "  lake: {upstream: lake, layers: {\"*\": lake}}"};

std::string with_line(std::size_t number, const std::string& line) {
  std::string text;
  for (std::size_t index = 0; index < good_lines.size(); ++index) {
    text += (index + 1 == number ? line : good_lines[index]) + "\n";
  }
  return number > good_lines.size() ? text + line + "\n" : text;
}

TEST_F(configuration, needs_little) {
  const auto outcome = load_text(with_line(0, ""));
  ASSERT_TRUE(outcome.value) << base::to_string(outcome.problems);
  const settings& read = *outcome.value;
  EXPECT_EQ(read.file, folder_ + "/c.yaml");
  EXPECT_EQ(read.listen.at(0).address, "127.0.0.1");
  EXPECT_EQ(read.listen.at(0).port, 6432);
  EXPECT_EQ(read.policy_file, folder_ + "/policy.yaml");
  EXPECT_EQ(read.users_file, folder_ + "/users.yaml");
  EXPECT_EQ(read.state_directory, folder_ + "/state");
  EXPECT_EQ(read.mask_key.reveal(), std::string(32, '\xaa'));
  EXPECT_EQ(read.audit.directory, folder_ + "/audit");
  EXPECT_EQ(read.client.mode, client_tls::off);
  const auto& lake = read.upstreams.at("lake");
  EXPECT_EQ(lake.name, "lake");
  EXPECT_EQ(lake.host, "10.0.0.1");
  EXPECT_EQ(lake.port, 5433);
  EXPECT_EQ(lake.password.reveal(), "hunter2");
  EXPECT_EQ(lake.tls, upstream_tls::disable);
  const auto& database = read.databases.at("lake");
  EXPECT_EQ(*database.layer_of("anything"), "lake");
  EXPECT_EQ(database.search_path, std::vector<std::string>{"public"});
}

TEST_F(configuration, says_everything) {
  ::setenv("SLUICE_TEST_PASSWORD", "from the environment", 1);
  write("ca.pem", "authority", 0644);
  const auto outcome = load_text(R"(
listen:
  - {address: 0.0.0.0, port: 6432}
  - {address: "::1", port: 6433}
threads: 4
tls: {mode: require, certificate: cert.pem, key: key.pem}
policy: /etc/policy.yaml
users: users.yaml
state_directory: state
mask_key_file: missing.key
audit: {directory: audit, key_file: audit.key, rotate: 1MiB, sync_every: 0, on_failure: {mart: allow, lake: deny}}
limits:
  max_connections: 10
  max_message_bytes: 1MiB
  max_statement_bytes: 64KiB
  max_parse_depth: 100
  max_prepared: 5
  max_pipeline_bytes: 2MiB
  login_timeout: 3s
  idle_timeout: 1h
  connect_timeout: 500ms
catalog_refresh: 1m
upstreams:
  a: {host: db.example, database: w, user: g, password_env: SLUICE_TEST_PASSWORD, tls: verify-full, tls_ca: ca.pem}
databases:
  w:
    upstream: a
    layers: {lake_raw: lake, reports: mart, "*": warehouse}
    search_path: [reports, public]
  closed: {upstream: a, layers: {only: lake}}
)");
  ASSERT_TRUE(outcome.value) << base::to_string(outcome.problems);
  const settings& read = *outcome.value;
  EXPECT_EQ(read.listen.at(1).address, "::1");
  EXPECT_EQ(read.threads, 4u);
  EXPECT_EQ(read.client.mode, client_tls::require);
  EXPECT_EQ(read.client.key, folder_ + "/key.pem");
  EXPECT_EQ(read.policy_file, "/etc/policy.yaml");
  EXPECT_EQ(read.mask_key_file, folder_ + "/missing.key");
  EXPECT_TRUE(read.mask_key.empty());
  EXPECT_EQ(read.audit.rotate_bytes, 1u << 20);
  EXPECT_EQ(read.audit.sync_every, milliseconds(0));
  EXPECT_EQ(read.audit.on_failure,
            (std::map<std::string, audit_failure>{{"lake", audit_failure::deny}, {"mart", audit_failure::allow}}));
  EXPECT_EQ(read.limits.max_connections, 10u);
  EXPECT_EQ(read.limits.max_message_bytes, 1u << 20);
  EXPECT_EQ(read.limits.max_statement_bytes, 64u << 10);
  EXPECT_EQ(read.limits.max_parse_depth, 100u);
  EXPECT_EQ(read.limits.max_prepared, 5u);
  EXPECT_EQ(read.limits.max_pipeline_bytes, 2u << 20);
  EXPECT_EQ(read.limits.login_timeout, milliseconds(3000));
  EXPECT_EQ(read.limits.idle_timeout, milliseconds(3'600'000));
  EXPECT_EQ(read.limits.connect_timeout, milliseconds(500));
  EXPECT_EQ(read.catalog_refresh, milliseconds(60'000));
  EXPECT_EQ(read.upstreams.at("a").password.reveal(), "from the environment");
  EXPECT_EQ(read.upstreams.at("a").tls, upstream_tls::verify_full);
  EXPECT_EQ(read.upstreams.at("a").tls_ca, folder_ + "/ca.pem");
  const auto& w = read.databases.at("w");
  EXPECT_EQ(*w.layer_of("lake_raw"), "lake");
  EXPECT_EQ(*w.layer_of("public"), "warehouse");
  EXPECT_EQ(w.search_path, (std::vector<std::string>{"reports", "public"}));
  EXPECT_EQ(read.databases.at("closed").layer_of("other"), nullptr);
}

struct problem_row {
  const char* name;
  std::size_t line;  // of good_lines, replaced; beyond the last: added
  std::string text;
  std::string problems;
};

class config_problem : public configuration, public testing::WithParamInterface<problem_row> {};
TEST_P(config_problem, is_told_with_its_position) {
  ::unsetenv("SLUICE_TEST_UNSET");
  write("open.password", "hunter2\n", 0640);
  write("world.password", "hunter2\n", 0604);
  write("empty.password", "\n");
  write("short.key", "abcd\n");
  write("words.key", std::string(64, 'z'));
  EXPECT_EQ(problems_of(with_line(GetParam().line, GetParam().text)), GetParam().problems);
}

TEST_F(configuration, an_empty_file_lacks_everything_at_its_beginning) {
  const auto told = problems_of("");
  EXPECT_TRUE(told.starts_with("c.yaml:1:1: `listen` is missing in the configuration\n")) << told;
  EXPECT_NE(told.find("c.yaml:1:1: `audit` is missing in the configuration\n"), std::string::npos) << told;
}

std::string lake(const std::string& more) { return "  lake: {database: raw, user: g" + more + "}"; }
std::string database_line(const std::string& fields) { return "  lake: {" + fields + "}"; }

INSTANTIATE_TEST_SUITE_P(
    lines, config_problem,
    testing::Values(
        problem_row{"unknown_key", 11, "limit: {}",
                    "c.yaml:11:1: unknown key `limit` in the configuration (did you mean `limits`?)\n"},
        problem_row{"no_listen", 1, "", "c.yaml:2:1: `listen` is missing in the configuration\n"},
        problem_row{"empty_listen", 1, "listen: []", "c.yaml:1:9: `listen` names no address\n"},
        problem_row{"listen_port_too_large", 1, "listen: [{port: 65536}]",
                    "c.yaml:1:17: `port` must be a whole number from 1 to 65535, not `65536`\n"},
        problem_row{"listen_port_zero", 1, "listen: [{port: 0}]",
                    "c.yaml:1:17: `port` must be a whole number from 1 to 65535, not `0`\n"},
        problem_row{
            "listen_host_name", 1, "listen: [{address: localhost}]",
            "c.yaml:1:20: `localhost` is no IP address (write 127.0.0.1, 0.0.0.0 for every IPv4 interface, or :: "
            "for every IPv6 one)\n"},
        problem_row{"listen_twice", 1, "listen: [{port: 6432}, {port: 6432}]",
                    "c.yaml:1:24: `listen` names 127.0.0.1 port 6432 twice\n"},
        problem_row{"policy_list", 2, "policy: [a]", "c.yaml:2:9: `policy` must be a text, not a list\n"},
        problem_row{"no_users", 3, "", "c.yaml:1:1: `users` is missing in the configuration\n"},
        problem_row{
            "short_mask_key", 5, "mask_key_file: short.key",
            "c.yaml:5:16: short.key: holds no key of 64 hex digits (make one with `openssl rand -hex 32`; tokens then "
            "change)\n"},
        problem_row{
            "mask_key_of_other_letters", 5, "mask_key_file: words.key",
            "c.yaml:5:16: words.key: holds no key of 64 hex digits (make one with `openssl rand -hex 32`; tokens then "
            "change)\n"},
        problem_row{
            "mask_key_for_everyone", 5, "mask_key_file: world.password",
            "c.yaml:5:16: world.password: a secret that group or others can reach (chmod 600 world.password)\n"},
        problem_row{"no_audit", 6, "", "c.yaml:1:1: `audit` is missing in the configuration\n"},
        problem_row{"audit_without_key", 6, "audit: {directory: a}", "c.yaml:6:8: `key_file` is missing in `audit`\n"},
        problem_row{"audit_unknown_layer", 6, "audit: {directory: a, key_file: k, on_failure: {lak: allow}}",
                    "c.yaml:6:49: `on_failure` names layer `lak`, which no database has (did you mean `lake`?)\n"},
        problem_row{"audit_unknown_answer", 6, "audit: {directory: a, key_file: k, on_failure: {lake: maybe}}",
                    "c.yaml:6:55: `on_failure.lake` must be `deny` or `allow`, not `maybe`\n"},
        problem_row{"audit_rotate", 6, "audit: {directory: a, key_file: k, rotate: 1}",
                    "c.yaml:6:44: `rotate` must be from 65536 to 1099511627776 bytes, not `1`\n"},
        problem_row{"upstream_without_user", 8, "  lake: {database: raw}",
                    "c.yaml:8:9: `user` is missing in upstream `lake`\n"},
        problem_row{"upstream_unknown_key", 8, lake(", pasword_file: x"),
                    "c.yaml:8:34: unknown key `pasword_file` in upstream `lake` (did you mean `password_file`?)\n"},
        problem_row{"upstream_password_in_the_file", 8, lake(", password: hunter2"),
                    "c.yaml:8:34: unknown key `password` in upstream `lake`\n"},
        problem_row{"upstream_two_passwords", 8, lake(", password_file: lake.password, password_env: HOME"),
                    "c.yaml:8:64: `password_file` and `password_env` exclude each other\n"},
        problem_row{"password_file_missing", 8, lake(", password_file: none"),
                    "c.yaml:8:49: none: cannot be read: No such file or directory\n"},
        problem_row{"password_file_a_folder", 8, lake(", password_file: ."),
                    "c.yaml:8:49: : cannot be read: it is a directory\n"},
        problem_row{"password_file_of_the_group", 8, lake(", password_file: open.password"),
                    "c.yaml:8:49: open.password: a secret that group or others can reach (chmod 600 open.password)\n"},
        problem_row{"password_file_empty", 8, lake(", password_file: empty.password"),
                    "c.yaml:8:49: empty.password: holds no secret: the file is empty\n"},
        problem_row{"password_env_unset", 8, lake(", password_env: SLUICE_TEST_UNSET"),
                    "c.yaml:8:48: the environment variable `SLUICE_TEST_UNSET` is not set\n"},
        problem_row{"upstream_tls_mode", 8, lake(", tls: on"),
                    "c.yaml:8:39: `tls` must be `disable`, `require` or `verify-full`, not `on`\n"},
        problem_row{"upstream_tls_without_authority", 8, lake(", tls: verify-full"),
                    "c.yaml:8:34: `tls: verify-full` needs `tls_ca` in upstream `lake` (name the PEM file of the "
                    "authority that "
                    "signed the server's certificate)\n"},
        problem_row{"upstream_authority_without_use", 8, lake(", tls: require, tls_ca: cert.pem"),
                    "c.yaml:8:48: `tls_ca` is only used by `tls: verify-full`\n"},
        problem_row{"upstream_authority_missing", 8, lake(", tls: verify-full, tls_ca: none"),
                    "c.yaml:8:60: none: cannot be read: No such file or directory\n"},
        problem_row{"upstream_text", 8, "  lake: db.example",
                    "c.yaml:8:9: upstream `lake` must be a mapping (`key: value` lines)\n"},
        problem_row{
            "database_of_unknown_upstream", 10, database_line("upstream: lak, layers: {\"*\": lake}"),
            "c.yaml:10:20: database `lake` names upstream `lak`, which is not in `upstreams` (did you mean `lake`?)\n"},
        problem_row{"database_without_layers", 10, database_line("upstream: lake"),
                    "c.yaml:10:9: `layers` is missing in database `lake`\n"},
        problem_row{
            "database_with_empty_layers", 10, database_line("upstream: lake, layers: {}"),
            "c.yaml:10:34: database `lake` has no layer (map schemas to layers; `\"*\"` stands for every schema not "
            "named)\n"},
        problem_row{"database_with_system_schema", 10,
                    database_line("upstream: lake, layers: {pg_catalog: lake, a: b}"),
                    "c.yaml:10:35: system schema `pg_catalog` belongs to no layer\n"},
        problem_row{"database_with_long_schema", 10,
                    database_line("upstream: lake, layers: {a: b}, search_path: [" + std::string(64, 's') + "]"),
                    "c.yaml:10:55: schema name `" + std::string(64, 's') + "` is longer than 63 bytes\n"},
        problem_row{"no_database", 10, "", "c.yaml:1:1: `databases` is missing in the configuration\n"},
        problem_row{"threads", 11, "threads: many",
                    "c.yaml:11:10: `threads` must be a whole number from 0 to 1024, not `many`\n"},
        problem_row{"tls_without_files", 11, "tls: {mode: allow}",
                    "c.yaml:11:6: `certificate` is missing in `tls`\nc.yaml:11:6: `key` is missing in `tls`\n"},
        problem_row{
            "tls_key_for_everyone", 11, "tls: {mode: allow, certificate: cert.pem, key: world.password}",
            "c.yaml:11:48: world.password: a secret that group or others can reach (chmod 600 world.password)\n"},
        problem_row{"limit_of_zero", 11, "limits: {login_timeout: 0}",
                    "c.yaml:11:25: `login_timeout` must be longer than 0\n"},
        problem_row{"limit_beyond_the_parser", 11, "limits: {max_statement_bytes: 2MiB}",
                    "c.yaml:11:31: `max_statement_bytes` must be from 1024 to 1048576 bytes, not `2MiB`\n"},
        problem_row{"refresh_too_often", 11, "catalog_refresh: 1ms",
                    "c.yaml:11:18: `catalog_refresh` must be at least 100ms\n"}),
    [](const auto& row) { return row.param.name; });

TEST_F(configuration, tells_all_problems_in_file_order) {
  EXPECT_EQ(problems_of("threads: x\nlisten: [{port: 1}]\nbogus: 1\nupstreams: {a: {port: 0}}\n"
                        "databases: {d: {upstream: b, layers: {s: l}}}\naudit: {directory: a, key_file: k}\n"
                        "policy: p\nusers: u\nstate_directory: s\nmask_key_file: m\n"),
            "c.yaml:1:10: `threads` must be a whole number from 0 to 1024, not `x`\n"
            "c.yaml:3:1: unknown key `bogus` in the configuration\n"
            "c.yaml:4:16: `database` is missing in upstream `a`\n"
            "c.yaml:4:16: `user` is missing in upstream `a`\n"
            "c.yaml:4:23: `port` must be a whole number from 1 to 65535, not `0`\n"
            "c.yaml:5:27: database `d` names upstream `b`, which is not in `upstreams`\n");
}

TEST_F(configuration, that_is_missing_is_told) {
  const auto outcome = load(folder_ + "/none.yaml");
  EXPECT_FALSE(outcome.value);
  EXPECT_EQ(base::to_string(outcome.problems), folder_ + "/none.yaml: cannot be read: No such file or directory\n");
}

TEST_F(configuration, names_layers_that_the_policy_knows) {
  const auto outcome = load_text(with_line(10, "  lake: {upstream: lake, layers: {a: lake, b: lkae, \"*\": mart}}"));
  ASSERT_TRUE(outcome.value);
  const auto problems = check_layers(*outcome.value, {"lake", "warehouse"});
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[0].cause, "database `lake` puts schema `b` into layer `lkae`, which the policy does not name");
  EXPECT_EQ(problems[0].hint, "did you mean `lake`?");
  EXPECT_EQ(problems[0].where.line, 10);
  EXPECT_EQ(problems[1].cause, "database `lake` puts schema `*` into layer `mart`, which the policy does not name");
  EXPECT_TRUE(check_layers(*outcome.value, {"lake", "lkae", "mart"}).empty());
}

TEST_F(configuration, secret_files_lose_their_line_break_alone) {
  write("secret", " two words \n\n");
  EXPECT_EQ(read_secret_file(folder_ + "/secret")->reveal(), " two words \n");
  write("secret", "windows\r\n");
  EXPECT_EQ(read_secret_file(folder_ + "/secret")->reveal(), "windows");
}

TEST_F(configuration, files_that_are_too_large_are_refused) {
  write("large", std::string(100, 'x'));
  EXPECT_EQ(*read_file(folder_ + "/large", 100), std::string(100, 'x'));
  EXPECT_EQ(read_file(folder_ + "/large", 99).error().cause, "larger than 99 bytes");
  EXPECT_EQ(read_file("/dev/zero", 1000).error().cause, "larger than 1000 bytes");
}

}  // namespace
}  // namespace sluice::config
