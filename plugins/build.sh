#!/usr/bin/env bash
# Builds action groups as components: plugins/build.sh DIRECTORY [NAME…]; without names, every
# shipped one. As everybody does, for wasm32-wasip2 with the target rustup installs; where rustup
# cannot have it, with Debian's compiler and a standard library built from its sources.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${TARGET:-target}
directory=${1:?"plugins/build.sh DIRECTORY [NAME…]"}
shift
plugins=("$@")
named=${#plugins[@]}
if test ${#plugins[@]} = 0; then
  for manifest in plugins/*/Cargo.toml; do
    name=$(basename "$(dirname "$manifest")")
    case $name in sdk | sdk-macros) ;; *) plugins+=("$name") ;; esac
  done
fi
packages=()
for plugin in "${plugins[@]}"; do packages+=(-p "souk-plugin-$plugin"); done

if rustc --print target-libdir --target wasm32-wasip2 2>/dev/null | xargs test -d || rustup target add wasm32-wasip2; then
  cargo build --profile plugin --target wasm32-wasip2 "${packages[@]}"
  built=$target/wasm32-wasip2/plugin
elif test -x /usr/bin/rustc && compgen -G '/usr/src/rustc-*' >/dev/null; then
  echo "rustup cannot install wasm32-wasip2; building with Debian's compiler" >&2
  linker=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/wasm-component-ld
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker \
    cargo build -Zbuild-std=std,panic_abort --profile plugin --target wasm32-unknown-unknown "${packages[@]}"
  built=$target/wasm32-unknown-unknown/plugin
else
  {
    echo "rustup cannot install wasm32-wasip2, which plugins are built for. Try again when it can, or"
    echo "on Debian or Ubuntu install a compiler for WebAssembly, as root, and run this again:"
    echo "  apt-get install rustc-web rust-web-src lld"
  } >&2
  exit 1
fi

mkdir -p "$directory"
for plugin in "${plugins[@]}"; do
  # A rename: a running host never sees half a file.
  cp "$built/souk_plugin_$plugin.wasm" "$directory/.$plugin.wasm"
  mv "$directory/.$plugin.wasm" "$directory/$plugin.wasm"
done
if test "$named" = 0; then
  # What the program that is built beside them trusts without being told to: see `souk plugins`.
  mkdir -p "$target/release"
  for plugin in "${plugins[@]}"; do sha256sum "$directory/$plugin.wasm"; done |
    sed 's|  .*/|  |' >"$target/release/.souk.plugins"
  mv "$target/release/.souk.plugins" "$target/release/souk.plugins"
fi
ls -l "$directory"/*.wasm
