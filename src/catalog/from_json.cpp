#include <boost/json.hpp>
#include <limits>
#include <set>
#include <unordered_set>

#include "saved.hpp"
#include "sluice/catalog/snapshot.hpp"

namespace sluice::catalog {
namespace {

namespace json = boost::json;

// The first problem ends the reading; the path says where it stands.
struct malformed {
  std::string cause;
};

[[noreturn]] void refuse(const std::string& path, const std::string& cause) {
  throw malformed{"`" + (path.empty() ? std::string("saved catalog") : path) + "` " + cause};
}

// Reads the fields of one object by name; done() refuses whatever was not asked for.
class fields {
 public:
  fields(const json::value& from, std::string path) : path_(std::move(path)) {
    object_ = from.if_object();
    if (object_ == nullptr) refuse(path_, "is not an object");
  }

  std::string text(std::string_view name) {
    const json::value& value = required(name);
    const json::string* found = value.if_string();
    if (found == nullptr) refuse(at(name), "is not a string");
    return checked(*found, name);
  }
  std::string text_or_empty(std::string_view name) { return has(name) ? text(name) : std::string{}; }

  char letter(std::string_view name, std::string_view allowed) {
    const std::string found = text(name);
    if (found.size() != 1 || allowed.find(found[0]) == std::string_view::npos)
      refuse(at(name), "is not one of the letters `" + std::string(allowed) + "`");
    return found[0];
  }

  template <class Integer>
  Integer number(std::string_view name) {
    return as_number<Integer>(required(name), at(name));
  }
  template <class Integer>
  Integer number_or(std::string_view name, Integer otherwise) {
    return has(name) ? number<Integer>(name) : otherwise;
  }

  bool flag(std::string_view name) {
    if (!has(name)) return false;
    const bool* found = required(name).if_bool();
    if (found == nullptr) refuse(at(name), "is not a boolean");
    return *found;
  }

  template <class Read>
  auto list(std::string_view name, Read read) {
    std::vector<decltype(read(std::declval<const json::value&>(), std::string{}))> out;
    if (!has(name)) return out;
    const json::array* found = required(name).if_array();
    if (found == nullptr) refuse(at(name), "is not a list");
    out.reserve(found->size());
    for (std::size_t i = 0; i < found->size(); ++i)
      out.push_back(read((*found)[i], at(name) + "[" + std::to_string(i) + "]"));
    return out;
  }

  void done() const {
    if (asked_ == object_->size()) return;
    for (const auto& each : *object_)
      if (names_.count(each.key()) == 0) refuse(at(each.key()), "is an unknown field");
  }

  template <class Integer>
  static Integer as_number(const json::value& value, const std::string& path) {
    std::int64_t found = 0;
    if (const auto* is_signed = value.if_int64()) {
      found = *is_signed;
    } else if (const auto* is_unsigned = value.if_uint64();
               is_unsigned != nullptr && *is_unsigned <= std::numeric_limits<std::int64_t>::max()) {
      found = static_cast<std::int64_t>(*is_unsigned);
    } else {
      refuse(path, "is not a whole number");
    }
    if constexpr (sizeof(Integer) < sizeof(std::int64_t)) {
      if (found < static_cast<std::int64_t>(std::numeric_limits<Integer>::min()) ||
          found > static_cast<std::int64_t>(std::numeric_limits<Integer>::max()))
        refuse(path, "is out of range");
    } else if (std::is_unsigned_v<Integer> && found < 0) {
      refuse(path, "is out of range");
    }
    return static_cast<Integer>(found);
  }

 private:
  bool has(std::string_view name) const { return object_->contains(name); }
  std::string at(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  }
  const json::value& required(std::string_view name) {
    const json::value* found = object_->if_contains(name);
    if (found == nullptr) refuse(at(name), "is missing");
    if (names_.insert(name).second) ++asked_;
    return *found;
  }
  std::string checked(const json::string& value, std::string_view name) const {
    if (std::string_view{value.data(), value.size()}.find('\0') != std::string_view::npos)
      refuse(at(name), "holds a NUL");
    return {value.data(), value.size()};
  }

