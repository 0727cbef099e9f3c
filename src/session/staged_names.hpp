// Named things of the upstream (statements, portals) as they are once everything in flight has succeeded, and as they
// are now: what a pipeline asked for is staged until the upstream confirms it, and forgotten when the upstream refuses.
//
// Threading: owned by one session.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::session {

template <class T>
class staged_names {
 public:
  using pointer = std::shared_ptr<T>;

  // As the next message of the pipeline finds it; null when it does not exist.
  pointer find(std::string_view name) const {
    if (const auto at = staged_.find(name); at != staged_.end()) return at->second;
    return settled(name);
  }
  pointer settled(std::string_view name) const {
    const auto at = settled_.find(name);
    return at == settled_.end() ? nullptr : at->second;
  }
  bool is_staged(std::string_view name) const { return staged_.find(name) != staged_.end(); }
  void stage(std::string_view name, pointer what) { staged_.insert_or_assign(std::string(name), std::move(what)); }
  // What the upstream confirmed; null: it is gone.
  void settle(std::string_view name, pointer what) {
    if (what != nullptr) {
      settled_.insert_or_assign(std::string(name), std::move(what));
    } else if (const auto at = settled_.find(name); at != settled_.end()) {
      settled_.erase(at);
    }
  }
  void forget_staged() { staged_.clear(); }
  void clear() {
    staged_.clear();
    settled_.clear();
  }
  template <class Predicate>
  void erase_settled_if(Predicate&& gone) {
    std::erase_if(settled_, [&](const auto& entry) { return gone(entry.first, *entry.second); });
  }
  template <class Visitor>
  void for_each_settled(Visitor&& visit) const {
    for (const auto& [name, what] : settled_) visit(name, *what);
  }
  std::size_t size() const { return settled_.size() + staged_.size(); }

 private:
  std::map<std::string, pointer, std::less<>> settled_;
  std::map<std::string, pointer, std::less<>> staged_;
};

}  // namespace sluice::session
