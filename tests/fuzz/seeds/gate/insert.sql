insert into billing.orders select * from billing.orders on conflict do nothing returning *
