#include "state.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace sluice::net {
namespace {

// Names of databases come from the configuration; whatever is not plain in a file name is written as its code.
std::filesystem::path path_of(const std::string& directory, const std::string& database) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string name = "classes-";
  for (const char c : database) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (plain) {
      name += c;
    } else {
      name += '%';
      name += digits[byte >> 4];
      name += digits[byte & 15u];
    }
  }
  return std::filesystem::path(directory) / (name + ".json");
}

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& doing, int error) {
  throw std::runtime_error("`" + path.string() + "` cannot be " + doing + ": " + std::generic_category().message(error));
}

struct descriptor {
  int number = -1;
  ~descriptor() {
    if (number >= 0) ::close(number);
  }
};

}  // namespace

std::vector<enforce::remembered_name> load_remembered(const std::string& directory, const std::string& database) {
  if (directory.empty()) return {};
  const auto path = path_of(directory, database);
  if (!std::filesystem::exists(path)) return {};
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) fail(path, "read", errno);
  auto names = enforce::remembered_from_json(text.str());
  if (!names) throw std::runtime_error("`" + path.string() + "`: " + base::to_string(names.error()));
  return std::move(*names);
}

void save_remembered(const std::string& directory, const std::string& database, const std::vector<enforce::remembered_name>& names) {
  if (directory.empty()) return;
  std::filesystem::create_directories(directory);
  const auto path = path_of(directory, database);
  const auto fresh = std::filesystem::path(path.string() + ".new");
  const std::string text = enforce::to_json(names) + "\n";
  {
    descriptor file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (file.number < 0) fail(fresh, "written", errno);
    for (std::size_t done = 0; done < text.size();) {
      const auto wrote = ::write(file.number, text.data() + done, text.size() - done);
      if (wrote < 0 && errno != EINTR) fail(fresh, "written", errno);
      if (wrote > 0) done += static_cast<std::size_t>(wrote);
    }
    if (::fsync(file.number) != 0) fail(fresh, "synced", errno);
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) fail(path, "replaced", errno);
  descriptor folder{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.number >= 0) ::fsync(folder.number);
}

}  // namespace sluice::net
