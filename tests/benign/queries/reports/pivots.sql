-- name: filter_columns
select region, count(*) filter (where status = 'delivered') as delivered, count(*) filter (where status = 'cancelled') as cancelled, sum(total) filter (where status not in ('cancelled', 'returned')) as net from fact_order join dim_customer using (customer_id) group by region order by region
-- name: case_columns
select p.plan, sum(case when extract(quarter from i.month) = 1 then i.amount else 0 end) as q1, sum(case when extract(quarter from i.month) = 2 then i.amount else 0 end) as q2, sum(case extract(quarter from i.month) when 3 then i.amount end) as q3, sum(i.amount * (extract(quarter from i.month) = 4)::int) as q4 from fact_invoice i join dim_plan p using (plan_id) where i.month between '2024-01-01' and '2024-12-31' group by p.plan order by 1
-- name: crosstab_by_json
select region, jsonb_object_agg(status, n order by status) as by_status from (select c.region, o.status, count(*) as n from fact_order o join dim_customer c using (customer_id) group by 1, 2) s group by region order by region
-- name: crosstab_by_arrays
select plan, (array_agg(n order by month))[1:6] as first_half, array_length(array_agg(n), 1) as months from (select p.plan, i.month, count(*) as n from fact_invoice i join dim_plan p using (plan_id) where i.month >= '2025-01-01' group by 1, 2) s group by plan order by plan
-- name: unpivot_values
select c.customer_id, v.kind, v.contact from dim_customer c cross join lateral (values ('email', c.email), ('phone', c.phone), ('address', c.address)) as v (kind, contact) where c.customer_id <= 50 and v.contact is not null order by 1, 2
-- name: unpivot_unnest
select customer_id, unnest(array['email', 'phone']) as kind, unnest(array[email, phone]) as contact from customer_contact order by 1, 2
-- name: unpivot_jsonb_each
select c.customer_id, e.key, e.value from dim_customer c, lateral jsonb_each_text(to_jsonb(c) - 'tags' - 'attributes' - 'created_at' - 'updated_at') as e where c.customer_id in (1, 2, 3) order by 1, 2
-- name: share_of_total
select region, n, round(100.0 * n / sum(n) over (), 2) as percent, sum(n) over (order by n desc, region) as running from (select region, count(*) as n from dim_customer group by region) s order by n desc, region
-- name: sparse_matrix
select d.month, d.year, coalesce(sum(o.total), 0) as total, bool_or(o.coupon is not null) as any_coupon from dim_date d left join fact_order o on o.ordered_at::date = d.date_key and o.status = 'delivered' group by d.year, d.month order by d.year, d.month
-- name: grouping_sets
select c.region, c.segment, grouping(c.region, c.segment) as level, count(*) as n, count(distinct c.email) as mails from dim_customer c group by grouping sets ((c.region, c.segment), (c.region), (c.segment), ()) order by 3, 1, 2
-- name: rollup_with_labels
select case when grouping(year) = 1 then 'total' else year::text end as year, case when grouping(quarter) = 1 then 'all' else 'Q' || quarter end as quarter, sum(i.amount) as amount from fact_invoice i join dim_date d on d.date_key = i.month group by rollup (year, quarter) order by grouping(year), year, grouping(quarter), quarter
-- name: cube_over_masks
select left(phone, 3) as prefix, extract(decade from birth_date) as decade, count(*) from dim_customer group by cube (left(phone, 3), extract(decade from birth_date)) order by 1 nulls last, 2 nulls last, 3
-- name: rollup_mixed
select region, (segment, gender), count(*) from dim_customer group by region, rollup ((segment, gender)) order by region, (segment, gender) nulls last
-- name: having_over_masks
select email, count(*) from dim_customer group by email having count(*) > 5 and min(customer_id) < 100 order by count(*) desc, email
-- name: distinct_groups
select region, segment, sum(credit_limit) from dim_customer group by distinct rollup (region, segment), rollup (region) order by 1 nulls first, 2 nulls first
