-- all: script
-- name: temp_table_report
create temp table recent as select customer_id, email, region from crm.dim_customer where signed_up >= '2025-01-01';
create index on recent (customer_id);
select region, count(*), count(distinct email) from recent group by 1 order by 1;
select r.email, count(o.*) from recent r left join sales.fact_order o using (customer_id) group by r.customer_id, r.email order by r.customer_id;
drop table recent;
-- name: temp_table_analyzed
create temp table recent as select customer_id, region from crm.dim_customer;
analyze recent;
-- name: temp_table_filled_by_insert
create temporary table t (id bigint, name text, seen timestamptz default now()) on commit preserve rows;
insert into t (id, name) select customer_id, name from crm.dim_customer where region = 'west' order by customer_id limit 50;
update t set name = upper(name) where id % 2 = 0;
delete from t where id % 5 = 0;
select id, name from t order by id;
truncate t;
select count(*) from t;
drop table if exists t;
-- name: select_into_temp
select plan_id, sum(amount) as amount into temp table sums from billing.fact_invoice group by plan_id;
select p.plan, s.amount from sums s join billing.dim_plan p using (plan_id) order by 1;
-- name: temp_on_commit_drop
begin;
create temp table scratch on commit drop as select event_name, count(*) as n from web.page_event group by 1;
select * from scratch order by event_name;
commit;
-- name: read_only_transaction
begin transaction isolation level repeatable read read only;
select count(*) from crm.dim_customer;
select sum(total) from sales.fact_order;
rollback;
-- name: savepoints
begin;
savepoint a;
select email from crm.dim_customer where customer_id = 9;
rollback to savepoint a;
release savepoint a;
commit;
-- name: cursor_in_portions
begin;
declare c no scroll cursor for select customer_id, name, email, phone from crm.dim_customer order by customer_id;
fetch forward 100 from c;
fetch next from c;
move forward 10 in c;
fetch 5 from c;
fetch all from c;
close c;
end;
-- name: scroll_cursor
begin;
declare s scroll cursor for select ticket_id, subject, body from crm.fact_ticket order by ticket_id;
fetch last from s;
fetch absolute 5 from s;
fetch relative -2 from s;
fetch backward 2 from s;
close s;
commit;
-- name: odbc_cursor
BEGIN;declare "SQL_CUR000001" cursor with hold for select * from "crm"."customer_card" order by customer_id;fetch 100 in "SQL_CUR000001"\;
fetch 100 in "SQL_CUR000001";
close "SQL_CUR000001";
COMMIT;
-- name: odbc_savepoint_and_query
BEGIN;
SAVEPOINT _per_query_svp_;select plan, monthly_fee from billing.dim_plan order by plan_id\;
RELEASE _per_query_svp_;
COMMIT;
-- name: prepared_statement
prepare q (text, date) as select customer_id, email, signed_up from crm.dim_customer where region = $1 and signed_up >= $2 order by customer_id limit 30;
execute q ('east', '2024-01-01');
execute q ('west', '2025-01-01');
deallocate q;
-- name: prepared_without_types
prepare by_plan as select p.plan, count(*) from billing.fact_subscription s join billing.dim_plan p using (plan_id) where s.plan_id = $1 group by 1;
execute by_plan(3);
execute by_plan(5);
deallocate all;
-- name: prepared_into_temp
prepare x as select name, phone from crm.dim_customer where customer_id < 10 order by customer_id;
create temp table y as execute x;
select * from y order by 1, 2;
-- name: copy_query_out
copy (select customer_id, name, email, birth_date from crm.dim_customer order by customer_id) to stdout;
copy (select region, count(*) from crm.dim_customer group by region order by region) to stdout with (format csv, header);
copy (select * from crm.fact_ticket order by ticket_id limit 50) to stdout (format csv, header true, force_quote *, delimiter ';', null 'NULL');
copy (select order_id, total from sales.fact_order where order_id < 50 order by order_id) to stdout with binary;
copy (with t as (select plan_id, sum(amount) as a from billing.fact_invoice group by 1) select * from t order by 1) to stdout with csv header encoding 'utf8';
-- name: copy_table_out
copy crm.dim_agent to stdout with csv header;
copy crm.dim_customer (customer_id, email, region) to stdout;
copy billing.dim_plan to stdout;
-- name: copy_free_text_out | plain
copy crm.fact_ticket (ticket_id, subject, body) to stdout with csv header;
copy web.page_event (event_id, payload) to stdout;
-- name: copy_into_temp_and_join
create temp table wanted (customer_id bigint primary key, label text);
insert into wanted values (3, 'a'), (5, 'b'), (8, 'c') on conflict (customer_id) do update set label = excluded.label;
select w.label, c.name, c.email from wanted w join crm.dim_customer c using (customer_id) order by 1;
-- name: session_settings
set application_name = 'dbt';
set statement_timeout = '30s';
set search_path to sales, crm, public;
select count(*) from fact_order join dim_customer using (customer_id);
set session characteristics as transaction read only;
set extra_float_digits = 3;
select avg(peak_mbps) from billing.fact_usage;
show search_path;
show server_version;
show standard_conforming_strings;
reset all;
discard all;
select count(*) from dim_customer;
-- name: work_mem_and_planner
set work_mem = '64MB';
set enable_seqscan to off;
set local enable_nestloop = off;
select count(*) from sales.fact_order_line l join sales.fact_order o using (order_id);
reset enable_seqscan;
-- name: set_config_calls
select set_config('statement_timeout', '60000', false);
select set_config('TimeZone', 'Asia/Tokyo', false);
select max(ordered_at) from sales.fact_order;
-- name: explain_forms | shape
explain select * from billing.fact_invoice where month = '2025-01-01';
explain (costs off, format json) select count(*) from sales.fact_order_line;
explain (analyze, timing off, summary off) select count(*) from billing.dim_plan;
-- name: temp_view
create temp view east as select plan_id, plan from billing.dim_plan where family = 'mobile';
select * from east order by plan_id;
drop view east;
-- name: several_statements
begin;select count(*) from crm.dim_agent;commit;
select 1;select name from crm.dim_customer where customer_id = 4\;
select 2;
-- name: airbyte_sync
BEGIN;SELECT customer_id, name, email, updated_at FROM crm.dim_customer WHERE updated_at > '2026-01-05' ORDER BY updated_at ASC;COMMIT\;
;
-- name: snapshot_export_pattern
begin isolation level repeatable read;
select count(*) from crm.dim_customer;
select customer_id, email from crm.dim_customer where customer_id % 100 = 0 order by 1;
commit and chain;
rollback;
-- name: locks_free_read
begin;
set transaction isolation level serializable;
select sum(amount) from billing.fact_payment;
commit;
