"""Attacks on what the gateway believes to know of names, stored texts and copies: raw values and hidden rows by way of
renames, views of the session's own, inheritance, prepared statements, foreign keys and settings."""
import time

import pytest

from harness.markers import leaked
from harness.wire import Closed, SYNC, bind, close, describe, execute, parse, query

SETUP = """
insert into billing.customer_contact select customer_id, name, email, phone from crm.dim_customer;
create table billing.kept (name text, n int);
insert into billing.kept values ('x', 1);
create table billing.visit (visit_id bigint primary key, region text);
insert into billing.visit select n, 'r' || n from generate_series(1, 20) as n;
create table billing.visitbase (visit_id bigint, region text);
create table billing.pay (id bigint primary key, paid_at timestamptz, amount int);
insert into billing.pay select n, timestamptz '2025-01-01 00:00+00' + n * interval '6 hours', n from generate_series(1, 40) n;
create table billing.dated (id bigint primary key, paid_at timestamptz, amount int);
insert into billing.dated select * from billing.pay;
create table billing.lead (id bigint primary key, email text, email_lower text generated always as (lower(email)) stored, my_number text);
insert into billing.lead (id, email, my_number) select customer_id, email, case when customer_id <> 7 then 'n' || customer_id end from crm.dim_customer;
create table billing.customers (id bigint, name text, made date) partition by range (made);
create table billing.customers_2025 partition of billing.customers for values from ('2025-01-01') to ('2026-01-01');
insert into billing.customers select customer_id, name, date '2025-03-03' from crm.dim_customer;
create table billing.bymail (id bigint, email text) partition by list (email);
create table billing.bymail_rest partition of billing.bymail default;
insert into billing.bymail select customer_id, email from crm.dim_customer;
create table billing.umail (id bigint primary key, email text constraint umail_key unique);
insert into billing.umail select customer_id, email from crm.dim_customer;
create table billing.base (id bigint, name text);
create table billing.members (id bigint, name text);
insert into billing.members select customer_id, name from crm.dim_customer;
create table billing.mine (k int primary key);
insert into billing.mine values (1);
create table crm.segment (seg text primary key, plan text references billing.dim_plan);
insert into crm.segment values ('a', 'basic'), ('b', 'family');
create sequence crm.counter; create sequence billing.counter; create sequence billing.zseq;
create table crm.ser (id bigint default nextval('crm.counter'), x int);
create table billing.parted (k int, v text) partition by range (k);
create table billing.parted_1 partition of billing.parted for values from (0) to (100);
insert into billing.parted select n, 'v' || n from generate_series(1, 50) n;
create table billing.pp (k int, v text) partition by range (k);
create table billing.pp_1 partition of billing.pp for values from (0) to (100);
insert into billing.pp select n, 'v' || n from generate_series(1, 50) n;
create table crm.snap (id int, d crm.dim_customer, ds crm.dim_customer[]);
insert into crm.snap select 1, c, array[c] from crm.dim_customer c;
create table billing.px (id int, note2 text) partition by list (id);
create table crm.px_2 partition of billing.px for values in (2);
create table lake_raw.px_1 partition of billing.px for values in (1);
insert into billing.px values (1, 'one'), (2, 'two');
create table billing.jf (id int, region text, js json[], amount numeric);
insert into billing.jf values (1, 'east', null, 1), (100, 'secret1', array['{}']::json[], 1e300);
"""
FILTERS = """
row_filters:
  - {relation: {layer: mart, schema: sales, relation: monthly_revenue}, roles: [viewer], where: "upper(lower(upper(lower(region)))) = 'EAST'"}
  - {relation: {layer: warehouse, schema: billing, relation: visit}, roles: [creator, viewer], where: "visit_id < 10"}
  - {relation: {layer: warehouse, schema: billing, relation: pay}, roles: [creator, viewer], where: "paid_at < '2025-01-03'"}
  - {relation: {layer: warehouse, schema: billing, relation: dated}, roles: [creator, viewer], where: "paid_at < '2025-01-03 00:00:00+00'"}
  - {relation: {layer: warehouse, schema: billing, relation: parted}, roles: [creator], where: "k < 10"}
  - {relation: {layer: warehouse, schema: billing, relation: pp_1}, roles: [creator], where: "k < 10"}
  - {relation: {layer: warehouse, schema: billing, relation: jf}, roles: [viewer], where: "abs(abs(abs(abs(id)))) < 10"}
"""
CLASSES = """
  member_name:
    mask: hidden
    columns: [{schema: billing, relation: members, column: name}]
"""


