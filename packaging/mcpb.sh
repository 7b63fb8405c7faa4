#!/usr/bin/env bash
# Packs the bundle that Claude Desktop and others install by a double click: packaging/mcpb.sh [DIRECTORY].
# It holds what was built on this machine, for machines like it; the manifest says so. `node` and `npm` are
# wanted: the bundle is checked and packed by its own format's program.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/names.sh
. packaging/names.sh
case $system in
  *-linux-*) platform=linux ;;
  *-apple-darwin) platform=darwin ;;
  *-windows-*) platform=win32 ;;
  *) echo "no client runs bundles on $system" >&2 && exit 1 ;;
esac
bundle=$out/mcpb
rm -rf "${bundle:?}"
mkdir -p "$bundle"/{bin,plugins}
cp "$target/release/souk" "$bundle/bin/"
cp "$target/plugins"/*.wasm "$bundle/plugins/"
cp LICENSE "$bundle/"
python3 packaging/inventory.py licences >"$bundle/THIRD-PARTY-LICENCES"
sed -e "s/@VERSION@/$version/; s/@PLATFORM@/$platform/" packaging/mcpb/manifest.json >"$bundle/manifest.json"
mcpb=("$target/mcpb/node_modules/.bin/mcpb")
if ! test -x "${mcpb[0]}"; then
  npm install --prefix "$target/mcpb" --ignore-scripts --no-audit --no-fund --loglevel=error "@anthropic-ai/mcpb@$(sed -n 1p packaging/mcpb/version)"
fi
"${mcpb[@]}" validate "$bundle/manifest.json"
"${mcpb[@]}" pack "$bundle" "$out/souk-$version-$system.mcpb"
(cd "$out" && sha256sum "souk-$version-$system.mcpb")
