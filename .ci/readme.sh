#!/usr/bin/env bash
# Runs the commands of the README's sh blocks, literally and in order, in a clone of this folder. A command that ends
# with "# exit code N" must exit with N, all others with 0. The tests are left out: they are run by themselves.
set -uo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
git clone --quiet . "$work/clone" && cd "$work/clone" || exit 1
export GOBIN=$work/bin PATH=$work/bin:$PATH
mapfile -t commands < <(sed -n '/^```sh$/,/^```$/{/^```/d;p}' README.md)
for command in "${commands[@]}"; do
  if [[ $command == "go test"* ]]; then continue; fi
  want=0
  if [[ $command =~ \#\ exit\ code\ ([0-9]+)$ ]]; then want=${BASH_REMATCH[1]}; fi
  printf '$ %s\n' "$command"
  eval "$command"
  got=$?
  if [ $got != $want ]; then echo "README: exit code $got, want $want: $command"; exit 1; fi
done
echo "the README's ${#commands[@]} commands do what it says"
