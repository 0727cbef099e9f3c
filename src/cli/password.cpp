#include "password.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>

namespace sluice::cli {
namespace {

base::diagnostic refusal(std::string cause, std::string hint = {}) {
  return {.cause = std::move(cause), .hint = std::move(hint)};
}

void wake_the_reader(int) {}

// The terminal without echo, as it was again on destruction. An interrupt ends the reading instead of the process
// meanwhile, or the terminal would stay silent. Signals are let in only while read_byte waits: one that comes between
// the question and the waiting must not be lost.
class silent_terminal {
 public:
  silent_terminal() : file_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (file_ < 0 || ::tcgetattr(file_, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    struct sigaction wake {};
    wake.sa_handler = wake_the_reader;
    sigset_t held;
    sigemptyset(&held);
    for (std::size_t index = 0; index < signals.size(); ++index) {
      ::sigaction(signals[index], &wake, &actions_[index]);
      sigaddset(&held, signals[index]);
    }
    ::pthread_sigmask(SIG_BLOCK, &held, &mask_);
    waiting_ = mask_;
    for (const int each : signals) sigdelset(&waiting_, each);
    is_silent_ = ::tcsetattr(file_, TCSAFLUSH, &silent) == 0;
    if (!is_silent_) restore_signals();
  }
  ~silent_terminal() {
    if (is_silent_) {
      ::tcsetattr(file_, TCSAFLUSH, &before_);
      restore_signals();
    }
    if (file_ >= 0) ::close(file_);
  }
  silent_terminal(const silent_terminal&) = delete;
  silent_terminal& operator=(const silent_terminal&) = delete;

  int file() const { return file_; }
  bool is_silent() const { return is_silent_; }
  // False at an interrupt.
  bool wait_for_input() const {
    pollfd input{file_, POLLIN, 0};
    return ::ppoll(&input, 1, nullptr, &waiting_) > 0;
  }

 private:
  void restore_signals() {
    ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    for (std::size_t index = 0; index < signals.size(); ++index) ::sigaction(signals[index], &actions_[index], nullptr);
  }

  static constexpr std::array<int, 3> signals = {SIGINT, SIGTERM, SIGHUP};
  int file_;
  std::array<struct sigaction, signals.size()> actions_{};
  sigset_t mask_{}, waiting_{};
  termios before_{};
  bool is_silent_ = false;
};

// One line without its end; nothing when it is longer than a password may be, on failure and on an interrupt.
std::optional<base::secret> read_line(int file, const silent_terminal* terminal = nullptr) {
  // Reserved at once, so that no half of a password stays behind in memory that was given back.
  std::string line;
  line.reserve(max_password_bytes + 1);
  for (;;) {
    char byte = 0;
    if (terminal && !terminal->wait_for_input()) return std::nullopt;
    const ssize_t got = ::read(file, &byte, 1);
    if (got < 0 || line.size() > max_password_bytes) return std::nullopt;
    if (got == 0 || byte == '\n') break;
    line += byte;
  }
  if (line.ends_with('\r')) line.pop_back();
  return base::secret(std::move(line));
}

base::result<base::secret> checked(std::optional<base::secret> password) {
  if (!password)
    return refusal("the password cannot be read, or is longer than " + std::to_string(max_password_bytes) + " bytes");
  if (password->empty()) return refusal("the password is empty");
  if (password->reveal().find('\0') != std::string_view::npos) return refusal("the password holds a NUL byte");
  return std::move(*password);
}

bool ask(int file, std::string_view question) {
  return ::write(file, question.data(), question.size()) == static_cast<ssize_t>(question.size());
}

}  // namespace

base::result<base::secret> password_from_terminal() {
  const silent_terminal terminal;
  if (!terminal.is_silent()) {
    return refusal("there is no terminal to ask for the password", "use `--password-stdin`");
  }
  if (!ask(terminal.file(), "password: ")) return refusal("the terminal cannot be written");
  auto first = checked(read_line(terminal.file(), &terminal));
  if (!first) return first;
  if (!ask(terminal.file(), "once more: ")) return refusal("the terminal cannot be written");
  const auto second = read_line(terminal.file(), &terminal);
  if (!second || second->reveal() != first->reveal()) return refusal("the two passwords differ");
  return first;
}

base::result<base::secret> password_from_stdin() {
  auto password = checked(read_line(STDIN_FILENO));
  if (!password) return password;
  char more = 0;
  if (::read(STDIN_FILENO, &more, 1) > 0) return refusal("standard input holds more than one line");
  return password;
}

}  // namespace sluice::cli
