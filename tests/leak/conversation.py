"""What one client says to both gateways: a list of steps, each one or more protocol messages that end with ReadyForQuery."""
from dataclasses import dataclass, field, replace

from harness.wire import SYNC, bind, close, describe, execute, message, parse, query

TEXT, BINARY = (), (1,)


@dataclass(frozen=True)
class Query:
    """The simple protocol."""
    sql: str
    syncs = 1

    def wire(self):
        return query(self.sql)


@dataclass(frozen=True)
class Extended:
    """Parse, Bind, Describe, Execute of the unnamed statement. `rows` are the limits of one Execute after the other."""
    sql: str
    values: tuple = ()
    results: tuple = TEXT
    types: tuple = ()
    rows: tuple = (0,)
    syncs = 1

    def wire(self):
        runs = b"".join(execute(rows=limit) for limit in self.rows)
        return parse(self.sql, types=self.types) + bind(self.values, results=self.results) + describe("P") + runs + SYNC


@dataclass(frozen=True)
class Prepared:
    """A named statement: described, run once with each of `runs`, closed."""
    sql: str
    runs: tuple = ((),)
    results: tuple = TEXT
    types: tuple = ()
    syncs = 3

    def wire(self):
        runs = b"".join(bind(values, "kept", results=self.results) + execute() for values in self.runs)
        return parse(self.sql, "kept", self.types) + describe("S", "kept") + SYNC + runs + SYNC + close("S", "kept") + SYNC


@dataclass(frozen=True)
class Pipeline:
    """Several statements before one Sync: what follows an error is skipped."""
    statements: tuple
    results: tuple = TEXT
    syncs = 1

    @property
    def sql(self):
        return ";; ".join(self.statements)

    def wire(self):
        return b"".join(parse(sql) + bind(results=self.results) + describe("P") + execute() for sql in self.statements) + SYNC


@dataclass(frozen=True)
class CopyIn:
    """COPY … FROM STDIN. The data is sent only when the gateway asks for it."""
    sql: str
    data: bytes
    syncs = 1

    def wire(self):
        return query(self.sql)

    def rest(self):
        return message("d", self.data) + message("c")


@dataclass(frozen=True)
class Conversation:
    user: str
    database: str
    steps: tuple
    family: str = ""
    wire: bytes = field(init=False, repr=False, default=b"")
    syncs: int = field(init=False, default=0)

    def __post_init__(self):
        object.__setattr__(self, "wire", b"".join(step.wire() for step in self.steps))
        object.__setattr__(self, "syncs", sum(step.syncs for step in self.steps))

    @property
    def stops(self):
        """Whether it has to wait for an answer in the middle."""
        return any(isinstance(step, CopyIn) for step in self.steps)

    def with_steps(self, steps):
        return replace(self, steps=tuple(steps))

    def __str__(self):
        lines = [f"{self.user}@{self.database}" + (f" [{self.family}]" if self.family else "")]
        for step in self.steps:
            more = ", ".join(f"{name}={value!r}" for name, value in vars(step).items()
                             if name not in ("sql", "statements") and value not in ((), (0,), ((),)))
            lines.append(f"  {type(step).__name__}: {step.sql}" + (f"   [{more}]" if more else ""))
        return "\n".join(lines)


def simple(user, database, *statements, family=""):
    return Conversation(user, database, tuple(Query(sql) for sql in statements), family)
