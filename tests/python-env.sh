#!/usr/bin/env bash
# Makes a Python environment and installs REQUIREMENTS in it: tests/python-env.sh DIRECTORY REQUIREMENTS
set -euo pipefail
directory=$1 requirements=$2
if ! python3 -m venv "$directory" >/dev/null 2>&1; then
  {
    echo "Python with its venv module is missing, which some tests and checks are run with."
    echo "On Debian or Ubuntu install it, as root, and run this again:"
    echo "  apt-get install python3 python3-venv"
  } >&2
  exit 1
fi
"$directory/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
