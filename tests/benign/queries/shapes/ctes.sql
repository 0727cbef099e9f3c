-- name: ten_ctes
with base as (select customer_id, region, segment, email, signed_up from crm.dim_customer), orders as (select customer_id, count(*) as n, sum(total) as total from sales.fact_order where status <> 'cancelled' group by 1), tickets as (select customer_id, count(*) as n from crm.fact_ticket group by 1), invoices as (select customer_id, sum(amount) as amount from billing.fact_invoice where status = 'paid' group by 1), subs as (select customer_id, max(mrr) as mrr from billing.fact_subscription group by 1), usage as (select customer_id, sum(bytes) as bytes from billing.fact_usage group by 1), events as (select customer_id, count(*) as n from web.page_event where customer_id is not null group by 1), joined as (select b.*, o.n as orders, o.total, t.n as tickets, i.amount, s.mrr, u.bytes, e.n as events from base b left join orders o using (customer_id) left join tickets t using (customer_id) left join invoices i using (customer_id) left join subs s using (customer_id) left join usage u using (customer_id) left join events e using (customer_id)), scored as (select *, ntile(10) over (order by coalesce(total, 0) + coalesce(amount, 0), customer_id) as decile from joined), summary as (select decile, count(*) as n, count(distinct email) as mails, sum(total) as total, sum(tickets) as tickets, sum(bytes) as bytes, sum(events) as events from scored group by decile), final as (select *, total / nullif(n, 0) as per_head from summary)
select * from final order by decile
-- name: dbt_style
with

source as (

    select * from "warehouse"."crm"."dim_customer"

),

renamed as (

    select
        customer_id as id,
        "name" as full_name,
        lower(email) as email,
        signed_up::timestamp as signed_up_at

    from source

)

select * from renamed where id <= 100 order by id
-- name: materialized_hints
with a as materialized (select customer_id, email from dim_customer), b as not materialized (select customer_id, count(*) as n from fact_order group by 1) select a.email, sum(b.n) from a join b using (customer_id) group by a.email order by 2 desc, 1 limit 20
-- name: column_lists
with x (a, b, c) as (select customer_id, name, phone from dim_customer), y (a, d) as (select customer_id, sum(amount) from fact_invoice group by 1) select x.b, x.c, y.d from x join y using (a) where a < 50 order by a
-- name: nested_with
with outer_part as (with inner_part as (select plan_id, sum(amount) as amount from fact_invoice group by 1) select p.plan, i.amount from inner_part i join dim_plan p using (plan_id)) select * from outer_part order by plan
-- name: shadowing_names
with dim_customer as (select customer_id, 'hidden by the query' as name from crm.dim_customer where customer_id < 5) select * from dim_customer order by customer_id
-- name: shadowing_one_level_down
with d as (select * from dim_customer where region = 'east'), dim_customer as (select * from d) select count(*), count(distinct email) from dim_customer
-- name: union_all_sources
select 'order' as kind, order_id as id, customer_id, ordered_at as at from fact_order where customer_id = 18 union all select 'ticket', ticket_id, customer_id, created_at from fact_ticket where customer_id = 18 union all select 'invoice', invoice_id, customer_id, issued_at from fact_invoice where customer_id = 18 order by at, kind, id
-- name: union_masks
select email as contact, 'mail' as kind from dim_customer union select phone, 'phone' from dim_customer union select mail, 'agent' from dim_agent order by 1 nulls last, 2
-- name: intersect_except
(select customer_id from fact_order where ordered_at >= '2025-01-01' intersect select customer_id from fact_ticket) except select customer_id from dim_customer where churned_on is not null order by 1
-- name: except_all_masks
select email from dim_customer except all select email from crm.customer_copy order by 1 nulls first
-- name: set_ops_precedence
select region from dim_customer union (select region from dim_store intersect select 'east') except select 'west' order by region
-- name: values_list
select v.code, v.label, count(t.*) from (values (1, 'low'), (2, 'normal'), (3, 'high'), (4, 'critical')) as v (code, label) left join fact_ticket t on t.priority = v.code group by 1, 2 order by 1
-- name: set_operation_columns_renamed
select u.a, count(*) from (select customer_id, region from dim_customer union all select store_id, prefecture from dim_store) as u (i, a) group by u.a order by 1
-- name: statement_of_account
with lines as (select customer_id, issued_at::date as day, 'invoice ' || invoice_id as what, amount + tax as due, 0::numeric as paid from fact_invoice where customer_id between 5 and 9 union all select i.customer_id, p.paid_at::date, 'payment ' || p.payment_id || coalesce(' card ' || p.card_number, ''), 0, p.amount from fact_payment p join fact_invoice i using (invoice_id) where i.customer_id between 5 and 9) select customer_id, day, what, due, paid, sum(due - paid) over (partition by customer_id order by day, what) as balance from lines order by 1, 2, 3
