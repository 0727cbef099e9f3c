#include "sluice/audit/verify.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "sluice/audit/chain.hpp"
#include "sluice/audit/files.hpp"
#include "sluice/audit/head.hpp"
#include "sluice/audit/recovery.hpp"

namespace sluice::audit {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }
std::string range(std::uint64_t from, std::uint64_t to) {
  return from == to ? "record " + number(from) : "records " + number(from) + " to " + number(to);
}

class verifier {
 public:
  verifier(const verify_options& options, std::vector<journal_file> files, head_reading head, auth::hmac_sha256* key)
      : options_(options), files_(std::move(files)), head_(std::move(head)), key_(key), prev_(first_prev) {}

  base::result<verification> run();

 private:
  base::result<void> check_file(std::size_t index);
  void check_line(std::size_t index, line_reader& reader);
  void check_shape(const finding& here, const envelope& line, std::size_t index, line_reader& reader);
  void check_marks(const finding& here, const envelope& line);
  void accept(const envelope& line);
  void check_head_and_end();
  void check_torn(std::size_t index, line_reader& reader);

  std::optional<envelope> read_following(std::size_t index, const line_reader& after);
  bool appears_later(std::uint64_t sequence, std::size_t index, std::uint64_t offset);
  std::uint64_t expected() const { return out_.last_sequence + 1; }
  void break_at(finding found) {
    if (!out_.broken) out_.broken = std::move(found);
  }

  const verify_options& options_;
  const std::vector<journal_file> files_;
  const head_reading head_;
  auth::hmac_sha256* key_;
  std::string prev_;
  std::string following_;  // backs the views of read_following
  verification out_;
};

base::result<verification> verifier::run() {
  out_.files = files_.size();
  if (head_.condition == head_condition::forged)
    break_at({damage::forged_head, options_.directory + "/" + head_name, 0, 0,
              "the head was not sealed with this key: forged, or the key of another journal"});
  if (head_.condition == head_condition::damaged)
    break_at({damage::forged_head, options_.directory + "/" + head_name, 0, 0, "the head is damaged"});
  if (head_.condition == head_condition::missing)
    break_at({damage::removed, options_.directory + "/" + head_name, 0, 0,
              "the head is missing: removal of the newest records cannot be ruled out"});
  const bool head_broken = out_.broken.has_value();
  const auto head_finding = std::exchange(out_.broken, std::nullopt);
  for (std::size_t index = 0; index < files_.size(); ++index)
    if (auto checked = check_file(index); checked.has_error()) return checked.error();
  if (head_broken) {
    // With the key of another journal no seal fits; the head says so more plainly than the first record.
    if (!out_.broken || (head_.condition == head_condition::forged && out_.good == 0)) out_.broken = head_finding;
  } else {
    out_.head_checked = true;
    if (!out_.broken) check_head_and_end();
  }
  if (!out_.broken && options_.anchor_sequence > out_.last_sequence)
    break_at({damage::truncated, options_.directory, 0, options_.anchor_sequence,
              "record " + number(options_.anchor_sequence) + " was noted elsewhere, the journal ends at " +
                  number(out_.last_sequence)});
  return out_;
}

base::result<void> verifier::check_file(std::size_t index) {
  const auto& file = files_[index];
  if (!out_.broken && file.first > expected())
    break_at({damage::removed, file.path, 0, expected(),
              range(expected(), file.first - 1) + " missing: the file in front of this one is gone or was cut"});
  if (!out_.broken && file.first < expected())
    break_at({damage::inserted, file.path, 0, file.first, "the file begins in front of the end of the one before"});
  auto reader = line_reader::open(file.path);
  if (reader.has_error()) return reader.error();
  while (true) {
    switch (reader->next()) {
      case line_reader::outcome::line:
        if (out_.broken) {
          ++out_.unjudged;
        } else {
          check_line(index, *reader);
        }
        continue;
      case line_reader::outcome::torn: check_torn(index, *reader); return {};
      case line_reader::outcome::too_long:
        break_at({damage::changed, file.path, reader->number() + 1, expected(), "the line is too long to be a record"});
        return {};
      case line_reader::outcome::failed: return system_problem("read", file.path);
      case line_reader::outcome::end: return {};
    }
  }
}

// The writer may be in the middle of a line: what is torn for good stays torn.
void verifier::check_torn(std::size_t index, line_reader& reader) {
  if (out_.broken) return;
  if (index + 1 == files_.size())
    for (int attempt = 0; attempt < 10; ++attempt) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (reader.next() != line_reader::outcome::torn) return;  // written after this check began
    }
  break_at({damage::torn, files_[index].path, reader.number() + 1, expected(), "the line is incomplete"});
}

void verifier::check_line(std::size_t index, line_reader& reader) {
  finding here{damage::changed, files_[index].path, reader.number(), expected(), {}};
  const auto line = read_envelope(reader.text());
  if (!line) {
    here.text = "the line is not a record";
    return break_at(std::move(here));
  }
  check_shape(here, *line, index, reader);
  if (!out_.broken) check_marks(here, *line);
  if (!out_.broken) accept(*line);
}

