// Pieces of the network tests: a certificate made on the spot, a blocking client, a journal in memory, a policy on
// disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sluice/audit/journal.hpp"

namespace sluice::net::testing {

// A folder of its own, removed at the end.
class scratch_folder {
 public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  std::string write(const std::string& name, const std::string& text) const;
  std::string path(const std::string& name) const { return (where_ / name).string(); }

 private:
  std::filesystem::path where_;
};

struct certificate_files {
  std::string certificate, key;
};
// Self-signed, for a DNS name, in PEM.
certificate_files make_certificate(const scratch_folder& in, const std::string& host);

class memory_journal final : public audit::journal {
 public:
  struct kept {
    std::mutex mutex;
    std::vector<audit::record> records;
    std::vector<audit::event> events();
  };
  explicit memory_journal(std::shared_ptr<kept> into) : kept_(std::move(into)) {}
  base::result<std::uint64_t> append(const audit::record& what) override;
  bool healthy() const override { return true; }
  void sync() override {}

 private:
  std::shared_ptr<kept> kept_;
};

// A client without any library: blocking, with a time limit on every read.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port);
  ~raw_client();
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  void send(const std::string& bytes);
  // Up to `count` bytes; fewer when the other side closed or nothing came for five seconds.
  std::string read(std::size_t count);
  std::string read_until_closed();
  bool closed_by_peer() const { return closed_; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
  bool closed_ = false;
};

std::size_t open_descriptors();
// Asks every few milliseconds, for five seconds at most.
bool eventually(const std::function<bool()>& holds);

}  // namespace sluice::net::testing
