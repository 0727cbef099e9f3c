-- The lake: tables of the applications of a subscription business, as raw as they are. Every run makes the same data.
\set ON_ERROR_STOP on
set client_min_messages = warning;
set role gateway;
begin;
select setseed(0.42) \g /dev/null

create schema crm;
create schema billing;
create schema app;
create schema support;

create temp table family (id int, written text, kana text, roman text);
insert into family values
  (0, '佐藤', 'サトウ', 'sato'), (1, '鈴木', 'スズキ', 'suzuki'), (2, '高橋', 'タカハシ', 'takahashi'), (3, '田中', 'タナカ', 'tanaka'),
  (4, '伊藤', 'イトウ', 'ito'), (5, '渡辺', 'ワタナベ', 'watanabe'), (6, '山本', 'ヤマモト', 'yamamoto'), (7, '中村', 'ナカムラ', 'nakamura'),
  (8, '小林', 'コバヤシ', 'kobayashi'), (9, '加藤', 'カトウ', 'kato'), (10, '吉田', 'ヨシダ', 'yoshida'), (11, '森', 'モリ', 'mori'),
  (12, 'Smith', null, 'smith'), (13, 'Johnson', null, 'johnson'), (14, 'Brown', null, 'brown'), (15, 'Taylor', null, 'taylor'),
  (16, 'O''Connor', null, 'oconnor'), (17, 'García', null, 'garcia'), (18, 'Miller', null, 'miller'), (19, 'Nguyen', null, 'nguyen');
create temp table given (id int, written text, kana text, roman text, english text);
insert into given values
  (0, '太郎', 'タロウ', 'taro', 'James'), (1, '花子', 'ハナコ', 'hanako', 'Mary'), (2, '陽菜', 'ヒナ', 'hina', 'Emma'), (3, '蓮', 'レン', 'ren', 'Liam'),
  (4, '結衣', 'ユイ', 'yui', 'Olivia'), (5, '大翔', 'ヒロト', 'hiroto', 'Noah'), (6, '美咲', 'ミサキ', 'misaki', 'Ava'), (7, '健一', 'ケンイチ', 'kenichi', 'Robert'),
  (8, '真由美', 'マユミ', 'mayumi', 'Linda'), (9, '翔太', 'ショウタ', 'shota', 'Lucas'), (10, '恵子', 'ケイコ', 'keiko', 'Susan'), (11, '直樹', 'ナオキ', 'naoki', 'Daniel');
create temp table place (id int, written text);
insert into place values
  (0, '東京都新宿区西新宿'), (1, '東京都渋谷区神南'), (2, '大阪府大阪市北区梅田'), (3, '北海道札幌市中央区北一条西'),
  (4, '福岡県福岡市博多区博多駅前'), (5, '愛知県名古屋市中村区名駅'), (6, '京都府京都市下京区四条通'), (7, '宮城県仙台市青葉区一番町');

-- Sixteen digits whose last one is the Luhn check digit, as on a real card; none of the numbers was ever issued.
create function pg_temp.card(serial bigint) returns text language sql immutable as $$
  with digits as (
    select i, substr('4000' || lpad(serial::text, 11, '0'), i, 1)::int as digit from generate_series(1, 15) as i
  ), total as (
    select sum(case when i % 2 = 1 then digit * 2 - case when digit > 4 then 9 else 0 end else digit end) as sum from digits
  )
  select '4000' || lpad(serial::text, 11, '0') || ((10 - sum % 10) % 10)::text from total
$$;

create table crm.customers (
  id          bigint primary key,
  name        text not null,
  name_kana   text,
  email       text not null,
  phone       text not null,
  address     text not null,
  birth_date  date not null,
  card_number varchar(19),
  created_at  timestamptz not null
);
insert into crm.customers
select n,
       case when f.kana is null then g.english || ' ' || f.written else f.written || ' ' || g.written end,
       case when f.kana is null then null else f.kana || ' ' || g.kana end,
       case when f.kana is null then lower(g.english) else g.roman end || '.' || f.roman || n || '@' ||
         (array['example.com', 'example.co.jp', 'mail.example.org', 'example.net'])[1 + n % 4],
       case when f.kana is null
            then '+1-202-555-' || lpad((n % 10000)::text, 4, '0')
            else (array['090', '080', '070'])[1 + n % 3] || '-' || lpad((n * 37 % 10000)::text, 4, '0') || '-' || lpad((n * 91 % 10000)::text, 4, '0') end,
       case when f.kana is null
            then (100 + n % 900) || ' ' || (array['Main Street', 'Oak Avenue', 'King Street', 'Lake Road'])[1 + n % 4] || ', Springfield'
            else p.written || (1 + n % 9) || '-' || (1 + n % 27) || '-' || (1 + n % 13) end,
       date '1945-01-01' + (random() * 22000)::int,
       case when n % 9 = 0 then null else pg_temp.card(n * 7919) end,
       timestamptz '2022-01-01 09:00+09' + random() * interval '1600 days'
  from generate_series(1, 20000) as n
  join family as f on f.id = n * 7 % 20
  join given as g on g.id = n / 3 % 12
  join place as p on p.id = n % 8;

