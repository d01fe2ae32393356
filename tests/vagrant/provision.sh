#!/bin/sh
# Runs as root in the Vagrant box: installs Rust, builds the appliance from /vagrant, and proves it.
set -eu

pkg install -y rust
cd /vagrant
cargo run --release -- make
