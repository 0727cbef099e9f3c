"""Databases with rich data, a gateway in front of them, and the oracles: the same databases with the masks put in by hand."""
import json
import re
import signal
from dataclasses import dataclass, field
from pathlib import Path

from harness.cluster import DATABASES, Cluster
from harness.gateway import Gateway
from harness.stack import Stack
from harness.wire import Wire

HERE = Path(__file__).resolve().parent
KEY = "5a" * 32
PATHS = {"lake": "crm, billing, app, support, public", "warehouse": "billing, crm, sales, web, public", "mart": "sales, public"}
SERVED = {"bob": ("lake", "warehouse", "mart"), "carol": ("warehouse", "mart")}
# What differs between the two: a treatment of the class `member`, and the row filters.
SEES = {"bob": {"member": "member_no", "visible": "true"}, "carol": {"member": "pg_temp.token(member_no)", "visible": "region = 'east'"}}
HIDDEN = {("carol", "warehouse"): ("lake_raw",)}

# Answers of the catalog that are NULL to whoever does not see the data in the clear, so the oracle is asked for NULL, too:
# the text of a view, rule or function may hold literals of hidden rows, sizes and counters tell how much is hidden, and the
# places of files and settings by any name are the operator's. The list says nothing of a function that a constant names.
UNSHOWN = re.compile(r"\b(?:pg_catalog\.)?(?:pg_get_(?:viewdef|ruledef|functiondef|function_sqlbody)|pg_database_size|pg_tablespace_location|pg_stat_get_numscans)(?=\()", re.I)
UNSHOWN_UNLESS_CONSTANT = re.compile(r"\b(?:pg_catalog\.)?(?:current_setting|pg_(?:table|indexes|relation|total_relation)_size)(?=\()(?!\(\s*'[^']*'(?:::[\w.]+)?\s*[,)])", re.I)

# Runs (`query@user`, a pattern of the whole) that are accepted, but answered otherwise than the masks by hand say.
# Each must still differ: a line whose reason is gone fails.
KNOWN = {
    r"catalog/pg_dump/dump_42@carol": "pg_depend lists the row types of hidden relations (oids, no names)",
    r"catalog/(psql/dx|pg_dump/dump_45)@carol": "pg_description hides comments of extensions that a Viewer does not use, here postgres_fdw's",
    r"sessions/creator/token_over_token@bob": "a token is like any other text, so the mask cannot tell that a Creator's copy holds tokens already",
}


class BenchCluster(Cluster):
    def load(self):
        with self.superuser("postgres") as session:
            cursor = session.cursor()
            cursor.execute(f"create role gateway login password '{self.gateway_password}'")
            cursor.execute("create role reader login password 'reader'")
            for database in DATABASES:
                cursor.execute(f"create database {database} owner gateway")
        for database in DATABASES:
            self._run(database, (HERE / "data" / f"{database}.sql").read_text())
        self.newest = max(self._newest(database) for database in DATABASES)
        for user, databases in SERVED.items():
            for database in databases:
                for plain in (False, True)[:1 if database == "mart" else 2]:
                    self._make_oracle(user, database, plain)
        for (user, database), schemas in HIDDEN.items():
            self._copy(database, shown(user, database))
            self._run(shown(user, database), "".join(f"drop schema {schema} cascade;" for schema in schemas))

    def stop(self):
        """Nothing is kept, so nothing needs to be written down."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
        super().stop()

    def _run(self, database, sql):
        with self.superuser(database) as session:
            cursor = session.cursor()
            cursor.execute(f"set test.port = '{self.port}'; set test.token_key = '{KEY}'")
            cursor.execute(sql)

    def _newest(self, database):
        with self.superuser(database) as session:
            cursor = session.cursor()
            cursor.execute("select max(oid::bigint) from pg_class")
            return cursor.fetchone()[0]

    def _copy(self, source, target):
        """Relations keep their numbers, so origins of columns can be compared, too."""
        with self.superuser("postgres") as session:
            session.cursor().execute(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{source}'")
            session.cursor().execute(f"create database {target} owner gateway template {source}")

    def _make_oracle(self, user, database, plain):
        name = oracle(user, database, plain)
        self._copy(database, name)
        sql = (HERE / "by_hand" / "functions.sql").read_text() + (HERE / "by_hand" / f"{database}.sql").read_text()
        for key, value in {**SEES[user], "document": "values_of" if plain else "document"}.items():
            sql = re.sub(rf"(?<!:):{key}\b", value, sql)
        if database == "warehouse" and "lake" in SERVED[user]:
            sql += f"alter server lake options (set dbname '{oracle(user, 'lake', plain)}');"
        self._run(name, sql)


class BenchGateway(Gateway):
    source = HERE / "policy.yaml"
    attributes = ("region=east",)

    def prepare(self):
        super().prepare()
        self._write_secret("mask.key", KEY)

    def settings(self):
        settings = super().settings()
        for database, path in PATHS.items():
            settings["databases"][database]["search_path"] = path.split(", ")
        return settings


class Bench(Stack):
    def __init__(self, **changes):
        super().__init__(**changes)
        self.cluster = BenchCluster(self.cluster.directory, log_statement="none", wal_level="minimal", max_wal_senders=0, autovacuum="off", jit="off", shared_buffers="128MB")
        self.gateway = BenchGateway(self.gateway.directory, self.cluster, **changes)
        self._wires = {}

    def direct(self, database):
        """As the gateway's own login, past the gateway."""
        path = PATHS[re.split("_(?:as|shown)_", database)[0]]
        return Wire(self.cluster.port, "gateway", self.cluster.gateway_password, database, search_path=path)

    def kept(self, kind, *what):
        """A connection that is kept for the next query, too."""
        wire = self._wires.get((kind, *what))
        if wire is None:
            wire = self._wires[kind, *what] = self.wire(*what) if kind == "gateway" else self.direct(*what)
        return wire

    def drop(self, kind, *what):
        if wire := self._wires.pop((kind, *what), None):
            wire.end()

    def numbered(self, query):
        """`:oid(crm.dim_customer)` and `:type(public.yen)` become what they are in the database."""
        def number(found):
            with self.cluster.owner(query.database) as session:
                cursor = session.cursor()
                cursor.execute(f"set search_path = {PATHS[query.database]}; select %s::reg{found[1].replace('oid', 'class')}::oid", (found[2],))
                return str(cursor.fetchone()[0])
        def replace(text):
            return re.sub(r":(oid|type)\(([^)]*)\)", number, text) if isinstance(text, str) else text
        values = query.values and [replace(value) for value in query.values]
        return Query(query.name, replace(query.sql), query.flags, query.settings, values)

    def stop(self):
        for wire in self._wires.values():
            wire.end()
        super().stop()


