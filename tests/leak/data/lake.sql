-- The lake: no viewers; creators read it masked. Columns that no rule names are masked by null.
create schema crm authorization gateway;
create schema billing authorization gateway;
grant usage on schema crm, billing to reader;
set role gateway;
create table crm.customers (
  id bigint primary key, region text not null, name text, email text unique, phone text not null, address text, birth_date date, s_score integer not null,
  unlisted text, unlisted_number numeric(8, 2) not null, note text, created_on date not null);
insert into crm.customers
select n, (array['east', 'west'])[1 + n % 2], pg_temp.person(n), pg_temp.mail(n), pg_temp.phone(n), pg_temp.pick((n * 11)::text, 'street ' || n), pg_temp.pick(date '1961-01-01', date '1961-11-30') + n::int,
       pg_temp.pick(n::int, 0), pg_temp.pick('u' || n, null), pg_temp.pick(n / 3.0, 0.0), pg_temp.prose(n), date '2025-01-01' + n::int
  from generate_series(1, 30) as n;
insert into crm.customers
select 1000 + n, 'north', 'North', 'n' || n || '@north.example', '0', 'x', null, 0, null, n, null, date '2025-01-01' from generate_series(1, pg_temp.pick(11, 2)) as n;
create table billing.payments (id bigint primary key, customer_id bigint not null, amount integer not null, card_number varchar(19), unlisted jsonb);
insert into billing.payments select n, 1 + n % 30, n * 10, pg_temp.pick('49297391000000', '37') || lpad((n % 100)::text, 4, '0'), pg_temp.pick(jsonb_build_object('n', n), jsonb '[1, 2]')
  from generate_series(1, 40) as n;
grant select on all tables in schema crm, billing to reader;
