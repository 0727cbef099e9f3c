-- name: lateral_top_n
select c.customer_id, c.name, o.order_no, o.total from dim_customer c cross join lateral (select order_no, total from fact_order o where o.customer_id = c.customer_id order by total desc, order_id limit 2) o where c.customer_id <= 100 order by 1, 4 desc, 3
-- name: lateral_left_join
select s.store_name, l.email, l.total from dim_store s left join lateral (select c.email, o.total from fact_order o join dim_customer c using (customer_id) where o.store_id = s.store_id order by o.total desc, o.order_id limit 3) l on true order by s.store_id, l.total desc nulls last, l.email
-- name: anti_join_not_exists
select customer_id, email from dim_customer c where not exists (select 1 from fact_order o where o.customer_id = c.customer_id and o.ordered_at >= '2025-06-01') and is_active order by customer_id
-- name: anti_join_left
select c.customer_id, c.phone from dim_customer c left join fact_ticket t on t.customer_id = c.customer_id where t.ticket_id is null order by 1
-- name: not_in
select plan from dim_plan where plan_id not in (select plan_id from fact_subscription where mrr > 9400) order by plan
-- name: semi_join_in_masks
select count(*) from customer_contact where email in (select email from dim_customer where segment = 'business')
-- name: any_all
select product_name, list_price from dim_product where list_price >= all (select list_price from dim_product where category = 'audio') and category <> all (array['audio', 'network']) and subcategory = any (select distinct subcategory from dim_product where list_price > 100000) order by list_price, product_id
-- name: correlated_scalar
select customer_id, name, (select count(*) from fact_order o where o.customer_id = c.customer_id) as orders, (select max(total) from fact_order o where o.customer_id = c.customer_id and o.status = 'delivered') as best, (select string_agg(distinct t.subject, '/' order by t.subject) from fact_ticket t where t.customer_id = c.customer_id) as subjects from dim_customer c where customer_id < 60 order by customer_id
-- name: correlated_on_masks
select a.customer_id, (select count(*) from dim_customer b where b.email = a.email and b.customer_id < 200) as same_mask from dim_customer a where a.customer_id < 40 order by 1
-- name: exists_in_case
select region, count(case when exists (select from fact_ticket t where t.customer_id = c.customer_id and t.status = 'open') then 1 end) as with_open from dim_customer c group by region order by region
-- name: above_average
select * from (select store_id, sum(total) as total from fact_order where store_id is not null group by store_id) s where total > (select avg(total) from (select sum(total) as total from fact_order where store_id is not null group by store_id) a) order by store_id
-- name: row_comparison
select order_id, line_no from fact_order_line where (order_id, line_no) > (4995, 2) and (order_id, line_no) in (select order_id, max(line_no) from fact_order_line group by order_id) order by 1, 2
-- name: tuple_in_values
select email, region from dim_customer where (region, segment) in (values ('east', 'family'), ('west', 'business')) order by customer_id limit 60
-- name: array_subquery
select p.plan, array(select s.customer_id from fact_subscription s where s.plan_id = p.plan_id order by s.customer_id limit 5) as first, cardinality(array(select 1 from fact_subscription s where s.plan_id = p.plan_id and s.status = 'paused')) from dim_plan p order by p.plan_id
-- name: self_join_managers
select e.agent_code, e.full_name, m.full_name as manager, m.mail from dim_agent e left join dim_agent m on m.agent_id = e.manager_id order by e.agent_id
-- name: self_join_pairs
select a.product_id, b.product_id, count(*) as together from fact_order_line a join fact_order_line b on b.order_id = a.order_id and b.product_id > a.product_id group by 1, 2 having count(*) > 20 order by 3 desc, 1, 2 limit 50
-- name: self_join_by_mask
select count(*) from dim_customer a join dim_customer b on a.phone = b.phone and a.customer_id < b.customer_id where a.customer_id < 200 and b.customer_id < 200
-- name: full_outer
select coalesce(a.customer_id, b.customer_id) as id, a.email as old, b.email as new, a.email is distinct from b.email as differs from customer_contact a full join crm.customer_copy b on a.customer_id = b.customer_id where coalesce(a.customer_id, b.customer_id) < 120 order by 1
-- name: natural_and_using
select plan_id, plan, count(*) as n from dim_plan natural join fact_subscription group by plan_id, plan order by plan_id
-- name: joined_alias
select j.plan, j.status, count(*) from (fact_subscription join dim_plan using (plan_id)) as j group by 1, 2 order by 1, 2
-- name: using_alias
select k.customer_id, email, total from dim_customer join fact_order using (customer_id) as k where order_id < 50 order by order_id
-- name: five_way_join
select c.region, s.prefecture, p.category, extract(year from o.ordered_at) as year, sum(l.quantity * l.unit_price) as gross, count(distinct o.order_id), count(distinct c.email) from fact_order_line l join fact_order o using (order_id) join dim_product p using (product_id) join dim_customer c using (customer_id) left join dim_store s on s.store_id = o.store_id group by 1, 2, 3, 4 order by 1, 2, 3, 4
-- name: comma_joins
select c.name, t.subject, a.full_name from dim_customer c, fact_ticket t, dim_agent a where c.customer_id = t.customer_id and a.agent_id = t.agent_id and t.priority = 1 and c.region = 'south' order by t.ticket_id
-- name: recursive_hierarchy
with recursive tree as (select agent_id, full_name, manager_id, 1 as depth, array[agent_id] as path, full_name as chain from dim_agent where manager_id is null union all select a.agent_id, a.full_name, a.manager_id, t.depth + 1, t.path || a.agent_id, t.chain || ' > ' || a.full_name from dim_agent a join tree t on a.manager_id = t.agent_id where not a.agent_id = any (t.path)) select depth, agent_id, repeat('  ', depth - 1) || full_name as name, chain from tree order by path
-- name: recursive_search_cycle
with recursive t (agent_id, manager_id) as (select agent_id, manager_id from dim_agent where agent_id = 1 union all select a.agent_id, a.manager_id from dim_agent a join t on a.manager_id = t.agent_id) search depth first by agent_id set ord cycle agent_id set looped using walked select agent_id, looped, ord from t order by ord
-- name: recursive_string_split
with recursive parts (id, head, tail) as (select product_id, split_part(product_name, ' ', 1), product_name from dim_product where product_id < 4 union all select id, left(tail, 1), substr(tail, 2) from parts where tail <> '') select id, count(*) from parts group by id order by id
-- name: distinct_on
select distinct on (customer_id) customer_id, order_no, ordered_at, shipping_address from fact_order order by customer_id, ordered_at desc, order_id
-- name: distinct_on_mask
select distinct on (email) email, customer_id, name from dim_customer where email is not null order by email, customer_id
-- name: distinct_masks
select distinct name, region from dim_customer order by 1, 2
-- name: offset_pages
select customer_id, email from dim_customer order by signed_up desc, customer_id offset 100 rows fetch next 25 rows only
-- name: with_ties
select store_name, floor_m2 from dim_store order by (store_id % 4) fetch first 3 rows with ties
-- name: keyset_pagination
-- values: ["2024-06-01", 100]
select customer_id, signed_up, email from dim_customer where (signed_up, customer_id) > ($1::date, $2::bigint) order by signed_up, customer_id limit 20
-- name: tablesample
select count(*) from fact_order_line tablesample bernoulli (100)
-- name: filtered_visits
select s.store_name, v.region, count(*) as visits, avg(v.stayed) as stayed, count(*) filter (where v.bought) as bought from fact_store_visit v join dim_store s using (store_id) group by 1, 2 order by 1, 2
-- name: filtered_visits_with_plain_condition
select visit_id, visited_at from fact_store_visit where bought and visited_at >= '2024-03-01' and visited_at < '2024-03-15' order by visit_id
-- name: filtered_visits_joined_to_masks
select v.visit_id, c.name, c.email, v.stayed from fact_store_visit v left join dim_customer c on c.customer_id = v.customer_id and c.is_active where extract(hour from v.stayed) = 1 order by v.visit_id limit 100
-- name: filtered_in_subquery
select store_id, (select count(*) from fact_store_visit v where v.store_id = s.store_id) as n from dim_store s where exists (select 1 from fact_store_visit v where v.store_id = s.store_id) order by 1
-- name: filtered_mart | database=mart
select t.region, t.month, t.target, m.revenue from sales.regional_target t left join (select region, month, sum(revenue) as revenue from sales.monthly_revenue group by 1, 2) m using (region, month) order by 1, 2
