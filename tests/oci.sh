#!/bin/sh
# Checks an image in the OCI layout with programs that know nothing of jailbuild: skopeo and umoci must find in it, to the
# last byte and mode, the root file system of the image that it was made from.
# Usage: tests/oci.sh JAILBUILD IMAGE
set -eu

jailbuild=$1
image=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

"$jailbuild" --quiet export "$image" --format oci --out "$place" >/dev/null
archive=$(echo "$place"/*.oci.tar)
(cd "$place" && sha256sum --quiet --check ./*.oci.tar.sha256)

# What each entry is, its permissions and its length; then the content.
listing() { (cd "$1" && find . -mindepth 1 -printf '%y %m %P ' \( -type f -printf '%s\n' -o -printf '\n' \) | LC_ALL=C sort); }
same() {
    listing "$1" >"$place/one"
    listing "$2" >"$place/other"
    diff -u "$place/one" "$place/other"
    diff -r "$1" "$2"
}

mkdir "$place/image" "$place/layout"
tar -xzpf "$image" -C "$place/image"
tar -xf "$archive" -C "$place/layout"

skopeo inspect "oci-archive:$archive" >"$place/inspected.json"
skopeo inspect --config "oci:$place/layout" >"$place/config.json"
grep -q '"User": "5222:5222"' "$place/config.json"

# Another transport: skopeo checks every digest on the way.
skopeo copy --quiet "oci:$place/layout" "dir:$place/copied"
layer=$(sed -n 's/.*"sha256:\([0-9a-f]*\)".*/\1/p' "$place/inspected.json" | tail -n 1)
mkdir "$place/layer"
tar -xzpf "$place/copied/$layer" -C "$place/layer"
same "$place/image/rootfs" "$place/layer"

tag=$(sed -n 's/.*"org.opencontainers.image.ref.name":"\([^"]*\)".*/\1/p' "$place/layout/index.json")
# Only the root file system: its own configuration is that of a container of Linux.
umoci raw unpack --rootless --image "$place/layout:$tag" "$place/unpacked"
same "$place/image/rootfs" "$place/unpacked"

echo "$(basename "$image"): skopeo and umoci agree"
