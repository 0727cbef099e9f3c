// Masks, classes, treatments, row filters and functions of policy.yaml.
#include <algorithm>

#include "reader.hpp"
#include "sluice/policy/detectors.hpp"

namespace sluice::policy {
namespace {

using config::mapping;
using config::need;

constexpr std::int64_t max_kept_characters = 1000;
constexpr std::size_t max_constant_bytes = 1024;

// Which keys besides `kind` a mask of the kind takes.
struct kind_row {
  std::string_view word;
  mask_kind kind;
  std::string_view keys[2];
};
constexpr kind_row kinds[] = {
    {"null", mask_kind::null, {}},           {"constant", mask_kind::constant, {"value"}},
    {"full", mask_kind::full, {"fill"}},     {"partial", mask_kind::partial, {"keep_first", "keep_last"}},
    {"email", mask_kind::email, {}},         {"phone", mask_kind::phone, {}},
    {"date-year", mask_kind::date_year, {}}, {"bucket", mask_kind::bucket, {"width"}},
    {"token", mask_kind::token, {}},         {"detect", mask_kind::detect, {"detectors"}}};
constexpr std::string_view mask_keys[] = {"kind", "value", "fill", "keep_first", "keep_last", "width", "detectors"};

// Names that a treatment may use without defining them.
constexpr std::string_view clear_word = "clear", deny_word = "deny", null_word = "null";

// The greater, the more of a rule is written out: column before relation before schema before layer and database.
constexpr int column_weight = 81, relation_weight = 27, schema_weight = 9, place_weight = 2;
// Class before role before layer.
constexpr int class_weight = 4, role_weight = 2, layer_weight = 1;

std::string tick(std::string_view name) { return "`" + std::string(name) + "`"; }

int exactness(const name_pattern& part) {
  if (part.is_everything()) return 0;
  return part.is_exact() ? 2 : 1;
}

int exactness(const model::column_rule& rule) {
  return column_weight * exactness(rule.column) + relation_weight * exactness(rule.where.relation) +
         schema_weight * exactness(rule.where.schema) + place_weight * exactness(rule.where.layer) +
         place_weight * exactness(rule.where.database);
}

// yaml-cpp reads an unquoted null as no value at all.
std::string word_of(const YAML::Node& node) {
  if (node.IsDefined() && node.IsNull()) return std::string(null_word);
  return node.IsDefined() && node.IsScalar() ? node.Scalar() : std::string();
}

YAML::Node raw_value(const mapping& in, std::string_view key) {
  return in.valid() ? in.node()[std::string(key)] : YAML::Node(YAML::NodeType::Undefined);
}

bool is_one_character(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0u) != 0x80u; }) == 1;
}

}  // namespace

bool reader::mask_choice(const YAML::Node& value, treatment& into) {
  const std::string word = word_of(value);
  if (word.empty()) {
    problems_.error(value, "`mask` must be the name of a mask, `clear`, `deny` or `null`");
    return false;
  }
  into.kind = treatment_kind::masked;
  into.mask = {};
  into.mask.id = word;
  if (word == clear_word) {
    into.kind = treatment_kind::clear;
  } else if (word == deny_word) {
    into.kind = treatment_kind::denied;
  } else if (const auto found = out_.masks.find(word); found != out_.masks.end()) {
    into.mask = found->second;
  } else if (word != null_word) {
    check_known(value, "mask", word, masks_);
  }
  return true;
}

