// A small warehouse as a snapshot, for tests that need names and types but no server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sluice/catalog/snapshot.hpp"

namespace sluice::testing {

inline catalog::relation make_relation(std::uint32_t id, std::string schema, std::string name,
                                       const std::vector<std::pair<std::string, std::string>>& columns,
                                       catalog::relation_kind kind = catalog::relation_kind::table) {
  catalog::relation out;
  out.id = base::oid{id};
  out.row_type = base::oid{id + 1};
  out.schema = std::move(schema);
  out.name = std::move(name);
  out.kind = kind;
  for (const auto& [column, type] : columns) {
    catalog::column made;
    made.name = column;
    made.attnum = static_cast<std::int16_t>(out.columns.size() + 1);
    made.base_type = type;
    made.type_sql = "pg_catalog." + type;
    made.type_category = type == "int4" || type == "numeric" ? 'N' : type == "date" ? 'D' : 'S';
    made.type = base::oid{type == "int4" ? 23u : type == "numeric" ? 1700u : type == "date" ? 1082u : 25u};
    out.columns.push_back(std::move(made));
  }
  return out;
}

// crm.dim_customer, billing.fact_invoice, billing.customer_contact, support.tickets (lake), views and a copy over them.
inline catalog::snapshot_ptr sample_catalog() {
  using enum catalog::relation_kind;
  catalog::contents all;
  all.database = "warehouse";
  all.server_version = "15.0";
  all.schemas = {"pg_catalog", "information_schema", "public", "crm", "billing", "support"};
  all.relations.push_back(make_relation(100, "crm", "dim_customer",
                                        {{"customer_id", "int4"}, {"name", "text"}, {"email", "text"}, {"birth_date", "date"}, {"plan", "text"}}));
  all.relations.back().primary_key = {1};
  all.relations.push_back(make_relation(110, "billing", "fact_invoice",
                                        {{"invoice_id", "int4"}, {"customer_id", "int4"}, {"amount", "numeric"}, {"note", "text"}}));
  all.relations.push_back(make_relation(120, "billing", "customer_contact", {{"customer_id", "int4"}, {"email", "text"}, {"phone", "text"}}));
  all.relations.push_back(make_relation(130, "support", "tickets", {{"id", "int4"}, {"customer_id", "int4"}, {"subject", "text"}, {"body", "text"}}));
  all.relations.push_back(make_relation(140, "billing", "v_contact", {{"contact", "text"}, {"amount", "numeric"}}, view));
  all.relations.back().definition =
      " SELECT c.email AS contact,\n    i.amount\n   FROM (crm.dim_customer c\n     JOIN billing.fact_invoice i USING (customer_id));";
  all.relations.push_back(make_relation(150, "billing", "v_over", {{"contact", "text"}}, view));
  all.relations.back().definition = " SELECT v_contact.contact\n   FROM billing.v_contact;";
  all.relations.push_back(make_relation(160, "billing", "copy_of", {{"customer_id", "int4"}, {"e", "text"}}, materialized_view));
  all.relations.back().definition = " SELECT dim_customer.customer_id,\n    dim_customer.email AS e\n   FROM crm.dim_customer;";
  all.relations.push_back(make_relation(170, "public", "dim_customer", {{"customer_id", "int4"}, {"remark", "text"}}));
  all.relations.push_back(make_relation(180, "billing", "next_number", {}, sequence));
  all.relations.push_back(make_relation(1259, "pg_catalog", "pg_class", {{"oid", "int4"}, {"relname", "text"}, {"reltuples", "int4"}}));
  all.relations.push_back(make_relation(1260, "pg_catalog", "pg_authid", {{"oid", "int4"}, {"rolpassword", "text"}}));
  all.relations.push_back(make_relation(1262, "pg_catalog", "pg_stats", {{"tablename", "text"}, {"most_common_vals", "text"}}, view));
  catalog::function own;
  own.id = base::oid{5000};
  own.schema = "public";
  own.name = "lower";
  own.language = "sql";
  all.functions.push_back(own);
  own.id = base::oid{5001};
  own.name = "anything";
  all.functions.push_back(own);
  return std::make_shared<const catalog::snapshot>(std::move(all));
}

}  // namespace sluice::testing
