#!/usr/bin/env bash
# Makes a Python environment with the reference MCP client: install.sh DIRECTORY REQUIREMENTS
set -euo pipefail
dir=$1 requirements=$2
python=$(command -v python3 || true)
as_root() { if test "$(id -u)" = 0; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else return 1; fi; }
# Debian and Ubuntu ship Python without its venv module.
if test -z "$python" || ! "$python" -m venv "$dir" >/dev/null 2>&1; then
  echo "installing Python's venv, which the tests with the reference client need" >&2
  if ! { as_root apt-get update && as_root apt-get install -y --no-install-recommends python3 python3-venv; } >&2; then
    echo "cannot install it: run 'apt-get install python3 python3-venv' as root, then again" >&2
    exit 1
  fi
  python3 -m venv "$dir"
fi
"$dir/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
