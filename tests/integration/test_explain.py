"""EXPLAIN tells the shape of a plan to everybody who may run the statement, and its values to a role with `explain: full`.

Both halves of row filters, too: what plain comparisons keep (the index) and what the fence costs (nothing can raise on a
hidden row)."""
import json
import re
import time

import pytest

from harness.gateway import sluice
from harness.markers import leaked
from harness.wire import SYNC, bind, describe, execute, parse

# A filter whose constant looks like lines of a plan, and one that an index serves.
POLICY = r"""
row_filters:
  - {relation: {layer: warehouse, schema: billing, relation: visit}, roles: [viewer, creator, tuner],
     where: "region <> 'hidden''one\n  ->  Seq Scan on hidden_constant  (cost=0.00..1.00 rows=1 width=1)\nSeq Scan on hidden_constant' and visit_id <> 4711"}
  - {relation: {layer: warehouse, schema: billing, relation: stay}, roles: [viewer, creator, tuner], where: "house_id < 4711"}
"""
ROLES = """
  tuner: {layers: {warehouse: [read], mart: [read]}, sees: masked, instance: viewer, explain: full}
  silent: {layers: {mart: [read]}, explain: none}
"""
BINDINGS = "  - {role: tuner, users: [dave]}\n"


@pytest.fixture(scope="module", autouse=True)
def prepared(stack):
    with stack.cluster.owner("warehouse") as session:
        session.cursor().execute("""
            create table billing.visit (visit_id bigint primary key, region text not null, remark text);
            insert into billing.visit select n, 'r' || n % 7, 'z' || n from generate_series(1, 20000) as n;
            create index visit_region on billing.visit (region);
            create table billing.stay (stay_id bigint primary key, house_id int not null, nights text not null);
            insert into billing.stay select n, n % 10000, case when n % 10000 < 4711 then '7' else 'seven' end from generate_series(1, 40000) as n;
            create table billing.parts (id int, region text) partition by range (id);
            create table billing.part1 partition of billing.parts for values from (0) to (10);
            create table billing.part2 partition of billing.parts for values from (10) to (20);
            create view billing.visits as select visit_id, region from billing.visit where remark <> 'hidden_in_view';
            analyze billing.visit, billing.stay""")
    text = stack.gateway.policy.read_text()
    text = text.replace("\nbindings:\n", ROLES + "\nbindings:\n" + BINDINGS).replace("    mask: mail\n", "    mask: pseudonym\n")
    stack.gateway.policy.write_text(text + POLICY)
    assert "reload refused" not in stack.gateway.reload()
    deadline = time.monotonic() + 20
    while stack.wire("bob", "warehouse").query("select count(*) from billing.visits").errors:
        assert time.monotonic() < deadline
        time.sleep(0.1)


# Everything that a value could come out by: estimates, masks, filters, their constants.
VALUES = re.compile(r"cost|rows|width|hidden|4711|sluice|hmac|sha256|\[email\]|\*\*\*|Filter|Cond|Key:|Output|Planning|Settings|'|(?<![_\d])\d{2,}", re.I)


def shape(result):
    result.raise_for_error()
    assert result.tags == ["EXPLAIN"] and result.columns[0][0] == "QUERY PLAN"
    text = "\n".join(row[0] for row in result.texts())
    assert text and not VALUES.search(text), text
    return text


STATEMENTS = """
select * from billing.visit
select * from billing.visit where visit_id = 5
select * from billing.visit where region = 'r1' or visit_id < 3
select * from billing.visit v join crm.dim_customer d on d.customer_id = v.visit_id
select * from billing.visit v left join crm.dim_customer d using (region)
select email, count(*) from crm.dim_customer group by email order by 2 desc limit 3
select * from crm.dim_customer where email like 'q1%'
select * from crm.customer_card
select * from billing.visits where region = 'r1'
with x as materialized (select * from billing.visit) select * from x x1, x x2
select (select max(visit_id) from billing.visit), (select region from billing.visit v where v.visit_id = d.customer_id) from crm.dim_customer d
select * from crm.dim_customer where customer_id in (select visit_id from billing.visit where region = 'r2')
select * from crm.dim_customer d where not exists (select from billing.visit v where v.visit_id = d.customer_id)
select count(*) from billing.visit where length(region) / 0 = 1
select region from billing.visit union select email from crm.dim_customer
select region from billing.visit except all select name from crm.dim_customer
select rank() over (partition by region order by visit_id) from billing.visit
with recursive r as (select 1 as n union all select n + 1 from r, billing.visit where n < 5) select * from r
select * from billing.visit v, lateral (select * from crm.fact_ticket t where t.customer_id = v.visit_id limit 1) x
select subject, body from crm.fact_ticket
select * from crm.customer_history where customer_id = 4
select relname from pg_catalog.pg_class where relname like 'a%'
""".strip().splitlines()


