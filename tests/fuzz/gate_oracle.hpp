// What must be true of every text that the gate lets through, found out from the text alone.
//
// The text is parsed and analysed anew, as if nobody had judged it. Every use of a relation that is guarded for this
// principal must stand inside one of the FROM items that the guards can produce, every column of a changed relation
// inside its mask. Where the proof of the rewriter compares two trees, this looks at what will run.
// Threading: one oracle, one thread; what it is given must outlive it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "effects.hpp"
#include "guards.hpp"
#include "sluice/enforce/gate.hpp"

namespace sluice::fuzz {

class gate_oracle {
 public:
  gate_oracle(const enforce::context& with, const policy::principal& who) : with_(with), shown_(with, who) {}

  // Nullopt when all is well, else what is wrong.
  // `sent` is what becomes of `original`: the rewritten text, or the original itself.
  std::optional<std::string> objection(const std::string& original, const std::string& sent,
                                       const std::vector<enforce::statement_ptr>& statements,
                                       const enforce::scope& session);

 private:
  struct range {
    std::size_t begin = 0, end = 0;
    std::vector<std::int16_t> raw;  // columns that this guard leaves to the wire masks
    std::uint32_t relation = 0;
  };
  struct guard_text {
    std::string text;  // without what a TABLESAMPLE clause puts before the closing parenthesis
    std::vector<std::int16_t> raw;
  };
  const std::vector<guard_text>& texts_of(const catalog::relation& relation, const std::vector<std::string>* columns);
  base::result<sql::analysis> facts_of(const std::string& text, const enforce::scope& session);
  void find_masks(const std::string& sent, const sql::use& of);
  void find_guards(const std::string& sent, const sql::use& of, const std::vector<std::string>* columns);
  void find_all(const std::string& sent, const std::string& text, const range& like, bool sampled);
  const range* around(std::size_t offset) const;
  std::optional<std::string> object_to(const sql::analysis& facts, const sql::use& of, const std::string& sent);
  std::optional<std::string> object_to(const sql::analysis& facts, const sql::column_site& site);
  std::optional<std::string> object_to_raw(const sql::analysis& facts,
                                           const std::vector<enforce::statement_ptr>& statements);
  bool guarded(const sql::use& of) { return of.found == sql::resolution::relation && shown_.of(*of.relation).needed; }

  const enforce::context& with_;
  enforce::guards shown_;
  std::map<std::pair<std::uint32_t, std::string>, std::vector<guard_text>> texts_;
  std::vector<range> ranges_;
};

}  // namespace sluice::fuzz
