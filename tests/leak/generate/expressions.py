"""Typed expressions. Each production is text with slots; a slot in braces names the kind of value that goes there.

RISKY productions raise for some values. A server that saw raw values would raise for other rows than one that sees masks, so
they matter most; but a statement that fails says little else, so they are rare, and some stand behind conditions.
"""
import re

SLOT = re.compile(r"\{([a-z]{2,}0?)\}")


def compiled(lines):
    return [tuple(SLOT.split(line)) for line in lines]


SAFE = {kind: compiled(lines) for kind, lines in {
    "text": ["upper({text})", "lower({text})", "{text} || {word}", "{text} || {text}", "substr({text}, {small}, {small})", "left({text}, {signed})", "right({text}, {small})", "replace({text}, {word}, {word})",
             "coalesce({text}, {word})", "case when {bool} then {text} else {text} end", "{int}::text", "{any}::text", "md5({text})", "split_part({text}, '@', {small})", "reverse({text})",
             "regexp_replace({text}, '[aeiou0-9]', '_', 'g')", "format('%s/%s', {any}, {any})", "concat_ws('-', {any}, {any}, {any})", "translate({text}, 'abc*', 'xyz')", "nullif({text}, {text})",
             "greatest({text}, {text})", "to_char({ts}, 'YYYY-MM-DD HH24')", "to_char({num}, 'FM9990.0')", "initcap({text})", "btrim({text}, '*. ')", "lpad({text}, {small}, '.')", "quote_literal({text})",
             "overlay({text} placing 'zz' from 2 for 1)", "({jsonb} ->> 'n')", "substring({text} from '[a-z]+')", "({text} collate \"C\")", "string_agg({text}, ',') over ()", "repeat({text}, 2)", "encode({bytea}, 'hex')", "array_to_string({texts}, '|', '-')",
             "host({inet})", "{mood}::text", "({pair}).b", "cast({text} as varchar(3))", "{text}::char(4)", "strpos({text}, '@')::text", "array_to_string(regexp_match({text}, '(.)(.*)'), '+')", "to_json({any})::text", "row({any}, {any})::text", "quote_nullable({any})"],
    "int": ["length({text})", "{int} + {small}", "{int} * {signed}", "abs({int})", "coalesce({int}, {small})", "strpos({text}, {word})", "ascii({text})", "extract(year from {date})::int", "case when {bool} then {int} else {int} end", "cardinality({texts})",
            "({pair}).a", "char_length({text})", "{int} % 7", "octet_length({text})", "position('*' in {text})", "nullif({int}, {small})", "least({int}, {int})", "sign({num})::int", "({date} - date '2025-01-01')", "{bool}::int", "coalesce(array_position({texts}, 't1'), 0)",
            "num_nulls({any}, {any})", "({ints})[{small}]", "bit_length({text})", "jsonb_array_length(jsonb_build_array({any}))", "hashtext({text})", "row_number() over (order by {any0})::int", "regexp_count({text}, '[*a-z]')", "{int} & 15", "width_bucket({int}, 0, 50, 5)"],
    "num": ["{int}::numeric", "{num} + {small}", "{num} * 1.5", "round({num}, 1)", "coalesce({num}, 0)", "abs({num})", "case when {bool} then {num} else 0 end", "trunc({num})", "greatest({num}, {num})", "nullif({num}, 0)", "{num} / nullif({num}, 0)", "mod({num}, 3)", "ceil({num})", "extract(epoch from {ts})",
            "sum({num}) over (order by {any0})", "avg({num}) over (partition by {any0})"],
    "float": ["{num}::float8", "{float} * 0.5", "coalesce({float}, 1)", "{int}::float8", "degrees({float})"],
    "bool": ["{text} like {pattern}", "{text} = {text}", "{text} < {text}", "{int} > {small}", "{int} = {int}", "{num} between {num} and {num}", "{date} < date '2025-02-20'", "{any} is null", "{any} is not null", "not {bool}", "{bool} and {bool}", "{bool} or {bool}", "{text} ~ {regex}", "{text} in ({word}, {word}, {word})",
             "{cmp}", "{any0} is distinct from null", "({int}, {text}) < ({int}, {text})", "{text} ilike {pattern}", "{date} >= {date}", "starts_with({text}, {word})", "{jsonb} ? 'n'", "{text} = any ({texts})", "coalesce({bool}, true)", "{ts} > {ts}", "{int} = any (array[{int}, {int}, 3])", "{text} similar to '%(a|b|[*])%'",
             "{jsonb} @> '{\"n\": 3}'", "{texts} && array['t1', 't2']", "({bool}) is not true", "{ints} @> array[2]", "{date} between date '2025-01-15' and {date}", "to_tsvector('simple', {text}) @@ to_tsquery('simple', 'day')", "{inet} << '10.0.0.0/8'", "{range} @> 3", "num_nonnulls({any}, {any}) > 1"],
    "date": ["{date} + {small}", "coalesce({date}, date '2025-03-03')", "date '2025-01-01' + {small}", "{ts}::date", "case when {bool} then {date} else {date} end", "greatest({date}, {date})", "date_trunc('month', {date})::date"],
    "ts": ["{date}::timestamp", "date_trunc('month', {ts})", "{ts} + interval '1 day'", "coalesce({ts}, timestamp '2025-01-01')", "{date} + time '10:00'", "date_bin('7 days', {date}, timestamp '2000-01-01')"],
    "interval": ["{ts} - {ts}", "make_interval(days => {small})", "age({ts}, {ts})", "coalesce({interval}, interval '1 day')", "{small} * interval '1 hour'"],
    "jsonb": ["to_jsonb({any})", "jsonb_build_object('k', {any}, 'n', {any})", "jsonb_build_array({any}, {any})", "to_jsonb({row})", "{jsonb} -> 'n'", "coalesce({jsonb}, '{}')", "{jsonb} || '{\"z\": 1}'", "jsonb_strip_nulls(to_jsonb({row}))", "to_jsonb({row}) - 'id'", "jsonb_path_query_first(to_jsonb({row}), '$.*')", "jsonb_set('{\"a\": 1}', '{a}', to_jsonb({any}))"],
    "texts": ["array[{text}, {text}]", "string_to_array({text}, '*')", "array_append({texts}, {text})", "regexp_split_to_array({text}, '[@* ]')", "coalesce({texts}, '{}')", "array_remove({texts}, {word})", "array(select {text} union select {word} order by 1)"],
    "ints": ["array[{int}, {int}]", "array_agg({int}) over ()", "coalesce({ints}, '{1}')", "{ints} || {int}"],
    "uuid": ["md5({text})::uuid", "coalesce({uuid}, '00000000-0000-0000-0000-000000000000')"],
    "bytea": ["convert_to({text}, 'UTF8')", "sha256({bytea})", "substring({bytea} from 1 for 3)", "coalesce({bytea}, '\\x01')"],
}.items()}

