"""Attacks that go through the analysis itself: names that PostgreSQL finds elsewhere, bookkeeping that a statement can
deceive, definitions that run over what is hidden, and the ordinary statements next to them, which must go on working."""
import time

import pytest

from harness.markers import leaked
from harness.wire import Closed

FILTERS = """
row_filters:
  - {relation: {layer: mart, schema: sales, relation: monthly_revenue}, roles: [viewer], where: "upper(lower(upper(lower(region)))) = 'EAST'"}
  - {relation: {layer: mart, schema: sales, relation: daily_signups}, roles: [viewer], where: "day < '2025-01-01'"}
  - {relation: {layer: warehouse, schema: billing, relation: visit}, roles: [creator], where: "visit_id < 10"}
"""


@pytest.fixture(scope="module", autouse=True)
def filtered(stack):
    with stack.cluster.owner("warehouse") as session:
        session.cursor().execute("""
            create table billing.visit (visit_id bigint primary key, region text not null);
            insert into billing.visit select n, 'r' || n from generate_series(1, 20) as n;
            insert into billing.customer_contact select customer_id, name, email, phone from crm.dim_customer;
            insert into crm.fact_ticket values (901, 1, 'ポスト 表', 'ask q1secretlocal@host.example or 090-7391-0037', '2025-01-01')""")
    stack.gateway.policy.write_text(stack.gateway.policy.read_text() + FILTERS)
    assert "reload refused" not in stack.gateway.reload()
    deadline = time.monotonic() + 20
    while stack.wire("alice", "warehouse").query("select count(*) from billing.visit").errors:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    # Alice sees a new table at once; the gate knows it when bob reads it.
    while stack.wire("bob", "warehouse").query("select count(*) from billing.visit").errors:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def session_of(stack, user, database, statements, extended=False):
    """What came back, statement by statement; a connection that the gateway ends ends the session."""
    wire = stack.wire(user, database)
    wire.received.clear()
    results = []
    try:
        for sql in statements:
            results.append(wire.extended(sql) if extended else wire.query(sql))
        wire.query("rollback")
    except Closed:
        pass
    wire.end()
    return results, bytes(wire.received)


