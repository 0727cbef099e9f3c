// An open file that closes itself. Movable; one owner.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "sluice/base/diagnostic.hpp"

namespace sluice::audit {

class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int number) : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~descriptor() { close(); }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  int number_ = -1;
};

// `cannot <verb> `path`: <reason of errno>`.
inline base::diagnostic system_problem(std::string_view verb, std::string_view path, std::string hint = {}) {
  const int code = errno;
  std::string cause = "cannot ";
  cause.append(verb).append(" `").append(path).append("`: ").append(std::strerror(code));
  return {.cause = std::move(cause), .hint = std::move(hint)};
}

}  // namespace sluice::audit
