"""The protocol, piece by piece: what PostgreSQL would answer, the gateway answers."""
import struct
import time

import pytest

from harness.wire import FLUSH, SYNC, bind, close, describe, execute, message, parse, query, text

DENIED = "insert into billing.dim_plan values ('x', 1, 'y')"


@pytest.fixture
def wire(connect):
    return connect("carol", "warehouse")


def both(stack, sql_pieces):
    """The same bytes to the gateway and to the server itself: the message types that come back."""
    from harness.wire import Wire
    kinds = []
    with stack.wire("carol", "mart") as through, \
            Wire(stack.cluster.port, "gateway", stack.cluster.gateway_password, "mart") as direct:
        direct.query("set search_path = sales, public")
        for wire in (through, direct):
            wire.send(*sql_pieces)
            syncs = sum(piece == SYNC or piece[:1] == b"Q" for piece in sql_pieces)
            answers = [wire.until() for _ in range(syncs)]
            kinds.append([(answer.kinds, answer.status, [error.sqlstate for error in answer.errors], answer.rows, answer.tags)
                          for answer in answers])
    return kinds


CONVERSATIONS = {
    "empty query": [query("")],
    "only a comment": [query("-- nothing")],
    "only semicolons": [query(";;;")],
    "several statements": [query("select 1; select 2, 'b'; show timezone")],
    "no rows": [query("select 1 where false")],
    "no columns": [query("select from monthly_revenue limit 2")],
    "syntax error": [query("selec 1")],
    "syntax error in the second": [query("select 1; selec 2")],
    "runtime error": [query("select 1 / (select 0)")],
    "runtime error after a result": [query("select 1; select 1 / (select 0); select 3")],
    "unknown table": [query("select * from no_such_table")],
    "unknown column": [query("select no_such_column from monthly_revenue")],
    "transaction": [query("begin"), query("select 1"), query("commit")],
    "failed transaction": [query("begin"), query("selec"), query("select 1"), query("rollback")],
    "commit of a failed transaction": [query("begin"), query("select 1/0"), query("commit")],
    "savepoints": [query("begin"), query("savepoint a"), query("select 1/0"), query("rollback to a"), query("select 2"), query("commit")],
    "rollback outside": [query("rollback")],
    "unnamed statement": [parse("select $1::int + 1"), bind([41]), execute(), SYNC],
    "named statement": [parse("select $1::text", "s"), SYNC, bind(["a"], "s"), execute(), SYNC, bind(["b"], "s"), execute(), SYNC],
    "same name twice": [parse("select 1", "s"), SYNC, parse("select 2", "s"), SYNC],
    "closed and made again": [parse("select 1", "s"), close("S", "s"), parse("select 2", "s"), bind((), "s"), execute(), SYNC],
    "unknown statement": [bind((), "nobody"), SYNC],
    "unknown portal": [execute("nobody"), SYNC],
    "describe statement": [parse("select month, revenue from monthly_revenue where plan = $1"), describe("S"), SYNC],
    "describe portal": [parse("select 1 as one"), bind(), describe("P"), SYNC],
    "describe without rows": [parse("set timezone = 'UTC'"), describe("S"), SYNC],
    "describe unknown": [describe("S", "nobody"), SYNC],
    "close unknown": [close("S", "nobody"), close("P", "nobody"), SYNC],
    "empty in extended": [parse(""), bind(), describe("P"), execute(), SYNC],
    "two statements in Parse": [parse("select 1; select 2"), SYNC],
    "pipeline": [parse("select 1"), bind(), execute(), parse("select 2"), bind(), execute(), parse("select 3"), bind(), execute(), SYNC],
    "error in a pipeline": [parse("select 1"), bind(), execute(), parse("select 1/0"), bind(), execute(), parse("select 3"), bind(), execute(), SYNC],
    "error, then the next group": [parse("selec"), bind(), execute(), SYNC, parse("select 2"), bind(), execute(), SYNC],
    "groups in one write": [parse("select 1"), bind(), execute(), SYNC, parse("select 2"), bind(), execute(), SYNC, query("select 3")],
    "begin and query under one sync": [parse("begin"), bind(), execute(), parse("select 1"), bind(), execute(), SYNC, query("commit")],
    "sync alone": [SYNC, SYNC, SYNC],
    "portal suspended": [query("begin"), parse("select n from generate_series(1, 5) as n"), bind(portal="p"), execute("p", 2), execute("p", 2),
                         execute("p", 2), SYNC, query("commit")],
    "portal after sync in a transaction": [query("begin"), parse("select n from generate_series(1, 5) as n"), bind(portal="p"), execute("p", 2),
                                           SYNC, execute("p", 2), SYNC, query("commit"), execute("p", 2), SYNC],
    "portal after sync without one": [parse("select n from generate_series(1, 5) as n"), bind(portal="p"), execute("p", 2), SYNC, execute("p", 2), SYNC],
    "binary result": [parse("select 1::int8, 'x'::text, '2020-01-01'::date"), bind(results=[1]), execute(), SYNC],
    "binary parameter": [parse("select $1 + 1", types=[23]), bind([struct.pack("!i", 6)], formats=[1]), execute(), SYNC],
    "null parameter": [parse("select $1::int is null"), bind([None]), execute(), SYNC],
    "too few parameters": [parse("select $1::int, $2::int"), bind([1]), execute(), SYNC],
    "bad parameter": [parse("select $1::int"), bind(["abc"]), execute(), SYNC],
    "sql prepare": [query("prepare p (int) as select $1 * 2"), query("execute p (21)"), query("deallocate p"), query("execute p (1)")],
    "sql prepare, bound": [query("prepare p as select 7"), bind((), "p"), execute(), SYNC],
    "parse, executed by sql": [parse("select 8", "p"), SYNC, query("execute p")],
    "cursor": [query("begin"), query("declare c cursor for select n from generate_series(1, 9) as n"), query("fetch 2 from c"), query("move 3 in c"),
               query("fetch all from c"), query("close c"), query("commit")],
    "cursor of a portal": [query("begin"), query("declare c cursor for select 1"), execute("c"), SYNC, query("rollback")],
    "set and show": [query("set statement_timeout = '7s'"), query("show statement_timeout"), query("reset statement_timeout"), query("show statement_timeout")],
    "set local": [query("begin"), query("set local timezone = 'Asia/Tokyo'"), query("show timezone"), query("rollback"), query("show timezone")],
    "explain": [query("explain (costs off) select 1")],
    "warning": [query("begin"), query("begin"), query("rollback")],
    "values": [query("values (1, 'a'), (2, 'b')")],
    "deallocate all": [parse("select 1", "s"), SYNC, query("deallocate all"), bind((), "s"), SYNC],
}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_like_the_server_itself(stack, name):
    through, direct = both(stack, CONVERSATIONS[name])
    assert through == direct