CONTACT = "(customer_id bigint, name text, email text, phone text)"
# name | user | statements of one session, `;;` between them. No mark of a raw value may come back.
RAW_VALUES = [line.split(" | ", 2) for line in f"""
open source below a select item | carol | select body, (select upper(body) from generate_series(1, 1) as g) from crm.fact_ticket
open source below a whole row | carol | select body, (select t from generate_series(1, 1) as g)::text from crm.fact_ticket as t
open source two levels down | carol | select body, (select (select upper(body) from generate_series(1, 1) as h) from generate_series(1, 1) as g) from crm.fact_ticket
open source inside a lateral subquery | carol | select body, u from crm.fact_ticket, lateral (select upper(body) as u from generate_series(1, 1) as g) as x
open source of a record function | carol | select body, (select upper(body) from json_populate_record(null::billing.dim_plan, '{{}}')) from crm.fact_ticket
open source of an expanded row | carol | select body, (select upper(body) from (select (p).* from billing.dim_plan as p limit 1) as q) from crm.fact_ticket
open source below RETURNING of UPDATE | bob | begin;; update billing.customer_contact set name = name where customer_id = 1 returning (select email from generate_series(1, 1) as g)
open source below RETURNING, whole row | bob | begin;; update billing.customer_contact as c set name = name where customer_id = 1 returning (select c from generate_series(1, 1) as g)
open source below RETURNING of DELETE | bob | begin;; delete from billing.customer_contact where customer_id = 1 returning (select email from generate_series(1, 1) as g)
open source below RETURNING of INSERT | bob | begin;; insert into billing.customer_contact values (1) on conflict (customer_id) do update set name = customer_contact.name returning (select email from generate_series(1, 1) as g)
open source below SET | bob | begin;; alter table billing.dim_plan add column extra text;; update billing.customer_contact set name = (select email from generate_series(1, 1) as g) where customer_id = 1 returning name
open source behind a star | carol | select body, (select upper(body) from (select * from generate_series(1, 1)) as q) from crm.fact_ticket
open source in a common table | carol | select body, (with q as (select * from generate_series(1, 1)) select upper(body) from q) from crm.fact_ticket
common table read before its place | carol | select body, (with recursive a as (select upper(body) as u from b), b as (select 1 as n) select u from a) from crm.fact_ticket
row of an alias called like a column | carol | select body, (select body::text from (select 1) as body (n)) from crm.fact_ticket
row of a common table called like a column | carol | select body, (with recursive body as (select 1 as n union all select n + 1 from body where n < 2) select body::text from body limit 1) from crm.fact_ticket
row of an alias below RETURNING | bob | begin;; update billing.customer_contact set name = name where customer_id = 1 returning (select email::text from (select 1) as email (n))
column called like an outer table | carol | select body, (select t.body from (select 1) as x (t)) from crm.fact_ticket as t
column called like the target | bob | begin;; update billing.customer_contact as c set name = name where customer_id = 1 returning (select c.email from (select 1) as x (c))
function called like a column that it has not | carol | select body, (select upper(body::text) from json_populate_record(null::billing.dim_plan, '{{}}') as body) from crm.fact_ticket
function whose only column is named | carol | select body, (select upper(body) from unnest(array[1]) as body (n)) from crm.fact_ticket
neighbour of a join that is no neighbour | carol | select body, (select x.u from (select 'a' as body) as b, (billing.dim_plan as p join (select upper(body) as u) as x on true) limit 1) from crm.fact_ticket
neighbour of a join below RETURNING | bob | begin;; update billing.customer_contact set name = name where customer_id = 1 returning (select x.u from (select 'a' as email) as b, (billing.dim_plan as p join (select upper(email) as u) as x on true) limit 1)
temporary table that was there already | carol | create temp table t (x int);; insert into t values (1);; create temp table if not exists t (body text);; select body, (select upper(body) from t) from crm.fact_ticket
temporary copy that was there already | carol | create temp table t as select 1 as x;; create temp table if not exists t as select 'a' as body;; select body, (select upper(body) from t) from crm.fact_ticket
temporary table that lost its column | carol | create temp table t (x int, body text);; insert into t values (1);; alter table t drop column body;; select body, (select upper(body) from t) from crm.fact_ticket
temporary table whose column was renamed | carol | create temp table t (body text);; insert into t values (1);; alter table t rename column body to x;; select body, (select upper(body) from t) from crm.fact_ticket
table that was there already | bob | begin;; create table if not exists billing.customer_contact (x int);; select t::text from billing.customer_contact as t
table that was there already, its columns | bob | begin;; create table if not exists billing.customer_contact (x int);; select upper(email) from billing.customer_contact
table that was there already, copied out | bob | begin;; create table if not exists billing.customer_contact (x int);; copy billing.customer_contact to stdout
table that was there already, copied on | bob | begin;; create table if not exists billing.customer_contact (x int);; create table billing.steal as select *, 1 as q from billing.customer_contact;; select q, name || '' from billing.steal
sequence that was there already | bob | begin;; create sequence if not exists billing.customer_contact;; select t::text from billing.customer_contact as t
materialized view that was there already | bob | begin;; create materialized view if not exists billing.customer_contact as select 1 as x;; select t::text from billing.customer_contact as t
copy that was there already | bob | begin;; create table if not exists billing.customer_contact as select 1 as x;; select t::text from billing.customer_contact as t
own table made a parent | bob | begin;; create table billing.above {CONTACT};; alter table billing.customer_contact inherit billing.above;; select * from billing.above
own table made a parent, behind a savepoint | bob | begin;; create table billing.above {CONTACT};; savepoint a;; alter table billing.customer_contact inherit billing.above;; release a;; select * from billing.above
own partitioned table | bob | begin;; create table billing.above {CONTACT} partition by range (email);; alter table billing.above attach partition billing.customer_contact default;; select * from billing.above
own view over its new name | bob | begin;; alter table billing.customer_contact rename to cc;; create view billing.v as select * from billing.cc;; select * from billing.v
column under a new name | bob | begin;; alter table billing.customer_contact rename column email to region;; select region from billing.customer_contact
relation under a new name | bob | begin;; alter table billing.customer_contact rename to cc;; select * from billing.cc
relation that somebody else's name hides | bob | begin;; alter table if exists billing.none_such rename to customer_contact;; select t::text from billing.customer_contact as t
generated column | bob | alter table billing.customer_contact add column z text generated always as (email) stored
foreign key as a list of guesses | bob | begin;; create table billing.probe (e text primary key);; alter table billing.customer_contact add foreign key (email) references billing.probe (e)
unique constraint | bob | alter table billing.customer_contact add constraint u unique (email)
conversion that quotes | bob | alter table billing.customer_contact alter column email type int using email::int
view of one's own | bob | begin;; create view billing.v as select email as x, c.name from billing.customer_contact as c;; select * from billing.v;; select pg_get_viewdef('billing.v'::regclass)
materialized row | bob | begin;; create materialized view billing.m as select c::text as x from billing.customer_contact as c;; select * from billing.m
value moved to a new column | bob | begin;; savepoint a;; update billing.customer_contact set name = name where customer_id = 8 returning (with q as (select email as e) select e from q);; copy (delete from billing.customer_contact where customer_id = 6 returning email) to stdout
two columns at once | bob | begin;; update billing.customer_contact as c set (name, phone) = (select email, phone) where customer_id = 5 returning name, phone
a target called like its column | bob | begin;; update billing.customer_contact as email set name = name where customer_id = 5 returning email, email.email, email::text
the row under a cursor | bob | begin;; declare c cursor for select * from billing.customer_contact;; fetch 1 from c;; update billing.customer_contact set name = 'q' where current of c returning email
merge that moves a value | bob | begin;; merge into billing.customer_contact as c using billing.dim_plan as p on c.customer_id = 1 and p.plan = 'basic' when matched then update set name = c.email;; select name from billing.customer_contact where customer_id = 1
conflict that moves a value | bob | begin;; insert into billing.customer_contact values (1) on conflict (customer_id) do update set name = customer_contact.email returning name
row beside its columns | bob | begin;; update billing.customer_contact as c set name = name returning (c).email
common table inside a derived one | carol | set search_path = crm;; select d.email from (with dim_customer as (select 'a' as email) table dim_customer) as x, dim_customer as d
common table inside a lateral one | carol | set search_path = crm;; select d.* from (select 1) as q join lateral (with dim_customer as (select 'a' as email) table dim_customer) as y on true, dim_customer as d
common table of another arm | carol | set search_path = crm;; (with dim_customer as (select 'a' as email) select email from dim_customer) union all select email from dim_customer
common table of the recursion's first arm | carol | set search_path = crm;; with recursive r as ((with dim_customer as (select 'zz' as email) select email from dim_customer) union all select d.email from dim_customer as d, r where length(r.email) = 2) select * from r
common table of its own name | carol | set search_path = crm;; with dim_customer as (select * from dim_customer) select * from dim_customer
common table that comes later | carol | with recursive a as (select * from b), b as (select * from crm.dim_customer) select * from a
merged columns | carol | select * from (crm.fact_ticket as t join crm.dim_customer as d using (customer_id)) as j
merged columns, right | carol | select * from crm.fact_ticket as t right join (select 1::bigint as ticket_id, 'q' as zz) as x using (ticket_id)
merged columns, natural | carol | select * from crm.fact_ticket natural join crm.customer_copy
merged columns between stars | carol | select x.*, t.*, * from crm.fact_ticket as t join (select 1::bigint as ticket_id, 'q' as zz) as x using (ticket_id)
renamed columns of a join | carol | select * from (crm.fact_ticket cross join (select 1 as q) as p) as j (a, b, c, d, e)
a header written FALSE | carol | copy crm.fact_ticket (body) to stdout (format csv, header 'FALSE')
a header written Off | carol | copy crm.fact_ticket (body) to stdout (format csv, header 'Off')
a header written 0 | carol | copy crm.fact_ticket (body) to stdout (format csv, header 0)
a delimiter that is half a character | carol | copy crm.fact_ticket (subject, body) to stdout (format csv, delimiter '|', encoding 'SJIS')
an escape that is half a character | carol | copy crm.fact_ticket (subject, body) to stdout (encoding 'SJIS')
a quote that is half a character | carol | copy crm.fact_ticket (subject, body) to stdout (format csv, quote '|', encoding 'SHIFT_JIS_2004')
a quote out of the text | carol | copy crm.fact_ticket (body, ticket_id) to stdout (format csv, force_quote *, quote 'e')
a quote and escape apart | carol | copy crm.fact_ticket (body, ticket_id) to stdout (format csv, quote '@', escape '1')
a space between fields | carol | copy crm.fact_ticket (body, ticket_id) to stdout (delimiter ' ')
no rows of the upstream in a setting | carol | select set_config('application_name', max(body), false) from crm.fact_ticket;; show application_name
""".strip().splitlines()]


