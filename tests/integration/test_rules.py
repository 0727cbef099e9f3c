"""The matrix: role × layer × action, and what is never allowed to anybody."""
import pytest

# action → statement, per database; none of them changes what another test reads
WAREHOUSE = {
    "read": "select count(*) from billing.dim_plan",
    "create": "insert into billing.fact_payment values (1000001, 1, now(), 1, 'card')",
    "update": "update billing.fact_payment set method = 'card' where payment_id = 1000001",
    "delete": "delete from billing.fact_payment where payment_id = 1000001",
}
LAKE_IN_WAREHOUSE = {
    "read": "select count(*) from lake_raw.contracts",
    "create": "insert into lake_raw.contracts values (1000001, 1, 'basic', 1, now())",
    "update": "update lake_raw.contracts set plan = 'basic' where id = 1000001",
    "delete": "delete from lake_raw.contracts where id = 1000001",
}
LAKE = {
    "read": "select count(*) from billing.contracts",
    "create": "insert into billing.contracts values (1000001, 1, 'basic', 1, now())",
    "update": "update billing.contracts set plan = 'basic' where id = 1000001",
    "delete": "delete from billing.contracts where id = 1000001",
}
MART = {
    "read": "select count(*) from sales.monthly_revenue",
    "create": "insert into sales.monthly_revenue values ('2030-01-01', 'basic', 'east', 1, 1)",
    "update": "update sales.monthly_revenue set revenue = 2 where month = '2030-01-01'",
    "delete": "delete from sales.monthly_revenue where month = '2030-01-01'",
}
CRM = {
    "create": "insert into crm.fact_ticket values (1000001, 1, 's', 'b', now())",
    "update": "update crm.fact_ticket set subject = 's' where ticket_id = 1000001",
    "delete": "delete from crm.fact_ticket where ticket_id = 1000001",
}
EVERYTHING = ("create", "read", "update", "delete")
MATRIX = [
    # user, database, statements, allowed
    ("alice", "lake", LAKE, EVERYTHING),
    ("alice", "warehouse", WAREHOUSE, EVERYTHING),
    ("alice", "warehouse", CRM, EVERYTHING),
    ("alice", "mart", MART, EVERYTHING),
    ("bob", "lake", LAKE, ("read",)),
    ("bob", "warehouse", LAKE_IN_WAREHOUSE, ("read",)),
    ("bob", "warehouse", WAREHOUSE, EVERYTHING),
    ("bob", "warehouse", CRM, ()),
    ("carol", "warehouse", WAREHOUSE, ("read",)),
    ("carol", "warehouse", LAKE_IN_WAREHOUSE, ()),
    ("carol", "warehouse", CRM, ()),
    ("carol", "mart", MART, ("read",)),
]
CELLS = [pytest.param(user, database, statements[action], action in allowed, id=f"{user} {action} {statements['create'].split()[2]}@{database}")
         for user, database, statements, allowed in MATRIX for action in EVERYTHING if action in statements]


@pytest.mark.parametrize("user, database, sql, allowed", CELLS)
def test_matrix(connect, user, database, sql, allowed):
    result = connect(user, database).query(sql)
    if allowed:
        assert not result.errors, result.errors
    else:
        assert [error.sqlstate for error in result.errors] == ["42501"], result


@pytest.mark.parametrize("user, database, sql, allowed", CELLS)
def test_matrix_by_the_extended_protocol(connect, user, database, sql, allowed):
    result = connect(user, database).extended(sql)
    assert ([error.sqlstate for error in result.errors] == []) == allowed, result.errors


WRITES_IN_DISGUISE = [
    "with gone as (delete from billing.dim_plan returning *) select * from gone",
    "with new as (insert into billing.dim_plan values ('x', 1, 'y') returning *) select count(*) from new",
    "explain analyze delete from billing.dim_plan",
    "explain (analyze) insert into billing.dim_plan values ('x', 1, 'y')",
    "select * into billing.copy_of_plans from billing.dim_plan",
    "create table billing.copy_of_plans as select * from billing.dim_plan",
    "create view billing.view_of_plans as select * from billing.dim_plan",
    "create materialized view billing.view_of_plans as select * from billing.dim_plan",
    "prepare w as delete from billing.dim_plan",
    "copy billing.dim_plan from stdin",
    "select * from billing.dim_plan for update",
    "select * from billing.dim_plan for no key update",
    "lock table billing.dim_plan",
    "lock table billing.dim_plan in exclusive mode",
    "truncate billing.dim_plan",
    "drop table billing.dim_plan",
    "alter table billing.dim_plan add column x int",
    "alter table billing.dim_plan rename to y",
    "comment on table billing.dim_plan is 'x'",
    "create index on billing.dim_plan (audience)",
    "merge into billing.dim_plan as p using (values ('basic')) as v (plan) on p.plan = v.plan when matched then delete",
    "insert into billing.dim_plan values ('basic', 1, 'y') on conflict (plan) do update set monthly_fee = 0",
    "refresh materialized view crm.customer_copy",
    "create schema mine",
    "create sequence billing.mine",
    "vacuum billing.dim_plan",
    "cluster billing.dim_plan",
    "reindex table billing.dim_plan",
    "select 1; delete from billing.dim_plan",
    "begin; delete from billing.dim_plan; commit",
    "do $$ begin delete from billing.dim_plan; end $$",
    "declare c cursor with hold for select * from billing.dim_plan for update",
]


