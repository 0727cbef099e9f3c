"""What bob does in schemas of his own service: INSERT, UPDATE, DELETE, MERGE, ON CONFLICT, definitions; always rolled back.

Keys are small numbers, so that conflicts are with rows that he sees: that unique and foreign keys tell of values that exist is a
known limit (ARCHITECTURE.md), and the hidden rows have large ones. What was changed is read in an order: where a new version of a
row finds room depends on the lengths of others."""
from conversation import BINARY, TEXT, CopyIn, Extended, Prepared, Query

TABLES = ("plan", "account", "contact", "ledger", "draft", "day")
VALUES = {
    "plan": "({word}, {int}, {word})", "draft": "({int}, {word}, {num}, date '2025-07-0{digit}', '{\"n\": {digit}}', array[{int}])", "contact": "({key}, {word}, {word}, {int}, {int}, 'new', null)",
    "account": "({key}, 'east', {word}, {word}, {int}, {word}, {int}, {word}, 'r1')", "day": "(date '2025-01-{digit}1', {word}, {int}, {word})"}
LISTS = {"plan": "plan, fee, audience", "draft": "id, txt, num, day, doc, list", "contact": "id, name, email, s_number, visible, label, kept", "account": "id, region, name, email, s_limit, s_code, balance, note, t_ref", "day": "day, plan, units, p_agent",
         "ledger": "id, account_id, plan, amount, label"}
VALUES["ledger"] = "({key}, {small}, 'basic', {num}, {word})"
KEYS = {"plan": "plan", "account": "id", "contact": "id", "ledger": "id"}
SETS = {"plan": ("fee = fee + {int}", "audience = {word}", "fee = null"), "draft": ("num = num * {num}", "txt = txt || {word}", "doc = doc || '{\"z\": {digit}}'", "list = list || {int}", "num = 1 / ({int} - id)"),
        "contact": ("visible = visible + {int}", "label = {word}", "kept = kept + {small}", "name = {word}", "s_number = {int}", "label = null", "email = email", "visible = length(name)", "label = left(email, 5)", "visible = s_number"),
        "account": ("balance = balance + {int} * 100", "balance = -{int} * 1000", "region = 'west'", "name = {word}", "balance = length(email)", "t_ref = {word}", "note = note || {word}", "region = null"),
        "ledger": ("amount = amount + {num}", "amount = -1", "label = {word}", "account_id = {small}", "plan = {word}", "booked = booked + {small}", "amount = amount / (id - {small})"),
        "day": ("units = units + {int}", "day = day + {small}", "p_agent = {word}", "units = units / (units - {small})", "day = date '2030-01-01'")}
RETURNED = {"plan": ("*", "plan, fee", "plan p"), "draft": ("*", "id, num", "draft"), "contact": ("id, visible", "name, email", "id, s_number, label", "left(name, 2), visible + 1", "*"), "account": ("id, name", "balance, region", "email, note", "id"),
            "ledger": ("*", "id, amount, twice", "booked"), "day": ("day, units", "p_agent", "units * 2")}
CONDITIONS = {"plan": ("fee > {int}", "plan = 'basic'", "audience is null"), "draft": ("id < {int}", "num > {num}", "doc ->> 'n' = '3'", "1 / id > 0", "txt::int > 3"), "contact": ("id = {small}", "visible > {int}", "name like 'B%'", "email = 'b***@***.net'", "s_number > 3", "s_number is null", "label = {word}", "length(name) = 5"),
              "account": ("id < {int}", "balance > {int}", "name is not null", "email like '%.com'", "1 / (balance - {int}) > 0", "note ~ 'email'", "s_limit is null", "region = 'east'"),
              "ledger": ("amount > {num}", "id = {small}", "account_id = {small}", "label = 'l1'", "1 / (amount - 3.5) > 0"), "day": ("day < '2025-02-03'", "units > {int}", "p_agent like 'B%'", "length(p_agent) = 5")}


