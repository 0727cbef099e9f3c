"""Names that move between two sessions: while one gives a name another meaning, no statement that was judged by the old
one runs, and nobody waits for ever."""
import os
import socket
import struct
import threading
import time

import pytest

from harness.markers import leaked
from harness.wire import FLUSH, SYNC, Closed, bind, close, execute, parse, query

SECONDS = 20 if os.environ.get("SLUICE_LONG_TESTS") else 2
PATIENCE = 10  # of the gateway, for names to settle
BUSY = "55P03"

# `clear` and `personal` have a column of one name; the second was called `email` once, and its class was remembered.
TABLES = """
create table {schema}.clear_{n} (id int, remark text);
insert into {schema}.clear_{n} select customer_id, 'nothing ' || customer_id from crm.dim_customer;
create table {schema}.personal_{n} (id int, email text);
insert into {schema}.personal_{n} select customer_id, email from crm.dim_customer
"""


@pytest.fixture(scope="module")
def alice(stack):
    with stack.wire("alice", "warehouse") as wire:
        for statement in ("create schema parking", "create schema billing_two"):
            wire.query(statement).raise_for_error()
        yield wire


def make_tables(alice, n, schema="billing"):
    for statement in TABLES.format(n=n, schema=schema).split(";"):
        alice.query(statement).raise_for_error()
    alice.query(f"alter table {schema}.personal_{n} rename column email to remark").raise_for_error()


class Reader(threading.Thread):
    """Asks in a tight loop. Everything that arrives is searched for raw values."""

    def __init__(self, stack, user, ask, expected=()):
        super().__init__(daemon=True)
        self.wire = stack.wire(user, "warehouse")
        self.ask, self.expected = ask, expected
        self.stopping = False
        self.succeeded, self.found, self.problems, self.slowest = 0, set(), [], 0.0

    def run(self):
        try:
            while not self.stopping:
                began = time.monotonic()
                outcome = self.ask(self.wire)
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.found |= leaked(self.wire.received)
                self.wire.received.clear()
                codes = {error.sqlstate for error in outcome.errors}
                self.succeeded += not codes
                if codes - set(self.expected):
                    self.problems.append(str(outcome.errors[0]))
        except Exception as problem:  # whatever it is, the test must hear of it
            self.problems.append(repr(problem))

    def stop(self):
        self.stopping = True
        self.join(30)
        self.wire.end()


def simple(sql):
    return lambda wire: wire.query(sql)


def extended(sql):
    return lambda wire: wire.extended(sql)


def prepared(sql):
    """Parsed once, run again and again: the server looks names up anew whenever a definition has changed."""
    known = set()

    def ask(wire):
        first = () if wire in known else (close("S", "kept"), parse(sql, "kept"))
        known.add(wire)
        wire.send(*first, bind(statement="kept"), execute(), SYNC)
        outcome = wire.until()
        if outcome.errors:
            known.discard(wire)
        return outcome
    return ask


def in_steps(sql):
    """Parse, Bind and Execute arrive one by one."""
    def ask(wire):
        for part in (parse(sql), bind(), execute()):
            wire.send(part, FLUSH)
            time.sleep(0.0005)
        wire.send(SYNC)
        return wire.until()
    return ask


def sql_prepared(sql):
    def ask(wire):
        wire.query("deallocate all")
        made = wire.query(f"prepare mine as {sql}")
        return made if made.errors else wire.query("execute mine")
    return ask


def in_transaction(sql):
    def ask(wire):
        wire.query("begin")
        outcome = wire.query(sql)
        again = wire.query(sql)
        wire.query("rollback")
        return outcome if outcome.errors else again
    return ask


