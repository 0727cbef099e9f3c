"""psycopg2, psycopg 3 and asyncpg, the way BI tools and dbt drive them."""
import asyncio
import io

import asyncpg
import psycopg
import psycopg2
import psycopg2.extras
import pytest

from harness.gateway import PASSWORDS
from harness.markers import leaked


class TestPsycopg2:
    @pytest.fixture
    def carol(self, stack):
        session = psycopg2.connect(stack.dsn("carol", "warehouse", application_name="superset"))
        yield session
        session.close()

    def test_query_with_parameters(self, carol):
        cursor = carol.cursor()
        cursor.execute("select email, birth_date from crm.dim_customer where region = %s order by customer_id", ("east",))
        rows = cursor.fetchall()
        assert len(rows) == 20 and not leaked(repr(rows).encode())
        assert [column.name for column in cursor.description] == ["email", "birth_date"]

    def test_server_side_cursor(self, carol):
        with carol.cursor(name="big") as cursor:
            cursor.itersize = 7
            cursor.execute("select customer_id, email from crm.dim_customer order by customer_id")
            rows = list(cursor)
        assert [row[0] for row in rows] == list(range(1, 61)) and not leaked(repr(rows).encode())

    def test_copy(self, carol):
        out = io.StringIO()
        carol.cursor().copy_expert("copy (select * from crm.dim_customer) to stdout with csv header", out)
        assert len(out.getvalue().splitlines()) == 61 and not leaked(out.getvalue().encode())

    def test_denial_is_insufficient_privilege(self, carol):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            carol.cursor().execute("delete from billing.dim_plan")
        with pytest.raises(psycopg2.errors.InFailedSqlTransaction):
            carol.cursor().execute("select 1")
        carol.rollback()
        carol.cursor().execute("select 1")

    def test_wrong_password(self, stack):
        with pytest.raises(psycopg2.OperationalError, match='password authentication failed for user "carol"'):
            psycopg2.connect(stack.dsn("carol", "mart").replace("carol-pass", "wrong"))

    def test_dictionaries_and_batches(self, stack):
        with psycopg2.connect(stack.dsn("bob", "warehouse")) as session, session.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute("create temp table batch (n int, t text)")
            psycopg2.extras.execute_values(cursor, "insert into batch values %s", [(n, f"t{n}") for n in range(500)])
            cursor.execute("select count(*) as c, max(t) as m from batch")
            assert cursor.fetchone() == {"c": 500, "m": "t99"}

    def test_what_sqlalchemy_and_superset_ask_first(self, carol):
        cursor = carol.cursor()
        for sql in ("select pg_catalog.version()", "select current_schema()", "show standard_conforming_strings",
                    "show transaction isolation level",
                    "select nspname from pg_namespace where nspname not like 'pg_%' order by nspname",
                    "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'crm' and c.relkind in ('r', 'p')",
                    "select a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), (select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d "
                    "where d.adrelid = a.attrelid and d.adnum = a.attnum and a.atthasdef) as default, a.attnotnull from pg_catalog.pg_attribute a "
                    "where a.attrelid = 'crm.dim_customer'::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum",
                    "select t.oid, typarray from pg_type t join pg_namespace ns on typnamespace = ns.oid where typname = 'hstore'",
                    "select table_schema, table_name from information_schema.tables where has_schema_privilege(table_schema, 'usage') and has_table_privilege(quote_ident(table_schema) || '.' || quote_ident(table_name), 'select')",
                    "select oid from pg_type where typname = 'lo'"):
            cursor.execute(sql)
            cursor.fetchall()

    def test_cancel(self, carol):
        import threading
        timer = threading.Timer(0.6, carol.cancel)
        timer.start()
        with pytest.raises(psycopg2.errors.QueryCanceled):
            carol.cursor().execute("select pg_sleep(20)")
        timer.join()


