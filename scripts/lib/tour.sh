# A walk through the gateway, with psql as everybody uses it. Each stop says what must be seen, and the first one that
# shows something else ends the script with an error: the demo is a test, too.
# shellcheck shell=bash

# visit <user> <database> <sql>: prints statement and answer; the answer is in $answer, psql's exit code in $outcome
visit() {
  local user=$1 database=$2 sql=$3
  printf '\n    %s%s@%s=>%s %s\n' "$bold" "$user" "$database" "$plain" "$sql"
  outcome=0
  answer=$(PGPASSFILE=$demo/passwords PGCONNECT_TIMEOUT=20 PGCLIENTENCODING=UTF8 psql -X -q -v ON_ERROR_STOP=1 -P pager=off -P footer=off \
    "host=127.0.0.1 port=$gateway_port user=$user dbname=$database" -c "$sql" 2>&1 </dev/null) || outcome=$?
  [ -z "$answer" ] || sed "s/^/        /" <<<"$answer"
}

wrong() { die "this is not what the tour promises: $1" "gateway log: $gateway_log" "servers: var/log/"; }
works() { visit "$@"; [ "$outcome" = 0 ] || wrong "the statement failed"; }
refused() { visit "$@"; [ "$outcome" != 0 ] || wrong "the statement was not refused"; }
shows() { grep -Eq -- "$1" <<<"$answer" || wrong "nothing matches /$1/"; }
hides() { ! grep -Eq -- "$1" <<<"$answer" || wrong "something matches /$1/"; }
says() { printf '\n%s    %s%s\n' "$green" "$*" "$plain"; }

# Every tour leaves the tables as it found them.
take_tour() {
  step "tour: carol, a Viewer"
  says "The mart is open to her."
  works carol mart "select plan, revenue, percent from plan_share order by revenue desc"
  shows 'business'
  works carol mart "select day, sum(signups) from daily_signups where day between '2024-03-01' and '2024-03-03' group by day order by day"
  shows '2024-03-02'
  says "In the warehouse she sees customers, but not who they are."
  works carol warehouse "select customer_id, name, email, phone, region from crm.dim_customer order by customer_id limit 3"
  hides '[a-z]+\.[a-z]+[0-9]+@'
  hides '0[789]0-[0-9]{4}-[0-9]{4}'
  says "Masks hold inside expressions: searching for a raw value finds nothing."
  works carol warehouse "select count(*) from crm.dim_customer where email = 'hanako.kobayashi4@example.com'"
  shows '^ +0$'
  says "Free text is masked as it streams past."
  works carol warehouse "select body from crm.fact_ticket order by ticket_id limit 2"
  hides '[a-z]+\.[a-z]+[0-9]+@'
  hides '0[789]0-[0-9]{4}-[0-9]{4}'
  says "Writing is not for Viewers, and the lake is closed."
  refused carol warehouse "insert into billing.dim_plan values ('free', 0, 'personal')"
  shows 'ERROR'
  refused carol warehouse "select * from lake_raw.customers limit 1"
  shows 'ERROR'
  refused carol lake "select 1"
  shows 'FATAL'

  step "tour: bob, a Creator for the service billing"
  says "One statement reads the lake and writes the warehouse. What arrives is masked."
  works bob warehouse "delete from billing.customer_contact"
  works bob warehouse "insert into billing.customer_contact (customer_id, name, email, phone) select id, name, email, phone from lake_raw.customers where id <= 500"
  works bob warehouse "select count(*) as moved from billing.customer_contact"
  shows '^ +500$'
  says "Outside his service he is refused."
  refused bob warehouse "insert into crm.fact_ticket select 0, 1, 'subject', 'body', now()"
  shows 'ERROR'

  step "tour: alice, an Admin"
  works alice lake "select id, name, email, phone, card_number from customers where id in (4, 10) order by id"
  shows 'hanako.kobayashi4@example.com'
  says "What bob wrote, seen by somebody who sees everything: the masks are in the table."
  works alice warehouse "select * from billing.customer_contact order by customer_id limit 3"
  hides '[a-z]+\.[a-z]+[0-9]+@'
  works alice warehouse "select count(*) as raw_values_in_the_copy from billing.customer_contact join crm.dim_customer as d using (customer_id) where customer_contact.email = d.email or customer_contact.phone = d.phone"
  shows '^ +0$'

  show_audit
}

show_audit() {
  step "audit: the last records, and the proof that none was changed"
  "$sluice" audit search --config "$project/conf/demo.yaml" --limit 8 2>&1 | sed 's/^/    /' || wrong "audit search failed"
  printf '\n'
  "$sluice" audit verify --config "$project/conf/demo.yaml" 2>&1 | sed 's/^/    /' || wrong "the audit chain is broken"
}

farewell() {
  cat <<TEXT

${bold}==> Yours to try${plain}
    export PGPASSFILE=$demo/passwords      # or read the passwords there: cat var/demo/passwords
    psql "host=127.0.0.1 port=$gateway_port dbname=warehouse user=carol"
    psql "host=127.0.0.1 port=$gateway_port dbname=warehouse user=bob"
    psql "host=127.0.0.1 port=$gateway_port dbname=lake user=alice"
    ${sluice#"$project/"} audit tail -f --config conf/demo.yaml
    ${sluice#"$project/"} policy explain --config conf/demo.yaml --user carol --database warehouse "select email from crm.dim_customer"

    scripts/demo --stop     stops everything; the data stays
    scripts/demo --reset    stops everything and removes var/demo
TEXT
}