SWAPS = {
    "tables change places": ("{s}.clear_{n}", [
        "alter table billing.clear_{n} rename to aside_{n}", "alter table billing.personal_{n} rename to clear_{n}",
        "alter table billing.aside_{n} rename to personal_{n}"]),
    "as an index": ("{s}.clear_{n}", [
        "alter index billing.clear_{n} rename to aside_{n}", "alter index billing.personal_{n} rename to clear_{n}",
        "alter index billing.aside_{n} rename to personal_{n}"]),
    "columns change places": ("{s}.both_{n}", [
        "alter table billing.both_{n} rename column remark to aside", "alter table billing.both_{n} rename column other to remark",
        "alter table billing.both_{n} rename column aside to other"]),
    "tables change schemas": ("{s}.clear_{n}", [
        "alter table billing.clear_{n} set schema parking", "alter table billing_two.clear_{n} set schema billing",
        "alter table parking.clear_{n} set schema billing_two"]),
    "a child comes and goes": ("{s}.clear_{n}", ["alter table billing.personal_{n} inherit billing.clear_{n}", "select 1",
                                                "alter table billing.personal_{n} no inherit billing.clear_{n}"]),
    "a view over the tables": ("{s}.view_{n}", [
        "alter table billing.clear_{n} rename to aside_{n}", "alter table billing.personal_{n} rename to clear_{n}",
        "alter table billing.aside_{n} rename to personal_{n}"]),
    "a view is replaced": ("{s}.view_{n}", [
        "create or replace view billing.view_{n} as select id, remark from billing.personal_{n}", "select 1",
        "create or replace view billing.view_{n} as select id, remark from billing.clear_{n}"]),
}


def prepare_swap(alice, n, name):
    make_tables(alice, n)
    if name == "tables change schemas":
        make_tables(alice, n, "billing_two")
        for statement in ("drop table billing_two.clear_{n}", "alter table billing_two.personal_{n} rename to clear_{n}"):
            alice.query(statement.format(n=n)).raise_for_error()
    if name == "columns change places":
        for statement in ("create table billing.both_{n} (id int, remark text, email text)",
                          "insert into billing.both_{n} select customer_id, 'nothing', email from crm.dim_customer",
                          "alter table billing.both_{n} rename column email to other"):
            alice.query(statement.format(n=n)).raise_for_error()
    if "view" in name:
        alice.query(f"create view billing.view_{n} as select id, remark from billing.clear_{n}").raise_for_error()


@pytest.mark.parametrize("number, name", list(enumerate(SWAPS)), ids=[name.replace(" ", "_") for name in SWAPS])
def test_no_raw_value_while_names_move(stack, alice, number, name):
    n = 100 + number
    source, statements = SWAPS[name]
    source = source.format(s="billing", n=n)
    prepare_swap(alice, n, name)
    asked = f"select id, md5(remark), remark || '' from {source}"
    # While a view is about to be replaced nobody can read its definition, whoever holds its lock.
    locked = {"42501"} if name == "a view is replaced" else ()
    readers = [
        Reader(stack, "carol", simple(asked)), Reader(stack, "carol", extended(asked)), Reader(stack, "carol", prepared(asked)),
        Reader(stack, "carol", in_steps(asked)), Reader(stack, "carol", in_transaction(f"select md5(remark) from {source.split('.')[1]}"), locked),
        Reader(stack, "carol", sql_prepared(f"select upper(remark) from {source}"), {"42501"}),
        Reader(stack, "bob", simple(f"copy (select reverse(remark) from {source}) to stdout")),
        Reader(stack, "bob", simple(f"begin; create table billing.copy_{n} as select remark || 'x' as words from {source}; select words from billing.copy_{n}; rollback")),
    ]
    for each in readers:
        each.start()
    swaps, deadline = 0, time.monotonic() + SECONDS
    with stack.wire("alice", "warehouse") as writer:
        while time.monotonic() < deadline:
            writer.query("begin").raise_for_error()
            for statement in statements:
                writer.query(statement.format(n=n)).raise_for_error()
                time.sleep(0.01)  # others run into it
            writer.query("commit").raise_for_error()
            swaps += 1
            time.sleep(0.002 * (swaps % 3))
    for each in readers:
        each.stop()
    assert not set().union(*(each.found for each in readers))
    told = [(each.succeeded, each.slowest, each.problems[:2]) for each in readers]
    assert not any(each.problems for each in readers), (swaps, told)
    assert swaps >= 2, swaps
    assert all(each.succeeded >= SECONDS for each in readers), [each.succeeded for each in readers]
    assert max(each.slowest for each in readers) < PATIENCE