RISKY = {kind: compiled(lines) for kind, lines in {
    "int": ["{text}::int", "100 / ({int} - {small})", "100 / {int}", "({num} * 1000000000)::int", "{int}::smallint", "{float}::int", "({jsonb} ->> 'n')::int", "{int} * 2000000000", "chr({int})::text::int", "get_byte({bytea}, {small})", "substr({text}, 2, {int})::int", "array_length(array_fill({int}, array[{int}]), 1)", "div({num}, {num})::int",
            "bit_count({text}::bit(8))::int", "substring({text}, 1, {int})::int", "factorial({int})::int", "{int} << {int}"],
    "num": ["{text}::numeric", "{num} / {num}", "ln({num})", "sqrt({num})", "to_number({text}, '9999')", "power({num}, {num})", "{num}::numeric(3, 1)", "log({num}, {num})", "1 / ({num} - {num})", "exp({num} * 100)"],
    "float": ["{text}::float8", "asin({float})", "{float} / {float}", "sqrt({float})", "exp({float})", "{float}::float4::float8 * 1e38"],
    "date": ["{text}::date", "to_date({text}, 'YYYY-MM-DD')", "make_date({int}, {int}, {int})", "{date} + {int} * 1000000", "({text} || '-01-01')::date"],
    "ts": ["{text}::timestamp", "to_timestamp({text}, 'YYYY')", "make_timestamp({int}, 1, 1, 0, 0, 0)", "{ts} + {int} * interval '100000 years'"],
    "interval": ["{text}::interval", "make_interval(years => {int} * 1000000)", "interval '1 day' * 1e18 * {num}"],
    "uuid": ["{text}::uuid"],
    "bytea": ["decode({text}, 'base64')", "decode({text}, 'hex')", "{text}::bytea", "set_byte({bytea}, {int}, 1)"],
    "jsonb": ["{text}::jsonb", "jsonb_path_query_first({jsonb}, 'strict $.n.m')", "jsonb_set({jsonb}, '{a}', '1')", "{jsonb} - {int}", "jsonb_object(array[{text}, {text}])", "jsonb_object_agg({text}, {any}) over ()"],
    "bool": ["{text} ~ {text}", "{text}::bool", "{text} like ({text} || '\\')", "{text}::inet << '10.0.0.0/8'", "{text} similar to {text}", "to_tsvector('simple', {text}) @@ to_tsquery('simple', {text})", "{text}::int > 5", "{text}::date < {date}", "1 / {int} > 0", "int4range({int}, {int}) @> 3"],
    "text": ["chr({int})", "substring({text} from {signed} for {signed})", "repeat({text}, {int})", "lpad({text}, {int})", "convert_from({bytea}, 'UTF8')", "(string_to_array({text}, '@'))[{int}]", "{text}::xml::text", "to_char({date}, {text})", "{text}::crm.short_text", "regexp_replace({text}, {text}, 'x')", "format({text}, {any})", "split_part({text}, '@', {int})",
             "to_hex({int})", "{text}::crm.mood::text", "{text}::regtype::text", "convert({bytea}, 'UTF8', 'LATIN1')::text", "array_to_string(('{' || {text} || '}')::text[], ',')", "quote_ident({text})::regclass::text", "decode({text}, 'escape')::text"],
    "texts": ["('{' || {text} || '}')::text[]", "trim_array({texts}, {int})", "array_fill({text}, array[{int}])"],
    "ints": ["string_to_array({text}, ',')::int[]", "array_fill({int}, array[{small}])", "(array[1, 2])[{int}:{int}]"],
}.items()}

