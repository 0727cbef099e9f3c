-- One role that owns the database and is what the gateway logs in as; `reader` is what postgres_fdw uses in the lake.
-- Variables: database, gateway_password, reader_password
create role gateway login password :'gateway_password';
create role reader login password :'reader_password';
create database :"database" owner gateway;
\connect :"database"
revoke create on schema public from public;
