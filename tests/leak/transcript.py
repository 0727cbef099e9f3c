"""The bytes that a client received: cut into answers, compared, counted, and told in words."""
from collections import Counter

from harness.wire import columns_of, fields_of, row_of

# Outcomes of statements, as the report counts them.
ROWS, NO_ROWS, FAILED, DENIED = "accepted with rows", "accepted without rows", "failed", "denied by the gateway"
TIMED_OUT = "57014"


class Stream:
    """Grows as bytes arrive; knows where each answer (up to a ReadyForQuery) ends."""

    def __init__(self):
        self.data = bytearray()
        self.ends = []
        self.at = 0
        self.asks_for_copy = False
        self.closed = False

    def take(self, piece):
        self.data += piece
        data, at, size = self.data, self.at, len(self.data)
        while at + 5 <= size:
            end = at + 1 + int.from_bytes(data[at + 1:at + 5], "big")
            if end > size:
                break
            if data[at] == 0x5A:    # Z
                self.ends.append(end)
            elif data[at] == 0x47:  # G
                self.asks_for_copy = True
            at = end
        self.at = at

    def answers(self):
        starts = [0, *self.ends]
        return [bytes(self.data[start:end]) for start, end in zip(starts, self.ends)]

    def rest(self):
        """What came behind the last ReadyForQuery."""
        return bytes(self.data[self.ends[-1] if self.ends else 0:])


def messages(data):
    at = 0
    while at + 5 <= len(data):
        end = at + 1 + int.from_bytes(data[at + 1:at + 5], "big")
        yield chr(data[at]), bytes(data[at + 5:end])
        at = end


def error_fields(data):
    return [fields_of(body) for kind, body in messages(data) if kind == "E"]


def timed_out(data):
    return any(fields.get("C") == TIMED_OUT for fields in error_fields(data))


def count(data, into: Counter):
    """Adds one outcome per statement of the answer."""
    rows = False
    at, size = 0, len(data)
    while at + 5 <= size:
        kind = data[at]
        end = at + 1 + int.from_bytes(data[at + 1:at + 5], "big")
        if kind == 0x44 or kind == 0x64:          # D, d
            rows = True
        elif kind in (0x43, 0x49, 0x73):          # C, I, s
            into[ROWS if rows else NO_ROWS] += 1
            rows = False
        elif kind == 0x45:                        # E
            fields = fields_of(bytes(data[at + 5:end]))
            into[DENIED if fields.get("C") == "42501" else FAILED] += 1
            into["sqlstate " + fields.get("C", "?")] += 1
            rows = False
        at = end


def in_words(kind, body):
    try:
        if kind == "T":
            return "RowDescription " + " | ".join(f"{name}:{type_oid}({table}.{attnum},{size},{modifier},{form})"
                                                  for name, table, attnum, type_oid, size, modifier, form in columns_of(body))
        if kind == "D":
            return "DataRow " + " | ".join("NULL" if value is None else value.decode(errors="backslashreplace") for value in row_of(body))
        if kind in "EN":
            named = fields_of(body)
            return ("Error " if kind == "E" else "Notice ") + " ".join(f"{name}={value!r}" for name, value in named.items() if name not in "SVFLR")
        return f"{kind} {body!r}"
    except (ValueError, IndexError):
        return f"{kind} {body!r}"


def first_difference(one, other):
    """The first message in which two answers differ, in words, with what came before it."""
    ours, theirs = list(messages(one)), list(messages(other))
    for at, (left, right) in enumerate(zip(ours, theirs)):
        if left != right:
            return f"message {at + 1}:\n    a: {in_words(*left)[:1500]}\n    b: {in_words(*right)[:1500]}"
    longer, name = (ours, "a") if len(ours) > len(theirs) else (theirs, "b")
    if len(ours) == len(theirs):
        return "incomplete messages differ"
    return f"only {name} goes on, with message {min(len(ours), len(theirs)) + 1}:\n    {name}: {in_words(*longer[min(len(ours), len(theirs))])[:1500]}"
