"""A PostgreSQL cluster of the tests' own: one server, three databases, gone at the end."""
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psycopg2

PG_BIN = Path("/usr/lib/postgresql/15/bin")
DATA = Path(__file__).resolve().parent.parent / "data"
DATABASES = ("lake", "warehouse", "mart")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _unprivileged():
    """Root may not run PostgreSQL; the server then runs as the package's user."""
    if os.geteuid() != 0:
        return {}
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class Cluster:
    def __init__(self, directory: Path, address="127.0.0.1", **settings):
        """`settings` are the server's own, beside or instead of those below."""
        self.directory = directory
        self.address = address
        self.settings = {
            "max_connections": 500, "shared_buffers": "32MB", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
            "log_statement": "all", "max_prepared_transactions": 4, "superuser_reserved_connections": 20, **settings}
        self.password = secrets.token_hex(8)
        self.gateway_password = secrets.token_hex(8)
        self.process = None
        self.port = None

    def _run_inside(self, *command, **how):
        # The server reaches its directory through an open descriptor, so the path above it may be closed to its user.
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            inside = f"/proc/self/fd/{descriptor}"
            return subprocess.Popen(
                [part.replace("{inside}", inside) for part in map(str, command)],
                pass_fds=[descriptor], cwd="/", stdin=subprocess.DEVNULL, env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
                start_new_session=True, **_unprivileged(), **how)
        finally:
            os.close(descriptor)

    def create(self):
        self.directory.mkdir(parents=True)
        (self.directory / "password").write_text(self.password + "\n")
        if how := _unprivileged():
            for path in (self.directory, self.directory / "password"):
                os.chown(path, how["user"], how["group"])
        made = self._run_inside(
            PG_BIN / "initdb", "--no-sync", "--no-instructions", "--pgdata={inside}/data", "--username=postgres",
            "--pwfile={inside}/password", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output, _ = made.communicate()
        assert made.returncode == 0, output.decode()

    def start(self, port=None):
        self.port = port or free_port()
        log = open(self.directory.parent / "postgres.log", "ab")
        self.process = self._run_inside(
            # A killed test run must not leave a server behind.
            "setpriv", "--pdeathsig=INT", PG_BIN / "postgres", "-D", "{inside}/data", "-c", f"listen_addresses={self.address}", "-c", f"port={self.port}",
            "-c", "unix_socket_directories=", *(part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")),
            stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.directory.parent / "postgres.log").read_text()
            try:
                psycopg2.connect(self.dsn("postgres")).close()
                return
            except psycopg2.OperationalError:
                time.sleep(0.05)
        raise TimeoutError("PostgreSQL did not start within a minute")

    def load(self):
        with self.superuser("postgres") as session:
            session.cursor().execute(f"create role gateway login password '{self.gateway_password}'")
            session.cursor().execute("create role reader login password 'reader'")
            for database in DATABASES:
                session.cursor().execute(f"create database {database} owner gateway")
        for database in DATABASES:
            with self.superuser(database) as session:
                cursor = session.cursor()
                cursor.execute(f"set test.port = '{self.port}'")
                cursor.execute((DATA / f"{database}.sql").read_text())

    def dsn(self, database, user="postgres"):
        password = self.password if user == "postgres" else self.gateway_password
        return f"host={self.address} port={self.port} dbname={database} user={user} password={password} connect_timeout=20"

    def superuser(self, database):
        return _Autocommit(self.dsn(database))

    def owner(self, database):
        """As the gateway logs in, but past the gateway: the oracle of what a statement really says."""
        return _Autocommit(self.dsn(database, "gateway"))

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def remove(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class _Autocommit:
    """psycopg2's own context manager leaves the connection open."""

    def __init__(self, dsn):
        self.session = psycopg2.connect(dsn)
        self.session.autocommit = True

    def __enter__(self):
        return self.session

    def __exit__(self, *_):
        self.session.close()