@pytest.fixture(scope="module", autouse=True)
def prepared(stack):
    with stack.cluster.owner("warehouse") as session:
        session.cursor().execute(SETUP)
    text = stack.gateway.policy.read_text()
    stack.gateway.policy.write_text(text.replace("classes:\n", "classes:" + CLASSES, 1) + FILTERS)
    said = stack.gateway.reload()
    assert "reload refused" not in said, said
    deadline = time.monotonic() + 20
    while stack.wire("bob", "warehouse").query("select count(*) from billing.jf").errors:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def session_of(stack, user, database, statements):
    wire = stack.wire(user, database)
    wire.received.clear()
    results = []
    try:
        for sql in statements:
            results.append(wire.query(sql))
        wire.query("rollback")
    except Closed:
        pass
    wire.end()
    return results, bytes(wire.received)


# Each in a transaction that is rolled back. name | user | statements
NEVER_RAW = [line.split(" | ") for line in """
a sequence gives up its name | bob | create sequence billing.zz1;; alter sequence billing.zz1 rename to zz2;; alter table billing.customer_contact rename to zz1;; select upper(email), name || '' from billing.zz1
a view goes by CASCADE | bob | create table billing.t1 (x int);; create view billing.zz1 as select * from billing.t1;; drop table billing.t1 cascade;; alter table billing.customer_contact rename to zz1;; select upper(email), name || '' from billing.zz1
a schema goes by CASCADE | bob | create schema billing_b;; create table billing_b.customer_contact (x int);; drop schema billing_b cascade;; create schema billing_b;; alter table billing.customer_contact set schema billing_b;; select upper(email) from billing_b.customer_contact
a table arrives where nothing was | bob | alter table billing.customer_contact rename to zz3;; select upper(email) from billing.zz3
a detail of a foreign key's action | bob | alter table billing.customer_contact add column pk int not null default 1 references billing.mine (k) on delete set null;; delete from billing.mine
a partition is detached | bob | alter table billing.customers detach partition billing.customers_2025;; select name || '' from billing.customers_2025
a generated column becomes an ordinary one | bob | alter table billing.lead alter column email_lower drop expression;; select email_lower || '' from billing.lead
fields of a row column | carol | select d, ds from crm.snap
fields of a row column, one by one | carol | select (d).email, (ds[1]).name from crm.snap
a child comes below a temporary view | bob | create temp view v as select name from billing.base;; alter table billing.members inherit billing.base;; select name || '' from v
a child comes below a new view | bob | create view billing.nv as select name from billing.base;; alter table billing.members inherit billing.base;; select name || '' from billing.nv
rows copied through a temporary view | bob | create temp view v as select name from billing.base;; alter table billing.members inherit billing.base;; create table billing.got as select name as x from v;; select x from billing.got
a set of names behind COMMIT AND CHAIN | bob | alter table billing.kept rename to kept_old;; alter table billing.customer_contact rename to kept;; commit and chain;; select upper(name) from billing.kept;; alter table billing.kept rename to customer_contact;; alter table billing.kept_old rename to kept;; commit;; begin
EXECUTE of what Parse took | bob | execute a
""".strip().splitlines()]


@pytest.mark.parametrize("name, user, statements", NEVER_RAW, ids=[row[0] for row in NEVER_RAW])
def test_no_raw_value(stack, name, user, statements):
    _, received = session_of(stack, user, "warehouse", ["begin", *statements.split(";; ")])
    assert not leaked(received)


