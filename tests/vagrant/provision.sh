#!/bin/sh
# Runs as root in the Vagrant box: prepares it as `jailbuild doctor` asks for, builds the appliance from /vagrant, proves
# it, installs it, and proves it as it runs. May run again: then the new image takes the place of the one in service.
set -eu

school=/root/school

pkg install -y rust

pw groupshow xmppd > /dev/null 2>&1 || pw groupadd xmppd -g 5222
pw usershow xmppd > /dev/null 2>&1 ||
	pw useradd xmppd -u 5222 -g xmppd -d /nonexistent -s /usr/sbin/nologin -c "XMPP daemon"

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
pfctl -s info 2> /dev/null | grep -q "Status: Enabled" || service pf start
sysrc gateway_enable=YES
sysctl net.inet.ip.forwarding=1

cd /vagrant
cargo build --release --locked --package jailbuild
install -m 0755 target/release/jailbuild /usr/local/bin/jailbuild

# Outside /vagrant, which is made anew from the host's copy: here lie the school's keys.
mkdir -p "$school"
chmod 0700 "$school"
cp tests/vagrant/jailbuild.toml "$school/"
rm -rf "$school/dist"
jailbuild --file "$school/jailbuild.toml" make --dist "$school/dist"

set -- "$school"/dist/*.tar.gz
signer=$school/site/signing/id_ed25519.pub
if [ -e /usr/local/etc/jailbuild/schoolchat/appliance.json ]; then
	jailbuild upgrade --trust "$signer" "$1"
else
	jailbuild install --site "$school" --edit-host --trust "$signer" "$1"
fi
jailbuild verify --installed
