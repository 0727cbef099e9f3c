-- name: spine
select d::date as day, coalesce(count(o.order_id), 0) as orders, coalesce(sum(o.total), 0) as total from generate_series('2025-01-01'::date, '2025-03-31'::date, '1 day') as d left join sales.fact_order o on (o.ordered_at at time zone 'Asia/Tokyo')::date = d::date group by 1 order by 1
-- name: recursive_spine
with recursive days (day) as (select date '2024-02-25' union all select day + 1 from days where day < date '2024-03-05') select day, to_char(day, 'Dy DD Mon') as label, extract(doy from day) as doy from days order by day
-- name: spine_cross_dimension
select m.month, p.plan, coalesce(sum(i.amount), 0) as amount from (select generate_series(date '2025-01-01', date '2025-06-01', interval '1 month')::date as month) m cross join billing.dim_plan p left join billing.fact_invoice i on i.month = m.month and i.plan_id = p.plan_id group by 1, 2 order by 1, 2
-- name: fiscal_quarters
select fiscal_year, 'Q' || (((month + 8) % 12) / 3 + 1) as fiscal_quarter, count(*) as days, count(*) filter (where not is_weekend) as workdays, min(label), max(date_key) from billing.dim_date group by 1, 2 order by 1, 2
-- name: same_day_last_year
select a.date_key, a.n, b.n as last_year from (select d.date_key, count(o.*) as n from dim_date d left join fact_order o on o.ordered_at::date = d.date_key group by 1) a left join (select d.date_key, count(o.*) as n from dim_date d left join fact_order o on o.ordered_at::date = d.date_key group by 1) b on b.date_key = (a.date_key - interval '1 year')::date where a.date_key >= '2025-01-01' order by 1
-- name: to_date_functions
select date_trunc('year', ordered_at), to_char(ordered_at, 'IYYY-"W"IW'), to_char(ordered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), extract(epoch from ordered_at)::bigint, date_part('hour', ordered_at at time zone 'America/New_York'), ordered_at::date - date '2023-01-01', age(timestamptz '2026-01-01', ordered_at), ordered_at::time, timezone('Asia/Tokyo', ordered_at) from sales.fact_order where order_id <= 40 order by order_id
-- name: intervals
select order_id, delivery, extract(epoch from delivery) / 3600 as hours, justify_hours(delivery), delivery * 1.5, delivery / 2, ordered_at + delivery as arrived, (ordered_at + delivery)::date - ordered_at::date, to_char(delivery, 'DD "days" HH24:MI'), make_interval(days => 3, hours => 2) > delivery as quick from sales.fact_order where delivery is not null and order_id < 120 order by order_id
-- name: overlaps_and_ranges
select s.subscription_id, daterange(s.started_on, s.ended_on, '[)') as period, daterange(s.started_on, s.ended_on) && daterange('2024-01-01', '2024-04-01') as in_q1, (s.started_on, coalesce(s.ended_on, date '2026-01-01')) overlaps (date '2024-01-01', date '2024-04-01') as same, upper(daterange(s.started_on, s.ended_on)) as till from billing.fact_subscription s where s.subscription_id < 60 order by 1
-- name: range_aggregation
select customer_id, range_agg(daterange(started_on, ended_on)) as covered, range_agg(daterange(started_on, ended_on)) @> date '2025-01-01' as then from billing.fact_subscription group by customer_id order by customer_id limit 100
-- name: concurrent_subscriptions
with changes as (select started_on as day, 1 as change from fact_subscription union all select ended_on, -1 from fact_subscription where ended_on is not null), net as (select day, sum(change) as change from changes group by day) select day, sum(change) over (order by day) as active from net order by day desc limit 100
-- name: session_time_zone | script
set time zone 'Asia/Tokyo';
select order_id, ordered_at, ordered_at::date, date_trunc('day', ordered_at), current_setting('TimeZone') from sales.fact_order where order_id < 30 order by order_id;
set datestyle to 'ISO, DMY';
select '03/04/2025'::date, birth_date from crm.dim_customer where customer_id < 4 order by customer_id;
set intervalstyle = iso_8601;
select delivery from sales.fact_order where delivery is not null and order_id < 20 order by order_id;
reset time zone;
show time zone;
-- name: birthdays
select extract(year from age(date '2025-12-31', birth_date)) as age, count(*), min(birth_date), max(birth_date), to_char(birth_date, 'FMMonth') as month from dim_customer group by 1, 5 order by 1, 5
-- name: relative_dates
select count(*) from fact_order where ordered_at >= current_date - interval '10 years' and ordered_at < now() and ordered_at <= clock_timestamp() and ordered_at::date <= 'today'::date and localtimestamp > ordered_at::timestamp
-- name: business_hours
select count(*) filter (where extract(isodow from created_at at time zone 'Asia/Tokyo') < 6 and (created_at at time zone 'Asia/Tokyo')::time between '09:00' and '18:00') as inside, count(*) from fact_ticket
-- name: month_ends
select (date_trunc('month', d) + interval '1 month - 1 day')::date as month_end, make_date(extract(year from d)::int, extract(month from d)::int, 1), make_timestamptz(2025, 1, 1, 0, 0, 0, 'Asia/Tokyo'), isfinite(d), date '2025-01-31' + interval '1 month' from generate_series(timestamp '2025-01-15', timestamp '2025-06-15', '1 month') as d order by d
