"""SELECT in all its forms. A query is (text, output columns), so that queries stand wherever a relation may."""
from .catalog import UNCOMPARABLE, Column
from .expressions import COMPARABLE, Expressions

AGGREGATES = (("count(*)", "int"), ("count({any})", "int"), ("count(distinct {any0})", "int"), ("max({cmp})", "text"), ("min({cmp})", "text"), ("sum({int})", "num"), ("avg({num})", "num"),
              ("string_agg({text}, ',' order by {any0})", "text"), ("array_agg({text} order by {any0}, {any0})", "texts"), ("bool_or({bool})", "bool"), ("every({bool})", "bool"), ("jsonb_agg({any})", "jsonb"), ("json_agg({row})", "json"),
              ("percentile_cont(0.5) within group (order by {num})", "float"), ("percentile_disc(0.3) within group (order by {cmp})", "text"), ("mode() within group (order by {cmp})", "text"), ("stddev({num})", "num"),
              ("count(*) filter (where {bool})", "int"), ("max({text}) filter (where {bool})", "text"), ("jsonb_object_agg(coalesce({text}, '-'), {any})", "jsonb"), ("array_agg(distinct {any0})", "other"), ("bit_or({int})", "int"),
              ("rank('B****') within group (order by {text})", "int"), ("corr({num}, {num})", "float"), ("sum(distinct {int})", "num"), ("range_agg(int4range({small}, 9))", "other"))
WINDOWS = (("row_number() over ({w})", "int"), ("rank() over ({w})", "int"), ("dense_rank() over ({w})", "int"), ("lag({cmp}) over ({w})", "text"), ("lead({cmp}, 2) over ({w})", "text"), ("first_value({cmp}) over ({w})", "text"),
           ("count(*) over ({w})", "int"), ("sum({num}) over ({w} rows between 2 preceding and current row)", "num"), ("ntile(4) over ({w})", "int"), ("max({cmp}) over ({w} groups between 1 preceding and 1 following)", "text"),
           ("string_agg({text}, '') over ({w})", "text"), ("percent_rank() over ({w})", "float"), ("nth_value({cmp}, 2) over ({w})", "text"), ("count(*) filter (where {bool}) over ({w})", "int"), ("array_agg({int}) over ({w} rows 1 preceding exclude ties)", "ints"))
SET_OPERATIONS = ("union", "union", "union all", "union all", "union all", "intersect", "except", "intersect all", "except all")
LOCKS = (" for update", " for share", " for no key update", " for key share skip locked")


