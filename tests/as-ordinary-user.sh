#!/bin/sh
# Proves the image that `make` left in dist/ as an ordinary user: nothing of it needs root on Linux.
# Run by CI as root after `cargo run --release -- make`; the copies are gone afterwards.
set -eu

image=$(echo dist/schoolchat-*-linux-gnu.tar.gz)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cp target/release/jailbuild "$image" "$image.sha256" "$image.sig" example-site/signing/id_ed25519.pub "$place"
chown -R 65534:65534 "$place"
cd "$place"
HOME="$place" setpriv --reuid=65534 --regid=65534 --clear-groups \
    ./jailbuild verify "$(basename "$image")" --trust id_ed25519.pub --strict