COMMITS = [
    "begin; alter table billing.kept rename to kept_old; alter table billing.customer_contact rename to kept; commit; select upper(name) from billing.kept",
    "alter table billing.kept rename to kept_old; alter table billing.customer_contact rename to kept; commit; select upper(name) from billing.kept",
]


@pytest.mark.parametrize("sql", COMMITS)
def test_a_commit_inside_a_text_ends_no_doubt(stack, sql):
    """What was renamed is not trusted before the catalog was read again, wherever the COMMIT stands."""
    wire = stack.wire("bob", "warehouse")
    wire.received.clear()
    wire.query(sql)
    assert not leaked(wire.received)
    for undo in ("alter table billing.kept rename to customer_contact", "alter table billing.kept_old rename to kept"):
        wire.query(undo)
    wire.end()


# name | user | database | statements; the last one is refused with this SQLSTATE
REFUSED = [line.split(" | ") for line in """
delete through a temporary view | carol | mart | create temp view tv as select id from sales.wide;; delete from tv where id = 1 | 42501
insert through a temporary view | carol | mart | create temp view tv as select id from sales.wide;; insert into tv values (99999) | 42501
update through a temporary view | bob | warehouse | create temp view tv as select * from crm.segment;; update tv set seg = 'x' | 42501
rows locked through a temporary view | carol | warehouse | create temp view tv as select plan from billing.dim_plan;; select * from tv for update | 42501
a table locked through a temporary view | bob | warehouse | create temp view tv as select * from crm.segment;; lock table tv in access exclusive mode | 42501
the lake through a temporary view | bob | lake | create temp view tv as select id, contract_id from billing.invoices;; delete from tv where id = 200 | 42501
delete through a new view | bob | warehouse | begin;; create view billing.v1 as select * from crm.segment;; delete from billing.v1 | 42501
delete through an altered view | bob | warehouse | create view billing.v2 as select * from crm.segment;; begin;; alter view billing.v2 alter column seg set default 'x';; delete from billing.v2 | 42501
TRUNCATE reaches another service | bob | warehouse | truncate billing.dim_plan cascade | 42501
DROP reaches another service | bob | warehouse | begin;; drop table billing.dim_plan cascade | 42501
rows locked below a subquery | carol | warehouse | select 1 from (select 1 from billing.dim_plan) x for update | 42501
a view that locks rows | bob | warehouse | create view billing.fu as select plan from billing.dim_plan for update | 42501
a default partition tells | bob | warehouse | begin;; create table billing.bm1 partition of billing.bymail for values in ('q7secretlocal@host2.example') | 42501
MERGE that does nothing, filtered | bob | warehouse | merge into billing.visit c using (values (1)) s (x) on (1 / (c.visit_id - 12) = 99) when matched then do nothing | 42501
MERGE that does nothing, no right | carol | warehouse | merge into billing.dim_plan c using (values (1)) s (x) on true when matched then do nothing | 42501
a default counts hidden rows | bob | warehouse | begin;; alter table billing.visit add column z bigint default nextval('billing.zseq') | 42501
NOT NULL tells of hidden rows | bob | warehouse | begin;; alter table billing.visit alter column region set not null | 42501
NOT NULL tells of masked values | bob | warehouse | begin;; alter table billing.lead alter column my_number set not null | 42501
upkeep of everything | bob | warehouse | analyze verbose | 42501
reindex of a schema | bob | warehouse | reindex schema crm | 42501
cluster of everything | bob | warehouse | cluster | 42501
verbose upkeep of masked data | bob | warehouse | vacuum verbose billing.customer_contact | 42501
an arbiter by its name | bob | warehouse | insert into billing.umail values (1000, 'q7secretlocal@host2.example') on conflict on constraint umail_key do update set id = umail.id returning id | 42501
a parent over a filtered partition, changed | bob | warehouse | begin;; update billing.pp set v = 'x' | 42501
a parent over a filtered partition, emptied | bob | warehouse | begin;; truncate billing.pp | 42501
a child in another layer, read | carol | warehouse | select * from billing.px | 42501
a child of another service, changed | bob | warehouse | begin;; delete from billing.px | 42501
a filter that depends on the time zone | carol | warehouse | set timezone = 'X+167';; select count(*) from billing.pay | 42501
a foreign key onto another service | bob | warehouse | begin;; create table billing.fk (s text references crm.segment) | 42501
a default that advances another's sequence | bob | warehouse | begin;; create table billing.ser (like crm.ser including defaults) | 42501
the path moves before nextval | bob | warehouse | set search_path = crm; select nextval('counter') | 42501
the path moves between PREPARE and EXECUTE | bob | warehouse | set search_path = billing, crm;; prepare p as select nextval('counter');; set search_path = crm;; select nextval('counter') | 42501
the sequence goes before setval | bob | warehouse | set search_path = billing, crm;; begin;; drop sequence billing.counter;; select setval('counter', 99) | 42501
SET LOCAL to the default path | bob | warehouse | set search_path = crm;; begin;; set local search_path to default;; commit;; select nextval('counter') | 42501
a setting by a lookup | carol | warehouse | create temp table application_name (x int);; create temp view tv as select set_config('application_name'::regclass::text, 'postgres', false) | 42501
a view that sets | bob | warehouse | create view billing.sc as select set_config('timezone', 'X+100', false) | 42501
a view that locks | bob | warehouse | create view billing.sl as select pg_advisory_lock(1) | 42501
an Admin becomes another | alice | warehouse | select set_config('role', 'reader', false) | 42501
an Admin takes the gateway's key | alice | warehouse | select set_config('sluice.token_key', 'abc', false) | 42501
a composite type is no table | bob | warehouse | create type billing.comp as (a int, b text);; alter type billing.comp add attribute c int cascade | 42501
all settings at once | carol | warehouse | show all | 42501
""".strip().splitlines()]


