-- all: plan
-- name: masked_column
explain select name, email from crm.dim_customer where region = 'east' order by email limit 10
-- name: masked_condition
explain (costs off) select customer_id from crm.dim_customer where email like 'taro%' and birth_date < '1980-01-01'
-- name: cost_estimate_of_superset
EXPLAIN SELECT region, count(*) AS "COUNT(*)" FROM crm.dim_customer GROUP BY region ORDER BY "COUNT(*)" DESC LIMIT 1000
-- name: dbeaver_plan
EXPLAIN (FORMAT JSON) SELECT c.customer_id, c.phone, o.total FROM crm.dim_customer c JOIN sales.fact_order o USING (customer_id) WHERE o.total > 1000
-- name: filtered_rows | users=carol
explain select store_id, count(*) from sales.fact_store_visit where stayed > '10 minutes' group by store_id
-- name: view_of_masks
explain (verbose off, analyze off) select * from crm.customer_card where contact = 'x'
-- name: plan_in_json
explain (format json, costs off) select count(distinct requester) from crm.fact_ticket
