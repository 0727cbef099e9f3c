#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "sluice/auth/crypto.hpp"
#include "sluice/auth/users_file.hpp"
#include "sluice/config/yaml.hpp"

namespace sluice::auth {
namespace {

constexpr std::chrono::seconds lock_patience{10};
constexpr std::chrono::milliseconds lock_pause{50};

class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

change_outcome system_failure(const std::string& path, const std::string& what) {
  return {false, true, {{.cause = what + ": " + std::strerror(errno), .where = {.file = path}}}};
}

bool lock(const descriptor& file) {
  const auto give_up = std::chrono::steady_clock::now() + lock_patience;
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK || std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(lock_pause);
  }
  return true;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool write_new_file(const std::string& path, std::string_view text, const struct stat* owner) {
  const descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (file.get() < 0) return false;
  // An administrator's change must not take the file away from the account that the gateway runs under.
  if (owner != nullptr && (owner->st_uid != ::geteuid() || owner->st_gid != ::getegid()) &&
      ::fchown(file.get(), owner->st_uid, owner->st_gid) != 0) {
    return false;
  }
  return write_all(file.get(), text) && ::fsync(file.get()) == 0;
}

change_outcome replace(const std::string& path, std::string_view text, const struct stat* owner) {
  const std::string beside = path + "." + to_hex(random_bytes(8)) + ".new";
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!write_new_file(beside, text, owner) || ::rename(beside.c_str(), path.c_str()) != 0) {
    auto failed = system_failure(path, "cannot be written");
    ::unlink(beside.c_str());
    return failed;
  }
  const descriptor directory(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return system_failure(path, "its folder cannot be synced");
  return {true, false, {}};
}

}  // namespace

change_outcome change_users_file(const std::string& named,
                                 const std::function<base::result<std::string>(const std::string& text)>& change) {
  // The file behind a symbolic link is replaced, not the link.
  std::error_code failure;
  const auto resolved = std::filesystem::canonical(named, failure);
  const std::string path = failure ? named : resolved.string();

  const std::string lock_path = path + ".lock";
  const descriptor guard(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (guard.get() < 0) return system_failure(lock_path, "cannot be opened");
  if (!lock(guard)) return system_failure(lock_path, "is held by somebody else");

  struct stat facts {};
  const bool exists = ::stat(path.c_str(), &facts) == 0;
  if (!exists && errno != ENOENT) return system_failure(path, "cannot be read");
  std::string text;
  if (exists) {
    auto read = config::read_file(path, config::max_yaml_bytes);
    if (!read) return {false, true, {read.error()}};
    text = std::move(*read);
  }
  // A file of blanks is one without users yet.
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) text.clear();
  if (!text.empty()) {
    auto current = parse_users(text, named);
    if (!current.value) return {false, false, std::move(current.problems)};
  }
  auto changed = change(text);
  if (!changed) {
    base::diagnostic why = changed.error();
    if (why.where.file.empty()) why.where.file = named;
    return {false, false, {std::move(why)}};
  }
  return replace(path, *changed, exists ? &facts : nullptr);
}

}  // namespace sluice::auth
