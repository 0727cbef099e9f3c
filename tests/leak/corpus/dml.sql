-- bob changes what is his: messages, RETURNING and counts must not tell what he may not see.
insert @bob | begin ;; insert into billing.contact (id, name, visible) values (900, 'Zoe', 1) returning * ;; rollback
insert returning masks @bob | begin ;; insert into billing.contact (id, name, email, s_number) values (900, 'Zoe', 'zoe@x.example', 3) returning id, name, email, s_number ;; select * from billing.contact where id = 900 ;; rollback
insert select masked @bob | begin ;; insert into billing.draft (txt, num) select email, s_number from crm.person order by id returning * ;; rollback
insert select filtered @bob | begin ;; insert into billing.draft (id, txt) select id, p_guest from crm.visit order by id returning * ;; rollback
insert default @bob | begin ;; insert into billing.ledger (amount) values (1) returning id, twice ;; rollback
update all @bob | begin ;; update billing.contact set visible = 0 returning id ;; rollback
update from masked @bob | begin ;; update billing.contact set label = left(email, 3) returning id, label ;; rollback
update masked with itself @bob | begin ;; update billing.contact set email = email ;; select id, email from billing.contact order by id ;; rollback
update by masked condition @bob | begin ;; update billing.contact set visible = 1 where email = 'b***@***.net' returning id ;; rollback
update by raw condition @bob | begin ;; update billing.contact set visible = 1 where email like '%lice1@%' returning id ;; rollback
update by masked cast @bob | begin ;; update billing.contact set visible = 1 where s_number::text::int > 3 returning id ;; rollback
update filtered @bob | begin ;; update billing.account set balance = balance + 1 ;; rollback
update filtered returning @bob | begin ;; update billing.account set balance = 0 returning id, balance, name ;; rollback
update filtered division @bob | begin ;; update billing.account set balance = 1 where 1 / (id - 4001) < 0 ;; rollback
update hidden row @bob | begin ;; update billing.account set balance = 1 where id = 4001 ;; rollback
update out of the filter @bob | begin ;; update billing.account set region = 'north' where id = 1 returning id ;; select count(*) from billing.account ;; rollback
update check @bob | update billing.account set balance = -5000 where id = 1
update not null @bob | update billing.account set region = null where id = 1
update joined @bob | begin ;; update billing.contact c set visible = p.s_number from crm.person p where p.id = c.id returning c.id, c.visible ;; rollback
update with subselect @bob | begin ;; update billing.draft set txt = (select max(email) from crm.person) returning txt ;; rollback
update whole row @bob | update billing.contact c set label = c::text
delete @bob | begin ;; delete from billing.contact where visible > 10 returning id ;; rollback
delete filtered @bob | begin ;; delete from billing.account ;; rollback
delete filtered and free @bob | begin ;; delete from billing.ledger ;; delete from billing.account ;; select count(*) from billing.account ;; rollback
delete by masked @bob | begin ;; delete from billing.contact where name like 'B%' returning id, name ;; rollback
delete using @bob | begin ;; delete from billing.contact c using crm.person p where p.id = c.id and p.name = c.name returning c.id ;; rollback
delete referenced @bob | delete from billing.account where id = 1
merge @bob | begin ;; merge into billing.contact c using crm.orders o on c.id = o.id when matched then update set visible = o.amount::int when not matched then insert (id, visible) values (o.id, 1) ;; select id, visible from billing.contact order by id ;; rollback
merge filtered @bob | merge into billing.account a using crm.orders o on a.id = o.id when matched then delete
conflict @bob | begin ;; insert into billing.contact (id, visible) values (1, 7), (901, 8) on conflict (id) do update set visible = excluded.visible returning id, visible ;; rollback
conflict nothing @bob | begin ;; insert into billing.contact (id, visible) values (1, 7), (901, 8) on conflict do nothing returning id ;; rollback
conflict filtered @bob | insert into billing.account (id, region, balance) values (1, 'east', 1) on conflict (id) do update set balance = 9
unique @bob | insert into billing.contact (id) values (1)
unique pair @bob | insert into billing.ledger (account_id, amount, label) values (1, 1, 'l1')
unique plain update @bob | update billing.contact set id = 2 where id = 1
foreign key @bob | insert into billing.ledger (account_id, amount) values (99, 1)
not null of masked @bob | insert into billing.contact (id, s_number) values (902, null)
check @bob | insert into billing.ledger (amount) values (-1)
no partition @bob | insert into billing.day (day, plan, units) values ('2031-01-01', 'x', 1)
move between partitions @bob | begin ;; update billing.day set day = '2025-02-20' where day = '2025-01-21' returning day, units, p_agent ;; rollback
partition key error @bob | update billing.day set day = '2031-01-01' where day = '2025-01-21'
generated @bob | begin ;; update billing.ledger set amount = amount * 2 returning id, amount, twice ;; rollback
too long @bob | insert into billing.draft (day) values ('2025-13-01')
with changes @bob | begin ;; with gone as (delete from billing.draft where id < 4 returning *), back as (insert into billing.draft (txt) select txt from gone returning txt) select * from back order by 1 ;; rollback
explain analyze @bob | explain (analyze, costs off, timing off, summary off) update billing.draft set num = 1 where id = 1
truncate @bob | begin ;; truncate billing.contact ;; select count(*) from billing.contact ;; rollback
truncate filtered @bob | truncate billing.account
copy masked twice @bob | begin ;; create table billing.made as select name, email, s_number from crm.person order by id ;; select * from billing.made ;; select name, left(email, 2) from billing.made ;; rollback
not his @bob | update crm.person set email = 'x' ;; delete from crm.visit ;; insert into crm.region values ('x', true, null)
viewer @carol | insert into billing.draft (id) values (1) ;; update billing.contact set visible = 1 ;; delete from billing.ledger ;; create temp table t (x int)
own mart @bob/mart | begin ;; update billing_reports.churn set share = share / (id - 3) where id > 3 returning * ;; rollback
lake is read only @bob/lake | update crm.customers set region = 'x' ;; delete from billing.payments
