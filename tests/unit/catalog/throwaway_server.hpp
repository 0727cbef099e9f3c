// A real PostgreSQL server in a folder of its own, for one test program: loopback, a free port, gone with the object.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "sluice/config/config.hpp"

namespace sluice::catalog::testing {

class throwaway_server {
 public:
  static constexpr const char* password = "quo'te \\ and blank";

  // Throws std::runtime_error when PostgreSQL is missing or does not come up.
  throwaway_server();
  ~throwaway_server();
  throwaway_server(const throwaway_server&) = delete;
  throwaway_server& operator=(const throwaway_server&) = delete;

  config::upstream upstream() const;
  void execute(const std::string& sql, const std::string& database = "postgres") const;  // as the superuser `tester`

 private:
  void start();

  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t server_ = -1;
};

// One server for the whole program, started by the first who asks.
const throwaway_server& shared_server();

}  // namespace sluice::catalog::testing