def test_denied_in_a_pipeline(wire):
    wire.send(parse("select 1"), bind(), execute(), parse(DENIED), bind(), execute(), parse("select 3"), bind(), execute(), SYNC,
              parse("select 4"), bind(), execute(), SYNC)
    first, second = wire.until(), wire.until()
    assert first.rows == [(b"1",)] and [error.sqlstate for error in first.errors] == ["42501"] and first.status == "I"
    assert second.rows == [(b"4",)] and not second.errors


def test_denied_statement_cannot_be_bound(wire):
    wire.send(parse(DENIED, "s"), SYNC)
    assert wire.until().errors[0].sqlstate == "42501"
    wire.send(bind((), "s"), execute(), SYNC)
    assert wire.until().errors[0].sqlstate == "26000"


def test_denied_unnamed_statement_leaves_none_behind(wire):
    wire.send(parse("select 1"), SYNC)
    assert not wire.until().errors
    wire.send(parse(DENIED), SYNC)
    assert wire.until().errors
    wire.send(bind(), execute(), SYNC)
    result = wire.until()
    assert not result.tags or result.rows == [(b"1",)]
    assert "INSERT 0 1" not in result.tags


@pytest.mark.parametrize("extended", [False, True], ids=["simple", "extended"])
def test_denial_fails_the_transaction(wire, extended):
    assert wire.query("begin").status == "T"
    result = wire.extended(DENIED) if extended else wire.query(DENIED)
    assert result.errors[0].sqlstate == "42501" and result.status == "E"
    again = wire.query("select 1")
    assert again.errors[0].sqlstate == "25P02" and again.status == "E"
    end = wire.query("commit")
    assert end.tags == ["ROLLBACK"] and end.status == "I"
    assert wire.query("select 1").one() == "1"


