#include "sluice/audit/tail.hpp"

#include <fcntl.h>

#include <algorithm>

#include "sluice/audit/files.hpp"

namespace sluice::audit {
namespace {

struct start {
  std::size_t index = 0;  // of the file
  std::uint64_t offset = 0;
};

base::result<start> find_start(const std::vector<journal_file>& files, std::uint64_t newest) {
  start at;
  for (at.index = files.size(); at.index-- > 0;) {
    const auto& path = files[at.index].path;
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return system_problem("read", path);
    const auto lines = find_last_lines(file.number(), path, newest);
    if (lines.has_error()) return lines.error();
    at.offset = lines->offset;
    newest -= std::min(newest, lines->count);
    if (newest == 0) return at;
  }
  return start{};
}

}  // namespace

base::result<void> tail(const std::string& directory, std::uint64_t newest, const line_sink& sink, const go_on& more) {
  auto files = list_files(directory);
  if (files.has_error()) return files.error();
  if (files->empty())
    return base::diagnostic{.cause = "no audit journal in `" + directory + "`",
                            .hint = "name the directory of the gateway's `audit.directory`"};
  auto at = find_start(*files, newest);
  if (at.has_error()) return at.error();
  while (true) {
    const auto current = (*files)[at->index];
    auto reader = line_reader::open(current.path, at->offset);
    if (reader.has_error()) return reader.error();
    bool finished = false;  // a newer file exists, so nothing is added to this one any more
    while (true) {
      const auto read = reader->next();
      if (read == line_reader::outcome::line) {
        if (!sink(reader->text())) return {};
        continue;
      }
      if (read == line_reader::outcome::failed) return system_problem("read", current.path);
      if (read == line_reader::outcome::too_long)
        return base::diagnostic{.cause = "a line of `" + current.path + "` is too long to be a record",
                                .hint = "run `sluice audit verify`"};
      if (finished) break;
      files = list_files(directory);
      if (files.has_error()) return files.error();
      finished = !files->empty() && files->back().first > current.first;
      // Looking once more after the newer file was seen: its writer finished this one first.
      if (!finished && !more()) return {};
    }
    const auto following = std::ranges::upper_bound(*files, current.first, {}, &journal_file::first);
    at->index = static_cast<std::size_t>(following - files->begin());
    at->offset = 0;
  }
}

}  // namespace sluice::audit
