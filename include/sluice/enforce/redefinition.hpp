// What a text gives a new meaning to: names of relations that stand for something else, or for other columns, once it ran.
//
// Pure values; any thread. A relation's name is `schema NUL name`; lists of names are sorted and hold each one once.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sluice::enforce {

struct redefinition {
  bool everything = false;          // of the whole database: what it changes is not known by name
  std::vector<std::string> names;   // none with `everything`

  bool empty() const { return !everything && names.empty(); }
  // Every name of `other` is in this one.
  bool covers(const redefinition& other) const;
  bool meets(const redefinition& other) const;
  void add(const redefinition& other);
};

// The first of `named`, leaving out `spared`, that is given a new meaning. Nothing is spared when everything may change.
template <class Spared>
const std::string* first_met(const redefinition& by, const std::vector<std::string>& named, const Spared& spared);

// As people write it: schema.name.
std::string written(const std::string& relation);

template <class Spared>
const std::string* first_met(const redefinition& by, const std::vector<std::string>& named, const Spared& spared) {
  if (by.everything) return named.empty() ? nullptr : &named.front();
  auto next = by.names.begin();
  for (const auto& each : named) {
    while (next != by.names.end() && *next < each) ++next;
    if (next == by.names.end()) return nullptr;
    if (*next == each && spared.count(each) == 0) return &each;
  }
  return nullptr;
}

}  // namespace sluice::enforce
