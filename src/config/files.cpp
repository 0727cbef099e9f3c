#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "sluice/config/yaml.hpp"

namespace sluice::config {
namespace {

class open_file {
 public:
  explicit open_file(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~open_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

base::diagnostic failed(const std::string& path, const std::string& cause, std::string hint = {}) {
  return {.cause = cause, .hint = std::move(hint), .where = {.file = path}};
}

base::result<std::string> read_open(const open_file& file, const std::string& path, std::size_t most) {
  struct stat facts {};
  if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) {
    return failed(path, std::string("cannot be read: ") + std::strerror(errno));
  }
  if (S_ISDIR(facts.st_mode)) return failed(path, "cannot be read: it is a directory");
  std::string text;
  char buffer[16 << 10];
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) return {boost::system::in_place_value, std::move(text)};
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > most) return failed(path, "larger than " + std::to_string(most) + " bytes");
  }
}

}  // namespace

std::string resolve_path(const std::string& named_in, const std::string& path) {
  const std::filesystem::path target(path);
  if (target.is_absolute()) return path;
  return (std::filesystem::path(named_in).parent_path() / target).lexically_normal().string();
}

base::result<std::string> read_file(const std::string& path, std::size_t most) {
  return read_open(open_file(path), path, most);
}

base::result<base::secret> read_secret_file(const std::string& path) {
  const open_file file(path);
  struct stat facts {};
  if (file.get() >= 0 && ::fstat(file.get(), &facts) == 0 && S_ISREG(facts.st_mode) &&
      (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return failed(path, "a secret that group or others can reach", "chmod 600 " + path);
  }
  auto text = read_open(file, path, max_secret_bytes);
  if (!text) return text.error();
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  if (text->empty()) return failed(path, "holds no secret: the file is empty");
  return base::secret(std::move(*text));
}

}  // namespace sluice::config
