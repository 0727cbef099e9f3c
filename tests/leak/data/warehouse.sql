-- The warehouse, first part: masked relations of every kind in `crm`, which both users only read.
create extension postgres_fdw;
do $$ begin
  execute format('create server lake foreign data wrapper postgres_fdw options (host %L, port %L, dbname %L)', current_setting('test.host'), current_setting('test.port'), 'lake');
end $$;
create user mapping for gateway server lake options (user 'reader', password 'reader');
grant usage on foreign server lake to gateway;
create schema lake_raw authorization gateway;
create schema crm authorization gateway;
create schema billing authorization gateway;
create schema billing_own authorization gateway;
set role gateway;
import foreign schema crm from server lake into lake_raw;
import foreign schema billing from server lake into lake_raw;

create type crm.pair as (a integer, b text);
create type crm.mood as enum ('calm', 'cross', 'glad');
create domain crm.short_text as text check (length(value) <= 12);
create domain crm.positive as integer not null check (value > 0);

create table crm.region (region text primary key, open boolean not null, manager text);
insert into crm.region values ('east', true, 'Eve'), ('west', true, 'Wim'), ('north', false, 'Nan'), ('south', true, null);

create table crm.person (
  id bigint primary key, name text, email text unique, phone text not null, address text, birth_date date, card_number varchar(19),
  s_number integer not null, s_code text not null unique, t_ref text not null, region text not null references crm.region, score integer, joined date not null);
insert into crm.person
select n, pg_temp.person(n), pg_temp.mail(n), pg_temp.phone(n),
       case when n % 12 = 0 then null else pg_temp.pick((n * 101)::text, 'road ' || 90 - n) end,
       case when n % 10 = 0 then pg_temp.pick(date 'infinity', date '0044-03-15 BC') when n % 15 = 1 then pg_temp.pick(null::date, date '-infinity')
         else pg_temp.pick(make_date(1960 + (n % 20)::int, 1, 1), make_date(1960 + (n % 20)::int, 12, 31 - (n % 28)::int)) end,
       pg_temp.pick('4929739100000', '37') || lpad((n * 7 % 100)::text, 2, '0'),
       pg_temp.pick(n::int, (40 - n * n)::int), pg_temp.pick(n::text, 'code-' || 99 - n), 'ref' || n % 10,
       (array['east', 'west', 'south'])[1 + n % 3], case when n % 9 = 4 then null else n * 13 % 50 end, date '2025-01-01' + n::int
  from generate_series(1, 36) as n;
create index on crm.person (lower(email));
create index on crm.person (s_number);
create statistics crm.person_facts (dependencies, ndistinct) on s_number, region from crm.person;
comment on column crm.person.email is 'where to write';

-- One sealed column of every type: null is all that is ever shown, so everything differs, nulls too.
create table crm.sealed_numbers (id integer primary key, s_int2 smallint, s_int4 integer not null, s_int8 bigint, s_numeric numeric(12, 2), s_float4 real, s_float8 double precision, s_money money, s_bool boolean, plain integer);
insert into crm.sealed_numbers
select n, pg_temp.pick(n::int2, 0::int2), pg_temp.pick(n, 0), pg_temp.pick(n::bigint << 40, null), pg_temp.pick(n / 3.0, 0), pg_temp.pick(n::real, 'NaN'), pg_temp.pick(1e300 * n, 0), n::money * pg_temp.pick(1, 2), pg_temp.pick(n % 2 = 0, n % 3 = 0), n % 5
  from generate_series(1, 24) as n;
create table crm.sealed_times (id integer primary key, s_date date, s_timestamp timestamp, s_timestamptz timestamptz, s_time time, s_interval interval, s_daterange daterange, at date not null);
insert into crm.sealed_times
select n, pg_temp.pick(date '2020-02-29' + n, 'infinity'), pg_temp.pick(timestamp '2020-01-01' + n * interval '1 day', null), pg_temp.pick(timestamptz '2020-01-01+00', '-infinity'), pg_temp.pick(time '10:00', '23:59:59.999'),
       pg_temp.pick(n * interval '1 day', interval '178000000 years'), daterange('2020-01-01', pg_temp.pick(date '2020-02-01', null)), date '2025-01-01' + n
  from generate_series(1, 20) as n;
