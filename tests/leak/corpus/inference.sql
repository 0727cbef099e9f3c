-- Ways to learn a hidden value from whether, how many, in which order, or how loudly.
order by masked | select id from crm.person order by email, id
order by sealed | select id from crm.sealed_numbers order by s_int4, id
order by expression | select id from crm.person order by length(address), reverse(email), id
limit by masked order | select id from crm.person order by s_number limit 3
group by masked | select email, count(*) from crm.person group by email order by 1
group by sealed | select s_bool, count(*) from crm.sealed_numbers group by s_bool
having masked | select region, count(*) from crm.person group by region having max(s_number) > 10 order by 1
distinct masked | select count(distinct name), count(distinct s_code) from crm.person
distinct on | select distinct on (name) name, id from crm.person order by name, s_number, id
min and max | select min(email), max(email), min(s_number), max(birth_date) from crm.person
nulls counted | select count(s_int2), count(s_text), count(*) from crm.sealed_numbers, crm.sealed_texts where sealed_numbers.id = sealed_texts.id
is null | select count(*) filter (where s_int8 is null) from crm.sealed_numbers
cast that fails | select s_text::int from crm.sealed_texts
cast in where | select id from crm.sealed_texts where s_text::int > 3
cast of partial mask | select p_varchar::int from crm.part
cast behind case | select case when name ~ '^\d+$' then name::int end from crm.person order by id
division | select 1 / s_int4 from crm.sealed_numbers
division by bucket | select 100 / b_int4 from crm.near order by id
division in where | select id from crm.near where 1 / (b_int4 - 10) > 0
division filtered | select id from crm.deal where 100 / amount > 0 order by id
division filtered factor | select amount / factor from crm.deal order by id
overflow | select s_int8 * 1000000000 from crm.sealed_numbers
sum overflow | select sum(s_float8) from crm.sealed_numbers
regex as pattern | select 'x' ~ s_text from crm.sealed_texts
masked as regex | select 'x' ~ name from crm.person
like escape | select name like '%\' from crm.person
date arithmetic | select s_date - date '2000-01-01' from crm.sealed_times order by id
date overflow | select s_timestamp + s_interval from crm.sealed_times
age of infinity | select age(s_timestamp) is null from crm.sealed_times where s_timestamptz is not null
year mask | select id, y_date, y_timestamp, y_timestamptz from crm.years order by id
year mask in zones | begin ;; set local timezone = 'Asia/Tokyo' ;; select y_timestamptz from crm.years order by id ;; rollback
bucket edges | select id, b_int2, b_int4, b_numeric, b_float8, b_money from crm.near order by id
array index | select s_ints[1], s_ints[2:3], s_texts[9] from crm.sealed_forms order by id
array unnest | select id, unnest(s_ints) from crm.sealed_forms order by id
array length | select cardinality(s_ints), array_upper(s_texts, 1) from crm.sealed_forms order by id
json path | select s_jsonb -> 'list' -> 0, s_jsonb @> '{"n": 1}' from crm.sealed_forms order by id
json strict path | select jsonb_path_query(s_jsonb, 'strict $.list[5]') from crm.sealed_forms
range bounds | select lower(s_int4range), isempty(s_int4range), upper_inf(s_daterange) from crm.sealed_forms join crm.sealed_times using (id) order by id
network | select family(s_inet), masklen(s_cidr), host(s_inet) from crm.sealed_forms order by id
composite field | select (s_pair).a, (s_pair).b, (s_pairs[1]).b from crm.sealed_forms order by id
geometry | select s_point[0], area(s_box) from crm.sealed_forms order by id
xml content | select s_xml::text, xpath('/a', s_xml) from crm.sealed_texts order by id
enum order | select id from crm.sealed_texts order by s_mood, id
domain check | select s_text::crm.short_text from crm.sealed_texts
domain not null | select s_positive from crm.sealed_texts order by id
bytea byte | select get_byte(s_bytea, 5) from crm.sealed_forms
uuid cast | select s_uuid::text::int from crm.sealed_forms
text search | select s_tsvector @@ 'word'::tsquery, length(s_tsvector) from crm.sealed_texts order by id
collation | select s_text < 'b' collate "C" from crm.sealed_texts order by id
length of full | select length(f_text), f_text = f_varchar from crm.fixed order by id
json of full | select f_json, jsonb_typeof(f_json) from crm.fixed order by id
constant compared | select k_text = '7', k_int * 2, k_numeric from crm.fixed order by id
token joined | select a.id, b.id from crm.part a join crm.part b on a.t_text = b.t_text and a.id < b.id order by 1, 2
token of types | select t_text, t_int8, t_uuid, t_float8 from crm.part order by id
phone forms | select h_varchar, length(h_varchar), right(h_varchar, 2) from crm.reach order by id
email forms | select e_varchar, split_part(e_varchar, '.', 2) from crm.reach order by id
last digits | select card_number, card_number::bigint from crm.person
generated | select * from crm.made order by id
generated condition | select id from crm.made where size = 2 order by id
window over masked | select id, rank() over (order by s_number), lag(email) over (order by id) from crm.person order by id
percentile | select percentile_cont(0.5) within group (order by s_number), mode() within group (order by name) from crm.person
hidden rows counted | select count(*), count(visits), sum(visits), avg(visits), max(id) from crm.visit
hidden rows in a cast | select id from crm.task where title::int > 0
hidden rows in division | select id from crm.task where 1 / points > 0 order by id
hidden rows in a join | select v.id, o.id from crm.visit v left join crm.orders o on o.id = v.id order by 1
hidden rows in an anti join | select o.id from crm.orders o left join crm.visit v on v.id = o.id where v.id is null order by 1
hidden rows not in | select id from crm.orders where id not in (select id from crm.visit) order by id
hidden rows in coalesce | select coalesce((select max(id) from crm.visit), 0)
hidden rows in a raise | select * from crm.visit where (case when region = 'north' then 1 / 0 else 1 end) = 1 order by id
hidden rows in a limit | select id from crm.visit order by id desc limit 1
hidden rows in a window | select id, row_number() over (order by day) from crm.visit order by id
hidden rows by id | select * from crm.visit where id = 1001
hidden rows by ids | select id from crm.task where id in (1, 2, 3001, 3002) order by id
costly condition first | select id from crm.task where (title || 'x')::xml is not null
several errors | select s_text::int, 1 / s_int4 from crm.sealed_texts join crm.sealed_numbers using (id)
sleepless condition | select count(*) from crm.person where email = 'none' and pg_sleep(0) is not null
string to number | select to_number(s_text, '999') from crm.sealed_texts
number format | select to_char(s_numeric, s_text) from crm.sealed_numbers join crm.sealed_texts using (id) order by id
width bucket | select width_bucket(s_numeric, 0, 10, 5) from crm.sealed_numbers order by id
generate by masked | select id, generate_series(1, s_int4) from crm.sealed_numbers order by id
repeat by masked | select repeat('x', s_int4) from crm.sealed_numbers order by id
limit by masked | select id from crm.orders order by id limit (select s_number from crm.person where id = 3)
offset by masked | select id from crm.orders order by id offset (select length(address) from crm.person where id = 3)
free text as it is | select id, d_text from crm.prose order by id
free text worked on | select id, upper(d_text), length(d_text), split_part(d_text, ' ', 3) from crm.prose order by id
free text json | select id, d_json from crm.prose order by id
free text json worked on | select id, d_json ->> 'mail', d_json -> 'n', d_json::text from crm.prose order by id
free text searched | select id from crm.prose where d_text like '%host%' order by id
free text joined | select a.id, b.id from crm.prose a join crm.prose b on a.d_text = b.d_text and a.id < b.id order by 1, 2
free text both ways | select d_text, d_text || '' from crm.prose order by id
