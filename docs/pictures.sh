#!/usr/bin/env bash
# Makes the README's pictures anew: docs/pictures.sh. Needs Go, Chromium, Node and pdftoppm.
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
  {"match": "S corporation", "finish_reason": "length"},
  {"after": 10, "times": 2, "status": 429, "retry_after": "2"}
]}
END
"$work/bizbatch" sandbox --listen 127.0.0.1:8197 --latency 3s --script "$work/trouble.json" >"$work/log" &
sandbox=$!
until grep -q listening "$work/log"; do kill -0 $sandbox; sleep 0.1; done
(cd "$work" && BIZORA_API_KEY=any ./bizbatch run --base-url http://127.0.0.1:8197 tax_questions.csv --out report.html) ||
  test $? = 3 # some questions fail, as they are to
test -d .ci/browser/node_modules || npm ci --prefix .ci/browser --no-audit --no-fund >/dev/null
node .ci/browser/pictures.mjs "$(command -v chromium)" "$work/report.html" "$work"
pdftoppm -r 60 -f 5 -l 5 -gray -png -singlefile "$work/report.pdf" "$work/report-paper" # a page of answers
for picture in report report-source report-phone report-paper; do
  test "$(wc -c <"$work/$picture.png")" -lt 150000
  cp "$work/$picture.png" docs
done
