#include "parse_task.hpp"

#include <exception>

#include "sluice/cli/cli.hpp"
#include "sluice/net/parse_stack.hpp"

namespace sluice::cli {

int on_parse_stack(const std::function<int()>& task) {
  int code = exit_system;
  std::exception_ptr failure;
  net::parse_thread thread([&] {
    try {
      code = task();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  thread.join();
  if (failure) std::rethrow_exception(failure);
  return code;
}

}  // namespace sluice::cli
