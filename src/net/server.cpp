#include "sluice/net/server.hpp"

#include <algorithm>
#include <thread>

#include "gateway.hpp"
#include "listener.hpp"
#include "reactor.hpp"
#include "sluice/auth/crypto.hpp"
#include "sluice/catalog/loader.hpp"
#include "sluice/net/log.hpp"

namespace sluice::net {
namespace {

// Ready means that catalogs were tried, but an upstream that does not answer must not hold up the others for long.
constexpr std::chrono::milliseconds first_round_limit{5000};
constexpr std::chrono::milliseconds stop_poll{5};

base::result<tls_context_ptr> tls_for_clients(const config::settings& settings) {
  if (settings.client.mode == config::client_tls::off) return tls_context_ptr{};
  return client_facing_tls(settings.client);
}

base::secret made_mock_secret(const config::settings& settings) {
  // From a kept key, so that an unknown user's salt stays the same across restarts.
  if (settings.mask_key.empty()) return base::secret(auth::random_bytes(32));
  const auto derived = auth::hmac_sha256(settings.mask_key.reveal())("sluice mock verifiers");
  return base::secret(std::string(auth::as_bytes(derived)));
}

audit::record service_record(audit::event what, base::revision policy, std::string detail) {
  audit::record out;
  out.event = what;
  out.policy_revision = policy.value();
  out.detail = std::move(detail);
  return out;
}

}  // namespace

std::vector<base::diagnostic> check_tls(const config::settings& settings) {
  std::vector<base::diagnostic> problems;
  if (const auto made = tls_for_clients(settings); !made) problems.push_back(made.error());
  for (const auto& [name, upstream] : settings.upstreams) {
    if (const auto made = upstream_facing_tls(upstream); !made) problems.push_back(made.error());
  }
  return problems;
}

struct server::state {
  state(edition first, catalog_service::reader read)
      : shared(std::move(first), std::move(read)), front(shared, reactors) {}

  gateway shared;
  std::vector<std::unique_ptr<reactor>> reactors;
  listener front;
  bool stopped = false;
};

server::server(std::unique_ptr<state> made) : state_(std::move(made)) {}

server::~server() { stop(std::chrono::milliseconds{0}); }

base::result<std::unique_ptr<server>> server::start(server_parts parts) {
  auto client_tls = tls_for_clients(*parts.settings);
  if (!client_tls) return client_tls.error();
  edition first{parts.settings, parts.users, parts.policy, *client_tls, {}};
  auto read = parts.read_catalog ? std::move(parts.read_catalog) : catalog_service::reader(&catalog::load);
  auto made = std::make_unique<state>(std::move(first), std::move(read));
  auto& shared = made->shared;
  shared.mock_secret = made_mock_secret(*parts.settings);
  for (const auto& [name, upstream] : parts.settings->upstreams) {
    auto context = upstream_facing_tls(upstream);
    if (!context) return context.error();
    shared.upstream_tls[name] = std::move(*context);
  }
  if (const auto bound = made->front.open(parts.settings->listen); !bound) return bound.error();
  auto journal = parts.open_journal();
  if (!journal) return journal.error();
  shared.journal = std::move(*journal);
  const auto recorded = shared.journal->append(service_record(audit::event::start, parts.policy->revision(), {}));
  if (!recorded) return recorded.error();

  const unsigned threads =
      parts.settings->threads > 0 ? parts.settings->threads : std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < threads; ++i) made->reactors.push_back(std::make_unique<reactor>(shared));
  std::unique_ptr<server> running(new server(std::move(made)));
  auto& parts_of = *running->state_;
  for (const auto& each : parts_of.reactors) shared.reactors.push_back(each.get());
  shared.claims.when_released([&shared] {
    for (auto* each : shared.reactors) each->look_again();
  });
  for (auto& each : parts_of.reactors) each->start();
  shared.catalogs.start();
  shared.catalogs.wait_for_first_round(std::min(first_round_limit, parts.settings->limits.connect_timeout));
  parts_of.front.start();
  return running;
}

std::vector<config::endpoint> server::endpoints() const { return state_->front.bound(); }

reload_outcome server::reload() {
  auto& shared = state_->shared;
  const auto& settings = *shared.settings;
  const auto serving = shared.published.current()->policy->revision();
  auto policy = policy::load(settings.policy_file, base::revision{serving.value() + 1});
  auto users = auth::load_users(settings.users_file);
  auto client_tls = tls_for_clients(settings);

  reload_outcome out;
  out.problems = std::move(policy.problems);
  out.problems.insert(out.problems.end(), users.problems.begin(), users.problems.end());
  if (policy.value) {
    const auto dangling = config::check_layers(settings, policy.layers);
    out.problems.insert(out.problems.end(), dangling.begin(), dangling.end());
  }
  if (!client_tls) out.problems.push_back(client_tls.error());
  out.warnings = std::move(policy.warnings);
  if (out.problems.empty() && policy.value && users.value) {
    try {
      shared.published.replace_policy(policy.value, users.value, *client_tls);
      out.applied = true;
    } catch (const std::exception& problem) {
      base::diagnostic said;
      said.cause = std::string("policy cannot be applied: ") + problem.what();
      out.problems.push_back(std::move(said));
    }
  }
  const auto revision = shared.published.current()->policy->revision();
  const auto detail = out.applied ? "applied" : "refused, nothing changed:\n" + base::to_string(out.problems);
  if (!shared.journal->append(service_record(audit::event::reload, revision, detail))) {
    log(log_level::error, "reload could not be recorded in the audit journal");
  }
  return out;
}

void server::stop(std::chrono::milliseconds grace) {
  auto& all = *state_;
  if (std::exchange(all.stopped, true)) return;
  all.front.stop();
  for (auto& each : all.reactors) each->shut_down();
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (open_connections() > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(stop_poll);
  for (auto& each : all.reactors) each->stop();
  all.shared.catalogs.stop();
  const auto revision = all.shared.published.current()->policy->revision();
  if (!all.shared.journal->append(service_record(audit::event::stop, revision, {}))) {
    log(log_level::error, "stop could not be recorded in the audit journal");
  }
  all.shared.journal->sync();
}

const metrics::registry& server::measured() const { return state_->shared.registry; }

std::size_t server::open_connections() const {
  return static_cast<std::size_t>(std::max<std::int64_t>(0, state_->shared.measured.open.value()));
}

std::size_t server::cancel_keys() const { return state_->shared.cancels.size(); }

}  // namespace sluice::net
