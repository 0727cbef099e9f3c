-- name: annotated
/* Username: someone@example.com, Query ID: 42, Queue: queries, Job ID: 5e1b, Query Hash: 3a2b, Scheduled: False */ SELECT region, count(*) FROM crm.dim_customer GROUP BY 1 ORDER BY 2 DESC, 1
-- name: parameters_rendered
SELECT t.ticket_id, t.created_at::date AS "day::filter", c.name AS customer, t.subject, t.status
FROM fact_ticket t JOIN dim_customer c ON c.customer_id = t.customer_id
WHERE t.created_at >= '2024-01-01' AND t.created_at < '2024-03-01' AND t.channel IN ('mail','chat')
ORDER BY t.ticket_id
LIMIT 1000
-- name: dropdown
SELECT plan_id AS value, plan AS name FROM dim_plan ORDER BY 2
-- name: cohort_visualisation
SELECT date_trunc('month', c.signed_up) AS date, count(DISTINCT c.customer_id) AS total,
       (extract(year FROM age(date_trunc('month', i.month), date_trunc('month', c.signed_up))) * 12 + extract(month FROM age(date_trunc('month', i.month), date_trunc('month', c.signed_up))))::int AS day_number, count(DISTINCT i.customer_id) AS value
FROM dim_customer c JOIN fact_invoice i ON i.customer_id = c.customer_id AND i.month >= c.signed_up
GROUP BY 1, 3 ORDER BY 1, 3
-- name: tagged_columns
SELECT region AS "region::multi-filter", status AS "status::filter", count(*) AS "orders" FROM fact_order JOIN dim_customer USING (customer_id) GROUP BY 1, 2 ORDER BY 1, 2
-- name: limit_added
SELECT * FROM fact_payment ORDER BY payment_id
 LIMIT 1000
-- name: comment_in_front_and_behind
-- top customers, asked by the sales team
/* second
   comment */
SELECT c.name, sum(o.total) AS total -- in yen
FROM fact_order o JOIN dim_customer c USING (customer_id) GROUP BY c.customer_id, c.name ORDER BY total DESC, c.name LIMIT 20 -- the end
-- name: trailing_semicolon_and_blanks | script
SELECT sum(amount) FROM fact_payment WHERE refunded ;

-- name: log_search | plain
SELECT at, path, status, payload FROM web.access_log WHERE status = 500
-- name: log_search_in_order
SELECT at, path, status, payload -> 'user' AS "user" FROM web.access_log WHERE status = 500 AND payload ->> 'level' = 'error' ORDER BY at LIMIT 200
-- name: japanese_aliases
SELECT region AS 地域, count(*) AS 契約者数, round(avg(credit_limit), 2) AS "平均 与信枠" FROM dim_customer GROUP BY 地域 ORDER BY 契約者数 DESC, 地域
-- name: html_links
SELECT '<a href="https://crm.example/customers/' || customer_id || '">' || name || '</a>' AS link, email FROM dim_customer WHERE segment = 'business' ORDER BY customer_id
