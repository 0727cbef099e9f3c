"""Two clusters, each behind a gateway of its own, that differ in nothing but what bob and carol may not see."""
import io
import os
import secrets
import socket
import tempfile
import threading
import time
from pathlib import Path

from harness.cluster import DATABASES, Cluster
from harness.gateway import PASSWORDS, Gateway
from harness.stack import Stack
from harness.wire import Wire

HERE = Path(__file__).resolve().parent
# Addresses of their own, so that the port, which clients may read as a setting, is the same.
ADDRESSES = {"a": "127.0.0.1", "b": "127.0.0.2"}
SCRIPTS = {"lake": ["lake.sql"], "warehouse": ["warehouse.sql", "warehouse_views.sql"], "mart": ["mart.sql"]}
TEMPORARY_SCHEMAS = 12
# What bob may write, and what a rolled back write leaves dead rows in.
WRITABLE = ("billing.plan", "billing.account", "billing.contact", "billing.ledger", "billing.draft", "billing.day")


def common_port():
    for _ in range(100):
        with socket.socket() as one, socket.socket() as other:
            one.bind((ADDRESSES["a"], 0))
            try:
                other.bind((ADDRESSES["b"], one.getsockname()[1]))
            except OSError:
                continue
            return one.getsockname()[1]
    raise OSError("no port is free on both addresses")


class TwinCluster(Cluster):
    def __init__(self, directory, name):
        # A statement log of a million statements helps nobody; a vacuum at its own time would move rows in one twin only.
        super().__init__(directory, ADDRESSES[name], log_statement="none", log_min_messages="panic", autovacuum="off")
        self.name = name
        self.kept = {}

    def load(self):
        with self.superuser("postgres") as session:
            cursor = session.cursor()
            cursor.execute(f"create role gateway login password '{self.gateway_password}'")
            cursor.execute("create role reader login password 'reader'")
            for database in DATABASES:
                cursor.execute(f"create database {database} owner gateway")
        for database in DATABASES:
            with self.superuser(database) as session:
                cursor = session.cursor()
                cursor.execute(f"set test.twin = '{self.name}'; set test.host = '{self.address}'; set test.port = '{self.port}'")
                for script in ("prelude.sql", *SCRIPTS[database], "finish.sql"):
                    cursor.execute(("reset role;" if script == "finish.sql" else "") + (HERE / "data" / script).read_text())
                if database == "warehouse":
                    self._keep(cursor)
            self._make_temporary_schemas(database)

    def _make_temporary_schemas(self, database):
        """A backend's first temporary table takes oids for its schema: which one comes first must not matter later."""
        self.settle()
        opened = [self.owner(database) for _ in range(TEMPORARY_SCHEMAS)]
        for each in opened:
            each.session.cursor().execute("create temp table t (x int)")
        for each in opened:
            each.session.close()
        self.settle()

    def settle(self):
        """Waits for backends whose clients have gone: the next ones then take the same slots in both twins."""
        while True:
            with self.superuser("postgres") as session:
                cursor = session.cursor()
                cursor.execute("select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()")
                if cursor.fetchone()[0] == 0:
                    break
            time.sleep(0.02)
        time.sleep(0.05)

    def shape(self, database):
        """Every oid and name, and every size in pages: what must be the same in both twins."""
        with self.superuser(database) as session:
            cursor = session.cursor()
            cursor.execute("select c.oid, n.oid, nspname, relname, case when nspname !~ '^pg_' then pg_relation_size(c.oid) end from pg_class c join pg_namespace n on n.oid = relnamespace")
            return cursor.fetchall()

    def _keep(self, cursor):
        for table in WRITABLE:
            self.kept[table] = io.BytesIO()
            cursor.copy_expert(f"copy (select {_columns(cursor, table)} from {table}) to stdout", self.kept[table])

    def restore(self):
        """What bob may write, in its first state and physical order."""
        with self.superuser("warehouse") as session:
            cursor = session.cursor()
            cursor.execute("truncate " + ", ".join(WRITABLE))
            for table in WRITABLE:
                self.kept[table].seek(0)
                cursor.copy_expert(f"copy {table} ({_columns(cursor, table)}) from stdin", self.kept[table])


def _columns(cursor, table):
    cursor.execute("select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute "
                   f"where attrelid = '{table}'::regclass and attnum > 0 and attgenerated = ''")
    return cursor.fetchone()[0]


class TwinGateway(Gateway):
    source = HERE / "policy.yaml"
    attributes = ("region=east",)
    mask_key = None

    def prepare(self):
        super().prepare()
        self._write_secret("mask.key", self.mask_key)


class Twin(Stack):
    def __init__(self, name, mask_key, policy=None):
        base = os.environ.get("SLUICE_TEST_DIR")
        if base:
            Path(base).mkdir(parents=True, exist_ok=True)
        self.name = name
        self.directory = Path(tempfile.mkdtemp(prefix=f"sluice-leak-{name}-", dir=base))
        self.directory.chmod(0o755)
        self.cluster = TwinCluster(self.directory / "cluster", name)
        # Definitions refresh the catalog at once; nothing changes it past the gateway.
        self.gateway = TwinGateway(self.directory / "gateway", self.cluster, catalog_refresh="60s",
                                   audit={"rotate": "16MiB", "on_failure": {"lake": "deny", "warehouse": "deny", "mart": "deny"}})
        self.gateway.mask_key = mask_key
        if policy is not None:
            self.gateway.source = policy

    def drop_old_journals(self):
        """A million statements fill the disk with records that nobody reads here; the newest file stays."""
        for path in sorted((self.gateway.directory / "audit").glob("audit-*.jsonl"))[:-2]:
            path.unlink()


class Twins:
    """`with Twins() as twins: Runner(twins)…`"""

    def __init__(self, policy=None):
        key = secrets.token_hex(32)
        self.pair = [Twin(name, key, policy) for name in ADDRESSES]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        port = common_port()
        try:
            self._both(lambda twin: twin.cluster.create())
            for twin in self.pair:  # in this thread: the servers die with the one that started them
                twin.cluster.start(port)
            self._both(lambda twin: twin.cluster.load())
            for database in DATABASES:
                one, other = (set(twin.cluster.shape(database)) for twin in self.pair)
                assert one == other, f"the catalogs of the twins differ: {sorted(one ^ other)[:6]}"
            for twin in self.pair:
                twin.gateway.prepare()
                twin.gateway.start()
        except BaseException:
            for twin in self.pair:
                twin._discard()
            raise
        return self

    def _both(self, work):
        problems = []

        def one(twin):
            try:
                work(twin)
            except BaseException as problem:  # told below, in the thread that asked
                problems.append(problem)
        workers = [threading.Thread(target=one, args=(twin,)) for twin in self.pair]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        if problems:
            raise problems[0]

    def stop(self):
        for twin in self.pair:
            twin.stop()

    def connect(self, user, database, **settings):
        return [Wire(twin.gateway.port, user, PASSWORDS[user], database, timeout=60, **settings) for twin in self.pair]

    def restore(self):
        for twin in self.pair:
            twin.cluster.restore()

    def tidy(self):
        for twin in self.pair:
            twin.drop_old_journals()

    def alive(self):
        return all(twin.gateway.alive() for twin in self.pair)

    def logs(self):
        return "\n".join(f"--- twin {twin.name}\n{twin.gateway.log_text()[-4000:]}" for twin in self.pair)
