-- A star schema of a mobile operator over three years. Everything is computed from row numbers, so that every run has the same rows.
create extension postgres_fdw;
do $$ begin
  execute format('create server lake foreign data wrapper postgres_fdw options (host %L, port %L, dbname %L)', '127.0.0.1', current_setting('test.port'), 'lake');
end $$;
create user mapping for gateway server lake options (user 'reader', password 'reader');
grant usage on foreign server lake to gateway;
create schema lake_raw authorization gateway;
create schema crm authorization gateway;
create schema billing authorization gateway;
create schema sales authorization gateway;
create schema web authorization gateway;
create type public.ticket_status as enum ('open', 'pending', 'solved', 'closed');
create domain public.yen as integer;
set role gateway;
import foreign schema crm from server lake into lake_raw;
import foreign schema billing from server lake into lake_raw;
import foreign schema app from server lake into lake_raw;
import foreign schema support from server lake into lake_raw;

create table crm.dim_customer (
  customer_id bigint primary key, member_no varchar(40) not null, name text not null, name_kana text, email text, phone text, postal_code varchar(8),
  address text, birth_date date, annual_income integer, gender char(1), region text not null, segment text not null, signed_up date not null,
  churned_on date, is_active boolean not null, credit_limit numeric(12,2), attributes jsonb not null, tags text[] not null, created_at timestamptz not null,
  updated_at timestamp(3) not null);
insert into crm.dim_customer
select n, 'M' || lpad((n * 7919 % 1000003)::text, 8, '0'),
       case when n % 11 = 0 then (array['株式会社', '有限会社', '合同会社'])[1 + n % 3] || (array['ひかり電気', '青葉通信', 'みなと運輸'])[1 + n / 11 % 3]
            else (array['山田', '佐藤', '鈴木', '高橋', '田中', '渡辺', '伊藤', '小林', 'Smith', 'Müller'])[1 + n % 10] || ' ' || (array['太郎', '花子', '一郎', '美咲', '健', '陽子', 'Anna'])[1 + n % 7] end,
       case when n % 10 < 8 then (array['ヤマダ', 'サトウ', 'スズキ', 'タカハシ', 'タナカ', 'ワタナベ', 'イトウ', 'コバヤシ'])[1 + n % 10] || ' ' || n % 7 end,
       case n % 23 when 0 then null when 1 then 'unknown' else (array['taro', 'hanako', 'ichiro', 'info', 'k.sato'])[1 + n % 5] || n || '@' || (array['example.co.jp', 'example.com', 'docomo.example.ne.jp', 'mail.example.org', 'mail.example.net', 'corp.example.io'])[1 + n % 6] end,
       case n % 19 when 0 then null when 1 then 'n/a' when 2 then '+81 90 ' || lpad((n * 37 % 10000)::text, 4, '0') || ' ' || lpad((n * 53 % 10000)::text, 4, '0')
            when 3 then '（０３）１２３４−' || '５６７' || n % 10 else '0' || (array['90', '80', '70', '50'])[1 + n % 4] || '-' || lpad((n * 37 % 10000)::text, 4, '0') || '-' || lpad((n * 53 % 10000)::text, 4, '0') end,
       lpad((n * 31 % 1000)::text, 3, '0') || '-' || lpad((n * 17 % 10000)::text, 4, '0'),
       (array['東京都港区', '大阪府大阪市', '北海道札幌市', '福岡県福岡市'])[1 + n % 4] || n % 40 || '-' || n % 9, date '1940-03-15' + n * 97 % 24000,
       case when n % 17 = 0 then null else 1500000 + n * 7717 % 12000000 end, (array['F', 'M', 'X'])[1 + n % 3],
       (array['east', 'west', 'north', 'south'])[1 + n % 4], (array['consumer', 'consumer', 'family', 'business'])[1 + n / 3 % 4], date '2023-01-01' + n * 11 % 1000,
       case when n % 7 = 0 then date '2023-01-01' + n * 11 % 1000 + 30 + n * 13 % 300 end, n % 7 <> 0, (n * 311 % 90000)::numeric(12,2) / 4,
       jsonb_build_object('channel', (array['web', 'store', 'phone', 'partner'])[1 + n % 4], 'device', jsonb_build_object('os', (array['ios', 'android'])[1 + n % 2], 'year', 2019 + n % 6), 'optin', n % 3 = 0, 'scores', jsonb_build_array(n % 10, n % 7, n % 5)),
       array[(array['vip', 'new', 'risk'])[1 + n % 3], (array['5g', 'lte'])[1 + n % 2]] || case when n % 5 = 0 then array['fiber'] else '{}' end,
       timestamptz '2023-01-01 00:00+09' + (n * 11 % 1000) * interval '1 day' + n * interval '7 minutes', timestamp '2026-01-01 00:00' + n * interval '11 minutes 0.125 seconds'
  from generate_series(1, 1500) as n;
