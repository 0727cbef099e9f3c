-- name: time_series
SELECT DATE_TRUNC('month', ordered_at) AS __timestamp, sum(total) AS "SUM(total)" FROM sales.fact_order WHERE ordered_at >= TO_TIMESTAMP('2024-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND ordered_at < TO_TIMESTAMP('2025-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY DATE_TRUNC('month', ordered_at) ORDER BY __timestamp
LIMIT 10000
-- name: virtual_dataset
SELECT region AS region, COUNT(*) AS count, COUNT(DISTINCT email) AS "COUNT_DISTINCT(email)"
FROM
  (select c.customer_id, c.region, c.email, t.ticket_id
   from crm.dim_customer c
   left join crm.fact_ticket t on t.customer_id = c.customer_id) AS virtual_table
GROUP BY region
ORDER BY count DESC, region
LIMIT 1000
-- name: series_limit
SELECT DATE_TRUNC('month', i.month) AS __timestamp, p.plan AS plan, SUM(i.amount) AS revenue
FROM billing.fact_invoice i JOIN billing.dim_plan p USING (plan_id)
JOIN (SELECT plan_id AS plan__, SUM(amount) AS mme_inner__ FROM billing.fact_invoice GROUP BY plan_id ORDER BY mme_inner__ DESC LIMIT 3) AS anon_1 ON p.plan_id = plan__
GROUP BY DATE_TRUNC('month', i.month), p.plan ORDER BY __timestamp, plan LIMIT 50000
-- name: sqllab_wrapper | limit
SELECT *
FROM crm.dim_customer
LIMIT 1001
-- name: table_chart
SELECT customer_id AS customer_id, name AS name, email AS email, phone AS phone, address AS address FROM crm.dim_customer WHERE region IN ('east', 'west') AND is_active = true ORDER BY customer_id ASC LIMIT 1000
-- name: pivot_table
SELECT DATE_TRUNC('quarter', created_at) AS created_at, channel AS channel, status AS status, COUNT(*) AS count, AVG(satisfaction) AS "AVG(satisfaction)" FROM crm.fact_ticket GROUP BY DATE_TRUNC('quarter', created_at), channel, status ORDER BY created_at, channel, status LIMIT 50000
-- name: week_ending
SELECT DATE_TRUNC('week', day) + INTERVAL '6 days' AS __timestamp, SUM(bytes) / 1e9 AS gb FROM billing.fact_usage GROUP BY 1 ORDER BY 1
-- name: histogram
SELECT width_bucket(total, 0, 400000, 20) AS bucket, count(*) AS n, min(total), max(total) FROM sales.fact_order GROUP BY bucket ORDER BY bucket
-- name: filter_box
SELECT DISTINCT segment AS segment FROM crm.dim_customer ORDER BY segment ASC LIMIT 1000
-- name: jinja_rendered
SELECT *
FROM (
-- rendered for {{ current_username() }}
select date_trunc('day', at) as day, path, count(*) as hits, avg(ms)::numeric(10,1) as avg_ms, count(client_ip) as ips
from web.access_log
where 1 = 1 and status >= 400
group by 1, 2
) AS virtual_table
ORDER BY day, path
LIMIT 50000
-- name: row_count
SELECT COUNT(*) AS rowcount FROM (SELECT region AS region, segment AS segment FROM crm.dim_customer GROUP BY region, segment) AS rowcount_qry
-- name: samples | limit
SELECT customer_id AS customer_id, region AS region, email AS email, tags AS tags, attributes AS attributes FROM crm.dim_customer LIMIT 1000 OFFSET 0
-- name: box_plot
SELECT segment AS segment, percentile_cont(0.25) WITHIN GROUP (ORDER BY credit_limit) AS q1, percentile_cont(0.5) WITHIN GROUP (ORDER BY credit_limit) AS median, percentile_cont(0.75) WITHIN GROUP (ORDER BY credit_limit) AS q3, min(credit_limit), max(credit_limit) FROM crm.dim_customer GROUP BY segment ORDER BY segment
-- name: big_number_with_trend | database=mart
SELECT DATE_TRUNC('week', day) AS __timestamp, SUM(signups) AS "SUM(signups)" FROM sales.daily_signups WHERE day >= TO_DATE('2025-01-01', 'YYYY-MM-DD') AND day < TO_DATE('2026-01-01', 'YYYY-MM-DD') GROUP BY DATE_TRUNC('week', day) ORDER BY __timestamp LIMIT 50000
-- name: multi_statement_lab | script
SET LOCAL statement_timeout = 60000;
SELECT count(*) FROM crm.dim_customer;
-- name: explain_is_accepted | shape
EXPLAIN SELECT count(*) FROM sales.fact_order_line
