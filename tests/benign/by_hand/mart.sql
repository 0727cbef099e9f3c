update sales.customer_health set customer_name = pg_temp.initial(customer_name), contact_email = pg_temp.mail(contact_email);
delete from sales.regional_target where not :visible;
