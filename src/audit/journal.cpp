#include "sluice/audit/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>

#include "sluice/audit/chain.hpp"
#include "sluice/audit/descriptor.hpp"
#include "sluice/audit/files.hpp"
#include "sluice/audit/recovery.hpp"

namespace sluice::audit {
namespace {

constexpr std::size_t kept_buffer_bytes = 1u << 20;  // a thread's buffer is given back when a record made it larger

constexpr std::string_view before_prev = ",\"prev\":\"", before_hash = "\",\"hash\":\"", end_of_line = "\"}\n";
constexpr std::size_t closing_length =
    before_prev.size() + hash_length + before_hash.size() + hash_length + end_of_line.size();

std::int64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec * std::int64_t{1000000} + time.tv_nsec / 1000;
}

// Room for the opening, the members, room for the closing. What depends on the order of records is filled in later.
void write_draft(std::string& draft, const record& what) {
  draft.assign(max_opening_bytes, ' ');
  write_members(draft, what);
  draft += before_prev;
  draft.append(hash_length, '0');
  draft += before_hash;
  draft.append(hash_length, '0');
  draft += end_of_line;
}

class file_journal final : public journal {
 public:
  file_journal(const config::audit& settings, descriptor lock, auth::hmac_sha256 key, const head_state& last,
               head_writer head)
      : settings_(settings), directory_(std::move(lock)), key_(std::move(key)), head_(std::move(head)), last_(last) {
    write_hex(last_.hash, last_hex_);
  }
  ~file_journal() override;

  base::result<void> start(const std::vector<record>& alarms);
  base::result<std::uint64_t> append(const record& what) override;
  bool healthy() const override { return healthy_.load(std::memory_order_relaxed); }
  void sync() override;

 private:
  base::result<std::uint64_t> append_locked(const record& what);
  base::result<std::uint64_t> append_draft(std::string& draft);
  base::result<void> make_writable();
  base::result<void> open_file(std::uint64_t first, int flags);
  base::result<void> write_line(std::string_view line);
  void set_head();
  bool cut_back();
  bool sync_files();
  void sync_until_stopped();

  const config::audit settings_;
  const descriptor directory_;  // locked while this object lives
  std::atomic<bool> healthy_{true};

  std::mutex mutex_;  // guards everything below; never held while the background thread syncs
  auth::hmac_sha256 key_;
  opening opening_;
  head_writer head_;
  head_state last_;
  char last_hex_[hash_length];
  std::shared_ptr<descriptor> file_;
  bool torn_ = false;  // bytes of a refused record may stand behind the last accepted one
  bool sync_failed_ = false;
  std::vector<std::shared_ptr<descriptor>> unsynced_;  // files that were rotated away
  std::uint64_t synced_ = 0;                           // sequence up to which everything is on disk

