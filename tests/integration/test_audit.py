"""Every statement leaves a record before it runs, and no record can be changed or taken away unseen."""
import csv
import io
import json
import shutil
import subprocess
import time

import pytest

from harness.gateway import SLUICE, sluice
from harness.wire import SYNC, ServerError, Wire, bind, execute, parse


def marked(stack, mark, event="statement"):
    for _ in range(100):
        found = [record for record in stack.gateway.records() if record["event"] == event and mark in record.get("sql", "")]
        if found:
            return found
        time.sleep(0.02)
    pytest.fail(f"no {event} record of {mark}")


def completion(stack, sequence):
    for _ in range(100):
        for record in stack.gateway.records():
            if record["event"] == "complete" and record.get("of") == sequence:
                return record
        time.sleep(0.02)
    pytest.fail(f"no completion of record {sequence}")


def sequence_of(record):
    return record["seq"]


def test_what_a_record_says(stack, connect):
    wire = connect("carol", "warehouse", application_name="Redash")
    wire.query("select customer_id, email /* full record */ from crm.dim_customer where region = 'east'").raise_for_error()
    record = marked(stack, "full record")[0]
    assert record["user"] == "carol" and record["database"] == "warehouse" and record["application_name"] == "Redash"
    assert record["decision"] == "allowed" and record["roles"] == ["viewer"] and record["layers"] == ["warehouse"]
    assert record["client"].startswith("127.0.0.1:") and record["rules"] and record["policy_revision"] >= 1
    assert len(record["rewritten_sha256"]) == 64 and record["fingerprint"] and len(record["hash"]) == 64 and len(record["prev"]) == 64
    relation = record["relations"][0]
    assert (relation["layer"], relation["schema"], relation["relation"]) == ("warehouse", "crm", "dim_customer")
    assert relation["actions"] == ["read"] and relation["masks"]
    columns = {column["column"]: column for column in relation["columns"]}
    assert columns["email"]["classes"] == ["email"] and columns["email"]["read"]
    assert "region" in columns and "phone" not in columns
    done = completion(stack, sequence_of(record))
    assert done["rows"] == 20 and done["bytes"] > 0
    assert {"decide_us", "upstream_us", "relay_us"} <= done.keys()


def test_the_record_is_there_before_the_statement_runs(stack, connect):
    wire = connect("carol", "mart")
    from harness.wire import query
    wire.send(query("select 'before' from pg_sleep(1.5)"))
    started = time.monotonic()
    record = marked(stack, "'before'")[0]
    assert time.monotonic() - started < 1.4
    assert not any(each.get("of") == sequence_of(record) for each in stack.gateway.records())
    assert wire.until().one() == "before"
    assert completion(stack, sequence_of(record))["upstream_us"] > 1_000_000


@pytest.mark.parametrize("sql, sqlstate", [("delete from billing.dim_plan /* denied */", "42501"), ("select 1 / (select 0) /* failed */", "22012"), ("selec /* wrong */", "42601")])
def test_what_went_wrong_is_recorded(stack, connect, sql, sqlstate):
    wire = connect("carol", "warehouse")
    assert wire.query(sql).errors[0].sqlstate == sqlstate
    records = [record for record in stack.gateway.records() if record.get("sql") == sql]
    assert records
    outcome = records[-1] if "sqlstate" in records[-1] else completion(stack, sequence_of(records[-1]))
    assert outcome["sqlstate"] == sqlstate
    if sqlstate == "42501":
        assert records[-1]["decision"] == "denied" and records[-1]["reason"]


def test_parameters_are_kept_and_erased(stack, connect):
    wire = connect("carol", "warehouse")
    wire.extended("select customer_id /* parameters */ from crm.dim_customer where region = $1 and email = $2", ["east", "q1secretlocal@host1.example"]).raise_for_error()
    record = [each for each in marked(stack, "/* parameters */") if "parameters" in each][-1]
    assert record["parameters"][0] == "east" and record["parameters"][1] == "[erased]"
    assert all("q1secretlocal@host1.example" not in str(each.get("parameters")) for each in stack.gateway.records())


def test_each_execution_is_recorded(stack, connect):
    wire = connect("carol", "mart")
    wire.send(parse("select $1::int /* thrice */", "s"), SYNC)
    wire.until()
    for value in (1, 2, 3):
        wire.send(bind([value], "s"), execute(), SYNC)
        wire.until()
    executed = [record for record in marked(stack, "thrice") if "parameters" in record]
    assert [record["parameters"] for record in executed] == [["1"], ["2"], ["3"]]


def test_logins_are_recorded(stack, connect):
    connect("carol", "mart")
    for user, password, database in (("carol", "wrong", "mart"), ("mallory", "x", "mart"), ("carol", "carol-pass", "lake")):
        with pytest.raises(ServerError):
            Wire(stack.gateway.port, user, password, database)
    time.sleep(0.3)
    events = [(record["event"], record.get("user"), record.get("database")) for record in stack.gateway.records()]
    assert ("login", "carol", "mart") in events
    assert ("login_refused", "carol", "lake") in events
    assert ("login_refused", "mallory", "mart") in events
    assert events[0][0] == "start"


