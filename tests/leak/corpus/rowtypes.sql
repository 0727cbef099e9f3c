-- Whole rows, and what rows become.
row | select p from crm.person p order by id
row star | select (p).* from crm.person p order by id
row field | select (p).email from crm.person p order by id
row as function | select email(p) from crm.person p order by id
row as text | select p::text from crm.person p order by id
row to json | select row_to_json(p) from crm.person p order by id
row to jsonb | select to_jsonb(p) from crm.sealed_forms p order by id
rows aggregated | select json_agg(p order by id) from crm.person p
rows in array | select array_agg(p order by id) from crm.visit p
row compared | select count(*) from crm.person a join crm.person b on a = b
row in distinct | select count(*) from (select distinct p from crm.person p) x
row is null | select count(*) from crm.sealed_numbers s where s is null
row is not null | select count(*) from crm.sealed_numbers s where s is not null
row in coalesce | select coalesce(p, p) from crm.person p order by id limit 3
row cast to type | select (p::crm.person).email from crm.person p order by id
row populated | select * from jsonb_populate_record(null::crm.person, '{"email": "x"}')
row from json | select jsonb_populate_record(null::crm.person, to_jsonb(p)) from crm.person p order by id
keys of row | select jsonb_object_keys(to_jsonb(p)) from crm.person p where id = 1
values of row | select e.* from crm.person p, jsonb_each(to_jsonb(p)) e where id < 3 order by 1, 2::text
row hashed | select hashtext(p::text), md5(p::text) from crm.person p order by id
row in subselect | select (select p from crm.person p where id = 2)
row of view | select v from crm.v_card v order by id
row of copy | select m from crm.m_person m order by id
row of filtered | select v from crm.visit v order by id
row of parent | select b from crm.base b order by id, kind
row of parent's kinds | select (b).name, b.kind from crm.base b order by id, kind
row of foreign @bob | select c from lake_raw.customers c order by id
row in lateral | select x.email from crm.person p, lateral (select (p).*) x order by x.id
row with other names | select r from crm.person as r (a, b) order by a
row constructor | select row(p.*), row(id, email) from crm.person p order by id
row by null type | select null::crm.person, (null::crm.person).email
row in array element | select (array_agg(p order by id))[1] from crm.person p
row in window | select first_value(p) over (order by id) from crm.person p
row ordered | select id from crm.person p order by p
row grouped | select p, count(*) from crm.near p group by p order by 2, 1
row size | select pg_column_size(p), pg_column_size(p.email) from crm.person p order by id
octets of row | select octet_length(p::text) from crm.sealed_texts p order by id
