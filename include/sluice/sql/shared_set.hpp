// A sorted set whose copies share their elements until one of them changes: facts of expressions pass through many hands.
//
// Threading: as a shared_ptr; a set that several threads hold is changed by none of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <vector>

#include "sluice/sql/budget.hpp"

namespace sluice::sql {

template <class T>
class shared_set {
 public:
  shared_set() = default;
  shared_set(std::initializer_list<T> items) {
    for (const T& each : items) insert(each);
  }

  bool empty() const { return !held_; }
  std::size_t size() const { return held_ ? held_->size() : 0; }
  const T* begin() const { return held_ ? held_->data() : nullptr; }
  const T* end() const { return held_ ? held_->data() + held_->size() : nullptr; }
  std::size_t count(const T& item) const { return std::binary_search(begin(), end(), item) ? 1 : 0; }
  void clear() { held_.reset(); }
  // Names the elements while somebody holds them.
  const void* identity() const { return held_.get(); }
  friend bool operator==(const shared_set& one, const shared_set& other) {
    return one.held_ == other.held_ || std::equal(one.begin(), one.end(), other.begin(), other.end());
  }

  void insert(const T& item) {
    if (count(item)) return;
    own();
    const auto place = std::upper_bound(held_->begin(), held_->end(), item);
    charge(static_cast<std::size_t>(held_->end() - place));
    held_->insert(place, item);
  }
  void insert(const shared_set& other) {
    if (other.empty() || held_ == other.held_) return;
    if (!held_) {
      held_ = other.held_;
      return;
    }
    if (other.size() == 1) return insert(*other.begin());
    if (held_->back() < *other.begin()) {
      own();
      held_->insert(held_->end(), other.begin(), other.end());
      return charge(other.size());
    }
    if (other.size() <= size() && std::includes(begin(), end(), other.begin(), other.end())) return charge(size());
    if (other.size() > size() && std::includes(other.begin(), other.end(), begin(), end())) {
      held_ = other.held_;
      return charge(size());
    }
    auto both = std::make_shared<std::vector<T>>();
    both->reserve(size() + other.size());
    std::set_union(begin(), end(), other.begin(), other.end(), std::back_inserter(*both));
    held_ = std::move(both);
    charge(size());
  }
  template <class Iterator>
  void insert(Iterator first, Iterator last) {
    for (; first != last; ++first) insert(*first);
  }

 private:
  static constexpr std::size_t elements_per_unit = 32;
  static void charge(std::size_t elements) { budget::charge(elements / elements_per_unit); }
  void own() {
    if (!held_) held_ = std::make_shared<std::vector<T>>();
    if (held_.use_count() == 1) return;
    charge(size());
    // Room for more: a set that grows at its end is copied once.
    auto mine = std::make_shared<std::vector<T>>();
    mine->reserve(size() * 2);
    mine->assign(held_->begin(), held_->end());
    held_ = std::move(mine);
  }

  std::shared_ptr<std::vector<T>> held_;
};

}  // namespace sluice::sql
