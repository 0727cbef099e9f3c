create schema sales authorization gateway;
set role gateway;
create table sales.monthly_revenue (month date not null, plan text not null, region text not null, customers bigint not null, revenue bigint not null, primary key (month, plan, region));
insert into sales.monthly_revenue select date '2025-01-01' + (m || ' months')::interval, p, r, 10 + m, 1000 * (m + 1)
  from generate_series(0, 11) as m, unnest(array['basic', 'standard', 'family']) as p, unnest(array['east', 'west', 'north']) as r;
create table sales.daily_signups (day date not null, region text not null, signups bigint not null, primary key (day, region)) partition by range (day);
create table sales.daily_signups_2024 partition of sales.daily_signups for values from ('2024-01-01') to ('2025-01-01');
create table sales.daily_signups_2025 partition of sales.daily_signups for values from ('2025-01-01') to ('2026-01-01');
insert into sales.daily_signups select date '2024-07-01' + d, 'east', d % 7 from generate_series(0, 364) as d;
create view sales.revenue_by_plan as select month, plan, sum(customers) as customers, sum(revenue) as revenue from sales.monthly_revenue group by month, plan;
create materialized view sales.plan_share as select plan, sum(revenue) as revenue from sales.monthly_revenue group by plan;
create table sales.wide as select n as id, repeat('x', 1000) as filler from generate_series(1, 5000) as n;
create sequence sales.counter;
reset role;
analyze;
