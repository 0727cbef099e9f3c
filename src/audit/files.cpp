#include "sluice/audit/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace sluice::audit {
namespace {

constexpr std::string_view prefix = "audit-", suffix = ".jsonl";
constexpr std::size_t digits = 20;
constexpr std::size_t block_bytes = 256u << 10;

std::optional<std::uint64_t> first_of_name(std::string_view name) {
  if (name.size() != prefix.size() + digits + suffix.size()) return std::nullopt;
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  const auto number = name.substr(prefix.size(), digits);
  std::uint64_t first = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), first);
  if (read.ec != std::errc{} || read.ptr != number.data() + number.size()) return std::nullopt;
  return first;
}

}  // namespace

std::string file_name(std::uint64_t first) {
  auto number = std::to_string(first);
  number.insert(0, digits - number.size(), '0');
  return std::string(prefix) + number + std::string(suffix);
}

base::result<std::vector<journal_file>> list_files(const std::string& directory) {
  std::vector<journal_file> files;
  std::error_code code;
  std::filesystem::directory_iterator entry(directory, code);
  for (const std::filesystem::directory_iterator end; !code && entry != end; entry.increment(code))
    if (const auto first = first_of_name(entry->path().filename().native()))
      files.push_back({*first, entry->path().native()});
  if (code)
    return base::diagnostic{.cause = "cannot read audit directory `" + directory + "`: " + code.message(), .hint = {}};
  std::ranges::sort(files, {}, &journal_file::first);
  return files;
}

base::result<line_reader> line_reader::open(const std::string& path, std::uint64_t offset) {
  descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return system_problem("read", path);
  return line_reader(std::move(file), offset);
}

line_reader::outcome line_reader::next() {
  while (true) {
    const std::string_view unread(buffer_.data() + from_, filled_ - from_);
    offset_ = read_to_ - unread.size();
    if (const auto newline = unread.find('\n', scanned_ - from_); newline != unread.npos) {
      text_ = unread.substr(0, newline);
      scanned_ = from_ += newline + 1;
      ++number_;
      return outcome::line;
    }
    scanned_ = filled_;
    if (unread.size() > max_line_bytes) return outcome::too_long;
    if (from_ > 0) {
      buffer_.erase(0, from_);
      scanned_ = filled_ -= from_;
      from_ = 0;
    }
    // Doubling keeps the cost of a long line linear; the limit above bounds it.
    if (buffer_.size() < filled_ + block_bytes) buffer_.resize(std::max(filled_ + block_bytes, 2 * filled_));
    const auto count =
        ::pread(file_.number(), buffer_.data() + filled_, buffer_.size() - filled_, static_cast<off_t>(read_to_));
    if (count < 0) return outcome::failed;
    text_ = std::string_view(buffer_.data(), filled_);
    if (count == 0) return filled_ == 0 ? outcome::end : outcome::torn;
    filled_ += static_cast<std::size_t>(count);
    read_to_ += static_cast<std::uint64_t>(count);
  }
}

base::result<last_lines> find_last_lines(int file, const std::string& path, std::uint64_t count) {
  struct stat facts {};
  if (::fstat(file, &facts) != 0) return system_problem("read", path);
  std::string block(block_bytes, '\0');
  last_lines found;
  std::uint64_t newlines = 0;  // the one that ends the last line included
  for (auto at = static_cast<std::uint64_t>(facts.st_size); at > 0;) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(at, block.size()));
    at -= length;
    for (std::size_t got = 0; got < length;) {
      const auto read = ::pread(file, block.data() + got, length - got, static_cast<off_t>(at + got));
      if (read <= 0) return system_problem("read", path);
      got += static_cast<std::size_t>(read);
    }
    for (auto rest = std::string_view(block.data(), length); !rest.empty();) {
      const auto newline = rest.rfind('\n');
      if (newline == rest.npos) break;
      if (newlines++ == count) return last_lines{at + newline + 1, count};
      rest = rest.substr(0, newline);
    }
  }
  return last_lines{0, newlines};
}

base::result<file_end> find_end(int file, const std::string& path) {
  struct stat facts {};
  if (::fstat(file, &facts) != 0) return system_problem("read", path);
  const auto none = find_last_lines(file, path, 0);
  if (none.has_error()) return none.error();
  const auto one = find_last_lines(file, path, 1);
  if (one.has_error()) return one.error();
  return file_end{.last_line = one->offset, .whole = none->offset, .size = static_cast<std::uint64_t>(facts.st_size)};
}

}  // namespace sluice::audit
