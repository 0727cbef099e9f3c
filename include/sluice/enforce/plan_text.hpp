// EXPLAIN without values: what is left of a plan is its shape, the kinds of its nodes and the names they stand on.
//
// Nothing but what is known to be harmless stays: no condition, expression, constant, estimate, time, setting.
// Threading: plan_json is pure; a plan_text and a plan_stripper belong to one run of one statement.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/base/diagnostic.hpp"
#include "sluice/enforce/gate.hpp"

namespace sluice::enforce {

// FORMAT TEXT, as the server sends it: line by line, cut at every line feed, also at those inside a constant.
class plan_text {
 public:
  // What remains of the line; nullopt: the line goes. Lines come in order, every one of them.
  std::optional<std::string> line(std::string_view text);

 private:
  enum class quoted { no, literal, identifier };
  void follow(std::string_view text);

  quoted open_ = quoted::no;  // what the end of the last line was inside of
  bool at_start_ = true;      // the next line is the top node of a plan
};

// FORMAT JSON, the whole document; nullopt: it is no plan, or one that is nested too deeply.
std::optional<std::string> plan_json(std::string_view document);

// One DataRow message body in, the body without values out; nullopt inside: the row goes. Fails on a body that is not a row
// of a plan: the session then ends.
class plan_stripper {
 public:
  explicit plan_stripper(plan_format format) : format_(format) {}
  base::result<std::optional<std::string>> strip_row(std::string_view data_row_body);

 private:
  plan_format format_;
  plan_text lines_;
};

}  // namespace sluice::enforce
