#!/usr/bin/env bash
# Runs both requirement sets of the conformance suite against the fixtures, which serve meanwhile:
# TARGET=target tests/conformance/run.sh
set -euo pipefail
target=$(cd "${TARGET:?where is it built?}" && pwd) here=$(cd "$(dirname "$0")" && pwd)
node="$target/conformance/bin/node"
suite="$target/conformance/suite/node_modules/@modelcontextprotocol/conformance/dist/index.js"
log=$(mktemp -d)
"$target/release/examples/conformance" 127.0.0.1:0 2>"$log/url" &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$log"' EXIT
for _ in $(seq 200); do
  if [ -s "$log/url" ]; then break; fi
  if ! kill -0 "$server" 2>/dev/null; then cat "$log/url" >&2; exit 1; fi
  sleep 0.05
done
for revision in 2025-11-25 2026-07-28; do
  echo "conformance to $revision"
  if ! (cd "$log" && "$node" "$suite" server --url "$(head -n 1 "$log/url")" --requirements "$revision" \
    --expected-failures "$here/expected-failures-$revision.yaml" >"$log/$revision" 2>&1); then
    cat "$log/$revision"
    exit 1
  fi
  tail -n 20 "$log/$revision"
done