@pytest.mark.parametrize("name, user, statements", RAW_VALUES, ids=[row[0] for row in RAW_VALUES])
def test_no_raw_value_comes_back(stack, name, user, statements):
    for extended in (False, True):
        _, received = session_of(stack, user, "warehouse", statements.split(";; "), extended)
        assert not leaked(received), received[:1500]


TICKET = "Please write to q1secretlocal@host.example or call 090-7391-0037 after six"
# name | user | database | a session with a place for a guess | a guess that is right | one that is wrong: the answers may not differ.
GUESSES = [line.split(" | ") for line in f"""
WHERE below an open source | carol | warehouse | select body from crm.fact_ticket where exists (select from generate_series(1, 1) as g where body like '%{{}}%') | secretlocal | nothing like
WHERE through a join's alias | carol | warehouse | select j.body from (crm.fact_ticket cross join (select 1) as p) as j where j.body like '%{{}}%' | secretlocal | nothing like
WHERE through a join's column names | carol | warehouse | select d from (crm.fact_ticket cross join (select 1 as q) as p) as j (a, b, c, d, e) where d like '%{{}}%' | secretlocal | nothing like
WHERE through a join's row | carol | warehouse | select j.body from (crm.fact_ticket cross join (select 1) as p) as j where j::text like '%{{}}%' | secretlocal | nothing like
ON that sees too much | carol | warehouse | select body, (select 1 from (select 'a' as body) as b, (billing.dim_plan as p join (billing.dim_plan as q join billing.dim_plan as r on body like '%{{}}%') on true) limit 1) from crm.fact_ticket | secretlocal | nothing like
a natural join by a collated column | carol | warehouse | select f.body from crm.fact_ticket as f natural join (select body collate "C" from (select '{{}}'::text as body) as z) as x | {TICKET} | {TICKET}!
ORDER BY below a sub-select | carol | warehouse | select body from crm.fact_ticket as t where (select x from (values (1), (2)) as v (x) order by (t.body like '%{{}}%') and x = 2, x limit 1) = 1 | secretlocal | nothing like
LIMIT by a count | carol | warehouse | select ticket_id from crm.fact_ticket limit (select count(*) from crm.fact_ticket where body like '%{{}}%') | secretlocal | nothing like
WHERE below a derived table | carol | warehouse | select body from (select * from crm.fact_ticket) as t where body like '%{{}}%' | secretlocal | nothing like
WHERE below a lateral one | carol | warehouse | select body from crm.fact_ticket as t join lateral (select 1 where body like '%{{}}%') as q on true | secretlocal | nothing like
WHERE on the field of a row | carol | warehouse | select body from crm.fact_ticket as t where (t).body like '%{{}}%' | secretlocal | nothing like
the string for NULL | carol | warehouse | copy crm.fact_ticket (body, ticket_id) to stdout (null '{{}}') | {TICKET} | {TICKET}!
the string for NULL in CSV | carol | warehouse | copy crm.fact_ticket (body, ticket_id) to stdout (format csv, null '{{}}') | {TICKET} | {TICKET}!
bounds of a partition | bob | warehouse | begin;; create table billing.above {CONTACT} partition by range (email);; alter table billing.above attach partition billing.customer_contact for values from ('q') to ('{{}}') | r0 | q5
a condition of a conflict | bob | warehouse | begin;; insert into billing.customer_contact values (1) on conflict (customer_id) do update set name = 'x' where customer_contact.email like '{{}}' returning 1 | q1secret% | z1secret%
a condition of a merge | bob | warehouse | begin;; merge into billing.customer_contact as c using billing.dim_plan as p on c.email like '{{}}' and p.plan = 'basic' when matched then update set name = 'x' | q1secret% | z1secret%
a check over hidden rows | bob | warehouse | begin;; alter table billing.visit add check (visit_id < {{}}) | 12 | 1200
a generated column over hidden rows | bob | warehouse | begin;; alter table billing.visit add column q bigint generated always as (1 / (visit_id - {{}})) stored | 12 | 1200
an index over hidden rows | bob | warehouse | begin;; create index on billing.visit ((1 / (visit_id - {{}}))) | 12 | 1200
a partial index over hidden rows | bob | warehouse | begin;; create index on billing.visit (visit_id) where 1 / (visit_id - {{}}) > 0 | 12 | 1200
a conversion over hidden rows | bob | warehouse | begin;; alter table billing.visit alter column visit_id type bigint using 1 / (visit_id - {{}}) | 12 | 1200
an update of hidden rows | bob | warehouse | begin;; update billing.visit set region = 'x' where 1 / (visit_id - {{}}) >= 0 and visit_id > 9 returning visit_id | 12 | 1200
an update through a sub-select | bob | warehouse | begin;; update billing.visit set region = 'x' where visit_id in (select visit_id from billing.visit where visit_id = {{}}) returning 1 | 12 | 1200
a deletion of hidden rows | bob | warehouse | begin;; delete from billing.visit where visit_id = {{}} or 1 / (visit_id - {{}}) > 5 returning 1 | 12 | 1200
a filtered table under a new name | bob | warehouse | alter table billing.visit rename to visit2;; select count(*) from billing.visit2 where visit_id = {{}};; alter table billing.visit2 rename to visit | 12 | 1200
a filtered table in another schema | bob | warehouse | create schema billing_x;; alter table billing.visit set schema billing_x;; select count(*) from billing_x.visit where visit_id = {{}};; alter table billing_x.visit set schema billing;; drop schema billing_x | 12 | 1200
a filtered table with another column of the name | bob | warehouse | alter table billing.visit rename column visit_id to vid;; alter table billing.visit add column visit_id bigint default 1;; select count(*) from billing.visit where vid = {{}};; alter table billing.visit drop column visit_id;; alter table billing.visit rename column vid to visit_id | 12 | 1200
a parent of a filtered table | bob | warehouse | create table billing.above (visit_id bigint, region text);; alter table billing.visit inherit billing.above;; select count(*) from billing.above where visit_id = {{}};; alter table billing.visit no inherit billing.above;; drop table billing.above | 12 | 1200
a view of one's own over a filtered table | bob | warehouse | create view billing.vv as select * from billing.visit;; select count(*) from billing.vv where visit_id = {{}};; drop view billing.vv | 12 | 1200
a write through a common table | bob | warehouse | begin;; with x as (update billing.visit set region = region where visit_id = {{}} returning *) select * from x | 12 | 1200
an expression one level below | carol | mart | select count(*) from (select 1 / (length(region) - {{}}) as q from sales.monthly_revenue) as x where q is null | 5 | 50
an expression in a common table | carol | mart | with x as (select 1 / (length(region) - {{}}) as q from sales.monthly_revenue) select count(*) from x where q is null | 5 | 50
an expression of a joined table | carol | mart | select count(*) from sales.monthly_revenue join (select 1 / (length(region) - {{}}) as q from sales.monthly_revenue) as x on q is null | 5 | 50
a partition of a filtered table | carol | mart | select count(*) from sales.daily_signups_2025 where day >= '{{}}' | 2025-01-01 | 2040-01-01
a partition of a filtered table, copied | carol | mart | copy (select 1 from only sales.daily_signups_2025 where day >= '{{}}') to stdout | 2025-01-01 | 2040-01-01
""".strip().splitlines()]


