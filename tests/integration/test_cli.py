"""The command line: help everywhere, exit codes, errors with their place."""
import json
import re
import socket

import psycopg2
import pytest

from harness.gateway import POLICY, Gateway, sluice

COMMANDS = [(), ("serve",), ("user",), ("user", "add"), ("user", "remove"), ("user", "list"), ("policy",), ("policy", "check"), ("policy", "explain"),
            ("audit",), ("audit", "search"), ("audit", "tail"), ("audit", "verify"), ("catalog",), ("version",)]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help(command):
    done = sluice(*command, "--help")
    assert "sluice" in done.stdout and not done.stderr


@pytest.mark.parametrize("arguments", [("nonsense",), ("serve",), ("serve", "--nonsense"), ("serve", "--config"), ("user", "nonsense"), ("audit", "search"), ("policy", "explain"), ()],
                         ids=" ".join)
def test_bad_usage_is_exit_2(arguments):
    done = sluice(*arguments, check=False)
    assert done.returncode == 2 and done.stderr


def test_version():
    assert re.search(r"\d+\.\d+\.\d+", sluice("version").stdout)


@pytest.mark.parametrize("change, words", [
    ({"nonsense": 1}, ["nonsense"]),
    ({"threads": "many"}, ["threads"]),
    ({"listen": [{"address": "nowhere", "port": 6432}]}, ["nowhere"]),
    ({"listen": []}, ["listen"]),
    ({"databases": {"broken": {"upstream": "no_such_upstream", "layers": {"*": "mart"}}}}, ["no_such_upstream"]),
    ({"upstreams": {"broken": {"host": "127.0.0.1", "port": 99999, "database": "x", "user": "y"}}}, ["port"]),
    ({"upstreams": {"broken": {"database": "x", "user": "y", "password_file": "no_such_file"}}}, ["no_such_file"]),
    ({"policy": "no_such_policy.yaml"}, ["no_such_policy.yaml"]),
    ({"users": "no_such_users.yaml"}, ["no_such_users.yaml"]),
    ({"tls": {"mode": "require"}}, ["certificate", "key"]),
    ({"nonsense": 1, "threads": "many", "databases": {"broken": {"upstream": "no_such_upstream", "layers": {"*": "mart"}}}}, ["nonsense", "threads", "no_such_upstream"]),
])
def test_a_bad_configuration_starts_nothing(stack, tmp_path, change, words):
    broken = Gateway(tmp_path / "gateway", stack.cluster, **change)
    broken.prepare()
    done = sluice("serve", "--config", broken.config, check=False)
    assert done.returncode == 2
    for word in words:
        assert word in done.stderr, done.stderr
    assert re.search(r"conf\.yaml:\d+:\d+: ", done.stderr) or "policy" in change or "users" in change, done.stderr
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", broken.port), 1)


def test_a_bad_policy_starts_nothing(stack, tmp_path):
    broken = Gateway(tmp_path / "gateway", stack.cluster)
    broken.prepare()
    broken.policy.write_text(POLICY.read_text().replace("mask: mail", "mask: no_such_mask").replace("version: 1", "version: 1\nnonsense: 1"))
    done = sluice("serve", "--config", broken.config, check=False)
    assert done.returncode == 2 and "no_such_mask" in done.stderr and "nonsense" in done.stderr
    assert re.search(r"policy\.yaml:\d+:\d+: ", done.stderr)


def test_serve_check(stack):
    assert sluice("serve", "--config", stack.gateway.config, "--check").returncode == 0