class Writing:
    def __init__(self, queries):
        self.queries = queries
        self.pick, self.chance = queries.pick, queries.chance

    def results(self):
        return BINARY if self.chance(0.5) else TEXT

    def fill(self, text):
        draw = self.queries.random.random
        for slot, value in (("{int}", lambda: str(int(draw() * 40))), ("{small}", lambda: str(1 + int(draw() * 12))), ("{key}", lambda: str(int(draw() * 12) if self.chance(0.3) else 500 + int(draw() * 99))), ("{digit}", lambda: str(1 + int(draw() * 2))),
                            ("{num}", lambda: self.pick(("1.5", "10", "0.25", "-3"))), ("{word}", lambda: self.pick(("'a'", "'l1'", "'basic'", "'B****'", "null", "'new one'", "'x@y.example'")))):
            while slot in text:
                text = text.replace(slot, value(), 1)
        return text

    def returning(self, table, share=0.8):
        return f" returning {self.pick(RETURNED[table])}" if self.chance(share) else ""

    def where(self, table):
        return f" where {self.fill(self.pick(CONDITIONS[table]))}" if self.chance(0.75) else ""

    def change(self):
        table = self.pick(TABLES)
        draw = self.queries.random.random()
        if draw < 0.22:
            rows = ", ".join(self.fill(VALUES[table]) for _ in range(1 if self.chance(0.6) else 2))
            conflict = ""
            if table in KEYS and self.chance(0.35):
                conflict = f" on conflict ({KEYS[table]}) do " + self.pick(("nothing", f"update set {self.fill(self.pick(SETS[table]))}"))
                conflict = conflict.replace("set ", "set ").replace(f" = {table}.", " = ")
            text = f"insert into billing.{table} ({LISTS[table]}) values {rows}{conflict}{self.returning(table)}"
        elif draw < 0.34:
            text = f"insert into billing.draft (txt, num) select {self.copied()} returning *"
        elif draw < 0.66:
            text = f"update billing.{table} set {self.fill(self.pick(SETS[table]))}{self.where(table)}{self.returning(table)}"
        elif draw < 0.76:
            alias = self.queries.name()
            relation = self.pick(self.queries.weighted)
            number = self.queries.column([(alias, relation.columns)], "int") or "1"
            text = f"update billing.contact set visible = {number} from {relation.full} as {alias} where contact.id = {number} returning contact.id, visible"
        elif draw < 0.9:
            text = f"delete from billing.{table}{self.where(table)}{self.returning(table)}"
        elif draw < 0.95:
            text = ("merge into billing.contact as c using (select id, amount::int as n from crm.orders where id < {int}) as o on c.id = o.id when matched and o.n > {small} then update set visible = o.n "
                    "when matched then delete when not matched then insert (id, visible) values (o.id + 700, o.n)")
            text = self.fill(text)
        else:
            text = self.fill(f"with gone as (delete from billing.{table}{self.where(table)} returning *) select count(*) from gone")
        return text

    def copied(self):
        alias = self.queries.name()
        relation = self.pick(self.queries.weighted)
        scope = [(alias, relation.columns)]
        return f"{self.queries.of('text', scope, 1)}, {self.queries.of('num', scope, 1)} from {relation.full} as {alias}"

    def writes(self):
        text = self.change()
        again = {"insert": "select * from billing.draft order by id, txt, num", "update": "select id, visible, label from billing.contact order by id", "delete": "select id, amount, twice from billing.ledger order by id"}.get(text.split()[0], "select id, balance, name from billing.account order by id")
        step = Query(text) if self.chance(0.6) else Extended(text, results=self.results())
        return [Query("begin"), step, Query(again), Query(self.change()), Query("rollback")]

    def constraint(self):
        """One statement that fails, most of the time: the message must not tell what the row holds."""
        return [Query(self.fill(self.pick((
            "insert into billing.ledger (id, account_id, amount) values ({small}, {small}, {num})", "insert into billing.account (id, region, name) values ({small}, 'east', 'x')", "update billing.account set balance = -5000 where id = {small} returning id",
            "insert into billing.contact (id) values ({small})", "update billing.contact set label = null returning id", "delete from billing.plan where plan = 'basic'", "insert into billing.ledger (account_id, amount) values (900, 1)", "update billing.account set id = 3 where id = {small}",
            "insert into billing.day (day, plan, units) values ('2031-01-01', 'basic', 1)", "update billing.contact set id = id + 1", "insert into billing.account (id, region, balance, name) values (800, 'east', -2000, 'y')", "update billing.ledger set amount = -amount",
            "delete from billing.account where id = {small}", "insert into billing.day values ('2025-01-20', 'basic', 1, 'z')", "insert into billing.contact (id, s_number) values (900, null)", "update billing.account set name = email, region = null where id < {int}")))),
            ]

    def made(self):
        """A copy, a view or a temporary table, and what a query sees in it."""
        inner, columns = self.queries.query(0)
        name = self.pick(("billing.made", "pg_temp.made", "made"))
        draw = self.queries.random.random()
        temporary = "temp " if name != "billing.made" else ""
        bare = name.split(".")[-1] if temporary else name
        form = f"create {temporary}table {bare} as {inner}" if draw < 0.5 else f"create {temporary}view {bare} as {inner}" if draw < 0.75 else f"create materialized view billing.made as {inner}" if not temporary else f"create temp table {bare} as {inner} with no data"
        column = self.pick(columns).name if columns else "*"
        return [Query("begin"), Query(form), Query(f"select * from {bare}"), Query(f"select {column} from {bare} limit 3"), Query(f"select to_jsonb(m) from {bare} as m limit 4"), Query("rollback")]

    def defined(self):
        ways = (("create table billing.made (a int, b text default 'x')", "insert into billing.made (a) values (1), (2) returning *", "alter table billing.made add column c int generated always as (a * 2) stored", "select * from billing.made"),
                ("create table billing.made (like billing.contact including all)", "insert into billing.made select * from billing.contact", "select id, name, s_number from billing.made"), ("create index on billing.contact (label)", "select id from billing.contact where label = 'l1'"),
                ("alter table billing.draft rename to sketch", "select id, txt from billing.sketch", "select * from billing.draft"), ("alter table billing.contact rename column email to mailbox", "select mailbox from billing.contact limit 3"), ("truncate billing.draft", "select count(*) from billing.draft"),
                ("alter table billing.contact add column extra int default 3", "select extra, name from billing.contact limit 2"), ("alter table billing.contact alter column s_number type bigint", "select s_number from billing.contact limit 2"), ("drop table billing.day", "select 1"),
                ("create view billing.seen as select name, left(email, 3) as mail from billing.contact", "select * from billing.seen limit 4", "drop view billing.seen"), ("create temp table t (x int primary key, y text)", "insert into t select id, name from billing.contact", "select * from t order by x", "update t set y = upper(y) returning *"),
                ("alter table billing.account drop column note", "select * from billing.account limit 2"), ("create sequence billing.made", "select nextval('billing.made'), currval('billing.made')"), ("analyze billing.contact", "select 1"), ("lock table billing.draft in share mode", "select * from billing.draft"),
                ("create table billing.made partition of billing.day for values from ('2025-03-01') to ('2025-04-01')", "insert into billing.day values ('2025-03-02', 'basic', 4, 'new') returning units", "select * from billing.made"))
        return [Query("begin"), *(Query(sql) for sql in self.pick(ways)), Query("rollback")]

    def copy_in(self):
        table, data = self.pick((("billing.draft (id, txt)", b"901\tone\n902\ttwo\n"), ("billing.contact (id, name, visible)", b"901\tZoe\t4\n902\t\\N\t5\n"), ("billing.contact (id, visible)", b"1\t4\n"), ("billing.ledger (id, amount)", b"903\t1.5\n904\tmuch\n"), ("billing.account (id, region, balance)", b"905\teast\t-9999\n")))
        return [Query("begin"), CopyIn(f"copy {table} from stdin", data), Query("select * from billing.draft where id > 900"), Query("rollback")]

    def kept(self):
        return [Query("begin"), Prepared("update billing.contact set visible = visible + $1::int where id = $2::int returning id, visible, name", (("1", "3"), ("2", "4"), (None, "5")), self.results()), Query("select id, visible from billing.contact where id < 7 order by id"), Query("rollback")]