create table crm.sealed_texts (id integer primary key, s_text text collate "C", s_char char(5), s_varchar varchar(7), s_name name, s_short crm.short_text, s_positive crm.positive, s_mood crm.mood, s_tsvector tsvector, s_xml xml, kind text not null);
insert into crm.sealed_texts
select n, pg_temp.pick(n::text, 'not a number'), pg_temp.pick('ab', '12'), pg_temp.pick('1234567', ''), pg_temp.pick('n' || n, 'm')::name, pg_temp.pick('short', '12')::crm.short_text, pg_temp.pick(n, 100)::crm.positive, pg_temp.pick('calm'::crm.mood, 'glad'),
       to_tsvector('simple', pg_temp.pick('some words', 'word')), xmlparse(content pg_temp.pick('<a/>', 'b')), (array['red', 'green', 'blue'])[1 + n % 3]
  from generate_series(1, 24) as n;
create table crm.sealed_forms (
  id integer primary key, s_uuid uuid, s_bytea bytea, s_json json, s_jsonb jsonb, s_inet inet, s_cidr cidr, s_macaddr macaddr, s_bit bit(8), s_varbit varbit, s_point point, s_box box,
  s_int4range int4range, s_numrange numrange, s_ints integer[], s_texts text[], s_pair crm.pair, s_pairs crm.pair[], plain text);
insert into crm.sealed_forms
select n, md5(n || pg_temp.pick('a', 'b'))::uuid, pg_temp.pick('\x00'::bytea, sha256(n::text::bytea)), pg_temp.pick('{"a": 1}'::json, '[]'::json), pg_temp.pick(jsonb_build_object('n', n, 'list', '[1, 2, 3]'::jsonb), to_jsonb('text'::text)),
       pg_temp.pick('10.0.0.1'::inet, '::1'::inet), pg_temp.pick('10.0.0.0/8'::cidr, null), pg_temp.pick('08:00:2b:01:02:03'::macaddr, null), n::bit(8), pg_temp.pick('101'::varbit, ''::varbit), point(n, pg_temp.pick(0, n)), box(point(0, 0), point(n, n)),
       pg_temp.pick(int4range(0, n), 'empty'), numrange(0, pg_temp.pick(n, null)), pg_temp.pick(array[n, 2, 3], '{}'), pg_temp.pick(array['x', null], array['7', '8']), pg_temp.pick(row(n, 'a')::crm.pair, null), array[row(n, pg_temp.pick('a', 'b'))::crm.pair], 'plain' || n % 4
  from generate_series(1, 16) as n;

-- Masks that keep a part, on types that they fit and on types that they do not.
create table crm.near (id integer primary key, b_int2 smallint, b_int4 integer not null, b_numeric numeric(10, 3), b_float8 double precision, b_money money, b_text text, amount numeric(10, 2));
insert into crm.near
select n, n * 10 + pg_temp.pick(1, 9), n * 10 + pg_temp.pick(0, 5), n * 10 + pg_temp.pick(0.001, 9.999), case when n % 6 = 0 then pg_temp.pick('NaN'::float8, null) else n * 10 + pg_temp.pick(0.5, 0.75) end, (n * 10 + pg_temp.pick(1, 2))::money, pg_temp.pick('b', null), n * 1.25
  from generate_series(1, 26) as n;
create table crm.years (id integer primary key, y_date date, y_timestamp timestamp, y_timestamptz timestamptz not null, y_text text, at timestamptz not null);
insert into crm.years
select n, pg_temp.pick(make_date(2000 + n % 5, 1, 1), make_date(2000 + n % 5, 12, 31)), pg_temp.pick(timestamp '1999-12-31 23:59:59', timestamp '1999-01-01'), pg_temp.pick(timestamptz '2000-01-01 00:00+00', timestamptz '2000-12-31 23:59:59+00'), pg_temp.pick('2001', null), timestamptz '2025-03-01 00:00+00' + n * interval '7 hours'
  from generate_series(1, 20) as n;
create table crm.fixed (id integer primary key, k_text text, k_int integer, k_numeric numeric(4, 1), k_date date, k_bool boolean, f_text text, f_varchar varchar(5), f_json jsonb, f_int integer, label text not null);
insert into crm.fixed
select n, pg_temp.pick('k' || n, null), pg_temp.pick(n, null), pg_temp.pick(n, 0), pg_temp.pick(date '2001-01-01', null), pg_temp.pick(true, false), case when n % 5 > 0 then pg_temp.pick(n::text, repeat('long', n)) end, pg_temp.pick('a', '54321'), pg_temp.pick('{"a": 1}', '[3]')::jsonb, pg_temp.pick(n, null), 'label ' || n % 6
  from generate_series(1, 24) as n;