def test_the_first_start_makes_the_keys(stack, tmp_path):
    fresh = Gateway(tmp_path / "gateway", stack.cluster)
    fresh.prepare()
    fresh.policy.write_text(POLICY.read_text().replace("mail: {kind: email}", "mail: {kind: token}"))
    (fresh.directory / "mask.key").unlink()
    assert sluice("serve", "--config", fresh.config, "--check").returncode == 0
    assert not (fresh.directory / "mask.key").exists()
    fresh.start()
    try:
        for name in ("mask.key", "audit.key"):
            made = fresh.directory / name
            assert re.fullmatch(r"[0-9a-f]{64}\n", made.read_text()) and made.stat().st_mode & 0o777 == 0o600
        with psycopg2.connect(fresh.dsn("carol", "warehouse")) as connection, connection.cursor() as cursor:
            cursor.execute("select email from crm.dim_customer where email is not null limit 1")
            assert re.fullmatch(r"[0-9a-f]{32}", cursor.fetchone()[0])
    finally:
        fresh.stop()


def test_a_port_in_use(stack, tmp_path):
    second = Gateway(tmp_path / "gateway", stack.cluster)
    second.port = stack.gateway.port
    second.prepare()
    done = sluice("serve", "--config", second.config, check=False)
    assert done.returncode == 3 and str(stack.gateway.port) in done.stderr


def test_users(tmp_path):
    users = tmp_path / "users.yaml"
    sluice("user", "add", "--users", users, "--name", "erin", "--group", "viewers", "--attribute", "region=jp", "--password-stdin", stdin="secret-one\n")
    assert "secret-one" not in users.read_text() and "SCRAM-SHA-256$" in users.read_text()
    assert users.stat().st_mode & 0o077 == 0
    assert "erin" in sluice("user", "list", "--users", users).stdout
    assert "SCRAM" not in sluice("user", "list", "--users", users).stdout
    assert sluice("user", "add", "--users", users, "--name", "erin", "--password-stdin", stdin="x\n", check=False).returncode == 1
    assert sluice("user", "remove", "--users", users, "--name", "nobody", check=False).returncode == 1
    sluice("user", "remove", "--users", users, "--name", "erin")
    assert "erin" not in sluice("user", "list", "--users", users, check=False).stdout


def test_policy_check():
    assert sluice("policy", "check", "--policy", POLICY).returncode == 0


def test_policy_check_tells_place_and_cause(tmp_path):
    broken = tmp_path / "policy.yaml"
    broken.write_text(POLICY.read_text().replace("mask: mail", "mask: no_such_mask"))
    done = sluice("policy", "check", "--policy", broken, check=False)
    assert done.returncode == 2 and re.search(r"policy\.yaml:\d+:\d+: .*no_such_mask", done.stderr + done.stdout)


def explain(stack, user, sql, check=True):
    return sluice("policy", "explain", "--config", stack.gateway.config, "--user", user, "--database", "warehouse", sql, check=check)


def test_explain_an_allowed_statement(stack):
    out = explain(stack, "carol", "select email, region from dim_customer").stdout
    for word in ("allowed", "viewer", "dim_customer", "email", "mail"):
        assert word in out, out
    assert '"crm"."dim_customer"' in out or "crm.dim_customer" in out


def test_explain_a_denied_statement(stack):
    done = explain(stack, "carol", "delete from billing.dim_plan", check=False)
    assert done.returncode == 1 and "denied" in done.stdout and "viewer" in done.stdout


def test_explain_with_a_saved_catalog(stack, tmp_path):
    snapshot = tmp_path / "warehouse.catalog"
    sluice("catalog", "save", "--config", stack.gateway.config, "--database", "warehouse", "--output", snapshot)
    assert snapshot.stat().st_size > 1000
    stack.cluster.stop()
    try:
        out = sluice("policy", "explain", "--config", stack.gateway.config, "--user", "carol", "--database", "warehouse", "--catalog", snapshot, "select email from crm.dim_customer").stdout
        assert "allowed" in out
    finally:
        stack.cluster.start(stack.cluster.port)


def test_explain_needs_no_password_in_its_output(stack):
    assert stack.cluster.gateway_password not in explain(stack, "alice", "select 1").stdout


def test_records_are_json(stack):
    with stack.wire("carol", "mart") as wire:
        wire.query("select 'é \"quoted\" \\ back'")
    assert all(json.dumps(record) for record in stack.gateway.records())
