#!/bin/sh
# Imports a school of 1,000 children in 40 classes, with their login cards, into the daemon of an image, within its budget:
# 30 seconds on two cores. It listens in a network namespace of its own, where nothing else is.
# Usage: tests/import.sh JAILBUILD IMAGE (as root)
set -eu

[ "${apart:-}" ] || exec env apart=yes unshare --net "$0" "$@"

jailbuild=$(realpath "$1")
image=$(realpath "$2")
children=1000
budget=30
place=$(mktemp -d)
daemon=
end() {
    [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
    wait
    rm -rf "$place"
}
trap end EXIT
cd "$place"

tar -xzf "$image" rootfs/usr/local/sbin/xmppd
"$jailbuild" --quiet init >/dev/null
"$jailbuild" --quiet settings --out settings >/dev/null
mkdir data
rootfs/usr/local/sbin/xmppd serve --config settings/xmppd.toml --data data 2>log &
daemon=$!
export JAILBUILD_SOCKET="$place/data/control.sock"
until "$jailbuild" --quiet status >/dev/null 2>&1; do
    kill -0 "$daemon" || { cat log >&2; exit 1; }
    sleep 0.1
done

awk -v last="$children" 'BEGIN {
    print "name,display-name,groups,signed"
    for (child = 1; child <= last; child++)
        printf "child%d,Child Number %d,%d%c,2026-09-01\n", child, child, 1 + child % 10, 97 + int(child / 10) % 4
}' >children.csv

began=$(date +%s%N)
"$jailbuild" --quiet user import children.csv --slip 2026-1 --cards cards.pdf >/dev/null
took=$((($(date +%s%N) - began) / 1000000))

there=$("$jailbuild" --json user list | grep -c '"name": "child')
pages=$(pdfinfo cards.pdf 2>/dev/null | awk '$1 == "Pages:" { print $2 }')
echo "import: $there accounts and $pages pages of cards in $took ms; the budget is $budget s"
[ "$there" -eq "$children" ]
[ "$pages" -eq $((children / 8)) ]
[ "$took" -lt $((budget * 1000)) ]
