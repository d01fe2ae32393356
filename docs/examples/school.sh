#!/bin/sh
# Starts the chat of one school under podman and ocijail, on FreeBSD 14 or later.
# Usage: school.sh NAME ADDRESS SUBNET IMAGE
#     NAME     the school's, at most 12 letters: that of its container, its bridge and its folder below /srv/schools
#     ADDRESS  the host's address in the school's network, where its children find the chat
#     SUBNET   the first three numbers of a /24 that is used nowhere else
#     IMAGE    what `podman load` said
# For example: school.sh linden 192.168.10.5 10.77.10 localhost/schoolchat:0.1.0
set -eu
name=$1 address=$2 subnet=$3 image=$4
home=/srv/schools/$name

# The daemon's user owns its two folders, and nobody else reads them.
[ "$(stat -f '%u %Lp' "$home/data")" = "5222 700" ]
[ "$(stat -f '%u %Lp' "$home/settings")" = "5222 700" ]

# A bridge for this school alone: it meets no other school's.
podman network exists "$name" ||
    podman network create --disable-dns --interface-name "$name" --subnet "$subnet.0/24" "$name"

exec podman run --rm --replace --name "$name" --pull never \
    --network "$name" --ip "$subnet.2" --no-hosts --dns none \
    --publish "$address:5222:5222" --publish "$address:5223:5223" \
    --read-only --read-only-tmpfs=false \
    --volume "$home/settings:/usr/local/etc/xmppd:ro" \
    --volume "$home/data:/var/db/xmppd:rw" \
    "$image"
