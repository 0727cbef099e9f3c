#include "sluice/net/log.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

namespace sluice::net {

void log(log_level level, std::string_view message) {
  static constexpr std::array<std::string_view, 3> names = {"info", "warning", "error"};
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> stamp{};
  const std::size_t length = std::strftime(stamp.data(), stamp.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(stamp.data() + length, stamp.size() - length, ".%03dZ ", static_cast<int>(milliseconds));

  std::string line = stamp.data();
  line += names[static_cast<std::size_t>(level)];
  line += ' ';
  // A line break inside a message would forge a line of its own.
  for (char each : message) line += each == '\n' || each == '\r' ? ' ' : each;
  line += '\n';
  // Nobody can be told when stderr is gone.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace sluice::net
