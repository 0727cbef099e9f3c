create table billing.t as select email from customers; drop table billing.t cascade
