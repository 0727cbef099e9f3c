"""psql, as people use it: meta-commands, \\copy, cursors by FETCH_COUNT, error positions."""
import os
import subprocess

import pytest

from harness.gateway import PASSWORDS
from harness.markers import leaked


@pytest.fixture
def psql(stack):
    def run(user, database, *arguments, stdin="", fails=False):
        done = subprocess.run(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-P", "pager=off", f"host=127.0.0.1 port={stack.gateway.port} dbname={database} user={user}", *arguments],
            input=stdin, capture_output=True, text=True, timeout=60, env={**os.environ, "PGPASSWORD": PASSWORDS[user], "LC_ALL": "C.UTF-8"})
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        if user == "carol":
            assert not leaked((done.stdout + done.stderr).encode())
        return done.stdout + done.stderr
    return run


def test_select(psql):
    assert psql("carol", "mart", "-At", "-c", "select sum(revenue) from monthly_revenue") == "702000\n"


@pytest.mark.parametrize("user", ["alice", "bob", "carol"])
@pytest.mark.parametrize("command", [r"\d", r"\dt *.*", r"\d+ crm.dim_customer", r"\d crm.customer_card", r"\dn+", r"\dv crm.*", r"\dm crm.*", r"\di crm.*", r"\df pg_catalog.abs",
                                     r"\du", r"\dp crm.*", r"\dT", r"\l", r"\dx", r"\des", r"\det lake_raw.*", r"\conninfo", r"\encoding", r"\dP crm.*",
                                     r"\dt+ *.*", r"\dt+ crm.*", r"\di+ crm.*", r"\dv+ crm.*", r"\dm+ *.*", r"\ds+ *.*", r"\dP+ crm.*", r"\dPi+ crm.*", r"\d+ crm.customer_card",
                                     r"\d+ crm.customer_copy", r"\d+ crm.customer_history", r"\d+ billing.*", r"\sf pg_catalog.abs(int)", r"\sf+ pg_catalog.lpad(text, int)",
                                     r"\df+ pg_catalog.abs", r"\sv crm.customer_card", r"\sv+ crm.customer_card"])
def test_meta_command(psql, user, command):
    psql(user, "warehouse", "-c", command)


def test_view_source(psql):
    assert "dim_customer" in psql("alice", "warehouse", "-c", r"\sv crm.customer_card")


def test_sources_and_sizes_are_empty_for_who_sees_masks(psql):
    assert "dim_customer" not in psql("carol", "warehouse", "-c", r"\sv crm.customer_card")
    assert "dim_customer" not in psql("carol", "warehouse", "-c", r"\d+ crm.customer_card")
    assert "int4abs" not in psql("carol", "warehouse", "-c", r"\sf pg_catalog.abs(int)")
    assert "dim_customer" in psql("alice", "warehouse", "-c", r"\d+ crm.customer_card")
    for command in (r"\dt+ crm.*", r"\di+ crm.*", r"\dt+ *.*"):
        out = psql("carol", "warehouse", "-c", command)
        assert " kB" not in out and " bytes" not in out and " kB" in psql("alice", "warehouse", "-c", command)
    sizes = "select pg_relation_size({0}) is null, pg_table_size({0}) is null, pg_indexes_size({0}) is null, pg_total_relation_size({0}) is null"
    for guarded in ("'crm.dim_customer'", "'crm.dim_customer_pkey'::regclass", "('crm.dim_customer')", "('crm.' || 'dim_customer')::regclass"):
        assert psql("carol", "warehouse", "-At", "-c", sizes.format(guarded)) == "t|t|t|t\n", guarded
    for known in ("'billing.dim_plan'", "'billing.dim_plan_pkey'::regclass", "'pg_catalog.pg_type'", "'dim_plan'"):
        assert psql("carol", "warehouse", "-At", "-c", sizes.format(known)) == "f|f|f|f\n", known
    assert psql("carol", "warehouse", "-At", "-c", "select count(pg_relation_size(c.oid, 'main')), count(pg_get_viewdef(c.oid)), count(*) > 0 from pg_class c") == "0|0|t\n"


