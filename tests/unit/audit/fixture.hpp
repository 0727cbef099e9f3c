// A journal directory of its own for every test, and ways to tamper with it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sluice/audit/chain.hpp"
#include "sluice/audit/files.hpp"
#include "sluice/audit/head.hpp"
#include "sluice/audit/journal.hpp"
#include "sluice/audit/verify.hpp"

namespace sluice::audit {

class journal_test : public testing::Test {
 protected:
  journal_test() {
    std::string pattern = testing::TempDir() + "sluice-audit-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    settings_.directory = root_ + "/journal";
    settings_.key_file = root_ + "/key";
    settings_.sync_every = std::chrono::milliseconds(5);
  }
  ~journal_test() override { std::filesystem::remove_all(root_); }

  std::unique_ptr<journal> open() {
    auto opened = open_journal(settings_);
    if (opened.has_error()) throw std::runtime_error(base::to_string(opened.error()));
    return std::move(*opened);
  }
  static record statement(const std::string& sql) {
    record made;
    made.event = event::statement;
    made.user = "carol";
    made.sql = sql;
    made.decision = "allowed";
    return made;
  }
  // Records 1 to `count`, in files of `per_file` when that is not 0.
  void write_records(int count, std::uint64_t rotate_bytes = 1u << 20) {
    settings_.rotate_bytes = rotate_bytes;
    const auto to = open();
    for (int number = 1; number <= count; ++number)
      ASSERT_TRUE(to->append(statement("select " + std::to_string(number))).has_value());
  }
  base::secret key() const { return load_key(settings_.key_file).value(); }
  verification check() const { return verify({.directory = settings_.directory, .key = key()}).value(); }
  verification check_without_key() const { return verify({.directory = settings_.directory}).value(); }

  std::vector<journal_file> files() const { return list_files(settings_.directory).value(); }
  std::string path(std::size_t index = 0) const { return files().at(index).path; }
  std::string head_path() const { return settings_.directory + "/" + head_name; }
  static std::string read(const std::string& from) {
    std::ifstream in(from, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
  }
  static void write(const std::string& to, const std::string& bytes) {
    std::ofstream(to, std::ios::binary | std::ios::trunc) << bytes;
  }
  std::vector<std::string> lines(std::size_t file = 0) const {
    std::vector<std::string> all;
    std::istringstream in(read(path(file)));
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  void write_lines(const std::vector<std::string>& all, std::size_t file = 0) const {
    std::string text;
    for (const auto& line : all) text += line + "\n";
    write(path(file), text);
  }
  // Seals a line anew, as somebody without the right key would.
  static std::string resealed(const std::string& line, std::string_view with) {
    auth::hmac_sha256 other(with);
    const auto shape = read_envelope(line).value();
    return std::string(shape.sealed) + ",\"hash\":\"" + auth::to_hex(seal(other, shape.prev, shape.sealed)) + "\"}";
  }

  std::string root_;
  config::audit settings_;
};

}  // namespace sluice::audit
