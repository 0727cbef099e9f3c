-- name: table_preview | limit
-- Metabase:: userID: 1 queryType: MBQL queryHash: 2f8a7f0f6b0c2b9a1dbb0e1be0e6ef2f2b1c1e2a97a6ed4b2e9e4a52a2d0d2aa
SELECT "crm"."dim_customer"."customer_id" AS "customer_id", "crm"."dim_customer"."name" AS "name", "crm"."dim_customer"."email" AS "email", "crm"."dim_customer"."phone" AS "phone", "crm"."dim_customer"."birth_date" AS "birth_date", "crm"."dim_customer"."region" AS "region" FROM "crm"."dim_customer" LIMIT 2000
-- name: count_by_month
SELECT DATE_TRUNC('month', "crm"."dim_customer"."signed_up") AS "signed_up", COUNT(*) AS "count" FROM "crm"."dim_customer" GROUP BY DATE_TRUNC('month', "crm"."dim_customer"."signed_up") ORDER BY DATE_TRUNC('month', "crm"."dim_customer"."signed_up") ASC
-- name: joined_question
SELECT "billing"."fact_invoice"."invoice_id" AS "invoice_id", "billing"."fact_invoice"."amount" AS "amount", "Dim Customer"."name" AS "Dim Customer__name", "Dim Customer"."email" AS "Dim Customer__email" FROM "billing"."fact_invoice" LEFT JOIN "crm"."dim_customer" AS "Dim Customer" ON "billing"."fact_invoice"."customer_id" = "Dim Customer"."customer_id" WHERE "billing"."fact_invoice"."status" = 'overdue' ORDER BY "billing"."fact_invoice"."invoice_id" ASC LIMIT 1048575
-- name: nested_question
SELECT "source"."region" AS "region", AVG("source"."sum") AS "avg" FROM (SELECT "Dim Customer"."region" AS "region", DATE_TRUNC('month', CAST("billing"."fact_invoice"."issued_at" AS timestamp)) AS "issued_at", SUM("billing"."fact_invoice"."amount") AS "sum" FROM "billing"."fact_invoice" INNER JOIN "crm"."dim_customer" AS "Dim Customer" ON "billing"."fact_invoice"."customer_id" = "Dim Customer"."customer_id" GROUP BY "Dim Customer"."region", DATE_TRUNC('month', CAST("billing"."fact_invoice"."issued_at" AS timestamp))) AS "source" GROUP BY "source"."region" ORDER BY "source"."region" ASC
-- name: filter_by_time_zone
SELECT CAST(DATE_TRUNC('week', CAST(("sales"."fact_order"."ordered_at" AT TIME ZONE 'Asia/Tokyo') AS timestamp) + INTERVAL '1 day') - INTERVAL '1 day' AS timestamp) AS "ordered_at", SUM("sales"."fact_order"."total") AS "sum" FROM "sales"."fact_order" WHERE ("sales"."fact_order"."ordered_at" >= timestamp with time zone '2025-01-01 00:00:00.000Z') AND ("sales"."fact_order"."ordered_at" < timestamp with time zone '2025-07-01 00:00:00.000Z') GROUP BY 1 ORDER BY 1 ASC
-- name: binned_numbers
SELECT FLOOR((("sales"."fact_order"."total" - 0.0) / 50000.0)) * 50000.0 AS "total", COUNT(*) AS "count" FROM "sales"."fact_order" GROUP BY FLOOR((("sales"."fact_order"."total" - 0.0) / 50000.0)) * 50000.0 ORDER BY FLOOR((("sales"."fact_order"."total" - 0.0) / 50000.0)) * 50000.0 ASC
-- name: contains_filter
SELECT "crm"."dim_customer"."customer_id" AS "customer_id", "crm"."dim_customer"."email" AS "email" FROM "crm"."dim_customer" WHERE (LOWER("crm"."dim_customer"."email") LIKE '%.com%') AND ("crm"."dim_customer"."region" = 'east' OR "crm"."dim_customer"."region" = 'west') ORDER BY "crm"."dim_customer"."customer_id" DESC LIMIT 100
-- name: custom_expression
SELECT "source"."Age Band" AS "Age Band", COUNT(*) AS "count" FROM (SELECT CASE WHEN "crm"."dim_customer"."birth_date" < date '1960-01-01' THEN 'senior' WHEN "crm"."dim_customer"."birth_date" < date '1990-01-01' THEN 'adult' ELSE 'young' END AS "Age Band" FROM "crm"."dim_customer") AS "source" GROUP BY "source"."Age Band" ORDER BY "count" DESC, "source"."Age Band" ASC
-- name: field_values
SELECT "crm"."dim_customer"."segment" AS "segment" FROM "crm"."dim_customer" GROUP BY "crm"."dim_customer"."segment" ORDER BY "crm"."dim_customer"."segment" ASC LIMIT 1000
-- name: fingerprint
SELECT SUBSTRING("source"."name", 1, 1234) AS "substring1", SUBSTRING("source"."email", 1, 1234) AS "substring2", "source"."birth_date" AS "birth_date" FROM (SELECT "crm"."dim_customer"."name" AS "name", "crm"."dim_customer"."email" AS "email", "crm"."dim_customer"."birth_date" AS "birth_date" FROM "crm"."dim_customer") AS "source" LIMIT 10000
-- name: json_unfolding
SELECT ("crm"."dim_customer"."attributes"#>> array['device', 'os']::text[])::text AS "attributes → device → os", COUNT(*) AS "count" FROM "crm"."dim_customer" GROUP BY "attributes → device → os" ORDER BY "attributes → device → os" ASC
-- name: pivot_source
SELECT "source"."region" AS "region", "source"."plan" AS "plan", "source"."count" AS "count", ABS(0) + CASE WHEN TRUE THEN 0 END AS "pivot-grouping" FROM (SELECT "Dim Customer"."region" AS "region", "Dim Plan"."plan" AS "plan", COUNT(*) AS "count" FROM "billing"."fact_subscription" LEFT JOIN "crm"."dim_customer" AS "Dim Customer" ON "billing"."fact_subscription"."customer_id" = "Dim Customer"."customer_id" LEFT JOIN "billing"."dim_plan" AS "Dim Plan" ON "billing"."fact_subscription"."plan_id" = "Dim Plan"."plan_id" GROUP BY "Dim Customer"."region", "Dim Plan"."plan") AS "source" ORDER BY "source"."region" ASC, "source"."plan" ASC LIMIT 1048575
-- name: card_parameters
-- values: ["east", "2024-01-01", 25]
SELECT customer_id, name, email FROM crm.dim_customer WHERE region = $1 AND signed_up >= $2::date ORDER BY customer_id LIMIT $3::int
-- name: cumulative_sum
SELECT "source"."month" AS "month", SUM(SUM("source"."amount")) OVER (ORDER BY "source"."month" ASC ROWS UNBOUNDED PRECEDING) AS "sum" FROM (SELECT "billing"."fact_invoice"."month" AS "month", "billing"."fact_invoice"."amount" AS "amount" FROM "billing"."fact_invoice") AS "source" GROUP BY "source"."month" ORDER BY "source"."month" ASC
-- name: mart_chart | database=mart
SELECT "sales"."monthly_revenue"."plan" AS "plan", DATE_TRUNC('quarter', "sales"."monthly_revenue"."month") AS "month", SUM("sales"."monthly_revenue"."revenue") AS "sum" FROM "sales"."monthly_revenue" GROUP BY "sales"."monthly_revenue"."plan", DATE_TRUNC('quarter', "sales"."monthly_revenue"."month") ORDER BY "sales"."monthly_revenue"."plan" ASC, DATE_TRUNC('quarter', "sales"."monthly_revenue"."month") ASC
-- name: health_table | database=mart
SELECT "sales"."customer_health"."customer_id" AS "customer_id", "sales"."customer_health"."customer_name" AS "customer_name", "sales"."customer_health"."contact_email" AS "contact_email", ("sales"."customer_health"."details"#>> array['nps']::text[])::bigint AS "details → nps" FROM "sales"."customer_health" ORDER BY "sales"."customer_health"."customer_id" LIMIT 2000
-- name: previous_period
SELECT DATE_TRUNC('day', "web"."page_event"."occurred_at") AS "occurred_at", COUNT(distinct "web"."page_event"."session_id") AS "sessions" FROM "web"."page_event" WHERE "web"."page_event"."occurred_at" >= DATE_TRUNC('day', (CAST('2025-12-01' AS timestamp) + (INTERVAL '-30 day'))) AND "web"."page_event"."occurred_at" < DATE_TRUNC('day', CAST('2025-12-01' AS timestamp)) GROUP BY 1 ORDER BY 1
-- name: case_when_in
SELECT "source"."customer_id" AS "customer_id", "source"."Tier" AS "Tier" FROM (SELECT "crm"."dim_customer"."customer_id" AS "customer_id", CASE WHEN "crm"."dim_customer"."credit_limit" >= 20000 THEN 'A' WHEN "crm"."dim_customer"."credit_limit" IN (0, 1, 2) THEN 'Z' ELSE 'B' END AS "Tier" FROM "crm"."dim_customer") AS "source" WHERE "source"."Tier" <> 'B' OR "source"."Tier" IS NULL ORDER BY "source"."customer_id" ASC LIMIT 2000
-- name: quoted_odd_names
SELECT "web"."Campaign Report"."Campaign" AS "Campaign", SUM("web"."Campaign Report"."Spend (JPY)") AS "Sum of Spend (JPY)", COUNT(DISTINCT "web"."Campaign Report"."E-Mail") AS "mails", MAX("web"."Campaign Report"."email") AS "email" FROM "web"."Campaign Report" GROUP BY "web"."Campaign Report"."Campaign" ORDER BY "Sum of Spend (JPY)" DESC
