#include <boost/json.hpp>

#include "command_line.hpp"
#include "sluice/auth/scram.hpp"
#include "sluice/catalog/snapshot.hpp"

namespace sluice::cli {
namespace {

constexpr const char* good_policy = R"(version: 1
layers:
  lake: {unclassified: deny}
  warehouse: {unclassified: allow}
roles:
  viewer: {layers: {warehouse: [read]}, sees: masked, instance: viewer}
bindings:
  - {role: viewer, users: [carol]}
classes:
  email: {mask: mail, columns: [email]}
masks:
  mail: {kind: email}
)";

catalog::column column(const char* name, std::int16_t attnum) {
  catalog::column made;
  made.name = name;
  made.attnum = attnum;
  made.type = base::oid{25};
  made.type_sql = "pg_catalog.text";
  made.type_category = 'S';
  made.base_type = "text";
  return made;
}

std::string saved_catalog() {
  catalog::contents contents;
  contents.database = "warehouse";
  contents.server_version = "15.0";
  contents.schemas = {"pg_catalog", "crm"};
  catalog::relation customers;
  customers.id = base::oid{20000};
  customers.schema = "crm";
  customers.name = "customers";
  customers.columns = {column("name", 1), column("email", 2)};
  contents.relations = {customers};
  return catalog::to_json(catalog::snapshot(contents));
}

class policy_command : public testing::command_line {
 protected:
  policy_command() {
    write("policy.yaml", good_policy);
    write("users.yaml", "users:\n  - name: carol\n    verifier: " +
                            std::string(auth::to_text(auth::make_verifier(base::secret("pw"), 1)).reveal()) + "\n");
    write("w.password", "hunter2\n");
    write_config("warehouse");
    write("catalog.json", saved_catalog());
  }

  void write_config(const std::string& layer) {
    write("config.yaml",
          "listen: [{}]\npolicy: policy.yaml\nusers: users.yaml\nstate_directory: state\n"
          "mask_key_file: mask.key\naudit: {directory: audit, key_file: audit.key}\n"
          "upstreams: {w: {port: 1, database: w, user: g, password_file: w.password}}\n"
          "databases: {warehouse: {upstream: w, layers: {lake_raw: lake, \"*\": " +
              layer + "}, search_path: [crm]}}\n");
  }

