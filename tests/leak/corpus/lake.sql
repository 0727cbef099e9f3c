-- The lake: what no rule names is masked, and carol has no business there.
table @bob/lake | select * from crm.customers order by id
unlisted @bob/lake | select unlisted, unlisted_number, unlisted is null from crm.customers order by id
unlisted condition @bob/lake | select id from crm.customers where unlisted_number > 1 order by id
unlisted cast @bob/lake | select unlisted::int from crm.customers
unlisted json @bob/lake | select unlisted -> 'n', unlisted ->> 0 from billing.payments order by id
join @bob/lake | select c.id, p.card_number from crm.customers c join billing.payments p on p.customer_id = c.id order by p.id
hidden rows @bob/lake | select count(*), max(id) from crm.customers
whole row @bob/lake | select c from crm.customers c order by id
names @bob/lake | select name, count(*) from crm.customers group by name order by 1
free text @bob/lake | select id, note, upper(note) from crm.customers order by id
foreign condition @bob | select id from lake_raw.customers where email like 'b%' order by id
foreign aggregate @bob | select count(*), max(email), sum(s_score) from lake_raw.customers
foreign order @bob | select id from lake_raw.customers order by s_score, id
foreign limit @bob | select id from lake_raw.customers order by id limit 3
foreign copy @bob | begin ;; create table billing.made as select id, name, email from lake_raw.customers ;; select * from billing.made order by id ;; rollback
foreign insert @bob | begin ;; insert into billing.draft (txt) select email from lake_raw.customers order by id returning txt ;; rollback
foreign write @bob | delete from lake_raw.customers
viewer in the lake @carol | select * from lake_raw.customers ;; select count(*) from lake_raw.payments
