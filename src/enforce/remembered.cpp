// What the classification remembers, as text that outlives the process.
#include <boost/json.hpp>
#include <limits>

#include "sluice/enforce/gate.hpp"

namespace sluice::enforce {

std::string to_json(const std::vector<remembered_name>& names) {
  boost::json::array out;
  for (const auto& each : names) {
    boost::json::array row{each.relation.value(), each.attnum, boost::json::string(each.schema), boost::json::string(each.name), boost::json::string(each.column)};
    if (each.derived) row.emplace_back(true);
    out.push_back(std::move(row));
  }
  return boost::json::serialize(out);
}

base::result<std::vector<remembered_name>> remembered_from_json(std::string_view text) {
  base::diagnostic why;
  why.cause = "the remembered classification is not readable";
  why.hint = "restore the file from a backup; removing it forgets which renamed columns are personal";
  boost::system::error_code failed;
  const boost::json::value document = boost::json::parse(boost::json::string_view(text.data(), text.size()), failed);
  const auto* rows = failed ? nullptr : document.if_array();
  if (!rows) return why;
  std::vector<remembered_name> out;
  for (const auto& row : *rows) {
    const auto* fields = row.if_array();
    if (!fields || fields->size() < 5 || fields->size() > 6) return why;
    remembered_name next;
    const auto* relation = (*fields)[0].if_int64();
    const auto* attnum = (*fields)[1].if_int64();
    if (!relation || !attnum || *relation < 0 || *relation > std::numeric_limits<std::uint32_t>::max() || *attnum < 0 || *attnum > std::numeric_limits<std::int16_t>::max())
      return why;
    next.relation = base::oid{static_cast<std::uint32_t>(*relation)};
    next.attnum = static_cast<std::int16_t>(*attnum);
    std::string* const texts[] = {&next.schema, &next.name, &next.column};
    for (std::size_t at = 0; at < 3; ++at) {
      const auto* field = (*fields)[at + 2].if_string();
      if (!field) return why;
      *texts[at] = std::string(field->data(), field->size());
    }
    if (fields->size() == 6) {
      const auto* derived = (*fields)[5].if_bool();
      if (!derived) return why;
      next.derived = *derived;
    }
    out.push_back(std::move(next));
  }
  return out;
}

std::optional<std::vector<remembered_name>> remembered_of(const copied_table& made, const catalog::snapshot& known) {
  const catalog::relation* relation = known.find(made.schema, made.name);
  if (!relation) return std::nullopt;
  std::vector<remembered_name> out;
  for (const auto& copied : made.columns) {
    for (const auto& column : relation->columns) {
      if (!copied.column.empty() && copied.column != column.name) continue;
      for (remembered_name source : copied.sources) {
        source.relation = relation->id;
        source.attnum = column.attnum;
        out.push_back(std::move(source));
      }
    }
  }
  return out;
}

}  // namespace sluice::enforce
