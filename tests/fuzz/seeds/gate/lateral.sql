select * from customers c, lateral (select c.email as e) l group by c.id, l.e