create table crm.dim_agent (agent_id integer primary key, agent_code text not null unique, team text not null, full_name text not null, mail text not null, hired_on date not null, manager_id integer references crm.dim_agent);
insert into crm.dim_agent
select n, 'A' || lpad(n::text, 3, '0'), (array['billing', 'network', 'retention', 'field'])[1 + n % 4], (array['林', '清水', '森', '池田'])[1 + n % 4] || ' ' || n, 'agent' || n || '@support.example.com', date '2015-04-01' + n * 40,
       case when n > 1 then n / 4 + 1 - case when n / 4 + 1 >= n then 1 else 0 end end
  from generate_series(1, 60) as n;
create table crm.fact_ticket (
  ticket_id bigint primary key, customer_id bigint not null references crm.dim_customer, agent_id integer references crm.dim_agent, subject text not null, body text not null,
  status public.ticket_status not null, priority smallint not null, channel text not null, created_at timestamptz not null, first_reply_at timestamptz, resolved_at timestamptz,
  tags text[] not null, satisfaction smallint, requester text);
insert into crm.fact_ticket
select n, 1 + n * 7 % 1500, case when n % 13 <> 0 then 1 + n % 60 end, (array['請求について', 'Cannot log in', '解約したい', 'SIM card lost', '速度が遅い'])[1 + n % 5],
       case n % 4 when 0 then 'Please write to user' || n || '@example.com after six' when 1 then '折り返しは 090-1234-' || lpad((n % 10000)::text, 4, '0') || ' までお願いします'
                  when 2 then 'ERROR code=E' || n % 40 || ' module=' || (array['auth', 'sync', 'pay'])[1 + n % 3] else '速度が遅いです。' || n % 30 || ' Mbps' end,
       (array['open', 'pending', 'solved', 'closed'])[1 + n % 4]::public.ticket_status, 1 + n % 4, (array['mail', 'phone', 'chat'])[1 + n % 3], timestamptz '2023-01-05 08:00+09' + n * interval '13 hours',
       case when n % 13 <> 0 then timestamptz '2023-01-05 08:00+09' + n * interval '13 hours' + (n % 300) * interval '1 minute' end,
       case when n % 4 >= 2 then timestamptz '2023-01-05 08:00+09' + n * interval '13 hours' + (60 + n * 17 % 6000) * interval '1 minute' end,
       array[(array['billing', 'network', 'device'])[1 + n % 3]] || case when n % 4 = 0 then array['urgent'] else '{}' end, case when n % 3 = 0 then 1 + n % 5 end, (array['山田', '佐藤', 'Smith'])[1 + n % 3] || n % 50
  from generate_series(1, 2000) as n;
create view crm.customer_card as select customer_id, name, email as contact, birth_date, region from crm.dim_customer;
create view crm.customer_card_of_card as select customer_id, contact, region from crm.customer_card where customer_id % 2 = 0;
create view crm.ticket_summary as
select c.region, t.channel, t.status, count(*) as tickets, avg(t.satisfaction) as satisfaction, count(distinct c.email) as senders
  from crm.fact_ticket as t join crm.dim_customer as c using (customer_id) group by c.region, t.channel, t.status;
create materialized view crm.customer_copy as select customer_id, email, phone, region from crm.dim_customer where is_active;

create table billing.dim_plan (plan_id integer primary key, plan text not null unique, family text not null, monthly_fee public.yen not null, data_gb integer, launched_on date not null);
insert into billing.dim_plan values (1, 'basic', 'mobile', 980, 3, '2019-04-01'), (2, 'standard', 'mobile', 2980, 20, '2019-04-01'), (3, 'max', 'mobile', 6980, null, '2020-10-01'), (4, 'family', 'mobile', 4980, 50, '2021-02-01'),
  (5, 'fiber 1G', 'fixed', 5200, null, '2018-06-01'), (6, 'fiber 10G', 'fixed', 6380, null, '2022-06-01'), (7, 'business', 'business', 9800, 100, '2020-01-01'), (8, 'iot', 'business', 120, 0, '2023-01-01');
