# Installs the Debian packages of scripts/packages.txt that are missing, and only those.
# shellcheck shell=bash

# listed_packages <section…>: what the sections name and this machine lacks
missing_packages() {
  local section='' line package substitute
  while read -r line; do
    case $line in
      '' | '#'*) continue ;;
      '['*']') section=${line:1:-1}; continue ;;
    esac
    [[ " $* " == *" $section "* ]] || continue
    read -r package substitute <<<"$line"
    [ -n "$substitute" ] && command -v "${substitute#\?}" >/dev/null && continue
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done <"$project/scripts/packages.txt"
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
    install -y --no-install-recommends "$@" </dev/null
}

# A fresh PostgreSQL package would create and start a server on port 5432. Nobody asked for one: the note in
# createcluster.d says so to its installer and is taken away afterwards. With the package present nothing is touched.
install_without_cluster() {
  local refusal=/etc/postgresql-common/createcluster.d/no-main-cluster.conf status=0
  as_root mkdir -p "${refusal%/*}"
  echo "create_main_cluster = false" | as_root tee "$refusal" >/dev/null
  apt_install "$@" || status=$?
  as_root rm -f "$refusal"
  return $status
}

# install_packages <section…>
install_packages() {
  command -v dpkg-query >/dev/null || die "this is not a Debian system" "install what scripts/packages.txt names by hand"
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || { note "all packages are there"; return; }
  note "missing: ${missing[*]}"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    die "installing packages needs root" "run this script as root, install sudo, or have root run:" \
      "apt-get install ${missing[*]}"
  local install=apt_install
  [[ " ${missing[*]} " == *" postgresql-15 "* ]] && install=install_without_cluster
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 update </dev/null ||
    note "apt-get update failed; going on with the package lists that are there"
  $install "${missing[@]}" && return
  note "the installation failed; one more try in ten seconds"
  sleep 10
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 update </dev/null || true
  $install "${missing[@]}" || die "apt-get could not install: ${missing[*]}" "see its messages above"
}
