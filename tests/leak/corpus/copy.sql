-- COPY out, in every format; COPY in stands with the changes.
table | copy crm.person to stdout
columns | copy crm.person (id, email, s_number) to stdout
csv | copy crm.person to stdout (format csv, header)
binary | copy crm.person to stdout (format binary)
old binary | copy binary crm.part to stdout
query | copy (select * from crm.person order by id) to stdout
query with conditions | copy (select id from crm.person where email like '%.com' order by id) to stdout (format csv)
table statement | copy (table crm.near) to stdout
filtered | copy crm.visit_old to stdout
filtered query | copy (select * from crm.visit order by id) to stdout (format csv, force_quote *)
sealed | copy crm.sealed_forms to stdout (format csv, null 'none')
sealed binary | copy crm.sealed_forms to stdout (format binary)
free text | copy crm.prose to stdout
free text csv | copy crm.prose to stdout (format csv, header)
free text binary | copy crm.prose to stdout (format binary)
free text columns | copy crm.prose (d_text) to stdout
free text odd quote | copy crm.prose (d_text) to stdout (format csv, quote 'e', escape 'x')
free text odd delimiter | copy crm.prose (id, d_text) to stdout (delimiter '@')
free text in a query | copy (select d_text, d_json from crm.prose order by id) to stdout
own table | copy billing.contact to stdout
own filtered | copy billing.account to stdout (format csv)
copy of a copy | copy crm.m_person to stdout
view | copy crm.v_card to stdout
parent | copy crm.base to stdout
error in a row | copy (select s_text::int from crm.sealed_texts) to stdout
error in a late row | copy (select id, 100 / (id - 5), email from crm.person order by id) to stdout
whole row | copy (select p from crm.person p order by id) to stdout
with | copy (with x as (select name from crm.person order by id) table x) to stdout
values | copy (values ((select string_agg(email, ',' order by id) from crm.person))) to stdout
to a file | copy crm.person to '/tmp/x'
to a program | copy crm.person to program 'cat'
foreign @bob | copy (select * from lake_raw.customers order by id) to stdout
lake @bob/lake | copy crm.customers to stdout
lake csv @bob/lake | copy billing.payments to stdout (format csv)
