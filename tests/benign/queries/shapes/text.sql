-- name: regex_extraction
select (regexp_match(line, 'status=(\d+)'))[1]::int as status, substring(line from 'dur=([0-9]+)ms')::int as ms, substring(line, '^method=(\w+)') as method, count(*) from web.access_log group by 1, 2, 3 having count(*) > 1 order by 1, 2, 3
-- name: regex_tables
select m[1] as key, m[2] as value, count(*) from web.access_log, regexp_matches(line, '(\w+)=(\w+)', 'g') as m where id < 100 group by 1, 2 order by 1, 2
-- name: ticket_codes
select substring(body from 'code=(E[0-9]+)') as code, regexp_replace(body, '^.*module=', '') as module, count(*) from fact_ticket where body like 'ERROR%' group by 1, 2 order by 1, 2
-- name: ticket_words
select word, count(*) from fact_ticket, regexp_split_to_table(lower(body), '\W+') as word where length(word) > 3 group by word order by count(*) desc, word
-- name: search_tickets
select ticket_id, subject, body from fact_ticket where body ilike '%after six%' or subject ~* 'log in' order by ticket_id desc limit 100
-- name: search_tickets_unordered | plain
select ticket_id, subject, body from fact_ticket where body ilike '%after six%' or channel = 'chat'
-- name: full_text_search
select ticket_id, ts_rank(to_tsvector('simple', body), q) as rank from fact_ticket, to_tsquery('simple', 'error & auth') as q where to_tsvector('simple', body) @@ q order by rank desc, ticket_id limit 20
-- name: headline
select ts_headline('simple', body, plainto_tsquery('simple', 'module')) as h, count(*) from fact_ticket group by 1 order by 1
-- name: mail_domains
select split_part(email, '@', 2) as domain, right(email, 4) as ending, count(*) from dim_customer group by 1, 2 order by 3 desc, 1, 2
-- name: normalisation
select customer_id, trim(both ' ' from lower(name)) as a, initcap(email), translate(phone, '-', ''), replace(address, '*', '#'), lpad(customer_id::text, 8, '0'), overlay(name placing '..' from 2), reverse(name), concat_ws(' / ', name, email, phone), format('%s <%s>', name, email), length(name), octet_length(name), char_length(email), position('@' in email), left(name, -1), ascii(name), quote_literal(name), quote_ident(region), starts_with(email, 'i'), to_hex(customer_id), name || E'\t' || email, normalize(name, nfkc), unistr('\0041') from dim_customer where customer_id <= 60 order by 1
-- name: case_insensitive
select count(*) from dim_customer where email ilike 'T%' or name similar to '(山|佐)%' or phone not like '%-%-%' or email ~ '^[a-k]' and name !~~ '田%'
-- name: escapes
select count(*) filter (where path like '/api/v1/%'), count(*) filter (where path like '%\_%'), count(*) filter (where path like '%!%%' escape '!'), count(*) filter (where user_agent like E'Mozilla/5.0 (iPhone)') from web.access_log
-- name: string_agg_lists
select region, string_agg(distinct segment, ', ' order by segment) as segments, string_agg(name, ',' order by customer_id) filter (where customer_id < 30) as names from dim_customer group by region order by region
-- name: string_to_rows
select t.tag, count(*) from dim_customer, string_to_table(array_to_string(tags, ','), ',') as t (tag) group by 1 order by 1
-- name: url_parts
select split_part(page_path, '/', 2) as section, nullif(split_part(page_path, '/', 3), '')::int % 10 as digit, regexp_replace(referrer, '^https?://(www\.)?([^/]+).*$', '\2') as host, count(*) from web.page_event group by 1, 2, 3 order by 1, 2, 3
-- name: hashes_for_export
select customer_id, md5(email), encode(sha256(convert_to(phone, 'UTF8')), 'hex'), encode(digest, 'base64') from (select customer_id, email, phone, sha224(name::bytea) as digest from dim_customer where customer_id < 50) s order by 1
-- name: collations
select name from dim_customer where customer_id < 60 order by name collate "C" desc, customer_id
-- name: concat_nulls
select customer_id, concat(email, null, phone), email || null as nothing, coalesce(email, phone, 'nobody') as contact, coalesce(nullif(trim(name_kana), ''), name) as reading, num_nulls(email, phone, name_kana) from dim_customer order by customer_id limit 200
-- name: arrays
select customer_id, tags, tags[1], tags[1:2], array_length(tags, 1), 'vip' = any (tags) as vip, tags @> array['5g'], tags && array['fiber', 'lte'], array_position(tags, 'lte'), array_remove(tags, '5g'), tags || array['x'], array_to_string(tags, '|'), array_append(tags, name) from dim_customer where cardinality(tags) = 3 order by customer_id limit 80
-- name: array_aggregates
select region, array_agg(distinct segment order by segment), array_agg(email order by customer_id) filter (where customer_id < 40), (array_agg(phone order by customer_id))[1] from dim_customer group by region order by region
-- name: unnest_with_ordinality
select t.tag, t.no, count(*) from dim_customer c cross join unnest(c.tags) with ordinality as t (tag, no) group by 1, 2 order by 1, 2
-- name: array_of_composites
select region, array_agg(row(customer_id, email) order by customer_id)::text as list from dim_customer where customer_id < 30 group by region order by region
-- name: fuzzy_buckets
select width_bucket(customer_id, 1, 1500, 5) as b, min(name), max(name), min(email), max(birth_date), bool_and(email is not null), every(phone like '***%'), bit_or(customer_id::int) from dim_customer group by 1 order by 1
-- name: unicode_identifiers
select "顧客"."name" as "お名前", "顧客"."region" as "地域" from crm.dim_customer as "顧客" where "顧客"."customer_id" < 20 order by "顧客"."customer_id"
-- name: dollar_quotes
select $$it's$$ as a, $tag$a $$ b$tag$ as b, U&'\3042' as c, E'line\nbreak' as d, B'101' as e, X'1F' as f, 'a' 
'b' as g, email from dim_customer where customer_id = 7
