# Shared by the scripts: where things are, and how they speak. Sourced, never run.
# shellcheck shell=bash

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
pg_bin=/usr/lib/postgresql/15/bin

if [ -t 1 ]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
  bold='' dim='' red='' green='' plain=''
fi

step() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }
note() { printf '    %s\n' "$*"; }
die() {
  printf '%serror:%s %s\n' "$red" "$plain" "$1" >&2
  [ $# -lt 2 ] || printf '       %s\n' "${@:2}" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "\`$1\` needs root" "run this script as root, or install sudo"
  fi
}

# Compilers of this size take about 1.2 GB each; more jobs than memory allows end in the kernel killing one.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 1258291)}' /proc/meminfo)
  [ "$memory" -ge 1 ] || memory=1
  echo $((cores < memory ? cores : memory))
}

# configure_and_build <preset> [target…]
configure_and_build() {
  local preset=$1
  shift
  export CCACHE_BASEDIR=$project CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
  export NINJA_STATUS='    [%f/%t, %es] '
  (cd "$project" && cmake --preset "$preset" >"$project/var/log/configure-$preset.log" 2>&1) ||
    { cat "$project/var/log/configure-$preset.log" >&2; die "cmake --preset $preset failed"; }
  nice cmake --build "$project/build/$preset" --parallel "$(build_jobs)" ${1:+--target "$@"}
}

mkdir -p "$project/var/log"
