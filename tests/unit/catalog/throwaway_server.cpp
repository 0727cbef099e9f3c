#include "throwaway_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <pqxx/pqxx>
#include <stdexcept>
#include <thread>
#include <vector>

namespace sluice::catalog::testing {
namespace {

namespace fs = std::filesystem;

// PostgreSQL refuses to run as root.
const passwd* server_account() {
  if (geteuid() != 0) return nullptr;
  const passwd* account = getpwnam("postgres");
  if (account == nullptr) throw std::runtime_error("there is no system user `postgres` to run the server as");
  return account;
}

pid_t spawn(const std::vector<std::string>& command, const fs::path& folder) {
  const passwd* account = server_account();
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (account != nullptr &&
      (setgroups(0, nullptr) != 0 || setgid(account->pw_gid) != 0 || setuid(account->pw_uid) != 0))
    _exit(126);
  if (chdir(folder.c_str()) != 0) _exit(126);
  const int log = open("log", O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, 0);
  dup2(log, 1);
  dup2(log, 2);
  std::vector<char*> arguments;
  for (const auto& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

std::uint16_t free_port() {
  const int socket_number = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool found = socket_number >= 0 && bind(socket_number, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(socket_number, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(socket_number);
  if (!found) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

fs::path newest_binaries() {
  for (int version = 20; version >= 12; --version) {
    fs::path folder = "/usr/lib/postgresql/" + std::to_string(version) + "/bin";
    if (fs::exists(folder / "initdb")) return folder;
  }
  throw std::runtime_error("PostgreSQL is not installed: no initdb under /usr/lib/postgresql");
}

}  // namespace

throwaway_server::throwaway_server() {
  std::string pattern = (fs::temp_directory_path() / "sluice-catalog-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  try {
    start();
  } catch (...) {
    fs::remove_all(folder_);
    throw;
  }
}

void throwaway_server::start() {
  const fs::path binaries = newest_binaries();
  std::ofstream(folder_ / "password") << password << '\n';
  if (const passwd* account = server_account()) {
    for (const auto& path : {folder_, folder_ / "password"})
      if (chown(path.c_str(), account->pw_uid, account->pw_gid) != 0) throw std::runtime_error("chown failed");
  }
  const pid_t making = spawn({binaries / "initdb", "-D", folder_ / "data", "-U", "tester", "-A", "scram-sha-256",
                              "--pwfile", folder_ / "password", "-E", "UTF8", "--locale=C", "--no-sync"},
                             folder_);
  int status = 0;
  waitpid(making, &status, 0);
  if (status != 0) throw std::runtime_error("initdb failed, see its output in " + (folder_ / "log").string());

  port_ = free_port();
  server_ = spawn(
      {binaries / "postgres", "-D", folder_ / "data", "-p", std::to_string(port_), "-c", "listen_addresses=127.0.0.1",
       "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "shared_buffers=32MB"},
      folder_);
  for (int attempt = 0; attempt < 300; ++attempt) {
    try {
      execute("select 1");
      return;
    } catch (const pqxx::broken_connection&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
  throw std::runtime_error("the server did not come up");
}

throwaway_server::~throwaway_server() {
  if (server_ > 0) {
    kill(server_, SIGINT);
    waitpid(server_, nullptr, 0);
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

config::upstream throwaway_server::upstream() const {
  config::upstream to;
  to.name = "test";
  to.port = port_;
  to.database = "postgres";
  to.user = "tester";
  to.password = base::secret(password);
  return to;
}

void throwaway_server::execute(const std::string& sql, const std::string& database) const {
  pqxx::connection connection("host=127.0.0.1 user=tester password='quo\\'te \\\\ and blank' dbname=" + database +
                              " port=" + std::to_string(port_));
  const pqxx::quiet_errorhandler quiet(connection);
  pqxx::nontransaction in(connection);
  in.exec(sql);
}

const throwaway_server& shared_server() {
  static const throwaway_server server;
  return server;
}

}  // namespace sluice::catalog::testing
