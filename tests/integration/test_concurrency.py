"""Two hundred sessions at once run a mixed workload; none sees an error that is not its own, nor another's data."""
import asyncio
import os
import random

import asyncpg

from harness.gateway import PASSWORDS
from harness.markers import leaked

CONFIG = {"limits": {"login_timeout": "60s", "connect_timeout": "60s"}}
SESSIONS = 200
ROUNDS = 40 if os.environ.get("SLUICE_LONG_TESTS") else 6


async def carol(session, rng, n):
    await session.execute(f"set application_name = 'session {n}'")
    for _ in range(ROUNDS):
        what = rng.randrange(7)
        if what == 0:
            rows = await session.fetch("select customer_id, email, body from crm.dim_customer join crm.fact_ticket using (customer_id) where region = $1", "east")
            assert len(rows) == 20 and not leaked(repr(rows).encode())
        elif what == 1:
            rows = await session.fetch(f"select email, phone from crm.dim_customer where customer_id <= {rng.randrange(1, 40)}")
            assert not leaked(repr(rows).encode())
        elif what == 2:
            try:
                await session.execute("delete from billing.dim_plan")
                raise AssertionError("a Viewer deleted")
            except asyncpg.InsufficientPrivilegeError:
                pass
        elif what == 3:
            async with session.transaction():
                count = 0
                async for _ in session.cursor("select invoice_id from billing.fact_invoice", prefetch=50):
                    count += 1
                assert count == 200
        elif what == 4:
            assert await session.fetchval("show application_name") == f"session {n}"
        elif what == 5:
            await session.execute("create temp table mine (n int)")
            await session.execute(f"insert into mine values ({n})")
            assert await session.fetchval("select n from mine") == n
            await session.execute("drop table mine")
        else:
            statement = await session.prepare("select $1::int + count(*)::int from billing.fact_invoice")
            assert await statement.fetchval(n) == n + 200


async def bob(session, rng, n):
    for round_number in range(ROUNDS):
        table = f"billing.work_{n}"
        await session.execute(f"create table {table} as select id, email from lake_raw.customers where id <= 20")
        rows = await session.fetch(f"select * from {table}")
        assert len(rows) == 20 and not leaked(repr(rows).encode())
        await session.copy_records_to_table(f"work_{n}", schema_name="billing", records=[(1000 + k, None) for k in range(50)])
        assert await session.fetchval(f"select count(*) from {table}") == 70
        await session.execute(f"drop table {table}")


async def one(stack, n, ready):
    rng = random.Random(n)
    user, work = ("bob", bob) if n % 20 == 0 else ("carol", carol)
    session = await asyncpg.connect(host="127.0.0.1", port=stack.gateway.port, user=user, password=PASSWORDS[user], database="warehouse", timeout=90)
    try:
        ready.append(n)
        while len(ready) < SESSIONS:  # all of them are connected at once
            await asyncio.sleep(0.02)
        await work(session, rng, n)
    finally:
        await session.close(timeout=30)


def test_two_hundred_sessions(stack):
    async def go():
        ready = []
        return await asyncio.gather(*(one(stack, n, ready) for n in range(SESSIONS)), return_exceptions=True)
    outcomes = asyncio.run(asyncio.wait_for(go(), 280))
    failed = [repr(outcome) for outcome in outcomes if outcome is not None]
    assert not failed, (len(failed), failed[:5])
    assert stack.gateway.alive()


def test_connections_that_vanish(stack):
    """Cut in every phase; the gateway keeps neither the sessions nor their upstream connections."""
    import socket
    import struct
    import time

    from harness.wire import Wire, bind, execute, message, parse, query, startup
    pieces = [b"", b"\0", startup({"user": "carol", "database": "warehouse"})[:7], startup({"user": "carol", "database": "warehouse"})]
    for piece in pieces * 5:
        with socket.create_connection(("127.0.0.1", stack.gateway.port), 10) as cut:
            cut.sendall(piece)
            cut.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    for last in (b"", b"Q", query("select pg_sleep(3)"), query("select * from billing.fact_invoice, generate_series(1, 5000)"),
                 parse("select 1"), parse("select 1") + bind() + execute(), query("begin"), query("copy (select generate_series(1, 10000000)) to stdout"), message("H")):
        wire = Wire(stack.gateway.port, "carol", PASSWORDS["carol"], "warehouse")
        wire.send(last)
        time.sleep(0.05)
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.socket.close()
    with stack.cluster.superuser("postgres") as session:
        cursor = session.cursor()
        for _ in range(200):
            cursor.execute("select count(*) from pg_stat_activity where usename = 'gateway' and (state = 'active' or state like 'idle in%')")
            if cursor.fetchone()[0] == 0:
                break
            time.sleep(0.1)
        else:
            cursor.execute("select state, query from pg_stat_activity where usename = 'gateway'")
            raise AssertionError(cursor.fetchall())
    with stack.wire("carol", "warehouse") as wire:
        assert wire.query("select 1").one() == "1"


def test_a_slow_reader_does_not_hold_up_others(stack):
    import time

    from harness.wire import query
    slow = stack.wire("carol", "mart")
    slow.send(query("select filler from wide, generate_series(1, 20)"))
    time.sleep(0.3)
    with stack.wire("carol", "mart") as other:
        started = time.monotonic()
        for n in range(50):
            assert other.query(f"select {n}").one() == str(n)
        assert time.monotonic() - started < 10
    slow.socket.close()
