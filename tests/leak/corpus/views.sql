-- Views, views over views, copies.
card | select * from crm.v_card order by id
card of card | select * from crm.v_card_of_card order by id
condition through a view | select id from crm.v_card where shout like 'B%' order by id
aggregate view | select * from crm.v_domain order by domain
aggregate view again | select count(*), sum(people) from crm.v_domain
filtered view | select * from crm.v_visit order by id
filtered totals | select * from crm.v_visit_total order by region
window view | select * from crm.v_rank order by id
union view | select * from crm.v_all order by id, name, origin
whole row view | select person from crm.v_whole order by id
field of whole row view | select (person).email from crm.v_whole order by id
json of whole row view | select to_jsonb(w) from crm.v_whole w order by id
sealed view | select * from crm.v_sealed order by id
dividing view | select * from crm.v_deal order by id
condition on dividing view | select id from crm.v_deal where price > 10 order by id
cast over a view | select id from crm.v_deal where stage::text = 'open' and price::int > 1 order by id
materialized copy | select * from crm.m_person order by id
materialized copy count | select count(distinct email), count(shout), max(size) from crm.m_person
computed copy | select * from crm.m_computed order by id
computed copy compared | select id from crm.m_computed where part = 'ic' or size > 4 or worth < 10 order by id
computed copy counted | select count(part), count(size), count(worth), count(distinct loud) from crm.m_computed
materialized totals | select * from crm.m_region order by region
view of own schema | select * from billing.v_account order by id
plain view | select * from billing.v_ledger order by id
view name as type | select null::crm.v_card
view in subselect | select id from crm.orders where person_id in (select id from crm.v_card_of_card) order by id
join of views | select c.id, r.place from crm.v_card c join crm.v_rank r using (id) order by id
mart view @carol/mart | select * from sales.revenue_by_month order by month, region
mart copy @carol/mart | select * from sales.contact order by day
mart filtered @carol/mart | select * from sales.revenue order by id
mart partition @carol/mart | select day, e_contact from sales.signup_2025 order by day
mart as creator @bob/mart | select * from sales.revenue order by id
own mart schema @bob/mart | select * from billing_reports.churn order by id
