"""Queries as BI tools and drivers send them: accepted for a Viewer and a Creator, and answered exactly as a database
that holds the masked values would answer."""
import csv
import os
import re
from collections import Counter

import pytest

from bench import has_outer_order, known, load_queries, oracle, shown

# With `shape`, only names and types of what the catalog answers are compared.
CATALOG_ROWS = os.environ.get("BENIGN_CATALOG", "rows") != "shape"
QUERIES = load_queries()
# What a plan of guarded relations must not hold: estimates, counts, conditions, keys, constants of the statement.
TELLING = re.compile(r"cost|rows|width|cond|filter|output|key|'|actual|loops|buffers", re.I)


class Different(AssertionError):
    """Accepted, and answered otherwise than by hand."""


def runs():
    """Each query over the simple protocol, and over the extended one in binary. Sessions come last: what one leaves behind when it fails, the catalog would show."""
    for query in sorted(QUERIES, key=lambda each: each.name.startswith("sessions/")):
        for user in query.users:
            for binary in (False, True):
                name = f"{query.name}@{user}"
                marks = [pytest.mark.xfail(reason=reason, raises=Different, strict=True)] if (reason := known(name)) else []
                yield pytest.param(query, user, binary, id=name + (",binary" if binary else ""), marks=marks)


RUNS = list(runs())


def run(wire, query, binary, database=None):
    answers, results = [], [] if "text" in query.flags else [1]
    for message in query.messages(database):
        several = ";" in re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"|\$\$.*?\$\$|--[^\n]*|/\*.*?\*/", "", message, flags=re.S)
        if query.values is not None:
            answers.append(wire.extended(message, query.values, results=results if binary else []))
        elif binary and not several:
            answers.append(wire.extended(message, results=results))
        else:
            answers.append(wire.query(message))
    return answers


def settle(wire, answers):
    """False when the connection is of no more use."""
    if answers and answers[-1].status not in ("I", ""):
        return not wire.query("rollback").errors
    return True


def refused(answers):
    return [str(error) for answer in answers for error in answer.errors]


def columns(answer, newest):
    """All that is told about each column; relations of the session's own have no number to compare."""
    return [(name, relation if relation <= newest else "own", *rest) for name, relation, *rest in answer.columns]


def rows(answer, ordered, ignored):
    keep = [at for at, column in enumerate(answer.columns) if column[0] not in ignored]
    out = [tuple(row[at] for at in keep) for row in answer.rows] if ignored else answer.rows
    return out if ordered else Counter(out)


def lines(copied, ordered, as_csv):
    if copied.startswith(b"PGCOPY"):
        return copied
    found = copied.splitlines()
    if as_csv:  # a field may be quoted without need; but `""` is a text and an empty field is NULL
        found = [next(csv.reader([re.sub(r'(?<![^,;])""(?![^,;])', "''", line.decode())])) for line in found]
    return found if ordered else sorted(found)


def readable(some_rows):
    return [tuple(value if value is None else value.decode(errors="backslashreplace") for value in row) for row in some_rows]


def differences(query, answer, expected, statement, newest):
    if (here := columns(answer, newest)) != (there := columns(expected, newest)):
        return f"columns (name, table, number, type, size, modifier, format): {here} should be {there}"
    if "shape" in query.flags or ("catalog" in query.flags and not CATALOG_ROWS):
        return None
    if answer.tags != expected.tags and "limit" not in query.flags:
        return f"tags {answer.tags} should be {expected.tags}"
    ordered = query.ordered if statement is None else has_outer_order(statement)
    ordered = ordered and "unordered" not in query.flags
    got, wanted = rows(answer, ordered, query.ignored), rows(expected, ordered, query.ignored)
    if "limit" in query.flags:
        count = min(int(re.search(r"(?i)\b(?:limit|first)\s+(\d+)", query.sql)[1]), len(expected.rows))
        if len(answer.rows) != count:
            return f"{len(answer.rows)} rows should be {count}"
        missing = [row for row in got if row not in wanted]
        return f"rows of its own: {readable(missing[:3])}" if missing else None
    if got != wanted:
        ours, theirs = set(got), set(wanted)
        only_here, only_there = [row for row in got if row not in theirs], [row for row in wanted if row not in ours]
        return (f"{len(answer.rows)} rows should be {len(expected.rows)}; first ones that only the gateway has {readable(only_here[:3])}, "
                f"only the oracle {readable(only_there[:3])}; first rows {readable(answer.rows[:2])} / {readable(expected.rows[:2])}")
    as_csv = bool(re.search(r"\bcsv\b", statement or query.sql))
    if lines(answer.copied, ordered, as_csv) != lines(expected.copied, ordered, as_csv):
        here, there = answer.copied.splitlines(), expected.copied.splitlines()
        return f"copied lines of its own {sorted(set(here) - set(there))[:3]}, missing {sorted(set(there) - set(here))[:3]}; first {here[:2]} / {there[:2]}"
    return None


def check_plan(bench, query, user, binary):
    answers = run(bench.kept("gateway", user, query.database), query, binary)
    assert not refused(answers), refused(answers)
    text = b"\n".join(row[0] for answer in answers for row in answer.rows).decode()
    if "Scan" not in text or (telling := TELLING.search(text)):
        raise Different(f"no plan, or one that tells `{telling and telling[0]}`:\n{text}")


def check(bench, query, user, binary):
    if "plan" in query.flags:
        return check_plan(bench, query, user, binary)
    if "catalog" in query.flags:
        query = bench.numbered(query)
    expected_at = shown(user, query.database) if "catalog" in query.flags else oracle(user, query.database, "plain" in query.flags)
    ours, theirs = ("gateway", user, query.database), ("oracle", expected_at)
    if "script" in query.flags:
        bench.drop(*ours)
        bench.drop(*theirs)
    wire, direct = bench.kept(*ours), bench.kept(*theirs)
    wire.received.clear()
    direct.received.clear()
    wanted_query = query
    if "limit" in query.flags:
        wanted_query = type(query)(query.name, re.sub(r"(?is)\s+(limit\s+\d+(\s+offset\s+\d+)?|fetch\s+first\s+\d+\s+rows\s+only)\s*$", "", query.sql), query.flags, query.settings, query.values)
    expected = run(direct, wanted_query, binary, expected_at)
    if "script" in query.flags:
        bench.drop(*theirs)
    elif not settle(direct, expected):
        bench.drop(*theirs)
    assert not refused(expected), f"the oracle itself: {refused(expected)}"
    if expected_at != query.database and "catalog" in query.flags:
        for answer in expected:
            answer.rows = [tuple(value and value.replace(expected_at.encode(), query.database.encode()) for value in row) for row in answer.rows]
    answers = run(wire, query, binary)
    if "script" in query.flags or not settle(wire, answers):
        bench.drop(*ours)
    assert bench.gateway.alive(), bench.gateway.log_text()[-6000:]
    assert not refused(answers), refused(answers)
    for number, (answer, wish, message) in enumerate(zip(answers, expected, query.messages())):
        difference = differences(query, answer, wish, message if "script" in query.flags else None, bench.cluster.newest)
        if difference:
            raise Different(f"message {number + 1}: {difference}")


@pytest.mark.parametrize("query, user, binary", RUNS)
def test_query(bench, query, user, binary):
    check(bench, query, user, binary)