def test_several_change_definitions_at_once(stack, alice):
    """bob in single statements, alice in transactions, over the same names; whoever reads finds one state or the other."""
    make_tables(alice, 1)
    gone = {"42P01", "42501", "42703"}  # a name that stands for nothing at this moment
    readers = [Reader(stack, "carol", ask("select md5(remark) from billing.clear_1"), gone) for ask in (simple, extended, prepared, in_steps)]
    stopping, counts, problems = threading.Event(), {"alice": 0, "bob": 0}, []

    def change(user, rounds):
        with stack.wire(user, "warehouse") as wire:
            while not stopping.is_set():
                for statement in rounds:
                    outcome = wire.query(statement)
                    counts[user] += not outcome.errors
                    problems.extend(str(error) for error in outcome.errors if error.sqlstate not in gone | {"42P07", "25P02"})
    turns = ["alter table billing.clear_1 rename to aside_1", "alter table billing.personal_1 rename to clear_1", "alter table billing.aside_1 rename to personal_1"]
    writers = [threading.Thread(target=change, args=("bob", turns)), threading.Thread(target=change, args=("alice", ["begin", *turns, "commit"]))]
    for each in [*readers, *writers]:
        each.start()
    time.sleep(SECONDS)
    stopping.set()
    for each in writers:
        each.join(60)
    for each in readers:
        each.stop()
    assert not set().union(*(each.found for each in readers))
    assert not problems, problems[:3]
    assert not [each.problems[:3] for each in readers if each.problems]
    assert min(counts.values()) > 0, counts


def in_background(work):
    box = {}

    def run():
        box["outcome"] = work()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, box


def until_it_waits(stack, like):
    """Until the server itself holds that statement up."""
    with stack.cluster.superuser("warehouse") as session:
        cursor = session.cursor()
        for _ in range(400):
            cursor.execute("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like %s and pid <> pg_backend_pid()", (like,))
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError(f"no statement like {like} waits for a lock")


def test_a_transaction_that_holds_the_lock_goes_on(stack, alice, connect):
    make_tables(alice, 2)
    reader = connect("carol", "warehouse")
    reader.query("begin")
    assert len(reader.query("select remark from billing.clear_2").rows) == 60
    thread, box = in_background(lambda: alice.query("alter table billing.clear_2 rename to older_2"))
    until_it_waits(stack, "alter table billing.clear_2%")
    began = time.monotonic()
    assert len(reader.query("select remark || '' from billing.clear_2").rows) == 60
    assert len(reader.extended("select remark from billing.clear_2 where id < 10").rows) == 9
    assert time.monotonic() - began < PATIENCE / 2
    reader.query("commit").raise_for_error()
    thread.join(PATIENCE)
    box["outcome"].raise_for_error()
    assert reader.query("select 1 from billing.clear_2").errors[0].sqlstate == "42P01"


def test_what_was_let_go_counts_no_more(stack, alice, connect):
    """Back to the savepoint, the lock is gone: the transaction does not hold the name any more."""
    make_tables(alice, 3)
    reader = connect("carol", "warehouse")
    for statement in ("begin", "savepoint s", "select remark from billing.clear_3", "rollback to s"):
        reader.query(statement).raise_for_error()
    alice.query("begin").raise_for_error()
    alice.query("alter table billing.clear_3 rename to older_3").raise_for_error()
    alice.query("alter table billing.personal_3 rename to clear_3").raise_for_error()
    thread, box = in_background(lambda: reader.query("select md5(remark) from billing.clear_3"))
    time.sleep(0.3)
    alice.query("commit").raise_for_error()
    thread.join(PATIENCE)
    assert len(box["outcome"].rows) == 60 and not leaked(reader.received)
    # In one text with an end of the transaction, too.
    for statement in ("begin", "select remark from billing.clear_3"):
        reader.query(statement).raise_for_error()
    thread, box = in_background(lambda: reader.query("commit; begin; select md5(remark) from billing.clear_3; commit"))
    thread.join(PATIENCE)
    box["outcome"].raise_for_error()


