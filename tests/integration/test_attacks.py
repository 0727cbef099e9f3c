"""What carol may try to obtain one raw value. Whatever she sends, no mark of a personal value may be in any byte she gets."""
import itertools
import re

import pytest

from harness.markers import leaked
from harness.wire import SYNC, bind, close, describe, execute, parse, query

# One statement (or session of statements) per line; `;;` separates messages of one session.
ATTEMPTS = """
select * from crm.dim_customer
select name, email, phone, address, birth_date from crm.dim_customer
select reverse(email), md5(email), encode(email::bytea, 'hex'), encode(email::bytea, 'base64') from crm.dim_customer
select encode(sha256(email::bytea), 'hex'), translate(email, 'abc', 'xyz'), ascii(email), overlay(email placing 'x' from 1) from crm.dim_customer
select d from crm.dim_customer d
select d::text from crm.dim_customer d
select (d).email from crm.dim_customer d
select email(d) from crm.dim_customer d
select d.email::text from crm.dim_customer d
select name(d) from crm.dim_customer d
select (d::crm.dim_customer).email from crm.dim_customer d
select row_to_json(d), to_jsonb(d), json_agg(d) over () from crm.dim_customer d
select jsonb_populate_record(null::crm.dim_customer, to_jsonb(d)) from crm.dim_customer d
select * from json_to_recordset((select json_agg(d) from crm.dim_customer d)) as x(email text)
select query_to_xml('select * from crm.dim_customer', true, true, '')
select table_to_xml('crm.dim_customer', true, true, '')
select schema_to_xml('crm', true, true, '')
select database_to_xml(true, true, '')
select cursor_to_xml('c', 10, true, true, '')
begin;; declare c cursor for select * from crm.dim_customer;; select cursor_to_xml('c', 10, true, true, '')
begin;; declare c cursor for select * from crm.dim_customer;; fetch all from c
begin;; declare c scroll cursor for table crm.dim_customer;; fetch last from c;; fetch backward all from c
select ts_stat('select to_tsvector(email) from crm.dim_customer')
select * from ts_stat('select to_tsvector(''simple'', email) from crm.dim_customer')
select * from crosstab('select 1, 2, email from crm.dim_customer') as x(a int, b text)
select * from dblink('dbname=warehouse', 'select email from crm.dim_customer') as x(e text)
select ts_rewrite('a'::tsquery, 'select email::tsquery, email::tsquery from crm.dim_customer')
select ts_headline(email, 'q') from crm.dim_customer
select to_tsvector('simple', email || ' ' || address) from crm.dim_customer
select 1/(case when email like 'q1secret%' then 0 else 1 end) from crm.dim_customer
select email::int from crm.dim_customer
select email::date, email::uuid from crm.dim_customer
select cast(address as numeric) from crm.dim_customer
select cast(email as xml) from crm.dim_customer
select email::json from crm.dim_customer
select ('{' || email)::int[] from crm.dim_customer
select to_date(email, 'YYYY') from crm.dim_customer
select (email::regclass) from crm.dim_customer
select set_config('application_name', email, false) from crm.dim_customer;; show application_name;; select current_setting('application_name')
select set_config('search_path', email, false) from crm.dim_customer;; show search_path
select pg_notify('c', email) from crm.dim_customer;; listen c
do $$ declare e text; begin select email into e from crm.dim_customer limit 1; raise notice '%', e; end $$
do $$ begin execute 'copy crm.dim_customer to stdout'; end $$
create function pg_temp.f() returns setof text language sql as 'select email from crm.dim_customer';; select pg_temp.f()
create function pg_temp.f(text) returns bool language plpgsql as 'begin raise notice ''%'', $1; return true; end';; select * from crm.dim_customer where pg_temp.f(email)
create temp view v as select * from crm.dim_customer;; select * from v
create temp view v as select email from crm.dim_customer;; select email from pg_temp.v
create temp table t as select * from crm.dim_customer;; select * from t
create temp table t as table crm.dim_customer;; table t
create temp table t (like crm.dim_customer including all);; insert into t select * from crm.dim_customer;; select * from t
create temp table t () inherits (crm.dim_customer);; select * from t
create temp table dim_customer (x int);; select * from crm.dim_customer;; select * from dim_customer
create temp table dim_customer as select 1 as x;; drop table dim_customer;; select * from dim_customer
create temp table t as select 1 as x;; alter table t rename to dim_customer;; select * from dim_customer;; drop table dim_customer;; select * from dim_customer
begin;; create temp table dim_customer (email text) on commit drop;; select * from dim_customer;; commit;; select * from dim_customer
begin;; create temp table dim_customer (email text);; rollback;; select * from dim_customer
begin;; savepoint a;; create temp table dim_customer (email text);; rollback to a;; select * from dim_customer
create temp table t (e text);; insert into t (e) select email from crm.dim_customer;; select * from t
create temp table t (e text);; insert into t values ((select email from crm.dim_customer limit 1)) returning e
create temp table t (e text);; insert into t select 'x';; update t set e = (select string_agg(email, ',') from crm.dim_customer) returning e
create temp table t (e text default (select email from crm.dim_customer limit 1))
create temp table t (e text, x text generated always as (e) stored);; insert into t (e) select email from crm.dim_customer;; select x from t
create temp table t (e text);; create index on t ((select email from crm.dim_customer limit 1))
create temp table t (e text check (e not in (select email from crm.dim_customer)))
create temp table t as select email from crm.dim_customer with no data;; explain analyze select * from crm.dim_customer
create temp table t (e text);; create rule r as on insert to t do instead select email from crm.dim_customer;; insert into t values ('x')
create temp table t (e text primary key);; insert into t values ('q1secretlocal@host1.example');; insert into t select email from crm.dim_customer
create temp table t (e bigint references crm.dim_customer)
create temp sequence s;; select setval('s', (select length(email) from crm.dim_customer limit 1))
select * into temp t from crm.dim_customer;; select * from t
prepare p as select * from crm.dim_customer;; execute p
prepare p (text) as select * from crm.dim_customer where email = $1;; execute p ('q1secretlocal@host1.example')
prepare p as select * from crm.dim_customer;; explain analyze verbose execute p
explain select * from crm.dim_customer
explain verbose select * from crm.dim_customer where email = 'x'
explain (analyze, verbose, format json) select * from crm.dim_customer
explain analyze select * from crm.dim_customer where email like 'q1%'
copy crm.dim_customer to stdout
copy crm.dim_customer (email) to stdout with (format csv, header)
copy (select * from crm.dim_customer) to stdout
copy (table crm.dim_customer) to stdout (format binary)
copy (select d from crm.dim_customer d) to stdout
copy (values ((select string_agg(email, ',') from crm.dim_customer))) to stdout
copy (with x as (table crm.dim_customer) table x) to stdout
copy crm.fact_ticket to stdout
copy crm.fact_ticket (body) to stdout (format csv, delimiter '@')
copy crm.fact_ticket (body) to stdout (format csv, quote 'e', escape 'x')
copy crm.fact_ticket (body) to stdout (delimiter '-')
copy (select body from crm.fact_ticket) to stdout (format csv, force_quote *)
copy lake_raw.customers to stdout
select body from crm.fact_ticket
select substr(body, 20) from crm.fact_ticket
select regexp_matches(body, 'q\\d+\\w+') from crm.fact_ticket
select (regexp_match(body, '[\\w]+@')) [1] from crm.fact_ticket
select regexp_split_to_table(body, ' ') from crm.fact_ticket
select unnest(string_to_array(body, ' ')) from crm.fact_ticket
select string_to_array(body, '@') from crm.fact_ticket
select split_part(body, '@', 1), split_part(body, '-', 2) from crm.fact_ticket
select replace(body, '@', ' at ') from crm.fact_ticket
select translate(body, '@-', '# ') from crm.fact_ticket
select reverse(body), upper(body), body || '', ' ' || body from crm.fact_ticket
select body::bytea, convert_to(body, 'UTF8') from crm.fact_ticket
select string_agg(body, '') from crm.fact_ticket
select regexp_replace(body, '(.)', '\\1 ', 'g') from crm.fact_ticket
select left(body, 25), right(body, 25) from crm.fact_ticket
select to_json(body), quote_literal(body), format('%s', body) from crm.fact_ticket
select t from crm.fact_ticket t
select row(body) from crm.fact_ticket
select array[body] from crm.fact_ticket
select body::varchar(30), body::char(40) from crm.fact_ticket
select case when body like '%secretlocal%' then body end from crm.fact_ticket
select max(body), min(body) from crm.fact_ticket
select body from crm.fact_ticket union select body from crm.fact_ticket
with x as materialized (select body from crm.fact_ticket) select split_part(body, '@', 1) from x
select generate_series(1, length(body)), substr(body, generate_series(1, length(body)), 14) from crm.fact_ticket where ticket_id = 1
select chr(ascii(substr(body, 20, 1))) || substr(body, 21, 20) from crm.fact_ticket
select * from lake_raw.customers
select * from lake_raw.tickets
select * from lake_raw.access_log
table lake_raw.customers
select * from only lake_raw.customers
select * from crm.customer_card
select * from crm.customer_card_of_card
select * from crm.customer_copy
select * from crm.customer_history
select * from crm.customer_history_2025
select * from only crm.customer_history_2025
select * from crm."Mixed Case"
select "No Mail" from crm."Mixed Case"
select "No Mail" || email from crm."Mixed Case"
select * from pg_stats
select * from pg_catalog.pg_stats where schemaname = 'crm'
select most_common_vals::text, histogram_bounds::text from pg_stats
select * from pg_catalog.pg_statistic
select stavalues1::text from pg_statistic
select * from pg_stats_ext
select * from pg_stats_ext_exprs
select * from pg_statistic_ext_data
select query from pg_stat_activity
select * from pg_stat_activity
select pg_stat_get_activity(null)
select * from pg_stat_get_activity(null)
select pg_stat_get_backend_activity(1)
select * from pg_prepared_statements
select * from pg_cursors
select * from pg_largeobject
select * from pg_largeobject_metadata
select * from pg_user_mappings
select * from pg_user_mapping
select * from pg_foreign_server
select umoptions from pg_user_mappings
select * from pg_authid
select * from pg_shadow
select * from information_schema.user_mapping_options
select pg_get_viewdef('crm.customer_card'::regclass)
select pg_read_binary_file('PG_VERSION')
select * from pg_read_file('base')
select * from pg_ls_waldir()
select pg_current_logfile()
select lo_get(1)
select * from heap_page_items(get_raw_page('crm.dim_customer', 0))
select * from pgstattuple('crm.dim_customer')
select * from bt_page_items('crm.dim_customer_pkey', 1)
select * from pg_visibility('crm.dim_customer')
select * from crm.dim_customer for update
select * from crm.dim_customer for share
update crm.dim_customer set email = email returning *
delete from crm.dim_customer returning *
insert into crm.dim_customer select * from crm.dim_customer returning *
merge into crm.dim_customer d using billing.dim_plan p on d.email = p.plan when matched then do nothing
insert into billing.customer_contact select customer_id, name, email, phone from crm.dim_customer returning *
with x as (update crm.dim_customer set region = region returning *) select * from x
with x as (insert into billing.customer_contact select customer_id, name, email, phone from crm.dim_customer returning *) select * from x
select * from crm.dim_customer, lateral (select dim_customer.email as e2) s
select * from crm.dim_customer d where email = any (select email from crm.dim_customer where d.email = email)
select e.* from crm.dim_customer d, lateral jsonb_each_text(to_jsonb(d)) e
select json_object_agg(customer_id, email) from crm.dim_customer
select xmlelement(name x, email) from crm.dim_customer
select xmlforest(email, phone) from crm.dim_customer
select xmlagg(xmlelement(name e, email)) from crm.dim_customer
select hashtext(email), email <-> email from crm.dim_customer
select string_to_table(email, '@') from crm.dim_customer
select unnest(array(select email from crm.dim_customer))
select * from unnest((select array_agg(email) from crm.dim_customer)) as e
select * from rows from (unnest((select array_agg(email) from crm.dim_customer)), generate_series(1, 3)) as x(a, b)
select count(*) over (partition by email), first_value(email) over (order by email) from crm.dim_customer
select email from crm.dim_customer group by email having email > 'a' order by email
select distinct email from crm.dim_customer order by email
select customer_id, email from crm.dim_customer group by customer_id
select customer_id, dim_customer from crm.dim_customer group by customer_id
select grouping(email), email from crm.dim_customer group by cube (email)
select email from crm.dim_customer tablesample system (100)
select x.c3 from crm.dim_customer as x (c1, c2, c3)
select x.* from crm.dim_customer as x (email)
select u.email from (crm.dim_customer cross join billing.dim_plan) as u
select * from crm.dim_customer natural join crm.customer_copy
select * from crm.dim_customer join crm.customer_copy using (email)
select crm.dim_customer.* from crm.dim_customer
select warehouse.crm.dim_customer.email from warehouse.crm.dim_customer
select * from warehouse.crm.dim_customer
select ctid, xmin, tableoid, * from crm.dim_customer
select tableoid::regclass, email from crm.dim_customer
select * from crm.dim_customer where ctid = '(0,1)'
select pg_column_size(email), octet_length(email) from crm.dim_customer
select pg_typeof(d) from crm.dim_customer d
select num_nonnulls(d.*), concat(d.*), concat_ws(',', d.*), format('%s', d) from crm.dim_customer d
select greatest(d.email, d.phone), coalesce(null, d.address) from crm.dim_customer d
select convert_from(convert_to(email, 'UTF8'), 'UTF8') from crm.dim_customer
select email collate "C" from crm.dim_customer
select email ~ '^q1secret', email similar to '%secret%', email like 'q1secret%', position('secret' in email) from crm.dim_customer
select to_char(birth_date, 'YYYY-MM-DD'), extract(epoch from birth_date), birth_date - date '1961-01-01', birth_date::timestamptz from crm.dim_customer
select age(birth_date), date_part('doy', birth_date), daterange(birth_date, null), birth_date::text from crm.dim_customer
select min(birth_date), max(birth_date) from crm.dim_customer
with recursive r(e, n) as (select email, 1 from crm.dim_customer union all select substr(e, 2), n + 1 from r where length(e) > 1 and n < 50) select * from r
with crm as (select 1) select * from crm.dim_customer
with dim_customer as (select * from crm.dim_customer) select * from dim_customer
with pg_catalog as (select 1), upper as (select 2) select email from crm.dim_customer
with recursive dim_customer as (select * from crm.dim_customer) select * from dim_customer
select * from (select * from crm.dim_customer offset 0) x
select * from crm.dim_customer x where x in (select y from crm.dim_customer y)
select * from crm.dim_customer x where x = (select y from crm.dim_customer y where y.customer_id = 1)
select (select x from (select dim_customer.email) as x) from crm.dim_customer
select (array_agg(d))[1] from crm.dim_customer d
select (select d.email) from crm.dim_customer d
values ((select string_agg(email, ',') from crm.dim_customer))
table crm.dim_customer order by email
select * from "crm"."dim_customer"
select * from U&"\\0063rm".U&"dim\\005fcustomer"
select * from crm . dim_customer
select * from crm./* */dim_customer
select * from crm.dim_customer;; discard all;; select * from crm.dim_customer
set search_path = crm;; select * from dim_customer
set search_path = lake_raw;; select * from customers
set search_path to pg_temp, crm;; create temp table dim_plan (x int);; select * from dim_customer
set local search_path = crm;; select * from dim_customer
begin;; set local search_path = crm;; rollback;; select * from dim_customer
select set_config('search_path', 'crm', false);; select * from dim_customer
select set_config('search_path', 'lake_raw', false);; select * from customers
set role none;; select * from crm.dim_customer
set session characteristics as transaction read only;; select * from crm.dim_customer
set row_security = off;; select * from crm.dim_customer
set client_encoding = 'SQL_ASCII';; select * from crm.dim_customer
set client_encoding = 'SJIS';; select name from crm.dim_customer
set standard_conforming_strings = off;; select '\\'' from crm.dim_customer
set bytea_output = 'escape';; select email::bytea, body::bytea from crm.dim_customer join crm.fact_ticket using (customer_id)
set xmloption = document;; select xmlforest(email) from crm.dim_customer
set client_min_messages = debug5;; select * from crm.dim_customer where email::int = 1
set debug_print_plan = on;; set client_min_messages = log;; select * from crm.dim_customer
set debug_print_parse = on;; select 1 from crm.dim_customer
set log_statement = 'all';; set client_min_messages = log;; select * from crm.dim_customer
set log_min_duration_statement = 0;; set client_min_messages = log;; select * from crm.dim_customer
set log_executor_stats = on;; select * from crm.dim_customer
set plpgsql.extra_warnings = 'all';; select * from crm.dim_customer
set intervalstyle = 'iso_8601';; select age(birth_date) from crm.dim_customer
show sluice.token_key
select current_setting('sluice.token_key')
select current_setting('sluice.token_key', true)
select * from pg_settings where name like 'sluice%'
select setting from pg_catalog.pg_settings where name ilike '%token%'
show all
select * from pg_show_all_settings() where name like 'sluice%'
select * from pg_file_settings
select current_query() from crm.dim_customer limit 1
select pg_get_expr(adbin, adrelid) from pg_attrdef
comment on column crm.dim_customer.email is 'x'
create table crm.steal as select * from crm.dim_customer
alter table crm.dim_customer rename to other;; select * from crm.other
alter table crm.dim_customer rename column email to note;; select note from crm.dim_customer
create view crm.steal as select * from crm.dim_customer
create or replace view crm.customer_card as select * from crm.dim_customer
create index on crm.dim_customer ((1 / (length(email) - 27)))
create statistics s on (email || 'x'), region from crm.dim_customer
create policy p on crm.dim_customer using (true)
create trigger t before update on crm.dim_customer for each row execute function suppress_redundant_updates_trigger()
create aggregate pg_temp.a (text) (sfunc = textcat, stype = text);; select pg_temp.a(email) from crm.dim_customer
create operator pg_temp.## (leftarg = text, rightarg = text, function = textcat);; select email operator(pg_temp.##) 'x' from crm.dim_customer
create cast (text as int) with inout as implicit;; select email::int from crm.dim_customer
create domain pg_temp.d as text check (value not like '%secret%');; select email::pg_temp.d from crm.dim_customer
create type pg_temp.c as (e text);; select row(email)::pg_temp.c from crm.dim_customer
analyze verbose crm.dim_customer
vacuum verbose crm.dim_customer
cluster verbose crm.dim_customer using dim_customer_pkey
import foreign schema crm from server lake into public
create foreign table pg_temp.f (email text) server lake options (schema_name 'crm', table_name 'customers');; select * from pg_temp.f
select postgres_fdw_get_connections()
select * from postgres_fdw_get_connections()
select pg_export_snapshot()
select pg_logical_slot_get_changes('s', null, null)
select pg_logical_emit_message(true, 'x', email) from crm.dim_customer
select txid_current(), pg_current_wal_lsn()
select has_column_privilege('crm.dim_customer', 'email', 'select')
select pg_relation_size('crm.dim_customer'), pg_total_relation_size('crm.dim_customer')
select obj_description('crm.dim_customer'::regclass), col_description('crm.dim_customer'::regclass, 3)
select pg_advisory_lock(hashtext(email)) from crm.dim_customer;; select * from pg_locks where locktype = 'advisory'
select nextval(email) from crm.dim_customer
select to_regclass(email) from crm.dim_customer
select json_path_exists('{}', email::jsonpath) from crm.dim_customer
select jsonb_path_query(to_jsonb(d), '$.email') from crm.dim_customer d
select to_jsonb(d) - 'name' from crm.dim_customer d
select jsonb_pretty(to_jsonb(array_agg(d))) from crm.dim_customer d
select hstore(d) from crm.dim_customer d
select record_out(d) from crm.dim_customer d
select textin(record_out(d)) from crm.dim_customer d
select array_to_string(array_agg(email), ','), array_to_json(array_agg(d)) from crm.dim_customer d
select string_agg(d::text, '') from crm.dim_customer d
select trim(both 'q' from email), lpad(email, 99, '-'), initcap(email), repeat(email, 2) from crm.dim_customer
select make_date(1961, 7, extract(day from birth_date)::int) from crm.dim_customer where 1 = 0
select * from crm.dim_customer where email = 'x' or 1 = 1
select * from crm.dim_customer limit all
select 1 as email from crm.dim_customer order by dim_customer.email
select * from information_schema.columns where table_schema = 'crm'
select * from pg_catalog.pg_class c join crm.dim_customer d on true limit 5
select inet_server_addr(), current_user, session_user, version()
""".strip().splitlines()


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("extended", [False, True], ids=["simple", "extended"])
def test_no_raw_value_arrives(connect, attempt, extended):
    wire = connect("carol", "warehouse")
    wire.received.clear()
    for sql in attempt.split(";; "):
        if extended:
            wire.extended(sql)
        else:
            wire.query(sql)
    assert not leaked(wire.received), bytes(wire.received)[:2000]
    assert b"sluice.token_key" not in wire.received or "token_key" in attempt
    assert wire.query("rollback").status == "I"


