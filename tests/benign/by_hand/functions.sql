-- The masks as policies/README.md and docs describe them, written down a second time by hand.
create function pg_temp.initial(t text) returns text language sql as
$$ select case when char_length(t) > 1 then left(t, 1) || '****' when t is not null then '****' end $$;
create function pg_temp.last_four(t text) returns text language sql as
$$ select case when char_length(t) > 4 then '****' || right(t, 4) when t is not null then '****' end $$;
create function pg_temp.hidden(t text) returns text language sql as
$$ select case when t is not null then '********' end $$;
create function pg_temp.mail(t text) returns text language sql as
$$ select case when t is null then null when t ~ '^.+@' then left(t, 1) || '***@***' || coalesce(substring(t from '\.(?:com|net|org|jp)$'), '.***') else '***' end $$;
create function pg_temp.phone(t text) returns text language sql as
$$ select case when t is null or t ~ '^[-* ]*[0-9]{0,2}$' then t when char_length(d) >= 8 then '***-****-**' || right(d, 2) else '***' end
     from (select regexp_replace(translate(t, '０１２３４５６７８９', '0123456789'), '[^0-9]', '', 'g')) as digits (d) $$;
create function pg_temp.year(d date) returns date language sql as
$$ select make_date(extract(year from d)::integer, 1, 1) $$;
create function pg_temp.million(n integer) returns integer language sql as
$$ select floor(n / 1000000.0)::integer * 1000000 $$;
create function pg_temp.token(t text) returns text language sql as
$$ select left(encode(sha256(k || sha256(k || convert_to(t, 'UTF8'))), 'hex'), 32) from convert_to(current_setting('test.token_key'), 'UTF8') as key (k) $$;
create function pg_temp.prose(t text) returns text language sql as
$$ select regexp_replace(regexp_replace(t, '[A-Za-z0-9.]+@[A-Za-z0-9.]+[.][a-z]+', '[email]', 'g'), '0[0-9]{2}-[0-9]{4}-[0-9]{4}', '[phone]', 'g') $$;
-- In an expression a document that holds anything personal is masked as a whole; given out as it is, value by value.
create function pg_temp.document(d jsonb) returns jsonb language sql as
$$ select case when d::text ~ '@|203[.]0' then '"[masked]"'::jsonb else d end $$;
create function pg_temp.values_of(d jsonb) returns jsonb language sql as
$$ select regexp_replace(regexp_replace(d::text, '[A-Za-z0-9.]+@[A-Za-z0-9.]+[.][a-z]+', '[email]', 'g'), '203[.]0[.]113[.][0-9]+', '[ip]', 'g')::jsonb $$;