  std::mutex syncing_;  // one sync at a time; taken before mutex_
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread background_;
};

file_journal::~file_journal() {
  if (background_.joinable()) {
    {
      const std::lock_guard hold(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    background_.join();
  }
  sync();
}

base::result<void> file_journal::start(const std::vector<record>& alarms) {
  const bool continues = last_.file_first != 0;
  // The old head is evidence: it stays until the alarms that come from it are recorded.
  if (alarms.empty()) set_head();
  if (auto opened = open_file(continues ? last_.file_first : last_.sequence + 1, continues ? 0 : O_CREAT | O_EXCL);
      opened.has_error())
    return opened.error();
  for (const auto& alarm : alarms)
    if (auto accepted = append(alarm); accepted.has_error()) return accepted.error();
  set_head();
  if (!head_.sync() || ::fsync(directory_.number()) != 0) return system_problem("sync", settings_.directory);
  if (settings_.sync_every.count() > 0) background_ = std::thread([this] { sync_until_stopped(); });
  return {};
}

void file_journal::set_head() {
  for (int slot = 0; slot < 2; ++slot) head_.write(last_, key_);
}

base::result<std::uint64_t> file_journal::append(const record& what) {
  try {
    thread_local std::string draft;
    write_draft(draft, what);
    base::result<std::uint64_t> accepted = [&] {
      const std::lock_guard hold(mutex_);
      return append_draft(draft);
    }();
    if (draft.capacity() > kept_buffer_bytes) draft = std::string();
    return accepted;
  } catch (const std::exception& failure) {
    healthy_ = false;
    return base::diagnostic{.cause = std::string("cannot write an audit record: ") + failure.what(), .hint = {}};
  }
}

base::result<std::uint64_t> file_journal::append_locked(const record& what) {
  std::string draft;
  write_draft(draft, what);
  return append_draft(draft);
}

// INVARIANT: last_, the head and the file agree whenever the mutex is free, unless torn_ says that the file has more.
base::result<std::uint64_t> file_journal::append_draft(std::string& draft) {
  if (draft.size() > max_line_bytes)
    return base::diagnostic{.cause = "audit record of " + std::to_string(draft.size()) + " bytes is too large",
                            .hint = "send smaller statements"};
  if (torn_ || sync_failed_)
    if (auto writable = make_writable(); writable.has_error()) return writable.error();

  const auto sequence = last_.sequence + 1;
  const auto front = opening_.write(now(), sequence);
  char* const begin = draft.data() + max_opening_bytes - front.size();
  std::memcpy(begin, front.data(), front.size());
  char* const closing = draft.data() + draft.size() - closing_length;
  std::memcpy(closing + before_prev.size(), last_hex_, hash_length);
  char* const end_of_sealed = closing + before_prev.size() + hash_length + 1;
  const auto hash = seal(key_, {last_hex_, hash_length}, {begin, static_cast<std::size_t>(end_of_sealed - begin)});
  char* const hex = end_of_sealed + before_hash.size() - 1;
  write_hex(hash, hex);
  const std::string_view line(begin, static_cast<std::size_t>(draft.data() + draft.size() - begin));

  if (last_.file_bytes > 0 && last_.file_bytes + line.size() > settings_.rotate_bytes) {
    auto full = file_;
    if (auto opened = open_file(sequence, O_CREAT | O_EXCL); opened.has_error()) {
      healthy_ = false;
      return opened.error();
    }
    unsynced_.push_back(std::move(full));
  }
  if (auto written = write_line(line); written.has_error()) {
    healthy_ = false;
    return written.error();
  }
  last_ = {
      .sequence = sequence, .file_first = last_.file_first, .file_bytes = last_.file_bytes + line.size(), .hash = hash};
  std::memcpy(last_hex_, hex, hash_length);
  head_.write(last_, key_);
  healthy_ = true;
  return sequence;
}

// After a failure: nothing is accepted until the file ends in the last accepted record and can be synced again.
base::result<void> file_journal::make_writable() {
  if (torn_ && !cut_back()) return system_problem("cut a partial record off", file_name(last_.file_first));
  if (!sync_failed_) return {};
  if (!sync_files()) return system_problem("sync", settings_.directory);
  record alarm;
  alarm.event = event::alarm;
  alarm.detail = "the audit files could not be synced: records " + std::to_string(synced_ + 1) + " to " +
                 std::to_string(last_.sequence) + " may not survive a power failure";
  sync_failed_ = false;
  const auto accepted = append_locked(alarm);
  sync_failed_ = accepted.has_error();
  if (accepted.has_error()) return accepted.error();
  synced_ = *accepted - 1;
  return {};
}

base::result<void> file_journal::open_file(std::uint64_t first, int flags) {
  const auto path = settings_.directory + "/" + file_name(first);
  descriptor opened(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0600));
  if (!opened.is_open()) return system_problem("open", path);
  if (settings_.sync_every.count() == 0 && ::fsync(directory_.number()) != 0) {
    auto problem = system_problem("sync", settings_.directory);
    if (flags != 0) ::unlink(path.c_str());
    return problem;
  }
  if (first != last_.file_first) {
    last_.file_first = first;
    last_.file_bytes = 0;
  }
  file_ = std::make_shared<descriptor>(std::move(opened));
  return {};
}

base::result<void> file_journal::write_line(std::string_view line) {
  const auto failed = [&](std::string_view verb) {
    auto problem = system_problem(verb, file_name(last_.file_first), "free space in the audit directory");
    torn_ = true;
    cut_back();
    return problem;
  };
  while (!line.empty()) {
    const auto count = ::write(file_->number(), line.data(), line.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("write");
    line.remove_prefix(static_cast<std::size_t>(count));
  }
  if (settings_.sync_every.count() == 0 && ::fdatasync(file_->number()) != 0) return failed("sync");
  return {};
}

bool file_journal::cut_back() {
  if (::ftruncate(file_->number(), static_cast<off_t>(last_.file_bytes)) != 0) return false;
  torn_ = false;
  return true;
}

bool file_journal::sync_files() {
  for (const auto& file : unsynced_)
    if (::fdatasync(file->number()) != 0) return false;
  unsynced_.clear();
  return ::fdatasync(file_->number()) == 0 && ::fsync(directory_.number()) == 0 && head_.sync();
}

void file_journal::sync() {
  const std::lock_guard one(syncing_);
  std::vector<std::shared_ptr<descriptor>> files;
  std::size_t rotated = 0;
  std::uint64_t upto = 0;
  {
    const std::lock_guard hold(mutex_);
    if (synced_ == last_.sequence || sync_failed_ || !file_) return;
    files = unsynced_;
    rotated = files.size();
    files.push_back(file_);
    upto = last_.sequence;
  }
  bool done = true;
  for (const auto& file : files) done = done && ::fdatasync(file->number()) == 0;
  done = done && (rotated == 0 || ::fsync(directory_.number()) == 0) && head_.sync();

  const std::lock_guard hold(mutex_);
  if (done) {
    // make_writable may have emptied the list meanwhile.
    unsynced_.erase(unsynced_.begin(),
                    unsynced_.begin() + static_cast<std::ptrdiff_t>(std::min(rotated, unsynced_.size())));
    synced_ = upto;
  } else {
    sync_failed_ = true;
    healthy_ = false;
  }
}

void file_journal::sync_until_stopped() {
  std::unique_lock hold(mutex_);
  while (!wake_.wait_for(hold, settings_.sync_every, [this] { return stopping_; })) {
    hold.unlock();
    sync();
    hold.lock();
  }
}

base::result<descriptor> lock_directory(const std::string& directory) {
  std::error_code code;
  if (!std::filesystem::is_directory(directory, code)) {
    std::filesystem::create_directories(directory, code);
    if (!code) std::filesystem::permissions(directory, std::filesystem::perms::owner_all, code);
    if (code)
      return base::diagnostic{.cause = "cannot make audit directory `" + directory + "`: " + code.message(),
                              .hint = {}};
  }
  descriptor lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock.is_open()) return system_problem("open audit directory", directory);
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return base::diagnostic{.cause = "audit directory `" + directory + "` is in use by another gateway",
                              .hint = "give every gateway an audit directory of its own"};
    return system_problem("lock audit directory", directory);
  }
  return lock;
}

// A new key for an old journal would only hide that the old one is gone.
base::result<base::secret> key_for(const config::audit& settings) {
  std::error_code code;
  if (!std::filesystem::exists(settings.key_file, code)) {
    const auto files = list_files(settings.directory);
    if (files.has_error()) return files.error();
    if (!files->empty() || std::filesystem::exists(settings.directory + "/" + head_name, code))
      return base::diagnostic{
          .cause = "audit key `" + settings.key_file + "` is missing, but `" + settings.directory + "` holds a journal",
          .hint = "restore the key, or move the audit directory away to begin a new journal"};
  }
  return load_or_make_key(settings.key_file);
}

}  // namespace

base::result<std::unique_ptr<journal>> open_journal(const config::audit& settings) {
  if (settings.directory.empty())
    return base::diagnostic{.cause = "no audit directory", .hint = "set `audit.directory`"};
  if (settings.key_file.empty()) return base::diagnostic{.cause = "no audit key file", .hint = "set `audit.key_file`"};
  try {
    auto lock = lock_directory(settings.directory);
    if (lock.has_error()) return lock.error();
    const auto secret = key_for(settings);
    if (secret.has_error()) return secret.error();
    auth::hmac_sha256 key(secret->reveal());
    const auto found = recover(settings.directory, key);
    if (found.has_error()) return found.error();
    auto head = head_writer::open(settings.directory);
    if (head.has_error()) return head.error();
    auto opened =
        std::make_unique<file_journal>(settings, std::move(*lock), std::move(key), found->last, std::move(*head));
    if (auto started = opened->start(found->alarms); started.has_error()) return started.error();
    return std::unique_ptr<journal>(std::move(opened));
  } catch (const std::exception& failure) {
    return base::diagnostic{.cause = "cannot open the audit journal in `" + settings.directory + "`: " + failure.what(),
                            .hint = {}};
  }
}

}  // namespace sluice::audit
