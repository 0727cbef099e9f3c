-- all: script users=bob
-- name: ctas_mart
create table billing.report_region as select c.region, date_trunc('month', i.month)::date as month, sum(i.amount) as amount, count(distinct c.email) as mails from billing.fact_invoice i join crm.dim_customer c using (customer_id) group by 1, 2;
alter table billing.report_region add primary key (region, month);
create index report_month on billing.report_region (month);
analyze billing.report_region;
select * from billing.report_region order by 1, 2;
drop table billing.report_region;
-- name: dbt_table_materialization
/* {"app": "dbt", "dbt_version": "1.7.4", "profile_name": "mart", "target_name": "prod", "node_id": "model.mart.customers"} */ begin;
create table "warehouse"."billing"."customers__dbt_tmp" as ( with src as (select customer_id, name, email, region from "warehouse"."crm"."dim_customer") select * from src );
alter table "warehouse"."billing"."customers__dbt_tmp" rename to "customers_model";
commit;
select region, count(*), count(distinct email) from billing.customers_model group by 1 order by 1;
begin;
create table "warehouse"."billing"."customers__dbt_tmp" as ( select customer_id, name, email, region from crm.dim_customer where is_active );
alter table "warehouse"."billing"."customers_model" rename to "customers_model__dbt_backup";
alter table "warehouse"."billing"."customers__dbt_tmp" rename to "customers_model";
commit;
begin;
drop table if exists "warehouse"."billing"."customers_model__dbt_backup" cascade;
commit;
select count(*), min(email), max(name) from billing.customers_model;
drop table if exists billing.customers_model;
-- name: dbt_view_materialization
begin;
create view "warehouse"."billing"."v_orders__dbt_tmp" as ( select o.order_id, o.total, c.region, c.email from sales.fact_order o join crm.dim_customer c using (customer_id) );
alter table "warehouse"."billing"."v_orders__dbt_tmp" rename to "v_orders";
commit;
select region, sum(total), count(distinct email) from billing.v_orders group by 1 order by 1;
drop view if exists "warehouse"."billing"."v_orders" cascade;
-- name: dbt_incremental
create table billing.inc as select order_id, customer_id, total, ordered_at from sales.fact_order where ordered_at < '2024-01-01';
begin;
create temporary table "inc__dbt_tmp120000" as ( select order_id, customer_id, total, ordered_at from sales.fact_order where ordered_at >= (select max(ordered_at) from billing.inc) );
delete from "warehouse"."billing"."inc" using "inc__dbt_tmp120000" where ("inc__dbt_tmp120000".order_id = "warehouse"."billing"."inc".order_id);
insert into "warehouse"."billing"."inc" ("order_id", "customer_id", "total", "ordered_at") ( select "order_id", "customer_id", "total", "ordered_at" from "inc__dbt_tmp120000" );
commit;
select count(*), sum(total) from billing.inc;
drop table billing.inc;
-- name: dbt_test
create table billing.tested as select customer_id, email from crm.dim_customer;
select count(*) as failures, count(*) != 0 as should_warn, count(*) != 0 as should_error from ( select customer_id from billing.tested where customer_id is null ) dbt_internal_test;
select count(*) as failures from ( select customer_id as unique_field, count(*) as n_records from billing.tested where customer_id is not null group by customer_id having count(*) > 1 ) dbt_internal_test;
drop table billing.tested;
-- name: dbt_snapshot
create table billing.snap as select *, md5(coalesce(cast(customer_id as varchar), '') || '|' || coalesce(cast(region as varchar), '')) as dbt_scd_id, signed_up as dbt_valid_from, null::date as dbt_valid_to from (select customer_id, region, segment, signed_up from crm.dim_customer) s;
update billing.snap set dbt_valid_to = '2025-01-01' where customer_id % 10 = 0;
insert into billing.snap select customer_id, 'moved', segment, signed_up, md5(customer_id::text), date '2025-01-01', null from billing.snap where dbt_valid_to is not null;
select region, count(*), count(dbt_valid_to) from billing.snap group by 1 order by 1;
drop table billing.snap;
-- name: dbt_seed
create table "warehouse"."billing"."seed_countries" ("code" text, "country" text, "n" integer);
insert into "warehouse"."billing"."seed_countries" ("code", "country", "n") values ('JP', '日本', 1), ('US', 'アメリカ', 2), ('DE', null, 3);
select * from billing.seed_countries order by n;
truncate table "warehouse"."billing"."seed_countries";
drop table billing.seed_countries;
-- name: view_over_masks
create view billing.v_contacts as select c.customer_id, c.name, coalesce(c.email, c.phone) as contact, t.body from crm.dim_customer c left join crm.fact_ticket t using (customer_id);
select customer_id, name, contact, body from billing.v_contacts where customer_id < 60 order by 1, 4;
create or replace view billing.v_contacts as select c.customer_id, c.name, coalesce(c.email, c.phone) as contact, t.body, t.priority from crm.dim_customer c left join crm.fact_ticket t using (customer_id);
select count(*), count(distinct contact) from billing.v_contacts where priority = 1;
drop view billing.v_contacts;
-- name: materialized_view
create materialized view billing.mv_plan as select p.plan, count(*) as n, sum(s.mrr) as mrr from billing.fact_subscription s join billing.dim_plan p using (plan_id) group by 1 with data;
create unique index on billing.mv_plan (plan);
select * from billing.mv_plan order by plan;
refresh materialized view billing.mv_plan;
refresh materialized view concurrently billing.mv_plan;
drop materialized view billing.mv_plan;
-- name: lake_to_warehouse
create table billing.stg_customers as select id as customer_id, name, email, birth_date, card_number from lake_raw.customers;
select count(*), min(name), max(email), min(birth_date), max(card_number) from billing.stg_customers;
select * from billing.stg_customers order by customer_id limit 50;
drop table billing.stg_customers;
-- name: masked_once
create table billing.stg_all as select id as customer_id, name, name_kana, email, phone, address, birth_date, card_number from lake_raw.customers;
select * from billing.stg_all order by customer_id;
select count(*) from billing.stg_all s join lake_raw.customers c on c.phone = s.phone and c.id = s.customer_id;
drop table billing.stg_all;
-- name: view_masked_once
create view billing.v_all as select customer_id, member_no, name, name_kana, email, phone, postal_code, address, birth_date, annual_income from crm.dim_customer;
select * from billing.v_all order by customer_id;
select count(*) from billing.v_all v join crm.dim_customer c using (customer_id, email, phone, name);
drop view billing.v_all;
-- name: token_once
create table billing.stg_loyalty as select customer_id, loyalty_no from billing.loyalty;
select count(*), count(distinct loyalty_no), min(length(loyalty_no)) from billing.stg_loyalty;
drop table billing.stg_loyalty;
-- name: token_over_token
create table billing.stg_loyalty as select customer_id, loyalty_no from billing.loyalty;
select count(*) from billing.stg_loyalty s join billing.loyalty l using (customer_id, loyalty_no);
drop table billing.stg_loyalty;
-- name: lake_aggregates
create table billing.stg_paths as select payload ->> 'path' as path, count(*) as n, avg((payload ->> 'ms')::numeric) as ms from lake_raw.access_log group by 1;
select path, n, round(ms, 3) from billing.stg_paths order by path nulls last;
drop table billing.stg_paths;
-- name: upsert_own_table
create table billing.kpi (k text primary key, v numeric not null default 0, note_count integer generated always as (0) stored);
insert into billing.kpi (k, v) select status, count(*) from sales.fact_order group by status;
insert into billing.kpi as t (k, v) values ('placed', 1), ('lost', 2) on conflict (k) do update set v = t.v + excluded.v where t.k <> 'lost' returning k, v;
update billing.kpi set v = v + 1 where k like 'd%' returning *;
merge into billing.kpi as t using (select 'lost' as k, 5 as v union all select 'found', 6) as s on t.k = s.k when matched then update set v = s.v when not matched then insert (k, v) values (s.k, s.v);
with gone as (delete from billing.kpi where v < 10 returning *) select count(*), sum(v) from gone;
select * from billing.kpi order by k;
drop table billing.kpi;
-- name: alter_own_table
create table billing.wide (id integer primary key, a text);
alter table billing.wide add column b numeric(10,2) not null default 1.5, add column c date;
alter table billing.wide alter column a type varchar(20);
alter table billing.wide rename column c to c2;
insert into billing.wide (id, a) values (1, 'x'), (2, 'y');
comment on table billing.wide is 'a report';
comment on column billing.wide.a is 'text';
select * from billing.wide order by id;
alter table billing.wide drop column b;
select * from billing.wide order by id;
drop table billing.wide;
-- name: partitioned_own_table
create table billing.fact_daily (day date not null, plan_id integer, amount numeric) partition by range (day);
create table billing.fact_daily_2024 partition of billing.fact_daily for values from ('2024-01-01') to ('2025-01-01');
create table billing.fact_daily_rest partition of billing.fact_daily default;
insert into billing.fact_daily select month, plan_id, sum(amount) from billing.fact_invoice group by 1, 2;
select date_trunc('year', day), count(*), sum(amount) from billing.fact_daily group by 1 order by 1;
drop table billing.fact_daily;
-- name: copy_in_and_report
create table billing.targets (region text, target numeric);
insert into billing.targets values ('east', 100), ('west', 200);
select t.region, t.target, sum(o.total) from billing.targets t join crm.dim_customer c using (region) join sales.fact_order o using (customer_id) group by 1, 2 order by 1;
copy billing.targets to stdout csv header;
drop table billing.targets;
-- name: like_and_defaults
create table billing.like_plan (like billing.dim_plan including defaults);
insert into billing.like_plan select * from billing.dim_plan where family = 'mobile';
select plan, monthly_fee from billing.like_plan order by 1;
drop table billing.like_plan;
-- name: sequences_and_identity
create table billing.ids (id bigint generated by default as identity, label text);
insert into billing.ids (label) select plan from billing.dim_plan order by plan_id;
select * from billing.ids order by id;
drop table billing.ids;
-- name: own_mart_schema | database=mart
create table billing_reports.best as select plan, max(churned) as churned from billing_reports.churn group by plan;
select * from billing_reports.best order by plan;
drop table billing_reports.best;
-- name: failed_and_retried
begin;
create table billing.tried as select plan_id from billing.dim_plan;
rollback;
select to_regclass('billing.tried') is null;
