#include "support.hpp"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace sluice::net::testing {

scratch_folder::scratch_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-net-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no scratch folder");
  where_ = pattern;
}
scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(where_, ignored);
}
std::string scratch_folder::write(const std::string& name, const std::string& text) const {
  std::ofstream(where_ / name) << text;
  return path(name);
}

certificate_files make_certificate(const scratch_folder& in, const std::string& host) {
  certificate_files out{in.path(host + ".crt"), in.path(host + ".key")};
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key.get());
  X509_set_version(made.get(), X509_VERSION_3);
  X509_NAME* name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(host.c_str()), -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + host).c_str());
  X509_add_ext(made.get(), names, -1);
  X509_EXTENSION_free(names);
  X509_sign(made.get(), key.get(), EVP_sha256());
  const auto write = [](const std::string& path, const auto& print) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    print(file);
    std::fclose(file);
  };
  write(out.certificate, [&](std::FILE* file) { PEM_write_X509(file, made.get()); });
  write(out.key,
        [&](std::FILE* file) { PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  return out;
}

base::result<std::uint64_t> memory_journal::append(const audit::record& what) {
  const std::lock_guard lock(kept_->mutex);
  kept_->records.push_back(what);
  return kept_->records.size();
}

std::vector<audit::event> memory_journal::kept::events() {
  const std::lock_guard lock(mutex);
  std::vector<audit::event> out;
  for (const auto& each : records) out.push_back(each.event);
  return out;
}

raw_client::raw_client(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval limit{5, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    ::close(descriptor_);
    throw std::runtime_error("cannot connect");
  }
}
raw_client::~raw_client() { ::close(descriptor_); }

void raw_client::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t done = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (done <= 0) return;
    sent += static_cast<std::size_t>(done);
  }
}

std::string raw_client::read(std::size_t count) {
  std::string out;
  char buffer[4096];
  while (out.size() < count) {
    const ssize_t got = ::recv(descriptor_, buffer, std::min(sizeof buffer, count - out.size()), 0);
    if (got == 0 || (got < 0 && errno == ECONNRESET)) closed_ = true;
    if (got <= 0) break;
    out.append(buffer, static_cast<std::size_t>(got));
  }
  return out;
}

std::string raw_client::read_until_closed() { return read(SIZE_MAX); }

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (std::chrono::steady_clock::now() < deadline) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return holds();
}

}  // namespace sluice::net::testing
