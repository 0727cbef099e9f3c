"""sqlsmith as a generator that knows nothing of the gateway: it reads the schema from the server and makes whatever the grammar allows."""
import re
import shutil
import subprocess
from pathlib import Path

from conversation import BINARY, Conversation, Extended, Query

# Clocks, chance, process and transaction ids: they differ between any two servers.
UNLIKE = re.compile(r"\b(now|\w*timestamp|timeofday|localtime\w*|current_time|current_date|age|random|setseed|gen_random_uuid|pg_backend_pid|txid\w*|pg_current\w*|\w*xact\w*|pg_postmaster\w*|pg_conf\w*|inet_\w+|pg_stat\w*|"
                    r"pg_sleep\w*|\w*_pid|pg_blocking\w*|pg_snapshot\w*|\w*lock\w*|pg_last\w*|nextval|setval|pg_export\w*|lo_\w+)\b(?=\s*\()|\b(current_date|current_timestamp|localtimestamp)\b", re.I)
SAMPLE = re.compile(r"\s*tablesample\s+\w+\s*\([\d.]+\)", re.I)
# sqlsmith does not quote names.
UNQUOTED = re.compile(r"\b(Mixed Case|E Mail|No Secret)\b")
# Families of functions that are refused whatever they are given, and what the policy denies: nothing is learnt from more of them.
REFUSED_FAMILIES = ("administration", "files", "gateway_connection", "input_output", "internals", "large_objects", "messages", "own_statement", "replication", "statistics", "triggers", "wal", "sql_in_text", "definitions", "backends", "relation_facts",
                    "sequence_read", "sequence_write", "settings_write", "settings_read")
BUILTINS = Path(__file__).resolve().parents[2] / "src" / "enforce" / "builtin_functions.inc"


def refused():
    names = [name for name, family in re.findall(r'FUNCTION\("(\w+)", (\w+)\)', BUILTINS.read_text()) if family in REFUSED_FAMILIES]
    return re.compile(r"pg_catalog\.(" + "|".join(names) + r")\(|x_secret|any(multi|compatible)?(multi)?range|anyelement|anyarray|anyenum")


def available():
    return shutil.which("sqlsmith") is not None


def statements(cluster, database, seed, number, with_catalog):
    target = f"host={cluster.address} port={cluster.port} dbname={database} user=gateway password={cluster.gateway_password}"
    more = [] if with_catalog else ["--exclude-catalog"]
    made = subprocess.run(["sqlsmith", f"--target={target}", f"--seed={seed}", f"--max-queries={number}", "--dry-run", *more], capture_output=True, text=True, timeout=600)
    assert made.returncode == 0, made.stderr
    useless = refused()
    for at, statement in enumerate(re.split(r";\s*\n", made.stdout)):
        statement = UNQUOTED.sub(r'"\1"', " ".join(statement.split()))
        if statement and not UNLIKE.search(statement) and not useless.search(statement):
            # A sample of its own chance is unlike; most go, as a row filter refuses them.
            yield SAMPLE.sub(lambda found: found[0] + " repeatable (1)" if at % 5 == 0 else "", statement)


def conversations(cluster, user, database, seed, number, with_catalog=False):
    for at, sql in enumerate(statements(cluster, database, seed, number, with_catalog)):
        if user == "carol" and not re.match("(?!.*lake_raw)(select|with)", sql):
            continue
        step = Query(sql) if at % 2 else Extended(sql, results=BINARY)
        yield Conversation(user, database, (Query("begin"), step, Query("rollback")) if user == "bob" else (step,), "sqlsmith")
