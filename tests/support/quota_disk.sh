#!/usr/bin/env bash
# Makes the file system with a quota that tests mount: tests/support/quota_disk.sh
# As root, on a Linux that has btrfs and loop devices, with btrfs-progs. Only its result is needed to
# run the tests.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'umount "$work/mounted" 2>/dev/null || true; rm -r "$work"' EXIT
truncate -s 20M "$work/image"
# As small as can be, and without what only newer systems know.
mkfs.btrfs -q --mixed -d single -m single -R ^free-space-tree "$work/image"
mkdir "$work/mounted"
mount -o loop "$work/image" "$work/mounted"
btrfs quota enable "$work/mounted"
btrfs subvolume create "$work/mounted/held"
btrfs qgroup limit 4M "$work/mounted/held"
umount "$work/mounted"
# Nearly all of it is nothing, which the first time leaves a long row of the same.
gzip -9nc "$work/image" | gzip -9nc > quota_disk.btrfs.gz.gz
