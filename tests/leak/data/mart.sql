-- The marts: row filters by attribute, with and without masks.
create schema sales authorization gateway;
create schema billing_reports authorization gateway;
set role gateway;
create table sales.revenue (id bigint primary key, month date not null, region text not null, amount bigint not null, s_margin numeric, p_seller text);
insert into sales.revenue
select n, date '2025-01-01' + (n % 12)::int * 31, (array['east', 'west', 'all', 'north'])[1 + n % 4], n * 100, pg_temp.pick(n / 7.0, null), pg_temp.person(n)
  from generate_series(1, 80) as n where n % 4 <> 3 or (pg_temp.a() and n % 8 = 3) or (not pg_temp.a() and n % 24 = 7);
create table sales.signup (day date not null, region text not null, signups bigint not null, e_contact text, primary key (day, region)) partition by range (day);
create table sales.signup_2024 partition of sales.signup for values from ('2024-01-01') to ('2025-01-01');
create table sales.signup_2025 partition of sales.signup for values from ('2025-01-01') to ('2026-01-01');
insert into sales.signup select date '2024-12-01' + n::int, 'east', n % 7, pg_temp.mail(n) from generate_series(1, 60) as n;
create view sales.revenue_by_month as select month, region, sum(amount) as amount, max(p_seller) as best_seller, count(*) as entries from sales.revenue group by month, region;
create materialized view sales.contact as select day, e_contact, upper(e_contact) as shout, length(e_contact) as size from sales.signup;
create table billing_reports.churn (id integer primary key, plan text not null, share numeric(5, 3) not null);
insert into billing_reports.churn select n, 'plan' || n % 3, n / 50.0 from generate_series(1, 20) as n;
