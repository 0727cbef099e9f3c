declare c scroll cursor for select * from only customers tablesample system (1); fetch 3 from c
