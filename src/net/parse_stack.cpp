#include "sluice/net/parse_stack.hpp"

#include <csignal>
#include <memory>
#include <system_error>

#include "sluice/enforce/gate.hpp"

namespace sluice::net {
namespace {

void* run(void* given) {
  const std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()>*>(given));
  // OpenSSL writes to sockets with write(2): a closed peer must be an error here, not the end of the process.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  (*body)();
  return nullptr;
}

}  // namespace

parse_thread::parse_thread(std::function<void()> body) {
  auto owned = std::make_unique<std::function<void()>>(std::move(body));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, enforce::parse_stack_bytes);
  const int failed = pthread_create(&thread_, &attributes, run, owned.get());
  pthread_attr_destroy(&attributes);
  if (failed != 0) throw std::system_error(failed, std::system_category(), "cannot start a thread");
  owned.release();
  running_ = true;
}

void parse_thread::join() {
  if (!running_) return;
  running_ = false;
  pthread_join(thread_, nullptr);
}

}  // namespace sluice::net