@pytest.mark.parametrize("name, user, database, statements, sqlstate", REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(stack, name, user, database, statements, sqlstate):
    results, received = session_of(stack, user, database, statements.split(";; "))
    assert [error.sqlstate for error in results[-1].errors] == [sqlstate], results[-1]
    assert not leaked(received)


def test_rows_stay_hidden_behind_a_detached_partition(stack):
    results, _ = session_of(stack, "bob", "warehouse", ["begin", "alter table billing.parted detach partition billing.parted_1", "select count(*) from billing.parted_1"])
    assert results[-1].errors or results[-1].texts() == [("9",)]


def test_classes_and_filters_survive_a_detach_that_is_committed(stack):
    wire = stack.wire("alice", "warehouse")
    wire.query("alter table billing.customers detach partition billing.customers_2025").raise_for_error()
    wire.query("alter table billing.parted detach partition billing.parted_1").raise_for_error()
    reader = stack.wire("bob", "warehouse")
    reader.received.clear()
    assert reader.query("select name || '' from billing.customers_2025").rows
    assert reader.query("select count(*) from billing.parted_1").one() == "9"
    assert not leaked(reader.received)
    wire.query("alter table billing.customers attach partition billing.customers_2025 for values from ('2025-01-01') to ('2026-01-01')").raise_for_error()
    wire.query("alter table billing.parted attach partition billing.parted_1 for values from (0) to (100)").raise_for_error()


def test_a_generated_column_keeps_its_class(stack):
    wire = stack.wire("alice", "warehouse")
    wire.query("alter table billing.lead alter column email_lower drop expression").raise_for_error()
    reader = stack.wire("bob", "warehouse")
    reader.received.clear()
    assert reader.query("select email_lower || '' from billing.lead").rows
    assert not leaked(reader.received)


# A predicate that would fail on a hidden row, and one that would not: both answer alike.
ORACLES = [line.split(" | ") for line in """
a temporary view over a filtered relation | carol | mart | create temp view v as select * from sales.monthly_revenue;; select count(*) from v where 1 / (length(region) - {}) <> 99 | 5 | 50
a new view over a filtered relation | bob | warehouse | begin;; create view billing.vv as select * from billing.visit;; select count(*) from billing.vv where 1 / (visit_id - {}) <> 99 | 12 | 1200
arrays of json in a plain comparison | carol | warehouse | select count(*) from billing.jf where region between '{}' and 'secrets' and js = js | secretr | zecretr
numbers compared as floats | carol | warehouse | select count(*) from billing.jf where region >= '{}' and region < 'secreu' and amount = '1'::float8 | secret | zecret
children of a temporary view | bob | warehouse | create temp view v as select * from billing.visitbase;; select count(*) from v where 1 / (visit_id - {}) <> 99 | 12 | 1200
""".strip().splitlines()]


@pytest.mark.parametrize("name, user, database, template, right, wrong", ORACLES, ids=[row[0] for row in ORACLES])
def test_a_hidden_row_does_not_speak(stack, name, user, database, template, right, wrong):
    def answer(guess):
        results, _ = session_of(stack, user, database, template.replace("{}", guess).split(";; "))
        return str([(each.rows, each.tags, [(e.sqlstate, e.fields.get("M")) for e in each.errors]) for each in results]).replace(guess, "GUESS")

    assert answer(right) == answer(wrong)


def test_a_filter_means_the_same_in_every_time_zone(stack):
    wire = stack.wire("carol", "warehouse")
    before = wire.query("select count(*) from billing.dated").one()
    wire.query("set timezone = 'X+167'").raise_for_error()
    assert wire.query("select count(*) from billing.dated").one() == before == "7"


def test_a_setting_is_named_by_a_constant_or_not_told(stack):
    """A cast may cut the name of one setting to that of another."""
    assert stack.wire("carol", "warehouse").query("select current_setting('data_directory_mode'::varchar(14))").texts() == [(None,)]


def test_a_prepared_sequence_is_the_one_that_was_judged(stack):
    wire = stack.wire("bob", "warehouse")
    for sql in ("set search_path = billing, crm", "prepare p as select nextval('counter')", "set search_path = crm"):
        wire.query(sql).raise_for_error()
    wire.query("execute p")
    test_a_refused_sequence_stays_where_it_is(stack)


def test_a_refused_sequence_stays_where_it_is(stack):
    with stack.cluster.superuser("warehouse") as session:
        cursor = session.cursor()
        cursor.execute("select last_value, is_called from crm.counter")
        assert cursor.fetchone() == (1, False)


def test_a_temporary_view_does_not_outlive_the_policy(stack):
    wire = stack.wire("carol", "warehouse")
    wire.query("create temp view v as select email from crm.dim_customer").raise_for_error()
    assert wire.query("select * from v").rows
    text = stack.gateway.policy.read_text()
    try:
        stack.gateway.policy.write_text(text.replace("  mail: {kind: email}", "  mail: {kind: full}"))
        stack.gateway.reload()
        assert [error.sqlstate for error in wire.query("select * from v").errors] == ["42501"]
    finally:
        stack.gateway.policy.write_text(text)
        stack.gateway.reload()


def test_names_are_not_cut(stack):
    """The server takes the first 63 bytes of a name: two names must not become one behind the gateway's back."""
    stem = "x" * 63
    wire = stack.wire("carol", "warehouse")
    wire.received.clear()
    wire.send(parse("select plan from billing.dim_plan", stem + "a"), SYNC)
    assert [error.sqlstate for error in wire.until().errors] == ["42622"]
    for part in (bind(statement=stem + "a"), bind(portal=stem + "a"), describe("S", stem + "a"), execute(stem + "a"), close("S", stem + "b")):
        wire.send(part, SYNC)
        assert [error.sqlstate for error in wire.until().errors] == ["42622"]
    assert not leaked(wire.received)


@pytest.mark.parametrize("sql", ["alter table billing.kept rename to kept_old", "set search_path = crm", "commit", "create view billing.kq as select * from crm.segment"])
def test_execute_runs_queries_only(stack, sql):
    wire = stack.wire("bob", "warehouse")
    wire.send(parse(sql, "a"), SYNC)
    assert not wire.until().errors
    assert [error.sqlstate for error in wire.query("execute a").errors] == ["0A000"]


def test_copies_by_who_sees_all_inherit_classes(stack):
    wire = stack.wire("alice", "warehouse")
    wire.query("create table billing.copied as select customer_id, email as contact, upper(name) as shouted, region from crm.dim_customer").raise_for_error()
    reader = stack.wire("carol", "warehouse")
    reader.received.clear()
    rows = reader.query("select contact, shouted, region from billing.copied order by customer_id limit 3")
    assert not rows.errors and len(rows.rows) == 3
    assert not leaked(reader.received)
    assert all(row[1] is None for row in rows.rows), "a value computed from a personal one has no mask of its own"
    assert rows.texts()[0][2] in ("east", "west", "north")
    note = [record.get("detail", "") for record in stack.gateway.records() if "billing.copied as" in record.get("sql", "")]
    assert any("inherits the classes" in each for each in note), note
    wire.query("select customer_id, phone as p into billing.copied2 from crm.dim_customer").raise_for_error()
    reader.received.clear()
    assert reader.query("select p from billing.copied2").rows
    assert not leaked(reader.received)


# What must go on working beside all this. name | user | database | statements
ORDINARY = [line.split(" | ") for line in """
two alterations in one transaction | bob | warehouse | begin;; alter table billing.customer_contact add column a1 int;; alter table billing.customer_contact add column a2 int;; create index on billing.customer_contact (customer_id);; select count(*) from billing.customer_contact
rename swap | bob | warehouse | begin;; create table billing.kept__tmp as select * from billing.kept;; alter table billing.kept rename to kept__backup;; alter table billing.kept__tmp rename to kept;; drop table billing.kept__backup cascade
temporary table if it is not there | carol | warehouse | create temp table if not exists x (a int);; insert into x values (1);; select a from x;; create temp table if not exists x (a int);; update x set a = 2;; analyze x
a view of one's own | bob | warehouse | create view billing.own as select plan from billing.dim_plan;; select * from billing.own;; drop view billing.own cascade
a temporary view | carol | warehouse | create temp view tv as select customer_id, email from crm.dim_customer;; select * from tv where email like 'q%';; drop view tv
a sequence by its name | bob | warehouse | set search_path = billing;; select nextval('counter'), currval('counter');; select setval('billing.counter'::regclass, 10)
default of a sequence | bob | warehouse | begin;; create sequence billing.own_seq;; create table billing.own_t (id int default nextval('billing.own_seq'), x int);; insert into billing.own_t (x) values (1) returning id
a comment changes no name | bob | warehouse | comment on table billing.kept is 'x';; select * from billing.kept;; comment on column billing.kept.n is 'y';; select * from billing.kept
prepared and path | bob | warehouse | prepare p (int) as select plan from billing.dim_plan where monthly_fee > $1;; set search_path = crm;; execute p (100)
MERGE | bob | warehouse | begin;; merge into billing.kept k using (values ('x')) s (x) on k.name = s.x when matched then update set n = 2 when not matched then insert values (s.x, 1)
plain filters use no fence | carol | warehouse | select count(*) from billing.dated where amount < 5 and paid_at >= '2025-01-01'::timestamptz
""".strip().splitlines()]


@pytest.mark.parametrize("name, user, database, statements", ORDINARY, ids=[row[0] for row in ORDINARY])
def test_what_must_go_on_working(stack, name, user, database, statements):
    results, received = session_of(stack, user, database, statements.split(";; "))
    for sql, result in zip(statements.split(";; "), results):
        assert not result.errors, (sql, result.errors)
    assert not leaked(received)
