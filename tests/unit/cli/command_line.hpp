// Runs the command line in this process, with standard input given and both outputs caught, in a folder of its own.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sluice/cli/cli.hpp"

namespace sluice::cli::testing {

struct ran {
  int code = -1;
  std::string out, err;
};

class command_line : public ::testing::Test {
 protected:
  command_line() {
    std::string pattern = ::testing::TempDir() + "sluice-cli-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~command_line() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(path(name)) << text;
    std::filesystem::permissions(path(name), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }

  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }

  ran sluice(std::vector<std::string> words, const std::string& input = "") {
    write("stdin", input);
    const int before = ::dup(STDIN_FILENO);
    const int file = ::open(path("stdin").c_str(), O_RDONLY | O_CLOEXEC);
    ::dup2(file, STDIN_FILENO);
    ::close(file);
    words.insert(words.begin(), "sluice");
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    ran got;
    got.code = run(static_cast<int>(arguments.size()), arguments.data());
    got.out = without_folder(::testing::internal::GetCapturedStdout());
    got.err = without_folder(::testing::internal::GetCapturedStderr());
    ::dup2(before, STDIN_FILENO);
    ::close(before);
    return got;
  }

  std::string without_folder(std::string text) const {
    for (auto at = text.find(folder_ + "/"); at != std::string::npos; at = text.find(folder_ + "/")) {
      text.erase(at, folder_.size() + 1);
    }
    return text;
  }

  std::string folder_;
};

}  // namespace sluice::cli::testing
