# What a release is called and where it goes, for the scripts beside this one, which are given the
# directory, or nothing: `. packaging/names.sh`, from the checkout's root. Sets `target`, `out`, `version`, `system`.
# shellcheck shell=bash disable=SC2034
target=$(realpath -m "${TARGET:-target}")
out=$(realpath -m "${1:-$target/dist}")
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
system=$(rustc -vV | sed -n 's/^host: //p')
