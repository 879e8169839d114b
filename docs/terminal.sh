#!/usr/bin/env bash
# Takes the README's picture of a terminal, docs/terminal.svg: a run against the sandbox in tmux, with a question that
# fails and a pause, drawn by Rich. Needs Go and Debian's tmux and python3-rich.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
tmux() { command tmux -S "$dir/tmux" -f /dev/null "$@"; }
trap 'tmux kill-server 2>/dev/null || true; kill "$sandbox" 2>/dev/null || true; rm -rf "$dir"' EXIT
mkdir "$dir/bin"
go build -o "$dir/bin/bizbatch" ./cmd/bizbatch
head -41 samples/tax_questions.csv >"$dir/questions.csv"
cat >"$dir/trouble.json" <<'JSON'
{"rules": [
  {"match": "Zoë|Berlin", "status": 422, "message": "the question names two tax years"},
  {"after": 22, "times": 1, "status": 429, "retry_after": "30"}
]}
JSON
"$dir/bin/bizbatch" sandbox --listen 127.0.0.1:0 --latency 4s --script "$dir/trouble.json" >"$dir/sandbox.log" &
sandbox=$!
until grep -q listening "$dir/sandbox.log"; do kill -0 "$sandbox"; done
url=$(grep -o 'http://[0-9.:]*' "$dir/sandbox.log" | head -1)

# The run stands still, paused by the 429, once what was in flight is home: then the picture is taken.
tmux new-session -d -x 110 -y 8 -c "$dir" "env PATH='$dir/bin:$PATH' PS1='$ ' BIZORA_API_KEY=any BIZORA_API_URL='$url' bash --norc"
until tmux capture-pane -p | grep -q '^\$'; do :; done
tmux send-keys 'bizbatch run questions.csv' Enter
for _ in $(seq 600); do
  tmux capture-pane -p -e >"$dir/screen"
  if grep -q 'paused until.* 0 in flight' "$dir/screen"; then break; fi
  sleep 0.1
done
grep -q 'paused until' "$dir/screen" || { echo "no pause came"; cat "$dir/screen"; exit 1; }

/usr/bin/python3 - "$dir/screen" docs/terminal.svg <<'PY'
import re, sys
from rich.console import Console
from rich.text import Text
screen = open(sys.argv[1], encoding="utf-8").read().rstrip("\n")
console = Console(record=True, width=110, file=open("/dev/null", "w"), legacy_windows=False)
console.print(Text.from_ansi(screen))
svg = console.export_svg(title="bizbatch", unique_id="terminal")
svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)  # nothing is fetched from elsewhere
svg = svg.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono").replace("<!-- Generated with Rich https://www.textualize.io -->", "")
open(sys.argv[2], "w", encoding="utf-8").write(re.sub(r"[ \t]+\n", "\n", svg))
PY
ls -l docs/terminal.svg
