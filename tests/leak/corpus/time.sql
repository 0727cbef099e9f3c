-- Definitions and their effects inside one transaction: a name means what it meant when it was judged, or nothing.
temporary copy @bob | begin ;; create temp table t as select * from crm.person ;; select name, email from t order by id ;; rollback
temporary shadow @bob | begin ;; create temp table person (email text) ;; select * from person ;; select email from crm.person order by id limit 2 ;; rollback
shadow dropped @bob | begin ;; create temp table contact (email text) ;; drop table contact ;; select email from contact order by id ;; rollback
select into @bob | begin ;; select id, email, s_number into temp t from crm.person ;; table t ;; rollback
view on masked @bob | begin ;; create view billing.seen as select id, email, length(address) as size from crm.person ;; select * from billing.seen order by id ;; rollback
temporary view @bob | begin ;; create temp view seen as select id, name from billing.contact ;; select * from seen order by id ;; rollback
temporary view of masks @bob | begin ;; create temp view seen as select id, email, length(address) as size from crm.person ;; select * from seen order by id ;; rollback
write through a temporary view @bob | begin ;; create temp view seen as select id, name, visible from billing.contact ;; update seen set visible = 1 where name like 'B%' ;; rollback
insert through a temporary view @bob | begin ;; create temp view seen as select id, email, visible from billing.contact ;; insert into seen values (1, 'x', 2) ;; rollback
delete through a temporary view @bob | begin ;; create temp view seen as select id from billing.contact where s_number > 3 ;; delete from seen ;; rollback
computed copy @bob | begin ;; create materialized view billing.made as select id, substr(email, 3, 2) as part, s_number + 1 as more from crm.person ;; select * from billing.made order by id ;; rollback
copy by a hidden condition @bob | begin ;; create materialized view billing.made as select id from crm.person where s_number > 10 ;; select count(*) from billing.made ;; rollback
copy of dates @bob | begin ;; create table billing.made as select * from crm.agenda ;; select count(*), max(at) from billing.made ;; rollback
copy of a copy @bob | begin ;; create table billing.made as select id, name from crm.person ;; create view billing.seen as select upper(name) as shout from billing.made ;; select * from billing.seen order by 1 ;; rollback
materialized @bob | begin ;; create materialized view billing.made as select region, count(*) from crm.person group by region ;; select * from billing.made order by 1 ;; refresh materialized view billing.made ;; rollback
materialized of filtered @bob | begin ;; create materialized view billing.made as select count(*) as n from crm.visit ;; select n from billing.made ;; rollback
rename column @bob | begin ;; alter table billing.contact rename column email to address_of ;; select address_of from billing.contact order by id limit 3 ;; rollback
rename column to plain @bob | begin ;; alter table billing.contact rename s_number to visible2 ;; select visible2 from billing.contact order by id ;; rollback
rename table @bob | begin ;; alter table billing.contact rename to draft2 ;; select * from billing.draft2 order by id ;; rollback
swap names @bob | begin ;; alter table billing.contact rename to x1 ;; alter table billing.draft rename to contact ;; select * from billing.contact order by id ;; rollback
swap columns @bob | begin ;; alter table billing.contact rename visible to v ;; alter table billing.contact rename s_number to visible ;; select visible from billing.contact order by id ;; rollback
move to another schema @bob | begin ;; alter table billing.contact set schema billing_own ;; select * from billing_own.contact order by id ;; rollback
change a type @bob | begin ;; alter table billing.contact alter s_number type text ;; select s_number from billing.contact order by id ;; rollback
change a type by masked @bob | alter table billing.contact alter visible type int using s_number
add a check @bob | alter table billing.contact add check (s_number > 0)
add a unique @bob | begin ;; alter table billing.contact add unique (s_number) ;; rollback
add not null @bob | begin ;; alter table billing.account alter email set not null ;; rollback
add a default @bob | begin ;; alter table billing.contact add extra text default 'x' ;; select extra, email from billing.contact order by id limit 2 ;; rollback
add generated @bob | begin ;; alter table billing.contact add twice int generated always as (s_number * 2) stored ;; select twice from billing.contact order by id ;; rollback
add a foreign key @bob | begin ;; alter table billing.draft add foreign key (id) references billing.contact ;; rollback
index on masked @bob | begin ;; create unique index on billing.contact (s_number) ;; rollback
index on expression @bob | begin ;; create index on billing.contact ((1 / s_number)) ;; rollback
index on filtered @bob | begin ;; create unique index on billing.account (balance) ;; rollback
attach a partition @bob | begin ;; create table billing.made (day date not null, plan text not null, units int not null, p_agent text) ;; alter table billing.day attach partition billing.made for values from ('2025-03-01') to ('2025-04-01') ;; select * from billing.made ;; rollback
inherit @bob | begin ;; create table billing.made () inherits (billing.contact) ;; select * from billing.made ;; rollback
like @bob | begin ;; create table billing.made (like billing.contact including all) ;; insert into billing.made (id, email) values (1, 'x@y.example') returning id, email ;; rollback
prepared before a change @bob | prepare p as select email from billing.contact order by id limit 2 ;; begin ;; alter table billing.contact rename email to mailbox ;; execute p ;; rollback ;; execute p ;; deallocate p
drop and create @bob | begin ;; drop table billing.draft ;; create table billing.draft (a int) ;; select * from billing.draft ;; rollback
drop referenced @bob | drop table billing.plan
analyze own @bob | analyze billing.contact ;; select * from pg_stats where tablename = 'contact'
analyze filtered @bob | analyze billing.account
vacuum own @bob | vacuum billing.draft
cluster @bob | begin ;; cluster billing.contact using contact_pkey ;; rollback
lock @bob | begin ;; lock table billing.contact in share mode ;; rollback
statistics object @bob | create statistics billing.s on id, visible from billing.contact
comment @bob | begin ;; comment on table billing.draft is 'x' ;; select obj_description('billing.draft'::regclass) ;; rollback
trigger @bob | create function billing.f() returns trigger language plpgsql as 'begin raise notice ''%'', old; return new; end'
rule @bob | create rule r as on select to billing.draft do instead select * from billing.contact
row security @bob | alter table billing.contact enable row level security
two phases @bob | begin ;; prepare transaction 'x' ;; rollback
on commit drop @bob | begin ;; create temp table t on commit drop as select email from crm.person ;; select * from t order by 1 ;; commit ;; select * from t