@pytest.mark.parametrize("name, user, database, template, right, wrong", GUESSES, ids=[row[0] for row in GUESSES])
def test_a_right_guess_is_answered_like_a_wrong_one(stack, name, user, database, template, right, wrong):
    def answer(guess):
        results, received = session_of(stack, user, database, template.replace("{}", guess).split(";; "))
        errors = [[(e.sqlstate, e.fields.get("M"), e.fields.get("D")) for e in result.errors] for result in results]
        shown = [(result.rows, result.tags, result.copied, said) for result, said in zip(results, errors)]
        return len(results), str(shown).replace(guess, "GUESS")

    assert answer(right) == answer(wrong)


@pytest.mark.parametrize("statement", ["analyze verbose billing.visit", "vacuum verbose billing.visit", "cluster verbose billing.visit using visit_pkey"])
def test_upkeep_does_not_count_hidden_rows(stack, statement):
    (result,), _ = session_of(stack, "bob", "warehouse", [statement])
    assert not [said for said in result.notices if "20" in said["M"]]


# name | user | statements: every one works.
ORDINARY = [line.split(" | ", 2) for line in """
function in FROM of a sub-select | carol | select plan, (select max(g * monthly_fee) from generate_series(1, 3) as g) from billing.dim_plan
grouping sets | carol | select plan, month, grouping(plan, month), sum(amount) from billing.fact_invoice group by grouping sets ((plan, month), (plan), ())
ordered sets | carol | select percentile_cont(0.5) within group (order by amount), percentile_disc(array[0.1, 0.9]) within group (order by amount), mode() within group (order by plan) from billing.fact_invoice
distinct on | carol | select distinct on (customer_id) customer_id, month, amount from billing.fact_invoice order by customer_id, month desc
date spine | carol | with recursive d(x) as (select date '2025-01-01' union all select (x + interval '1 month')::date from d where x < date '2025-12-01') select x, coalesce(sum(amount), 0) from d left join billing.fact_invoice on month = x group by x order by x
depth first and cycle | carol | with recursive t(n) as (values (1) union all select n + 1 from t where n < 5) search depth first by n set o cycle n set c using p select n, o, c, p from t order by n
best rows of a group | carol | select p.plan, l.* from billing.dim_plan as p cross join lateral (select invoice_id, amount from billing.fact_invoice as f where f.plan = p.plan order by amount desc limit 2) as l
cohorts | carol | with first as (select customer_id, min(month) as m from billing.fact_invoice group by 1) select m, (extract(month from age(i.month, m)))::int, count(distinct i.customer_id) from billing.fact_invoice as i join first using (customer_id) group by 1, 2
pivot | carol | select customer_id, max(amount) filter (where plan = 'basic') as basic, max(amount) filter (where plan = 'standard') as standard from billing.fact_invoice group by 1
key stands for its row | carol | select d.customer_id, d.region, d.signed_up, count(*) from crm.dim_customer as d join billing.fact_invoice using (customer_id) group by d.customer_id
json out of rows | carol | select k, v from billing.dim_plan as p, jsonb_each_text(to_jsonb(p)) as e(k, v)
json path | carol | select jsonb_path_query_array(jsonb_build_object('a', jsonb_agg(amount)), '$.a[*] ? (@ > 1000)') from billing.fact_invoice
time zones | carol | select date_trunc('week', paid_at at time zone 'Asia/Tokyo'), count(*) from billing.fact_payment group by 1
window frames | carol | select first_value(plan) over w, nth_value(amount, 2) over w from billing.fact_invoice window w as (partition by customer_id order by month range between unbounded preceding and unbounded following)
a row taken along | carol | select t.ticket_id, g.subject from crm.fact_ticket as t, lateral (select t.*) as g
all of a row taken along | carol | select t.ticket_id, g.* from crm.fact_ticket as t, lateral (select t.*) as g
merged by a collated column | carol | select f.* from crm.fact_ticket as f join (select subject collate "C" from (select 'Cannot log in'::text as subject) as z) as x using (subject)
ties | carol | select * from billing.fact_invoice order by amount desc fetch first 2 rows with ties
temporary tables of a tool | carol | create local temporary table "#Tableau_1" ("COL" integer) on commit preserve rows;; insert into "#Tableau_1" values (1);; select "COL" from "#Tableau_1";; drop table "#Tableau_1"
own temporary table | carol | create temp table x as select plan, sum(amount) as s from billing.fact_invoice group by 1;; create index on x (plan);; alter table x add column z int;; update x set z = 1;; select plan, z from x join billing.dim_plan using (plan);; truncate x;; drop table x
made when missing | carol | create temp table if not exists x (plan text);; insert into x select plan from billing.dim_plan;; select x.plan, (select count(*) from x as y where y.plan = x.plan) from x
a column less in a temporary table | carol | create temp table x (a int, b int);; alter table x drop column b;; insert into x values (1);; select a from x
cursor that stays | carol | begin;; declare "SQL_CUR1" cursor with hold for select plan from billing.dim_plan;; fetch 2 in "SQL_CUR1";; commit;; fetch 1 in "SQL_CUR1";; close "SQL_CUR1"
prepared in SQL | carol | prepare q (int) as select plan from billing.dim_plan where monthly_fee > $1;; execute q (1500);; explain execute q (1);; deallocate q
old spelling of COPY | carol | copy billing.dim_plan to stdout csv header;; copy crm.fact_ticket to stdout binary;; copy binary crm.fact_ticket to stdout
path of a transaction behind a savepoint | carol | begin;; set local search_path = crm;; savepoint s;; rollback to s;; commit;; select count(*) from dim_plan
made in a transaction | bob | begin;; create table billing.own (x int);; insert into billing.own values (1);; select x from billing.own;; alter table billing.own add column y text;; drop table billing.own
a column less in a transaction | bob | begin;; create table billing.own (x int, y int);; alter table billing.own drop column y;; insert into billing.own values (1);; select x from billing.own
made when missing, as a creator | bob | create table if not exists billing.own2 (x int);; insert into billing.own2 values (1);; select x from billing.own2;; drop table billing.own2
partitions of one's own | bob | create table billing.parts (x int, y date) partition by range (y);; create table billing.part1 (x int, y date);; alter table billing.parts attach partition billing.part1 for values from ('2025-01-01') to ('2026-01-01');; insert into billing.parts values (1, '2025-05-05');; select * from billing.parts;; drop table billing.parts
update from a filtered table's twin | bob | begin;; update billing.visit as v set region = 'x' from billing.visit as w where w.visit_id = v.visit_id and v.visit_id = 3 returning v.visit_id;; rollback
update beside a column of the filter's name | bob | begin;; update billing.visit as v set region = n.r from (values (3::bigint, 'z')) as n (visit_id, r) where n.visit_id = v.visit_id returning v.region;; rollback
descriptions of everything | carol | select r.oid, r.tableoid, r.rulename from pg_catalog.pg_rewrite as r limit 1
definition of a view by its number | carol | select pg_catalog.pg_get_viewdef('crm.customer_card'::regclass::oid, true)
""".strip().splitlines()]


@pytest.mark.parametrize("name, user, statements", ORDINARY, ids=[row[0] for row in ORDINARY])
def test_what_must_go_on_working(stack, name, user, statements):
    for extended in (False, True):
        results, received = session_of(stack, user, "warehouse", statements.split(";; "), extended)
        assert len(results) == len(statements.split(";; ")), received[-600:]
        for sql, result in zip(statements.split(";; "), results):
            assert not result.errors, (sql, result.errors)
        assert not leaked(received)
