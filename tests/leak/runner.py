"""Says conversations to both twins and compares all that comes back.

What may differ, and why. Nothing else may:
  - the process id and cancel key of BackendKeyData: drawn by each gateway for itself (a login is not part of a transcript);
  - the outcome of a statement that ran into statement_timeout in either twin: it tells of the machine's load. Such
    conversations are counted as inconclusive, and a test limits their number.
Clocks, process ids, transaction ids and random numbers are not exempt: nothing generates them.
"""
import itertools
import select
import time
from collections import Counter
from dataclasses import dataclass

from harness.wire import TERMINATE
from transcript import Stream, count, first_difference, timed_out

CHUNK = 1 << 18
DEADLINE = 120          # seconds without a byte from either side
# Long enough for a loaded machine, short enough for a cross join that a generator did not mean.
STATEMENT_TIMEOUT = "3s"


@dataclass
class Finding:
    conversation: object
    words: str
    before: tuple = ()      # conversations of the same session without which it does not appear

    def __str__(self):
        shown = "".join(f"(first) {each}\n" for each in self.before)
        return f"{shown}{self.conversation}\n  {self.words}"


class Pair:
    """The same user's connection to both twins."""

    def __init__(self, twins, user, database):
        self.wires = twins.connect(user, database, statement_timeout=STATEMENT_TIMEOUT)
        self.parameters = [wire.parameters for wire in self.wires]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def exchange(self, data, syncs, copy=False):
        """Sends to both, reads until both are ready `syncs` times, closed, or (with `copy`) ask for COPY data."""
        streams = [Stream(), Stream()]
        sockets = [wire.socket for wire in self.wires]
        unsent = [memoryview(data), memoryview(data)]
        for each in sockets:
            each.setblocking(False)

        def over(which):
            stream = streams[which]
            return stream.closed or len(stream.ends) >= syncs or (copy and stream.asks_for_copy)

        quiet = time.monotonic() + DEADLINE
        while not (over(0) and over(1)):
            readable, writable, _ = select.select([sockets[i] for i in (0, 1) if not over(i)], [sockets[i] for i in (0, 1) if unsent[i]], [], 5)
            for which, each in enumerate(sockets):
                try:
                    if each in readable:
                        quiet = time.monotonic() + DEADLINE
                        piece = each.recv(CHUNK)
                        streams[which].closed = not piece
                        streams[which].take(piece)
                    if each in writable and not streams[which].closed:
                        unsent[which] = unsent[which][each.send(unsent[which][:CHUNK]):]
                except BlockingIOError:
                    pass
                except OSError:
                    streams[which].closed = True
                if streams[which].closed:
                    unsent[which] = memoryview(b"")
            if time.monotonic() > quiet:
                raise TimeoutError("a gateway does not answer: " + repr([(len(s.ends), syncs, s.rest()[:300]) for s in streams]))
        return streams

    def end(self):
        for wire in self.wires:
            try:
                wire.socket.setblocking(True)
                wire.socket.sendall(TERMINATE)
                wire.socket.settimeout(10)
                while wire.socket.recv(CHUNK):  # until the gateway has let go: the next session then finds the same backends
                    pass
            except OSError:
                pass
            wire.socket.close()


def batches(conversations, size=60):
    """Neighbours of the same user and database, together."""
    for _, same in itertools.groupby(conversations, key=lambda each: (each.user, each.database)):
        same = list(same)
        yield from (same[at:at + size] for at in range(0, len(same), size))


