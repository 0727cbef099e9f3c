#include "sluice/audit/recovery.hpp"

#include <fcntl.h>

#include <algorithm>

#include "sluice/audit/chain.hpp"
#include "sluice/audit/descriptor.hpp"
#include "sluice/audit/files.hpp"

namespace sluice::audit {
namespace {

record alarm(std::string detail) {
  record made;
  made.event = event::alarm;
  made.detail = std::move(detail);
  return made;
}

base::diagnostic wrong_key(const std::string& path) {
  return {.cause = "`" + path + "` was not sealed with this audit key",
          .hint = "restore the key it was written with, or move the audit directory away to begin a new journal"};
}

base::result<void> copy_bytes(int from, std::uint64_t at, std::uint64_t end, int to, const std::string& path) {
  std::string block(64u << 10, '\0');
  while (at < end) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), end - at));
    const auto count = ::pread(from, block.data(), wanted, static_cast<off_t>(at));
    if (count <= 0) return system_problem("read the incomplete line for", path);
    if (::write(to, block.data(), static_cast<std::size_t>(count)) != count)
      return system_problem("keep the incomplete line in", path);
    at += static_cast<std::uint64_t>(count);
  }
  if (::fsync(to) != 0) return system_problem("sync", path);
  return {};
}

// The bytes behind the last whole line go to a file of their own; only then are they cut off.
base::result<std::string> move_torn_line(int file, const file_end& end, const std::string& path) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const auto torn =
        path + "." + std::to_string(end.whole) + (attempt == 0 ? "" : "-" + std::to_string(attempt)) + ".torn";
    const descriptor kept(::open(torn.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!kept.is_open() && errno == EEXIST) continue;
    if (!kept.is_open()) return system_problem("keep the incomplete line in", torn);
    if (auto copied = copy_bytes(file, end.whole, end.size, kept.number(), torn); copied.has_error())
      return copied.error();
    if (::ftruncate(file, static_cast<off_t>(end.whole)) != 0 || ::fsync(file) != 0)
      return system_problem("cut the incomplete line off", path);
    return {boost::system::in_place_value, torn};
  }
  return base::diagnostic{.cause = "too many incomplete lines kept beside `" + path + "`",
                          .hint = "move the .torn files away"};
}

base::result<std::string> read_line(int file, std::uint64_t at, std::uint64_t end, const std::string& path) {
  if (end - at > max_line_bytes)
    return base::diagnostic{.cause = "the last line of `" + path + "` is too long to be a record", .hint = {}};
  std::string line(static_cast<std::size_t>(end - at), '\0');
  for (std::size_t got = 0; got < line.size();) {
    const auto count = ::pread(file, line.data() + got, line.size() - got, static_cast<off_t>(at + got));
    if (count <= 0) return system_problem("read", path);
    got += static_cast<std::size_t>(count);
  }
  line.pop_back();  // the newline
  return {boost::system::in_place_value, std::move(line)};
}

// Takes the newest record of one file into `found`; false when the file has none.
base::result<bool> take_last(const journal_file& from, auth::hmac_sha256& key, recovery& found) {
  const descriptor file(::open(from.path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open()) return system_problem("open", from.path);
  const auto end = find_end(file.number(), from.path);
  if (end.has_error()) return end.error();
  if (end->size > end->whole) {
    const auto torn = move_torn_line(file.number(), *end, from.path);
    if (torn.has_error()) return torn.error();
    found.alarms.push_back(alarm("incomplete last line of `" + from.path + "` (" +
                                 std::to_string(end->size - end->whole) + " bytes) moved to `" + *torn + "`"));
  }
  if (end->whole == 0) return false;
  const auto line = read_line(file.number(), end->last_line, end->whole, from.path);
  if (line.has_error()) return line.error();
  const auto last = read_envelope(*line);
  if (!last || !seal_fits(key, *last)) return wrong_key(from.path);
  found.last = {.sequence = last->sequence, .file_first = from.first, .file_bytes = end->whole, .hash = {}};
  const auto hash = auth::from_hex(last->hash);
  std::copy(hash->begin(), hash->end(), found.last.hash.begin());
  return true;
}

// What the head says about records that are no longer there; empty when it fits.
std::string missing_by(const head_reading& head, const head_state& last) {
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  switch (head.condition) {
    case head_condition::missing: return last.sequence == 0 ? "" : "the head file was missing";
    case head_condition::damaged: return "the head file was damaged";
    case head_condition::forged: return "the head file was not sealed with the audit key";
    case head_condition::one_slot:
      // A slot is torn only while a newer record, already in the file, is being noted.
      if (head.state.sequence == last.sequence) return "the newest slot of the head file was damaged";
      break;
    case head_condition::whole: break;
  }
  if (head.state.sequence > last.sequence)
    return "the head file names record " + number(head.state.sequence) + ", the journal ended at " +
           number(last.sequence);
  if (head.state.sequence == last.sequence && head.state.hash != last.hash)
    return "the head file names another record " + number(last.sequence);
  return {};
}

}  // namespace

base::result<recovery> recover(const std::string& directory, auth::hmac_sha256& key) {
  const auto files = list_files(directory);
  if (files.has_error()) return files.error();
  const auto head = read_head(directory, &key);
  if (head.has_error()) return head.error();

  recovery found;
  auto from = files->rbegin();
  for (; from != files->rend(); ++from) {
    const auto taken = take_last(*from, key, found);
    if (taken.has_error()) return taken.error();
    if (*taken) break;
  }
  if (from == files->rend() && head->condition == head_condition::forged) return wrong_key(directory + "/" + head_name);
  if (from != files->rbegin()) {
    // Files without any record are left over from a rotation that was cut short: only the next one can be continued.
    const auto& empty = *(from - 1);
    if (from - 1 != files->rbegin() || empty.first != found.last.sequence + 1)
      return base::diagnostic{
          .cause = "`" + empty.path + "` is empty and does not follow record " + std::to_string(found.last.sequence),
          .hint = "move the audit directory away to begin a new journal"};
    found.last.file_first = empty.first;
    found.last.file_bytes = 0;
  }
  if (auto missing = missing_by(*head, found.last); !missing.empty())
    found.alarms.insert(found.alarms.begin(), alarm(std::string(records_lost) + missing));  // the gravest first
  return found;
}

}  // namespace sluice::audit