void verifier::check_shape(const finding& here, const envelope& line, std::size_t index, line_reader& reader) {
  const auto broken = [&](damage what, std::uint64_t sequence, std::string text) {
    auto found = here;
    found.what = what;
    found.sequence = sequence;
    found.text = std::move(text);
    break_at(std::move(found));
  };
  const bool sealed = key_ == nullptr || seal_fits(*key_, line);
  if (sealed && line.sequence == expected() && line.prev == prev_) return;

  if (!sealed && head_.condition == head_condition::whole && expected() > head_.state.sequence)
    return broken(damage::inserted, expected(), "the line was added behind the newest record, its seal does not fit");
  // A stranger between two records: the next line is the record that belongs here.
  if (const auto next = read_following(index, reader);
      next && next->sequence == expected() && next->prev == prev_ && (key_ == nullptr || seal_fits(*key_, *next)))
    if (line.sequence <= expected() || !sealed)
      return broken(damage::inserted, line.sequence,
                    "the line was inserted: record " + number(expected()) + " follows it");
  if (!sealed) return broken(damage::changed, expected(), "the seal does not fit the record");
  if (line.sequence < expected())
    return broken(damage::inserted, line.sequence, "record " + number(line.sequence) + " appears again");
  if (line.sequence > expected()) {
    if (appears_later(expected(), index, reader.offset() + reader.text().size() + 1))
      return broken(damage::reordered, expected(), "record " + number(line.sequence) + " stands in front of it");
    return broken(damage::removed, expected(), range(expected(), line.sequence - 1) + " missing in front of this line");
  }
  broken(damage::changed, key_ == nullptr && out_.last_sequence > 0 ? out_.last_sequence : expected(),
         "the link from record " + number(expected()) + " to the one before does not fit");
}

// What is known about single records from elsewhere: the head, an anchor, alarms of the writer itself.
void verifier::check_marks(const finding& here, const envelope& line) {
  const auto broken = [&](damage what, std::string text) {
    auto found = here;
    found.what = what;
    found.text = std::move(text);
    break_at(std::move(found));
  };
  const bool head_speaks = head_.condition == head_condition::whole || head_.condition == head_condition::one_slot;
  if (head_speaks && line.sequence == head_.state.sequence && line.hash != auth::to_hex(head_.state.hash))
    return broken(damage::changed, "the head names another hash for this record");
  if (line.sequence == options_.anchor_sequence && line.hash != options_.anchor_hash)
    return broken(damage::changed, "its hash is not the one that was noted elsewhere");
  if (line.sealed.substr(0, max_opening_bytes + 32).find(",\"event\":\"alarm\",") == line.sealed.npos) return;
  ++out_.alarms;
  const std::string lost = ",\"detail\":\"" + std::string(records_lost);
  if (line.sealed.find(lost) != line.sealed.npos && std::ranges::count(options_.known_losses, line.sequence) == 0)
    broken(damage::lost,
           "the writer found at its start that records were gone; after looking into it pass --known-loss " +
               number(line.sequence));
}

void verifier::accept(const envelope& line) {
  ++out_.good;
  out_.last_sequence = line.sequence;
  prev_ = line.hash;
  out_.last_hash = line.hash;
  out_.last_time = line.time;
  if (out_.first_time.empty()) out_.first_time = line.time;
}

void verifier::check_head_and_end() {
  const auto named = head_.state.sequence;
  const auto last_file = files_.empty() ? options_.directory : files_.back().path;
  if (named > out_.last_sequence)
    return break_at({damage::truncated, last_file, 0, expected(),
                     range(expected(), named) + " missing at the end: the head names record " + number(named)});
  // One slot is torn only while a newer record, already in the file, is being noted.
  if (head_.condition == head_condition::one_slot && named == out_.last_sequence)
    break_at({damage::truncated, last_file, 0, expected(),
              "the newest slot of the head is damaged: the newest record may have been removed"});
}

std::optional<envelope> verifier::read_following(std::size_t index, const line_reader& after) {
  auto reader = line_reader::open(files_[index].path, after.offset() + after.text().size() + 1);
  if (reader.has_error() || reader->next() != line_reader::outcome::line) return std::nullopt;
  following_ = reader->text();
  return read_envelope(following_);
}

bool verifier::appears_later(std::uint64_t sequence, std::size_t index, std::uint64_t offset) {
  for (; index < files_.size(); ++index, offset = 0) {
    auto reader = line_reader::open(files_[index].path, offset);
    while (!reader.has_error() && reader->next() == line_reader::outcome::line)
      if (const auto line = read_envelope(reader->text()); line && line->sequence == sequence) return true;
  }
  return false;
}

}  // namespace

std::string_view name_of(damage what) {
  switch (what) {
    case damage::changed: return "changed";
    case damage::removed: return "removed";
    case damage::reordered: return "reordered";
    case damage::inserted: return "inserted";
    case damage::truncated: return "truncated";
    case damage::torn: return "torn";
    case damage::forged_head: return "forged head";
    case damage::lost: return "lost";
  }
  return "changed";
}

base::result<verification> verify(const verify_options& options) {
  std::optional<auth::hmac_sha256> key;
  if (options.key) key.emplace(options.key->reveal());
  // The head first: records that come after it are no contradiction.
  const auto head = read_head(options.directory, key ? &*key : nullptr);
  if (head.has_error()) return head.error();
  auto files = list_files(options.directory);
  if (files.has_error()) return files.error();
  if (files->empty() && head->condition == head_condition::missing)
    return base::diagnostic{.cause = "no audit journal in `" + options.directory + "`",
                            .hint = "name the directory of the gateway's `audit.directory`"};
  return verifier(options, std::move(*files), *head, key ? &*key : nullptr).run();
}

}  // namespace sluice::audit
