#!/usr/bin/env bash
# Looks for inputs that break a promise, for longer than the tests do: tests/fuzz/run.sh [TARGET…].
# With libFuzzer where cargo-fuzz and a nightly compiler are installed, else with the tests' own
# generator; then the contract's property, over the demo store.
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

fuzzer=
if rustup run nightly cargo fuzz --version >/dev/null 2>&1; then
  fuzzer=yes
else
  echo "libFuzzer is not used: it wants a nightly compiler and cargo-fuzz"
  echo "  rustup toolchain install nightly && cargo install cargo-fuzz"
fi

if test -n "$fuzzer"; then
  for name in "${targets[@]}"; do
    # What it finds is kept beside the build; what breaks is written to `artifacts`.
    found=$target/fuzz/$name
    mkdir -p "$found"
    echo "$name, for ${FUZZ_SECONDS:-60} seconds"
    rustup run nightly cargo fuzz run --fuzz-dir tests/fuzz/libfuzzer --target-dir "$target/fuzz/build" \
      "$name" "$found" "tests/fuzz/corpus/$name" -- \
      -max_total_time="${FUZZ_SECONDS:-60}" -max_len=16384 -timeout=10 -print_final_stats=1
  done
else
  SOUK_FUZZ_INPUTS=${FUZZ_INPUTS:-1000000} cargo test --release --workspace --test fuzz -- "${targets[@]}"
fi

# Hostile changes over the contract, committed on the demo store and held to their review.
if test $# = 0; then
  SOUK_FUZZ_CASES=${FUZZ_CASES:-1000000} \
    cargo test --release --workspace --test hostile -- --nocapture
fi