@pytest.mark.parametrize("attempt", [line for line in ATTEMPTS if ";;" not in line and line.startswith(("select", "with", "table", "values"))])
def test_no_raw_value_arrives_in_binary(connect, attempt):
    wire = connect("carol", "warehouse")
    wire.received.clear()
    wire.extended(attempt, results=[1])
    assert not leaked(wire.received), bytes(wire.received)[:2000]


@pytest.mark.parametrize("attempt", [line for line in ATTEMPTS if ";;" not in line])
def test_no_raw_value_arrives_as_part_of_a_message(connect, attempt):
    wire = connect("carol", "warehouse")
    wire.received.clear()
    wire.query(f"select 1; {attempt}; select 2")
    wire.query(f"begin; {attempt}; commit")
    wire.query("rollback")
    assert not leaked(wire.received), bytes(wire.received)[:2000]


# Each pair is one statement with a right and a wrong guess: the two answers may differ in nothing.
RIGHT = {"email": "q7secretlocal@host2.example", "phone": "090-7391-0259", "birth": "1961-07-08", "name": "山田 Zebraname7",
         "address": "東京都Xyzzyaddr7-1", "prefix": "q7secret"}
WRONG = {"email": "z7secretlocal@host2.example", "phone": "090-7391-0258", "birth": "1961-07-30", "name": "山田 Zebraname0",
         "address": "東京都Xyzzyaddr0-1", "prefix": "z7secret"}
