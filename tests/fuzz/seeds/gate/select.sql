select name, email from crm.customers where email like 'a%' order by 1
