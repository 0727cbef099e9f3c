# The demo's three servers and what is in them.
# shellcheck shell=bash

declare -A server_port=([lake]=6511 [warehouse]=6512 [mart]=6513)
servers=(lake warehouse mart)
data_revision=$(cat "$project"/scripts/demo.d/*.sql "${BASH_SOURCE[0]}" | sha256sum | cut -c 1-16)

# secret <name>: made once, kept readable for its owner alone
secret() {
  local file=$demo/$1
  [ -s "$file" ] || (umask 077 && openssl rand -hex 16 >"$file")
  cat "$file"
}

# in_server <server> <database> <psql arguments…>: as the superuser of the demo's own server
in_server() {
  local server=$1 database=$2
  shift 2
  PGPASSWORD=$(secret superuser.password) PGOPTIONS='' "$pg_bin/psql" -X -q -v ON_ERROR_STOP=1 \
    -h 127.0.0.1 -p "${server_port[$server]}" -U postgres -d "$database" "$@"
}

load_mart() {
  in_server mart mart -f "$project/scripts/demo.d/mart.sql"
  in_server warehouse warehouse -c "copy (
      select i.month, i.plan, c.region, count(distinct i.customer_id), sum(i.amount)
        from billing.fact_invoice i join crm.dim_customer c using (customer_id) group by 1, 2, 3) to stdout" |
    in_server mart mart -c "copy sales.monthly_revenue from stdin"
  in_server warehouse warehouse -c "copy (
      select signed_up, region, count(*) from crm.dim_customer group by 1, 2) to stdout" |
    in_server mart mart -c "copy sales.daily_signups from stdin"
  in_server mart mart -f "$project/scripts/demo.d/mart_views.sql"
}

load_server() {
  local server=$1
  in_server "$server" postgres -v database="$server" -v gateway_password="$(secret "$server.password")" \
    -v reader_password="$(secret reader.password)" -f "$project/scripts/demo.d/roles.sql"
  case $server in
    lake) in_server lake lake -f "$project/scripts/demo.d/lake.sql" ;;
    warehouse)
      in_server warehouse warehouse -v lake_port="${server_port[lake]}" \
        -v reader_password="$(secret reader.password)" -f "$project/scripts/demo.d/warehouse.sql"
      ;;
    mart) load_mart ;;
  esac
}

# A server whose loading was interrupted, or whose data is from another revision, is made anew.
start_data() {
  local server directory loaded started
  mkdir -p "$demo/pg"
  if [ "$(cat "$demo/pg/loaded" 2>/dev/null)" != "$data_revision" ]; then
    stop_data
    rm -rf "$demo/pg"
    mkdir -p "$demo/pg"
  fi
  loaded=$(cat "$demo/pg/loaded" 2>/dev/null || true)
  for server in "${servers[@]}"; do
    directory=$demo/pg/$server
    started=$SECONDS
    [ -d "$directory/data" ] || create_server "$directory" "$(secret superuser.password)"
    start_server "$directory" "${server_port[$server]}" "$project/var/log/$server.log"
    if [ -z "$loaded" ]; then
      note "$server: loading …"
      load_server "$server"
      note "$server: loaded in $((SECONDS - started)) s"
    fi
    note "$server: PostgreSQL on 127.0.0.1:${server_port[$server]}"
  done
  echo "$data_revision" >"$demo/pg/loaded"
}

stop_data() {
  local server
  for server in mart warehouse lake; do
    stop_server "$demo/pg/$server"
  done
}