def test_a_toast_relation_tells_no_more_than_its_table(psql, stack):
    with stack.cluster.owner("warehouse") as session:
        cursor = session.cursor()
        cursor.execute("select c.reltoastrelid, i.indexrelid from pg_class c join pg_index i on i.indrelid = c.reltoastrelid where c.oid = 'crm.fact_ticket'::regclass")
        oid, index = cursor.fetchone()
    # By name the server itself refuses: nobody has rights on the schema.
    for written in (str(oid), f"'{oid}'", f"'{oid}'::oid", f"{oid}::regclass", str(index)):
        assert psql("carol", "warehouse", "-At", "-c", f"select pg_relation_size({written}) is null") == "t\n"


@pytest.mark.parametrize("call", ["pg_get_viewdef('crm.customer_card')", "pg_get_viewdef('crm.customer_card', true)", "pg_get_viewdef('crm.customer_card'::regclass, 80)",
                                  "pg_get_viewdef(null)", "pg_get_functiondef('abs(int)'::regprocedure)", "pg_get_functiondef('1397')", "pg_get_functiondef(null)",
                                  "pg_get_ruledef((select min(oid) from pg_rewrite), true)", "pg_get_function_sqlbody(1397)", "pg_relation_size(null, 'main')"])
def test_a_hollow_call_keeps_its_type(psql, call):
    assert psql("carol", "warehouse", "-At", "-c", f"select pg_typeof({call}), {call} is null").endswith("|t\n")


def test_description_lists_the_columns(psql):
    assert "birth_date" in psql("carol", "warehouse", "-c", r"\d crm.dim_customer")


def test_gdesc(psql):
    assert "email" in psql("carol", "warehouse", stdin="select email, birth_date from crm.dim_customer \\gdesc\n")


def test_fetch_count(psql):
    out = psql("carol", "mart", "-At", "-v", "FETCH_COUNT=100", "-c", "select id from wide order by id")
    assert out.splitlines() == [str(n) for n in range(1, 5001)]


def test_copy_out(psql, tmp_path):
    psql("carol", "warehouse", "-c", rf"\copy crm.dim_customer to '{tmp_path}/out.csv' with csv header")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert len(lines) == 61 and not leaked("\n".join(lines).encode())


def test_copy_in(psql, tmp_path):
    (tmp_path / "in.csv").write_text("free,0,nobody\n")
    psql("bob", "warehouse", "-c", rf"\copy billing.dim_plan from '{tmp_path}/in.csv' with csv")
    assert psql("bob", "warehouse", "-At", "-c", "select audience from dim_plan where plan = 'free'") == "nobody\n"
    psql("bob", "warehouse", "-c", "delete from dim_plan where plan = 'free'")


def test_denial_reads_well(psql):
    out = psql("carol", "warehouse", "-c", "delete from billing.dim_plan", fails=True)
    assert "ERROR:" in out and "viewer" in out and "delete" in out and "HINT:" in out


def test_syntax_error_has_a_caret(psql):
    out = psql("carol", "warehouse", "-c", "select email frm crm.dim_customer where", fails=True)
    assert "syntax error" in out and "LINE 1:" in out and "^" in out


def test_fatal_at_login(psql):
    assert "FATAL:" in psql("carol", "lake", "-c", "select 1", fails=True)


def test_transaction_script(psql):
    script = """
        begin;
        create temp table t on commit drop as select customer_id, email from crm.dim_customer;
        savepoint a;
        select count(*) from t;
        rollback to a;
        select count(*) from t;
        commit;
    """
    assert psql("carol", "warehouse", "-At", stdin=script).split() == ["60", "60"]


def test_single_transaction(psql):
    assert psql("bob", "warehouse", "-At", "-1", "-c", "delete from billing.customer_contact", "-c", "select 'done'").strip() == "done"
