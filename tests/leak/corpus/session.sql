-- Settings, transactions, prepared statements; what a session keeps.
settings of plans | begin ;; set local enable_hashagg = off ;; select name, count(*) from crm.person group by name order by 1 ;; rollback
no sequential scans | begin ;; set local enable_seqscan = off ;; select id from crm.person where email = 'b***@***.net' order by id ;; rollback
index on masked | begin ;; set local enable_seqscan = off ;; set local enable_bitmapscan = off ;; select id from crm.person where s_number = 3 ;; select id from crm.person where lower(email) like 'b%' order by id ;; rollback
no hash joins | begin ;; set local enable_hashjoin = off ;; set local enable_mergejoin = off ;; select count(*) from crm.person a join billing.contact b on a.name = b.name ;; rollback
little memory | begin ;; set local work_mem = '64kB' ;; select id from crm.big order by p_pad, id limit 5 ;; rollback
other dates | begin ;; set local datestyle = 'German' ;; select birth_date, y_timestamptz from crm.person join crm.years using (id) order by id ;; rollback
other intervals | begin ;; set local intervalstyle = 'iso_8601' ;; select s_interval, joined - date '2025-01-01' from crm.person join crm.sealed_times using (id) order by id ;; rollback
other bytes | begin ;; set local bytea_output = 'escape' ;; select email::bytea, s_bytea from crm.person join crm.sealed_forms using (id) order by id ;; rollback
fewer digits | begin ;; set local extra_float_digits = -5 ;; select b_float8, s_float8 from crm.near join crm.sealed_numbers using (id) order by id ;; rollback
search path | begin ;; set local search_path = crm ;; select email from person order by id ;; select * from visit order by id ;; rollback
empty search path | begin ;; set local search_path = '' ;; select email from person ;; rollback
prepared | prepare p (int) as select name, email from crm.person where id < $1 order by id ;; execute p (3) ;; execute p (6) ;; deallocate p
prepared on masked | prepare p (text) as select id from crm.person where email = $1 order by id ;; execute p ('b***@***.net') ;; execute p ('blice1@example.net') ;; execute p ('b') ;; deallocate p
prepared many times | prepare p (int) as select count(*) from crm.person where s_number > $1 ;; execute p (1) ;; execute p (2) ;; execute p (3) ;; execute p (4) ;; execute p (5) ;; execute p (6) ;; execute p (7) ;; deallocate p
prepared generic | begin ;; set local plan_cache_mode = force_generic_plan ;; prepare q (text) as select id from crm.visit where p_guest > $1 order by id ;; execute q ('B') ;; deallocate q ;; rollback
savepoints | begin ;; savepoint s ;; select s_text::int from crm.sealed_texts ;; rollback to s ;; select 1 / s_int4 from crm.sealed_numbers limit 1 ;; rollback
read only | begin read only ;; select count(*) from crm.visit ;; commit
serializable | begin isolation level serializable ;; select count(*) from crm.visit ;; select email from crm.person order by id limit 2 ;; commit
repeatable | start transaction isolation level repeatable read ;; select max(email) from crm.person ;; commit
aborted | begin ;; select 1 / 0 ;; select email from crm.person ;; rollback
several in one | select email from crm.person order by id limit 2; select count(*) from crm.visit; select 1 / s_int4 from crm.sealed_numbers
error in the middle | select count(*) from crm.visit; select s_text::int from crm.sealed_texts; select count(*) from crm.deal
discard | discard plans ;; discard temp ;; discard all
show | show work_mem ;; show search_path ;; show transaction_isolation ;; show port
refused setting | set row_security = off ;; set session authorization postgres ;; set role postgres
token key | show sluice.token_key ;; select current_setting('sluice.token_key') ;; set sluice.token_key = 'x'
messages | begin ;; set local client_min_messages = notice ;; select email from crm.person order by id limit 1 ;; rollback
debug | set client_min_messages = debug5 ;; set debug_print_plan = on ;; set log_min_messages = debug1
listen | listen c ;; notify c ;; unlisten *
commented | /* leading */ select email -- trailing
empty | ;; -- nothing ;; select 1
unicode escapes | select U&"em\0061il" from crm.person order by id limit 2
