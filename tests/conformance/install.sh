#!/usr/bin/env bash
# Installs Node and the conformance suite: tests/conformance/install.sh DIRECTORY
set -euo pipefail
directory=$1 here=$(dirname "$0")
"$here/../python-env.sh" "$directory" "$here/requirements.txt"
mkdir -p "$directory/suite"
cp "$here/package.json" "$here/package-lock.json" "$directory/suite/"
# Nothing of what is installed runs while it is installed.
PATH="$directory/bin:$PATH" "$directory/bin/npm" ci --prefix "$directory/suite" \
  --ignore-scripts --no-audit --no-fund --loglevel=error