create table billing.dim_date (date_key date primary key, year integer not null, quarter integer not null, month integer not null, iso_week integer not null, weekday integer not null, fiscal_year integer not null, is_weekend boolean not null, label text not null);
insert into billing.dim_date
select d, extract(year from d), extract(quarter from d), extract(month from d), extract(week from d), extract(isodow from d), extract(year from d - interval '3 months'), extract(isodow from d) > 5, to_char(d, 'YYYY"年"FMMM"月"FMDD"日"')
  from (select date '2023-01-01' + n as d from generate_series(0, 1095) as n) as days;
create table billing.fact_subscription (subscription_id bigint primary key, customer_id bigint not null, plan_id integer not null references billing.dim_plan, started_on date not null, ended_on date, status text not null, mrr numeric(10,2) not null, discount_rate real not null);
insert into billing.fact_subscription
select n, 1 + n % 1500, 1 + n * 5 % 8, date '2023-01-01' + n * 7 % 900, case when n % 5 = 0 then date '2023-01-01' + n * 7 % 900 + 20 + n * 3 % 400 end, case when n % 5 = 0 then 'ended' when n % 17 = 0 then 'paused' else 'active' end, (500 + n * 37 % 9000)::numeric(10,2), (n % 4) * 0.125
  from generate_series(1, 2200) as n;
create table billing.fact_invoice (invoice_id bigint primary key, subscription_id bigint not null references billing.fact_subscription, customer_id bigint not null, plan_id integer not null references billing.dim_plan, month date not null, amount numeric(12,2) not null, tax numeric(12,2) not null, status text not null, issued_at timestamptz not null, due_on date not null, paid_on date);
insert into billing.fact_invoice
select n, 1 + n % 2200, 1 + (1 + n % 2200) % 1500, 1 + (1 + n % 2200) * 5 % 8, (date '2023-01-01' + (n % 36) * interval '1 month')::date, (500 + n * 37 % 9000)::numeric(12,2), round((500 + n * 37 % 9000) * 0.1, 2),
       case n % 9 when 0 then 'overdue' when 1 then 'void' else 'paid' end, timestamptz '2023-01-01 03:00+09' + (n % 36) * interval '1 month' + n % 20 * interval '1 hour', (date '2023-01-28' + (n % 36) * interval '1 month')::date,
       case when n % 9 > 1 then (date '2023-01-10' + (n % 36) * interval '1 month')::date + n % 25 end
  from generate_series(1, 6000) as n;
create table billing.fact_payment (payment_id bigint primary key, invoice_id bigint not null references billing.fact_invoice, paid_at timestamptz not null, amount numeric(12,2) not null, method text not null, card_number varchar(19), holder_name text, refunded boolean not null default false);
insert into billing.fact_payment
select n, n, timestamptz '2023-01-10 10:00+09' + (n % 36) * interval '1 month' + n * interval '37 minutes', (500 + n * 37 % 9000)::numeric(12,2), (array['card', 'card', 'bank', 'store'])[1 + n % 4],
       case when n % 4 < 2 then '4929' || lpad((n * 7919)::text, 12, '0') end, case when n % 4 = 2 then (array['ヤマダ', 'サトウ'])[1 + n % 2] || n % 100 end, n % 50 = 0
  from generate_series(1, 4000) as n;
create table billing.fact_usage (customer_id bigint not null, day date not null, bytes bigint not null, minutes integer not null, messages smallint not null, peak_mbps double precision, primary key (customer_id, day));
insert into billing.fact_usage
select 1 + c * 13, date '2025-01-01' + d, (c * 7919 + d * 104729)::bigint * 65537 % 4000000000, (c * 31 + d * 17) % 240, (c + d) % 20, case when (c + d) % 11 <> 0 then ((c * 7 + d * 3) % 400) / 4.0 end
  from generate_series(0, 99) as c, generate_series(0, 59) as d;
create table billing.customer_contact (customer_id bigint primary key, name text, email text, phone text, last_contacted date);
insert into billing.customer_contact select customer_id, name, email, phone, signed_up + 5 from crm.dim_customer where customer_id % 5 = 0;
create table billing.loyalty (customer_id bigint primary key, loyalty_no varchar(40) not null);
insert into billing.loyalty select n, 'L' || n * 7 from generate_series(1, 100) as n;
create table billing.budget (month date not null, plan_id integer not null, amount numeric(14,2) not null, primary key (month, plan_id));
insert into billing.budget select (date '2023-01-01' + m * interval '1 month')::date, p, 100000 + m * 1000 + p * 500 from generate_series(0, 35) as m, generate_series(1, 8) as p;

