// Runs one target without libFuzzer: every seed (seeds/<target>/*, the lines of seeds/<target>.lines), every found
// case, then, for a while, mutations of them. Always the same ones in the same order, so that what fails once fails
// again; how far it comes depends on the machine.
//
// An input that fails is left in var/fuzz/<target>/found, with those of scripts/fuzz.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerInitialize(int*, char***) __attribute__((weak));
extern "C" void __sanitizer_set_death_callback(void (*)()) __attribute__((weak));  // builds without sanitizers lack it

namespace {

namespace fs = std::filesystem;
using bytes = std::string;

constexpr std::size_t longest = 4096;
constexpr unsigned slowest_seconds = 30;  // of one input, sanitized and on a busy machine

const bytes* running = nullptr;
std::string left_behind;  // the file to write the failing input to

// Called from a signal handler and from the sanitizers: system calls only.
void leave_input() {
  if (running == nullptr) return;
  const bytes* failed = running;
  running = nullptr;
  const int file = ::open(left_behind.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return;
  if (::write(file, failed->data(), failed->size()) < 0) return;
  ::close(file);
}
void on_signal(int number) {
  leave_input();
  ::signal(number, SIG_DFL);
  ::raise(number);
}

void run(const bytes& input) {
  running = &input;
  ::alarm(slowest_seconds);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  running = nullptr;
}

std::vector<bytes> read_all(const fs::path& directory) {
  std::vector<fs::path> paths;
  if (fs::is_directory(directory)) {
    for (const auto& each : fs::directory_iterator(directory)) paths.push_back(each.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<bytes> out;
  for (const auto& each : paths) {
    std::ifstream file(each, std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return out;
}

void add_lines(std::vector<bytes>& to, const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) to.push_back(line);
}

// libFuzzer's format: one "word" a line, with \\ \" and \xHH.
std::vector<bytes> read_dictionary(const fs::path& path) {
  std::vector<bytes> out;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto begin = line.find('"'), end = line.rfind('"');
    if (line.starts_with('#') || begin == std::string::npos || end <= begin) continue;
    bytes word;
    for (std::size_t at = begin + 1; at < end; ++at) {
      if (line[at] == '\\' && line[at + 1] == 'x') {
        word += static_cast<char>(std::stoi(line.substr(at + 2, 2), nullptr, 16));
        at += 3;
      } else {
        word += line[line[at] == '\\' ? ++at : at];
      }
    }
    out.push_back(word);
  }
  return out;
}

class mutator {
 public:
  mutator(std::vector<bytes> seeds, std::vector<bytes> words) : seeds_(std::move(seeds)), words_(std::move(words)) {}

  bytes next() {
    bytes out = pick(seeds_);
    for (std::size_t left = 1 + below(6); left > 0; --left) change(out);
    if (out.size() > longest) out.resize(longest);
    return out;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  const bytes& pick(const std::vector<bytes>& from) { return from[below(from.size())]; }
  // Places at the borders of words, as often as any place: most grammars have theirs there.
  std::size_t place(const bytes& in) {
    std::size_t at = below(in.size() + 1);
    if (below(2) == 0) at = std::min(in.find_first_of(" \n,.;()\t", at), in.size());
    return at;
  }
  void change(bytes& out) {
    const std::size_t at = place(out), length = below(std::min<std::size_t>(out.size() - at, 16) + 1);
    switch (below(8)) {
      case 0:
        if (at < out.size()) out[at] = static_cast<char>(out[at] ^ 1 << below(8));
        break;
      case 1:
        if (at < out.size()) out[at] = static_cast<char>(random_());
        break;
      case 2: out.erase(at, length); break;
      case 3: out.insert(at, out.substr(at, length)); break;
      case 4: {
        const bytes& other = pick(seeds_);
        out = out.substr(0, at) + other.substr(place(other));
        break;
      }
      case 5: {
        const bytes& other = pick(seeds_);
        const std::size_t from = place(other);
        out.insert(at, other.substr(from, place(other)));
        break;
      }
      case 6: out.insert(at, 1, static_cast<char>(random_())); break;
      default:
        if (!words_.empty()) out.replace(at, below(2) == 0 ? 0 : length, pick(words_));
    }
  }

  std::vector<bytes> seeds_, words_;
  std::mt19937_64 random_{20240229};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s <folder of the fuzz targets> <target> <seconds>\n", argv[0]);
    return 2;
  }
  const fs::path folder = argv[1];
  const std::string target = argv[2];
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[3]));
  const fs::path failures = folder / "../../var/fuzz" / target / "found";
  fs::create_directories(failures);
  left_behind = (failures / "replay").string();
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(leave_input);
  for (const int each : {SIGABRT, SIGALRM}) ::signal(each, on_signal);
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);

  auto inputs = read_all(folder / "seeds" / target);
  const auto cases = read_all(folder / "cases" / target);
  inputs.insert(inputs.end(), cases.begin(), cases.end());
  add_lines(inputs, folder / "seeds" / (target + ".lines"));
  if (inputs.empty()) {
    std::fprintf(stderr, "%s has no seeds\n", target.c_str());
    return 1;
  }
  for (const auto& each : inputs) run(each);
  const std::size_t given = inputs.size();
  std::size_t made = 0;
  mutator more(std::move(inputs), read_dictionary(folder / (target + ".dict")));
  for (; std::chrono::steady_clock::now() < until; ++made) run(more.next());
  std::printf("%s: %zu seeds and cases, %zu mutations of them\n", target.c_str(), given, made);
  return 0;
}