PLAIN = {kind: [parts for parts in lines if not any("over (" in part for part in parts[::2])] for kind, lines in SAFE.items()}

# The value is used only where it fits: fails when, and only when, the raw value is seen somewhere.
BEHIND_CONDITIONS = {
    "int": "case when {t} ~ '^[0-9]{{1,6}}$' then {t}::int else {s} end",
    "num": "case when {t} ~ '^[0-9]+(\\.[0-9]+)?$' then {t}::numeric end",
    "date": "case when {t} ~ '^\\d{{4}}-\\d\\d-\\d\\d$' then {t}::date else date '2025-01-0{d}' end",
    "text": "case when strpos({t}, '*') = 0 then chr(64 + length({t}) % 26) else left({t}, {s}) end",
    "bool": "case when {t} ~ '^[0-9]{{1,6}}$' then {t}::int > {s} else {t} is not null end",
}
WORDS = ("''", "'a'", "'B****'", "'7'", "'***'", "'label 1'", "'east'", "'b***@***.net'", "'********'", "'day'", "'x'", "'[email]'", "'open'", "'A'", "'***-****-**01'")
PATTERNS = ("'%'", "'%a%'", "'_***%'", "'%@%'", "'%.com'", "'A%'", "'%1%'", "'B\\_%'", "'%*'", "'____%'")
REGEXES = ("'^[A-Z]'", "'[0-9]'", "'@'", "'^.{3,}$'", "'(a|b)'", "'\\*+$'", "'^\\d+$'", "'\\d{2}$'", "'.'")
LITERALS = {"int": ("1", "3", "7", "12", "-2", "0"), "num": ("1.5", "10", "0.25", "33.3"), "float": ("0.5::float8", "2e3::float8"), "text": tuple(word + "::text" for word in WORDS), "bool": ("true", "false"), "date": ("date '2025-02-03'", "date '1970-01-01'"),
            "ts": ("timestamp '2025-01-31 12:00'",), "interval": ("interval '36 hours'",), "jsonb": ("'{\"n\": 1, \"list\": [1, 2]}'::jsonb",), "texts": ("array['t1', 'x']",), "ints": ("array[1, 2, 3]",), "uuid": ("'00000000-0000-0000-0000-00000000000a'::uuid",),
            "bytea": ("'\\x6162'::bytea",), "inet": ("'10.1.2.3'::inet",), "pair": ("row(1, 'z')::crm.pair", ), "mood": ("'calm'::crm.mood",), "json": ("'{}'::json",), "range": ("int4range(1, 5)",)}
