"""An upstream that is not there harms its own database and nothing else."""
import time

import pytest

from harness.cluster import free_port
from harness.wire import Closed, ServerError, Wire, fields_of, query

NOWHERE = free_port()
CONFIG = {
    "upstreams": {"gone": {"host": "127.0.0.1", "port": NOWHERE, "database": "gone", "user": "gateway", "password_env": "PATH"}},
    "databases": {"gone": {"upstream": "gone", "layers": {"*": "mart"}}},
    "limits": {"connect_timeout": "5s"},
}


def test_an_upstream_that_was_never_there(stack):
    with pytest.raises(ServerError) as caught:
        Wire(stack.gateway.port, "carol", "carol-pass", "gone")
    error = caught.value
    assert error.fields["S"] == "FATAL" and (error.sqlstate.startswith("08") or error.sqlstate.startswith("57P")), error
    assert "mart" in str(error.fields)
    assert stack.cluster.gateway_password not in str(error.fields)
    with stack.wire("carol", "mart") as wire:
        assert wire.query("select 1").one() == "1"


def test_a_session_whose_upstream_is_killed(stack):
    wire = stack.wire("carol", "mart")
    with stack.cluster.superuser("postgres") as session:
        session.cursor().execute(f"select pg_terminate_backend({wire.key[0]})")
    try:
        wire.send(query("select 1"))
        kind, body = wire.read()
        assert kind == "E" and fields_of(body)["S"] == "FATAL"
        assert fields_of(body)["C"] in ("57P01", "08006", "08003", "57P02", "57P03")
    except (Closed, OSError):
        pass
    with stack.wire("carol", "mart") as other:
        assert other.query("select 1").one() == "1"


def test_killed_in_the_middle_of_a_result(stack):
    wire = stack.wire("carol", "mart")
    wire.send(query("select filler, pg_sleep(0.01) from wide"))
    with stack.cluster.superuser("postgres") as session:
        time.sleep(0.3)
        session.cursor().execute(f"select pg_terminate_backend({wire.key[0]})")
    with pytest.raises((Closed, OSError)):
        while True:
            kind, body = wire.read()
            if kind == "E":
                assert fields_of(body)["S"] == "FATAL"
    assert stack.gateway.alive()


def test_the_server_goes_and_comes_back(stack):
    port = stack.cluster.port
    stack.cluster.stop()
    with pytest.raises((ServerError, Closed)) as caught:
        Wire(stack.gateway.port, "carol", "carol-pass", "mart")
    if caught.type is ServerError:
        assert caught.value.sqlstate.startswith("08") or caught.value.sqlstate.startswith("57P"), caught.value
    assert stack.gateway.alive()
    stack.cluster.start(port)
    deadline = time.monotonic() + 15
    while True:
        try:
            with stack.wire("carol", "mart") as wire:
                assert wire.query("select count(*) from sales.monthly_revenue").one() == "108"
            break
        except (ServerError, Closed):
            assert time.monotonic() < deadline, stack.gateway.log_text()[-2000:]
            time.sleep(0.3)


def test_the_password_is_in_no_log(stack):
    assert stack.cluster.gateway_password not in stack.gateway.log_text()
