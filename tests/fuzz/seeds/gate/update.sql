update billing.orders set id = id + 1 from customers c where c.email = 'x' returning c.email
