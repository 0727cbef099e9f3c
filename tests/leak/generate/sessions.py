"""What surrounds a query: both protocols, both formats, prepared statements, cursors, COPY, EXPLAIN, catalogs, settings."""
from conversation import BINARY, TEXT, Extended, Pipeline, Prepared, Query

# What a session may set, and what could change a plan or a text.
SETTINGS = ("work_mem = '2MB'", "enable_hashagg = off", "enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off", "enable_nestloop = off", "enable_sort = off", "enable_material = off", "enable_indexscan = off", "extra_float_digits = 0",
            "datestyle = 'SQL, DMY'", "timezone = 'Asia/Tokyo'", "intervalstyle = 'iso_8601'", "bytea_output = 'escape'", "plan_cache_mode = 'force_generic_plan'", "default_statistics_target = 10", "jit = off", "random_page_cost = 1", "geqo_threshold = 2",
            "cursor_tuple_fraction = 1.0", "enable_incremental_sort = off", "join_collapse_limit = 1", "from_collapse_limit = 1", "client_min_messages = 'notice'", "enable_bitmapscan = off", "enable_memoize = off", "parallel_setup_cost = 0")
CATALOGS = (
    "select schemaname, tablename, attname, null_frac, n_distinct, most_common_vals::text from pg_stats where schemaname = '{schema}'", "select relname, n_live_tup, n_dead_tup, seq_scan from pg_stat_user_tables where schemaname = '{schema}' order by 1",
    "select relname, reltuples, relpages, relkind from pg_class where relnamespace = '{schema}'::regnamespace order by 1", "select table_name, column_name, data_type, is_nullable from information_schema.columns where table_schema = '{schema}' order by 1, ordinal_position",
    "select * from information_schema.tables where table_schema = '{schema}' order by table_name", "select attname, attnum, atttypid::regtype, attnotnull, attmissingval::text from pg_attribute where attrelid = '{table}'::regclass order by attnum",
    "select conname, contype, pg_get_constraintdef(oid) from pg_constraint where connamespace = '{schema}'::regnamespace order by 1", "select indexname, indexdef from pg_indexes where schemaname = '{schema}' order by 1", "select sequencename, start_value, last_value from pg_sequences order by 1",
    "select viewname, definition from pg_views where schemaname = '{schema}' order by 1", "select obj_description('{table}'::regclass), col_description('{table}'::regclass, 3)", "select c.oid::regclass, pg_relation_size(c.oid) from pg_class c where relname = 'big'",
    "select relname, relfilenode, relhassubclass, relispartition from pg_class where relkind in ('r', 'p') and relnamespace = '{schema}'::regnamespace order by 1", "select count(*) from pg_statistic", "select * from pg_stats_ext", "select stxname, stxkeys from pg_statistic_ext order by 1",
    "select indexrelname, idx_scan, idx_tup_read from pg_stat_user_indexes order by 1 limit 10", "select name, setting from pg_settings where name like 'enable%' order by 1", "select datname, usename, query from pg_stat_activity where pid <> pg_backend_pid()", "select locktype, mode, granted, relation::regclass from pg_locks where relation is not null order by 1, 2, 4",
    "select nspname from pg_namespace order by 1", "select typname, typtype from pg_type where typnamespace = '{schema}'::regnamespace order by 1", "select inhrelid::regclass, inhparent::regclass from pg_inherits order by 1", "select a.attname, d.adbin is not null from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum order by 1",
    "select has_table_privilege('{table}', 'select'), has_column_privilege('{table}', 1::smallint, 'select')", "select to_regclass('{table}'), '{table}'::regclass::text", "select pg_table_is_visible('{table}'::regclass)", "select proname from pg_proc where pronamespace = '{schema}'::regnamespace", "select tableoid::regclass from {table} limit 3",
    "select sum(n_tup_ins), max(last_analyze::text) from pg_stat_all_tables where schemaname = '{schema}'", "select heap_blks_hit from pg_statio_user_tables", "select relname from pg_class where relname ~ '^{schema}' order by 1", "select * from pg_partition_tree('{table}') order by 1", "select pg_get_partkeydef('{table}'::regclass)",
    "select pg_size_pretty(pg_total_relation_size('{table}'))", "select partrelid::regclass, partnatts from pg_partitioned_table order by 1", "select name, statement from pg_prepared_statements", "select name, is_scrollable from pg_cursors", "select srvname, srvoptions from pg_foreign_server", "select * from pg_sequence order by 1",
    "select pg_get_viewdef('{table}'::regclass)", "select pg_get_serial_sequence('{table}', 'id')", "select ftrelid::regclass, ftoptions from pg_foreign_table order by 1", "select matviewname, ispopulated from pg_matviews order by 1")
FETCHES = ("next", "5", "all", "backward 2", "first", "last", "prior", "absolute 3", "relative -1", "0", "forward 4", "backward all")


