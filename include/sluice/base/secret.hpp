// Text that must never be printed: passwords, keys, verifiers.
//
// There is no stream operator and no conversion; reveal() is the one, searchable way to the bytes. Wiped on destruction.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace sluice::base {

class secret {
 public:
  secret() = default;
  explicit secret(std::string bytes) : bytes_(std::move(bytes)) {}
  secret(const secret&) = default;
  secret(secret&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
  secret& operator=(const secret& other) {
    if (this != &other) {
      wipe();
      bytes_ = other.bytes_;
    }
    return *this;
  }
  secret& operator=(secret&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_ = other.bytes_;
      other.wipe();
    }
    return *this;
  }
  ~secret() { wipe(); }

  // Valid until this object changes.
  std::string_view reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

 private:
  void wipe() noexcept;
  std::string bytes_;
};

}  // namespace sluice::base
