#!/usr/bin/env bash
# Builds @name@.wasm, after it has installed the tools for that the first time.
set -euo pipefail
cd "$(dirname "$0")"
if ! test -x node_modules/.bin/souk-js; then
  if ! npm --version >/dev/null 2>&1; then
    echo "this needs Node 20 or newer, with npm: https://nodejs.org" >&2
    exit 1
  fi
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
fi
npm run --silent build
