"""What the generator may name: relations, columns, their kinds of type, and which of them the policy hides."""
import re
from dataclasses import dataclass

KINDS = {"int2": "int", "int4": "int", "int8": "int", "numeric": "num", "float4": "float", "float8": "float", "money": "money", "bool": "bool",
         "text": "text", "varchar": "text", "bpchar": "text", "name": "text", "date": "date", "timestamp": "ts", "timestamptz": "ts", "time": "time",
         "interval": "interval", "uuid": "uuid", "bytea": "bytea", "json": "json", "jsonb": "jsonb", "inet": "inet", "cidr": "inet", "_int4": "ints",
         "_text": "texts", "tsvector": "tsvector", "int4range": "range", "numrange": "range2", "daterange": "range3", "xml": "xml", "mood": "mood",
         "pair": "pair", "bit": "bit", "varbit": "bit2", "point": "point", "box": "box", "macaddr": "mac"}
UNCOMPARABLE = {"json", "xml", "point", "box", "record"}
HIDDEN = re.compile(r"^([skfpqehybtd]_|(name|email|phone|address|birth_date|card_number|note|body|unlisted)|shout|size|worth|contact|cry|twice|domain|youngest|best_seller|person|price|part)")
DENIED = re.compile(r"^x_")
# Refused to everybody, or a known limit (corpus/known_limits.sql).
LEFT_OUT = re.compile(r"^(agenda_local$|limit_)")

# Schemas that a user reads, by database; and what he writes.
SCHEMAS = {("carol", "warehouse"): ("crm", "billing"), ("bob", "warehouse"): ("crm", "billing", "lake_raw"),
           ("carol", "mart"): ("sales", "billing_reports"), ("bob", "mart"): ("sales", "billing_reports"), ("bob", "lake"): ("crm", "billing")}
# How often each gives a conversation.
PLACES = ((("carol", "warehouse"), 45), (("bob", "warehouse"), 35), (("carol", "mart"), 7), (("bob", "mart"), 5), (("bob", "lake"), 8))

RELATIONS = """
select n.nspname, c.relname, c.relkind::text, a.attname, coalesce(b.typname, t.typname), a.attnotnull, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attgenerated::text || a.attidentity::text
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid left join pg_type b on b.oid = t.typbasetype
 where c.relkind in ('r', 'v', 'm', 'p', 'f') and n.nspname in ('crm', 'billing', 'billing_own', 'lake_raw', 'sales', 'billing_reports') order by 1, 2, a.attnum"""


@dataclass(frozen=True)
class Column:
    name: str       # quoted where it must be
    kind: str
    hidden: bool
    type_name: str = "text"
    given: bool = False  # by the server: generated or identity


@dataclass(frozen=True)
class Relation:
    schema: str
    name: str
    form: str       # relkind
    columns: tuple

    @property
    def full(self):
        return f"{self.schema}.{self.name}"


def quoted(name):
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def read_catalog(cluster, database):
    with cluster.owner(database) as session:
        cursor = session.cursor()
        cursor.execute(RELATIONS)
        rows = cursor.fetchall()
    found = {}
    for schema, name, form, column, base, _, type_name, given in rows:
        if DENIED.match(column) or LEFT_OUT.match(name):
            continue
        found.setdefault((schema, name, form), []).append(
            Column(quoted(column), KINDS.get(base, "other"), bool(HIDDEN.match(column)), type_name, bool(given)))
    return [Relation(quoted(schema), quoted(name), form, tuple(columns)) for (schema, name, form), columns in found.items()]