class Sessions:
    """Wraps queries of `queries` into steps."""

    def __init__(self, queries):
        self.queries = queries
        self.pick, self.chance = queries.pick, queries.chance

    def results(self):
        return BINARY if self.chance(0.5) else TEXT

    def simple(self):
        return [Query(self.queries.query()[0])]

    def every_way(self):
        """One text over both protocols and in both formats. The gateway judges it once, so this is cheap."""
        text = self.queries.query()[0]
        return [Query(text), Extended(text, results=TEXT), Extended(text, results=BINARY)]

    def extended(self):
        text = self.queries.query()[0]
        if self.chance(0.1):
            return [Extended(text, results=self.results(), rows=(2, 0))]
        return [Extended(text, results=self.results())]

    def locking(self):
        relation = self.pick([each for each in self.queries.weighted if each.form in "rp"] or self.queries.weighted)
        alias = self.queries.name()
        column = self.queries.column([(alias, relation.columns)])
        lock = self.pick((" for update", " for share", " for no key update", " for key share skip locked", f" for update of {alias} nowait"))
        return [Query(f"select {column} from {relation.full} as {alias} limit 3{lock}")]

    def parameters(self):
        relation = self.pick(self.queries.weighted)
        alias = self.queries.name()
        kind = self.pick(("text", "int"))
        reference = self.queries.column([(alias, relation.columns)], kind)
        if reference is None:
            return self.simple()
        operator = self.pick(("=", "<", "<>", "<>", ">=", "is distinct from", "is distinct from"))
        values = [self.pick(("B****", "a", "", "7", "b***@***.net")) if kind == "text" else self.queries.literal("int") for _ in range(5)]
        cast = "text" if kind == "text" else "int8"
        text = f"select {alias}.* from {relation.full} as {alias} where {reference} {operator} $1::{cast} or $1::{cast} is null limit 8"
        return [Prepared(text, tuple((value,) for value in (*values, None)), self.results())]

    def prepared_in_sql(self):
        text = self.queries.query()[0]
        name = self.queries.name("p")
        return [Query(f"prepare {name} as {text}"), *[Query(f"execute {name}")] * 4, Query(f"deallocate {name}")]

    def pipeline(self):
        return [Pipeline(tuple(self.queries.query(0)[0] for _ in range(3)), self.results())]

    def several(self):
        return [Query("; ".join(self.queries.query(0)[0] for _ in range(2)))]

    def cursor(self):
        scroll = "scroll " if self.chance(0.5) else ""
        first = Extended("fetch 2 from c", results=self.results())
        fetches = [self.pick(FETCHES if scroll else ("next", "5", "all", "forward 4", "2")) for _ in range(2)]
        move = [Query(f"move {self.pick(('1', 'next', 'all'))} from c")] if self.chance(0.3) else []
        return [Query("begin"), Query(f"declare c {scroll}cursor for {self.queries.query()[0]}"), first, *move, *(Query(f"fetch {each} from c") for each in fetches), Query("rollback")]

    def copy_out(self):
        options = self.pick(("", " (format csv, header)", " (format binary)", " (format csv, delimiter ';', null 'none')", " with (format text, delimiter '|')", " (format csv, force_quote *)", " (encoding 'UTF8')"))
        if self.chance(0.5):
            relation = self.pick([each for each in self.queries.weighted if each.form in "rm"] or self.queries.weighted)
            columns = [c.name for c in relation.columns if not c.given]
            some = f" ({', '.join(columns[:1 + int(self.queries.random.random() * 4)])})" if self.chance(0.4) and columns else ""
            text = f"copy {relation.full}{some} to stdout{options}"
        else:
            text = f"copy ({self.queries.query(0)[0]}) to stdout{options}"
        return [Query(text) if self.chance(0.7) else Extended(text)]

    def explain(self):
        options = self.pick(("", "(costs off) ", "verbose ", "(format json) ", "(analyze, timing off, summary off) ", "(settings) "))
        return [Query(f"explain {options}{self.queries.query(0)[0]}")]

    def catalogs(self):
        relation = self.pick(self.queries.relations)
        text = self.pick(CATALOGS).replace("{schema}", relation.schema).replace("{table}", relation.full)
        return [Query(text) if self.chance(0.6) else Extended(text, results=self.results())]

    def settings(self):
        """The same query under other settings: another plan, the same rights."""
        return [Query("begin"), Query(f"set local {self.pick(SETTINGS)}"), *(Query(self.queries.query()[0]) for _ in range(3)), Query("rollback")]

    def nested(self):
        """A transaction that fails in the middle and goes on behind a savepoint."""
        return [Query("begin"), Query(self.queries.query(0)[0]), Query("savepoint s"), Query(self.queries.query(0)[0]), Query("rollback to s"), Query(self.queries.query(0)[0]), Query("rollback")]