create table sales.dim_product (product_id integer primary key, sku text not null unique, product_name text not null, category text not null, subcategory text not null, list_price numeric(10,2) not null, attributes jsonb, launched_on date not null);
insert into sales.dim_product
select n, 'SKU-' || lpad(n::text, 5, '0'), (array['スマートフォン', 'Tablet', 'ルーター', 'Case', '充電器', 'Earphones'])[1 + n % 6] || ' ' || chr(65 + n % 26) || n, (array['device', 'device', 'network', 'accessory', 'accessory', 'audio'])[1 + n % 6], (array['entry', 'mid', 'pro'])[1 + n % 3],
       500 + n * 1234 % 120000, case when n % 9 <> 0 then jsonb_build_object('color', (array['black', 'white', 'red'])[1 + n % 3], 'storage_gb', 64 * (1 + n % 4), 'ports', jsonb_build_array('usb-c')) end, date '2021-01-01' + n * 9
  from generate_series(1, 120) as n;
create table sales.dim_store (store_id integer primary key, store_name text not null, prefecture text not null, region text not null, opened_on date not null, floor_m2 numeric(7,1));
insert into sales.dim_store select n, (array['渋谷', '梅田', '札幌', '天神', '横浜', '名古屋'])[1 + n % 6] || '店' || n, (array['東京都', '大阪府', '北海道', '福岡県'])[1 + n % 4], (array['east', 'west', 'north', 'south'])[1 + n % 4], date '2010-01-01' + n * 100, 50 + n * 7.5 from generate_series(1, 24) as n;
create table sales.fact_order (order_id bigint primary key, order_no text not null, order_uuid uuid not null, customer_id bigint not null, store_id integer references sales.dim_store, ordered_at timestamptz not null, status text not null, shipping_address text, coupon text, total numeric(12,2) not null, delivery interval);
insert into sales.fact_order
select n, 'SO-' || to_char(date '2023-01-01' + n * 5 % 1090, 'YYYYMM') || '-' || lpad(n::text, 6, '0'), md5(n::text)::uuid, 1 + n * 17 % 1500, case when n % 3 <> 0 then 1 + n % 24 end,
       timestamptz '2023-01-01 00:00+09' + (n * 5 % 1090) * interval '1 day' + (n * 131 % 1440) * interval '1 minute', (array['placed', 'shipped', 'delivered', 'delivered', 'cancelled', 'returned'])[1 + n % 6],
       (array['東京都港区', '大阪府大阪市'])[1 + n % 2] || n % 70 || '番地', case when n % 8 = 0 then 'SPRING' || n % 3 end, 0, case when n % 6 in (2, 3) then (n % 9) * interval '1 day' + (n % 24) * interval '1 hour' end
  from generate_series(1, 5000) as n;
create table sales.fact_order_line (order_id bigint not null references sales.fact_order, line_no smallint not null, product_id integer not null references sales.dim_product, quantity integer not null, unit_price numeric(10,2) not null, discount numeric(4,3) not null, primary key (order_id, line_no));
insert into sales.fact_order_line
select o, l, 1 + (o * 7 + l * 31) % 120, 1 + (o + l) % 4, 500 + (1 + (o * 7 + l * 31) % 120) * 1234 % 120000, (o % 5) * 0.05
  from generate_series(1, 5000) as o, generate_series(1, 4) as l where l <= 1 + o % 4;
update sales.fact_order as o set total = (select round(sum(quantity * unit_price * (1 - discount)), 2) from sales.fact_order_line as l where l.order_id = o.order_id);
-- Viewers see the visits of their own region alone.
create table sales.fact_store_visit (visit_id bigint primary key, store_id integer not null, region text not null, visited_at timestamptz not null, customer_id bigint, stayed interval not null, bought boolean not null);
insert into sales.fact_store_visit
select n, 1 + n % 24, (array['east', 'west', 'north', 'south'])[1 + (1 + n % 24) % 4], timestamptz '2024-01-01 10:00+09' + n * interval '2 hours 17 minutes', case when n % 3 = 0 then 1 + n % 1500 end, (n * 7 % 90) * interval '1 minute', n % 4 = 0
  from generate_series(1, 3000) as n;
create view sales.order_fact_wide as
select o.order_id, o.order_no, o.ordered_at, o.status, c.name as customer_name, c.email as customer_email, c.region, s.store_name, o.total
  from sales.fact_order as o join crm.dim_customer as c using (customer_id) left join sales.dim_store as s using (store_id);

