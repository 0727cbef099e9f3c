"""What pg_catalog and information_schema list: the objects that the principal may see, whichever relation is asked."""
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ABOUT = re.compile(r'^ABOUT\((\w+), "(\w+)", (\w+), "(\w+)", "(\w*)"\)$', re.M)
# The server itself refuses the tables behind information_schema to the gateway's login.
ROWS = [row for row in ABOUT.findall((PROJECT / "src/enforce/visibility.inc").read_text()) if not row[1].startswith("_pg")]
HIDDEN = "lake_raw"  # carol may read nothing of the layer that it belongs to
# How a row tells which object it is about, as a condition that is true for objects of schema {0}.
MENTIONS = {
    "relation": "{1} in (select oid from pg_class where relnamespace = '{0}'::regnamespace)",
    "relation_if_any": "{1} in (select oid from pg_class where relnamespace = '{0}'::regnamespace)",
    "itself": "{1} in (select oid from pg_class where relnamespace = '{0}'::regnamespace)",
    "type": "{1} in (select oid from pg_type where typnamespace = '{0}'::regnamespace)",
    "in_namespace": "{1} = '{0}'::regnamespace",
    "in_namespace_if_any": "{1} = '{0}'::regnamespace",
    "namespace_itself": "{1} = '{0}'::regnamespace",
    "in_schema": "{1}::text = '{0}'",
    "named": "{1}::text = '{0}'",
    "object": "{2} in (select oid from pg_class where relnamespace = '{0}'::regnamespace)",
}


@pytest.fixture(scope="module", autouse=True)
def objects(stack):
    """Something of every kind in both schemas."""
    with stack.cluster.superuser("warehouse") as session:
        cursor = session.cursor()
        for schema in (HIDDEN, "billing"):
            cursor.execute(f"""
                create table {schema}.k (id int generated always as identity primary key, d numeric default 4.5 check (d > 0), r int references {schema}.k);
                create index on {schema}.k (d);
                create table {schema}.kp (id int) partition by range (id);
                create table {schema}.kp1 partition of {schema}.kp for values from (0) to (10);
                create view {schema}.kv as select id from {schema}.k;
                create materialized view {schema}.km as select id from {schema}.k;
                create type {schema}.kind as enum ('a', 'b');
                create domain {schema}.positive as int check (value > 0);
                create function {schema}.kf() returns int language sql as 'select 1';
                create function {schema}.kt() returns trigger language plpgsql as 'begin return new; end';
                create trigger kt before insert on {schema}.k for each row execute function {schema}.kt();
                create rule kr as on delete to {schema}.kp1 do instead nothing;
                create policy kpol on {schema}.k using (true);
                create statistics {schema}.ks on id, d from {schema}.k;
                create sequence {schema}.kq;
                comment on table {schema}.k is 'about k';
                comment on schema {schema} is 'about the schema';
                comment on type {schema}.kind is 'about the type';
                comment on function {schema}.kf() is 'about the function';
                alter table {schema}.k owner to gateway; alter table {schema}.kp owner to gateway; alter table {schema}.kp1 owner to gateway;
                alter view {schema}.kv owner to gateway; alter materialized view {schema}.km owner to gateway; alter sequence {schema}.kq owner to gateway;
                alter function {schema}.kf() owner to gateway;
            """)
    stack.gateway.reload()
    wire = stack.wire("alice", "warehouse")
    wire.query("create table billing.seen_by_all (a int)").raise_for_error()  # a definition through the gateway: the catalog is read again
    wire.end()


def condition(row, schema):
    return MENTIONS[row[2]].format(schema, f'"{row[3]}"', f'"{row[4]}"')


def ids(stack, row, schema):
    """The condition with the objects' numbers written out: carol's own lists would not have them."""
    text = condition(row, schema)
    with stack.cluster.superuser("warehouse") as session:
        cursor = session.cursor()
        for inner in re.findall(r"\((select oid from [^()]*)\)", text):
            cursor.execute(inner)
            text = text.replace(inner, ", ".join(str(one) for one, in cursor.fetchall()) or "0")
        cursor.execute(f"select '{schema}'::regnamespace::oid")
        return text.replace(f"'{schema}'::regnamespace", str(cursor.fetchone()[0]))


CASES = [pytest.param(row, id=f"{row[1]}.{row[3]}") for row in ROWS if row[2] in MENTIONS]


@pytest.mark.parametrize("row", CASES)
def test_hidden_objects_are_not_listed(stack, connect, row):
    count = f"select count(*) from {row[0]}.{row[1]} where "
    assert connect("carol", "warehouse").query(count + ids(stack, row, HIDDEN)).one() == "0"


@pytest.mark.parametrize("row", CASES)
def test_visible_objects_are_all_listed(stack, connect, row):
    count = f"select count(*) from {row[0]}.{row[1]} where " + ids(stack, row, "billing")
    with stack.cluster.owner("warehouse") as session:
        cursor = session.cursor()
        cursor.execute(count)
        expected = str(cursor.fetchone()[0])
    assert connect("carol", "warehouse").query(count).one() == expected
    assert connect("bob", "warehouse").query(count).one() == expected


@pytest.mark.parametrize("table", ["pg_class", "pg_attribute", "pg_type", "pg_proc", "pg_constraint", "pg_index", "pg_description", "pg_namespace"])
def test_nothing_is_hidden_from_who_sees_all(stack, connect, table):
    count = f"select count(*) from pg_catalog.{table}"
    reader = connect("bob", "warehouse")
    with stack.cluster.owner("warehouse") as session:
        cursor = session.cursor()
        cursor.execute(count)
        assert reader.query(count).one() == str(cursor.fetchone()[0])


def test_only_this_database_is_listed(connect):
    assert connect("carol", "warehouse").query("select datname from pg_database").texts() == [("warehouse",)]


def test_no_name_of_a_hidden_object_in_any_list(connect):
    wire = connect("carol", "warehouse", timeout=120)  # element_types takes the server itself seconds
    for row in ROWS:
        found = wire.query(f"select * from {row[0]}.{row[1]}")
        assert not found.errors, (row, found.errors)
        assert HIDDEN.encode() not in b"".join(value or b"" for each in found.rows for value in each), row


def test_own_temporary_relations_are_listed(connect):
    wire = connect("carol", "warehouse")
    wire.query("create temporary table mine (a int)").raise_for_error()
    assert wire.query("select relname from pg_class where relname = 'mine'").one() == "mine"
    assert wire.query("select table_name from information_schema.tables where table_name = 'mine'").one() == "mine"
    assert wire.query("select attname from pg_attribute where attrelid = 'pg_temp.mine'::regclass and attnum > 0").one() == "a"
    other = connect("carol", "warehouse")
    assert other.query("select count(*) from pg_class where relname = 'mine'").one() == "0"


@pytest.mark.parametrize("sql", [
    "select c.tableoid, c.relname from pg_catalog.pg_class c where c.oid = 1259",
    "select tableoid, relname from pg_catalog.pg_class where oid = 1259",
])
def test_system_columns_of_the_catalog(connect, sql):
    assert connect("carol", "warehouse").query(sql).texts() == [("1259", "pg_class")]

