"""psqlODBC through pyodbc: what Excel, Tableau and Access do."""
import glob

import pyodbc
import pytest

from harness.gateway import PASSWORDS
from harness.markers import leaked

DRIVERS = sorted(glob.glob("/usr/lib/*/odbc/psqlodbcw.so"))


def connect(stack, user, database, **more):
    extra = "".join(f"{key}={value};" for key, value in more.items())
    return pyodbc.connect(f"Driver={DRIVERS[0]};Server=127.0.0.1;Port={stack.gateway.port};Database={database};"
                          f"UID={user};PWD={PASSWORDS[user]};SSLmode=prefer;{extra}", timeout=30)


def test_the_driver_is_there():
    assert DRIVERS, "odbc-postgresql is not installed"


@pytest.mark.parametrize("options", [{}, {"UseServerSidePrepare": 0}, {"UseServerSidePrepare": 1}, {"UseDeclareFetch": 1, "Fetch": 10},
                                     {"Protocol": "7.4-2"}, {"Protocol": "7.4-1"}, {"Protocol": "7.4-0"}],
                         ids=lambda options: " ".join(f"{key}={value}" for key, value in options.items()) or "defaults")
def test_select(stack, options):
    session = connect(stack, "carol", "warehouse", **options)
    rows = session.execute("select customer_id, email, birth_date from crm.dim_customer order by customer_id").fetchall()
    assert [row[0] for row in rows] == list(range(1, 61)) and not leaked(repr(rows).encode())
    rows = session.execute("select email from crm.dim_customer where customer_id = ? and region = ?", 3, "east").fetchall()
    assert len(rows) == 1 and not leaked(repr(rows).encode())
    session.close()


def test_denied_and_alive(stack):
    session = connect(stack, "carol", "warehouse")
    with pytest.raises(pyodbc.Error) as caught:
        session.execute("delete from billing.dim_plan")
    assert caught.value.args[0] == "42501"
    session.rollback()
    assert session.execute("select 1").fetchone()[0] == 1
    session.close()


def test_savepoint_per_statement(stack):
    session = connect(stack, "bob", "warehouse", Protocol="7.4-2")
    session.execute("create temp table t (n int primary key)")
    session.execute("insert into t values (1)")
    with pytest.raises(pyodbc.Error):
        session.execute("insert into t values (1)")
    session.execute("insert into t values (2)")
    assert session.execute("select count(*) from t").fetchone()[0] == 2
    session.rollback()
    session.close()


def test_catalogue(stack):
    session = connect(stack, "carol", "warehouse")
    cursor = session.cursor()
    tables = {(row.table_schem, row.table_name) for row in cursor.tables(schema="crm")}
    assert ("crm", "dim_customer") in tables
    assert "email" in {row.column_name for row in cursor.columns(table="dim_customer", schema="crm")}
    assert [row.column_name for row in cursor.primaryKeys(table="dim_customer", schema="crm")] == ["customer_id"]
    list(cursor.statistics("dim_customer", schema="crm"))
    session.close()


def test_insert_with_parameters(stack):
    session = connect(stack, "bob", "warehouse")
    cursor = session.cursor()
    cursor.execute("create temp table t (n int, v text)")
    cursor.executemany("insert into t values (?, ?)", [(n, f"値{n}") for n in range(50)])
    assert cursor.execute("select count(*) from t where v like '値%'").fetchone()[0] == 50
    session.commit()
    session.close()
