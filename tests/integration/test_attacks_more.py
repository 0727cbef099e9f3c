"""Attacks on what the analysis does not look at (functions in odd places) and on what it believes to know (columns that are
not there, or that have become others since)."""
import time

import pytest

from harness.markers import leaked
from harness.wire import Closed

FILTERS = """
row_filters:
  - {relation: {layer: mart, schema: sales, relation: monthly_revenue}, roles: [viewer], where: "upper(lower(upper(lower(region)))) = 'EAST'"}
"""


@pytest.fixture(scope="module", autouse=True)
def prepared(stack):
    with stack.cluster.owner("warehouse") as session:
        session.cursor().execute("""
            set role gateway;
            insert into billing.customer_contact select customer_id, name, email, phone from crm.dim_customer;
            alter table billing.customer_contact add column q text, add column r text, add column d text;
            create table billing.kept (zz text, n int);
            insert into billing.kept values ('x', 1);
            create table billing.numbers (a int[], b int);
            create table billing.by_text (a text) partition by list (a);
            create table billing.by_number (a int) partition by list (a);
            create table billing.part (a int);
            create table billing.above_email (email text);
            create table billing.above_q (q text);
            create table billing.above_r (r text);
            create table billing.above_d (d text);
            alter table billing.customer_contact inherit billing.above_email, inherit billing.above_q, inherit billing.above_r, inherit billing.above_d""")
    stack.gateway.policy.write_text(stack.gateway.policy.read_text() + FILTERS)
    assert "reload refused" not in stack.gateway.reload()
    deadline = time.monotonic() + 20
    while stack.wire("bob", "warehouse").query("select d, (select count(*) from billing.above_d) from billing.customer_contact").errors:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def session_of(stack, user, database, statements, extended=False):
    """What came back, statement by statement; a connection that the gateway ends ends the session."""
    wire = stack.wire(user, database)
    wire.received.clear()
    results = []
    try:
        for sql in statements:
            results.append(wire.extended(sql) if extended else wire.query(sql))
        wire.query("rollback")
    except Closed:
        pass
    wire.end()
    return results, bytes(wire.received)


WORDS = "select to_tsvector(body) from crm.fact_ticket"
ROWS = "query_to_xml('select email from crm.dim_customer limit 3', true, true, '')::text"
CHANGE = "begin;; update billing.customer_contact set name = name where customer_id = 1 returning"
# name | user | statements of one session, `;;` between them. No mark of a raw value may come back.
RAW_VALUES = [line.split(" | ", 2) for line in f"""
function as a field of a constant | carol | select ('{WORDS}'::text).ts_stat
function as a field of a sub-select | carol | select ((select '{WORDS}'::text)).ts_stat
function as a field of a function's row | carol | select g.ts_stat from unnest(array['{WORDS}']) as g
function as a field of a cast in FROM | carol | select g.ts_stat from cast('{WORDS}' as text) as g
VALUES with LIMIT | bob | begin;; insert into billing.part values (1) limit {ROWS}::int
VALUES with OFFSET | bob | begin;; insert into billing.part values (1) offset {ROWS}::int
VALUES with ORDER BY | bob | begin;; insert into billing.part values (1) order by {ROWS}::int
subscript of INSERT | bob | begin;; insert into billing.numbers (a[{ROWS}::int]) values (1)
subscript of MERGE | bob | begin;; merge into billing.numbers using (values (1)) as s (x) on false when not matched then insert (a[{ROWS}::int]) values (1)
bound of a list | bob | begin;; create table billing.p1 partition of billing.by_text for values in ({ROWS});; select pg_get_expr(relpartbound, oid) from pg_class where relname = 'p1'
bound of an attached list | bob | begin;; alter table billing.by_number attach partition billing.part for values in ({ROWS}::int)
bound of a range | bob | begin;; create table billing.above (a int) partition by range (a);; create table billing.p1 partition of billing.above for values from ({ROWS}::int) to (maxvalue)
column list and alias list | bob | {CHANGE} (select email from rows from (json_to_record('{{}}') as (email text)) as x (foo))
column list and alias list, kept | bob | begin;; select * into temp tt from rows from (json_to_record('{{}}') as (email text)) as x (foo);; update billing.customer_contact set name = name where customer_id = 1 returning (select email from tt)
expanded row | bob | {CHANGE} (select email from (select (email).* from (select null::billing.dim_plan as email) as s) as x)
expanded row with a name | bob | {CHANGE} (select email from (select (s.p).* as email from (select null::billing.dim_plan as p) as s) as x)
expanded row that hides the whole one | bob | begin;; update billing.customer_contact as c set name = name where customer_id = 1 returning (select c from (select (c).* from (select null::billing.dim_plan as c) as s) as x)::text
expanded row in a temporary view | bob | begin;; create temp view v as select (email).* from (select null::billing.dim_plan as email) as s;; update billing.customer_contact set name = name where customer_id = 1 returning (select email from v)
name of a cast | bob | {CHANGE} (select email from (select customer_contact.email::text) as x)
name of a collated column | bob | {CHANGE} (select email from (select customer_contact.email collate "C") as x)
child of a temporary table | bob | begin;; create temp table p (email text);; create temp table c (email text) inherits (p);; insert into c values ('x');; alter table p rename column email to foo;; update billing.customer_contact set name = name where customer_id = 1 returning (select email from c)
columns that change places | bob | begin;; alter table billing.above_q rename column q to w;; alter table billing.above_email rename column email to q;; alter table billing.above_r rename column r to email;; alter table billing.above_d add column r text;; select upper(q) from billing.customer_contact
column that a parent gets | bob | begin;; alter table billing.above_d add column email text;; select upper(email) from billing.above_d
column that a parent gets, plainly | bob | begin;; alter table billing.above_d add column email text;; select email from billing.above_d
column that a parent gets, in one text | bob | alter table billing.above_d add column email text; select upper(email) from billing.above_d; select 1 / 0
row of a parent | bob | begin;; alter table billing.above_d add column email text;; select t::text from billing.above_d as t
change of a parent | bob | begin;; alter table billing.above_d add column email text;; update billing.above_d set d = d where email like 'q1%' returning email
""".strip().splitlines()]


