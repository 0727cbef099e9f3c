#include "sluice/catalog/loader.hpp"

#include <algorithm>
#include <charconv>
#include <pqxx/pqxx>
#include <span>
#include <unordered_map>

#include "connection_string.hpp"
#include "queries.hpp"
#include "type_table.hpp"

namespace sluice::catalog {
namespace {

constexpr int oldest_server = 120000;  // pg_attribute.attgenerated

constexpr std::size_t views_at_once = 200;

using transaction = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;

// One row of a result, read from left to right. Valid as long as the result.
class cells {
 public:
  explicit cells(const pqxx::row& from) : row_(from) {}

  std::string_view text() {
    const pqxx::field field = row_[next_++];
    return {field.c_str(), field.size()};
  }
  std::string copied() { return std::string(text()); }
  bool flag() { return text() == "t"; }
  char letter() {
    const std::string_view found = text();
    return found.empty() ? '\0' : found.front();
  }
  template <class Integer>
  Integer number() {
    const std::string_view found = text();
    Integer value = 0;
    std::from_chars(found.data(), found.data() + found.size(), value);
    return value;
  }
  oid id() { return oid{number<std::uint32_t>()}; }

 private:
  const pqxx::row& row_;
  pqxx::row::size_type next_ = 0;
};

class reading {
 public:
  reading(transaction& in, std::chrono::milliseconds timeout)
      : in_(in), deadline_(std::chrono::steady_clock::now() + timeout) {}

  contents all() {
    each(queries::database, [this](cells& row) {
      out_.database = row.copied();
      out_.server_version = row.copied();
    });
    each(queries::schemas, [this](cells& row) { out_.schemas.push_back(row.copied()); });
    each(queries::types, [this](cells& row) { add_type(row); });
    each(queries::relations, [this](cells& row) { add_relation(row); });
    each(queries::columns, [this](cells& row) { add_column(row); });
    each(queries::primary_keys, [this](cells& row) {
      if (relation* table = known(row.id())) table->primary_key.push_back(row.number<std::int16_t>());
    });
    each(queries::parents, [this](cells& row) {
      if (relation* child = known(row.id())) child->parents.push_back(row.id());
    });
    each(queries::dependents, [this](cells& row) {
      if (relation* below = known(row.id())) below->dependents.push_back(row.id());
    });
    each(queries::owned_sequences, [this](cells& row) {
      if (relation* sequence = known(row.id())) sequence->owned_by = row.id();
    });
    each(queries::functions, [this](cells& row) { add_function(row); });
    each(queries::operators, [this](cells& row) {
      std::string schema = row.copied();
      out_.operators.push_back({std::move(schema), row.copied()});
    });
    serve_toast();
    define_views();
    return std::move(out_);
  }

 private:
  template <class Take>
  void each(const char* query, Take take) {
    const pqxx::result rows = in_.exec(query);
    if (rows.size() > max_objects)
      throw std::length_error("the catalog holds more than " + std::to_string(max_objects) + " objects of one kind");
    for (const pqxx::row& row : rows) {
      cells at(row);
      take(at);
    }
  }

  relation* known(oid id) {
    const auto found = place_.find(id.value());
    return found == place_.end() ? nullptr : &out_.relations[found->second];
  }

  void add_type(cells& row) {
    const oid id = row.id();
    std::string schema = row.copied();
    type_entry entry;
    entry.schema_sql = row.copied();
    entry.name = row.copied();
    entry.name_sql = row.copied();
    entry.kind = row.letter();
    entry.category = row.letter();
    entry.base = row.number<std::uint32_t>();
    entry.element = row.number<std::uint32_t>();
    if (schema != "pg_catalog" && schema != "information_schema" && schema != "pg_toast")
      out_.types.push_back({id, std::move(schema), entry.name, entry.kind});
    types_.add(id.value(), std::move(entry));
  }

  void add_relation(cells& row) {
    relation made;
    made.id = row.id();
    made.schema = row.copied();
    made.name = row.copied();
    made.kind = static_cast<relation_kind>(row.letter());
    made.row_type = row.id();
    made.is_partition = row.flag();
    if (const oid toast = row.id(); toast.value() != 0) served_by_toast_.emplace_back(toast, made.id);
    made.index_of = row.id();
    place_.emplace(made.id.value(), out_.relations.size());
    out_.relations.push_back(std::move(made));
  }

