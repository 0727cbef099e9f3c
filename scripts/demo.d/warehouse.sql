-- The warehouse: cleaned dimensions and facts of two services, and the lake within reach as the schema lake_raw.
-- Variables: lake_port, reader_password
\set ON_ERROR_STOP on
set client_min_messages = warning;
create extension postgres_fdw;
create server lake foreign data wrapper postgres_fdw
  options (host '127.0.0.1', port :'lake_port', dbname 'lake', fetch_size '10000', use_remote_estimate 'true');
create user mapping for gateway server lake options (user 'reader', password :'reader_password');
grant usage on foreign server lake to gateway;

set role gateway;
create schema lake_raw;
create schema crm;
create schema billing;
import foreign schema crm from server lake into lake_raw;
import foreign schema billing from server lake into lake_raw;
import foreign schema app from server lake into lake_raw;
import foreign schema support from server lake into lake_raw;

create table crm.dim_customer (
  customer_id bigint primary key,
  name        text not null,
  email       text not null,
  phone       text not null,
  address     text not null,
  birth_date  date not null,
  region      text not null,
  signed_up   date not null
);
insert into crm.dim_customer
select id, name, lower(email), phone, address, birth_date,
       coalesce(substring(address from '^(東京都|大阪府|京都府|北海道|..県)'), 'overseas'), created_at::date
  from lake_raw.customers;

create table crm.fact_ticket (
  ticket_id   bigint primary key,
  customer_id bigint not null references crm.dim_customer,
  subject     text not null,
  body        text not null,
  created_at  timestamptz not null
);
insert into crm.fact_ticket select id, customer_id, subject, body, created_at from lake_raw.tickets;

create table billing.dim_plan (
  plan        text primary key,
  monthly_fee integer not null,
  audience    text not null
);
insert into billing.dim_plan values
  ('basic', 980, 'personal'), ('standard', 1980, 'personal'), ('family', 4980, 'personal'), ('business', 19800, 'company');

create table billing.fact_invoice (
  invoice_id  bigint primary key,
  contract_id bigint not null,
  customer_id bigint not null references crm.dim_customer,
  plan        text not null references billing.dim_plan,
  month       date not null,
  amount      integer not null
);
insert into billing.fact_invoice
select i.id, i.contract_id, c.customer_id, c.plan, i.month, i.amount
  from lake_raw.invoices as i join lake_raw.contracts as c on c.id = i.contract_id;

create table billing.fact_payment (
  payment_id  bigint primary key,
  invoice_id  bigint not null references billing.fact_invoice,
  paid_at     timestamptz not null,
  amount      integer not null,
  method      text not null
);
insert into billing.fact_payment select id, invoice_id, paid_at, amount, method from lake_raw.payments;

-- Filled through the gateway, by whoever runs the masking move from the lake.
create table billing.customer_contact (
  customer_id bigint primary key,
  name        text,
  email       text,
  phone       text
);

create index on billing.fact_invoice (customer_id);
create index on billing.fact_invoice (month);
create index on billing.fact_payment (invoice_id);
analyze crm.dim_customer, crm.fact_ticket, billing.dim_plan, billing.fact_invoice, billing.fact_payment;
