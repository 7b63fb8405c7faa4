#!/usr/bin/env bash
# Makes the archive of a release: packaging/dist.sh [DIRECTORY]. What goes into it was built before, by
# `make release`. On one toolchain, in the same directories, the same sources give the same bytes: the order,
# the owner, the mode and the time of every file are fixed.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/names.sh
. packaging/names.sh
name=souk-$version-$system
# The time of the last commit, unless whoever builds sets another.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}

rm -rf "${out:?}/$name"
mkdir -p "$out/$name"/{bin,plugins,docs,etc,share/bash-completion/completions,share/zsh/site-functions,share/fish/vendor_completions.d}
cp "$target/release/souk" "$out/$name/bin/"
cp "$target/plugins"/*.wasm "$out/$name/plugins/"
cp README.md LICENSE CHANGELOG.md SECURITY.md "$out/$name/"
cp docs/*.md "$out/$name/docs/"
cp souk.example.toml "$out/$name/etc/"
cp -r packaging/systemd packaging/proxy "$out/$name/etc/"
python3 packaging/inventory.py licences >"$out/$name/THIRD-PARTY-LICENCES"
python3 packaging/inventory.py sbom >"$out/$name/souk.cdx.json"
# What the plugins are and may do, for whoever keeps that under version control.
"$out/$name/bin/souk" plugins lock --plugins "$out/$name/plugins" --trust open >/dev/null

find "$out/$name" -type d -exec chmod 755 {} +
find "$out/$name" -type f -exec chmod 644 {} +
chmod 755 "$out/$name/bin/souk"
archive=$out/$name.tar.gz
tar --sort=name --format=ustar --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -C "$out" -cf - "$name" |
  gzip -9n >"$archive.part"
mv "$archive.part" "$archive"
(cd "$out" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
ls -l "$archive"
cat "$archive.sha256"