GUESSES = """
select count(*) from crm.dim_customer where email = '{email}'
select * from crm.dim_customer where email = '{email}' order by customer_id
select * from crm.dim_customer where email like '{prefix}%' order by customer_id
select count(*) from crm.dim_customer where starts_with(email, '{prefix}')
select count(*) from crm.dim_customer where phone = '{phone}'
select count(*) from crm.dim_customer where birth_date = '{birth}'
select count(*) from crm.dim_customer where name = '{name}' or address = '{address}'
select exists (select from crm.dim_customer where email = '{email}')
select 1 / (select count(*) from crm.dim_customer where email = '{email}')
select case when exists (select from crm.dim_customer where email = '{email}') then 1 / 0 else 1 end
select customer_id from crm.dim_customer order by email = '{email}' desc, customer_id limit 1
select customer_id from crm.dim_customer order by (email = '{email}')::int desc, customer_id
select max((email = '{email}')::int) from crm.dim_customer
select count(*) filter (where email = '{email}') from crm.dim_customer
select count(*) from crm.dim_customer group by email = '{email}' order by 1
select count(*) from crm.dim_customer d join (values ('{email}')) as g(e) on g.e = d.email
select g.e, d.customer_id from (values ('{email}')) as g(e) left join crm.dim_customer d on g.e = d.email
select '{email}' in (select email from crm.dim_customer)
select '{email}' = any (array(select email from crm.dim_customer))
select array['{email}'] <@ (select array_agg(email) from crm.dim_customer)
select '{email}' between min(email) and max(email) from crm.dim_customer where customer_id = 7
select (d).email = '{email}' from crm.dim_customer d where customer_id = 7
select row(customer_id, email) = row(7, '{email}') from crm.dim_customer where customer_id = 7
select to_jsonb(d) @> '{{"email": "{email}"}}' from crm.dim_customer d where customer_id = 7
select to_jsonb(d) ->> 'email' = '{email}' from crm.dim_customer d where customer_id = 7
select count(*) from (select email from crm.dim_customer intersect select '{email}') x
select count(*) from (select '{email}' except select email from crm.dim_customer) x
select ntile(2) over (order by email = '{email}'), customer_id from crm.dim_customer order by customer_id
select count(*) from crm.customer_card where contact = '{email}'
select count(*) from crm.customer_copy where email = '{email}'
select count(*) from crm.customer_history where email = '{email}'
select count(*) from crm.fact_ticket where body like '%{prefix}%'
select count(*) from crm.fact_ticket where position('{phone}' in body) > 0
select count(*) from crm.fact_ticket where body ~ '{prefix}'
select ticket_id from crm.fact_ticket order by body like '%{prefix}%' desc, ticket_id limit 1
select count(*) from crm.fact_ticket where to_tsvector('simple', body) @@ plainto_tsquery('simple', '{email}')
copy (select count(*) from crm.dim_customer where email = '{email}') to stdout
explain (costs on) select * from crm.dim_customer where email = '{email}'
explain select * from crm.dim_customer where birth_date < '{birth}'
explain analyze select count(*) from crm.dim_customer where email = '{email}'
select pg_sleep(0) from crm.dim_customer where email = '{email}'
select count(*) from pg_stats where most_common_vals::text like '%{email}%' or histogram_bounds::text like '%{email}%'
insert into crm.dim_customer (customer_id, name, email, phone, address, birth_date, region, signed_up) values (7, '', '{email}', '', '', now(), '', now())
update crm.dim_customer set region = region where email = '{email}'
delete from crm.dim_customer where email = '{email}'
merge into billing.customer_contact c using crm.dim_customer d on d.email = '{email}' when not matched then do nothing
select * from crm.dim_customer where email = '{email}' for update
with x as (select email from crm.dim_customer where email = '{email}') select count(*) from x
with recursive x as (select 1 as n union all select n + 1 from x where n < 3 and exists (select from crm.dim_customer where email = '{email}')) select count(*) from x
""".strip().splitlines()
VARYING = re.compile(rb"actual time=[\d.]+|Time: [\d.]+ ms|time=[\d.]+\.\.[\d.]+|\d+\.\d+ ms")


