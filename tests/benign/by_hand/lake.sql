update crm.customers set name = pg_temp.initial(name), name_kana = pg_temp.initial(name_kana), email = pg_temp.mail(email), phone = pg_temp.phone(phone), address = pg_temp.hidden(address),
  birth_date = pg_temp.year(birth_date), card_number = pg_temp.last_four(card_number), internal_score = null;
update billing.payments set card_number = pg_temp.last_four(card_number);
update support.tickets set subject = pg_temp.prose(subject), body = pg_temp.prose(body);
update app.access_log set payload = pg_temp.:document(payload);
