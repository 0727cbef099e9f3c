-- Plans tell about data: of guarded relations only the shape is shown, and nothing that was measured.
plain | explain (costs off) select * from crm.orders where id = 3
plain with costs | explain select * from crm.orders where paid
plain analyze | explain (analyze, costs off, timing off, summary off) select count(*) from crm.orders
plain buffers | explain (analyze, buffers off, timing off, summary off, format json) select plan, count(*) from crm.orders group by plan
masked | explain select email from crm.person
masked verbose | explain verbose select id from crm.person where email = 'x'
masked analyze | explain (analyze, timing off) select id from crm.person where email like 'b%'
masked by id | explain (costs off) select id from crm.person where id = 3
filtered | explain select count(*) from crm.visit
filtered join | explain select * from crm.orders o join crm.visit v on v.id = o.id
of a view | explain select * from crm.v_card
of an execute | prepare p as select email from crm.person ;; explain execute p ;; explain analyze execute p ;; deallocate p
of a plain execute | prepare p as select id from crm.orders ;; explain (costs off) execute p ;; deallocate p
of a cursor | explain declare c cursor for select email from crm.person
of a copy @bob | begin ;; explain (analyze, timing off, summary off, costs off) create table billing.made as select id from crm.orders ;; rollback
of an update @bob | begin ;; explain (costs off) update billing.contact set visible = 1 where email = 'x' ;; rollback
of a foreign table @bob | explain verbose select * from lake_raw.customers
masked ordered | explain select email, count(*) from crm.person group by email order by 1 limit 3
masked in json | explain (format json) select p.id from crm.person p join crm.orders o on o.person_id = p.id where p.email like 'b%'
masked in yaml | explain (format yaml, costs off) select id from crm.person where s_number > 3
masked in xml | explain (format xml) select * from crm.big where p_pad = 'x'
filtered in json | explain (format json) select day from crm.visit where id = 1001
filtered by date | explain select * from crm.agenda where at > '2025-01-20 00:00+00'
filtered of a copy | explain select * from crm.m_person where size > 3
masked cursor in a transaction | begin ;; explain declare c cursor for select id from crm.visit order by p_guest ;; rollback
masked generic | prepare p (text) as select id from crm.person where email = $1 ;; explain execute p ('x') ;; explain (format json) execute p ('y') ;; deallocate p
masked write @bob | begin ;; explain delete from billing.account where s_limit > 3 ;; rollback
settings | explain (settings, costs off) select 1
of the catalog | explain (costs off) select relname from pg_class where oid = 1
