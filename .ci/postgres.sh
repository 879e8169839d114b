#!/usr/bin/env bash
# Starts a PostgreSQL server of its own on loopback, with Debian's programs, in a new
# folder, and prints the folder and the server's address. To stop it and remove the
# folder, to stop it only, and to start it again:
#
#	.ci/postgres.sh stop|halt|restart FOLDER
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
# The server refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then as=(runuser -u postgres --); fi
cd / # a folder that postgres may enter

case "${1-}" in
stop)
  "${as[@]}" "$bin/pg_ctl" -D "$2/data" -m immediate stop >/dev/null || true
  rm -rf "$2"
  exit
  ;;
halt) exec "${as[@]}" "$bin/pg_ctl" -D "$2/data" -m fast stop >/dev/null ;;
restart)
  for _ in 1 2 3 4 5 6 7 8 9 10; do # the processes of one that was killed may need a moment to end
    "${as[@]}" "$bin/pg_ctl" -D "$2/data" -w -l "$2/log" restart >/dev/null 2>&1 && exit
    sleep 0.5
  done
  tail -n 20 "$2/log" >&2
  exit 1
  ;;
esac

folder=$(mktemp -d /tmp/bizbatch-postgres-XXXXXX)
if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
"${as[@]}" "$bin/initdb" -D "$folder/data" -A trust -U postgres >/dev/null
cat >>"$folder/data/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 200
END
for _ in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 12000)) # above are those that the system gives to connections
  if "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
    -o "-p $port" start >/dev/null; then
    echo "$folder postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable"
    exit
  fi
done
cat "$folder/log" >&2
exit 1
