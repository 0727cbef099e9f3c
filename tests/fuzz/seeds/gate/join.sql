select c.*, o from customers c natural join billing.orders as o(a, b) limit 3