class TestPsycopg3:
    @pytest.fixture
    def carol(self, stack):
        with psycopg.connect(stack.dsn("carol", "warehouse")) as session:
            yield session

    @pytest.mark.parametrize("binary", [False, True])
    def test_query(self, carol, binary):
        rows = carol.execute("select customer_id, email, birth_date from crm.dim_customer where region = %s order by 1", ("east",), binary=binary).fetchall()
        assert len(rows) == 20 and not leaked(repr(rows).encode())

    def test_prepared_after_five_runs(self, carol):
        for n in range(1, 12):
            row = carol.execute("select email, customer_id from crm.dim_customer where customer_id = %s", (n,)).fetchone()
            assert row[1] == n and not leaked(repr(row).encode())

    def test_pipeline(self, carol):
        with carol.pipeline():
            cursors = [carol.execute("select %s::int + 1", (n,)) for n in range(50)]
        assert [cursor.fetchone()[0] for cursor in cursors] == list(range(1, 51))

    def test_denied_in_a_pipeline(self, carol):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            with carol.pipeline():
                carol.execute("select 1")
                carol.execute("delete from billing.dim_plan")
        carol.rollback()
        assert carol.execute("select 1").fetchone() == (1,)

    @pytest.mark.parametrize("options", ["", " (format binary)"])
    def test_copy_out(self, carol, options):
        with carol.cursor().copy("copy crm.dim_customer to stdout" + options) as copy:
            data = b"".join(bytes(block) for block in copy)
        assert len(data) > 1000 and not leaked(data)

    def test_copy_in(self, stack):
        with psycopg.connect(stack.dsn("bob", "warehouse")) as session:
            session.execute("create temp table target (n int, t text)")
            with session.cursor().copy("copy target from stdin") as copy:
                for n in range(1000):
                    copy.write_row((n, f"テキスト{n}"))
            assert session.execute("select count(*), max(t) from target where t like 'テキスト%'").fetchone() == (1000, "テキスト999")

    def test_savepoints(self, stack):
        with psycopg.connect(stack.dsn("bob", "warehouse")) as session:
            session.execute("create temp table t (n int primary key)")
            with session.transaction():
                session.execute("insert into t values (1)")
                with pytest.raises(psycopg.errors.UniqueViolation), session.transaction():
                    session.execute("insert into t values (1)")
                with pytest.raises(psycopg.errors.InsufficientPrivilege), session.transaction():
                    session.execute("delete from crm.dim_customer")
                session.execute("insert into t values (2)")
            assert session.execute("select count(*) from t").fetchone() == (2,)

    def test_large_rows_stream(self, stack):
        with psycopg.connect(stack.dsn("carol", "mart")) as session:
            assert sum(len(row[1]) for row in session.cursor().stream("select * from wide")) == 5_000_000


class TestAsyncpg:
    def run(self, stack, what, user="carol", database="warehouse", **more):
        async def go():
            session = await asyncpg.connect(host="127.0.0.1", port=stack.gateway.port, user=user, password=PASSWORDS[user], database=database, timeout=30, **more)
            try:
                return await what(session)
            finally:
                await session.close(timeout=10)
        return asyncio.run(asyncio.wait_for(go(), 60))

    def test_binary_results(self, stack):
        rows = self.run(stack, lambda s: s.fetch("select customer_id, email, birth_date, body from crm.dim_customer join crm.fact_ticket using (customer_id) where region = $1", "east"))
        assert len(rows) == 20 and not leaked(repr(rows).encode())

    def test_named_statements(self, stack):
        async def work(session):
            statement = await session.prepare("select email from crm.dim_customer where customer_id = $1")
            return [await statement.fetchval(n) for n in range(1, 30)]
        values = self.run(stack, work)
        assert all(values) and not leaked(repr(values).encode())

    def test_cursor_in_a_transaction(self, stack):
        async def work(session):
            async with session.transaction():
                return [record["customer_id"] async for record in session.cursor("select customer_id from crm.dim_customer order by 1", prefetch=7)]
        assert self.run(stack, work) == list(range(1, 61))

    def test_executemany_and_copy(self, stack):
        async def work(session):
            await session.execute("create temp table t (n int, v text)")
            await session.executemany("insert into t values ($1, $2)", [(n, str(n)) for n in range(300)])
            await session.copy_records_to_table("t", records=[(n, None) for n in range(200)])
            out = io.BytesIO()
            await session.copy_from_query("select email from crm.dim_customer", output=out)
            assert not leaked(out.getvalue())
            return await session.fetchval("select count(*) from t")
        assert self.run(stack, work, user="bob") == 500

    def test_denied(self, stack):
        async def work(session):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await session.fetch("select * from lake_raw.customers")
            return await session.fetchval("select 1")
        assert self.run(stack, work) == 1

    def test_composite_types_are_introspected(self, stack):
        async def work(session):
            return await session.fetch("select d from crm.dim_customer as d limit 3")
        assert not leaked(repr(self.run(stack, work)).encode())

    def test_pool_with_reset(self, stack):
        async def go():
            async with asyncpg.create_pool(host="127.0.0.1", port=stack.gateway.port, user="carol", password=PASSWORDS["carol"], database="mart",
                                           min_size=1, max_size=4, server_settings={"application_name": "pool", "search_path": "sales"}) as pool:
                async def one(n):
                    async with pool.acquire() as session:
                        await session.execute("set timezone = 'Asia/Tokyo'")
                        return await session.fetchval("select count(*) + $1 from monthly_revenue", n)
                return await asyncio.gather(*(one(n) for n in range(20)))
        assert asyncio.run(asyncio.wait_for(go(), 60)) == [108 + n for n in range(20)]

    def test_cancel_by_timeout(self, stack):
        async def work(session):
            with pytest.raises(asyncio.TimeoutError):
                await session.fetch("select pg_sleep(20)", timeout=0.6)
            return await session.fetchval("select 1")
        assert self.run(stack, work) == 1