def test_denial_in_a_transaction_undoes_it(stack, connect):
    wire = connect("bob", "warehouse")
    wire.query("begin")
    assert not wire.query("insert into billing.dim_plan values ('undone', 1, 'y')").errors
    assert wire.query("delete from crm.dim_customer").errors[0].sqlstate == "42501"
    wire.query("commit")
    assert wire.query("select count(*) from billing.dim_plan where plan = 'undone'").one() == "0"


def test_denial_after_a_savepoint_can_be_rolled_back_to(wire):
    wire.query("begin")
    wire.query("savepoint here")
    assert wire.query(DENIED).status == "E"
    assert wire.query("rollback to here").status == "T"
    assert wire.query("select 'alive'").one() == "alive"
    assert wire.query("commit").tags == ["COMMIT"]


GUARDED = "select email from crm.dim_customer where email like 'q1s%'"
EXPLAINS = "explain (analyze, verbose) execute p"


def swap_by_sql(wire):
    wire.query("prepare p as select 'x'")
    wire.send(parse(EXPLAINS, "s"), SYNC)
    wire.until()
    wire.query("deallocate p")
    wire.query(f"prepare p as {GUARDED}")
    wire.send(bind((), "s"), execute(), SYNC)


def swap_by_protocol_in_one_pipeline(wire):
    wire.send(parse("select 'x'", "p"), SYNC)
    wire.until()
    wire.send(close("S", "p"), parse(GUARDED, "p"), parse(EXPLAINS), bind(), execute(), SYNC)


def swap_under_an_open_portal(wire):
    wire.query("begin")
    wire.query("prepare p as select 'x'")
    wire.send(parse(EXPLAINS), bind(portal="portal"), SYNC)
    wire.until()
    wire.query("deallocate p")
    wire.query(f"prepare p as {GUARDED}")
    wire.send(execute("portal"), SYNC)


@pytest.mark.parametrize("swap", [swap_by_sql, swap_by_protocol_in_one_pipeline, swap_under_an_open_portal])
def test_a_prepared_name_is_judged_for_what_it_means_when_it_runs(wire, swap):
    swap(wire)
    result = wire.until()
    assert [error.sqlstate for error in result.errors] == ["42501"] and not result.rows


def test_the_statement_of_a_client_that_vanished_is_cancelled(stack, connect):
    wire = connect("carol", "warehouse")
    wire.send(query("select pg_sleep(60)"))
    time.sleep(0.3)
    wire.socket.close()
    deadline = time.monotonic() + 10
    with stack.cluster.superuser("postgres") as session:
        cursor = session.cursor()
        while True:
            cursor.execute("select count(*) from pg_stat_activity where pid = %s", (wire.key[0],))
            if cursor.fetchone()[0] == 0:
                return
            assert time.monotonic() < deadline, "it still runs"
            time.sleep(0.1)


def test_syntax_error_as_postgresql_words_it(wire):
    sql = "select 'é', frm x from from t"
    error = wire.query(sql).errors[0]
    assert (error.sqlstate, error.fields["M"]) == ("42601", 'syntax error at or near "from"')
    assert error.fields["P"] == str(sql.rindex("from") + 1)


