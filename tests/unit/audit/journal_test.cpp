#include "sluice/audit/journal.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <boost/json.hpp>
#include <iostream>
#include <set>
#include <thread>

#include "fixture.hpp"
#include "sluice/audit/recovery.hpp"

namespace sluice::audit {
namespace {

TEST_F(journal_test, numbers_records_and_chains_them) {
  write_records(3);
  const auto all = lines();
  ASSERT_EQ(all.size(), 3u);
  std::string prev(first_prev);
  auth::hmac_sha256 with(key().reveal());
  for (std::size_t index = 0; index < all.size(); ++index) {
    const auto fields = boost::json::parse(all[index]).as_object();
    EXPECT_EQ(fields.at("seq").to_number<std::uint64_t>(), index + 1);
    EXPECT_EQ(fields.at("prev").as_string(), prev);
    // As the comment in chain.hpp says: the line without its hash.
    auto without = all[index];
    without.erase(without.find(",\"hash\""), hash_length + 10);
    prev = fields.at("hash").as_string().c_str();
    EXPECT_EQ(prev, auth::to_hex(with({std::string_view(fields.at("prev").as_string()), without})));
  }
}

TEST_F(journal_test, makes_a_private_key_once) {
  write_records(1);
  struct stat facts {};
  ASSERT_EQ(::stat(settings_.key_file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  const auto first = read(settings_.key_file);
  EXPECT_EQ(first.size(), 65u);
  write_records(1);
  EXPECT_EQ(read(settings_.key_file), first);
}

TEST_F(journal_test, goes_on_after_a_restart) {
  write_records(3);
  write_records(2);
  const auto result = check();
  EXPECT_FALSE(result.broken) << result.broken->text;
  EXPECT_EQ(result.good, 5u);
  EXPECT_EQ(result.files, 1u);
  EXPECT_EQ(result.alarms, 0u);
}

TEST_F(journal_test, rotates_without_a_gap) {
  write_records(50, 1500);
  write_records(50, 1500);
  EXPECT_GT(files().size(), 5u);
  for (const auto& file : files()) EXPECT_LE(std::filesystem::file_size(file.path), 1500u);
  const auto result = check();
  EXPECT_FALSE(result.broken) << result.broken->text;
  EXPECT_EQ(result.good, 100u);
}

TEST_F(journal_test, a_record_larger_than_a_file_gets_a_file_of_its_own) {
  write_records(3, 10);
  EXPECT_EQ(files().size(), 3u);
  EXPECT_FALSE(check().broken);
}

TEST_F(journal_test, serves_eight_threads) {
  constexpr int threads = 8, each = 500;
  settings_.rotate_bytes = 64u << 10;
  std::vector<std::vector<std::uint64_t>> numbers(threads);
  {
    const auto to = open();
    std::vector<std::thread> writers;
    for (int index = 0; index < threads; ++index)
      writers.emplace_back([&, index] {
        for (int count = 0; count < each; ++count)
          numbers[index].push_back(to->append(statement(std::string(count, 'x'))).value());
      });
    for (auto& writer : writers) writer.join();
    EXPECT_TRUE(to->healthy());
  }
  std::set<std::uint64_t> all;
  for (const auto& own : numbers) {
    EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
    all.insert(own.begin(), own.end());
  }
  EXPECT_EQ(all.size(), static_cast<std::size_t>(threads * each));
  EXPECT_EQ(*all.rbegin(), static_cast<std::uint64_t>(threads * each));
  EXPECT_FALSE(check().broken);
}

TEST_F(journal_test, two_gateways_cannot_share_a_directory) {
  const auto first = open();
  const auto second = open_journal(settings_);
  ASSERT_TRUE(second.has_error());
  EXPECT_NE(second.error().cause.find("in use by another gateway"), std::string::npos);
}

TEST_F(journal_test, syncs_every_record_when_asked) {
  settings_.sync_every = std::chrono::milliseconds(0);
  write_records(20, 1500);
  EXPECT_EQ(check().good, 20u);
}

TEST_F(journal_test, refuses_a_wrong_key) {
  write_records(2);
  write(settings_.key_file, std::string(64, '7') + "\n");
  const auto opened = open_journal(settings_);
  ASSERT_TRUE(opened.has_error());
  EXPECT_NE(opened.error().cause.find("was not sealed with this audit key"), std::string::npos) << opened.error().cause;
  EXPECT_EQ(lines().size(), 2u);
}

TEST_F(journal_test, refuses_a_wrong_key_before_the_first_record) {
  open();
  write(settings_.key_file, std::string(64, '7') + "\n");
  EXPECT_TRUE(open_journal(settings_).has_error());
}

TEST_F(journal_test, refuses_to_replace_a_lost_key) {
  write_records(2);
  std::filesystem::remove(settings_.key_file);
  const auto opened = open_journal(settings_);
  ASSERT_TRUE(opened.has_error());
  EXPECT_NE(opened.error().cause.find("is missing"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(settings_.key_file));
}

struct key_row {
  const char* name;
  std::string content;
  int mode;
  const char* cause;
};
class key_file : public journal_test, public testing::WithParamInterface<key_row> {};
TEST_P(key_file, is_refused) {
  write(settings_.key_file, GetParam().content);
  ASSERT_EQ(::chmod(settings_.key_file.c_str(), static_cast<mode_t>(GetParam().mode)), 0);
  const auto opened = open_journal(settings_);
  ASSERT_TRUE(opened.has_error());
  EXPECT_NE(opened.error().cause.find(GetParam().cause), std::string::npos) << opened.error().cause;
}
INSTANTIATE_TEST_SUITE_P(table, key_file,
                         testing::Values(key_row{"readable_by_others", std::string(64, 'a'), 0644,
                                                 "can be read by others"},
                                         key_row{"empty", "", 0600, "64 hex digits expected"},
                                         key_row{"blank", "\n", 0600, "64 hex digits expected"},
                                         key_row{"short_key", std::string(62, 'a'), 0600, "64 hex digits expected"},
                                         key_row{"long_key", std::string(66, 'a'), 0600, "64 hex digits expected"},
                                         key_row{"huge", std::string(5000, 'a'), 0600, "64 hex digits expected"},
                                         key_row{"no_hex", std::string(64, 'x'), 0600, "64 hex digits expected"}),
                         [](const auto& row) { return row.param.name; });

TEST_F(journal_test, keeps_a_torn_line_aside_and_says_so) {
  write_records(3);
  const auto whole = read(path());
  write(path(), whole + "{\"time\":\"2026-01-01T00:0");
  {
    const auto again = open();
    EXPECT_EQ(again->append(statement("after")).value(), 5u);
  }
  const auto all = lines();
  ASSERT_EQ(all.size(), 5u);
  EXPECT_NE(all[3].find("\"event\":\"alarm\""), std::string::npos);
  EXPECT_NE(all[3].find("incomplete last line"), std::string::npos);
  std::string kept;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.directory))
    if (entry.path().extension() == ".torn") kept = read(entry.path());
  EXPECT_EQ(kept, "{\"time\":\"2026-01-01T00:0");
  const auto result = check();
  EXPECT_FALSE(result.broken) << result.broken->text;
  EXPECT_EQ(result.alarms, 1u);
}

TEST_F(journal_test, a_torn_first_line_of_a_new_file) {
  write_records(3);
  write(settings_.directory + "/" + file_name(4), "{\"tim");
  EXPECT_EQ(open()->append(statement("after")).value(), 5u);
  EXPECT_EQ(files().size(), 2u);
  EXPECT_FALSE(check().broken);
}

TEST_F(journal_test, a_rotation_cut_short_leaves_an_empty_file_that_is_used) {
  write_records(3);
  write(settings_.directory + "/" + file_name(4), "");
  EXPECT_EQ(open()->append(statement("after")).value(), 4u);
  EXPECT_FALSE(check().broken);
}

TEST_F(journal_test, refuses_an_empty_file_that_does_not_follow) {
  write_records(3);
  write(settings_.directory + "/" + file_name(9), "");
  EXPECT_TRUE(open_journal(settings_).has_error());
}

TEST_F(journal_test, a_restart_does_not_cover_up_removed_records) {
  write_records(5);
  auto all = lines();
  all.resize(3);
  write_lines(all);
  open();
  auto result = check();
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->what, damage::lost);
  EXPECT_EQ(result.broken->sequence, 4u);
  result = verify({.directory = settings_.directory, .key = key(), .known_losses = {4}}).value();
  EXPECT_FALSE(result.broken);
}

TEST_F(journal_test, a_restart_does_not_cover_up_a_removed_head) {
  write_records(5);
  std::filesystem::remove(head_path());
  open();
  ASSERT_TRUE(check().broken);
  EXPECT_EQ(check().broken->what, damage::lost);
}

TEST_F(journal_test, a_record_that_is_too_large_is_refused_and_leaves_no_trace) {
  const auto to = open();
  record large = statement("");
  large.rules.assign(max_line_bytes / 1000 + 100, std::string(1000, 'r'));
  const auto refused = to->append(large);
  ASSERT_TRUE(refused.has_error());
  EXPECT_NE(refused.error().cause.find("too large"), std::string::npos);
  EXPECT_EQ(to->append(statement("small")).value(), 1u);
}

TEST_F(journal_test, a_full_disk_refuses_and_recovers) {
  ASSERT_NE(::signal(SIGXFSZ, SIG_IGN), SIG_ERR);
  const auto to = open();
  for (int count = 0; count < 3; ++count) ASSERT_TRUE(to->append(statement("before")).has_value());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto size = std::filesystem::file_size(path());
  rlimit tight = before;
  tight.rlim_cur = size + 50;  // the beginning of a record fits
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto refused = to->append(statement("during"));
    EXPECT_TRUE(refused.has_error());
    EXPECT_FALSE(to->healthy());
    EXPECT_EQ(std::filesystem::file_size(path()), size);
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(to->append(statement("after")).value(), 4u);
  EXPECT_TRUE(to->healthy());
  EXPECT_FALSE(check().broken);
  EXPECT_EQ(check().good, 4u);
}

TEST_F(journal_test, a_rotation_that_fails_refuses_and_recovers) {
  settings_.rotate_bytes = 1000;
  const auto to = open();
  for (int count = 0; count < 3; ++count) ASSERT_TRUE(to->append(statement("before")).has_value());
  // A stranger sits on the name of the next file.
  const auto next = settings_.directory + "/" + file_name(4);
  write(next, "stranger");
  EXPECT_TRUE(to->append(statement("during")).has_error());
  EXPECT_FALSE(to->healthy());
  std::filesystem::remove(next);
  EXPECT_EQ(to->append(statement("after")).value(), 4u);
  EXPECT_TRUE(to->healthy());
  EXPECT_FALSE(check().broken);
}

// The child notes in shared memory what was accepted, and is killed at some point of it.
TEST_F(journal_test, a_killed_writer_loses_nothing_that_was_accepted) {
  auto* accepted = static_cast<std::atomic<std::uint64_t>*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(static_cast<void*>(accepted), MAP_FAILED);
  settings_.rotate_bytes = 8000;
  std::uint64_t before = 0;
  for (int round = 0; round < 8; ++round) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto to = open_journal(settings_);
      while (to.has_value())
        if (const auto number = (*to)->append(statement("select now()")); number.has_value()) accepted->store(*number);
      ::_exit(1);
    }
    while (accepted->load() < before + 200 + static_cast<std::uint64_t>(round) * 17) std::this_thread::yield();
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    before = accepted->load();
    const auto result = check();
    EXPECT_FALSE(result.broken) << result.broken->file << ":" << result.broken->line << ": " << result.broken->text;
    EXPECT_GE(result.good, before);
    EXPECT_LE(result.good, before + 1);
  }
  ::munmap(accepted, 4096);
}