void reader::read_masks(const mapping& top) {
  top.entries("masks", [&](const std::string& name, const YAML::Node& key, const YAML::Node& node) {
    if (name == clear_word || name == deny_word || name == null_word)
      return problems_.error(key, "a mask cannot be named " + tick(name),
                             "the word has a meaning of its own in treatments");
    const mapping in(node, problems_, "mask " + tick(name), mask_keys);
    if (!in.valid()) return;
    mask made;
    made.id = name;
    const YAML::Node kind_node = raw_value(in, "kind");
    const std::string word = word_of(kind_node);
    const auto* row =
        std::find_if(std::begin(kinds), std::end(kinds), [&](const kind_row& each) { return each.word == word; });
    if (row == std::end(kinds)) {
      std::vector<std::string_view> words;
      for (const auto& each : kinds) words.push_back(each.word);
      std::string list;
      for (const auto each : words) list += (list.empty() ? "" : ", ") + tick(each);
      problems_.error(kind_node.IsDefined() ? kind_node : key,
                      word.empty() ? "`kind` is missing in mask " + tick(name) : "there is no mask kind " + tick(word),
                      "the kinds are " + list);
      return;
    }
    made.kind = row->kind;
    for (const auto extra : mask_keys)
      if (extra != "kind" && in.find(extra).IsDefined() &&
          std::find(std::begin(row->keys), std::end(row->keys), extra) == std::end(row->keys))
        problems_.error(in.key_of(extra), "a mask of kind " + tick(word) + " takes no " + tick(extra));

    if (in.text("value", made.constant, made.kind == mask_kind::constant ? need::required : need::optional) &&
        made.constant.size() > max_constant_bytes)
      problems_.error(in.find("value"), "`value` is longer than " + std::to_string(max_constant_bytes) + " bytes");
    if (made.kind == mask_kind::full) {
      made.constant = "*";
      if (in.text("fill", made.constant) && !is_one_character(made.constant))
        problems_.error(in.find("fill"), "`fill` must be one character");
    }
    in.integer("keep_first", made.keep_first, 0, max_kept_characters);
    in.integer("keep_last", made.keep_last, 0, max_kept_characters);
    if (made.kind == mask_kind::partial && made.keep_first == 0 && made.keep_last == 0)
      problems_.error(key, "mask " + tick(name) + " keeps nothing",
                      "set `keep_first` or `keep_last`, or use kind `full`");
    if (made.kind == mask_kind::bucket && in.number("width", made.bucket, need::required) && !(made.bucket > 0))
      problems_.error(in.find("width"), "`width` must be greater than 0");
    in.items(
        "detectors",
        [&](std::size_t, const YAML::Node& item) {
          std::string detector;
          if (!config::read_text(item, problems_, "detectors", detector)) return;
          check_known(item, "detector", detector, {detector_names.begin(), detector_names.end()});
          made.detectors.push_back(detector);
        },
        made.kind == mask_kind::detect ? need::required : need::optional);
    if (made.kind == mask_kind::detect && made.detectors.empty())
      problems_.error(key, "mask " + tick(name) + " detects nothing", "list its `detectors`");
    out_.masks[name] = std::move(made);
  });
  for (auto& layer : out_.layers)
    if (const auto found = out_.masks.find(layer.mask.id); found != out_.masks.end()) layer.mask = found->second;
}

void reader::read_column_rule(const YAML::Node& node, const std::string& data_class) {
  // What hides more is matched without regard to case; what is declared harmless must be written as it is.
  const letter_case how = data_class.empty() ? letter_case::exact : letter_case::ignored;
  if (out_.columns.size() >= max_rules)
    return problems_.error(node, "the policy has more than " + std::to_string(max_rules) + " column rules");
  model::column_rule made;
  made.data_class = data_class;
  if (node.IsScalar()) {
    made.column = pattern(node, "column", how);
    made.exactness = exactness(made);
    out_.columns.push_back(std::move(made));
    return;
  }
  const mapping in(node, problems_, "a column rule", {"database", "layer", "schema", "relation", "column", "columns"});
  if (!in.valid()) return;
  pattern_part(in, "database", made.where.database, letter_case::exact);
  if (const YAML::Node layer = in.find("layer"); layer.IsDefined()) {
    made.where.layer = pattern(layer, "layer", letter_case::exact);
    if (made.where.layer.is_exact()) check_known(layer, "layer", made.where.layer.text(), layers_);
  }
  pattern_part(in, "schema", made.where.schema, how);
  pattern_part(in, "relation", made.where.relation, how);
  const YAML::Node one = in.find("column"), several = in.find("columns");
  if (one.IsDefined() && several.IsDefined())
    problems_.error(in.key_of("columns"), "a column rule has `column` or `columns`, not both");
  if (!one.IsDefined() && !several.IsDefined() && !data_class.empty())
    return problems_.error(node, "a column rule of a class must name its columns",
                           "write `column: \"*\"` for all of them");
  const auto add = [&](const YAML::Node& column) {
    model::column_rule each = made;
    if (column.IsDefined()) each.column = pattern(column, "column", how);
    each.exactness = exactness(each);
    out_.columns.push_back(std::move(each));
  };
  if (several.IsDefined())
    in.items("columns", [&](std::size_t, const YAML::Node& column) { add(column); });
  else
    add(one);
}

