//! The plans, as they are printed: golden files.

use super::*;

fn plan(request: &Request, host: &Machine) -> String {
    shown(&install::plan(request, host).unwrap(), &request.image)
}

#[test]
fn of_the_example_school() {
    insta::assert_snapshot!(plan(&request(school("")), &Machine::new()));
}

#[test]
fn with_the_web_two_interfaces_and_a_log() {
    let mut request = request(school("[web]\nenabled = true\n"));
    request.options.externals = vec![Word::new("vtnet0").unwrap(), Word::new("vtnet1").unwrap()];
    request.options.log_blocked = true;
    insta::assert_snapshot!(plan(&request, &Machine::new()));
    let host = Machine::new();
    install(&request, &host).unwrap();
    let rules = host.text(&Layout::of("schoolchat").pf_conf()).unwrap().unwrap();
    assert!(["vtnet0", "vtnet1", "5443", "log"].iter().all(|word| rules.contains(word)), "{rules}");
}

#[test]
fn with_an_address_of_the_hosts_stack() {
    let mut request = request(school(""));
    request.options.stack = Stack::Shared;
    let host = Machine::new();
    host.state().sysctls.insert("kern.features.vimage".into(), "0".into());
    host.state().sysctls.insert("net.inet.ip.forwarding".into(), "0".into());
    insta::assert_snapshot!(plan(&request, &host));
    install(&request, &host).unwrap();
    let jail = host.text(&Layout::of("schoolchat").jail_conf()).unwrap().unwrap();
    assert!(jail.contains("ip4.addr") && !jail.contains("vnet"), "{jail}");
}

#[test]
fn of_the_debug_flavour() {
    let mut request = request(school(""));
    request.image.manifest.flavour = crate::pkg_list::Flavour::Debug;
    insta::assert_snapshot!(plan(&request, &Machine::new()));
}

#[test]
fn with_edits_of_a_bare_host() {
    let mut request = request(school(""));
    request.options.edit_host = true;
    insta::assert_snapshot!(plan(&request, &Machine::bare()));
}

#[test]
fn with_edits_of_a_host_that_has_rules_and_pf_off() {
    let host = Machine::bare();
    host.write(Path::new("/etc/pf.conf"), b"block in all\npass out all\n", 0o600).unwrap();
    let mut request = request(school(""));
    request.options.edit_host = true;
    insta::assert_snapshot!(plan(&request, &host));
}

#[test]
fn of_a_change() {
    let host = Machine::new();
    install(&request(school("")), &host).unwrap();
    insta::assert_snapshot!(plan(&request(school("[limits]\nresources-per-account = 3\n")), &host));
}

#[test]
fn of_a_removal() {
    let host = Machine::bare();
    let mut request = request(school(""));
    request.options.edit_host = true;
    install(&request, &host).unwrap();
    host.write(&Layout::of("schoolchat").data().join("xmppd.sqlite"), b"accounts", 0o600).unwrap();
    let plan = |purge| shown(&uninstall::plan("schoolchat", purge, &host).unwrap(), &request.image);
    insta::assert_snapshot!(plan(false));
    insta::assert_snapshot!(plan(true));
}

#[test]
fn with_zfs() {
    let host = Machine::new();
    host.state().datasets.insert("zroot/chat".into(), "/zroot/chat".into());
    let mut request = request(school(""));
    request.options.zfs = Some("zroot/chat".to_owned());
    insta::assert_snapshot!(plan(&request, &host));
    install(&request, &host).unwrap();
    let removal = |purge| shown(&uninstall::plan("schoolchat", purge, &host).unwrap(), &request.image);
    insta::assert_snapshot!(removal(true));
}
