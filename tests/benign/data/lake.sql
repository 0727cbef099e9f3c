-- Raw application tables, as they come from the applications.
create schema crm authorization gateway;
create schema billing authorization gateway;
create schema app authorization gateway;
create schema support authorization gateway;
set role gateway;
create table crm.customers (
  id bigint primary key, name text not null, name_kana text, email text, phone text, address text,
  birth_date date, card_number varchar(19), internal_score integer, created_at timestamptz not null);
insert into crm.customers
select n, (array['山田', '佐藤', '鈴木', '高橋', '田中', '渡辺', '伊藤'])[1 + n % 7] || ' ' || (array['太郎', '花子', '一郎', '美咲', '健'])[1 + n % 5],
       (array['ヤマダ', 'サトウ', 'スズキ', 'タカハシ', 'タナカ', 'ワタナベ', 'イトウ'])[1 + n % 7],
       'user' || n || '@' || (array['example.co.jp', 'example.com', 'example.net', 'mail.example.io'])[1 + n % 4],
       '0' || (array['90', '80', '70'])[1 + n % 3] || '-' || lpad((n * 37 % 10000)::text, 4, '0') || '-' || lpad((n * 53 % 10000)::text, 4, '0'),
       '東京都港区芝公園' || n % 9 || '丁目', date '1950-01-01' + n * 61 % 20000, '4929' || lpad((n * 7919)::text, 12, '0'), n % 100,
       timestamptz '2024-01-01 00:00+09' + n * interval '7 hours'
  from generate_series(1, 300) as n;
create table billing.contracts (id bigint primary key, customer_id bigint not null references crm.customers, plan text not null, monthly_fee integer not null, started_on date not null, ended_on date);
insert into billing.contracts
select n, 1 + n % 300, (array['basic', 'standard', 'family'])[1 + n % 3], 1000 * (1 + n % 3), date '2024-01-01' + n, case when n % 6 = 0 then date '2024-01-01' + n + 200 end
  from generate_series(1, 400) as n;
create table billing.invoices (id bigint primary key, contract_id bigint not null references billing.contracts, month date not null, amount integer not null, issued_at timestamptz not null);
insert into billing.invoices select n, 1 + n % 400, (date '2024-01-01' + (n % 24) * interval '1 month')::date, 1000 + n % 700, timestamptz '2024-01-01 09:00+09' + n * interval '17 hours' from generate_series(1, 1000) as n;
create table billing.payments (id bigint primary key, invoice_id bigint not null references billing.invoices, paid_at timestamptz not null, amount integer not null, method text not null, card_number varchar(19));
insert into billing.payments select n, n, timestamptz '2024-02-01 00:00+09' + n * interval '17 hours', 1000 + n % 700, (array['card', 'bank', 'store'])[1 + n % 3], case when n % 3 = 0 then '4929' || lpad((n * 7919)::text, 12, '0') end from generate_series(1, 900) as n;
create table app.access_log (id bigint primary key, at timestamptz not null, payload jsonb not null);
insert into app.access_log
select n, timestamptz '2026-01-01 00:00+09' + n * interval '95 seconds',
       jsonb_build_object('user_id', n % 300, 'path', (array['/login', '/plans', '/usage', '/cart'])[1 + n % 4], 'status', (array[200, 200, 200, 302, 404, 500])[1 + n % 6], 'ms', n * 13 % 900)
       || case when n % 10 = 0 then jsonb_build_object('ip', '203.0.113.' || n % 250) else '{}' end
  from generate_series(1, 1000) as n;
create table support.tickets (id bigint primary key, customer_id bigint not null references crm.customers, subject text not null, body text not null, created_at timestamptz not null);
insert into support.tickets
select n, n, (array['請求について', 'Cannot log in', '解約したい'])[1 + n % 3],
       case n % 3 when 0 then 'Please write to user' || n || '@example.com after six' when 1 then '電話は 090-1234-' || lpad(n::text, 4, '0') || ' へ' else '速度が遅いです' end,
       timestamptz '2025-01-01 00:00+09' + n * interval '31 hours'
  from generate_series(1, 200) as n;
grant usage on schema crm, billing, app, support to reader;
grant select on all tables in schema crm, billing, app, support to reader;
reset role;
analyze;
