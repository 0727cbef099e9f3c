-- Every place of a statement that can name a relation.
star | select * from crm.person order by id
table statement | table crm.person
only | select * from only crm.base order by id
parent and children | select * from crm.base order by id, kind
parent with star | select * from crm.base * order by id
child | select * from crm.child order by id
partition root | select * from crm.event order by id
partition | select * from crm.event_2024 order by id
inner partition | select * from crm.event_2025_open order by id
filtered root | select * from crm.visit order by id
filtered partition | select * from crm.visit_old order by id
filtered default partition | select * from crm.visit_new order by id
filter on a masked column | select * from crm.deal order by id
filtered task | select * from crm.task order by id
filtered by moment | select * from crm.agenda order by id
filtered by moment in zones | begin ;; set local timezone = 'America/New_York' ;; set local datestyle = 'SQL, DMY' ;; select count(*), max(id), max(at) from crm.agenda ;; rollback
filtered by day | select * from crm.agenda_day order by id
filtered by day in styles | begin ;; set local datestyle = 'German' ;; set local timezone = 'Asia/Tokyo' ;; select count(*), max(day) from crm.agenda_day ;; rollback
filtered by the session | select count(*) from crm.agenda_local
filtered and masked | select * from billing.account order by id
in subselect | select id from crm.orders where person_id in (select id from crm.person where email like '%.com') order by id
exists | select id from crm.orders o where exists (select from crm.visit v where v.id = o.id) order by id
array subselect | select array(select name from crm.person order by id)
scalar subselect | select id, (select count(*) from crm.task t where t.points = o.id % 10) from crm.orders o order by id
lateral | select o.id, l.* from crm.orders o, lateral (select name, email from crm.person p where p.id = o.person_id) l order by o.id
with | with p as (select * from crm.person) select count(*), max(email) from p
with materialized | with p as materialized (select * from crm.visit) select sum(visits) from p
recursive | with recursive r as (select id, name from crm.person where id = 1 union all select p.id, p.name from r join crm.person p on p.id = r.id + 1) select * from r
cte with a table's name | with person as (select 1 as id) select * from person
cte that hides and reads | with person as (select email from crm.person) select * from person order by 1
union | select name from crm.person union select p_guest from crm.visit order by 1
intersect all | select region from crm.person intersect all select region from crm.visit order by 1
except | select id from crm.person except select id from crm.visit order by 1
values with subselect | values ((select max(email) from crm.person)), ((select max(p_guest) from crm.visit))
foreign table | select * from lake_raw.customers order by id
foreign join | select c.id, p.amount, p.card_number from lake_raw.customers c join lake_raw.payments p on p.customer_id = c.id order by p.id
three part name | select warehouse.crm.person.email from warehouse.crm.person order by id
qualified star | select crm.person.* from crm.person order by id
quoted name | select "E Mail", email from crm."Mixed Case" order by 1
alias columns | select a, b, c from crm.person as p (a, b, c) order by a
alias hides a name | select email from (select 1 as email) as person
join using id | select * from crm.reach join crm.near using (id) order by id
natural join | select * from crm.reach natural join crm.near order by id
full join on masked | select p.id, c.id from crm.person p full join billing.contact c on p.email = c.email order by 1, 2
semi join on masked | select id from crm.person where email in (select email from billing.contact) order by id
self join on masked | select a.id, b.id from crm.person a join crm.person b on a.name = b.name and a.id < b.id order by 1, 2
join on null masks | select count(*) from crm.sealed_numbers a join crm.sealed_numbers b on a.s_int4 = b.s_int4
cross join counts | select count(*) from crm.visit, crm.deal
tablesample with masks | select id from crm.person tablesample bernoulli (50) repeatable (3) order by id
tablesample system | select count(*) from crm.big tablesample system (100) repeatable (1)
tablesample filtered | select count(*) from crm.visit tablesample bernoulli (100)
denied column | select x_secret from crm.guarded
denied column star | select * from crm.guarded
denied column beside | select id, plain from crm.guarded order by id
system columns | select tableoid, ctid, xmin from crm.person
tableoid of plain | select tableoid::regclass, id from crm.orders order by id limit 3
for update | select id from crm.person limit 2 for update
for share of plain | select id from crm.orders order by id limit 2 for share
unknown relation | select * from crm.nobody
unknown column | select nothing from crm.person
sequence | select last_value from crm.visit_id_seq
sequence star | select * from crm.visit_id_seq
sequence own @bob | select last_value, is_called from billing.counter ;; select last_value from billing.ledger_id_seq
sequence is called | select is_called, log_cnt from crm.visit_id_seq
rows from | select * from rows from (generate_series(1, 3), unnest(array(select name from crm.person order by id limit 5))) as r (n, w)
