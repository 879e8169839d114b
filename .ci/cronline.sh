#!/usr/bin/env bash
# Runs the command of a crontab's only line as cron does (sh, a bare environment) against the sandbox, with the
# folders that it names moved to a temporary one, and an end of the night that is to come.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'kill "$sandbox" 2>/dev/null || true; rm -rf "$dir"' EXIT
mkdir -p "$dir/bin" "$dir/srv/tax" "$dir/etc/bizbatch" "$dir/var/lib/prometheus/node-exporter"
go build -o "$dir/bin/bizbatch" ./cmd/bizbatch
head -4 samples/tax_questions.csv >"$dir/srv/tax/questions.csv"
echo sk_live_any >"$dir/etc/bizbatch/key"
"$dir/bin/bizbatch" sandbox --listen 127.0.0.1:0 --latency 0s >"$dir/sandbox.log" &
sandbox=$!
until grep -q listening "$dir/sandbox.log"; do kill -0 "$sandbox"; done
url=$(grep -o 'http://[0-9.:]*' "$dir/sandbox.log" | head -1)
until=$(env -u TZ date -d '+1 hour' +%H:%M)
line=$(grep '^[0-9]' "$1" | sed -E "s/^([^ ]+ +){5}//; s#(/srv|/etc|/var)/#$dir\1/#g; s/--until [0-9:]+/--until $until/")
out=$(env -i HOME="$dir" PATH="$dir/bin:/usr/bin:/bin" BIZORA_API_URL="$url" sh -c "$line" 2>&1)
test -z "$out" || { echo "cron would send mail: $out"; exit 1; }
test "$(grep -c ',answered,' "$dir/srv/tax/questions.answers.csv")" = 3
grep -q '^bizbatch_run_exit_code{name="questions"} 0$' "$dir"/var/lib/prometheus/node-exporter/questions.prom
echo "the line of $1 works, and is silent"
