-- EXEMPTION, the only one in the data: the planner knows the same of both twins. It looks at a raw column through its mask (how
-- many groups there are, how many nulls) and counts hidden rows, so that both choose between plans, and plans give rows
-- without ORDER BY in different orders. A gateway cannot change that; without this file every LIMIT over a grouping would tell of
-- it. Values, lengths, nulls, order and castability of what is hidden, and hidden rows themselves, still differ.
do $$ declare each record; begin
  for each in select c.oid::regclass as relation, c.relkind, a.attname, a.attnum from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where nspname in ('crm', 'billing', 'sales', 'lake_raw') and relkind in ('r', 'p', 'm', 'f') and (attname ~ '^[skfpqehybtdx]_' or attname in ('name', 'email', 'phone', 'address', 'birth_date', 'card_number', 'note', 'unlisted', 'unlisted_number')
      or attgenerated <> '' or relkind = 'm' or relname ~ '^(visit|deal$|task$|account$|agenda|revenue$|customers$)')
  loop
    execute format('alter %s %s alter column %I set statistics 0', case each.relkind when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end, each.relation, each.attname);
  end loop;
  for each in select i.indexrelid::regclass as relation from pg_index i where i.indexprs is not null loop
    execute format('alter index %s alter column 1 set statistics 0', each.relation);
  end loop;
  for each in select stxnamespace::regnamespace || '.' || stxname as name from pg_statistic_ext loop
    execute format('alter statistics %s set statistics 0', each.name);
  end loop;
end $$;
delete from pg_statistic where starelid in (select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where nspname in ('crm', 'billing', 'sales', 'lake_raw'));
analyze;
update pg_class set reltuples = 40 where relname ~ '^(visit|deal|task|account|agenda|revenue|customers)' and relkind in ('r', 'i');
