#include "farewell.hpp"

#include <array>
#include <set>
#include <utility>

namespace sluice::net {
namespace {

constexpr std::size_t turn_reads = 16;  // then the sessions of the thread have their turn
constexpr std::size_t read_bytes = 16u << 10;

}  // namespace

farewell::farewell(std::unique_ptr<stream> io, std::string database, std::vector<std::string> named,
                   std::function<void()> then)
    : io_(std::move(io)), database_(std::move(database)), named_(std::move(named)), then_(std::move(then)) {}

void farewell::begin() {
  // A message that was written half ends here as well: the server hangs up on it.
  io_->finish_sending();
  hear_out();
}

bool farewell::relies_on(const std::string& database, const enforce::redefinition& what) const {
  return !over() && database == database_ && enforce::first_met(what, named_, std::set<std::string>()) != nullptr;
}

void farewell::hear_out() {
  std::array<char, read_bytes> nobody_listens;
  for (std::size_t round = 0; !over(); ++round) {
    const bool on = round < turn_reads || io_->has_decrypted_bytes();
    const auto status = on ? io_->read_some(nobody_listens.data(), nobody_listens.size()).status : io_status::want_read;
    if (status == io_status::done) continue;
    if (status == io_status::want_read || status == io_status::want_write) {
      io_->wait(status, [self = shared_from_this()] { self->hear_out(); });
      return;
    }
    io_->close();
    std::exchange(then_, nullptr)();
  }
}

}  // namespace sluice::net
