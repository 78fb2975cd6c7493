#!/usr/bin/env bash
# Judge one submission. Exit code and record count together: without a record, or where the judge
# itself broke, nothing is right.
set -uo pipefail
suite="@suite@"
submission="@submission@"
results="@results@"
mkdir -p "$(dirname "$results")"
kept="$(mktemp -d)"
trap 'rm -rf "$kept"' EXIT
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 PYTHONUTF8=1 PYTHONPATH="$suite" PYTHONSAFEPATH=1
python="$suite/venv/bin/python"
nndl=("$python" -c 'from properties.commands.cli import main; main()')
points=()
[ -s "$suite/points.toml" ] && points=("$suite/points.toml")
code=0
"${nndl[@]}" check @arguments@ --no-steps --json "$kept/record.json" -- "$submission" \
  >"$kept/said" 2>&1 || code=$?
if [ "$code" -le 1 ] && [ -s "$kept/record.json" ]; then
  "${nndl[@]}" report "$kept/record.json" --format @form@ -o "$results" \
    ${points[@]+--points "${points[@]}"} && exit 0
  code=3
fi
[ "$code" -gt 1 ] || code=3
cat "$kept/said" >&2
"$python" -m properties.grading.unjudged @form@ "$code" "$(tail -n 3 "$kept/said")" "$results" \
  ${points[@]+"${points[@]}"}
