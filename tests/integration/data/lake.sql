-- Personal values carry marks (harness/markers.py) that appear nowhere else, so that a byte search finds a leak.
create schema crm authorization gateway;
create schema billing authorization gateway;
create schema app authorization gateway;
create schema support authorization gateway;
set role gateway;
create table crm.customers (
  id bigint primary key, name text not null, name_kana text, email text not null, phone text not null, address text not null,
  birth_date date not null, card_number varchar(19), created_at timestamptz not null);
insert into crm.customers
select n, '山田 Zebraname' || n, 'シマウマ' || n, 'q' || n || 'secretlocal@host' || n % 5 || '.example', '090-7391-' || lpad((n * 37 % 10000)::text, 4, '0'),
       '東京都Xyzzyaddr' || n || '-1', date '1961-07-01' + n % 28, '49297391' || lpad(n::text, 8, '0'), timestamptz '2025-01-01 00:00+00' + n * interval '1 hour'
  from generate_series(1, 60) as n;
create table billing.contracts (id bigint primary key, customer_id bigint not null references crm.customers, plan text not null, monthly_fee integer not null, started_on date not null, ended_on date);
insert into billing.contracts select n, n, (array['basic', 'standard', 'family'])[1 + n % 3], 1000 * (1 + n % 3), date '2025-01-01' + n::int, null from generate_series(1, 60) as n;
create table billing.invoices (id bigint primary key, contract_id bigint not null references billing.contracts, month date not null, amount integer not null, issued_at timestamptz not null);
insert into billing.invoices select n, 1 + n % 60, date '2025-01-01' + (n % 12) * 31, 1000 + n, timestamptz '2025-01-01 00:00+00' + n * interval '1 day' from generate_series(1, 200) as n;
create table billing.payments (id bigint primary key, invoice_id bigint not null references billing.invoices, paid_at timestamptz not null, amount integer not null, method text not null, card_number varchar(19));
insert into billing.payments select n, n, timestamptz '2025-02-01 00:00+00' + n * interval '1 day', 1000 + n, 'card', '49297391' || lpad(n::text, 8, '0') from generate_series(1, 150) as n;
create table app.access_log (id bigint not null, at timestamptz not null, payload jsonb not null);
insert into app.access_log select n, timestamptz '2026-01-01 00:00+00' + n * interval '15 seconds',
  jsonb_build_object('user_id', n % 60, 'path', '/login', 'ip', '203.0.113.' || n % 250, 'email', 'q' || n % 60 || 'secretlocal@host.example') from generate_series(1, 500) as n;
create table support.tickets (id bigint primary key, customer_id bigint not null references crm.customers, subject text not null, body text not null, created_at timestamptz not null);
insert into support.tickets select n, n, 'Cannot log in', 'Please write to q' || n || 'secretlocal@host.example or call 090-7391-' || lpad((n * 37 % 10000)::text, 4, '0') || ' after six', timestamptz '2025-01-01 00:00+00'
  from generate_series(1, 60) as n;
create sequence app.counter;
grant usage on schema crm, billing, app, support to reader;
grant select on all tables in schema crm, billing, app, support to reader;
reset role;
analyze;
