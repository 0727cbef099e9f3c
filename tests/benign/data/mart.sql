-- What dashboards read.
create schema sales authorization gateway;
create schema billing_reports authorization gateway;
set role gateway;
create table sales.monthly_revenue (month date not null, plan text not null, region text not null, customers bigint not null, revenue numeric(14,2) not null, primary key (month, plan, region));
insert into sales.monthly_revenue
select (date '2023-01-01' + m * interval '1 month')::date, p, r, 100 + m * 3 + ascii(p) % 11 + ascii(r) % 7, (1000 * (m + 1) + 137 * ascii(p) + 31 * ascii(r))::numeric(14,2)
  from generate_series(0, 35) as m, unnest(array['basic', 'standard', 'family', 'business']) as p, unnest(array['east', 'west', 'north', 'south']) as r;
create table sales.daily_signups (day date not null, region text not null, signups bigint not null, primary key (day, region)) partition by range (day);
create table sales.daily_signups_2023 partition of sales.daily_signups for values from ('2023-01-01') to ('2024-01-01');
create table sales.daily_signups_2024 partition of sales.daily_signups for values from ('2024-01-01') to ('2025-01-01');
create table sales.daily_signups_2025 partition of sales.daily_signups for values from ('2025-01-01') to ('2026-01-01');
insert into sales.daily_signups select date '2023-01-01' + d, r, (d * 7 + ascii(r)) % 40 from generate_series(0, 1095) as d, unnest(array['east', 'west', 'north', 'south']) as r where d % 29 <> 3;
create view sales.revenue_by_plan as select month, plan, sum(customers) as customers, sum(revenue) as revenue from sales.monthly_revenue group by month, plan;
create materialized view sales.plan_share as select plan, sum(revenue) as revenue, round(sum(revenue) / sum(sum(revenue)) over (), 4) as share from sales.monthly_revenue group by plan;
-- Viewers see the targets of their own region alone.
create table sales.regional_target (region text not null, month date not null, target numeric(14,2) not null, owner_team text not null, primary key (region, month));
insert into sales.regional_target select r, (date '2023-01-01' + m * interval '1 month')::date, 400000 + 1000 * m, 'team ' || r from unnest(array['east', 'west', 'north', 'south']) as r, generate_series(0, 35) as m;
create view sales.target_attainment as
select t.region, t.month, t.target, sum(m.revenue) as revenue, round(sum(m.revenue) / t.target, 3) as attainment
  from sales.regional_target as t join sales.monthly_revenue as m using (region, month) group by t.region, t.month, t.target;
create table sales.customer_health (customer_id bigint primary key, customer_name text not null, contact_email text, region text not null, score numeric(5,2) not null, tier text not null, last_seen timestamp, details json);
insert into sales.customer_health
select n, (array['山田', '佐藤', '鈴木', 'Smith', 'Müller'])[1 + n % 5] || n, 'c' || n || '@example.com', (array['east', 'west', 'north', 'south'])[1 + n % 4], n * 17 % 10000 / 100.0,
       (array['gold', 'silver', 'bronze'])[1 + n % 3], timestamp '2025-06-01 12:00' + n * interval '3 hours', json_build_object('nps', n % 11, 'churn_risk', n % 100 / 100.0)
  from generate_series(1, 800) as n;
create table billing_reports.churn (month date not null, plan text not null, churned integer not null, base integer not null, primary key (month, plan));
insert into billing_reports.churn select (date '2023-01-01' + m * interval '1 month')::date, p, (m * 3 + ascii(p)) % 17, 400 + m from generate_series(0, 35) as m, unnest(array['basic', 'standard', 'family', 'business']) as p;
comment on table sales.monthly_revenue is 'Revenue per month, plan and region';
comment on column sales.monthly_revenue.revenue is 'Without tax, in yen';
reset role;
analyze;
