-- name: arrows
select event_id, payload -> 'screen' as screen, payload -> 'screen' ->> 'w' as w, (payload ->> 'load_ms')::int as ms, payload #> '{tags,0}' as tag, payload #>> '{items,0,sku}' as sku, payload ? 'items' as has_items from web.page_event where event_id < 500 order by event_id
-- name: subscripts
select event_id, payload['screen']['w'], payload['tags'][1], (payload['ab'])::text from web.page_event where event_id between 30 and 90 order by event_id
-- name: array_elements
select e.event_id, i.item ->> 'sku' as sku, (i.item ->> 'qty')::int * (i.item ->> 'price')::numeric as amount, i.no from web.page_event e cross join lateral jsonb_array_elements(e.payload -> 'items') with ordinality as i (item, no) where e.event_name = 'purchase' order by 1, 4
-- name: array_elements_text
select tag, count(*) from web.page_event, jsonb_array_elements_text(payload -> 'tags') as tag group by tag order by 2 desc, 1
-- name: to_recordset
select e.event_id, r.sku, r.qty, r.price from web.page_event e, jsonb_to_recordset(e.payload -> 'items') as r (sku text, qty int, price numeric) where e.event_id < 1000 and r.qty > 1 order by 1, 2, 3
-- name: to_record
select e.event_id, s.w, s.h from web.page_event e, jsonb_to_record(e.payload -> 'screen') as s (w int, h int) where e.event_id < 200 order by 1
-- name: path_query
select event_id, jsonb_path_query(payload, '$.items[*] ? (@.qty > 1).sku') as sku from web.page_event where event_id < 1500 order by 1, 2
-- name: path_predicates
select count(*) filter (where payload @? '$.items[*] ? (@.price > 600)') as dear, count(*) filter (where payload @@ '$.screen.w > 500') as wide, count(*) filter (where jsonb_path_exists(payload, '$.contact')) as contact from web.page_event
-- name: path_functions
select event_id, jsonb_path_query_first(payload, '$.items[*].price'), jsonb_path_query_array(payload, '$.tags[*]'), jsonb_path_query_array(payload, '$.items[*] ? (@.sku like_regex "^SKU-000" && @.qty >= $q)', '{"q": 1}') from web.page_event where event_id < 300 order by 1
-- name: containment
select event_name, count(*) from web.page_event where payload @> '{"ab": "A"}' and payload -> 'screen' @> '{"w": 460}' and payload ?& array['ab', 'tags'] and payload ?| array['items', 'screen'] group by 1 order by 1
-- name: aggregate_json
select region, json_agg(json_build_object('id', customer_id, 'mail', email) order by customer_id) as list from dim_customer where customer_id < 60 group by region order by region
-- name: aggregate_rows
select c.region, jsonb_agg(to_jsonb(c) - 'updated_at' order by c.customer_id) as rows from (select * from dim_customer where customer_id < 20) c group by c.region order by c.region
-- name: row_to_json_dashboard
select row_to_json(x) from (select t.ticket_id, t.subject, t.body, (select row_to_json(c) from (select name, email from dim_customer d where d.customer_id = t.customer_id) c) as customer from fact_ticket t order by t.ticket_id limit 40) x order by (row_to_json(x) ->> 'ticket_id')::int
-- name: array_to_json_of_query
select array_to_json(array_agg(row_to_json(t))) from (select plan, monthly_fee from dim_plan order by plan_id) t
-- name: nested_document
select jsonb_pretty(jsonb_build_object('region', region, 'customers', (select jsonb_agg(jsonb_build_object('name', name, 'orders', (select count(*) from fact_order o where o.customer_id = c.customer_id)) order by c.customer_id) from dim_customer c where c.region = r.region and c.customer_id < 30))) from (select distinct region from dim_customer) r order by region
-- name: object_keys
select k, count(*) from web.access_log, jsonb_object_keys(payload) as k group by k order by k
-- name: each
select key, jsonb_typeof(value) as type, count(*) from web.access_log cross join jsonb_each(payload) group by 1, 2 order by 1, 2
-- name: log_spans
select l.path, s ->> 'name' as span, count(*), avg((s ->> 'ms')::numeric)::numeric(8,2) as ms from web.access_log l, jsonb_array_elements(l.payload -> 'spans') s where l.payload ->> 'level' <> 'info' group by 1, 2 order by 1, 2
-- name: log_users
select (payload -> 'user' ->> 'id')::bigint as customer_id, c.name, count(*) from web.access_log l join crm.dim_customer c on c.customer_id = (l.payload -> 'user' ->> 'id')::bigint where l.status = 500 group by 1, 2 order by 3 desc, 1 limit 50
-- name: attributes
select attributes ->> 'channel' as channel, attributes #>> '{device,os}' as os, (attributes ->> 'optin')::boolean as optin, avg((attributes -> 'scores' ->> 0)::int) as score, count(email) from dim_customer group by 1, 2, 3 order by 1, 2, 3
-- name: building_and_merging
select customer_id, attributes || jsonb_build_object('mail', email) as merged, attributes - 'scores' - 'device', jsonb_set(attributes, '{device,year}', '2020') -> 'device', jsonb_strip_nulls(jsonb_build_object('kana', name_kana, 'phone', phone)), jsonb_insert(attributes, '{scores,0}', '99') -> 'scores', attributes #- '{device,os}' from dim_customer where customer_id < 25 order by 1
-- name: json_type_column | database=mart
select customer_id, details -> 'nps' as nps, (details ->> 'churn_risk')::numeric as risk, json_typeof(details), json_extract_path_text(details, 'nps') from sales.customer_health where (details ->> 'nps')::int > 8 order by risk desc, customer_id limit 100
-- name: each_row_expanded
select p.product_id, a.key, a.value from dim_product p left join lateral jsonb_each_text(p.attributes) a on true where p.product_id < 30 order by 1, 2
-- name: populate_record
select r.* from web.page_event e, lateral jsonb_populate_record(null::billing.dim_plan, jsonb_build_object('plan', e.event_name, 'plan_id', e.event_id)) r where e.event_id < 10 order by r.plan_id
-- name: documents_given_out | plain
select event_id, event_name, payload from web.page_event where event_id between 1 and 200
-- name: documents_in_the_lake | users=bob plain
select id, at, payload from lake_raw.access_log
-- name: documents_parsed_in_the_lake | users=bob
select payload ->> 'path' as path, (payload ->> 'status')::int / 100 as class, count(*), avg((payload ->> 'ms')::int)::int from lake_raw.access_log group by 1, 2 order by 1, 2
-- name: lake_database | users=bob database=lake
select payload ->> 'path' as path, count(distinct payload ->> 'user_id') from app.access_log group by 1 order by 1
-- name: xml_report
select xmlelement(name plan, xmlattributes(plan_id as id), plan)::text, xmlforest(plan, monthly_fee)::text from billing.dim_plan order by plan_id