def test_a_deadlock_ends(stack, alice, connect):
    """The reader holds what the writer waits for, and needs what the writer has changed."""
    make_tables(alice, 4)
    reader = connect("carol", "warehouse")
    reader.query("begin")
    reader.query("select count(*) from billing.clear_4").raise_for_error()
    alice.query("begin").raise_for_error()
    alice.query("alter table billing.personal_4 add column more int").raise_for_error()
    thread, box = in_background(lambda: alice.query("alter table billing.clear_4 rename to older_4"))
    until_it_waits(stack, "alter table billing.clear_4%")
    began = time.monotonic()
    refused = reader.query("select remark from billing.personal_4")
    assert refused.errors[0].sqlstate == BUSY and "`billing.personal_4`" in str(refused.errors[0]) and refused.status == "E"
    assert PATIENCE - 1 < time.monotonic() - began < PATIENCE + 3
    reader.query("rollback").raise_for_error()
    thread.join(PATIENCE)
    box["outcome"].raise_for_error()
    alice.query("commit").raise_for_error()
    assert reader.query("select remark from billing.personal_4 limit 1").rows


def test_a_long_statement_is_waited_for_and_not_for_ever(stack, alice, connect):
    make_tables(alice, 5)
    reader, other = connect("carol", "warehouse"), connect("carol", "warehouse")
    reader.send(query("select remark || '' from billing.clear_5, pg_sleep(2)"))
    time.sleep(0.3)
    began = time.monotonic()
    alice.query("alter table billing.clear_5 rename to older_5").raise_for_error()
    assert time.monotonic() - began > 1
    assert len(reader.until().rows) == 60
    reader.send(query(f"select remark || '' from billing.older_5, pg_sleep({PATIENCE + 3})"))
    time.sleep(0.3)
    refused = alice.query("alter table billing.older_5 rename to clear_5")
    assert refused.errors[0].sqlstate == BUSY and "billing." in str(refused.errors[0])
    began = time.monotonic()
    assert len(other.query("select remark from billing.older_5").rows) == 60  # the claim was taken back
    assert time.monotonic() - began < 2
    assert len(reader.until().rows) == 60
    alice.query("alter table billing.older_5 rename to clear_5").raise_for_error()


def test_a_client_that_keeps_its_answer_waiting_hinders_nobody(stack, alice, connect):
    """Parse without Flush or Sync: the server would never answer by itself."""
    make_tables(alice, 6)
    reader = connect("carol", "warehouse")
    reader.send(parse("select md5(remark) from billing.clear_6"))
    time.sleep(0.2)
    reader.send(bind())
    time.sleep(0.2)
    thread, box = in_background(lambda: alice.query("alter table billing.clear_6 rename to older_6"))
    until_it_waits(stack, "alter table billing.clear_6%")
    reader.send(execute(), SYNC)
    assert len(reader.until().rows) == 60
    thread.join(PATIENCE)
    box["outcome"].raise_for_error()


def swap_of(n):
    return [statement.format(n=n) for statement in SWAPS["tables change places"][1]]


def vanish(wire):
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.socket.close()