@pytest.mark.parametrize("sql", WRITES_IN_DISGUISE)
def test_viewer_does_not_write(stack, connect, sql):
    result = connect("carol", "warehouse").query(sql)
    assert result.errors and result.errors[0].sqlstate in ("42501", "0A000"), result
    with stack.cluster.owner("warehouse") as session:
        cursor = session.cursor()
        cursor.execute("select count(*), sum(monthly_fee) from billing.dim_plan")
        assert cursor.fetchone() == (3, 6000)


NOBODY = [
    "create role mallory superuser login", "alter role gateway superuser", "grant all on schema crm to public",
    "create extension dblink", "create extension file_fdw", "load 'auto_explain'", "alter system set log_statement = 'none'",
    "create database other", "drop database mart", "create tablespace t location '/tmp'",
    "copy billing.dim_plan to '/tmp/plans'", "copy billing.dim_plan to program 'cat'", "copy billing.dim_plan from '/etc/passwd'",
    "copy (select 1) to program 'id'", "select pg_read_file('/etc/passwd')", "select pg_ls_dir('/')",
    "select lo_import('/etc/passwd')", "set role postgres", "set session authorization postgres",
    "create subscription s connection 'host=127.0.0.1' publication p", "create publication p for all tables",
    "select pg_create_logical_replication_slot('s', 'pgoutput')", "create language plpython3u",
    "create function billing.f() returns int language c as 'x', 'y'", "create event trigger e on ddl_command_start execute function f()",
    "update pg_catalog.pg_authid set rolsuper = true", "delete from pg_catalog.pg_class", "set standard_conforming_strings = off",
    "select set_config('role', 'postgres', false)", "reset role", "discard all; set role postgres",
    "create user mapping for public server lake", "alter server lake options (set host 'elsewhere')",
    "select pg_reload_conf()", "select pg_terminate_backend(1)", "checkpoint",
]


@pytest.mark.parametrize("user", ["alice", "bob", "carol"])
def test_nobody_gets_the_instance(connect, user):
    wire = connect(user, "warehouse")
    through = []
    for sql in NOBODY:
        result = wire.query(sql)
        if not result.errors or result.errors[0].sqlstate not in ("42501", "0A000", "42601", "22023", "42704", "42883"):
            # RESET ROLE to the login role changes nothing; terminating nothing may be answered with false.
            if sql not in ("reset role",):
                through.append((sql, result.tags, [str(error) for error in result.errors]))
    assert not through, through


def test_a_denial_names_the_rule_and_the_remedy(connect):
    error = connect("carol", "warehouse").query("insert into billing.dim_plan values ('x', 1, 'y')").errors[0]
    assert error.fields["S"] == "ERROR"
    assert "viewer" in error.fields["M"] and "create" in error.fields["M"] and "warehouse" in error.fields["M"]
    assert error.fields.get("H")


def test_creator_makes_and_drops_in_the_own_service_only(connect):
    wire = connect("bob", "warehouse")
    for sql, allowed in [
        ("create table billing.scratch (id int primary key, note text)", True),
        ("insert into billing.scratch values (1, 'one')", True),
        ("create table billing.scratch_copy as select * from billing.scratch", True),
        ("create table crm.scratch (id int)", False),
        ("create table lake_raw.scratch (id int)", False),
        ("alter table billing.scratch add column more int", True),
        ("alter table crm.dim_customer add column more int", False),
        ("drop table crm.fact_ticket", False),
        ("drop table billing.scratch_copy", True),
        ("drop table billing.scratch", True),
    ]:
        result = wire.query(sql)
        assert (not result.errors) == allowed, (sql, result.errors)


def test_sequences_are_updated_not_read(connect):
    assert connect("alice", "mart").query("select nextval('sales.counter')").one() == "1"
    assert connect("carol", "mart").query("select nextval('sales.counter')").errors[0].sqlstate == "42501"
    assert connect("carol", "mart").query("select setval('sales.counter', 9)").errors[0].sqlstate == "42501"
    assert connect("alice", "mart").query("select nextval('sales.counter')").one() == "2"


def test_several_statements_are_allowed_whole_or_denied_whole(stack, connect):
    wire = connect("alice", "mart")
    result = wire.query("insert into sales.monthly_revenue values ('2031-01-01', 'basic', 'east', 1, 1); create role mallory")
    assert result.errors[0].sqlstate == "42501" and not result.tags
    assert wire.query("select count(*) from sales.monthly_revenue where month = '2031-01-01'").one() == "0"
