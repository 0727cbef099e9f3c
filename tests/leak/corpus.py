"""The written corpus: one file per family, one case per line, `name [@user[/database]] | statement ;; statement …`.

A case without a user is for carol and bob, both in the warehouse. Each is said over both protocols; in the extended one the two
users take turns with the formats, unless every way is asked for."""
import re
from pathlib import Path

from conversation import BINARY, TEXT, Conversation, Extended, Query

FOLDER = Path(__file__).resolve().parent / "corpus"
LINE = re.compile(r"^(?P<name>[^|@]+?)(?: @(?P<user>\w+)(?:/(?P<database>\w+))?)? \| (?P<sql>.*)$")


# Expected to differ: test_known_limits says these, nobody else.
LIMITS = "known_limits"


def families():
    return sorted(path.stem for path in FOLDER.glob("*.sql") if path.stem != LIMITS)


def cases(family):
    """(name, users and databases, statements)"""
    for number, line in enumerate((FOLDER / f"{family}.sql").read_text().splitlines(), 1):
        if not line or line.startswith("--"):
            continue
        found = LINE.match(line)
        assert found, f"corpus/{family}.sql:{number}: `name | statement` expected"
        database = found["database"] or "warehouse"
        users = [found["user"]] if found["user"] else ["carol", "bob"]
        yield found["name"], [(user, database) for user in users], [part.strip() for part in found["sql"].split(";;")]


def conversations(family, every_way=False):
    places_of = {}
    for name, places, statements in cases(family):
        for place in places:
            places_of.setdefault(place, []).append((name, statements))
    for (user, database), listed in sorted(places_of.items()):
        for at, (name, statements) in enumerate(listed):
            formats = (TEXT, BINARY) if every_way else (BINARY if (at + (user == "bob")) % 2 else TEXT,)
            for steps in ([Query(sql) for sql in statements], *([Extended(sql, results=results) for sql in statements] for results in formats)):
                # A case that is cut short, or leaves something open, must not be the next one's beginning.
                yield Conversation(user, database, (*steps, Query("rollback")), f"{family}: {name}")
