#!/usr/bin/env bash
# Looks for inputs that break a promise, for longer than the tests do: tests/fuzz/run.sh [TARGET…].
# With libFuzzer where there is a C++ compiler, else with the tests' own generator; then the contract's
# property, over the demo store.
#   FUZZ_SECONDS   how long libFuzzer has for each target (60)
#   FUZZ_INPUTS    how many inputs the generator makes for each (1,000,000)
#   FUZZ_CASES     how many hostile changes the property tries (1,000,000)
set -euo pipefail
cd "$(dirname "$0")/../.."
target=$(realpath -m "${TARGET:-target}")
targets=("$@")
if test ${#targets[@]} = 0; then
  for corpus in tests/fuzz/corpus/*/; do targets+=("$(basename "$corpus")"); done
fi

# libFuzzer comes as a crate, and is compiled by C++; what it has to be told of each branch the
# compiler puts in by itself. So neither cargo-fuzz nor another compiler is wanted, and as there is no
# unsafe code in what is tried, no sanitizer of memory either.
if command -v "${CXX:-c++}" >/dev/null; then
  coverage="-Cpasses=sancov-module"
  for say in level=4 inline-8bit-counters pc-table trace-compares; do
    coverage+=" -Cllvm-args=-sanitizer-coverage-$say"
  done
  system=$(rustc -vV | sed -n 's/^host: //p')
  # Named, so that what runs while it is built (macros, build scripts) is built without.
  RUSTFLAGS="$coverage --cfg fuzzing" cargo build --release --locked --target "$system" \
    --manifest-path tests/fuzz/libfuzzer/Cargo.toml --target-dir "$target/fuzz/build"
  broken=()
  for name in "${targets[@]}"; do
    # What it finds is kept beside the build; what breaks a promise is written to `broken`.
    found=$target/fuzz/$name
    mkdir -p "$found" "$target/fuzz/broken"
    echo "$name, for ${FUZZ_SECONDS:-60} seconds"
    "$target/fuzz/build/$system/release/$name" "$found" "tests/fuzz/corpus/$name" \
      -max_total_time="${FUZZ_SECONDS:-60}" -max_len=16384 -timeout=10 -print_final_stats=1 \
      -artifact_prefix="$target/fuzz/broken/$name-" || broken+=("$name")
  done
  if test ${#broken[@]} != 0; then
    echo "broken: ${broken[*]}; the inputs are in $target/fuzz/broken" >&2
    exit 1
  fi
else
  echo "libFuzzer is not used: it wants a C++ compiler (on Debian or Ubuntu: apt-get install g++)"
  echo "the tests' own generator makes ${FUZZ_INPUTS:-1000000} inputs for each target instead"
  SOUK_FUZZ_INPUTS=${FUZZ_INPUTS:-1000000} cargo test --release --workspace --test fuzz -- "${targets[@]}"
fi

# Hostile changes over the contract, committed on the demo store and held to their review.
if test $# = 0; then
  SOUK_FUZZ_CASES=${FUZZ_CASES:-1000000} \
    cargo test --release --workspace --test hostile -- --nocapture
fi
