-- name: nested_rows
select "_"."region" as "c1", "_"."a0" as "a0"
from 
(
    select "rows"."region" as "region", sum("rows"."total") as "a0"
    from 
    (
        select "$Outer"."total", "$Inner"."region"
        from "sales"."fact_order" as "$Outer"
        left outer join "crm"."dim_customer" as "$Inner" on ("$Outer"."customer_id" = "$Inner"."customer_id")
    ) as "rows"
    group by "region"
) as "_"
where not "_"."a0" is null
limit 1000001
-- name: preview | limit
select "$Table"."customer_id" as "customer_id", "$Table"."name" as "name", "$Table"."email" as "email", "$Table"."phone" as "phone", "$Table"."tags" as "tags", "$Table"."credit_limit" as "credit_limit" from "crm"."dim_customer" "$Table" limit 4096
-- name: folded_steps
select "_"."customer_id", "_"."name", "_"."Mail Domain", "_"."signed_up"
from (select "_"."customer_id" as "customer_id", "_"."name" as "name", "_"."email" as "email", "_"."signed_up" as "signed_up", substring("_"."email" from position('@' in "_"."email") + 1) as "Mail Domain" from (select "customer_id", "name", "email", "signed_up" from "crm"."dim_customer" "$Table" where "region" = 'north' and "region" is not null) "_") "_"
where "_"."signed_up" >= date '2024-01-01' and "_"."signed_up" < date '2024-06-01'
order by "_"."customer_id"
-- name: direct_query_distinct
select "t0"."segment" as "c17" from ((select "_"."segment" as "segment" from "crm"."dim_customer" as "_")) as "t0" group by "t0"."segment" order by "t0"."segment" asc limit 501
-- name: direct_query_join_filter
select "basetable0"."c11" as "c11", sum("basetable0"."c20") as "a0" from (select "OTBL"."customer_id" as "c10", "ITBL"."email" as "c11", "OTBL"."amount" as "c20" from (select * from "billing"."fact_invoice" "_" where "month" >= timestamp '2025-01-01 00:00:00') "OTBL" left outer join "crm"."dim_customer" "ITBL" on "OTBL"."customer_id" = "ITBL"."customer_id") "basetable0" where "basetable0"."c11" in ('***', 't***@***.com') group by "basetable0"."c11"
-- name: incremental_refresh
-- values: ["2025-01-01 00:00:00", "2025-04-01 00:00:00"]
select "_"."order_id", "_"."order_no", "_"."ordered_at", "_"."shipping_address", "_"."total" from "sales"."fact_order" "_" where "_"."ordered_at" >= $1::timestamp and "_"."ordered_at" < $2::timestamp order by "_"."order_id"
-- name: merged_and_expanded
select "$Outer"."ticket_id", "$Outer"."subject", "$Inner"."full_name" as "agent.full_name", "$Inner"."mail" as "agent.mail" from "crm"."fact_ticket" "$Outer" left outer join "crm"."dim_agent" "$Inner" on ("$Outer"."agent_id" = "$Inner"."agent_id" or "$Outer"."agent_id" is null and "$Inner"."agent_id" is null) where "$Outer"."priority" = 1 order by "$Outer"."ticket_id"
-- name: group_by_count_distinct
select count(distinct "rows"."email") + cast(case when count(*) = count("rows"."email") then 0 else 1 end as integer) as "a0", "rows"."region" from "crm"."dim_customer" "rows" group by "region"
-- name: row_count_preview
select count(*) as "C" from (select 1 as "one" from "web"."page_event" "_" where "_"."event_name" = 'purchase') "t"
