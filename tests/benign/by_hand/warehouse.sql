create temp table copy as select customer_id, pg_temp.mail(email) as email, pg_temp.phone(phone) as phone, region from crm.customer_copy;
update crm.dim_customer set member_no = :member, name = pg_temp.initial(name), name_kana = pg_temp.initial(name_kana), email = pg_temp.mail(email), phone = pg_temp.phone(phone), postal_code = pg_temp.hidden(postal_code),
  address = pg_temp.hidden(address), birth_date = pg_temp.year(birth_date), annual_income = pg_temp.million(annual_income);
refresh materialized view crm.customer_copy;
do $$ begin if exists ((table copy except table crm.customer_copy) union all (table crm.customer_copy except table copy)) then raise exception 'the copy differs'; end if; end $$;
update crm.dim_agent set full_name = pg_temp.initial(full_name), mail = pg_temp.mail(mail);
update crm.fact_ticket set subject = pg_temp.prose(subject), body = pg_temp.prose(body), requester = pg_temp.initial(requester);
update billing.fact_payment set card_number = pg_temp.last_four(card_number), holder_name = pg_temp.initial(holder_name);
update billing.customer_contact set name = pg_temp.initial(name), email = pg_temp.mail(email), phone = pg_temp.phone(phone);
update billing.loyalty set loyalty_no = pg_temp.token(loyalty_no);
update sales.fact_order set shipping_address = pg_temp.hidden(shipping_address);
delete from sales.fact_store_visit where not :visible;
update web.page_event set payload = pg_temp.:document(payload);
update web.access_log set client_ip = null, payload = pg_temp.:document(payload);
update web."Campaign Report" set email = pg_temp.mail(email);
