-- name: running_total
select month, sum(amount) as amount, sum(sum(amount)) over (partition by extract(year from month) order by month rows between unbounded preceding and current row) as ytd from fact_invoice group by month order by month
-- name: moving_average
select day, total, round(avg(total) over w, 2) as ma7, count(*) over w as days from (select ordered_at::date as day, sum(total) as total from fact_order group by 1) s window w as (order by day rows between 6 preceding and current row) order by day
-- name: range_interval_frame
select day, total, sum(total) over (order by day range between interval '30 days' preceding and current row) as last_30, count(*) over (order by day range between '7 days' preceding and '1 day' following exclude current row) as around from (select ordered_at::date as day, sum(total) as total from fact_order where ordered_at >= '2025-01-01' group by 1) s order by day
-- name: groups_frame
select priority, ticket_id, count(*) over (order by priority groups between 1 preceding and current row exclude ties) as n from fact_ticket where ticket_id <= 300 order by ticket_id
-- name: ranks
select name, region, total, rank() over w, dense_rank() over w, row_number() over (partition by region order by total desc, customer_id), ntile(4) over (order by total desc, customer_id), round(percent_rank() over w::numeric, 4), round(cume_dist() over w::numeric, 4) from (select c.customer_id, c.name, c.region, sum(o.total) as total from fact_order o join dim_customer c using (customer_id) group by 1, 2, 3) s window w as (partition by region order by total desc) order by customer_id
-- name: ranks_of_masks
select email, rank() over (order by email) as r, row_number() over (partition by email order by customer_id) as n from dim_customer order by email nulls first, customer_id
-- name: lag_lead
select month, amount, amount - lag(amount) over (order by month) as change, round(100 * (amount / nullif(lag(amount, 12) over (order by month), 0) - 1), 1) as yoy, lead(amount, 1, 0.0) over (order by month) as next from (select month, sum(amount) as amount from fact_invoice group by month) m order by month
-- name: first_and_last
select distinct customer_id, first_value(order_no) over w as first_order, last_value(order_no) over w as last_order, nth_value(total, 2) over w as second_total, first_value(shipping_address) over w as first_address from fact_order window w as (partition by customer_id order by ordered_at, order_id rows between unbounded preceding and unbounded following) order by customer_id limit 300
-- name: sessionize
with gaps as (select customer_id, occurred_at, event_id, case when occurred_at - lag(occurred_at) over (partition by customer_id order by occurred_at, event_id) > interval '30 minutes' then 1 else 0 end as is_new from web.page_event where customer_id is not null), numbered as (select *, sum(is_new) over (partition by customer_id order by occurred_at, event_id) as session_no from gaps) select customer_id, session_no, count(*) as events, min(occurred_at) as started, max(occurred_at) - min(occurred_at) as lasted from numbered group by 1, 2 having count(*) > 3 order by 1, 2 limit 200
-- name: islands
with days as (select distinct customer_id, ordered_at::date as day from fact_order), grouped as (select *, day - (row_number() over (partition by customer_id order by day))::int as island from days) select customer_id, min(day), max(day), count(*) as streak from grouped group by customer_id, island order by streak desc, customer_id, min(day) limit 50
-- name: pareto
with t as (select product_id, sum(quantity * unit_price) as revenue from fact_order_line group by 1), r as (select *, sum(revenue) over (order by revenue desc, product_id) / sum(revenue) over () as cum from t) select case when cum <= 0.8 then 'A' when cum <= 0.95 then 'B' else 'C' end as class, count(*), sum(revenue) from r group by 1 order by 1
-- name: filter_in_window
select distinct region, count(*) filter (where is_active) over (partition by region) as active, string_agg(segment, '') filter (where customer_id < 5) over (partition by region order by customer_id rows between unbounded preceding and unbounded following) from dim_customer order by 1
-- name: outlier_zscore
with s as (select day, avg(peak_mbps) as mbps from fact_usage group by day), z as (select day, mbps, (mbps - avg(mbps) over ()) / nullif(stddev_samp(mbps) over (), 0) as score from s) select day, round(mbps::numeric, 3), round(score::numeric, 2) from z where abs(score) > 0.5 order by day
-- name: window_over_free_text
select ticket_id, body, lag(body) over (partition by customer_id order by created_at, ticket_id) as before from fact_ticket where customer_id <= 200 order by ticket_id
-- name: median_by_window_trick
select region, percentile_cont(0.5) within group (order by credit_limit) as median, mode() within group (order by segment) as mode, percentile_disc(0.5) within group (order by birth_date) as birth, percentile_cont(array[0.1, 0.9]) within group (order by credit_limit) as spread from dim_customer group by region order by region
-- name: median_interval
select channel, percentile_cont(0.5) within group (order by resolved_at - created_at) as p50, max(first_reply_at - created_at) as slowest, justify_interval(avg(resolved_at - created_at)) as mean from fact_ticket where resolved_at is not null group by channel order by channel
-- name: hypothetical_set
select rank(500) within group (order by satisfaction), dense_rank(3) within group (order by satisfaction), percent_rank(3) within group (order by satisfaction), cume_dist(3) within group (order by satisfaction) from fact_ticket
-- name: regression
select round(regr_slope(minutes, messages)::numeric, 6), round(corr(bytes, minutes)::numeric, 6), regr_count(minutes, peak_mbps), round(stddev_pop(minutes), 4), round(variance(minutes), 4), round(covar_samp(minutes, messages)::numeric, 4) from fact_usage
