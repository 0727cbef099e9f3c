#include "sluice/audit/verify.hpp"

#include <algorithm>
#include <functional>

#include "fixture.hpp"

namespace sluice::audit {
namespace {

std::string edited(std::string line, std::string_view from, std::string_view to) {
  return line.replace(line.find(from), from.size(), to);
}

// Ten records in files of three, four files: 1-3, 4-6, 7-9, 10.
class tampering : public journal_test {
 public:
  void prepare() {
    write_records(1);
    const auto three = std::filesystem::file_size(path()) * 3 + 8;
    std::filesystem::remove_all(settings_.directory);
    write_records(10, three);
    ASSERT_EQ(files().size(), 4u);
  }
  using journal_test::files;
  using journal_test::head_path;
  using journal_test::lines;
  using journal_test::path;
  using journal_test::read;
  using journal_test::resealed;
  using journal_test::write;
  using journal_test::write_lines;
  std::string directory() const { return settings_.directory; }
};

struct tampering_row {
  const char* name;
  std::function<void(tampering&)> tamper;
  damage what;
  std::size_t file;  // index in front of the tampering; 9: not a journal file
  std::uint64_t line, sequence;
  bool seen_without_key;
};
class verify_names : public tampering, public testing::WithParamInterface<tampering_row> {
 public:
  void TestBody() override {}
};

void change_lines(tampering& in, std::size_t file, const std::function<void(std::vector<std::string>&)>& change) {
  auto all = in.lines(file);
  change(all);
  in.write_lines(all, file);
}

TEST_P(verify_names, the_first_damage) {
  prepare();
  ASSERT_FALSE(check().broken);
  ASSERT_FALSE(check_without_key().broken);
  const auto before = files();
  auto& row = GetParam();
  row.tamper(*this);
  const auto result = check();
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(name_of(result.broken->what), name_of(row.what)) << result.broken->text;
  if (row.file < before.size()) {
    EXPECT_EQ(result.broken->file, before[row.file].path);
  }
  EXPECT_EQ(result.broken->line, row.line) << result.broken->text;
  EXPECT_EQ(result.broken->sequence, row.sequence) << result.broken->text;
  EXPECT_EQ(check_without_key().broken.has_value(), row.seen_without_key);
}

constexpr std::size_t elsewhere = 9;

INSTANTIATE_TEST_SUITE_P(
    table, verify_names,
    testing::Values(
        tampering_row{
            "changed_byte",
            [](tampering& in) { change_lines(in, 1, [](auto& all) { all[1] = edited(all[1], "carol", "alice"); }); },
            damage::changed, 1, 2, 5, false},
        tampering_row{"changed_number",
                      [](tampering& in) {
                        change_lines(in, 1, [](auto& all) { all[1] = edited(all[1], "\"seq\":5", "\"seq\":6"); });
                      },
                      damage::changed, 1, 2, 5, true},
        tampering_row{"changed_hash",
                      [](tampering& in) { change_lines(in, 0, [](auto& all) { all[0][all[0].size() - 3] ^= 1; }); },
                      damage::changed, 0, 1, 1, true},
        tampering_row{"changed_into_something_else",
                      [](tampering& in) { change_lines(in, 0, [](auto& all) { all[1] = "nothing to see"; }); },
                      damage::changed, 0, 2, 2, true},
        tampering_row{"edited_and_sealed_anew_without_the_key",
                      [](tampering& in) {
                        change_lines(in, 2, [](auto& all) {
                          all[0] = tampering::resealed(edited(all[0], "carol", "alice"), "a guess");
                        });
                      },
                      damage::changed, 2, 1, 7, true},
        tampering_row{"removed_middle_record",
                      [](tampering& in) { change_lines(in, 1, [](auto& all) { all.erase(all.begin() + 1); }); },
                      damage::removed, 1, 2, 5, true},
        tampering_row{"removed_first_record_of_a_file",
                      [](tampering& in) { change_lines(in, 1, [](auto& all) { all.erase(all.begin()); }); },
                      damage::removed, 1, 1, 4, true},
        tampering_row{"removed_last_record_of_a_file",
                      [](tampering& in) { change_lines(in, 1, [](auto& all) { all.pop_back(); }); }, damage::removed, 2,
                      0, 6, true},
        tampering_row{"swapped_records",
                      [](tampering& in) { change_lines(in, 1, [](auto& all) { std::swap(all[0], all[1]); }); },
                      damage::reordered, 1, 1, 4, true},
        tampering_row{
            "repeated_record",
            [](tampering& in) { change_lines(in, 1, [](auto& all) { all.insert(all.begin() + 1, all[0]); }); },
            damage::inserted, 1, 2, 4, true},
        tampering_row{"inserted_forgery",
                      [](tampering& in) {
                        change_lines(in, 1, [](auto& all) {
                          all.insert(all.begin() + 1, tampering::resealed(edited(all[1], "carol", "alice"), "a guess"));
                        });
                      },
                      damage::inserted, 1, 2, 5, true},
        tampering_row{"truncated_tail",
                      [](tampering& in) {
                        change_lines(in, 2, [](auto& all) { all.resize(1); });
                        std::filesystem::remove(in.path(3));
                      },
                      damage::truncated, 2, 0, 8, true},
        tampering_row{"removed_last_file", [](tampering& in) { std::filesystem::remove(in.path(3)); },
                      damage::truncated, 2, 0, 10, true},
        tampering_row{"emptied_last_file", [](tampering& in) { tampering::write(in.path(3), ""); }, damage::truncated,
                      3, 0, 10, true},
        tampering_row{"removed_first_file", [](tampering& in) { std::filesystem::remove(in.path(0)); }, damage::removed,
                      1, 0, 1, true},
        tampering_row{"removed_middle_file", [](tampering& in) { std::filesystem::remove(in.path(1)); },
                      damage::removed, 2, 0, 4, true},
        tampering_row{"removed_every_file",
                      [](tampering& in) {
                        for (int left = 4; left > 0; --left) std::filesystem::remove(in.path(0));
                      },
                      damage::truncated, elsewhere, 0, 1, true},
        tampering_row{"torn_line",
                      [](tampering& in) {
                        const auto all = tampering::read(in.path(3));
                        tampering::write(in.path(3), all.substr(0, all.size() - 10));
                      },
                      damage::torn, 3, 1, 10, true},
        tampering_row{"torn_line_in_an_older_file",
                      [](tampering& in) {
                        const auto all = tampering::read(in.path(1));
                        tampering::write(in.path(1), all.substr(0, all.size() - 10));
                      },
                      damage::torn, 1, 3, 6, true},
        tampering_row{"appended_record",
                      [](tampering& in) {
                        change_lines(in, 3, [](auto& all) {
                          auto line = edited(all[0], "\"seq\":10", "\"seq\":11");
                          const auto shape = read_envelope(all[0]).value();
                          line = edited(line, std::string(shape.prev), std::string(shape.hash));
                          all.push_back(tampering::resealed(line, "a guess"));
                        });
                      },
                      damage::inserted, 3, 2, 11, false},
        tampering_row{"appended_text",
                      [](tampering& in) { change_lines(in, 3, [](auto& all) { all.push_back("hello"); }); },
                      damage::changed, 3, 2, 11, true},
        tampering_row{"removed_head", [](tampering& in) { std::filesystem::remove(in.head_path()); }, damage::removed,
                      elsewhere, 0, 0, true},
        tampering_row{"emptied_head", [](tampering& in) { tampering::write(in.head_path(), ""); }, damage::forged_head,
                      elsewhere, 0, 0, true},
        tampering_row{"head_of_another_key",
                      [](tampering& in) {
                        auth::hmac_sha256 other("a guess");
                        auto head = head_writer::open(in.directory()).value();
                        for (int slot = 0; slot < 2; ++slot)
                          head.write({.sequence = 9, .file_first = 7, .file_bytes = 1, .hash = {}}, other);
                      },
                      damage::forged_head, elsewhere, 0, 0, true},
        tampering_row{"newest_slot_of_the_head_damaged_and_newest_record_removed",
                      [](tampering& in) {
                        std::filesystem::remove(in.path(3));
                        auto head = tampering::read(in.head_path());
                        // Records 9 and 10 stand in the two slots: damage the one that says 10.
                        const std::size_t slot = head[16] == 10 ? 0 : 2048;
                        ASSERT_EQ(head[slot + 16], 10);
                        head[slot + 16] = 11;
                        tampering::write(in.head_path(), head);
                      },
                      damage::truncated, 2, 0, 10, true},
        tampering_row{"older_slot_of_the_head_copied_over_the_newer",
                      [](tampering& in) {
                        std::filesystem::remove(in.path(3));
                        auto head = tampering::read(in.head_path());
                        const std::size_t newer = head[16] == 10 ? 0 : 2048, older = 2048 - newer;
                        head.replace(newer, 512, head.substr(older, 512));
                        tampering::write(in.head_path(), head);
                      },
                      damage::truncated, 2, 0, 10, true}),
    [](const auto& row) { return row.param.name; });

TEST_F(journal_test, another_key_proves_nothing) {
  write_records(3);
  const auto result = verify({.directory = settings_.directory, .key = base::secret(std::string(32, 'x'))}).value();
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->what, damage::forged_head);
  EXPECT_NE(result.broken->text.find("the key of another journal"), std::string::npos);
}

TEST_F(journal_test, an_anchor_shows_that_all_was_put_back_to_an_older_state) {
  write_records(3);
  const auto old_lines = read(path()), old_head = read(head_path());
  write_records(2);
  const auto noted = check();
  write(path(), old_lines);
  write(head_path(), old_head);
  EXPECT_FALSE(check().broken);  // consistent, only old
  auto result = verify({.directory = settings_.directory,
                        .key = key(),
                        .anchor_sequence = noted.last_sequence,
                        .anchor_hash = noted.last_hash})
                    .value();
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->what, damage::truncated);
  write_records(2);  // other records under the same numbers
  result = verify({.directory = settings_.directory,
                   .key = key(),
                   .anchor_sequence = noted.last_sequence,
                   .anchor_hash = noted.last_hash})
               .value();
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->what, damage::changed);
}

TEST_F(journal_test, no_journal_is_no_proof) {
  std::filesystem::create_directory(settings_.directory);
  EXPECT_TRUE(verify({.directory = settings_.directory}).has_error());
  EXPECT_TRUE(verify({.directory = root_ + "/nowhere"}).has_error());
}

}  // namespace
}  // namespace sluice::audit
