# PostgreSQL servers of the project's own: made, started and stopped under var/, on loopback, by an unprivileged user.
# shellcheck shell=bash
#
# The server never needs to walk the path to its data: it gets the open directory as descriptor 9 and finds everything
# under /proc/self/fd/9. So a clone in a folder that only its owner may enter (/root, a private home) works, too.

server_user() { getent passwd postgres >/dev/null && echo postgres || echo nobody; }

# with_directory <directory> <command…>: runs it with descriptor 9 open on the directory; as root, without root's rights
with_directory() {
  local directory=$1
  shift
  if [ "$(id -u)" = 0 ]; then
    local user
    user=$(server_user)
    (cd / && exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@" 9<"$directory")
  else
    (cd / && exec "$@" 9<"$directory")
  fi
}

# server_pid <directory>: its process, if that still is the server of this very directory
server_pid() {
  local pid
  [ -r "$1/data/postmaster.pid" ] || return 1
  pid=$(head -n 1 "$1/data/postmaster.pid")
  [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$1/data" ] && echo "$pid"
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# create_server <directory> <superuser password>
create_server() {
  local directory=$1
  mkdir -p "$directory"
  chmod 700 "$directory"
  (umask 077 && printf '%s\n' "$2" >"$directory/password")
  [ "$(id -u)" != 0 ] || chown -R "$(server_user):" "$directory"
  with_directory "$directory" env LC_ALL=C.UTF-8 "$pg_bin/initdb" --no-sync --no-instructions \
    --pgdata=/proc/self/fd/9/data --username=postgres --pwfile=/proc/self/fd/9/password \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >"$directory/../initdb.log" 2>&1 ||
    { cat "$directory/../initdb.log" >&2; die "initdb failed in $directory"; }
  rm -f "$directory/password"
}

# start_server <directory> <port> <log file>: demo data can be made again, so nothing waits for the disk
start_server() {
  local directory=$1 port=$2 log=$3 pid
  server_pid "$directory" >/dev/null && return
  ! port_taken "$port" || die "port $port is in use by another program" "stop it, or change the port in conf/demo.yaml and scripts/lib/demo_data.sh"
  rm -f "$directory/data/postmaster.pid"
  with_directory "$directory" setsid "$pg_bin/postgres" -D /proc/self/fd/9/data \
    -c listen_addresses=127.0.0.1 -c port="$port" -c unix_socket_directories= -c max_connections=300 \
    -c shared_buffers=128MB -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_wal_size=2GB \
    -c password_encryption=scram-sha-256 </dev/null >>"$log" 2>&1 &
  pid=$!
  for _ in $(seq 300); do
    "$pg_bin/pg_isready" -q -h 127.0.0.1 -p "$port" && return
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$log" >&2
  die "the server of $directory did not start" "its log: $log"
}

stop_server() {
  local pid
  pid=$(server_pid "$1") || return 0
  kill -INT "$pid"
  for _ in $(seq 150); do
    [ -d "/proc/$pid" ] || return 0
    sleep 0.1
  done
  kill -QUIT "$pid" 2>/dev/null || true
}