create table crm.part (id integer primary key, p_varchar varchar(4), p_char char(6), p_int integer, q_text text, t_text text, t_int8 bigint, t_uuid uuid, t_float8 double precision, label text not null);
insert into crm.part
select n, chr(64 + n) || pg_temp.pick('b', '123'), chr(64 + n) || pg_temp.pick('b', '12'), pg_temp.pick(n, -n), pg_temp.pick('abc', '9') || lpad(n::text, 2, '0'), 't' || n % 7, n % 7, md5((n % 7)::text)::uuid, pg_temp.pick(n, 2 * n), 'label ' || n % 6
  from generate_series(1, 26) as n;
create table crm.prose (id integer primary key, d_text text not null, d_json jsonb, day date not null);
insert into crm.prose
select n, pg_temp.prose(n), jsonb_build_object('mail', pg_temp.pick('a' || n || '@host.example', 'other' || n || '@long-host.example'), 'n', n), date '2025-01-01' + n from generate_series(1, 25) as n;
create table crm.reach (id integer primary key, h_varchar varchar(40), e_varchar varchar(60), likes integer);
insert into crm.reach select n, pg_temp.phone(n), pg_temp.mail(n), n % 9 from generate_series(1, 25) as n;

-- Generated columns take the classes of their neighbours.
create table crm.made (id integer primary key, p_first text, s_units integer, size integer generated always as (length(p_first)) stored, shout text generated always as (upper(p_first)) stored,
  worth numeric generated always as (s_units * 1.5) stored, free integer);
insert into crm.made (id, p_first, s_units, free) select n, chr(64 + n) || pg_temp.pick('x', 'yz' || n), pg_temp.pick(n, 100 - n), n % 4 from generate_series(1, 20) as n;

-- Parents and children; partitions by a column that everybody sees.
create table crm.base (id integer not null, name text, kind text not null);
create table crm.child (s_extra integer, note text) inherits (crm.base);
insert into crm.base select n, pg_temp.person(n), 'base' from generate_series(1, 10) as n;
insert into crm.child select n, pg_temp.person(n), 'child', pg_temp.pick(n, null), pg_temp.prose(n) from generate_series(11, 22) as n;
create table crm.event (id integer not null, at date not null, kind text not null, e_who text, s_size integer not null, d_body text, primary key (id, at, kind)) partition by range (at);
create table crm.event_2024 partition of crm.event for values from ('2024-01-01') to ('2025-01-01');
create table crm.event_2025 partition of crm.event for values from ('2025-01-01') to ('2026-01-01') partition by list (kind);
create table crm.event_2025_open partition of crm.event_2025 for values in ('open', 'read');
create table crm.event_2025_rest partition of crm.event_2025 default;
insert into crm.event select n, date '2024-11-01' + n * 4, (array['open', 'read', 'shut', 'lost'])[1 + n % 4], pg_temp.mail(n), pg_temp.pick(n, n * n), pg_temp.prose(n) from generate_series(1, 34) as n;

