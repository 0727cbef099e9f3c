merge into billing.orders o using customers c on c.id = o.id when matched then update set id = 1 when not matched then do nothing