void reader::read_classes(const mapping& top) {
  top.entries("classes", [&](const std::string& name, const YAML::Node& key, const YAML::Node& node) {
    if (name == model::everything) return problems_.error(key, "a class cannot be named `*`");
    const mapping in(node, problems_, "class " + tick(name), {"columns", "mask"});
    out_.classes.push_back(name);
    const std::size_t before = out_.columns.size();
    in.items("columns", [&](std::size_t, const YAML::Node& item) { read_column_rule(item, name); });
    if (in.valid() && out_.columns.size() == before) problems_.warning(key, "class " + tick(name) + " has no columns");
    const YAML::Node value = raw_value(in, "mask");
    if (!value.IsDefined()) return;
    model::treatment_rule usual;
    usual.data_class = name;
    usual.roles.all = usual.layers.all = true;
    usual.exactness = class_weight;
    usual.treatment.rule = "classes." + name + ".mask";
    if (mask_choice(value, usual.treatment)) out_.treatments.push_back(std::move(usual));
  });
}

void reader::read_clear(const mapping& top) {
  top.items("clear", [&](std::size_t, const YAML::Node& item) { read_column_rule(item, {}); });
}

void reader::read_treatments(const mapping& top) {
  top.items("treatments", [&](std::size_t index, const YAML::Node& node) {
    const mapping in(node, problems_, "a treatment", {"class", "mask", "roles", "layers"});
    if (!in.valid()) return;
    model::treatment_rule made;
    if (in.text("class", made.data_class, need::required) && made.data_class != model::everything)
      check_known(in.find("class"), "class", made.data_class, classes_);
    made.roles = name_list(in, "roles", "role", roles_, need::optional);
    made.layers = name_list(in, "layers", "layer", layers_, need::optional);
    made.exactness = (made.data_class == model::everything ? 0 : class_weight) + (made.roles.all ? 0 : role_weight) +
                     (made.layers.all ? 0 : layer_weight);
    made.treatment.rule = "treatments[" + std::to_string(index) + "]";
    const YAML::Node value = raw_value(in, "mask");
    if (!value.IsDefined()) return problems_.error(node, "`mask` is missing in a treatment");
    if (mask_choice(value, made.treatment)) out_.treatments.push_back(std::move(made));
  });
}

void reader::read_filters(const mapping& top) {
  top.items("row_filters", [&](std::size_t index, const YAML::Node& node) {
    const mapping in(node, problems_, "a row filter", {"relation", "roles", "where"});
    if (!in.valid()) return;
    model::filter_rule made;
    made.rule = "row_filters[" + std::to_string(index) + "]";
    made.roles = name_list(in, "roles", "role", roles_, need::required);
    if (const YAML::Node target = in.find("relation", need::required); target.IsDefined()) {
      const mapping relation(target, problems_, "`relation`", {"database", "layer", "schema", "relation"});
      pattern_part(relation, "database", made.where.database, letter_case::exact);
      if (const YAML::Node layer = relation.find("layer"); layer.IsDefined()) {
        made.where.layer = pattern(layer, "layer", letter_case::exact);
        if (made.where.layer.is_exact()) check_known(layer, "layer", made.where.layer.text(), layers_);
      }
      pattern_part(relation, "schema", made.where.schema, letter_case::exact);
      pattern_part(relation, "relation", made.where.relation, letter_case::exact);
    }
    std::string where;
    if (!in.text("where", where, need::required)) return;
    auto text = filter_text::make(where);
    if (!text) return problems_.error(in.find("where"), text.error().cause, text.error().hint);
    made.text = std::move(*text);
    out_.filters.push_back(std::move(made));
  });
}

void reader::read_functions(const mapping& top) {
  const YAML::Node node = top.find("functions");
  if (!node.IsDefined()) return;
  const mapping functions(node, problems_, "`functions`", {"allow"});
  functions.items("allow", [&](std::size_t, const YAML::Node& item) {
    const mapping in(item, problems_, "a function", {"schema", "name", "roles"});
    if (!in.valid()) return;
    model::function_rule made;
    made.roles = name_list(in, "roles", "role", roles_, need::required);
    if (in.find("schema", need::required).IsDefined()) pattern_part(in, "schema", made.schema, letter_case::exact);
    if (in.find("name", need::required).IsDefined()) pattern_part(in, "name", made.name, letter_case::exact);
    out_.functions.push_back(std::move(made));
  });
}

}  // namespace sluice::policy