@pytest.mark.parametrize("name, user, statements", RAW_VALUES, ids=[row[0] for row in RAW_VALUES])
def test_no_raw_value_comes_back(stack, name, user, statements):
    for extended in (False, True):
        _, received = session_of(stack, user, "warehouse", statements.split(";; "), extended)
        assert not leaked(received), received[:1500]


# A column of the same name as a masked one, in a table that is known and changes within the transaction.
@pytest.mark.parametrize("change", ["rename column zz to yy", "drop column zz"])
def test_a_column_that_went_does_not_give_way_to_a_masked_one(stack, change):
    try:
        _, received = session_of(stack, "bob", "warehouse", [
            "alter table billing.customer_contact no inherit billing.above_email",
            "alter table billing.customer_contact rename column email to zz", "begin", f"alter table billing.kept {change}",
            "update billing.customer_contact set name = name where customer_id = 1 returning (select zz from billing.kept)"])
        assert not leaked(received), received[:1500]
    finally:
        session_of(stack, "bob", "warehouse", ["alter table billing.customer_contact rename column zz to email",
                                               "alter table billing.customer_contact inherit billing.above_email"])


TICKET = "Please write to q1secretlocal@host.example or call 090-7391-0037 after six"
GUESSES = [line.split(" | ") for line in f"""
a natural join with renamed columns of a record | carol | warehouse | select f.body from crm.fact_ticket as f natural join rows from (json_to_record(json_build_object('foo', '{{}}'::text)) as (foo text)) as x (body) | {TICKET} | {TICKET}!
a natural join with a temporary child | carol | warehouse | create temp table p (foo text);; create temp table c (foo text) inherits (p);; insert into c values ('{{}}');; alter table p rename column foo to body;; select f.body from crm.fact_ticket as f natural join c | {TICKET} | {TICKET}!
a check on a column that a parent gets | bob | warehouse | begin;; alter table billing.above_d add column email text check (email not like '{{}}') | q1% | zz1%
a pattern that ends in a backslash | carol | mart | select count(*) from sales.monthly_revenue where region ~~ '{{}}\\' | no | zz
a pattern that ends in a backslash, negated | carol | mart | select count(*) from sales.monthly_revenue where region !~~* '{{}}\\' | no | zz
an expression merged by USING | carol | mart | select count(*) from (select 1 as q) as v join (select 1 / (length(region) - {{}}) as q from sales.monthly_revenue) as x using (q) | 5 | 50
an expression merged by NATURAL | carol | mart | select count(*) from (select 1 as q) as v natural join (select 1 / (length(region) - {{}}) as q from sales.monthly_revenue) as x | 5 | 50
""".strip().splitlines()]


@pytest.mark.parametrize("name, user, database, template, right, wrong", GUESSES, ids=[row[0] for row in GUESSES])
def test_a_right_guess_is_answered_like_a_wrong_one(stack, name, user, database, template, right, wrong):
    def answer(guess):
        results, _ = session_of(stack, user, database, template.replace("{}", guess).split(";; "))
        shown = [(each.rows, each.tags, each.copied, [(e.sqlstate, e.fields.get("M")) for e in each.errors]) for each in results]
        return len(results), str(shown).replace(guess, "GUESS")

    assert answer(right) == answer(wrong)


# name | user | statements: every one works.
ORDINARY = [line.split(" | ", 2) for line in """
field of a row | carol | select (t).body, (t).ticket_id from crm.fact_ticket as t limit 1
harmless function as a field | carol | select ('abc'::text).upper, (now()).date
VALUES in order | bob | begin;; insert into billing.part values (2), (1) order by 1 limit 1;; select a from billing.part
subscript of a constant | bob | begin;; insert into billing.numbers (a[1], b) values (1, 2);; select a[1] from billing.numbers
bounds by constants | bob | begin;; create table billing.p1 partition of billing.by_text for values in ('a', 'b');; insert into billing.by_text values ('a');; select a from billing.p1
record with a column list | carol | select x.a + 1, b from json_to_record('{"a": 1, "b": "x"}') as x (a int, b text)
numbered rows | carol | select x.v, x.n from unnest(array['a', 'b']) with ordinality as x (v, n)
qualified names below RETURNING | bob | begin;; update billing.customer_contact as c set name = name where customer_id = 1 returning (select k.zz from billing.kept as k), (select c.email from billing.kept)
""".strip().splitlines()]


@pytest.mark.parametrize("name, user, statements", ORDINARY, ids=[row[0] for row in ORDINARY])
def test_what_must_go_on_working(stack, name, user, statements):
    results, received = session_of(stack, user, "warehouse", statements.split(";; "))
    for sql, result in zip(statements.split(";; "), results):
        assert not result.errors, (sql, result.errors)
    assert not leaked(received)
