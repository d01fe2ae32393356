//! What becomes of the host's own settings.

use super::*;

fn edits(host: &Machine) -> Result<Plan> {
    let mut request = request(school(""));
    request.options.edit_host = true;
    install(&request, host)
}

#[test]
fn a_host_with_rules_gets_two_lines_and_has_its_own_back() {
    let host = Machine::new();
    let own = "set skip on lo0\nnat on vtnet0 inet from 10.0.0.0/8 to any -> (vtnet0)\nblock in all\npass out all\n";
    host.write(Path::new("/etc/pf.conf"), own.as_bytes(), 0o640).unwrap();
    host.state().pf = own.to_owned();
    let before = everything(&host);
    edits(&host).unwrap();
    assert_eq!(host.state().pf.matches("jailbuild/*").count(), 2);
    uninstall("schoolchat", true, &host).unwrap();
    assert_eq!(everything(&host), before);
}

#[test]
fn rules_that_can_only_be_checked_once_pf_is_loaded_are_checked_before_they_are_written() {
    let host = Machine::bare();
    let rules = Path::new("/etc/pf.conf");
    host.write(rules, b"garbage\n", 0o640).unwrap();
    let before = everything(&host);
    let error = edits(&host).unwrap_err();
    assert!(error.exit_code() == 6 && error.to_string().contains("stdin:1: syntax error"), "{error}");
    let hint = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(hint.contains("put them in yourself"), "{hint}");

    // Nothing but the folder that is held: there is nothing to take back.
    assert!(Layout::names(&host).unwrap().is_empty());
    uninstall("schoolchat", false, &host).unwrap();
    assert_eq!(everything(&host), before);
    assert!(!host.state().pf_enabled);
    host.write(rules, b"pass all\n", 0o640).unwrap();
    edits(&host).unwrap();
    assert!(host.state().pf_enabled && host.state().running.contains_key("schoolchat"));
}

#[test]
fn what_somebody_else_changed_since_is_left_and_told() {
    let host = Machine::bare();
    edits(&host).unwrap();
    let rules = Path::new("/etc/pf.conf");
    let changed = host.text(rules).unwrap().unwrap() + "# mine\n";
    host.write(rules, changed.as_bytes(), 0o644).unwrap();
    let plan = uninstall("schoolchat", true, &host).unwrap();
    let told = plan.to_string();
    assert!(told.contains("was changed after `--edit-host`, and stays"), "{told}");
    assert!(told.contains("`sysrc -x pf_enable`, `sysctl net.inet.ip.forwarding=0`"), "{told}");
    assert_eq!(host.text(rules).unwrap().unwrap(), changed);
    assert!(host.state().pf_enabled);
    assert_eq!(host.state().rc["pf_enable"], "YES");
}

#[test]
fn the_host_is_undone_for_the_last_appliance_only() {
    let host = Machine::bare();
    let before = everything(&host);
    edits(&host).unwrap();
    install(&request(other_school()), &host).unwrap();
    uninstall("schoolchat", true, &host).unwrap();
    assert!(host.state().pf_enabled && host.state().accounts.contains("user"));
    uninstall("otherschool", true, &host).unwrap();
    assert_eq!(everything(&host), before);
}

#[test]
fn a_user_that_was_there_before_stays() {
    let host = Machine::new();
    host.state().accounts.extend(["group", "user"]);
    let before = everything(&host);
    install(&request(school("")), &host).unwrap();
    uninstall("schoolchat", true, &host).unwrap();
    assert_eq!(everything(&host), before);
}