-- Hidden rows: eleven times as many in one twin, between the visible ones; their ids come from a sequence, too.
create table crm.visit (id integer generated always as identity, region text not null, day date not null, visits integer, p_guest text, s_spent numeric, primary key (id, day)) partition by range (day);
create table crm.visit_old partition of crm.visit for values from ('2020-01-01') to ('2025-01-01');
create table crm.visit_new partition of crm.visit default;
insert into crm.visit (id, region, day, visits, p_guest, s_spent) overriding system value
select n, case when n % 3 = 1 then 'west' else 'east' end, date '2024-06-01' + n * 14, case when n % 8 <> 0 then n end, pg_temp.person(n), pg_temp.pick(n * 1.5, 0) from generate_series(1, 24) as n where n % 3 <> 1 or pg_temp.a();
insert into crm.visit (id, region, day, visits, p_guest, s_spent) overriding system value
select 1000 + n, 'north', date '2024-06-01' + n * 3, 0, 'zero', -1 from generate_series(1, pg_temp.pick(22, 2)) as n;
insert into crm.visit (id, region, day, visits, p_guest, s_spent) overriding system value
select n, case when n % 3 = 1 then 'west' else 'east' end, date '2024-06-01' + n * 14, case when n % 8 <> 0 then n end, pg_temp.person(n), pg_temp.pick(n * 1.5, 0) from generate_series(25, 48) as n where n % 3 <> 1 or not pg_temp.a();
select setval('crm.visit_id_seq', pg_temp.pick(5000, 100));
create table crm.deal (id integer primary key, stage text not null, s_level integer, amount integer not null, closed date, factor numeric not null);
insert into crm.deal select n, (array['draft', 'open', 'won'])[1 + n % 3], case when n % 3 = 0 then pg_temp.pick(n, 100) else 10 + n * pg_temp.pick(1, 3) end, n * 50, date '2025-01-01' + n, n % 4 + 1 from generate_series(1, 45) as n where n % 3 > 0 or (pg_temp.a() and n % 2 = 0) or n = 3;
insert into crm.deal select 2000 + n, 'open', pg_temp.pick(0, n), 0, null, 0 from generate_series(1, pg_temp.pick(3, 9)) as n;
create table crm.task (id integer primary key, region text not null, title text not null, points integer, s_cost integer);
insert into crm.task select n, (array['east', 'west', 'south'])[1 + n % 3], 'task ' || n % 8, n % 10, pg_temp.pick(n, null) from generate_series(1, 30) as n;
insert into crm.task select 3000 + n, 'north', 'secret' || n, null, n from generate_series(1, pg_temp.pick(1, 14)) as n;

-- Filters on dates. That of agenda_local depends on the session's time zone, so nobody reads it.
create table crm.agenda (id integer primary key, at timestamptz not null, topic text not null, p_host text);
insert into crm.agenda select n, timestamptz '2025-01-01 00:00+00' + n * interval '31 hours', 'topic ' || n % 5, pg_temp.person(n) from generate_series(1, 40) as n where n <= 24 or (pg_temp.a() and n % 2 = 0) or n = 33;
create table crm.agenda_day (id integer primary key, day date not null, topic text not null, s_seats integer);
insert into crm.agenda_day select n, date '2025-01-01' + n, 'topic ' || n % 5, pg_temp.pick(n, null) from generate_series(1, 40) as n where n <= 30 or (pg_temp.a() and n % 2 = 0) or n = 33;
create table crm.agenda_local (id integer primary key, at timestamptz not null);
insert into crm.agenda_local select n, timestamptz '2025-01-01 00:00+00' + n * interval '31 hours' from generate_series(1, pg_temp.pick(20, 30)) as n;

-- Several pages, of different lengths in the twins. A row that does not fit goes where there is room, so that lengths decide
-- the physical order: CLUSTER takes that out. That plans may depend on lengths stays.
create table crm.big (id integer primary key, grp integer not null, s_pad text, p_pad text not null, amount numeric(10, 2) not null);
insert into crm.big select n, n % 12, repeat('x', pg_temp.pick(n % 100, 43)), chr(65 + n % 20) || repeat('y', pg_temp.pick(40, n % 90 + 1)), n / 4.0 from generate_series(1, 800) as n;
cluster crm.big using big_pkey;

-- Nothing to hide.
create table crm.orders (id integer primary key, person_id bigint not null references crm.person, plan text not null, amount numeric(10, 2) not null, paid boolean not null, ordered date not null, tags text[] not null, details jsonb not null);
insert into crm.orders select n, 1 + n % 36, (array['basic', 'standard', 'family'])[1 + n % 3], n * 2.5, n % 4 <> 0, date '2025-02-01' + n, array['t' || n % 3, 't' || n % 5], jsonb_build_object('n', n, 'list', jsonb_build_array(n, n + 1), 'deep', jsonb_build_object('k', 'v' || n % 4))
  from generate_series(1, 50) as n;
create table crm."Mixed Case" ("No Secret" integer, "E Mail" text, email text);
insert into crm."Mixed Case" select n, 'plain' || n, pg_temp.mail(n) from generate_series(1, 10) as n;
create table crm.guarded (id integer primary key, x_secret text, plain text);
insert into crm.guarded select n, pg_temp.pick('x', 'y' || n), 'g' || n from generate_series(1, 10) as n;