def unshown(sql):
    """The text with calls that the gateway answers with NULL never called; names and types of the results stay."""
    sql = re.sub(r"(pg_get_function_sqlbody\(p\.oid\), )p\.prosrc\b", r"\1null", sql)  # the source of a function, as a text or as a tree
    for which in (UNSHOWN, UNSHOWN_UNLESS_CONSTANT):
        at = 0
        while call := which.search(sql, at):
            depth, end = 0, call.end()
            while True:
                depth += {"(": 1, ")": -1}.get(sql[end], 0)
                end += 1
                if depth == 0:
                    break
            wrapped = f"(case when true then null else {sql[call.start():end]} end)"
            at = call.start() + len("(case when true then null else ") + call.end() - call.start()
            sql = sql[:call.start()] + wrapped + sql[end:]
    return sql


def known(run):
    return next((reason for pattern, reason in KNOWN.items() if re.fullmatch(pattern, run)), None)


def oracle(user, database, plain=False):
    return f"{database}_as_{user}" + ("_plain" if plain else "")


def shown(user, database):
    """The real database, without the schemas that the user may not see."""
    return f"{database}_shown_{user}" if (user, database) in HIDDEN else database


@dataclass
class Query:
    """One entry of a file: `-- name: n | flag key=value …`, optional `-- values: [...]`, text.

    users=bob,carol  database=warehouse
    plain            gives columns of free text out as they are: masked value by value
    script           several statements, each ending a line with `;` (`\\;` keeps two in one message), on a connection of their own
    unordered        the outermost ORDER BY has ties
    limit            no ORDER BY but a LIMIT: any of the rows that the query has without it
    catalog          reads the catalog: compared with the real database as its owner sees it
    ignore=a,b       result columns that the gateway empties, or that differ between any two sessions
    text             has columns of types without a binary form
    shape            only names and types are compared
    plan             no oracle: the plan names its relations, and holds no constant of the statement, number or condition
    """
    name: str
    sql: str
    flags: set = field(default_factory=set)
    settings: dict = field(default_factory=dict)
    values: list = None

    @property
    def users(self):
        return self.settings.get("users", "bob,carol").split(",")

    @property
    def database(self):
        return self.settings.get("database", "warehouse")

    @property
    def ignored(self):
        return set(filter(None, self.settings.get("ignore", "").split(",")))

    def messages(self, database=None):
        """`"warehouse"."crm".…` names the database itself, which has another name where the oracle is."""
        sql = self.sql
        if database:
            sql = sql.replace(f'"{self.database}".', f'"{database}".')
            if "catalog" in self.flags:
                sql = unshown(sql.replace(f"'{self.database}'", f"'{database}'"))
        if "script" not in self.flags:
            return [sql]
        return [re.sub(r"\\;[ \t]*$", ";", part, flags=re.M).strip() for part in re.split(r"(?<!\\);[ \t]*$", sql, flags=re.M) if part.strip()]

    @property
    def ordered(self):
        return "unordered" not in self.flags and has_outer_order(self.sql)


def has_outer_order(sql):
    depth, plain = 0, re.sub(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", " ", sql, flags=re.S)
    for token in re.findall(r"[()]|order\s+by", plain, re.I):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0 and token[0] in "oO":
            return True
    return False


def load_queries():
    found = []
    for path in sorted((HERE / "queries").glob("*/*.sql")):
        common = ""
        for part in re.split(r"^(?=-- (?:name|all): )", path.read_text(), flags=re.M):
            head, _, rest = part.partition("\n")
            if head.startswith("-- all: "):
                common = head[len("-- all: "):]
            elif head.startswith("-- name: "):
                name, _, options = head[len("-- name: "):].partition("|")
                query = Query(f"{path.parent.name}/{path.stem}/{name.strip()}", rest)
                for option in (common + " " + options).split():
                    key, _, value = option.partition("=")
                    if value:
                        query.settings[key] = value
                    else:
                        query.flags.add(key)
                if query.sql.startswith("-- values: "):
                    first, _, query.sql = query.sql.partition("\n")
                    query.values = json.loads(first[len("-- values: "):])
                query.sql = query.sql.strip()
                if "script" not in query.flags and query.sql.endswith(";"):
                    query.sql = query.sql[:-1]
                found.append(query)
            else:
                assert not part.strip(), f"{path}: text before the first `-- name: `"
    names = [query.name for query in found]
    assert len(set(names)) == len(names), sorted(name for name in names if names.count(name) > 1)
    return found
