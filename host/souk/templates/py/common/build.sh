#!/usr/bin/env bash
# Builds @name@.wasm, after it has installed the tools for that the first time. They are shared by the
# plugins that are made beside this one.
set -euo pipefail
cd "$(dirname "$0")"
sdk=@sdk@
python=${PYTHON:-python3}
if ! test -x "$sdk/.venv/bin/souk-py"; then
  if ! "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "this needs Python 3.11 or newer with its venv module; PYTHON=… names another than python3" >&2
    exit 1
  fi
  "$python" -m venv "$sdk/.venv"
  "$sdk/.venv/bin/pip" install --quiet --disable-pip-version-check "$sdk"
fi
"$sdk/.venv/bin/souk-py" build main.py --out @name@.wasm