@pytest.mark.parametrize("end", ["client", "upstream", "both"])
def test_a_session_that_dies_in_the_middle(stack, alice, connect, end):
    n = 20 + ("client", "upstream", "both").index(end)
    make_tables(alice, n)
    writer, reader = stack.wire("alice", "warehouse"), connect("carol", "warehouse")
    for statement in ("begin", *swap_of(n)):
        writer.query(statement).raise_for_error()
    thread, box = in_background(lambda: reader.query(f"select md5(remark) from billing.clear_{n}"))
    time.sleep(0.3)
    assert thread.is_alive()
    if end != "upstream":
        vanish(writer)
    if end != "client":
        with stack.cluster.superuser("warehouse") as session:
            session.cursor().execute("select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and query like %s", (f"%_{n} rename%",))
    thread.join(PATIENCE - 2)
    assert len(box["outcome"].rows) == 60 and not leaked(reader.received)


def test_what_a_session_left_behind_may_still_commit(stack, alice, connect):
    """Its client is gone and the gateway's connection is closed; the server finds out after it has swapped the tables."""
    make_tables(alice, 7)
    reader = connect("carol", "warehouse")
    with stack.cluster.superuser("warehouse") as other:
        cursor = other.cursor()
        other.autocommit = False
        cursor.execute("lock table billing.clear_7 in access share mode")
        writer = stack.wire("alice", "warehouse")
        writer.send(query("; ".join(["set local lock_timeout = 0", *swap_of(7)])))
        until_it_waits(stack, "%clear_7 rename%")
        vanish(writer)
        thread, box = in_background(lambda: reader.query("select md5(remark) from billing.clear_7"))
        time.sleep(1)
        other.rollback()
    thread.join(PATIENCE)
    assert len(box["outcome"].rows) == 60 and not leaked(reader.received)


def test_a_catalog_that_cannot_be_read(stack, alice, connect):
    """Until it can, the names that moved are nobody's."""
    make_tables(alice, 8)
    writer, reader = stack.wire("alice", "warehouse"), connect("carol", "warehouse")
    for statement in ("begin", *swap_of(8)):
        writer.query(statement).raise_for_error()
    with stack.cluster.superuser("postgres") as session:
        session.cursor().execute("alter database warehouse with allow_connections false")
        try:
            with pytest.raises(Closed):
                writer.query("commit")
            refused = reader.query("select md5(remark) from billing.clear_8")
            assert refused.errors[0].sqlstate == BUSY
            assert reader.query("select count(*) from billing.dim_plan").one() == "3"
        finally:
            session.cursor().execute("alter database warehouse with allow_connections true")
    began = time.monotonic()
    assert len(reader.query("select md5(remark) from billing.clear_8").rows) == 60
    assert time.monotonic() - began < PATIENCE - 2
    assert not leaked(reader.received)


def test_others_are_not_held_up(stack, alice, connect):
    """What a transaction has changed concerns its names alone; temporary relations and indexes concern nobody."""
    make_tables(alice, 9)
    reader = connect("carol", "warehouse")
    alice.query("begin").raise_for_error()
    for statement in ("create temp table clear_9 (remark text)", "create table billing.brand_new_9 (n int)", "drop table clear_9",
                      "alter table billing.personal_9 rename to private_9"):
        alice.query(statement).raise_for_error()
    began = time.monotonic()
    assert len(reader.query("select remark from clear_9").rows) == 60
    assert reader.query("select count(*) from billing.dim_plan").one() == "3"
    alice.query("create index on billing.clear_9 (id)").raise_for_error()
    assert len(reader.query("select remark from clear_9").rows) == 60
    assert time.monotonic() - began < 3
    alice.query("rollback").raise_for_error()
    assert len(reader.query("select md5(remark) from billing.personal_9").rows) == 60 and not leaked(reader.received)


def test_a_cancelled_wait(stack, alice, connect):
    """The client of a statement that waits may go; whoever changes the definition does not notice."""
    make_tables(alice, 10)
    alice.query("begin").raise_for_error()
    alice.query("alter table billing.clear_10 rename to older_10").raise_for_error()
    reader = stack.wire("carol", "warehouse")
    reader.send(query("select remark from billing.clear_10"))
    time.sleep(0.2)
    vanish(reader)
    alice.query("commit").raise_for_error()
    assert len(connect("carol", "warehouse").query("select remark from billing.older_10").rows) == 60
