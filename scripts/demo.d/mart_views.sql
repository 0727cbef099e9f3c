-- After the numbers are in.
\set ON_ERROR_STOP on
set client_min_messages = warning;
set role gateway;
create view sales.revenue_by_plan as
  select month, plan, sum(customers) as customers, sum(revenue) as revenue
    from sales.monthly_revenue group by month, plan;
create materialized view sales.plan_share as
  select plan, sum(revenue) as revenue,
         round(100.0 * sum(revenue) / (select sum(revenue) from sales.monthly_revenue), 1) as percent
    from sales.monthly_revenue group by plan;
reset role;
analyze;