@pytest.mark.parametrize("template", GUESSES)
def test_a_right_guess_looks_like_a_wrong_one(connect, template):
    def answer(values):
        wire = connect("carol", "warehouse")
        wire.received.clear()
        wire.query(template.format(**values))
        received = bytes(wire.received)
        for guess in values.values():  # what she sent may come back to her
            received = received.replace(guess.encode(), b"GUESS")
        return VARYING.sub(b"", received)

    assert answer(RIGHT) == answer(WRONG)


@pytest.mark.parametrize("template", [line for line in GUESSES if line.startswith("select") and "'{email}'" in line and "@>" not in line])
def test_a_right_parameter_looks_like_a_wrong_one(connect, template):
    sql = template.replace("'{email}'", "$1::text")

    def answer(values):
        wire = connect("carol", "warehouse")
        wire.received.clear()
        wire.extended(sql.format(**values), [values["email"]])
        return bytes(wire.received).replace(values["email"].encode(), b"GUESS")

    assert answer(RIGHT) == answer(WRONG)


def test_bob_sees_no_raw_value_of_the_lake(connect):
    wire = connect("bob", "warehouse")
    wire.received.clear()
    for table, columns in itertools.product(("customers", "tickets", "access_log", "payments"), ("*", "t", "to_json(t)", "t::text")):
        wire.query(f"select {columns} from lake_raw.{table} as t")
        wire.query(f"copy (select {columns} from lake_raw.{table} as t) to stdout")
        wire.query(f"copy lake_raw.{table} to stdout (format binary)")
    wire.query("explain (analyze, verbose) select * from lake_raw.customers where email = 'x'")
    wire.query("select email::int from lake_raw.customers")
    assert not leaked(wire.received)


