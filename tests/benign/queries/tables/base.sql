-- name: customers_by_region
select region, count(*) as customers, count(distinct email) as addresses from crm.dim_customer group by region order by region;
-- name: everything_of_a_customer
select * from dim_customer where customer_id between 10 and 40 order by customer_id;
-- name: agents
select * from crm.dim_agent;
-- name: tickets | plain
select * from crm.fact_ticket;
-- name: tickets_again
select * from (select * from crm.fact_ticket) as t;
-- name: events | plain
select payload, event_id from web.page_event;
-- name: events_in_order
select payload, event_id from web.page_event order by event_id;
-- name: visits
select region, count(*) from sales.fact_store_visit group by 1;
-- name: lake | users=bob
select c.*, k.plan from lake_raw.customers as c join lake_raw.contracts as k on k.customer_id = c.id;
-- name: payments
select * from billing.fact_payment order by payment_id;
-- name: contacts
select * from customer_contact;
-- name: orders
select * from sales.fact_order where order_id < 900 order by order_id;
-- name: logs | plain
select * from web.access_log;
-- name: health | database=mart
select * from sales.customer_health;
-- name: attainment | database=mart
select * from sales.target_attainment;
-- name: copy_of
select * from crm.customer_copy;
-- name: wide_view
select * from sales.order_fact_wide where order_id < 1000;
-- name: ticket_summary
select * from crm.ticket_summary;
