#!/usr/bin/env bash
# Builds plugins with every language's tools, at the versions that are known to work, and lets the host
# answer for them: tests/interop/run.sh [--keep]
#
# With --keep the components that are small enough replace those in plugins/examples/fixtures.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=$(realpath -m "${TARGET:-target}")
interop=$target/interop
fixtures=plugins/examples/fixtures
mkdir -p "$interop/blocks" "$interop/everything"
PATH=$target/conformance/bin:$PATH

# JavaScript. Nothing of what is installed runs while it is installed.
for package in plugins/sdk-js plugins/examples/js; do
  npm ci --prefix "$package" --ignore-scripts --no-audit --no-fund --loglevel=error
done
npm run --silent --prefix plugins/sdk-js types
git diff --exit-code --stat -- plugins/sdk-js/types plugins/sdk-js/wit
npm run --silent --prefix plugins/sdk-js check
(cd plugins/examples/js && npm run --silent build -- --out "$interop/blocks/quickjs.wasm")
souk_js=plugins/sdk-js/bin/souk-js.mjs
"$souk_js" build plugins/examples/js/src/blocks.ts --engine starlingmonkey \
  --out "$interop/blocks/starlingmonkey.wasm"
for engine in quickjs starlingmonkey; do
  "$souk_js" build plugins/sdk-js/tests/everything.ts --engine "$engine" \
    --out "$interop/everything/$engine.wasm"
done

# Python.
tests/python-env.sh "$interop/python" tests/interop/requirements.txt
"$interop/python/bin/pip" install --quiet --disable-pip-version-check -e plugins/sdk-py
souk_py=$interop/python/bin/souk-py
"$souk_py" types --out "$interop/types"
MYPYPATH=$interop/types "$interop/python/bin/mypy" --cache-dir "$interop/mypy" plugins/sdk-py/souk_sdk
"$souk_py" build plugins/examples/py/blocks.py --out "$interop/blocks/python.wasm"
"$souk_py" build plugins/sdk-py/tests/everything.py --out "$interop/everything/python.wasm"

# What the guides show is what works.
shown() { # PAGE LANGUAGE DIRECTORY: each block of that language as a file
  rm -rf "$3" && mkdir -p "$3"
  awk -v kind="$2" -v to="$3" '
    $0 == ("```" kind) { count += 1; file = to "/" kind count "." (kind == "python" ? "py" : kind); next }
    /^```/ { file = "" }
    file { print > file }' "$1"
}
shown docs/plugins-in-javascript.md ts "$interop/guide-js/src"
shown docs/plugins-in-python.md python "$interop/guide-py"
cp plugins/examples/js/tsconfig.json "$interop/guide-js/"
ln -sfn "$PWD/plugins/examples/js/node_modules" "$interop/guide-js/node_modules"
(cd "$interop/guide-js" && "$OLDPWD/$souk_js" check)
for file in "$interop"/guide-js/src/*.ts; do "$souk_js" build "$file" --out "${file%.ts}.wasm"; done
for file in "$interop"/guide-py/*.py; do "$souk_py" build "$file" --out "${file%.py}.wasm"; done

# What `souk new` writes builds with its own tools, and passes its cases as it comes.
souk=$(realpath "$target/release/souk")
rm -rf "$interop/new" && mkdir -p "$interop/new"
for language in ts py; do
  for template in read change report; do
    name=$language$template
    (cd "$interop/new" && "$souk" new "$name" --lang "$language" --template "$template" && "$name/build.sh")
    SOUK_CACHE_DIR=$target/test-cache "$souk" test "$interop/new/$name/$name.wasm" "$interop/new/$name/cases.toml"
  done
done

# C, without an SDK.
bindgen=$interop/tools/bin/wit-bindgen
test -x "$bindgen" || cargo install wit-bindgen-cli --version 0.61.0 --locked --quiet \
  --no-default-features --features c --root "$interop/tools" --target-dir "$interop/tools/target"
mkdir -p "$interop/c/wit/deps/souk"
cp wit/souk.wit "$interop/c/wit/deps/souk/"
cp plugins/examples/c/world.wit "$interop/c/wit/"
"$bindgen" c --world plugin --out-dir "$interop/c" "$interop/c/wit" >/dev/null
"$interop/python/bin/python" -m ziglang cc -target wasm32-wasi -mexec-model=reactor -Oz -Wl,-z,stack-size=65536 \
  -I "$interop/c" -I plugins/examples/c -o "$interop/c/blocks.core.wasm" \
  plugins/examples/c/*.c "$interop/c/plugin.c" "$interop/c/plugin_component_type.o"
"$interop/python/bin/wasm-tools" component new "$interop/c/blocks.core.wasm" -o "$interop/blocks/c.wasm"

# The tool that others push and pull plugins by. It is compiled, which takes minutes the first time.
test -x "$interop/tools/bin/wkg" || cargo install wkg --version 0.16.1 --locked --quiet \
  --root "$interop/tools" --target-dir "$interop/tools/target"

# Rust: `make test-plugins` built it.
cp "$target/test-plugins/blocks.wasm" "$interop/blocks/rust.wasm"

if test "${1:-}" = --keep; then
  kept() { # NAME SOURCE TOOL…
    local name=$1 source=$2
    shift 2
    cp "$interop/blocks/$name.wasm" "$fixtures/$name.wasm"
    printf '\n[%s]\nsource = "%s"\nsource_sha256 = "%s"\nsha256 = "%s"\ntools = [%s]\n' "$name" "$source" \
      "$(sha256sum <"plugins/examples/$source" | cut -d ' ' -f 1)" \
      "$(sha256sum <"$fixtures/$name.wasm" | cut -d ' ' -f 1)" \
      "$(printf '"%s", ' "$@" | sed 's/, $//')"
  }
  version() { node -p "require('./plugins/sdk-js/node_modules/$1/package.json').version"; }
  mkdir -p "$fixtures"
  {
    echo '# What the components beside this file were made from, and with what. They are kept as they are:'
    echo '# each has to load in every later host. tests/interop/run.sh --keep writes this.'
    kept rust rust/src/lib.rs "$(rustc --version)"
    kept c c/blocks.c "wit-bindgen-cli 0.61.0" "ziglang 0.17.1" "wasm-tools 1.262.0"
    kept quickjs js/src/blocks.ts "componentize-qjs $(version componentize-qjs)" "esbuild $(version esbuild)"
  } >"$fixtures/fixtures.toml"
fi

# Compiled once, one after the other: a test's patience ends before a laptop has compiled three CPythons.
for file in "$interop"/blocks/*.wasm "$interop"/everything/*.wasm; do
  started=$SECONDS
  SOUK_CACHE_DIR=$target/test-cache "$target/release/souk" plugins inspect "$file" >/dev/null
  printf '%9s bytes, taken in within %2d s: %s\n' "$(stat -c %s "$file")" $((SECONDS - started)) "${file#"$interop/"}"
done

SOUK_INTEROP=$interop cargo test --release --workspace --test it languages -- --include-ignored
SOUK_INTEROP=$interop cargo test --release --workspace --test it trust::registry::wkg -- --include-ignored
