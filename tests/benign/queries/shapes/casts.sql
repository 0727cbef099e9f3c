-- name: many_casts
select customer_id::text, customer_id::int4, credit_limit::int, credit_limit::float8, credit_limit::money, credit_limit::varchar(5), signed_up::timestamp, signed_up::timestamptz, is_active::int, is_active::text, region::char(3), region::"char", cast(birth_date as text), cast(annual_income as numeric(14,2)), annual_income::float4, '7'::smallint, attributes::text, tags::text, signed_up::text::date, created_at::date, created_at::time(0), extract(epoch from created_at)::bigint, name::varchar(3), email::char(10), name::bytea from dim_customer where dim_customer.customer_id <= 60 order by dim_customer.customer_id
-- name: typmods_survive
select card_number, amount, name, postal_code, updated_at, gender, peak_mbps, discount_rate, monthly_fee from billing.fact_payment p join crm.dim_customer c on c.customer_id = p.payment_id join billing.fact_usage u on u.customer_id = c.customer_id and u.day = '2025-01-05' join billing.fact_subscription s on s.subscription_id = p.payment_id join billing.dim_plan d using (plan_id) order by payment_id
-- name: money_and_rounding
select invoice_id, amount, tax, round(amount * 1.08, 1), ceil(amount / 7), floor(-amount / 7), trunc(amount / 3, 2), amount % 100, div(amount, 100), mod(invoice_id, 7), power(amount, 0.5)::numeric(20,6), abs(tax - amount), sign(tax - 50), to_char(amount, 'FM999,999,990.00'), to_char(amount, 'L999,999'), amount::int8, greatest(amount, 1000), least(tax, 100, null), round(amount::numeric, -2), scale(tax), trim_scale(tax) from billing.fact_invoice where invoice_id <= 60 order by 1
-- name: division_and_nulls
select store_id, sum(total) / nullif(count(*) filter (where status = 'returned'), 0) as per_return, coalesce(sum(total) filter (where false), -1) as none, count(*) * 1.0 / 7, count(*) / 7, avg(total)::numeric(12,3), stddev(total)::numeric(14,4) from fact_order group by store_id order by store_id nulls first
-- name: booleans
select customer_id, is_active and email is not null, not is_active or phone is null, is_active is true, (churned_on is null) = is_active, is_active::int + 1, case when is_active then 'yes' else 'no' end, is_active is not unknown from dim_customer where customer_id < 40 order by 1
-- name: enum_reports
select status, status::text || '!', count(*), min(status) over (), enum_range(null::public.ticket_status), enum_first(null::public.ticket_status) from crm.fact_ticket group by status order by status
-- name: enum_filters
select ticket_id, status from fact_ticket where status in ('open', 'pending') and status < 'solved' and status = any ('{open,closed}'::public.ticket_status[]) order by ticket_id limit 40
-- name: domains
select plan, monthly_fee, monthly_fee * 12 as yearly, monthly_fee::numeric / 1.1 as net, monthly_fee::public.yen from dim_plan order by monthly_fee
-- name: uuids
select order_uuid, order_uuid::text, left(order_uuid::text, 8), order_uuid = md5('7')::uuid from fact_order where order_id < 20 order by order_id
-- name: inet_columns
select id, client_ip, host(client_ip), client_ip << '203.0.113.0/24'::inet as inside, coalesce(client_ip::text, 'unknown'), inet '10.0.0.1/8', network(inet '10.0.0.1/8') from web.access_log where id < 20 order by id
-- name: masked_dates
select customer_id, birth_date, birth_date + 30, birth_date + interval '1 year 2 days', date_part('year', birth_date), to_char(birth_date, 'YYYY/MM/DD'), age(date '2026-01-01', birth_date), birth_date between '1960-01-01' and '1979-12-31', extract(century from birth_date), date_trunc('decade', birth_date)::date from dim_customer where customer_id < 80 order by 1
-- name: masked_numbers
select annual_income, count(*), avg(annual_income)::int, sum(annual_income * 0.1) from dim_customer group by annual_income order by annual_income nulls last
-- name: income_bands
select case when annual_income < 3000000 then '-3M' when annual_income < 6000000 then '3-6M' when annual_income is null then '?' else '6M+' end as band, count(*), round(avg(credit_limit), 2) from dim_customer group by 1 order by 1
-- name: tokens_join
select c.customer_id, d.customer_id, length(c.member_no) from dim_customer c join dim_customer d on d.member_no = c.member_no where c.customer_id < 50 order by 1, 2
-- name: tokens_group
select left(member_no, 1) as first, count(*), count(distinct member_no) from dim_customer group by 1 order by 1
-- name: tokens
select member_no, customer_id from crm.dim_customer order by customer_id limit 30
-- name: composite_values
select row(customer_id, email, null)::text, (row(1, name)).f2 is not null, row(customer_id, 1) < row(5, 0) from dim_customer where customer_id < 12 order by customer_id
-- name: generate_series_kinds
select g, g * 2 as twice, (g || ' days')::interval as span, chr(64 + g) as letter, repeat('*', g) as bar from generate_series(1, 10, 3) as g order by g
-- name: parameters_of_many_types
-- values: ["east", "t", "1200.50", "2024-05-01", "{1,2,3}", "2024-01-01 00:00:00+09", "{\"a\": 1}", null]
select c.customer_id, c.email, $7::jsonb ->> 'a' as a, $8::text as nothing from crm.dim_customer c where c.region = $1 and c.is_active = $2::boolean and c.credit_limit > $3::numeric and c.signed_up > $4::date and not c.customer_id = any ($5::bigint[]) and c.created_at > $6::timestamptz order by c.customer_id
-- name: parameters_without_casts
-- values: ["7", "山****"]
select customer_id, name from dim_customer where customer_id > $1 and name = $2 order by customer_id limit 10
-- name: parameter_in_limit
-- values: ["5", "10"]
select ticket_id, body from fact_ticket order by ticket_id limit $1 offset $2
-- name: no_from
select 1 as one, 'x' as x, null as nothing, true, 1.5, now() is not null as now, version() like 'PostgreSQL%' as v, current_date = current_date, pi()::numeric(5,4), array[1, 2], '{}'::jsonb, interval '1 day', gen_random_uuid() is not null
-- name: keep_alive
SELECT 1
-- name: functions_of_the_session | ignore=pid
select current_schema() as s, current_schemas(false) as f, pg_backend_pid() as pid, current_setting('server_version_num')::int >= 150000 as v, current_setting('search_path') is not null as p, pg_is_in_recovery(), txid_current_if_assigned()
