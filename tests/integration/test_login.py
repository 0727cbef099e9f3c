"""Who gets in, how, and with which settings."""
import socket
import struct
import subprocess
import threading
import time

import pytest

from harness.gateway import PASSWORDS
from harness.stack import Stack
from harness.wire import Closed, ServerError, Wire, fields_of, message, query, startup

CONFIG = {"limits": {"login_timeout": "2s", "idle_timeout": "3s"}}


def refused(stack, user="carol", password="carol-pass", database="mart", **more):
    with pytest.raises(ServerError) as caught:
        Wire(stack.gateway.port, user, password, database, **more)
    return caught.value


def test_right_password(connect):
    wire = connect("carol", "mart")
    assert wire.query("select 1 + 1").one() == "2"
    assert wire.parameters["server_encoding"] == "UTF8"
    assert wire.parameters["standard_conforming_strings"] == "on"
    assert wire.parameters["server_version"].startswith("15")


def test_process_id_is_the_servers(connect):
    wire = connect("carol", "mart")
    assert wire.query("select pg_backend_pid()").one() == str(wire.key[0])


@pytest.mark.parametrize("user, password", [
    pytest.param("carol", "wrong", id="wrong password"),
    pytest.param("carol", "", id="empty password"),
    pytest.param("mallory", "carol-pass", id="unknown user"),
    pytest.param("CAROL", "carol-pass", id="other case"),
    pytest.param("carol' or ''='", "x", id="quotes in the name"),
    pytest.param("gateway", "gateway", id="the upstream's own user"),
    pytest.param("postgres", "postgres", id="the superuser"),
])
def test_wrong_credentials(stack, user, password):
    error = refused(stack, user, password)
    assert (error.sqlstate, error.fields["S"]) == ("28P01", "FATAL")
    assert error.fields["M"] == f'password authentication failed for user "{user}"'