def test_an_unknown_function_is_refused(wire):
    error = wire.query("select no_such_function(1)").errors[0]
    assert error.sqlstate in ("42883", "42501") and "no_such_function" in error.fields["M"]


def test_error_position_is_the_clients(wire):
    sql = "select d.email, 'é', nonsense from crm.dim_customer as d"
    error = wire.query(sql).errors[0]
    assert error.sqlstate == "42703" and error.fields["P"] == str(sql.index("nonsense") + 1)
    sql = "select * from crm.dim_customer as d join billing.dim_plan as p on d.nope = p.plan"
    error = wire.query(sql).errors[0]
    assert error.sqlstate == "42703" and error.fields["P"] == str(sql.index("d.nope") + 1)


def test_description_names_the_base_column(stack, wire):
    with stack.cluster.owner("warehouse") as session:
        cursor = session.cursor()
        cursor.execute("select 'crm.dim_customer'::regclass::oid")
        table = cursor.fetchone()[0]
    result = wire.query("select email, birth_date, region from crm.dim_customer limit 1")
    assert [(name, oid, attnum, kind) for name, oid, attnum, kind, *_ in result.columns] == [
        ("email", table, 3, 25), ("birth_date", table, 6, 1082), ("region", table, 7, 25)]
    wire.send(parse("select email from crm.dim_customer where region = $1"), describe("S"), SYNC)
    result = wire.until()
    assert result.columns[0][1:3] == (table, 3)


def test_flush_without_sync(wire):
    wire.send(parse("select n from generate_series(1, 5) as n"), bind(portal="p"), describe("P", "p"), FLUSH)
    assert wire.until("T").kinds == "12T"
    for expected in (2, 2):
        wire.send(execute("p", 2), FLUSH)
        assert len(wire.until("s").rows) == expected
    wire.send(execute("p", 2), FLUSH)
    assert wire.until("C").rows == [(b"5",)]
    wire.send(SYNC)
    assert wire.until().status == "I"


def test_until_sync_everything_is_discarded_after_an_error(wire):
    wire.send(parse("selec"), FLUSH)
    assert wire.until("E").errors[0].sqlstate == "42601"
    wire.send(parse("select 1"), bind(), execute(), query("select 2"), FLUSH)
    wire.send(SYNC)
    result = wire.until()
    assert result.kinds == "Z" and not result.rows


def test_function_call_is_denied(wire):
    # pg_read_file by oid would be SQL that nobody analysed.
    wire.send(message("F", struct.pack("!IHHH", 1574, 0, 0, 0)))
    result = wire.until()
    assert result.errors and result.errors[0].sqlstate in ("42501", "0A000", "08P01")


def test_parameter_status_follows_set(wire):
    wire.query("set timezone = 'Asia/Tokyo'")
    assert wire.parameters["TimeZone"] == "Asia/Tokyo"
    wire.query("begin; set local timezone = 'UTC'")
    assert wire.parameters["TimeZone"] == "UTC"
    wire.query("rollback")
    assert wire.parameters["TimeZone"] == "Asia/Tokyo"


def test_messages_in_single_bytes(wire):
    for byte in parse("select $1::text") + bind(["slow"]) + execute() + SYNC:
        wire.send(bytes([byte]))
    assert wire.until().rows == [(b"slow",)]


def test_long_pipeline(wire):
    count = 3000
    wire.send(*(piece for n in range(count) for piece in (parse(f"select {n}"), bind(), execute(), SYNC)))
    assert [wire.until().rows[0][0] for _ in range(count)] == [str(n).encode() for n in range(count)]


def test_large_messages(wire):
    value = "x" * (8 << 20)
    result = wire.extended("select length($1), $1 || 'y'", [value], types=[25])
    assert result.rows[0][0] == str(len(value)).encode() and len(result.rows[0][1]) == len(value) + 1