def test_a_name_prepared_twice_runs_what_was_judged_last(connect):
    wire = connect("carol", "warehouse")
    wire.send(parse("select 1", "s"), SYNC)
    wire.until()
    wire.send(close("S", "s"), parse("delete from billing.dim_plan returning plan", "s"), bind((), "s"), execute(), SYNC)
    assert wire.until().errors[0].sqlstate == "42501"
    wire.send(bind((), "s"), execute(), SYNC)
    result = wire.until()
    assert "DELETE" not in " ".join(result.tags)


def test_an_allowed_statement_does_not_carry_a_denied_one(connect):
    wire = connect("carol", "warehouse")
    wire.send(parse("select 1", "s"), bind((), "s", "p"), parse("delete from billing.dim_plan", "t"), bind((), "t", "p2"), execute("p2"), execute("p"), SYNC)
    result = wire.until()
    assert result.errors[0].sqlstate == "42501" and not result.tags


def test_query_inside_an_unfinished_group(connect):
    wire = connect("carol", "warehouse")
    wire.received.clear()
    wire.send(parse("select email from crm.dim_customer"), bind(), query("select email from crm.dim_customer"), execute(), SYNC)
    wire.until()
    wire.until()
    assert not leaked(wire.received)


def test_search_path_changes_between_parse_and_bind(stack, connect):
    wire = connect("carol", "warehouse")
    wire.query("set search_path = public")
    wire.send(parse("select * from dim_customer", "s"), SYNC)
    wire.until()
    wire.query("set search_path = crm")
    wire.received.clear()
    wire.send(bind((), "s"), execute(), SYNC)
    wire.until()
    wire.send(parse("select * from dim_customer", "t"), SYNC)
    wire.until()
    wire.query("create temp table dim_customer (x int)")
    wire.send(bind((), "t"), execute(), SYNC)
    wire.until()
    wire.query("drop table pg_temp.dim_customer")
    wire.send(bind((), "t"), execute(), describe("S", "t"), SYNC)
    wire.until()
    assert not leaked(wire.received)


