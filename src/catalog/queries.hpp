// What the loader asks the system catalogs. Every name is written with its schema; temporary schemas are left out.
#pragma once

namespace sluice::catalog::queries {

// Texts that depend on settings (constants in view definitions) must come out in a form every session reads back alike.
inline constexpr const char* pin_settings =
    "set local search_path = pg_catalog; set local quote_all_identifiers = off; set local datestyle = 'ISO, YMD';"
    "set local intervalstyle = postgres; set local timezone = 'UTC'; set local bytea_output = hex;"
    "set local extra_float_digits = 1; set local lc_monetary = 'C'";

inline constexpr const char* database =
    "select pg_catalog.current_database(), pg_catalog.current_setting('server_version')";

inline constexpr const char* schemas =
    "select nspname from pg_catalog.pg_namespace where nspname !~ '^pg_(toast_)?temp_' order by nspname";

// An array type is "true" when it is the array type of its own element type: int2vector and oidvector are not.
inline constexpr const char* types =
    "select t.oid, n.nspname, pg_catalog.quote_ident(n.nspname), t.typname, pg_catalog.quote_ident(t.typname), "
    "t.typtype,"
    " t.typcategory, t.typbasetype, case when e.typarray = t.oid then t.typelem else 0::pg_catalog.oid end"
    " from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace"
    " left join pg_catalog.pg_type e on e.oid = t.typelem"
    " where n.nspname !~ '^pg_(toast_)?temp_' order by t.oid";

inline constexpr const char* relations =
    "select c.oid, n.nspname, c.relname, c.relkind, c.reltype, c.relispartition, c.reltoastrelid, i.indrelid"
    " from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
    " left join pg_catalog.pg_index i on i.indexrelid = c.oid"
    " where c.relkind in ('r','p','v','m','f','S','c','t','i','I') and n.nspname !~ '^pg_(toast_)?temp_' order by "
    "c.oid";

inline constexpr const char* columns =
    "select a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attgenerated <> '',"
    " case when a.atttypmod >= 0 and t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace"
    " then pg_catalog.format_type(a.atttypid, a.atttypmod) end"
    " from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid"
    " left join pg_catalog.pg_type t on t.oid = a.atttypid"
    " where a.attnum > 0 and not a.attisdropped and c.relkind in ('r','p','v','m','f','S','c') and c.relpersistence <> "
    "'t'"
    " order by a.attrelid, a.attnum";

// Only a primary key that holds at once lets GROUP BY name its columns alone (check_functional_grouping).
inline constexpr const char* primary_keys =
    "select k.conrelid, a.attnum from pg_catalog.pg_constraint k, pg_catalog.unnest(k.conkey) with ordinality as "
    "a(attnum, place)"
    " where k.contype = 'p' and not k.condeferrable order by k.conrelid, a.place";

inline constexpr const char* parents =
    "select inhrelid, inhparent from pg_catalog.pg_inherits order by inhrelid, inhseqno";

// $1: oids of views, as an array in text form. Takes locks on what the views read, until the (sub)transaction ends.
inline constexpr const char* views =
    "select v, pg_catalog.pg_get_viewdef(v) from pg_catalog.unnest($1::pg_catalog.oid[]) as v";

// Views by their rules, and tables by their foreign keys.
inline constexpr const char* dependents =
    "select d.refobjid, r.ev_class from pg_catalog.pg_depend d join pg_catalog.pg_rewrite r on r.oid = d.objid"
    " where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass"
    " and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and r.ev_class <> d.refobjid and r.oid >= 16384"
    " union select confrelid, conrelid from pg_catalog.pg_constraint where contype = 'f' and confrelid <> conrelid"
    " order by 1, 2";

inline constexpr const char* owned_sequences =
    "select d.objid, d.refobjid from pg_catalog.pg_depend d join pg_catalog.pg_class c on c.oid = d.objid"
    " where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = "
    "'pg_catalog.pg_class'::pg_catalog.regclass"
    " and d.deptype in ('a','i') and d.refobjsubid > 0 and c.relkind = 'S'";

inline constexpr const char* functions =
    "select p.oid, n.nspname, p.proname, p.provolatile, p.prokind, l.lanname, p.prosecdef, p.pronargs"
    " from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace"
    " join pg_catalog.pg_language l on l.oid = p.prolang"
    " where n.nspname not in ('pg_catalog', 'information_schema') order by p.oid";

inline constexpr const char* operators =
    "select distinct n.nspname, o.oprname from pg_catalog.pg_operator o join pg_catalog.pg_namespace n on n.oid = "
    "o.oprnamespace"
    " where n.nspname <> 'pg_catalog' order by 1, 2";

}  // namespace sluice::catalog::queries
