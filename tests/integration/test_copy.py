"""COPY in and out: text, CSV, binary; masked where it must be, refused where it must be."""
import io
import struct

import psycopg2
import pytest

from harness.markers import leaked
from harness.wire import SYNC, bind, execute, message, parse, query

BINARY = b"PGCOPY\n\xff\r\n\0"


def out(wire, sql):
    result = wire.query(sql).raise_for_error()
    assert "H" in result.kinds and result.status == "I"
    return result.copied


def test_copy_out_of_a_table(connect):
    assert out(connect("carol", "warehouse"), "copy billing.dim_plan to stdout").splitlines()[0] == b"basic\t1000\tpersonal"


@pytest.mark.parametrize("options", ["", " (format csv)", " csv header", " (format csv, header, quote '''', force_quote *)",
                                     " (format text, delimiter '|', null 'NONE')", " (format binary)"])
def test_copy_out_equals_the_servers_where_nothing_is_masked(stack, connect, options):
    sql = "copy (select * from sales.monthly_revenue order by 1, 2, 3) to stdout" + options
    expected = io.BytesIO()
    with psycopg2.connect(stack.cluster.dsn("mart", "gateway")) as session:
        session.cursor().copy_expert(sql, expected)
    assert out(connect("carol", "mart"), sql) == expected.getvalue()


@pytest.mark.parametrize("options", ["", " (format csv)", " csv header", " (format binary)", " (delimiter '|')", " with csv quote ''''"])
@pytest.mark.parametrize("what", ["crm.dim_customer", "crm.dim_customer (email, customer_id)", "(select email, phone, name from crm.dim_customer)",
                                  "(table crm.dim_customer)", "crm.fact_ticket", "crm.fact_ticket (body)", "(select body from crm.fact_ticket)",
                                  "(select upper(body) from crm.fact_ticket)", "(select * from crm.customer_card)", "crm.customer_copy"])
def test_copy_out_is_masked(stack, connect, what, options):
    wire = connect("carol", "warehouse")
    wire.received.clear()
    result = wire.query(f"copy {what} to stdout{options}")
    assert not leaked(wire.received)
    if what == "crm.customer_copy":  # PostgreSQL itself copies no materialized view by name; guarded, it is a query
        return
    result.raise_for_error()
    with stack.cluster.owner("warehouse") as session:
        cursor = session.cursor()
        cursor.execute("select count(*) from crm.dim_customer")
        rows = cursor.fetchone()[0]
    assert result.tags == [f"COPY {rows}"]
    if "binary" in options:
        assert result.copied.startswith(BINARY) and result.copied.endswith(b"\xff\xff")
    else:
        assert len(result.copied.splitlines()) == rows + ("header" in options)


def test_binary_copy_can_be_read(connect):
    data = out(connect("carol", "warehouse"), "copy (select customer_id, email from crm.dim_customer order by 1 limit 3) to stdout (format binary)")
    at, ids = 19, []
    while struct.unpack_from("!h", data, at)[0] == 2:
        size, ident, mail = struct.unpack_from("!iqi", data, at + 2)
        assert size == 8
        ids.append(ident)
        at += 18 + mail
    assert ids == [1, 2, 3] and data[at:] == b"\xff\xff"


def test_copy_out_by_the_extended_protocol(connect):
    wire = connect("carol", "warehouse")
    wire.send(parse("copy crm.fact_ticket (body) to stdout"), bind(), execute(), SYNC)
    result = wire.until().raise_for_error()
    assert len(result.copied.splitlines()) == 60 and not leaked(wire.received)