def test_unknown_user_is_asked_the_same_questions(stack):
    def conversation(user):
        wire = Wire(stack.gateway.port)
        wire.send(startup({"user": user, "database": "mart"}))
        kind, body = wire.read()
        first = b"n,,n=,r=abcdefghijklmnop"
        wire.send(message("p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first))
        second_kind, second = wire.read()
        fields = dict(part.split("=", 1) for part in second[4:].decode().split(","))
        wire.end()
        return kind, body, second_kind, len(fields["s"]), fields["i"]

    assert conversation("carol") == conversation("mallory")


def test_unknown_user_keeps_its_salt(stack):
    def salt(user):
        wire = Wire(stack.gateway.port)
        wire.send(startup({"user": user, "database": "mart"}))
        wire.read()
        first = b"n,,n=,r=abcdefghijklmnop"
        wire.send(message("p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first))
        answer = wire.read()[1][4:].decode()
        wire.end()
        return answer.split(",")[1]

    assert salt("mallory") == salt("mallory") != salt("malvolio")


def test_unknown_database(stack):
    error = refused(stack, database="nowhere")
    assert (error.sqlstate, error.fields["S"]) == ("3D000", "FATAL")
    assert error.fields["M"] == 'database "nowhere" does not exist'


def test_database_without_a_layer_for_the_user(stack):
    error = refused(stack, database="lake")
    assert (error.sqlstate, error.fields["S"]) == ("42501", "FATAL")
    assert "lake" in error.fields["M"]


def test_user_without_a_role(stack):
    error = refused(stack, "dave", "dave-pass")
    assert (error.sqlstate, error.fields["S"]) == ("42501", "FATAL")


def test_wrong_password_comes_before_the_question_of_layers(stack):
    assert refused(stack, password="wrong", database="lake").sqlstate == "28P01"


@pytest.mark.parametrize("parameters, shown, expected", [
    ({"application_name": "Redash"}, "application_name", "Redash"),
    ({"DateStyle": "ISO, DMY"}, "datestyle", "ISO, DMY"),
    ({"TimeZone": "Asia/Tokyo"}, "timezone", "Asia/Tokyo"),
    ({"extra_float_digits": "3"}, "extra_float_digits", "3"),
    ({"client_encoding": "UTF8"}, "client_encoding", "UTF8"),
    ({"client_encoding": "'utf-8'"}, "client_encoding", "UTF8"),
    ({"client_encoding": "UNICODE"}, "client_encoding", "UTF8"),
    ({"statement_timeout": "90s"}, "statement_timeout", "90s"),
    ({"search_path": "sales"}, "search_path", "sales"),
    ({"options": "-c statement_timeout=45s"}, "statement_timeout", "45s"),
    ({"options": "-c search_path=sales,\\ public"}, "search_path", "sales, public"),
    ({"options": "--statement-timeout=44s -c TimeZone=UTC"}, "statement_timeout", "44s"),
])
def test_setting_at_login(connect, parameters, shown, expected):
    assert connect("carol", "mart", **parameters).query(f"show {shown}").one() == expected


@pytest.mark.parametrize("parameters", [
    pytest.param({"role": "postgres"}, id="role"),
    pytest.param({"session_authorization": "postgres"}, id="session_authorization"),
    pytest.param({"standard_conforming_strings": "off"}, id="standard_conforming_strings"),
    pytest.param({"client_encoding": "SJIS"}, id="client_encoding"),
    pytest.param({"session_preload_libraries": "x"}, id="session_preload_libraries"),
    pytest.param({"log_min_messages": "debug5"}, id="log_min_messages"),
    pytest.param({"no_such_setting": "1"}, id="unknown"),
    pytest.param({"sluice.token_key": "x"}, id="the gateway's own"),
    pytest.param({"options": "-c role=postgres"}, id="role in options"),
    pytest.param({"options": "-c standard_conforming_strings=off"}, id="standard_conforming_strings in options"),
    pytest.param({"options": "-c search_path=sales --role=postgres"}, id="long form in options"),
    pytest.param({"options": "-crole=postgres"}, id="no blank in options"),
    pytest.param({"options": "-O"}, id="other switch in options"),
    pytest.param({"options": "-c sluice.token_key=x"}, id="the gateway's own in options"),
])
def test_refused_setting_at_login(stack, parameters):
    error = refused(stack, **parameters)
    assert error.fields["S"] == "FATAL"
    assert error.sqlstate in ("42501", "22023", "42704", "42601", "0A000", "28000", "55P02"), error


@pytest.mark.parametrize("value", ["true", "on", "1", "database", "yes"])
def test_replication_is_refused(stack, value):
    assert refused(stack, "alice", "alice-pass", replication=value).fields["S"] == "FATAL"


def test_unknown_protocol_options_are_negotiated(connect):
    wire = connect("carol", "mart", **{"_pq_.column_encryption": "1"})
    assert wire.negotiated == (196608, [b"_pq_.column_encryption"])
    assert wire.query("select 1").one() == "1"


def test_higher_minor_version_is_negotiated(connect):
    wire = connect("carol", "mart", version=196610)
    assert wire.negotiated == (196608, [])


@pytest.mark.parametrize("version", [0, 131072, 262144, 80877999])
def test_other_protocol_versions(stack, version):
    wire = Wire(stack.gateway.port)
    wire.send(startup({"user": "carol", "database": "mart"}, version))
    kind, body = wire.read()
    assert kind == "E" and fields_of(body)["C"] in ("08P01", "0A000")
    assert wire.at_end()


@pytest.mark.parametrize("code", [pytest.param(80877103, id="TLS"), pytest.param(80877104, id="GSS")])
def test_encryption_request_is_answered_with_no(stack, code):
    wire = Wire(stack.gateway.port)
    wire.send(struct.pack("!II", 8, code))
    assert wire.read_bytes(1) == b"N"
    wire.login("carol", "carol-pass", "mart")
    assert wire.query("select 1").one() == "1"
    wire.end()


def test_handshake_in_single_bytes(stack):
    wire = Wire(stack.gateway.port)
    for byte in startup({"user": "carol", "database": "mart"}):
        wire.send(bytes([byte]))
    wire.authenticate("carol", "carol-pass")
    for byte in query("select 'in pieces'"):
        wire.send(bytes([byte]))
    assert wire.until().one() == "in pieces"
    wire.end()


@pytest.mark.parametrize("data", [
    pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", id="http"),
    pytest.param(struct.pack("!II", 8, 196608), id="startup without parameters"),
    pytest.param(struct.pack("!I", 4), id="length only"),
    pytest.param(struct.pack("!II", 3, 0), id="length below four"),
    pytest.param(struct.pack("!II", 0x7FFFFFFF, 196608), id="huge startup"),
    pytest.param(struct.pack("!II", 20, 196608) + b"user\0carol\0\xff", id="no end"),
    pytest.param(startup({"user": "carol"})[:-1], id="cut"),
    pytest.param(startup({"user": "carol\0extra"}), id="NUL in a value"),
    pytest.param(startup({"database": "mart"}), id="no user"),
    pytest.param(b"\0" * 64, id="zeros"),
    pytest.param(b"\xff" * 64, id="ones"),
    pytest.param(query("select 1"), id="query before startup"),
])
def test_malformed_startup(stack, data):
    wire = Wire(stack.gateway.port, timeout=8)
    wire.send(data)
    try:
        kind, body = wire.read()
        assert kind == "E" and fields_of(body)["S"] == "FATAL", (kind, body)
        assert wire.at_end()
    except Closed:
        pass
    with stack.wire("carol", "mart") as other:
        assert other.query("select 1").one() == "1"


@pytest.mark.parametrize("data", [
    pytest.param(b"!" + struct.pack("!I", 4), id="unknown type"),
    pytest.param(b"Q" + struct.pack("!I", 3), id="length below four"),
    pytest.param(b"Q" + struct.pack("!i", -5), id="negative length"),
    pytest.param(b"Q" + struct.pack("!I", 0x7FFFFFF0), id="huge length"),
    pytest.param(message("Q", b"select 1"), id="query without its end"),
    pytest.param(message("Q", b"select 1\0select 2\0"), id="bytes after the end"),
    pytest.param(message("P", b"name only"), id="cut Parse"),
    pytest.param(message("B", b"\0\0\xff\xff"), id="cut Bind"),
    pytest.param(message("B", b"\0\0\0\0\0\1\x7f\xff\xff\xff"), id="value longer than Bind"),
    pytest.param(message("D", b"Zname\0"), id="Describe of neither"),
    pytest.param(message("E", b"\0"), id="cut Execute"),
    pytest.param(message("C", b"Q\0"), id="Close of neither"),
    pytest.param(message("S", b"extra"), id="Sync with a body"),
    pytest.param(message("p", b"password\0"), id="password in the middle"),
    pytest.param(message("W"), id="CopyBoth"),
])
def test_malformed_message(stack, data):
    wire = stack.wire("carol", "mart", timeout=8)
    wire.send(data)
    kind, body = wire.read()
    fields = fields_of(body)
    expected = ("08P01", "54000") if len(data) == 5 and data[1:] > b"\x10" else ("08P01",)
    assert kind == "E" and fields["S"] == "FATAL" and fields["C"] in expected, fields
    assert wire.at_end()
    with stack.wire("carol", "mart") as other:
        assert other.query("select 1").one() == "1"


def test_login_timeout(stack):
    started = time.monotonic()
    wire = Wire(stack.gateway.port, timeout=10)
    wire.send(startup({"user": "carol", "database": "mart"}))
    wire.read()
    try:
        wire.read()
    except Closed:
        pass
    assert wire.at_end()
    assert 1.5 < time.monotonic() - started < 6


def test_silent_connection_is_closed(stack):
    started = time.monotonic()
    wire = Wire(stack.gateway.port, timeout=10)
    try:
        while True:
            wire.read()
    except Closed:
        pass
    assert 1.5 < time.monotonic() - started < 6


def test_idle_timeout(stack):
    wire = stack.wire("carol", "mart", timeout=12)
    started = time.monotonic()
    kind, body = wire.read()
    assert kind == "E" and fields_of(body)["C"] == "57P05"
    assert wire.at_end()
    assert 2 < time.monotonic() - started < 9


def test_a_long_statement_is_not_idle(connect):
    assert connect("carol", "mart").query("select 'done' from pg_sleep(4.5)").one() == "done"


def cancel(stack, key):
    with socket.create_connection(("127.0.0.1", stack.gateway.port), 10) as other:
        other.sendall(struct.pack("!IIII", 16, 80877102, *key))
        other.settimeout(10)
        assert other.recv(16) == b""


def test_cancel(stack, connect):
    wire = connect("carol", "mart")
    wire.send(query("select pg_sleep(30)"))
    timer = threading.Timer(0.7, cancel, (stack, wire.key))
    timer.start()
    started = time.monotonic()
    result = wire.until()
    timer.join()
    assert [error.sqlstate for error in result.errors] == ["57014"]
    assert time.monotonic() - started < 10
    assert wire.query("select 1").one() == "1"


def test_cancel_with_a_wrong_key_does_nothing(stack, connect):
    wire = connect("carol", "mart")
    wire.send(query("select 'undisturbed' from pg_sleep(1.2)"))
    cancel(stack, (wire.key[0], wire.key[1] ^ 1))
    cancel(stack, (wire.key[0], 0))
    assert wire.until().one() == "undisturbed"


def test_terminate_ends_the_upstream_session(stack):
    wire = stack.wire("carol", "mart", application_name="leaving")
    pid = wire.key[0]
    wire.end()
    with stack.cluster.superuser("postgres") as session:
        cursor = session.cursor()
        for _ in range(100):
            cursor.execute("select count(*) from pg_stat_activity where pid = %s and state = 'active'", (pid,))
            if cursor.fetchone()[0] == 0:
                return
            time.sleep(0.05)
    pytest.fail("the upstream session is still active")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-keyout", directory / "key", "-out", directory / "crt"], check=True, capture_output=True)
    (directory / "key").chmod(0o600)
    return directory


def gateway_with_tls(certificate, mode):
    return Stack(tls={"mode": mode, "certificate": str(certificate / "crt"), "key": str(certificate / "key")}).start()


def test_tls_allowed(certificate):
    stack = gateway_with_tls(certificate, "allow")
    with Wire(stack.gateway.port, "carol", PASSWORDS["carol"], "mart", tls=True) as wire:
        assert wire.socket.version() in ("TLSv1.2", "TLSv1.3")
        assert wire.query("select repeat('x', 300000)").one() == "x" * 300000
    with Wire(stack.gateway.port, "carol", PASSWORDS["carol"], "mart") as wire:
        assert wire.query("select 1").one() == "1"
    stack.stop()


def test_tls_required(certificate):
    stack = gateway_with_tls(certificate, "require")
    with Wire(stack.gateway.port, "carol", PASSWORDS["carol"], "mart", tls=True) as wire:
        assert wire.query("select 1").one() == "1"
    with pytest.raises(ServerError) as caught:
        Wire(stack.gateway.port, "carol", PASSWORDS["carol"], "mart")
    assert caught.value.fields["S"] == "FATAL" and caught.value.sqlstate == "28000"
    # Bytes sent before the handshake could have been put there by somebody else.
    early = Wire(stack.gateway.port, timeout=8)
    early.send(struct.pack("!II", 8, 80877103) + startup({"user": "carol", "database": "mart"}))
    with pytest.raises((Closed, AssertionError)):
        while True:
            assert early.read_bytes(1) in (b"S",)
    stack.stop()