create table web.page_event (event_id bigint primary key, customer_id bigint, session_id uuid not null, event_name text not null, occurred_at timestamptz not null, page_path text not null, referrer text, payload jsonb not null, revenue numeric(10,2));
insert into web.page_event
select n, case when n % 4 <> 0 then 1 + n / 6 % 1500 end, md5((n / 6)::text)::uuid, (array['page_view', 'page_view', 'product_view', 'add_to_cart', 'checkout', 'purchase'])[1 + n % 6], timestamptz '2025-10-01 00:00+09' + (n / 6) * interval '97 minutes' + n % 6 * interval '40 seconds',
       (array['/', '/plans', '/products/', '/cart', '/checkout', '/thanks'])[1 + n % 6] || case when n % 6 = 2 then (n % 120)::text else '' end, (array['https://www.google.com/', 'https://x.example/', null])[1 + n / 6 % 3],
       jsonb_build_object('screen', jsonb_build_object('w', 360 + n % 5 * 100, 'h', 640), 'ab', (array['A', 'B'])[1 + n / 6 % 2], 'load_ms', n * 37 % 3000, 'tags', jsonb_build_array('t' || n % 3, 't' || n % 5))
         || case when n % 6 >= 3 then jsonb_build_object('items', jsonb_build_array(jsonb_build_object('sku', 'SKU-' || lpad((1 + n % 120)::text, 5, '0'), 'qty', 1 + n % 3, 'price', 500 + n % 120), jsonb_build_object('sku', 'SKU-' || lpad((1 + n % 77)::text, 5, '0'), 'qty', 1, 'price', 900))) else '{}' end
         || case when n % 40 = 0 then jsonb_build_object('contact', 'user' || n || '@example.com') else '{}' end,
       case when n % 6 = 5 then (1000 + n * 13 % 50000)::numeric(10,2) end
  from generate_series(1, 4998) as n;
create table web.access_log (id bigint primary key, at timestamptz not null, method text not null, path text not null, status smallint not null, ms integer not null, client_ip inet, user_agent text, payload jsonb not null, line text not null);
insert into web.access_log
select n, timestamptz '2026-01-01 00:00+09' + n * interval '43 seconds', (array['GET', 'GET', 'POST', 'PUT'])[1 + n % 4], (array['/api/v1/usage', '/api/v1/plans', '/login', '/static/app.js', '/api/v2/orders/'])[1 + n % 5] || case when n % 5 = 4 then (n % 900)::text else '' end,
       (array[200, 200, 200, 200, 304, 404, 500])[1 + n % 7], n * 29 % 1700, ('203.0.113.' || n % 250)::inet, (array['Mozilla/5.0 (iPhone)', 'Mozilla/5.0 (Android 14)', 'curl/8.1'])[1 + n % 3],
       jsonb_build_object('level', (array['info', 'info', 'warn', 'error'])[1 + n % 4], 'trace', translate(md5(n::text), '0123456789', 'ghijklmnop'), 'spans', jsonb_build_array(jsonb_build_object('name', 'db', 'ms', n % 90), jsonb_build_object('name', 'render', 'ms', n % 40)), 'user', jsonb_build_object('id', n % 1500, 'plan', (array['basic', 'max'])[1 + n % 2])),
       'method=' || (array['GET', 'GET', 'POST', 'PUT'])[1 + n % 4] || ' status=' || (array[200, 200, 200, 200, 304, 404, 500])[1 + n % 7] || ' dur=' || n * 29 % 1700 || 'ms'
  from generate_series(1, 2500) as n;
create table web.daily_metric (day date not null, metric text not null, region text not null, value numeric(14,4), primary key (day, metric, region)) partition by range (day);
create table web.daily_metric_2024 partition of web.daily_metric for values from ('2024-01-01') to ('2025-01-01');
create table web.daily_metric_2025 partition of web.daily_metric for values from ('2025-01-01') to ('2026-01-01');
insert into web.daily_metric select date '2024-01-01' + d, m, r, case when d % 37 <> 5 then (d * 31 + ascii(m) * 7 + ascii(r)) % 1000 / 8.0 end from generate_series(0, 729, 2) as d, unnest(array['sessions', 'signups', 'revenue']) as m, unnest(array['east', 'west']) as r;
create table web."Campaign Report" ("Campaign" text not null, "Start Date" date not null, "Spend (JPY)" numeric(12,2) not null, "E-Mail" text, email text, "Clicks" integer not null);
insert into web."Campaign Report" select 'キャンペーン ' || n % 6, date '2025-01-01' + n, n * 1000.5, 'plain ' || n, 'lead' || n || '@example.com', n * 3 % 400 from generate_series(1, 60) as n;
comment on schema billing is 'Plans, subscriptions, invoices';
comment on table billing.fact_invoice is 'One row per invoice';
comment on column billing.fact_invoice.amount is 'Without tax';
create index on billing.fact_invoice (customer_id);
create index on sales.fact_order (customer_id, ordered_at desc);
reset role;
analyze;