def test_writes_name_relation_and_action(stack, connect):
    connect("bob", "warehouse").query("insert into billing.customer_contact /* the move */ select id, name, email, phone from lake_raw.customers where id < 5 on conflict do nothing").raise_for_error()
    relations = {each["relation"]: each for each in marked(stack, "the move")[0]["relations"]}
    assert relations["customer_contact"]["actions"] == ["create"] and relations["customers"]["actions"] == ["read"]
    assert relations["customers"]["layer"] == "lake" and relations["customers"]["masks"]


SEARCH = ("audit", "search", "--config")


def test_search(stack, connect):
    connect("carol", "warehouse").query("select phone /* to be found */ from crm.dim_customer").raise_for_error()
    marked(stack, "to be found")
    found = sluice(*SEARCH, stack.gateway.config, "--user", "carol", "--class", "phone", "--relation", "crm.dim_customer", "--since", "1h", "--format", "json").stdout
    lines = [json.loads(line) for line in found.splitlines()]
    assert lines and any("to be found" in json.dumps(line) for line in lines)
    rows = list(csv.reader(io.StringIO(sluice(*SEARCH, stack.gateway.config, "--column", "phone", "--format", "csv").stdout)))
    assert len(rows) >= 2 and any("to be found" in cell for row in rows for cell in row)
    assert "to be found" in sluice(*SEARCH, stack.gateway.config, "--text", "to be found").stdout
    assert sluice(*SEARCH, stack.gateway.config, "--user", "nobody", check=False).returncode == 1
    assert sluice(*SEARCH, stack.gateway.config, "--decision", "maybe", check=False).returncode == 2
    denied = sluice(*SEARCH, stack.gateway.config, "--decision", "denied", "--format", "json", check=False).stdout
    assert all(json.loads(line)["decision"] == "denied" for line in denied.splitlines() if '"decision"' in line)


def test_tail_follows(stack, connect):
    following = subprocess.Popen([SLUICE, "audit", "tail", "-f", "--format", "json", "--config", stack.gateway.config], stdout=subprocess.PIPE, text=True)
    try:
        wire = connect("carol", "mart")
        wire.query("select 'seen by the tail'")
        for _ in range(200):
            if "seen by the tail" in following.stdout.readline():
                break
        else:
            pytest.fail("the tail did not show the statement")
    finally:
        following.kill()
        following.wait()


@pytest.fixture
def copy_of_the_journal(stack, connect, tmp_path):
    wire = connect("carol", "mart")
    for n in range(20):
        wire.query(f"select {n}")
    time.sleep(0.5)
    shutil.copytree(stack.gateway.directory / "audit", tmp_path / "audit")
    return tmp_path / "audit"


def verify(stack, directory):
    return sluice("audit", "verify", "--directory", directory, "--key", stack.gateway.directory / "audit.key", check=False)


def test_the_journal_is_whole(stack, connect):
    connect("carol", "mart").query("select 1")
    done = sluice("audit", "verify", "--config", stack.gateway.config)
    assert "whole" in done.stdout


def change_text(lines):
    lines[9] = lines[9].replace('"carol"', '"alice"') if '"carol"' in lines[9] else lines[9].replace("1", "2", 1)


def change_space(lines):
    lines[9] = lines[9][:-1] + " }"


TAMPERING = {
    "a changed record": change_text,
    "a blank more": change_space,
    "a removed record": lambda lines: lines.pop(9),
    "the first removed": lambda lines: lines.pop(0),
    "a record twice": lambda lines: lines.insert(9, lines[9]),
    "two records swapped": lambda lines: lines.insert(9, lines.pop(10)),
    "the end cut off": lambda lines: lines.__delitem__(slice(-5, None)),
    "the last record cut off": lambda lines: lines.pop(),
    "half of the last record": lambda lines: lines.append(lines.pop()[:40]),
    "everything gone": lambda lines: lines.clear(),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_is_found(stack, copy_of_the_journal, how):
    path = sorted(copy_of_the_journal.glob("audit-*.jsonl"))[-1]
    lines = path.read_text().splitlines()
    TAMPERING[how](lines)
    path.write_text("".join(line + "\n" for line in lines))
    done = verify(stack, copy_of_the_journal)
    assert done.returncode == 1 and "broken" in done.stdout, done.stdout + done.stderr


def test_a_removed_file_is_found(stack, copy_of_the_journal):
    for path in copy_of_the_journal.glob("audit-*.jsonl"):
        path.unlink()
    assert verify(stack, copy_of_the_journal).returncode in (1, 3)


def test_another_key_proves_nothing(stack, copy_of_the_journal, tmp_path):
    key = tmp_path / "other.key"
    key.write_text("ab" * 32 + "\n")
    key.chmod(0o600)
    assert sluice("audit", "verify", "--directory", copy_of_the_journal, "--key", key, check=False).returncode == 1


def test_the_chain_goes_on_after_a_restart(stack, connect):
    connect("carol", "mart").query("select 1")
    stack.gateway.stop()
    stack.gateway.start()
    with stack.wire("carol", "mart") as wire:
        wire.query("select 'after the restart'")
    assert sluice("audit", "verify", "--config", stack.gateway.config).returncode == 0


def test_the_chain_survives_a_kill(stack):
    with stack.wire("carol", "mart") as wire:
        wire.query("select 'before the kill'")
        stack.gateway.process.kill()
        stack.gateway.process.wait()
    stack.gateway.start()
    with stack.wire("carol", "mart") as wire:
        assert wire.query("select 1").one() == "1"
    assert marked(stack, "before the kill")
    done = sluice("audit", "verify", "--config", stack.gateway.config, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