  testing::ran explain(const std::string& sql, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {
        "policy",    "explain",           "--config", path("config.yaml"), "--user=carol", "--database=warehouse",
        "--catalog", path("catalog.json")};
    words.insert(words.end(), more.begin(), more.end());
    words.push_back(sql);
    return sluice(words);
  }
};

TEST_F(policy_command, check_says_that_a_policy_is_good) {
  const auto got = sluice({"policy", "check", "--policy", path("policy.yaml")});
  EXPECT_EQ(got.code, exit_ok) << got.err;
  EXPECT_EQ(got.out, "policy.yaml: good\n");
}

TEST_F(policy_command, check_tells_problems_with_their_positions) {
  write("policy.yaml", std::string(good_policy) + "rolls: {}\n");
  const auto got = sluice({"policy", "check", "--policy", path("policy.yaml")});
  EXPECT_EQ(got.code, exit_usage);
  EXPECT_EQ(got.out, "");
  EXPECT_TRUE(got.err.starts_with("policy.yaml:13:1: unknown key `rolls`")) << got.err;
}

TEST_F(policy_command, check_compares_the_layers_of_the_configuration) {
  write_config("warehuose");
  const auto got = sluice({"policy", "check", "--policy", path("policy.yaml"), "--config", path("config.yaml")});
  EXPECT_EQ(got.code, exit_usage);
  EXPECT_EQ(got.err,
            "config.yaml:8:68: database `warehouse` puts schema `*` into layer `warehuose`, which the policy does not "
            "name (did you mean `warehouse`?)\n"
            "warning: policy.yaml: no database of config.yaml has layer `warehouse`\n");
}

TEST_F(policy_command, check_tells_the_problems_of_both_files) {
  write("policy.yaml", "nothing: here\n");
  write("config.yaml", "nothing: here\n");
  const auto got = sluice({"policy", "check", "--policy", path("policy.yaml"), "--config", path("config.yaml")});
  EXPECT_EQ(got.code, exit_usage);
  EXPECT_NE(got.err.find("policy.yaml:1:1: unknown key `nothing`"), std::string::npos) << got.err;
  EXPECT_NE(got.err.find("config.yaml:1:1: unknown key `nothing`"), std::string::npos) << got.err;
}

TEST_F(policy_command, explain_prints_an_allowed_statement) {
  const auto got = explain("select email from customers");
  EXPECT_EQ(got.code, exit_ok) << got.err << got.out;
  for (const char* part :
       {"decision    allowed\n", "user        carol\n", "roles       viewer\n", "layers      warehouse\n",
        "crm.customers in layer warehouse: read\n", "email: read, class email\n", "masks: email:", "rewritten SQL\n"}) {
    EXPECT_NE(got.out.find(part), std::string::npos) << part << "\n" << got.out;
  }
}

TEST_F(policy_command, explain_prints_a_denied_statement) {
  const auto got = explain("insert into customers values ('a', 'b')");
  EXPECT_EQ(got.code, exit_no) << got.err;
  EXPECT_TRUE(got.out.starts_with("decision    denied\nreason      ")) << got.out;
  EXPECT_NE(got.out.find("(SQLSTATE 42501)"), std::string::npos) << got.out;
  EXPECT_EQ(got.out.find("rewritten SQL"), std::string::npos);
}

TEST_F(policy_command, explain_prints_json) {
  const auto allowed = boost::json::parse(explain("select email from customers", {"--format=json"}).out).as_object();
  EXPECT_EQ(allowed.at("decision"), "allowed");
  EXPECT_EQ(allowed.at("sql"), "select email from customers");
  EXPECT_EQ(allowed.at("relations").at(0).at("relation"), "customers");
  EXPECT_TRUE(allowed.at("rewritten").is_string());
  const auto denied = boost::json::parse(explain("drop table customers", {"--format", "json"}).out).as_object();
  EXPECT_EQ(denied.at("decision"), "denied");
  EXPECT_EQ(denied.at("sqlstate"), "42501");
  EXPECT_FALSE(denied.contains("rewritten"));
}

TEST_F(policy_command, explain_denies_what_does_not_parse_with_its_position) {
  const auto got = explain("select from where");
  EXPECT_EQ(got.code, exit_no);
  EXPECT_NE(got.out.find("SQLSTATE 42601"), std::string::npos) << got.out;
  EXPECT_NE(got.out.find("position    character 13"), std::string::npos) << got.out;
}

TEST_F(policy_command, explain_says_that_the_login_would_be_refused) {
  std::string nobody = good_policy;
  nobody.replace(nobody.find("[carol]"), 7, "[dave]");
  write("policy.yaml", nobody);
  const auto got = explain("select 1");
  EXPECT_EQ(got.code, exit_no) << got.err << got.out;
  EXPECT_NE(got.out.find("login is refused: user `carol` has no access to any layer of database `warehouse`"),
            std::string::npos)
      << got.out;
  EXPECT_NE(got.out.find("a role on `lake`, `warehouse`\n"), std::string::npos) << got.out;
}

struct bad_row {
  const char* name;
  std::vector<std::string> words;
  int code;
  std::string problem;
};

class bad_question : public policy_command, public ::testing::WithParamInterface<bad_row> {};
TEST_P(bad_question, is_told) {
  std::vector<std::string> words = {"policy", "explain", "--config", path("config.yaml")};
  write("broken.json", "{]");
  for (auto word : GetParam().words) {
    if (word.starts_with("@")) word = path(word.substr(1));
    words.push_back(std::move(word));
  }
  const auto got = sluice(words);
  EXPECT_EQ(got.code, GetParam().code);
  EXPECT_EQ(got.out, "");
  EXPECT_EQ(got.err.substr(0, GetParam().problem.size()), GetParam().problem);
}
INSTANTIATE_TEST_SUITE_P(
    words, bad_question,
    ::testing::Values(
        bad_row{"unknown_user",
                {"--user=karol", "--database=warehouse", "--catalog", "@catalog.json", "select 1"},
                exit_usage,
                "sluice: there is no user `karol` (did you mean `carol`?)\n"},
        bad_row{"unknown_database",
                {"--user=carol", "--database=warehose", "--catalog", "@catalog.json", "select 1"},
                exit_usage,
                "sluice: there is no database `warehose` (did you mean `warehouse`?)\n"},
        bad_row{"unknown_format",
                {"--user=carol", "--database=warehouse", "--format=xml", "select 1"},
                exit_usage,
                "sluice: `--format` must be `text` or `json`, not `xml`\n"},
        bad_row{"no_statement", {"--user=carol", "--database=warehouse"}, exit_usage, "sluice: `SQL` is missing\n"},
        bad_row{"missing_catalog",
                {"--user=carol", "--database=warehouse", "--catalog", "@none.json", "select 1"},
                exit_usage,
                "none.json: cannot be read: No such file or directory\n"},
        bad_row{"broken_catalog",
                {"--user=carol", "--database=warehouse", "--catalog", "@broken.json", "select 1"},
                exit_usage,
                "broken.json: "},
        bad_row{
            "upstream_that_is_down", {"--user=carol", "--database=warehouse", "select 1"}, exit_system, "sluice: "}),
    [](const auto& row) { return row.param.name; });

TEST_F(policy_command, explain_tells_the_problems_of_every_file) {
  write("policy.yaml", "nothing: here\n");
  write("users.yaml", "nothing: here\n");
  const auto got = explain("select 1");
  EXPECT_EQ(got.code, exit_usage);
  EXPECT_NE(got.err.find("policy.yaml:1:1: unknown key `nothing`"), std::string::npos) << got.err;
  EXPECT_NE(got.err.find("users.yaml:1:1: unknown key `nothing`"), std::string::npos) << got.err;
}

class catalog_command : public policy_command {};

TEST_F(catalog_command, save_tells_an_unknown_database) {
  const auto got =
      sluice({"catalog", "save", "--config", path("config.yaml"), "--database=mart", "--output", path("out.json")});
  EXPECT_EQ(got.code, exit_usage);
  EXPECT_EQ(got.err, "sluice: there is no database `mart`\n");
}

TEST_F(catalog_command, save_leaves_no_file_when_the_upstream_is_down) {
  const auto got = sluice(
      {"catalog", "save", "--config", path("config.yaml"), "--database=warehouse", "--output", path("out.json")});
  EXPECT_EQ(got.code, exit_system);
  EXPECT_FALSE(std::filesystem::exists(path("out.json")));
}

}  // namespace
}  // namespace sluice::cli
