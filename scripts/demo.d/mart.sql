-- The mart: what dashboards read. Its numbers come out of the warehouse (see load_mart in scripts/lib/demo_data.sh).
\set ON_ERROR_STOP on
set client_min_messages = warning;
set role gateway;
create schema sales;

create table sales.monthly_revenue (
  month     date not null,
  plan      text not null,
  region    text not null,
  customers bigint not null,
  revenue   bigint not null,
  primary key (month, plan, region)
);

-- One partition a year, as a table that grows for ever wants it.
create table sales.daily_signups (
  day     date not null,
  region  text not null,
  signups bigint not null,
  primary key (day, region)
) partition by range (day);
create table sales.daily_signups_2022 partition of sales.daily_signups for values from ('2022-01-01') to ('2023-01-01');
create table sales.daily_signups_2023 partition of sales.daily_signups for values from ('2023-01-01') to ('2024-01-01');
create table sales.daily_signups_2024 partition of sales.daily_signups for values from ('2024-01-01') to ('2025-01-01');
create table sales.daily_signups_2025 partition of sales.daily_signups for values from ('2025-01-01') to ('2026-01-01');
create table sales.daily_signups_later partition of sales.daily_signups default;
