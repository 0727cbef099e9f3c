// The end of an upstream connection that matters to others: its server process may still be reading what the session
// sent, or ending its transaction. It is gone when it has closed its side.
//
// Threading: belongs to one reactor thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/enforce/redefinition.hpp"
#include "stream.hpp"

namespace sluice::net {

class farewell : public std::enable_shared_from_this<farewell> {
 public:
  // What was written so far is all that is said. `named`: by what the statements still in flight were judged.
  farewell(std::unique_ptr<stream> io, std::string database, std::vector<std::string> named, std::function<void()> then);

  // Calls `then` once, unless it is dropped before.
  void begin();
  bool relies_on(const std::string& database, const enforce::redefinition& what) const;
  bool over() const { return !then_; }

 private:
  void hear_out();

  std::unique_ptr<stream> io_;
  const std::string database_;
  const std::vector<std::string> named_;
  std::function<void()> then_;
};

}  // namespace sluice::net