def test_many_columns_and_parameters(wire):
    result = wire.query("select " + ", ".join(str(n) for n in range(1600)))
    assert len(result.columns) == 1600 and len(result.rows[0]) == 1600
    result = wire.extended("select " + " + ".join(f"${n}::int" for n in range(1, 301)), [1] * 300)
    assert result.one() == "300"


@pytest.mark.parametrize("sql, states", [
    pytest.param("select " + "(" * 4000 + "1" + ")" * 4000, ("54001", "54000", ""), id="parentheses"),
    pytest.param("select " + "1+" * 20000 + "1", ("54001", "54000"), id="operators"),
    pytest.param("select " + "-" * 5 + "1", ("",), id="a comment"),
    pytest.param("select 1 " + "/*" * 5000, ("54001", "54000", "42601"), id="open comments"),
    pytest.param("select " + "+" * 50000 + "1", ("54001", "54000"), id="a run of plus"),
    pytest.param("select " + "case when true then " * 5000 + "1" + " end" * 5000, ("54001", "54000"), id="case"),
    pytest.param("select * from " + "(select * from " * 3000 + "billing.dim_plan" + ") as x" * 3000, ("54001", "54000"), id="subqueries"),
    pytest.param("select '" + "x" * (3 << 20) + "'", ("54000", "54001"), id="three megabytes"),
    pytest.param("select " + ", ".join(["1"] * 5000), ("54000", "54001", "54011"), id="five thousand columns"),
])
def test_giant_statements(wire, sql, states):
    result = wire.query(sql)
    state = result.errors[0].sqlstate if result.errors else ""
    assert state in states, result.errors
    assert wire.query("select 'alive'").one() == "alive"


@pytest.mark.parametrize("data", [b"select '\xff\xfe'\0", b"select '\xc3'\0", b"select '\xed\xa0\x80'\0", b"select '\xc0\xaf'\0"])
def test_invalid_utf8(wire, data):
    wire.send(message("Q", data))
    assert wire.until().errors[0].sqlstate in ("22021", "08P01")


def test_many_named_statements(wire):
    wire.send(*(parse(f"select {n}", f"s{n}") for n in range(1500)), SYNC)
    assert not wire.until().errors
    wire.send(*(piece for n in range(0, 1500, 100) for piece in (bind((), f"s{n}"), execute())), SYNC)
    assert [row[0] for row in wire.until().rows] == [str(n).encode() for n in range(0, 1500, 100)]


def test_too_many_named_statements_end_in_an_error(connect):
    wire = connect("carol", "mart")
    for start in range(0, 12000, 2000):
        wire.send(*(parse("select 1", f"s{n}") for n in range(start, start + 2000)), SYNC)
        result = wire.until()
        if result.errors:
            assert result.errors[0].sqlstate.startswith(("53", "54")), result.errors
            return
    pytest.fail("12,000 named statements were taken without a limit")


def test_sessions_share_nothing(connect):
    one, other = connect("carol", "warehouse"), connect("carol", "warehouse")
    one.query("create temp table mine as select 1 as x")
    one.query("prepare p as select 'one'")
    one.query("set timezone = 'Asia/Tokyo'")
    one.send(parse("select 'one'", "s"), SYNC)
    one.until()
    assert other.query("select * from mine").errors[0].sqlstate == "42P01"
    assert other.query("execute p").errors[0].sqlstate == "26000"
    other.send(bind((), "s"), SYNC)
    assert other.until().errors[0].sqlstate == "26000"
    assert other.query("show timezone").one() != "Asia/Tokyo"


def test_a_new_session_starts_clean(stack, connect):
    with stack.wire("carol", "warehouse") as one:
        one.query("set timezone = 'Asia/Tokyo'; set search_path = crm")
        one.query("create temp table leftover (x int)")
        one.query("begin")
    for _ in range(4):
        wire = connect("carol", "warehouse")
        assert wire.query("show timezone").one() != "Asia/Tokyo"
        assert wire.query("show search_path").one().replace('"', "") == "billing, crm, public"
        assert wire.query("select * from leftover").errors[0].sqlstate == "42P01"