create table billing.contracts (
  id          bigint primary key,
  customer_id bigint not null references crm.customers,
  plan        text not null,
  monthly_fee integer not null,
  started_on  date not null,
  ended_on    date
);
insert into billing.contracts
select n, c.id, plan, (array[980, 1980, 4980, 19800])[which], c.created_at::date,
       case when random() < 0.22 then c.created_at::date + 30 + (random() * 700)::int end
  from generate_series(1, 24000) as n
  join crm.customers as c on c.id = 1 + n * 13 % 20000
 cross join lateral (select 1 + (n * 31 % 10) * 4 / 10 as which) as w
 cross join lateral (select (array['basic', 'standard', 'family', 'business'])[which] as plan) as p;

create table billing.invoices (
  id          bigint generated always as identity primary key,
  contract_id bigint not null references billing.contracts,
  month       date not null,
  amount      integer not null,
  issued_at   timestamptz not null
);
insert into billing.invoices (contract_id, month, amount, issued_at)
select c.id, month::date, c.monthly_fee, month + interval '9 hours'
  from billing.contracts as c
 cross join lateral generate_series(date_trunc('month', c.started_on + interval '1 month'),
                                    least(c.ended_on, date '2026-06-01'), interval '4 months') as month;

create table billing.payments (
  id          bigint generated always as identity primary key,
  invoice_id  bigint not null references billing.invoices,
  paid_at     timestamptz not null,
  amount      integer not null,
  method      text not null,
  card_number varchar(19)
);
insert into billing.payments (invoice_id, paid_at, amount, method, card_number)
select i.id, i.issued_at + random() * interval '20 days', i.amount,
       case when c.card_number is null then 'bank_transfer' else 'card' end, c.card_number
  from billing.invoices as i
  join billing.contracts as k on k.id = i.contract_id
  join crm.customers as c on c.id = k.customer_id
 where i.id % 23 <> 0;

create table app.access_log (
  id      bigint not null,
  at      timestamptz not null,
  payload jsonb not null
);
insert into app.access_log
select n, timestamptz '2026-01-01 00:00+09' + n * interval '15 seconds',
       ('{"user_id":' || 1 + n * 17 % 20000 ||
        ',"path":"' || (array['/', '/login', '/plans', '/account', '/invoices', '/support', '/api/v1/usage'])[1 + n % 7] ||
        '","status":' || (array[200, 200, 200, 200, 304, 404, 500])[1 + n * 3 % 7] ||
        ',"ms":' || 3 + n * 7919 % 480 ||
        ',"ip":"203.0.113.' || n % 254 + 1 ||
        '","agent":"' || (array['Mozilla/5.0 (iPhone)', 'Mozilla/5.0 (Windows NT 10.0)', 'okhttp/4.9'])[1 + n % 3] ||
        case when n % 7 = 1 then '","email":"user' || n * 17 % 20000 || '@example.com' else '' end || '"}')::jsonb
  from generate_series(1, 1000000::bigint) as n;

create table support.tickets (
  id          bigint primary key,
  customer_id bigint not null references crm.customers,
  subject     text not null,
  body        text not null,
  created_at  timestamptz not null
);
insert into support.tickets
select n, c.id,
       (array['請求書について', 'Cannot log in', '解約したい', 'Change of payment method', '住所変更のお願い'])[1 + n % 5],
       format((array[
         'いつもお世話になっております。%1$s です。今月の請求書が届いていません。ご連絡は %2$s または %3$s までお願いします。',
         'Hello, this is %1$s. I cannot log in with %2$s since yesterday. Please call me back at %3$s after 6 pm.',
         '%1$s と申します。解約の手続きを教えてください。電話（%3$s）は日中つながりません。メールは %2$s です。',
         'Please charge my new card %4$s from next month on. Receipts still go to %2$s. Regards, %1$s',
         '引っ越しました。新しい住所は %5$s です。確認の電話は %3$s へ。%1$s（%2$s）'])[1 + n % 5],
         c.name, c.email, c.phone, coalesce(c.card_number, pg_temp.card(n)), c.address),
       c.created_at + random() * interval '90 days'
  from generate_series(1, 5000) as n
  join crm.customers as c on c.id = 1 + n * 3 % 20000;

grant usage on schema crm, billing, app, support to reader;
grant select on all tables in schema crm, billing, app, support to reader;
commit;

create index on app.access_log (at);
create index on billing.invoices (contract_id);
create index on billing.payments (invoice_id);
reset role;
analyze;
