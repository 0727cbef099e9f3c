-- What the server keeps about data is data.
stats | select * from pg_stats where schemaname in ('crm', 'billing')
statistic | select * from pg_statistic
statistic values | select stavalues1::text from pg_catalog.pg_statistic
extended statistics | select * from pg_stats_ext
extended data | select * from pg_statistic_ext_data
counts | select relname, reltuples, relpages, relallvisible from pg_class where relnamespace = 'crm'::regnamespace order by 1
user tables | select * from pg_stat_user_tables order by relname
all tables | select relname, seq_scan, n_tup_ins, n_live_tup from pg_stat_all_tables where schemaname = 'crm' order by 1
transaction tables | select relname, seq_tup_read, n_tup_ins from pg_stat_xact_user_tables order by 1
io tables | select * from pg_statio_user_tables
user indexes | select relname, indexrelname, idx_scan, idx_tup_read from pg_stat_user_indexes order by 1, 2
sequences | select * from pg_sequences order by 1, 2
sequence parameters | select * from pg_sequence order by 1
activity | select usename, state, query from pg_stat_activity where pid <> pg_backend_pid()
locks | select locktype, mode from pg_locks where relation is not null order by 1, 2
prepared statements | prepare p as select email from crm.person ;; select name, statement, parameter_types from pg_prepared_statements ;; deallocate p
cursors | begin ;; declare c cursor for select email from crm.person ;; select name, statement, is_holdable from pg_cursors ;; rollback
attributes | select attrelid::regclass, attname, attmissingval::text, attstattarget from pg_attribute where attrelid = 'crm.person'::regclass order by attnum
defaults | select adrelid::regclass, adnum, pg_get_expr(adbin, adrelid) from pg_attrdef order by 1, 2
constraints | select conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'crm'::regnamespace order by 1
indexes | select * from pg_indexes where schemaname = 'crm' order by indexname
index definitions | select pg_get_indexdef(indexrelid) from pg_index where indrelid = 'crm.person'::regclass order by 1
views | select schemaname, viewname, definition from pg_views where schemaname = 'crm' order by 2
copies | select * from pg_matviews order by 1, 2
rules | select * from pg_rules where schemaname = 'crm' order by 2, 3
rewrite rules | select ev_class::regclass, ev_action from pg_rewrite where ev_class::regclass::text like 'crm%' order by 1
functions | select proname, prosrc from pg_proc where pronamespace in ('crm'::regnamespace, 'billing'::regnamespace)
partitions | select inhparent::regclass, inhrelid::regclass from pg_inherits order by 1, 2
partition bounds | select relname, pg_get_expr(relpartbound, oid) from pg_class where relispartition order by 1
comments | select objoid::regclass, objsubid, description from pg_description where classoid = 'pg_class'::regclass and objoid > 16000 order by 1, 2
foreign servers | select srvname, srvoptions from pg_foreign_server ;; select * from pg_user_mappings
foreign tables | select ftrelid::regclass, ftoptions from pg_foreign_table order by 1
information tables | select * from information_schema.tables where table_schema = 'crm' order by table_name
information columns | select table_name, column_name, data_type, column_default from information_schema.columns where table_schema = 'crm' order by 1, ordinal_position
information views | select table_name, view_definition from information_schema.views where table_schema = 'crm' order by 1
information sequences | select * from information_schema.sequences order by sequence_name
settings | select name, setting from pg_settings where name not like '%directory%' and name not like 'server_%' order by 1
show all is refused | show all
databases | select datname, datallowconn from pg_database order by 1
roles | select rolname, rolpassword from pg_roles order by 1
extensions | select extname from pg_extension order by 1
large objects | select * from pg_largeobject
types | select typname, typtype from pg_type where typnamespace = 'crm'::regnamespace order by 1
enum values | select enumlabel from pg_enum order by enumsortorder
depends | select count(*) from pg_depend
columns of a driver | select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'billing' and a.attnum > 0 order by 1, 2, 3
