#!/usr/bin/env bash
# Builds @name@.wasm. `souk dev` sets SOUK_DEV: then functions keep their names, for the stack of a panic.
set -euo pipefail
cd "$(dirname "$0")"
names=()
if test -n "${SOUK_DEV:-}"; then names=(-- -C strip=debuginfo); fi
target=$(cargo metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')

if rustc --print target-libdir --target wasm32-wasip2 2>/dev/null | xargs test -d || rustup target add wasm32-wasip2; then
  cargo rustc --release --target wasm32-wasip2 ${names[@]+"${names[@]}"}
  built=$target/wasm32-wasip2/release
elif test -x /usr/bin/rustc && compgen -G '/usr/src/rustc-*' >/dev/null; then
  echo "rustup cannot install wasm32-wasip2; building with Debian's compiler" >&2
  linker=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/wasm-component-ld
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker \
    cargo rustc -Zbuild-std=std,panic_abort --release --target wasm32-unknown-unknown ${names[@]+"${names[@]}"}
  built=$target/wasm32-unknown-unknown/release
else
  {
    echo "rustup cannot install wasm32-wasip2, which plugins are built for. Try again when it can, or"
    echo "on Debian or Ubuntu install a compiler for WebAssembly, as root, and run this again:"
    echo "  apt-get install rustc-web rust-web-src lld"
  } >&2
  exit 1
fi

# A rename: a running host never sees half a file.
cp "$built/souk_plugin_@name@.wasm" .@name@.wasm
mv .@name@.wasm @name@.wasm
