// The files of a journal directory: `audit-<first sequence, 20 digits>.jsonl`, and reading them line by line.
//
// Threading: values; one line_reader belongs to one thread at a time. Reading beside a running writer is allowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/audit/descriptor.hpp"
#include "sluice/audit/line.hpp"
#include "sluice/base/diagnostic.hpp"

namespace sluice::audit {

struct journal_file {
  std::uint64_t first = 0;  // sequence of its first record, as its name says
  std::string path;
};

std::string file_name(std::uint64_t first);
// In the order of their records. Files with other names are none of ours.
base::result<std::vector<journal_file>> list_files(const std::string& directory);

class line_reader {
 public:
  enum class outcome { line, torn, end, too_long, failed };

  // `offset` is where reading starts: the start of a line.
  static base::result<line_reader> open(const std::string& path, std::uint64_t offset = 0);

  // After `line` text() is a whole line without its newline. After `torn` it is what follows the last newline: a later
  // call reads on when the file has grown. After `too_long` nothing more can be read.
  outcome next();
  std::string_view text() const { return text_; }   // valid until the next call
  std::uint64_t number() const { return number_; }  // of the line, counted from where reading began
  std::uint64_t offset() const { return offset_; }  // in the file, of the first byte of text()

 private:
  explicit line_reader(descriptor file, std::uint64_t offset)
      : file_(std::move(file)), read_to_(offset), offset_(offset) {}

  descriptor file_;
  std::string buffer_;
  std::size_t from_ = 0, scanned_ = 0, filled_ = 0;  // in buffer_: next line, searched for a newline up to, bytes
  std::uint64_t read_to_ = 0, offset_ = 0, number_ = 0;
  std::string_view text_;
};

// Where the last lines of a file begin.
struct file_end {
  std::uint64_t last_line = 0;  // offset of the last whole line; meaningless when there is none
  std::uint64_t whole = 0;      // bytes of all whole lines
  std::uint64_t size = 0;       // larger than `whole` when the last line is torn
};
base::result<file_end> find_end(int file, const std::string& path);
// Offset of the first of the last `count` whole lines, and how many there are.
struct last_lines {
  std::uint64_t offset = 0, count = 0;
};
base::result<last_lines> find_last_lines(int file, const std::string& path, std::uint64_t count);

}  // namespace sluice::audit