class Runner:
    def __init__(self, twins):
        self.twins = twins
        self.outcomes = Counter()
        self.families = Counter()
        self.conversations = 0
        self.inconclusive = 0

    @property
    def statements(self):
        return sum(number for name, number in self.outcomes.items() if not name.startswith("sqlstate"))

    def run(self, conversation, pair=None):
        """The two transcripts of one conversation, each a list of answers; what came without a ReadyForQuery is the last."""
        if pair is None:
            with Pair(self.twins, conversation.user, conversation.database) as fresh:
                return self.run(conversation, fresh)
        if not conversation.stops:
            return self._told(pair.exchange(conversation.wire, conversation.syncs))
        transcripts = [[], []]
        for step in conversation.steps:
            streams = pair.exchange(step.wire(), step.syncs, copy=hasattr(step, "rest"))
            asked = [stream.asks_for_copy and not stream.ends for stream in streams]
            parts = [[bytes(stream.data)] for stream in streams]
            if all(asked):
                parts = [before + after for before, after in zip(parts, self._told(pair.exchange(step.rest(), 1)))]
            for transcript, part in zip(transcripts, parts):
                transcript.extend(part)
            if any(asked) and not all(asked) or any(stream.closed for stream in streams):
                break
        return transcripts

    @staticmethod
    def _told(streams):
        return [stream.answers() + ([stream.rest() + b"\0closed"] if stream.closed else []) for stream in streams]

    def differs(self, conversation, before=()):
        """None, or the first difference in words. Runs in a session of its own, after the conversations `before`."""
        with Pair(self.twins, conversation.user, conversation.database) as pair:
            for each in before:
                self.run(each, pair)
            return self.verdict(self.run(conversation, pair))

    def verdict(self, transcripts):
        ours, theirs = transcripts
        if ours == theirs:
            return "the gateway ended the session" if ours and ours[-1].endswith(b"\0closed") else None
        if any(timed_out(part) for transcript in transcripts for part in transcript):
            return None
        for at in range(max(len(ours), len(theirs))):
            one = ours[at] if at < len(ours) else b""
            other = theirs[at] if at < len(theirs) else b""
            if one != other:
                return f"answer {at + 1}, " + first_difference(one, other)
        return None

    def batch(self, conversations):
        """All in one session of one user. Returns what differs, each tried again in a session of its own."""
        findings, left = [], list(conversations)
        if left and left[0].user == "bob" and left[0].database == "warehouse":
            self.twins.restore()
        while left:
            done, problems = self._session(left)
            for index, words in problems:
                findings.append(self._confirmed(left, index, words))
            left = left[done:]
        return [each for each in findings if each is not None]

    def _session(self, conversations):
        with Pair(self.twins, conversations[0].user, conversations[0].database) as pair:
            if pair.parameters[0] != pair.parameters[1]:
                return 1, [(0, f"ParameterStatus at login: {pair.parameters}")]
            if conversations[0].stops:
                transcripts = self.run(conversations[0], pair)
                words = self._judge(conversations[0], transcripts)
                return 1, [(0, words)] if words else []
            together = list(conversations)
            for index, each in enumerate(together):
                if each.stops:
                    del together[index:]
                    break
            streams = pair.exchange(b"".join(each.wire for each in together), sum(each.syncs for each in together))
        if streams[0].data == streams[1].data and not streams[0].closed:
            count(streams[0].data, self.outcomes)
            self._note(together)
            return len(together), []
        answers, problems, at = [stream.answers() for stream in streams], [], 0
        for index, each in enumerate(together):
            ours, theirs = (side[at:at + each.syncs] for side in answers)
            at += each.syncs
            if min(len(ours), len(theirs)) < each.syncs:  # a session ended in the middle of it
                return index + 1, problems + [(index, "the gateway ended the session: " + str([stream.rest()[:500] for stream in streams]))]
            words = self._judge(each, (ours, theirs))
            if words:
                problems.append((index, words))
        return len(together), problems

    def _judge(self, conversation, transcripts):
        ours, theirs = transcripts
        for part in ours:
            count(part, self.outcomes)
        self._note([conversation])
        if ours != theirs and any(timed_out(part) for transcript in transcripts for part in transcript):
            self.inconclusive += 1
            return None
        return self.verdict(transcripts)

    def _note(self, conversations):
        self.conversations += len(conversations)
        for each in conversations:
            self.families[each.family] += 1

    def _confirmed(self, conversations, index, words):
        failing = conversations[index]
        again = self.differs(failing)
        if again:
            return Finding(failing, again)
        before = conversations[:index]
        again = self.differs(failing, before)
        if not again:
            return Finding(failing, "seen once, not again: " + words)
        size = max(1, len(before) // 2)
        while size >= 1:
            at = 0
            while at < len(before):
                fewer = before[:at] + before[at + size:]
                if self.differs(failing, fewer):
                    before = fewer
                else:
                    at += size
            size //= 2
        return Finding(failing, again, tuple(before))
