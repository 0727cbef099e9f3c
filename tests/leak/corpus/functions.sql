-- Functions that look at more than their arguments, and those that only seem to.
query in text | select query_to_xml('select * from crm.person', true, true, '')
table in text | select table_to_xml('crm.person', true, true, '')
cursor in text | begin ;; declare c cursor for select * from crm.person ;; select cursor_to_xml('c', 10, true, true, '') ;; rollback
statistics in text | select * from ts_stat('select to_tsvector(email) from crm.person')
relation size | select pg_relation_size('crm.big'), pg_table_size('crm.visit'), pg_total_relation_size('crm.person')
database size | select pg_database_size(current_database())
column size | select pg_column_size(s_pad), pg_column_size(p_pad) from crm.big order by id limit 5
column compression | select pg_column_compression(s_pad) from crm.big order by id limit 5
toast | select * from pg_toast.pg_toast_16384
relation file | select pg_relation_filepath('crm.person'), pg_relation_filenode('crm.person')
stat function | select pg_stat_get_live_tuples('crm.visit'::regclass), pg_stat_get_tuples_inserted('crm.visit'::regclass)
sequence functions | select currval('crm.visit_id_seq')
sequence last | select pg_sequence_last_value('crm.visit_id_seq')
sequence next | select nextval('crm.visit_id_seq')
sequence own @bob | begin ;; select nextval('billing.ledger_id_seq') ;; rollback
view source | select pg_get_viewdef('crm.v_card'::regclass)
description | select obj_description('crm.person'::regclass), col_description('crm.person'::regclass, 3)
partition tree | select relid::regclass, level from pg_partition_tree('crm.event') order by 1
has privilege | select has_table_privilege('crm.visit', 'select'), has_column_privilege('crm.person', 'email', 'select')
to regclass | select to_regclass('crm.person'), 'crm.person'::regclass::text
type of | select pg_typeof(email), pg_typeof(s_pair), pg_typeof(t) from crm.person p, crm.sealed_forms, crm.part t where p.id = 1 and sealed_forms.id = 1 and t.id = 1
current query | select current_query()
current setting | select current_setting('sluice.token_key', true), current_setting('work_mem')
set config | select set_config('application_name', email, false) from crm.person order by id limit 1 ;; show application_name
notify | select pg_notify('c', email) from crm.person limit 1
advisory lock | select pg_try_advisory_xact_lock(s_number) from crm.person order by id limit 3
random is not asked | select random() is not null
sleep by masked | select pg_sleep(s_int4 * 0) from crm.sealed_numbers limit 1
hashes | select md5(email), sha256(email::bytea), hashtext(name) from crm.person order by id
encodings | select encode(email::bytea, 'base64'), encode(convert_to(name, 'UTF8'), 'hex') from crm.person order by id
string functions | select reverse(email), ascii(address), translate(name, '*', '#'), overlay(email placing 'x' from 1), initcap(email) from crm.person order by id
regexp functions | select regexp_matches(email, '(.)@', 'g'), regexp_count(email, '.'), regexp_substr(name, '[a-z]+') from crm.person order by id
split to table | select id, regexp_split_to_table(d_text, ' ') from crm.prose order by id
soft errors | select to_date(s_text, 'YYYY'), to_timestamp(s_text, 'HH24') from crm.sealed_texts
format | select format('%I %L %s', email, name, address) from crm.person order by id
format by masked | select format(s_text, 1) from crm.sealed_texts
convert | select convert_from(s_bytea, 'UTF8') from crm.sealed_forms
decode | select decode(s_text, 'hex') from crm.sealed_texts
json built | select json_build_object(coalesce(email, 'k'), name), jsonb_build_array(s_number, birth_date) from crm.person order by id
json aggregated | select jsonb_object_agg(id, email), json_object_agg(id, s_number) from crm.person
json parsed | select s_text::jsonb from crm.sealed_texts
xml built | select xmlelement(name e, xmlattributes(email as a), name) from crm.person order by id
xml aggregated | select xmlagg(xmlforest(email, s_number) order by id) from crm.person
table function | select * from json_to_recordset((select json_agg(p order by id) from crm.person p)) as x (id int, email text, s_number int) order by id
series of masked | select generate_series(1, length(email)) from crm.person where id = 1
binary sends | select textsend(email), int4send(s_number) from crm.person order by id
casts to reg | select email::regclass from crm.person
casts to type | select name::regtype from crm.person
bit casts | select s_number::bit(8), s_bit::int from crm.person join crm.sealed_forms using (id) order by id
transaction ids | select txid_current_if_assigned() is null
user names | select current_user = session_user, current_database(), current_schema()
