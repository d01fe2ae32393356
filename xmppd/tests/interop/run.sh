#!/bin/sh
# Tries the daemon with unrelated clients, slixmpp and its OMEMO: `run.sh FOLDER` makes a Python environment in FOLDER
# where there is none. The daemon is the one that `cargo test` has left in target/debug, or $XMPPD.
set -eu

place=$(cd "$(dirname "$0")" && pwd)
environment=$1
XMPPD=${XMPPD:-$place/../../../target/debug/xmppd}
export XMPPD PYTHONDONTWRITEBYTECODE=1
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$place/requirements.txt"
cd "$place"
exec "$environment/bin/python" -W ignore -m unittest --verbose