COMPARABLE = ("text", "int", "num", "date", "ts", "uuid", "bytea", "interval", "texts", "ints", "jsonb", "float", "pair")


def _without_own_types(table):
    own = ("pair", "mood")
    return {kind: [parts for parts in lines if not any(slot in own for slot in parts[1::2]) and "crm." not in "".join(parts)] for kind, lines in table.items()}


class Expressions:
    """Expressions over a scope: a list of (alias, columns)."""

    def __init__(self, random, types=True):
        self.random = random
        self.own_types = types      # whether the types of schema crm exist here
        self.safe, self.plain_ones, self.risky = (_without_own_types(table) if not types else table for table in (SAFE, PLAIN, RISKY))
        self.risk = 0.0
        self.windows = False

    def chance(self, share):
        return self.random.random() < share

    def pick(self, values):
        return values[int(self.random.random() * len(values))]

    def column(self, scope, kind=None):
        """A column of the kind, hidden ones more often; None when there is none."""
        found = [(alias, column) for alias, columns in scope for column in columns if kind is None or column.kind == kind]
        if not found:
            return None
        hidden = [each for each in found if each[1].hidden]
        alias, column = self.pick(hidden if hidden and self.chance(0.7) else found)
        return f"{alias}.{column.name}" if alias else column.name

    def literal(self, kind):
        if kind in ("pair", "mood") and not self.own_types:
            return "null"
        return self.pick(LITERALS.get(kind, ("null",)))

    def of(self, kind, scope, depth=2):
        if self.risk and depth > 0 and kind in self.risky and self.chance(self.risk):
            return "(" + self.fill(self.pick(self.risky[kind]), scope, depth - 1) + ")"
        if depth <= 0 or self.chance(0.3) or kind not in SAFE:
            return (None if self.chance(0.1) else self.column(scope, kind)) or self.shallow(kind, scope)
        if kind in BEHIND_CONDITIONS and self.chance(0.08):
            inner = self.of("text", scope, 0)
            return BEHIND_CONDITIONS[kind].format(t=inner, s=1 + int(self.random.random() * 9), d=1 + int(self.random.random() * 9))
        return "(" + self.fill(self.pick((self.safe if self.windows else self.plain_ones)[kind]), scope, depth - 1) + ")"

    def shallow(self, kind, scope):
        """No column of the kind: another kind's column made into it, or a literal."""
        text = self.column(scope, "text")
        if kind == "bool":
            some = self.column(scope)
            return f"({some} is not null)" if some else "true"
        if text and kind == "int":
            return f"length({text})"
        if text and kind == "num" and self.chance(0.5):
            return f"length({text})::numeric"
        return self.literal(kind)

    def fill(self, parts, scope, depth):
        out = []
        for at, part in enumerate(parts):
            out.append(part if at % 2 == 0 else self.slot(part, scope, depth))
        return "".join(out)

    def slot(self, name, scope, depth):
        if name == "small":
            return str(1 + int(self.random.random() * 6))
        if name == "signed":
            return str(int(self.random.random() * 9) - 3)
        if name == "word":
            return self.pick(WORDS)
        if name == "pattern":
            return self.pick(PATTERNS)
        if name == "regex":
            return self.pick(REGEXES)
        if name == "any":
            return self.of(self.pick(("text", "text", "int", "num", "date", "bool")), scope, depth) if self.chance(0.4) else self.any0(scope)
        if name == "any0":
            return self.any0(scope, comparable=True)
        if name == "row":
            named = [alias for alias, columns in scope if alias and columns]
            return self.pick(named) if named and self.chance(0.6) else f"row({self.any0(scope)}, {self.any0(scope)})"
        if name == "cmp":
            kind = self.pick(COMPARABLE)
            return f"{self.of(kind, scope, depth)} {self.pick(('=', '<', '>=', '<>', 'is distinct from'))} {self.of(kind, scope, depth)}"
        return self.of(name, scope, depth)

    def any0(self, scope, comparable=False):
        if comparable:
            scope = [(alias, [c for c in columns if c.kind not in ("json", "xml", "point", "box", "other", "record")]) for alias, columns in scope]
        return self.column(scope) or "'nothing'::text"
