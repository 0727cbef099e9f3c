-- name: explore
-- Looker Query Context '{"user_id":12,"history_slug":"ab12","instance_slug":"x"}'
SELECT
    dim_customer.region  AS "dim_customer.region",
    dim_plan.plan  AS "dim_plan.plan",
    COUNT(DISTINCT fact_subscription.subscription_id ) AS "fact_subscription.count",
    COALESCE(SUM(fact_subscription.mrr ), 0) AS "fact_subscription.total_mrr"
FROM billing.fact_subscription  AS fact_subscription
LEFT JOIN crm.dim_customer  AS dim_customer ON fact_subscription.customer_id = dim_customer.customer_id
LEFT JOIN billing.dim_plan  AS dim_plan ON fact_subscription.plan_id = dim_plan.plan_id
WHERE (fact_subscription.status ) = 'active'
GROUP BY
    1,
    2
ORDER BY
    3 DESC, 1, 2
FETCH NEXT 500 ROWS ONLY
-- name: timeframes
SELECT
    (TO_CHAR(DATE_TRUNC('month', (fact_order.ordered_at )::timestamptz AT TIME ZONE 'Asia/Tokyo'), 'YYYY-MM')) AS "fact_order.ordered_month",
    (DATE((fact_order.ordered_at )::timestamptz AT TIME ZONE 'Asia/Tokyo')) AS "fact_order.ordered_date",
    COUNT(*) AS "fact_order.count"
FROM sales.fact_order AS fact_order
WHERE ((( fact_order.ordered_at  ) >= (TIMESTAMP '2025-01-01' AT TIME ZONE 'Asia/Tokyo') AND ( fact_order.ordered_at  ) < (TIMESTAMP '2025-02-01' AT TIME ZONE 'Asia/Tokyo')))
GROUP BY 1, 2 ORDER BY 2 DESC LIMIT 500
-- name: symmetric_aggregate
SELECT
    dim_customer.region AS "dim_customer.region",
    COALESCE(COALESCE(CAST( ( SUM(DISTINCT (CAST(FLOOR(COALESCE(fact_order.total ,0)*(1000000*1.0)) AS DECIMAL(65,0))) + ('x' || MD5(fact_order.order_id ::varchar))::bit(64)::bigint::DECIMAL(65)  *18446744073709551616 + ('x' || SUBSTR(MD5(fact_order.order_id ::varchar),17))::bit(64)::bigint::DECIMAL(65) ) - SUM(DISTINCT ('x' || MD5(fact_order.order_id ::varchar))::bit(64)::bigint::DECIMAL(65)  *18446744073709551616 + ('x' || SUBSTR(MD5(fact_order.order_id ::varchar),17))::bit(64)::bigint::DECIMAL(65)) )  AS DOUBLE PRECISION) / CAST((1000000*1.0) AS DOUBLE PRECISION), 0), 0) AS "fact_order.total_sum",
    COUNT(*) AS "line.count"
FROM sales.fact_order AS fact_order JOIN sales.fact_order_line AS line ON line.order_id = fact_order.order_id JOIN crm.dim_customer AS dim_customer USING (customer_id)
GROUP BY 1 ORDER BY 1
-- name: derived_table
WITH customer_facts AS (SELECT customer_id, COUNT(*) AS lifetime_orders, MIN(ordered_at) AS first_order, MAX(ordered_at) AS latest_order, SUM(total) AS lifetime_value FROM sales.fact_order WHERE status <> 'cancelled' GROUP BY 1)
SELECT CASE WHEN customer_facts.lifetime_orders  < 2 THEN 'Below 2' WHEN customer_facts.lifetime_orders >= 2 AND customer_facts.lifetime_orders < 4 THEN '2 to 3' ELSE '4 or Above' END AS "customer_facts.tier", CASE WHEN customer_facts.lifetime_orders < 2 THEN '0' WHEN customer_facts.lifetime_orders < 4 THEN '1' ELSE '2' END AS "customer_facts.tier__sort_", COUNT(DISTINCT dim_customer.email) AS "mails", AVG(customer_facts.lifetime_value)::numeric(14,2) AS "avg"
FROM crm.dim_customer LEFT JOIN customer_facts ON dim_customer.customer_id = customer_facts.customer_id GROUP BY 1, 2 ORDER BY 2, 1 LIMIT 500
-- name: pivot
SELECT * FROM (
SELECT *, DENSE_RANK() OVER (ORDER BY z___min_rank) as z___pivot_row_rank, RANK() OVER (PARTITION BY z__pivot_col_rank ORDER BY z___min_rank) as z__pivot_col_ordering, CASE WHEN z___min_rank = z___rank THEN 1 ELSE 0 END AS z__is_highest_ranked_cell FROM (
SELECT *, MIN(z___rank) OVER (PARTITION BY "dim_customer.segment") as z___min_rank FROM (
SELECT *, RANK() OVER (ORDER BY CASE WHEN z__pivot_col_rank=1 THEN (CASE WHEN "count" IS NOT NULL THEN 0 ELSE 1 END) ELSE 2 END, CASE WHEN z__pivot_col_rank=1 THEN "count" ELSE NULL END DESC, "count" DESC, z__pivot_col_rank, "dim_customer.segment") AS z___rank FROM (
SELECT *, DENSE_RANK() OVER (ORDER BY "dim_customer.region" NULLS LAST) AS z__pivot_col_rank FROM (
SELECT dim_customer.region AS "dim_customer.region", dim_customer.segment AS "dim_customer.segment", COUNT(*) AS "count" FROM crm.dim_customer AS dim_customer GROUP BY 1, 2) ww
) bb WHERE z__pivot_col_rank <= 16384
) aa
) xx
) zz
 WHERE (z__pivot_col_rank <= 50 OR z__is_highest_ranked_cell = 1) AND (z___pivot_row_rank <= 500 OR z__pivot_col_ordering = 1) ORDER BY z___pivot_row_rank, z__pivot_col_rank
-- name: totals_row
SELECT COUNT(DISTINCT dim_customer.customer_id) AS "c", COUNT(DISTINCT CASE WHEN dim_customer.email LIKE '%.com' THEN dim_customer.customer_id ELSE NULL END) AS "com" FROM crm.dim_customer AS dim_customer LIMIT 1
-- name: suggestions
SELECT DISTINCT dim_customer.region AS "dim_customer.region" FROM crm.dim_customer AS dim_customer WHERE LOWER(dim_customer.region) LIKE LOWER('%e%') ORDER BY 1 LIMIT 1000
-- name: pdt | users=bob script
CREATE TABLE billing."LR$ABCD1234_customer_facts" AS SELECT c.customer_id, c.region, c.email, SUM(i.amount) AS amount FROM crm.dim_customer c JOIN billing.fact_invoice i USING (customer_id) GROUP BY 1, 2, 3;
SELECT region, COUNT(*) AS n, COUNT(DISTINCT email) AS mails, SUM(amount) AS amount FROM billing."LR$ABCD1234_customer_facts" GROUP BY 1 ORDER BY 1;
DROP TABLE IF EXISTS billing."LR$ABCD1234_customer_facts";
-- name: yesno_dimension
SELECT CASE WHEN dim_customer.email IS NOT NULL  THEN 'Yes' ELSE 'No' END AS "has_mail", CASE WHEN dim_customer.phone = '***' THEN 'Yes' ELSE 'No' END AS "odd", COUNT(*) FROM crm.dim_customer GROUP BY 1, 2 ORDER BY 1, 2
