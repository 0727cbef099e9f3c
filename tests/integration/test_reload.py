"""SIGHUP: a good policy holds from the next statement on, a bad one changes nothing and says why."""
import pytest

from harness.gateway import POLICY, sluice
from harness.markers import leaked
from harness.wire import SYNC, Closed, ServerError, Wire, bind, execute, parse

VIEWER = """  viewer:
    layers:
      warehouse: [read]
      mart: [read]
"""


@pytest.fixture(autouse=True)
def policy_as_delivered(stack):
    yield
    stack.gateway.policy.write_text(POLICY.read_text())
    assert "reloaded" in stack.gateway.reload()


def change(stack, *replacements):
    text = POLICY.read_text()
    for old, new in replacements:
        assert old in text, f"the policy no longer says {old!r}"
        text = text.replace(old, new)
    stack.gateway.policy.write_text(text)
    return stack.gateway.reload()


def test_a_right_is_given_and_taken(stack, connect):
    wire = connect("carol", "warehouse")
    insert = "insert into billing.dim_plan values ('reload', 1, 'x')"
    assert wire.query(insert).errors[0].sqlstate == "42501"
    assert "reloaded" in change(stack, (VIEWER, VIEWER.replace("warehouse: [read]", "warehouse: [create, read, delete]")))
    assert wire.query(insert).tags == ["INSERT 0 1"]
    assert wire.query("delete from billing.dim_plan where plan = 'reload'").tags == ["DELETE 1"]
    assert "reloaded" in change(stack)
    assert wire.query(insert).errors[0].sqlstate == "42501"


def test_prepared_statements_are_judged_again(stack, connect):
    wire = connect("carol", "warehouse")
    change(stack, ("    sees: masked\n    instance: viewer", "    sees: clear\n    instance: viewer"))
    wire.send(parse("select email from crm.dim_customer", "s"), parse("delete from billing.customer_contact", "d"), SYNC)
    wire.until()
    wire.send(bind((), "s"), execute(), SYNC)
    assert leaked(b"".join(row[0] for row in wire.until().rows)), "a clear policy shows raw values"
    wire.query("prepare q as select email from crm.dim_customer")
    change(stack)
    wire.received.clear()
    wire.send(bind((), "s"), execute(), SYNC)
    again = wire.until()
    wire.query("execute q")
    wire.send(bind((), "q"), execute(), SYNC)
    wire.until()
    assert not leaked(wire.received)
    assert len(again.rows) == 60 or again.errors, again


def test_a_right_taken_holds_for_prepared_writes(stack, connect):
    wire = connect("carol", "warehouse")
    change(stack, (VIEWER, VIEWER.replace("warehouse: [read]", "warehouse: [create, read, update, delete]")))
    wire.send(parse("insert into billing.dim_plan values ('late', 1, 'x')", "s"), SYNC)
    assert not wire.until().errors
    change(stack)
    wire.send(bind((), "s"), execute(), SYNC)
    assert wire.until().errors
    assert wire.query("select count(*) from billing.dim_plan where plan = 'late'").one() == "0"


def test_a_portal_open_over_a_reload(stack, connect):
    wire = connect("carol", "mart")
    wire.query("begin")
    wire.send(parse("select n from generate_series(1, 9) as n"), bind(portal="p"), execute("p", 3), SYNC)
    wire.until()
    change(stack)
    wire.send(execute("p", 3), SYNC)
    result = wire.until()
    assert len(result.rows) == 3 or result.errors


def test_a_new_mask(stack, connect):
    wire = connect("carol", "warehouse")
    change(stack, ("mail: {kind: email}", 'mail: {kind: constant, value: "(hidden)"}'))
    assert wire.query("select distinct email from crm.dim_customer").texts() == [("(hidden)",)]


@pytest.mark.parametrize("old, new, word", [
    ("version: 1", "version: 1\nunknown_key: 1", "unknown_key"),
    ("warehouse: [read]\n      mart: [read]", "warehouse: [raed]\n      mart: [read]", "raed"),
    ("mask: mail", "mask: no_such_mask", "no_such_mask"),
    ("services: [crm]", "services: [no_such_service]", "no_such_service"),
    ("role: viewer, users", "role: no_such_role, users", "no_such_role"),
    ("re2:name_(kana|kanji|en)$", "re2:name_(kana", "name_(kana"),
    ("version: 1", "version: [", "policy.yaml"),
    ("version: 1", "", "version"),
])
def test_a_bad_policy_changes_nothing(stack, connect, old, new, word):
    wire = connect("carol", "warehouse")
    said = change(stack, (old, new))
    assert "reload refused" in said and word in said and "policy.yaml:" in said, said
    wire.received.clear()
    assert len(wire.query("select email from crm.dim_customer").raise_for_error().rows) == 60
    assert wire.query("delete from billing.dim_plan").errors[0].sqlstate == "42501"
    assert not leaked(wire.received)


def test_a_missing_policy_changes_nothing(stack, connect):
    stack.gateway.policy.unlink()
    assert "reload refused" in stack.gateway.reload()
    assert connect("carol", "mart").query("select 1").one() == "1"


def test_users_are_read_again(stack):
    sluice("user", "add", "--users", stack.gateway.users, "--name", "erin", "--group", "viewers", "--password-stdin", stdin="erin-pass\n")
    with pytest.raises(ServerError):
        Wire(stack.gateway.port, "erin", "erin-pass", "mart")
    stack.gateway.reload()
    with Wire(stack.gateway.port, "erin", "erin-pass", "mart") as wire:
        assert wire.query("select count(*) from sales.monthly_revenue").one() == "108"
        sluice("user", "remove", "--users", stack.gateway.users, "--name", "erin")
        stack.gateway.reload()
        try:
            assert wire.query("select count(*) from sales.monthly_revenue").errors, "a removed user's session has no role any more"
        except Closed:
            pass
    with pytest.raises(ServerError):
        Wire(stack.gateway.port, "erin", "erin-pass", "mart")


def test_a_bad_users_file_changes_nothing(stack, connect):
    before = stack.gateway.users.read_text()
    stack.gateway.users.write_text("users: [")
    assert "reload refused" in stack.gateway.reload()
    stack.gateway.users.write_text(before)
    assert connect("carol", "mart").query("select 1").one() == "1"


def test_reloads_are_recorded(stack):
    change(stack)
    change(stack, ("version: 1", "version: ["))
    reloads = [record for record in stack.gateway.records() if record["event"] == "reload"]
    assert len(reloads) >= 2
    assert any(record.get("decision") == "denied" or "refus" in str(record) or "problem" in str(record) for record in reloads)


def test_changes_of_the_catalog_are_seen(stack, connect):
    alice, carol = connect("alice", "warehouse"), connect("carol", "warehouse")
    alice.query("create table crm.later (id int, email text); insert into crm.later values (1, 'q1secretlocal@host1.example')").raise_for_error()
    carol.received.clear()
    assert len(carol.query("select * from crm.later").raise_for_error().rows) == 1
    alice.query("alter table crm.later add column phone text default '090-7391-0037'").raise_for_error()
    assert len(carol.query("select * from crm.later").raise_for_error().columns) == 3
    assert not leaked(carol.received)
    with stack.cluster.owner("warehouse") as session:  # past the gateway: seen after catalog_refresh
        session.cursor().execute("drop table crm.later")
    assert carol.query("select * from crm.later").errors