def test_a_rename_does_not_shed_the_class(stack, connect):
    alice, carol = connect("alice", "warehouse"), connect("carol", "warehouse")
    alice.query("create table crm.contact_list (id int, email text); insert into crm.contact_list values (1, 'q1secretlocal@host1.example')").raise_for_error()
    carol.received.clear()
    assert carol.query("select * from crm.contact_list").raise_for_error().rows
    alice.query("alter table crm.contact_list rename column email to remark").raise_for_error()
    carol.query("select * from crm.contact_list")
    carol.query("select remark from crm.contact_list")
    alice.query("alter table crm.contact_list rename to shopping_list").raise_for_error()
    carol.query("select * from crm.shopping_list")
    carol.query("select * from crm.contact_list")
    assert not leaked(carol.received)
    alice.query("drop table crm.shopping_list").raise_for_error()


def test_dropped_and_made_again_while_prepared(stack, connect):
    alice, carol = connect("alice", "warehouse"), connect("carol", "warehouse")
    alice.query("create table crm.shifting (a text, email text); insert into crm.shifting values ('plain', 'q1secretlocal@host1.example')").raise_for_error()
    carol.received.clear()
    carol.send(parse("select * from crm.shifting", "s"), SYNC)
    carol.until()
    alice.query("drop table crm.shifting; create table crm.shifting (email text, a text); insert into crm.shifting values ('q1secretlocal@host1.example', 'plain')").raise_for_error()
    carol.send(bind((), "s"), execute(), SYNC)
    carol.until()
    carol.query("select * from crm.shifting")
    assert not leaked(carol.received)
    alice.query("drop table crm.shifting").raise_for_error()
