# The demo's gateway: its users, its keys, its process.
# shellcheck shell=bash

gateway_port=6432
gateway_log=$project/var/log/gateway.log

# add_user <name> <group…>: once, with a password that goes into the password file for psql
add_user() {
  local name=$1 password
  grep -q ":$name:" "$demo/passwords" 2>/dev/null && return
  password=$(openssl rand -hex 8)
  printf '%s\n' "$password" | "$sluice" user add --users "$demo/users.yaml" --name "$name" --password-stdin >/dev/null ||
    die "could not add the user \`$name\`"
  (umask 077 && printf '%s:%s:*:%s:%s\n' 127.0.0.1 "$gateway_port" "$name" "$password" >>"$demo/passwords")
}

prepare_gateway() {
  [ -s "$demo/passwords" ] && [ -s "$demo/users.yaml" ] || rm -f "$demo/passwords" "$demo/users.yaml"
  mkdir -p "$demo/state" "$demo/audit"
  add_user alice
  add_user bob
  add_user carol
}

# The process that was started here, if it still is one of ours.
gateway_pid() {
  local pid
  pid=$(cat "$demo/gateway.pid" 2>/dev/null) || return 1
  [[ "$(readlink "/proc/$pid/exe" 2>/dev/null)" == "$sluice"* ]] && echo "$pid"
}

start_gateway() {
  local pid
  if pid=$(gateway_pid); then
    if [ "$sluice" -ot "$demo/gateway.pid" ] && [ "$project/conf/demo.yaml" -ot "$demo/gateway.pid" ]; then
      kill -HUP "$pid"  # policy and users may have changed
      return
    fi
    stop_gateway
  fi
  ! port_taken "$gateway_port" || die "port $gateway_port is in use by another program" "stop it and start the demo again"
  setsid "$sluice" serve --config "$project/conf/demo.yaml" </dev/null >>"$gateway_log" 2>&1 &
  pid=$!
  echo "$pid" >"$demo/gateway.pid"
  for _ in $(seq 100); do
    port_taken "$gateway_port" && return
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$gateway_log" >&2
  die "the gateway did not start" "its log: $gateway_log"
}

stop_gateway() {
  local pid
  pid=$(gateway_pid) || { rm -f "$demo/gateway.pid"; return 0; }
  kill -TERM "$pid"
  for _ in $(seq 100); do
    [ -d "/proc/$pid" ] || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$demo/gateway.pid"
}
