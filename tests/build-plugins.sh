#!/usr/bin/env bash
# Builds action groups as components: build-plugins.sh DIRECTORY NAME…
# First as everybody does, for wasm32-wasip2 with the target rustup installs; where that cannot be
# had, with Debian's compiler and a standard library built from its sources.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${TARGET:-target}
directory=$1
shift
packages=()
for plugin in "$@"; do packages+=(-p "souk-plugin-$plugin"); done

if rustc --print target-libdir --target wasm32-wasip2 2>/dev/null | xargs test -d || rustup target add wasm32-wasip2; then
  cargo build --profile plugin --target wasm32-wasip2 "${packages[@]}"
  built=$target/wasm32-wasip2/plugin
else
  echo "rustup cannot install wasm32-wasip2; building with Debian's compiler" >&2
  if ! test -x /usr/bin/rustc || ! test -d /usr/src/rustc-*; then
    sudo=$(test "$(id -u)" = 0 || echo sudo)
    $sudo apt-get install -y rustc-web rust-web-src lld
  fi
  linker=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/wasm-component-ld
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker \
    cargo build -Zbuild-std=std,panic_abort --profile plugin --target wasm32-unknown-unknown "${packages[@]}"
  built=$target/wasm32-unknown-unknown/plugin
fi

mkdir -p "$directory"
for plugin in "$@"; do
  # A rename: a running host never sees half a file.
  cp "$built/souk_plugin_$plugin.wasm" "$directory/.$plugin.wasm"
  mv "$directory/.$plugin.wasm" "$directory/$plugin.wasm"
done
ls -l "$directory"/*.wasm
