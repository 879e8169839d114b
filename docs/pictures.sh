#!/usr/bin/env bash
# Makes the README's pictures anew: docs/pictures.sh. Needs Go and Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'kill "${sandbox:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
go build -o "$work/bizbatch" ./cmd/bizbatch
cp samples/tax_questions.csv "$work"
cat >"$work/trouble.json" <<'END'
{"rules": [
  {"match": "trust", "status": 400, "message": "the question is too vague"},
  {"match": "FIRPTA", "status": 422, "message": "the question holds personal data"},
  {"after": 10, "times": 2, "status": 429, "retry_after": "2"}
]}
END
"$work/bizbatch" sandbox --listen 127.0.0.1:8197 --latency 3s --script "$work/trouble.json" >"$work/log" &
sandbox=$!
until grep -q listening "$work/log"; do kill -0 $sandbox; sleep 0.1; done
(cd "$work" && BIZORA_API_KEY=any ./bizbatch run --base-url http://127.0.0.1:8197 tax_questions.csv --out report.html) ||
  test $? = 3 # some questions fail, as they are to
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=960,1180 \
  --screenshot=docs/report.png "file://$work/report.html" 2>/dev/null
test "$(wc -c <docs/report.png)" -lt 150000
