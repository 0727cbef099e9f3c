#include <csignal>
#include <iostream>

#include "options.hpp"
#include "sluice/audit/chain.hpp"
#include "sluice/cli/cli.hpp"
#include "sluice/net/log.hpp"
#include "sluice/net/parse_stack.hpp"
#include "sluice/net/server.hpp"

namespace sluice::cli {
namespace {

constexpr std::chrono::seconds stop_grace{10};

constexpr option options[] = {
    {.name = "config", .value = "FILE", .text = "the settings, such as conf/sluice.yaml", .how_often = occurs::once},
    {.name = "check", .text = "read and check every file, start nothing"},
};
constexpr command shape = {
    .name = "serve",
    .summary = "runs the gateway until SIGTERM or SIGINT; SIGHUP reads policy, users and certificate again",
    .options = options,
    .exit_codes =
        "0  stopped by a signal; with --check: the files are good\n"
        "2  a file is not good: every problem is listed, nothing was started\n"
        "3  the system failed: port in use, journal not writable",
    .examples = "sluice serve --config conf/sluice.yaml\nsluice serve --config conf/sluice.yaml --check"};

// Signals are taken by sigwait alone; threads made while this lives do not get them either.
class blocked_signals {
 public:
  blocked_signals() {
    sigemptyset(&mine_);
    for (const int each : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&mine_, each);
    // A journal over its file size limit is an error to deny by, not a reason to die.
    std::signal(SIGXFSZ, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &mine_, &before_);
  }
  ~blocked_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  blocked_signals(const blocked_signals&) = delete;
  blocked_signals& operator=(const blocked_signals&) = delete;

  int next() const {
    int number = 0;
    while (sigwait(&mine_, &number) != 0) {
    }
    return number;
  }

 private:
  sigset_t mine_{};
  sigset_t before_{};
};

// Without it every token mask would give null.
base::result<void> make_mask_key(net::server_parts& parts) {
  if (!parts.settings->mask_key.empty()) return {};
  auto key = audit::load_or_make_key(parts.settings->mask_key_file);
  if (!key) return key.error();
  auto settings = *parts.settings;
  settings.mask_key = std::move(*key);
  net::log(net::log_level::info, "made the key of the token masks: " + settings.mask_key_file);
  parts.settings = std::make_shared<const config::settings>(std::move(settings));
  return {};
}

// Every file, so that all problems are told at once; nothing is started.
std::vector<base::diagnostic> read_files(const std::string& path, net::server_parts& into) {
  auto config = config::load(path);
  auto problems = std::move(config.problems);
  if (!config.value) return problems;
  into.settings = std::make_shared<const config::settings>(std::move(*config.value));

  auto users = auth::load_users(into.settings->users_file);
  into.users = users.value;
  problems.insert(problems.end(), users.problems.begin(), users.problems.end());

  auto policy = policy::load(into.settings->policy_file, base::revision{1});
  into.policy = policy.value;
  problems.insert(problems.end(), policy.problems.begin(), policy.problems.end());
  if (into.policy) {
    const auto dangling = config::check_layers(*into.settings, policy.layers);
    problems.insert(problems.end(), dangling.begin(), dangling.end());
  }
  for (const auto& each : policy.warnings) net::log(net::log_level::warning, base::to_string(each));

  const auto tls = net::check_tls(*into.settings);
  problems.insert(problems.end(), tls.begin(), tls.end());
  return problems;
}

void reload(net::server& running) {
  const auto outcome = running.reload();
  for (const auto& each : outcome.warnings) net::log(net::log_level::warning, base::to_string(each));
  for (const auto& each : outcome.problems) net::log(net::log_level::error, base::to_string(each));
  if (outcome.applied) {
    net::log(net::log_level::info, "reloaded policy and users");
  } else {
    net::log(net::log_level::error, "reload refused: nothing has changed");
  }
}

std::string printed(const std::vector<config::endpoint>& endpoints) {
  std::string out;
  for (const auto& [address, port] : endpoints) {
    const bool v6 = address.find(':') != std::string::npos;
    out += " " + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
  }
  return out;
}

int run_gateway(const arguments& given, const blocked_signals& signals) {
  net::server_parts parts;
  const auto problems = read_files(given.get("config"), parts);
  if (!problems.empty()) {
    complain(problems);
    return exit_usage;
  }
  if (given.has("check")) return exit_ok;

  if (const auto made = make_mask_key(parts); !made) {
    complain(made.error());
    return exit_system;
  }
  parts.open_journal = [settings = parts.settings] { return audit::open_journal(settings->audit); };
  const auto databases = parts.settings->databases.size();
  auto started = net::server::start(std::move(parts));
  if (!started) {
    complain(started.error());
    return exit_system;
  }
  auto& running = **started;
  net::log(net::log_level::info,
           "listening on" + printed(running.endpoints()) + " for " + std::to_string(databases) + " databases");
  for (;;) {
    const int signal = signals.next();
    if (signal == SIGHUP) {
      reload(running);
      continue;
    }
    net::log(net::log_level::info, "stopping");
    running.stop(stop_grace);
    net::log(net::log_level::info, "stopped");
    return exit_ok;
  }
}

}  // namespace

int serve(const std::vector<std::string>& given) {
  const auto read = parse_or_explain(shape, given);
  if (!read.value) return read.exit_code;
  const blocked_signals signals;
  int exit_code = exit_system;
  // Policies hold SQL: they are read where there is stack enough to parse it.
  net::parse_thread body([&] {
    try {
      exit_code = run_gateway(*read.value, signals);
    } catch (const std::exception& caught) {
      complain(base::diagnostic{.cause = caught.what()});
    }
  });
  body.join();
  return exit_code;
}

}  // namespace sluice::cli
