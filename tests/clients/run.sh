#!/usr/bin/env bash
# A merchant's day (day.json) by every client: TARGET=target tests/clients/run.sh [all]
#
# With `all` the Inspector's command line lives through it too; that is two hundred packages more.
set -euo pipefail
target=$(cd "${TARGET:?where is it built?}" && pwd) here=$(cd "$(dirname "$0")" && pwd)
souk="$target/release/souk" python="$target/python/bin/python"
node="$target/conformance/bin/node"
# Modules are found from where a script lies.
day="$target/clients"
cp "$here"/*.mjs "$here/day.json" "$day/"
home=$(mktemp -d)
server=
stop() { if [ -n "$server" ]; then kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; server=; fi; }
trap 'stop; rm -rf "$home"' EXIT
export HOME="$home" XDG_STATE_HOME="$home/state" XDG_CACHE_HOME="$home/cache"
serve=("$souk" serve --demo --max-tier critical --plugins "$target/plugins")

# Plugins are compiled once, so that each client finds them all.
"$souk" actions --plugins "$target/plugins" >/dev/null

over_http() {
  "${serve[@]}" --http 127.0.0.1:0 2>"$home/log" &
  server=$!
  for _ in $(seq 600); do
    url=$(sed -n 's|.*\(http://127\.0\.0\.1:[0-9]*/mcp\).*|\1|p' "$home/log" | head -n 1)
    if [ -n "$url" ]; then break; fi
    if ! kill -0 "$server" 2>/dev/null; then cat "$home/log" >&2; exit 1; fi
    sleep 0.05
  done
  printf '%s over HTTP: ' "$1"
  "${@:2}" "$url"
  stop
}

over_stdio() {
  printf '%s over stdio: ' "$1"
  "${@:2}" "${serve[@]}" 2>"$home/log" || { cat "$home/log" >&2; exit 1; }
}

for mode in auto legacy 2026-07-28; do
  over_http "Python, $mode," "$python" "$here/day.py" "$mode"
  over_stdio "Python, $mode," "$python" "$here/day.py" "$mode"
done
over_http "TypeScript 1," "$node" "$day/day_v1.mjs"
over_stdio "TypeScript 1," "$node" "$day/day_v1.mjs"
for mode in auto legacy; do
  over_http "TypeScript 2, $mode," "$node" "$day/day_v2.mjs" "$mode"
  over_stdio "TypeScript 2, $mode," "$node" "$day/day_v2.mjs" "$mode"
done
if [ "${1:-}" = all ]; then
  inspector="$day/inspector/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
  over_http "Inspector" "$node" "$day/day_inspector.mjs" "$inspector"
fi
