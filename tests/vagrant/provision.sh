#!/bin/sh
# Runs as root in the Vagrant box: prepares it as `jailbuild doctor` asks for, builds the appliance from /vagrant, and
# proves it. May run again: what is there stays as it is.
set -eu

pkg install -y rust

pw groupshow xmppd > /dev/null 2>&1 || pw groupadd xmppd -g 5222
pw usershow xmppd > /dev/null 2>&1 ||
	pw useradd xmppd -u 5222 -g xmppd -d /nonexistent -s /usr/sbin/nologin -c "Private chat of a school"

# A stock box has no rules of its own: besides the appliance's, all passes, ssh of Vagrant included.
if [ ! -e /etc/pf.conf ]; then
	cat > /etc/pf.conf <<-'EOF'
	set skip on lo0
	rdr-anchor "jailbuild/*"
	anchor "jailbuild/*"
	pass all
	EOF
fi
sysrc pf_enable=YES
service pf start

cd /vagrant
cargo run --release -- make --strict
