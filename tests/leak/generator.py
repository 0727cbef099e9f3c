"""Conversations without end, from a seed. The weights make most statements succeed and return rows; test_leak.py holds them to it."""
import random

from conversation import Conversation
from generate.catalog import PLACES, SCHEMAS, read_catalog
from generate.queries import Queries
from generate.sessions import Sessions
from generate.writing import Writing

# How often each form of conversation comes; the second table, for bob in the warehouse, besides.
FORMS = (("every_way", 32), ("simple", 16), ("extended", 14), ("parameters", 8), ("prepared_in_sql", 3), ("pipeline", 5), ("several", 4), ("cursor", 2), ("copy_out", 7), ("explain", 1), ("catalogs", 6), ("settings", 3), ("nested", 2))
WRITING = (("writes", 10), ("constraint", 2), ("made", 4), ("defined", 2), ("copy_in", 1), ("kept", 1), ("locking", 1))
# The share of conversations in which expressions may raise, and how often each then does.
RISKY_SHARE, RISK = 0.16, 0.12


class Generator:
    def __init__(self, twins, seed, user=None):
        self.random = random.Random(seed)
        cluster = twins.pair[0].cluster
        known = {database: read_catalog(cluster, database) for database in ("lake", "warehouse", "mart")}
        self.makers = {}
        for (user, database), _ in PLACES:
            relations = [each for each in known[database] if each.schema in SCHEMAS[user, database]]
            self.makers[user, database] = Sessions(Queries(self.random, relations, types=database == "warehouse"))
        self.places = [place for place, weight in PLACES for _ in range(weight) if user in (None, place[0])]
        self.writing = Writing(self.makers["bob", "warehouse"].queries)
        self.forms = [form for form, weight in FORMS for _ in range(weight)]
        self.more_forms = self.forms + [form for form, weight in WRITING for _ in range(weight)]

    def conversation(self, place):
        maker = self.makers[place]
        form = self.random.choice(self.more_forms if place == ("bob", "warehouse") else self.forms)
        maker.queries.names = 0
        maker.queries.risk = RISK if self.random.random() < RISKY_SHARE else 0.0
        steps = getattr(maker if hasattr(maker, form) else self.writing, form)()
        return Conversation(*place, tuple(steps), form)

    def batch(self, size):
        """Conversations of one user in one database, as one session will say them."""
        place = self.random.choice(self.places)
        return [self.conversation(place) for _ in range(size)]