  const json::object* object_ = nullptr;
  std::string path_;
  std::set<std::string_view> names_;
  std::size_t asked_ = 0;
};

oid as_oid(const json::value& value, const std::string& path) {
  return oid{fields::as_number<std::uint32_t>(value, path)};
}

column read_column(const json::value& from, const std::string& path) {
  fields in(from, path);
  column out;
  out.name = in.text("name");
  out.attnum = in.number<std::int16_t>("attnum");
  out.type = oid{in.number<std::uint32_t>("type")};
  out.typmod = in.number_or<std::int32_t>("typmod", -1);
  out.type_sql = in.text("type_sql");
  const std::string category = in.text("category");
  if (category.size() != 1) refuse(path + ".category", "is not one letter");
  out.type_category = category[0];
  out.base_type = in.text("base_type");
  out.is_domain = in.flag("domain");
  out.not_null = in.flag("not_null");
  out.is_generated = in.flag("generated");
  in.done();
  if (out.attnum <= 0) refuse(path + ".attnum", "is not positive");
  return out;
}

relation read_relation(const json::value& from, const std::string& path) {
  fields in(from, path);
  relation out;
  out.id = oid{in.number<std::uint32_t>("oid")};
  out.schema = in.text("schema");
  out.name = in.text("name");
  out.kind = static_cast<relation_kind>(in.letter("kind", "rpvmfSctiI"));
  out.columns = in.list("columns", read_column);
  out.primary_key = in.list("primary_key", fields::as_number<std::int16_t>);
  out.parents = in.list("parents", as_oid);
  out.dependents = in.list("dependents", as_oid);
  out.row_type = oid{in.number_or<std::uint32_t>("row_type", 0)};
  out.definition = in.text_or_empty("definition");
  out.is_partition = in.flag("partition");
  out.toast_of = oid{in.number_or<std::uint32_t>("toast_of", 0)};
  out.index_of = oid{in.number_or<std::uint32_t>("index_of", 0)};
  out.owned_by = oid{in.number_or<std::uint32_t>("owned_by", 0)};
  in.done();

  std::set<std::int16_t> numbers;
  std::set<std::string_view> names;
  for (const auto& each : out.columns) {
    if (!numbers.insert(each.attnum).second) refuse(path, "has two columns with number " + std::to_string(each.attnum));
    if (!names.insert(each.name).second) refuse(path, "has two columns named `" + each.name + "`");
  }
  return out;
}

function read_function(const json::value& from, const std::string& path) {
  fields in(from, path);
  function out;
  out.id = oid{in.number<std::uint32_t>("oid")};
  out.schema = in.text("schema");
  out.name = in.text("name");
  out.volatility = in.letter("volatility", "isv");
  out.kind = in.letter("kind", "fawp");
  out.language = in.text("language");
  out.security_definer = in.flag("security_definer");
  out.arguments = in.number_or<int>("arguments", 0);
  in.done();
  return out;
}

operator_name read_operator(const json::value& from, const std::string& path) {
  fields in(from, path);
  operator_name out{in.text("schema"), in.text("name")};
  in.done();
  return out;
}

type_name read_type(const json::value& from, const std::string& path) {
  fields in(from, path);
  type_name out;
  out.id = oid{in.number<std::uint32_t>("oid")};
  out.schema = in.text("schema");
  out.name = in.text("name");
  out.type = in.letter("type", "bcdemrp");
  in.done();
  return out;
}

std::string read_text(const json::value& from, const std::string& path) {
  const json::string* found = from.if_string();
  if (found == nullptr) refuse(path, "is not a string");
  return {found->data(), found->size()};
}

// One oid or one name for two relations would make find() a matter of chance.
void refuse_twins(const std::vector<relation>& relations) {
  std::unordered_set<std::uint32_t> ids;
  std::unordered_set<std::string> names;
  for (const auto& each : relations) {
    if (!ids.insert(each.id.value()).second)
      refuse("relations", "hold oid " + std::to_string(each.id.value()) + " twice");
    if (!names.insert(each.schema + '\0' + each.name).second)
      refuse("relations", "hold `" + each.schema + "." + each.name + "` twice");
  }
}

snapshot_ptr read_all(const json::value& from) {
  fields in(from, "");
  if (in.text("format") != saved::format) refuse("format", "is not `" + std::string(saved::format) + "`");
  if (in.number<int>("version") != saved::version) refuse("version", "is not " + std::to_string(saved::version));
  const auto revision = in.number<std::uint64_t>("revision");
  contents all;
  all.database = in.text("database");
  all.server_version = in.text("server_version");
  all.schemas = in.list("schemas", read_text);
  all.relations = in.list("relations", read_relation);
  all.functions = in.list("functions", read_function);
  all.operators = in.list("operators", read_operator);
  all.types = in.list("types", read_type);
  in.done();
  refuse_twins(all.relations);
  return std::make_shared<const snapshot>(std::move(all), base::revision{revision});
}

base::diagnostic not_a_catalog(std::string cause) {
  return {.cause = "catalog cannot be read: " + std::move(cause), .hint = "save it again from the upstream"};
}

}  // namespace

base::result<snapshot_ptr> from_json(std::string_view text) {
  if (text.size() > max_saved_bytes) return not_a_catalog("larger than " + std::to_string(max_saved_bytes) + " bytes");
  try {
    json::parse_options options;
    options.max_depth = saved::max_depth;
    json::error_code error;
    const json::value parsed = json::parse(text, error, {}, options);
    if (error) return not_a_catalog("not JSON: " + error.message());
    return read_all(parsed);
  } catch (const malformed& problem) {
    return not_a_catalog(problem.cause);
  } catch (const std::exception& problem) {
    return not_a_catalog(problem.what());
  }
}

}  // namespace sluice::catalog