@pytest.mark.parametrize("user", ["carol", "bob"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_plain_explain_shows_the_shape(connect, user, statement):
    wire = connect(user, "warehouse")
    wire.received.clear()
    if "pg_class" in statement and user == "bob":
        assert not wire.query("explain " + statement).errors
        return
    lines = shape(wire.query("explain " + statement)).splitlines()
    assert not lines[0].startswith(" ") and all(line.startswith("  ") for line in lines[1:])
    for options in ("(costs off)", "(format text, settings, summary on, buffers off)", "(analyze off, verbose false)"):
        assert shape(wire.query(f"explain {options} {statement}")).splitlines() == lines
    document = json.loads(shape(wire.query(f"explain (format json) {statement}")))
    assert len(document) == 1 and list(document[0]) == ["Plan"]
    nodes, labels = nodes_of(document[0]["Plan"]), sum("Plan " in line or "CTE " in line for line in lines if "->" not in line and not line.startswith(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
    assert len(nodes) == len(lines) - labels
    assert not leaked(wire.received)


def nodes_of(plan):
    return [plan["Node Type"]] + [each for below in plan.get("Plans", []) for each in nodes_of(below)]


CHANGES = """
update billing.visit set remark = 'a''b' where region = 'r1' returning visit_id
delete from billing.visit using crm.dim_customer d where d.customer_id = visit_id
insert into billing.visit select customer_id, email, name from crm.dim_customer
insert into billing.customer_contact values (1, 'a', 'b', 'c') on conflict (customer_id) do nothing
merge into billing.customer_contact c using billing.visit v on v.visit_id = c.customer_id when matched then delete
update billing.parts set region = (select max(email) from crm.dim_customer)
""".strip().splitlines()


@pytest.mark.parametrize("statement", CHANGES)
def test_changes_show_the_shape_and_change_nothing(connect, statement):
    wire = connect("bob", "warehouse")
    before = wire.query("select count(*), max(remark) from billing.visit").texts()
    text = shape(wire.query("explain " + statement))
    assert text.split()[0] in ("Update", "Delete", "Insert", "Merge")
    assert json.loads(shape(wire.query("explain (format json) " + statement)))[0]["Plan"]["Operation"] == text.split()[0]
    assert wire.query("select count(*), max(remark) from billing.visit").texts() == before


def test_the_shape_is_the_servers_own(stack, connect):
    assert shape(connect("carol", "warehouse").query("explain select * from billing.visit where visit_id = 5 order by region")) == \
        "Sort\n  ->  Index Scan using visit_pkey on visit"
    assert shape(connect("bob", "warehouse").query("explain update billing.parts set region = (select max(email) from crm.dim_customer)")) == (
        "Update on parts\n  Update on part1 parts_1\n  Update on part2 parts_2\n  InitPlan 1 (returns $0)\n    ->  Aggregate\n          ->  Seq Scan on dim_customer\n"
        "  ->  Append\n        ->  Seq Scan on part1 parts_1\n        ->  Seq Scan on part2 parts_2")


REFUSED = ["analyze", "verbose", "analyze verbose", "(analyze)", "(verbose)", "(analyze on, format json)", "(verbose 1)", "(analyze true, costs off, timing off, summary off)",
           "(format yaml)", "(format xml)", "(wal)", "(generic_plan)", "(serialize text)"]


@pytest.mark.parametrize("options", REFUSED)
@pytest.mark.parametrize("statement", ["select * from billing.visit", "select email from crm.dim_customer", "select * from billing.visits", "select relname from pg_class"])
def test_what_tells_more_is_refused(connect, options, statement):
    wire = connect("carol", "warehouse")
    for answer in (wire.query(f"explain {options} {statement}"), wire.extended(f"explain {options} {statement}")):
        error = answer.errors[0]
        assert error.sqlstate == "42501" and "tells about masked or hidden data" in error.fields["M"] and not answer.rows
        assert "explain: full" in error.fields["H"] and "the data platform team" in error.fields["H"]


def test_unguarded_statements_are_explained_in_full(connect):
    wire = connect("carol", "warehouse")
    for options in ("", "analyze", "verbose", "(format yaml)", "(format xml)", "(analyze, verbose, settings, wal, format json)"):
        answer = wire.query(f"explain {options} select * from billing.dim_plan where plan = 'basic'").raise_for_error()
        assert b"rows" in wire.received.lower() and answer.rows
        wire.received.clear()
    assert "cost=" in wire.query("explain select 1").one()
    assert "actual" in wire.query("explain analyze select count(*) from generate_series(1, 3)").one()


@pytest.mark.parametrize("options", ["", *[each for each in REFUSED if each not in ("(wal)", "(generic_plan)", "(serialize text)")]])
def test_a_role_with_full_plans_sees_them(stack, connect, options):
    wire = connect("dave", "warehouse")
    wire.received.clear()
    wire.query(f"explain {options} select * from billing.visit where visit_id > 5").raise_for_error()
    assert b"4711" in wire.received and b"hidden_constant" in wire.received
    assert wire.query("select count(*) from billing.visit where visit_id = 4711").one() == "0"
    record = [each for each in stack.gateway.records() if each.get("sql", "").startswith(f"explain {options} select * from billing.visit where") and each["user"] == "dave"][-1]
    assert "roles.tuner.explain" in record["rules"]


def test_the_journal_names_the_rule_of_a_stripped_plan(stack, connect):
    connect("carol", "warehouse").query("explain select 1 from billing.visit").raise_for_error()
    record = [each for each in stack.gateway.records() if each.get("sql") == "explain select 1 from billing.visit"][-1]
    assert "roles.viewer.explain" in record["rules"] and record["relations"][0]["filters"]


# --- forms

def test_prepared_statements(connect):
    wire = connect("carol", "warehouse")
    wire.query("prepare guarded (bigint) as select * from billing.visit where visit_id = $1 and region <> 'mine'").raise_for_error()
    wire.query("prepare free as select * from billing.dim_plan").raise_for_error()
    wire.query("prepare detected as select ticket_id, subject, body from crm.fact_ticket").raise_for_error()
    assert shape(wire.query("explain execute guarded (5)")).startswith("Index Scan")
    shape(wire.query("explain (format json) execute guarded (5)"))
    assert shape(wire.query("explain execute detected")) == "Seq Scan on fact_ticket"
    for options in ("analyze", "verbose", "(format xml)"):
        assert wire.query(f"explain {options} execute guarded (5)").errors[0].sqlstate == "42501"
    assert "cost=" in wire.query("explain execute free").one()
    wire.query("explain analyze execute free").raise_for_error()


def test_a_plan_by_way_of_a_prepared_explain(connect):
    wire = connect("carol", "warehouse")
    wire.send(parse("explain select * from billing.visit where region = 'q'", "e"), SYNC)
    wire.until()
    shape_of_it = wire.query("execute e")
    text = "\n".join(row[0] for row in shape_of_it.raise_for_error().texts())
    assert not VALUES.search(text) and "Scan" in text


def test_a_prepared_explain_does_not_follow_a_name(connect):
    wire = connect("carol", "warehouse")
    wire.query("prepare p as select plan from billing.dim_plan").raise_for_error()
    wire.send(parse("explain execute p", "e"), SYNC)
    wire.until()
    wire.query("deallocate p")
    wire.query("prepare p as select region from billing.visit").raise_for_error()
    answer = wire.query("execute e")
    assert answer.errors[0].sqlstate == "42501" and "by its name" in answer.errors[0].fields["M"] and not answer.rows
    wire.send(bind((), "e"), execute(), SYNC)
    answer = wire.until()
    assert not VALUES.search("\n".join(row[0] for row in answer.texts()))


def test_protocol_prepared_statement_with_wire_masks(connect):
    wire = connect("carol", "warehouse")
    wire.send(parse("select ticket_id, subject, body from crm.fact_ticket", "d"), SYNC)
    wire.until()
    assert shape(wire.query("explain execute d")) == "Seq Scan on fact_ticket"


@pytest.mark.parametrize("statement", ["create table x as select * from billing.visit", "declare c cursor for select * from billing.visit", "create materialized view x as select * from billing.visit",
                                       "select * into x from billing.visit"])
def test_forms_that_are_no_plain_statement_are_refused(connect, statement):
    answer = connect("bob", "warehouse").query("explain " + statement)
    assert answer.errors and not answer.rows


def test_temporary_and_new_relations(connect):
    carol = connect("carol", "warehouse")
    carol.query("create temp view v as select email from crm.dim_customer where email <> 'hidden'").raise_for_error()
    carol.query("create temp table t (x int)").raise_for_error()
    assert shape(carol.query("explain select * from v")) == "Seq Scan on dim_customer"
    assert shape(carol.query("explain select * from t")) == "Seq Scan on t"
    for name in "vt":
        error = carol.query(f"explain analyze select * from {name}").errors[0]
        assert error.sqlstate == "42501" and f"pg_temp.{name}" in error.fields["M"]
    bob = connect("bob", "warehouse")
    bob.query("begin; create view billing.fresh as select * from billing.visit").raise_for_error()
    assert "visit" in shape(bob.query("explain select * from billing.fresh where region = 'r3'"))
    assert bob.query("explain verbose select * from billing.fresh").errors[0].sqlstate == "42501"


def test_several_statements_of_one_text(connect):
    wire = connect("carol", "warehouse")
    answer = wire.query("explain select 1; explain select * from billing.visit; select count(*) from billing.dim_plan; explain (format json) select * from billing.visit; "
                        "explain select plan from billing.dim_plan").raise_for_error()
    rows = [row[0] for row in answer.texts()]
    assert answer.tags == ["EXPLAIN", "EXPLAIN", "SELECT 1", "EXPLAIN", "EXPLAIN"]
    assert "cost=" in rows[0] and rows[1] == "Seq Scan on visit" and rows[3].startswith("[") and "Plan Rows" not in rows[3] and "cost=" in rows[4]


@pytest.mark.parametrize("results", [(), (0,), (1,)])
@pytest.mark.parametrize("form", ["", "(format json)"])
def test_extended_protocol(connect, form, results):
    wire = connect("carol", "warehouse")
    simple = wire.query(f"explain {form} select * from billing.visit where visit_id = 5")
    answer = wire.extended(f"explain {form} select * from billing.visit where visit_id = 5", results=results)
    assert shape(answer) == shape(simple)
    assert answer.columns[0][3] == simple.columns[0][3] == (114 if form else 25)
    assert shape(wire.extended("explain select * from billing.visit where visit_id = $1", ["5"], types=(20,))).startswith("Index Scan")


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_portals_with_a_row_limit(connect, limit):
    wire = connect("carol", "warehouse")
    sql = "explain select * from billing.visit v join crm.dim_customer d on d.customer_id = v.visit_id order by v.region"
    whole = wire.query(sql).texts()
    wire.query("begin")
    wire.send(parse(sql), bind(portal="p"), describe("P", "p"), execute("p", limit), execute("p", limit), SYNC)
    answer = wire.until()
    assert answer.texts() == whole and not answer.errors
    wire.query("commit")


def test_policy_explain_tells_of_it(stack):
    def told(user, sql, check=True):
        return sluice("policy", "explain", "--config", stack.gateway.config, "--user", user, "--database", "warehouse", sql, check=check).stdout
    assert "its shape alone" in told("carol", "explain select * from billing.visit")
    assert "its shape alone" not in told("dave", "explain select * from billing.visit")
    assert "roles.tuner.explain" in told("dave", "explain analyze select * from billing.visit")
    assert "explain: full" in told("carol", "explain analyze select * from billing.visit", check=False)


# --- both halves of row filters

def rewritten(stack, user, sql):
    answer = sluice("policy", "explain", "--format", "json", "--config", stack.gateway.config, "--user", user, "--database", "warehouse", sql).stdout
    return json.loads(answer)["rewritten"]


INDEXED = ["select nights from billing.stay where stay_id = 17", "select nights from billing.stay where stay_id between 17 and 20 and nights = '7'",
           "select s.nights from billing.stay s join billing.dim_plan p on s.stay_id = 17 order by 1", "delete from billing.stay where stay_id = 17",
           "update billing.stay set nights = '8' where stay_id = 17"]
RAISING = ["select stay_id from billing.stay where nights::int = 7 and stay_id < 100", "select count(*) from billing.stay where 1 / (nights::int - 6) = 1",
           "select count(*) from billing.stay where house_id < 5000 and nights::numeric > 1", "select count(*) from billing.stay s join billing.dim_plan p on s.nights::int = p.monthly_fee",
           "update billing.stay set nights = '7' where nights::int = 7 and stay_id < 10", "delete from billing.stay where nights::int = 7 and stay_id < 10"]


def plan_in_the_database(stack, sql):
    with stack.cluster.owner("warehouse") as session:
        cursor = session.cursor()
        cursor.execute("explain " + sql)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("sql", INDEXED)
def test_plain_comparisons_keep_the_index(stack, sql):
    sent = rewritten(stack, "bob", sql)
    assert "house_id < 4711" in sent and "OFFSET 0" not in sent
    plan = plan_in_the_database(stack, sent)
    assert "Index Scan using stay_pkey" in plan and "4711" in plan, plan


@pytest.mark.parametrize("sql", RAISING)
def test_what_can_raise_meets_no_hidden_row(stack, connect, sql):
    sent = rewritten(stack, "bob", sql)
    assert "OFFSET 0" in sent or "CASE WHEN" in sent, sent
    wire = connect("bob", "warehouse")
    wire.query("begin")
    assert not wire.query(sql).errors
    wire.query("rollback")
    # Without the fence a hidden row's value comes out as an error: the test would not see that the fence is gone.
    with stack.cluster.owner("warehouse") as session, pytest.raises(Exception, match="seven"):
        session.cursor().execute(sql.replace(" and stay_id < 100", "").replace(" and stay_id < 10", ""))
