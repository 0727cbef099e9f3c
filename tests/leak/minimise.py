"""The smallest conversation that still differs: steps are dropped, then each statement is cut down along its own structure.

A cut that is no SQL any more fails alike in both twins, so every cut may be tried: the twins are the judge."""
import re
import time
from dataclasses import replace

from conversation import Pipeline, Query
from runner import Finding

TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\d+|\d+(?:\.\d+)?|\w+|::|<>|<=|>=|\|\||->>|->|\#>>|@>|&&|!~|\s+|.""", re.S)
CLAUSES = ("with", "select", "from", "where", "group", "having", "order", "limit", "offset", "union", "intersect", "except", "join", "left", "right", "full", "cross", "on", "returning", "tablesample", "window", "fetch", "for",
           "when", "then", "else", "and", "or", "as", "set", "values", "filter", "over", "using", "lateral", "partition", "rows", "within", "distinct", "nulls", "collate", "is", "not")
BUDGET = 60     # seconds per finding
# A sample without its seed differs from itself: a cut must not make one.
CHANCE = re.compile(r"tablesample\s+\w+\s*\((?!\s*100\s*\))[^)]*\)(?!\s*repeatable)", re.I)


def cut_into(sql):
    return [token for token in TOKEN.findall(sql) if not token.isspace()]


def spelt(tokens):
    text = " ".join(tokens)
    return re.sub(r" ?(\.|::) ?", r"\1", text).replace("( ", "(").replace(" )", ")").replace(" ,", ",")


def closing(tokens, at):
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index] in "([") - (tokens[index] in ")]") if len(tokens[index]) == 1 else 0
        if depth == 0:
            return index
    return None


def spans(tokens):
    """(begin, end, replacements) worth a try, the long ones first."""
    found = []
    depth, opened = 0, []
    for at, token in enumerate(tokens):
        if token in ("(", "["):
            end = closing(tokens, at)
            if end is not None:
                inside = tokens[at + 1:end]
                start = at - 1 if at and re.match(r"\w", tokens[at - 1]) and tokens[at - 1].lower() not in CLAUSES else at
                while start > 1 and tokens[start - 1] in (".",):
                    start -= 2
                found.append((start, end + 1, [[], ["null"], ["1"], inside, ["(", *inside, ")"]]))
                found.append((at + 1, end, [["null"], []]))
        if token.lower() == "case":
            level = 0
            for end in range(at, len(tokens)):
                level += (tokens[end].lower() == "case") - (tokens[end].lower() == "end")
                if level == 0:
                    found.append((at, end + 1, [["null"], ["1"], ["'x'"]]))
                    break
    # A clause goes on to the next clause word, comma or closing bracket on its own level.
    for at, token in enumerate(tokens):
        if token.lower() in CLAUSES or token == ",":
            depth, ends = 0, []
            for end in range(at + 1, len(tokens) + 1):
                if end == len(tokens) or (tokens[end] in ")]" and depth == 0):
                    ends.append(end)
                    break
                depth += (tokens[end] in ("(", "[")) - (tokens[end] in (")", "]"))
                if depth == 0 and (tokens[end] == "," or tokens[end].lower() in CLAUSES):
                    ends.append(end)
            for end in {*ends[:3], *ends[-1:]}:
                found.append((at, end, [[]]))
                if token == ",":
                    found.append((at + 1, end + 1, [[]]))
                elif end < len(tokens) and tokens[end] == ",":  # the first of a list
                    found.append((at + 1, end + 1, [[]]))
    for size in (4, 2, 1):
        found += [(at, at + size, [[]]) for at in range(0, len(tokens) - size + 1)]
    return sorted(found, key=lambda span: span[0] - span[1])


def statement_of(step):
    return "; ".join(step.statements) if isinstance(step, Pipeline) else step.sql


def minimise(runner, finding):
    """The finding, smaller. Never one that does not differ."""
    deadline = time.monotonic() + BUDGET
    best = finding.conversation

    def still(conversation):
        if any(CHANCE.search(statement_of(step)) for step in conversation.steps):
            return False
        return time.monotonic() < deadline and runner.differs(conversation, finding.before) is not None

    def dropped(conversation):
        steps = list(conversation.steps)
        at = 0
        while at < len(steps) and len(steps) > 1:
            fewer = conversation.with_steps(steps[:at] + steps[at + 1:])
            if still(fewer):
                steps, conversation = list(fewer.steps), fewer
            else:
                at += 1
        return conversation

    def simpler(conversation):
        for at, step in enumerate(conversation.steps):
            ways = [Query(statement_of(step))]
            if isinstance(step, Pipeline):
                ways = [Query(sql) for sql in step.statements] + ways
            if isinstance(step, Query) and ";" in step.sql:
                ways = [Query(sql) for sql in step.sql.split(";")]
            for other in ways:
                changed = conversation.with_steps((*conversation.steps[:at], other, *conversation.steps[at + 1:]))
                if changed != conversation and "$1" not in other.sql and still(changed):
                    conversation = changed
                    break
        return conversation

    def shorter(conversation, at):
        step = conversation.steps[at]
        if isinstance(step, Pipeline):
            return conversation
        tokens = cut_into(step.sql)
        again = True
        while again and time.monotonic() < deadline:
            again = False
            for begin, end, others in spans(tokens):
                for other in others:
                    fewer = tokens[:begin] + list(other) + tokens[end:]
                    if len(fewer) >= len(tokens):
                        continue
                    changed = conversation.with_steps((*conversation.steps[:at], replace(step, sql=spelt(fewer)), *conversation.steps[at + 1:]))
                    if still(changed):
                        tokens, conversation, again = fewer, changed, True
                        break
                if again:
                    break
        return conversation

    best = simpler(dropped(best))
    for at in range(len(best.steps)):
        best = shorter(best, at)
    best = dropped(best)
    return Finding(best, runner.differs(best, finding.before) or finding.words, finding.before)