class Queries(Expressions):
    def __init__(self, random, relations, types=True):
        super().__init__(random, types)
        self.relations = relations
        self.names = 0
        # What has something to hide, more often.
        self.weighted = [each for each in relations for _ in range(1 + sum(c.hidden for c in each.columns) // 2)]

    def name(self, letter="t"):
        self.names += 1
        return f"{letter}{self.names}"

    # --- FROM

    def source(self, depth, outer=()):
        """(text, alias, columns)"""
        alias = self.name()
        draw = self.random.random()
        if depth > 0 and draw < 0.12:
            text, columns = self.query(depth - 1)
            return f"({text}) as {alias}", alias, columns
        if draw < 0.15:
            rows = ", ".join(f"({n}, {self.literal('text')}, {self.literal('num')})" for n in range(1, 4))
            return f"(values {rows}) as {alias} (n, w, x)", alias, (Column("n", "int", False), Column("w", "text", False), Column("x", "num", False))
        if draw < 0.17:
            return f"generate_series(1, {self.pick((3, 8, 20))}) as {alias} (n)", alias, (Column("n", "int", False),)
        relation = self.pick(self.weighted)
        if draw < 0.20 and relation.form in "rp":
            return f"only {relation.full} as {alias}", alias, relation.columns
        if draw < 0.22 and relation.form == "r":
            method = self.pick(("bernoulli (50) repeatable (7)", "system (100) repeatable (1)", "bernoulli (100)"))
            if any(column.hidden for column in relation.columns):
                method = "bernoulli (100)"  # which rows a part is made of follows the lengths of hidden cells: a known limit
            return f"{relation.full} as {alias} tablesample {method}", alias, relation.columns
        if draw < 0.25:
            some = relation.columns[:2]
            names = tuple(Column(f"c{at}", c.kind, c.hidden) for at, c in enumerate(some))
            return f"{relation.full} as {alias} ({', '.join(c.name for c in names)})", alias, names + relation.columns[2:]
        return f"{relation.full} as {alias}", alias, relation.columns

    def condition_between(self, left, right):
        """Two columns of one kind that are compared; of ids, mostly."""
        kinds = [kind for kind in ("int", "text", "date", "num", "uuid") if any(c.kind == kind for _, cs in left for c in cs) and any(c.kind == kind for c in right[1])]
        if not kinds:
            return "true"
        kind = "int" if "int" in kinds and self.chance(0.5) else self.pick(kinds)
        operator = "=" if self.chance(0.85) else self.pick(("<", "is not distinct from", "<>"))
        return f"{self.column(left, kind)} {operator} {self.column([right], kind)}"

    def from_clause(self, depth):
        text, alias, columns = self.source(depth)
        scope = [(alias, columns)]
        joins = 0 if self.chance(0.62) else 1 if self.chance(0.8) else 2
        for _ in range(joins):
            more, other, others = self.source(depth - 1)
            draw = self.random.random()
            right = (other, others)
            if draw < 0.06:
                shared = [c.name for c in columns if any(o.name == c.name and o.kind == c.kind and c.kind not in UNCOMPARABLE for o in others)]
                if shared and len(scope) == 1:
                    text += f" {self.pick(('join', 'left join', 'full join'))} {more} using ({self.pick(shared)})"
                    scope.append((other, others))
                    continue
            if draw < 0.2 and depth > 0:
                inner, made = self.lateral(scope)
                text += f"{self.pick((' cross join lateral ', ' left join lateral '))}{inner}"
                if "left join lateral" in text[-len(inner) - 22:]:
                    text += " on true"
                scope.append(made)
                continue
            kind = self.pick(("join", "left join", "left join", "left join", "right join", "full join"))
            condition = self.condition_between(scope, right)
            if kind == "full join" and (" = " not in condition):
                kind = "join"
            if condition == "true" and self.chance(0.9):
                kind = "left join"
                condition = f"{self.column([right]) or 'null'} is null"
            text += f" {kind} {more} on {condition}"
            scope.append(right)
        return text, scope

    def lateral(self, scope):
        alias = self.name("l")
        draw = self.random.random()
        if draw < 0.35:
            return f"unnest({self.of('texts', scope, 1)}) as {alias} (w)", (alias, (Column("w", "text", True),))
        if draw < 0.55:
            return f"(select {self.of('text', scope, 1)} as w, {self.of('int', scope, 1)} as n) as {alias}", (alias, (Column("w", "text", True), Column("n", "int", True)))
        if draw < 0.75:
            return f"jsonb_each_text(to_jsonb({scope[0][0]})) as {alias} (k, w)", (alias, (Column("k", "text", False), Column("w", "text", True)))
        if draw < 0.85:
            return f"regexp_split_to_table({self.of('text', scope, 1)}, '[*@]+') with ordinality as {alias} (w, n)", (alias, (Column("w", "text", True), Column("n", "int", True)))
        relation = self.pick(self.weighted)
        inner = self.name()
        condition = self.condition_between(scope, (inner, relation.columns))
        return f"(select {inner}.* from {relation.full} as {inner} where {condition} limit 3) as {alias}", (alias, relation.columns)

    # --- the query

    def items(self, scope, most=4):
        columns, out = [], []
        for _ in range(1 + int(self.random.random() * most)):
            kind = self.pick(("text", "text", "text", "int", "int", "num", "date", "bool", "jsonb", "ts", "texts", "float", "uuid", "bytea", "interval", "ints")) if self.chance(0.65) else None
            name = self.name("c")
            if kind is None:
                reference = self.column(scope)
                found = next((c for alias, cs in scope for c in cs if f"{alias}.{c.name}" == reference), None)
                out.append(f"{reference or 1} as {name}")
                columns.append(Column(name, found.kind if found else "int", found.hidden if found else False))
            else:
                out.append(f"{self.of(kind, scope, 2)} as {name}")
                columns.append(Column(name, kind, True))
        return out, tuple(columns)

    def where(self, scope, depth=1):
        if self.chance(0.6):
            return ""
        made = self.of("bool", scope, 2)
        draw = self.random.random()
        if draw < 0.15 and depth > 0:
            made = self.subquery_condition(scope)
        elif draw < 0.65:
            made = f"{made} or {self.of('bool', scope, 1)}"
        elif draw < 0.8:
            made = f"({made}) is not true"
        return " where " + made

    def subquery_condition(self, scope):
        relation = self.pick(self.weighted)
        inner = self.name()
        columns = [(inner, relation.columns)]
        kind = self.pick(("text", "int"))
        one, two = self.of(kind, scope, 1), self.of(kind, columns, 1)
        draw = self.random.random()
        if draw < 0.3:
            return f"exists (select from {relation.full} as {inner} where {one} = {two})"
        if draw < 0.5:
            return f"{one} in (select {two} from {relation.full} as {inner})"
        if draw < 0.65:
            return f"{one} <= all (select {two} from {relation.full} as {inner} where {two} is not null)"
        if draw < 0.8:
            return f"(select count(*) from {relation.full} as {inner} where {one} = {two}) < 5"
        return f"{one} not in (select coalesce({two}, {self.literal(kind)}) from {relation.full} as {inner})"

    def order(self, scope, items):
        draw = self.random.random()
        if draw < 0.35:
            return ""
        direction = self.pick(("", " desc", " nulls first", " desc nulls last"))
        if draw < 0.6 and items:
            return f" order by {1 + int(self.random.random() * items)}{direction}"
        second = self.of(self.pick(("text", "int")), scope, 1)
        second = f", {second}" if second.startswith("(") or "." in second and not second.startswith("'") else ""
        return f" order by {self.any0(scope, comparable=True)}{direction}{second}"

    def limit(self):
        draw = self.random.random()
        if draw < 0.35:
            return ""
        text = f" limit {self.pick((1, 3, 5, 10, 20))}"
        return text + f" offset {self.pick((1, 2, 3))}" if draw > 0.93 else text

    def query(self, depth=1):
        draw = self.random.random()
        for share, form in ((0.46, self.plain), (0.64, self.grouped), (0.74, self.windowed), (0.80, self.together), (0.86, self.with_clause), (0.92, self.whole_rows), (0.96, self.distinct), (1.0, self.scalar)):
            if draw < share:
                return form(depth)
        return self.plain(depth)

    def plain(self, depth):
        text, scope = self.from_clause(depth)
        self.windows = self.chance(0.15)
        out, columns = self.items(scope)
        self.windows = False
        return f"select {', '.join(out)} from {text}{self.where(scope)}{self.order(scope, len(out))}{self.limit()}", columns

    def distinct(self, depth):
        text, scope = self.from_clause(depth)
        out, columns = self.items(scope, 3)
        keep = [at for at, c in enumerate(columns) if c.kind in COMPARABLE or c.kind == "bool"]
        if not keep:
            return self.plain(depth)
        out, columns = [out[at] for at in keep], tuple(columns[at] for at in keep)
        if self.chance(0.4):
            key = self.any0(scope, comparable=True)
            return f"select distinct on ({key}) {', '.join(out)} from {text}{self.where(scope)} order by {key}, {self.any0(scope, comparable=True)}{self.limit()}", columns
        return f"select distinct {', '.join(out)} from {text}{self.where(scope)}{self.limit()}", columns

    def aggregate(self, scope):
        text, kind = self.pick(AGGREGATES)
        if "{cmp}" in text:
            kind = self.pick(("text", "int", "num", "date"))
            text = text.replace("{cmp}", "{" + kind + "}")
        return self.fill(tuple(_split(text)), scope, 1), kind

    def grouped(self, depth):
        text, scope = self.from_clause(depth)
        keys = [self.of(self.pick(("text", "text", "int", "date", "bool")), scope, 1) if self.chance(0.4) else self.any0(scope, comparable=True) for _ in range(1 if self.chance(0.6) else 2)]
        if self.chance(0.15):
            keys = []
        out, columns = [], []
        for at, key in enumerate(keys):
            if key.replace("-", "").isdigit():  # a number there is a position
                keys[at] = key = f"coalesce({key})"
            name = self.name("g")
            out.append(f"{key} as {name}")
            columns.append(Column(name, "other", True))
        for _ in range(1 + int(self.random.random() * 2)):
            made, kind = self.aggregate(scope)
            name = self.name("a")
            out.append(f"{made} as {name}")
            columns.append(Column(name, kind, True))
        grouping = ""
        if keys:
            listed = ", ".join(keys)
            draw = self.random.random()
            grouping = " group by " + (listed if draw < 0.7 else f"rollup ({listed})" if draw < 0.8 else f"cube ({listed})" if draw < 0.88 else f"grouping sets (({listed}), ())" if draw < 0.95 else f"distinct {listed}")
        having = f" having {self.aggregate(scope)[0]} is not null" if self.chance(0.12) else " having count(*) > 1" if self.chance(0.05) else ""
        order = f" order by {1 + int(self.random.random() * len(keys))}{self.pick(('', ' desc'))}" if keys and self.chance(0.5) else ""
        return f"select {', '.join(out)} from {text}{self.where(scope)}{grouping}{having}{order}{self.limit()}", tuple(columns)

    def windowed(self, depth):
        text, scope = self.from_clause(depth)
        out, columns = [], []
        for _ in range(1 + int(self.random.random() * 2)):
            window = (f"partition by {self.any0(scope, comparable=True)} " if self.chance(0.4) else "") + f"order by {self.any0(scope, comparable=True)}" + self.pick(("", " desc", " nulls first"))
            made, kind = self.pick(WINDOWS)
            if "{cmp}" in made:
                kind = self.pick(("text", "int", "date"))
                made = made.replace("{cmp}", "{" + kind + "}")
            name = self.name("w")
            out.append(self.fill(tuple(_split(made.replace("{w}", window))), scope, 1) + f" as {name}")
            columns.append(Column(name, kind, True))
        more, others = self.items(scope, 2)
        return f"select {', '.join(out + more)} from {text}{self.where(scope)}{self.order(scope, 1)}{self.limit()}", tuple(columns) + others

    def together(self, depth):
        kinds = [self.pick(("text", "int", "date", "num")) for _ in range(1 + int(self.random.random() * 2))]
        parts = []
        for _ in range(2 if self.chance(0.8) else 3):
            text, scope = self.from_clause(0)
            parts.append(f"select {', '.join(self.of(kind, scope, 1) for kind in kinds)} from {text}{self.where(scope, 0)}")
        text = parts[0]
        for part in parts[1:]:
            text += f" {self.pick(SET_OPERATIONS)} {part}"
        if self.chance(0.5):
            text += " order by 1" + self.pick(("", " desc", ", 1")) + self.limit()
        names = tuple(Column(f"u{at}", kind, True) for at, kind in enumerate(kinds))
        alias = self.name("u")
        return f"select * from ({text}) as {alias} ({', '.join(c.name for c in names)})", names

    def with_clause(self, depth):
        if self.chance(0.3):
            relation = self.pick(self.weighted)
            inner = self.name()
            text = self.of("text", [(inner, relation.columns)], 1)
            steps = f"with recursive r (n, w) as (select 1, left(max({text}), 8)::text from {relation.full} as {inner} union all select n + 1, substr(w, 2) || n from r where n < {self.pick((3, 6))} and w <> '') "
            return steps + "select n, w from r", (Column("n", "int", False), Column("w", "text", True))
        name = self.name("q")
        inner, columns = self.query(0)
        how = self.pick(("", "materialized ", "not materialized "))
        scope = [(name, columns)]
        out, made = self.items(scope, 3)
        return f"with {name} as {how}({inner}) select {', '.join(out)} from {name}{self.where(scope)}{self.order(scope, len(out))}", made

    def whole_rows(self, depth):
        text, scope = self.from_clause(0)
        alias, columns = scope[0]
        draw = self.random.random()
        if draw < 0.25:
            return f"select {alias}.* from {text}{self.where(scope)}{self.limit()}", columns
        name = self.name("v")
        form = self.pick((f"{alias}", f"row_to_json({alias})", f"to_jsonb({alias})", f"{alias}::text", f"row({alias}.*)", f"jsonb_agg({alias})", f"count({alias})", f"({alias}).{self.pick(columns).name}", f"array_agg({alias}) is null", f"{alias} is not null", f"coalesce({alias}.*) is null",
                          f"jsonb_object_keys(to_jsonb({alias}))", f"hashtext({alias}::text)", f"length({alias}::text)", f"to_jsonb({alias}) ->> '{self.pick(columns).name}'", f"json_build_object('r', {alias})", f"md5({alias}::text)", f"jsonb_pretty(to_jsonb({alias}))"))
        return f"select {form} as {name} from {text}{self.where(scope)}{self.limit() if 'agg' not in form and 'count' not in form else ''}", (Column(name, "other", True),)

    def scalar(self, depth):
        relation = self.pick(self.weighted)
        inner = self.name()
        scope = [(inner, relation.columns)]
        kind = self.pick(("text", "int", "num", "date"))
        value = self.of(kind, scope, 1)
        name = self.name("s")
        form = self.pick((f"(select {value} from {relation.full} as {inner} order by 1 limit 1)", f"array(select {value} from {relation.full} as {inner})", f"exists (select from {relation.full} as {inner} where {self.of('bool', scope, 1)})",
                          f"(select json_agg({inner}) from {relation.full} as {inner})", f"case when (select count(*) from {relation.full} as {inner} where {self.of('bool', scope, 1)}) > 3 then 'many' else 'few' end"))
        return f"select {form} as {name}", (Column(name, "other", True),)


def _split(text):
    from .expressions import SLOT
    return SLOT.split(text)