  void add_column(cells& row) {
    relation* table = known(row.id());
    if (table == nullptr) return;
    column made;
    made.attnum = row.number<std::int16_t>();
    made.name = row.copied();
    made.type = row.id();
    made.typmod = row.number<std::int32_t>();
    made.not_null = row.flag();
    made.is_generated = row.flag();
    made.type_sql = types_.sql(made.type.value(), made.typmod, row.text());
    if (const type_entry* type = types_.find(made.type.value())) made.is_domain = type->kind == 'd';
    if (const type_entry* base = types_.base_of(made.type.value())) {
      made.base_type = base->name;
      made.type_category = base->category;
    }
    table->columns.push_back(std::move(made));
  }

  void add_function(cells& row) {
    function made;
    made.id = row.id();
    made.schema = row.copied();
    made.name = row.copied();
    made.volatility = row.letter();
    made.kind = row.letter();
    made.language = row.copied();
    made.security_definer = row.flag();
    made.arguments = row.number<int>();
    out_.functions.push_back(std::move(made));
  }

  void serve_toast() {
    for (const auto& [toast, table] : served_by_toast_)
      if (relation* found = known(toast)) found->toast_of = table;
  }

  // pg_get_viewdef locks every relation that a view reads. In small batches, each rolled back, the server's lock table
  // holds them; a view whose relation somebody else holds exclusively stays without a definition until the next load.
  void define_views() {
    std::vector<oid> views;
    for (const auto& each : out_.relations)
      if ((each.kind == relation_kind::view || each.kind == relation_kind::materialized_view) &&
          each.schema != "pg_catalog" && each.schema != "information_schema")
        views.push_back(each.id);
    std::string_view patience = some_patience;
    for (std::size_t from = 0; from < views.size(); from += views_at_once) {
      const std::span<const oid> batch(views.data() + from, std::min(views_at_once, views.size() - from));
      if (define(batch, patience)) continue;
      // Whoever holds one relation must not make the others wait for each of its views.
      patience = no_patience;
      for (std::size_t i = 0; i < batch.size(); ++i) define(batch.subspan(i, 1), patience);
    }
  }

  static constexpr std::string_view some_patience = "200ms", no_patience = "2ms";

  bool define(std::span<const oid> views, std::string_view patience) {
    if (std::chrono::steady_clock::now() > deadline_) throw std::runtime_error("reading took too long");
    std::string list = "{";
    for (const oid each : views) list += (list.size() > 1 ? "," : "") + std::to_string(each.value());
    bool complete = true;
    in_.exec("savepoint views; set local lock_timeout = '" + std::string(patience) + "'");
    try {
      const pqxx::result rows = in_.exec_params(queries::views, list + "}");
      for (const pqxx::row& row : rows) {
        cells at(row);
        if (relation* view = known(at.id())) view->definition = at.copied();
      }
    } catch (const pqxx::broken_connection&) {
      throw;
    } catch (const pqxx::sql_error&) {
      complete = false;
    }
    in_.exec("rollback to savepoint views; release savepoint views");
    return complete;
  }

  transaction& in_;
  std::chrono::steady_clock::time_point deadline_;
  contents out_;
  type_table types_;
  std::unordered_map<std::uint32_t, std::size_t> place_;  // oid → index into out_.relations
  std::vector<std::pair<oid, oid>> served_by_toast_;
};

base::diagnostic cannot_load(const config::upstream& from, std::string cause, std::string hint) {
  return {.cause = "catalog of upstream `" + from.name + "` cannot be read: " + scrubbed(std::move(cause), from),
          .hint = std::move(hint)};
}

}  // namespace

base::result<contents> load(const config::upstream& from, std::chrono::milliseconds timeout) {
  constexpr const char* check_connection =
      "check host, port, database, user and password of the upstream, and that it is up";
  try {
    pqxx::connection connection(connection_string(from, timeout));
    const pqxx::quiet_errorhandler quiet(connection);
    if (connection.server_version() < oldest_server)
      return cannot_load(from, "the server is older than PostgreSQL 12", "upgrade the server");
    transaction in(connection);
    in.exec(queries::pin_settings);
    in.exec("set local statement_timeout = " + std::to_string(std::max<std::int64_t>(timeout.count(), 1)));
    contents all = reading(in, timeout).all();
    in.commit();
    return all;
  } catch (const pqxx::broken_connection& problem) {
    return cannot_load(from, problem.what(), check_connection);
  } catch (const pqxx::sql_error& problem) {
    return cannot_load(from, problem.what(), "check the rights of user `" + from.user + "` on the upstream");
  } catch (const std::exception& problem) {
    return cannot_load(from, problem.what(), check_connection);
  }
}

base::result<snapshot_ptr> load_snapshot(const config::upstream& from, std::chrono::milliseconds timeout,
                                         base::revision number) {
  base::result<contents> loaded = load(from, timeout);
  if (!loaded) return loaded.error();
  return std::make_shared<const snapshot>(std::move(*loaded), number);
}

}  // namespace sluice::catalog
