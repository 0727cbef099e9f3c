-- name: sum_having
SELECT "dim_customer"."region" AS "region",
  SUM("fact_order"."total") AS "sum:total:ok"
FROM "sales"."fact_order" "fact_order"
  INNER JOIN "crm"."dim_customer" "dim_customer" ON ("fact_order"."customer_id" = "dim_customer"."customer_id")
GROUP BY 1
HAVING (COUNT(1) > 0)
-- name: date_parts
SELECT DATE_TRUNC( 'MONTH', CAST("fact_order"."ordered_at" AS TIMESTAMP) ) AS "tmn:ordered_at:ok", EXTRACT(YEAR FROM CAST("fact_order"."ordered_at" AS TIMESTAMP)) AS "yr:ordered_at:ok", CAST(EXTRACT(QUARTER FROM "fact_order"."ordered_at") AS INTEGER) AS "qr:ordered_at:ok", COUNT(DISTINCT "fact_order"."customer_id") AS "ctd:customer_id:ok"
FROM "sales"."fact_order" "fact_order"
WHERE (("fact_order"."ordered_at" >= (TIMESTAMP '2024-01-01 00:00:00.000')) AND ("fact_order"."ordered_at" < (TIMESTAMP '2024-07-01 00:00:00.000')))
GROUP BY 1, 2, 3
-- name: custom_sql
SELECT "Custom SQL Query"."plan" AS "plan", AVG(CAST("Custom SQL Query"."amount" AS DOUBLE PRECISION)) AS "avg:amount:ok", SUM(1) AS "sum:Number of Records:ok"
FROM (
  select p.plan, i.amount from billing.fact_invoice i join billing.dim_plan p on p.plan_id = i.plan_id where i.status <> 'void'
) "Custom SQL Query"
GROUP BY 1
-- name: top_n_filter
SELECT "dim_customer"."name" AS "name", SUM("fact_order"."total") AS "sum:total:ok"
FROM "sales"."fact_order" "fact_order" INNER JOIN "crm"."dim_customer" "dim_customer" ON ("fact_order"."customer_id" = "dim_customer"."customer_id")
  INNER JOIN (SELECT "dim_customer"."name" AS "name", SUM("fact_order"."total") AS "$__alias__0" FROM "sales"."fact_order" "fact_order" INNER JOIN "crm"."dim_customer" "dim_customer" ON ("fact_order"."customer_id" = "dim_customer"."customer_id") GROUP BY 1 ORDER BY 2 DESC, 1 ASC LIMIT 10) "t0" ON ("dim_customer"."name" IS NOT DISTINCT FROM "t0"."name")
GROUP BY 1
-- name: fixed_lod
SELECT "t0"."region" AS "region", AVG("t1"."__measure__0") AS "lod"
FROM (SELECT "dim_customer"."customer_id" AS "customer_id", "dim_customer"."region" AS "region" FROM "crm"."dim_customer" "dim_customer" GROUP BY 1, 2) "t0"
  INNER JOIN (SELECT "fact_order"."customer_id" AS "customer_id", SUM("fact_order"."total") AS "__measure__0" FROM "sales"."fact_order" "fact_order" GROUP BY 1) "t1" ON ("t0"."customer_id" = "t1"."customer_id")
GROUP BY 1 ORDER BY 1 ASC
-- name: extract_refresh | script
BEGIN;
DECLARE "SQL_CUR0x7f9b5c0b8a00" CURSOR WITH HOLD FOR SELECT "dim_customer"."customer_id" AS "customer_id", "dim_customer"."name" AS "name", "dim_customer"."email" AS "email", "dim_customer"."birth_date" AS "birth_date" FROM "crm"."dim_customer" "dim_customer" ORDER BY 1;
FETCH 500 IN "SQL_CUR0x7f9b5c0b8a00";
FETCH 500 IN "SQL_CUR0x7f9b5c0b8a00";
FETCH 5000 IN "SQL_CUR0x7f9b5c0b8a00";
CLOSE "SQL_CUR0x7f9b5c0b8a00";
COMMIT;
-- name: connection_checks | script
CREATE LOCAL TEMPORARY TABLE "#Tableau_1_A1B2_1_Connect" ( "COL" INTEGER ) ON COMMIT PRESERVE ROWS;
INSERT INTO "#Tableau_1_A1B2_1_Connect" ("COL") VALUES (1);
SELECT "COL" AS "COL" FROM "#Tableau_1_A1B2_1_Connect" LIMIT 1;
DROP TABLE "#Tableau_1_A1B2_1_Connect";
-- name: temp_filter_table | script
CREATE LOCAL TEMPORARY TABLE "#Tableau_2_Filter" ("X_region" varchar(20), "X_rank" BIGINT NOT NULL) ON COMMIT PRESERVE ROWS;
INSERT INTO "#Tableau_2_Filter" ("X_region", "X_rank") VALUES ('east', 1), ('west', 2);
SELECT "c"."email" AS "email", "t"."X_rank" AS "rank" FROM "crm"."dim_customer" "c" INNER JOIN "#Tableau_2_Filter" "t" ON ("c"."region" = "t"."X_region") ORDER BY "c"."customer_id" LIMIT 100;
DROP TABLE "#Tableau_2_Filter";
-- name: zero_rows
SELECT * FROM "crm"."dim_customer" "dim_customer" WHERE (0 = 1)
-- name: zero_rows_limit
SELECT "t".* FROM (SELECT * FROM "sales"."fact_order") "t" LIMIT 0
-- name: row_count
SELECT COUNT(1) AS "COL" FROM "sales"."fact_order_line" "fact_order_line" HAVING (COUNT(1) > 0)
-- name: string_functions
SELECT UPPER("dim_store"."store_name") AS "Calculation_1", STRPOS("dim_store"."store_name", '店') AS "Calculation_2", LTRIM(RTRIM(LEFT("dim_store"."prefecture", 2))) AS "Calculation_3", (CASE WHEN ((CASE WHEN LENGTH("dim_store"."region") IS NULL THEN NULL ELSE LENGTH("dim_store"."region") END) > 4) THEN 'long' ELSE 'short' END) AS "Calculation_4" FROM "sales"."dim_store" "dim_store" GROUP BY 1, 2, 3, 4
-- name: quick_table_calc_source
SELECT "dim_date"."fiscal_year" AS "fiscal_year", "dim_date"."month" AS "month", SUM("fact_usage"."minutes") AS "sum:minutes:ok" FROM "billing"."fact_usage" "fact_usage" RIGHT JOIN "billing"."dim_date" "dim_date" ON ("fact_usage"."day" = "dim_date"."date_key") WHERE ("dim_date"."year" = 2025) GROUP BY 1, 2
