-- Cursors of SQL; portals stand in the generated part.
forward | begin ;; declare c cursor for select * from crm.person order by id ;; fetch 3 from c ;; move 2 from c ;; fetch all from c ;; rollback
scroll | begin ;; declare c scroll cursor for select id, email from crm.person order by id ;; fetch last from c ;; fetch prior from c ;; fetch absolute 2 from c ;; fetch backward all from c ;; rollback
hold | begin ;; declare h cursor with hold for select name from crm.person order by id ;; commit ;; fetch 2 from h ;; close h
binary | begin ;; declare b binary cursor for select id, email, s_number from crm.person order by id ;; fetch 3 from b ;; rollback
on masked order | begin ;; declare c cursor for select id from crm.person order by email, id ;; fetch 5 from c ;; rollback
that fails late | begin ;; declare c cursor for select 100 / (b_int4 - 50) from crm.near order by id ;; fetch 3 from c ;; fetch 5 from c ;; rollback
filtered | begin ;; declare c scroll cursor for select * from crm.visit order by id ;; fetch last from c ;; move backward all from c ;; fetch all from c ;; rollback
count of a move | begin ;; declare c scroll cursor for select id from crm.visit ;; move all from c ;; rollback
count of hidden | begin ;; declare c scroll cursor for select id from crm.deal ;; move forward all from c ;; move backward 3 from c ;; rollback
free text | begin ;; declare c cursor for select id, d_text from crm.prose order by id ;; fetch 4 from c ;; rollback
for update @bob | begin ;; declare c cursor for select id, label from billing.contact order by id for update ;; fetch 1 from c ;; update billing.contact set label = 'z' where current of c returning id ;; rollback
for update filtered @bob | begin ;; declare c cursor for select id from billing.account for update ;; fetch 1 from c ;; update billing.account set balance = 1 where current of c ;; rollback
two | begin ;; declare a cursor for select id from crm.person order by id ;; declare b cursor for select email from crm.person order by id ;; fetch 1 from a ;; fetch 1 from b ;; close all ;; rollback
insensitive | begin ;; declare c insensitive cursor for select sum(visits) from crm.visit ;; fetch all from c ;; rollback
of a view | begin ;; declare c cursor for select * from crm.v_all order by id, name, origin ;; fetch 4 from c ;; rollback
unknown | fetch 1 from nobody ;; close nobody