@pytest.mark.parametrize("options, data", [
    ("", b"one\t1\tx\ntwo\t2\t\\N\n"),
    (" (format csv)", b'one,1,x\n"two",2,"y, z"\n'),
    (" csv header", b"plan,monthly_fee,audience\none,1,x\ntwo,2,y\n"),
    (" (format binary)", BINARY + struct.pack("!II", 0, 0) + b"".join(
        struct.pack("!hi3sii", 3, 3, name, 4, fee) + struct.pack("!i1s", 1, b"x") for name, fee in ((b"one", 1), (b"two", 2))) + b"\xff\xff"),
])
def test_copy_in(connect, options, data):
    wire = connect("bob", "warehouse")
    wire.query("drop table if exists billing.target; create table billing.target (plan text, monthly_fee int, audience text)").raise_for_error()
    result = wire.copy_in("copy billing.target from stdin" + options, data).raise_for_error()
    assert result.tags == ["COPY 2"]
    assert wire.query("select string_agg(plan, ',' order by monthly_fee) from billing.target").one() == "one,two"


def test_copy_in_split_anywhere(connect):
    wire = connect("bob", "warehouse")
    wire.query("drop table if exists billing.target; create table billing.target (plan text, monthly_fee int)").raise_for_error()
    wire.send(query("copy billing.target from stdin"))
    wire.until("G")
    for byte in "日本\t1\nabc\t2\n".encode():
        wire.send(message("d", bytes([byte])))
    wire.send(message("d"), message("c"))
    assert wire.until().tags == ["COPY 2"]


def test_copy_fail(connect):
    wire = connect("bob", "warehouse")
    wire.send(query("copy billing.dim_plan from stdin"))
    wire.until("G")
    wire.send(message("d", b"never\t1\tx\n"), message("f", b"changed my mind\0"))
    assert wire.until().errors[0].sqlstate == "57014"
    assert wire.query("select count(*) from billing.dim_plan where plan = 'never'").one() == "0"


def test_bad_rows_are_the_servers_error(connect):
    wire = connect("bob", "warehouse")
    result = wire.copy_in("copy billing.dim_plan from stdin", b"only one column\n")
    assert result.errors[0].sqlstate == "22P04" and result.status == "I"


def test_flush_and_sync_inside_copy_are_ignored(connect):
    wire = connect("bob", "warehouse")
    wire.query("drop table if exists billing.target; create table billing.target (n int)").raise_for_error()
    wire.send(query("copy billing.target from stdin"))
    wire.until("G")
    wire.send(message("d", b"1\n"), message("H"), message("S"), message("d", b"2\n"), message("c"))
    assert wire.until().tags == ["COPY 2"]


@pytest.mark.parametrize("user, sql", [
    ("carol", "copy billing.dim_plan from stdin"),
    ("carol", "copy crm.dim_customer from stdin"),
    ("bob", "copy crm.dim_customer from stdin"),
    ("bob", "copy lake_raw.customers from stdin"),
    ("carol", "copy lake_raw.customers to stdout"),
    ("carol", "copy (select * from lake_raw.customers) to stdout"),
    ("carol", "copy (delete from billing.dim_plan returning *) to stdout"),
    ("alice", "copy billing.dim_plan to '/tmp/x'"),
    ("alice", "copy billing.dim_plan from program 'id'"),
])
def test_refused(connect, user, sql):
    result = connect(user, "warehouse").query(sql)
    assert result.errors[0].sqlstate in ("42501", "0A000") and "G" not in result.kinds and "H" not in result.kinds


def test_copy_data_outside_copy_is_ignored_or_refused(connect):
    wire = connect("bob", "warehouse")
    wire.send(message("d", b"free\t0\tx\n"), message("c"), query("select count(*) from billing.dim_plan where plan = 'free'"))
    result = wire.until("ZE")
    if not result.errors:
        assert result.rows == [(b"0",)]


def test_large_copy_out(connect):
    assert len(out(connect("carol", "mart"), "copy sales.wide to stdout")) > 5_000_000


def test_large_copy_in(connect):
    wire = connect("bob", "warehouse")
    wire.query("drop table if exists billing.target; create table billing.target (n int, filler text)").raise_for_error()
    data = b"".join(b"%d\t%s\n" % (n, b"y" * 500) for n in range(20000))
    assert wire.copy_in("copy billing.target from stdin", data).tags == ["COPY 20000"]
    wire.query("drop table billing.target").raise_for_error()