TEST_F(journal_test, verifies_beside_a_running_writer) {
  settings_.rotate_bytes = 20000;
  std::atomic<bool> done{false};
  const auto to = open();
  ASSERT_TRUE(to->append(statement("first")).has_value());
  std::thread writer([&] {
    for (int count = 0; count < 3000; ++count) ASSERT_TRUE(to->append(statement("select 1")).has_value());
    done = true;
  });
  for (int round = 0; !done || round == 0; ++round) {
    const auto result = check();
    EXPECT_FALSE(result.broken) << result.broken->file << ":" << result.broken->line << ": " << result.broken->text;
  }
  writer.join();
}

TEST_F(journal_test, what_an_append_costs) {
  const auto to = open();
  record typical =
      statement("select c.id, c.email, sum(i.amount) from crm.customers c join billing.invoices i using (id)");
  typical.relations.assign(2, {.layer = "warehouse",
                               .schema = "crm",
                               .relation = "customers",
                               .actions = {"read"},
                               .columns = {{.column = "email", .classes = {"email"}, .read = true, .written = false}}});
  constexpr int rounds = 5000;
  const auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) ASSERT_TRUE(to->append(typical).has_value());
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  std::cout << "append: " << took.count() / rounds << " us with its write, as this build is compiled\n";
}

}  // namespace
}  // namespace sluice::audit
