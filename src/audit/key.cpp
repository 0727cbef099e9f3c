#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include "sluice/audit/chain.hpp"
#include "sluice/audit/descriptor.hpp"

namespace sluice::audit {
namespace {

constexpr std::size_t max_key_file_bytes = 256;

base::result<base::secret> read_key(int file, const std::string& path) {
  std::string text(max_key_file_bytes, '\0');
  const auto count = ::read(file, text.data(), text.size());
  if (count < 0) return system_problem("read key", path);
  const auto past = text.find_last_not_of(" \t\r\n", static_cast<std::size_t>(count) - (count > 0 ? 1 : 0));
  auto key = past == text.npos ? std::nullopt : auth::from_hex(std::string_view(text).substr(0, past + 1));
  const base::secret wiped(std::move(text));
  if (!key || key->size() != key_bytes)
    return base::diagnostic{.cause = "`" + path + "` is not a key: 64 hex digits expected",
                            .hint = "restore the key that was there; what was sealed or masked under it needs it"};
  return base::secret(std::move(*key));
}

// Through a temporary file and link(2): a crash leaves no half key, and a key that appeared meanwhile is not replaced.
base::result<void> make_key(const std::string& path) {
  const auto temporary = path + ".new." + std::to_string(::getpid());
  const base::secret text(auth::to_hex(auth::random_bytes(key_bytes)) + "\n");
  {
    descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.is_open()) return system_problem("make key", temporary, "its folder must exist and be writable");
    const auto bytes = text.reveal();
    if (::write(file.number(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
        ::fsync(file.number()) != 0) {
      auto problem = system_problem("write key", temporary);
      ::unlink(temporary.c_str());
      return problem;
    }
  }
  const bool made = ::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST;
  auto problem = system_problem("make key", path);
  ::unlink(temporary.c_str());
  if (!made) return problem;
  auto folder = std::filesystem::path(path).parent_path();
  const descriptor directory(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open() || ::fsync(directory.number()) != 0) return system_problem("sync the folder of", path);
  return {};
}

}  // namespace

base::result<base::secret> load_key(const std::string& path) {
  const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return system_problem("read key", path);
  return read_key(file.number(), path);
}

base::result<base::secret> load_or_make_key(const std::string& path) {
  descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) {
    if (auto made = make_key(path); made.has_error()) return made.error();
    file = descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
  if (!file.is_open()) return system_problem("read key", path);
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) return system_problem("read key", path);
  if ((facts.st_mode & 077) != 0)
    return base::diagnostic{.cause = "key `" + path + "` can be read by others", .hint = "chmod 600 " + path};
  return read_key(file.number(), path);
}

}  // namespace sluice::audit
