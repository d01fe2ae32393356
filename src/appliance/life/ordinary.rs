//! What an administrator does from one year to the next.

use super::*;

fn running(host: &Machine, name: &str) -> bool {
    host.state().running.contains_key(name)
}

#[test]
fn installed_changed_stopped_started_and_taken_away() {
    let host = Machine::new();
    let before = everything(&host);
    install(&request(school("")), &host).unwrap();
    assert!(running(&host, "schoolchat"));
    let listed = listing::Listing::of(&host).unwrap().to_string();
    assert!(listed.starts_with("schoolchat     running  school.test  0.1.0 (image "), "{listed}");
    assert!(listed.ends_with("vtnet0: 5222, 5223"), "{listed}");
    host.journal();

    // Again: nothing.
    let installed = everything(&host);
    assert!(install(&request(school("")), &host).unwrap().steps.is_empty());
    assert_eq!(everything(&host), installed);

    // What the daemon reads anew while it runs.
    let changed = school("[limits]\nresources-per-account = 3\n");
    install(&request(changed.clone()), &host).unwrap();
    let journal = host.journal();
    assert!(journal.contains("service schoolchat onereload") && !journal.contains("onerestart"), "{journal}");

    // What it is started with.
    let mut ports = changed.clone();
    ports.text.push_str("[network]\nstarttls = 6222\n");
    ports.site = Site::parse(Path::new("x"), &ports.text).unwrap();
    install(&request(ports), &host).unwrap();
    assert!(host.journal().contains("service schoolchat onerestart"));

    for (state, runs) in [(Service::Stopped, false), (Service::Started, true)] {
        carry_out(&Step::Service { name: "schoolchat".into(), state }, &host).unwrap();
        assert_eq!(running(&host, "schoolchat"), runs);
    }
    uninstall("schoolchat", true, &host).unwrap();
    assert_eq!(everything(&host), before);
    assert!(uninstall("schoolchat", true, &host).unwrap().steps.is_empty());
}

#[test]
fn what_was_typed_once_need_not_be_typed_again() {
    let host = Machine::new();
    let mut shared = request(school(""));
    shared.options.stack = Stack::Shared;
    shared.options.log_blocked = true;
    install(&shared, &host).unwrap();
    assert!(install(&request(school("")), &host).unwrap().steps.is_empty());
}

#[test]
fn an_interface_of_another_appliance_is_taken_out_again() {
    let host = Machine::new();
    install(&request(school("")), &host).unwrap();
    install(&request(other_school()), &host).unwrap();
    let mut record = Record::find(&host, Some("schoolchat")).unwrap();
    record.externals.push("otherschool_h".to_owned());
    carry_out(&files::record(&record), &host).unwrap();
    install(&request(school("")), &host).unwrap();
    assert_eq!(Record::find(&host, Some("schoolchat")).unwrap().externals, ["vtnet0"]);
}

#[test]
fn an_interface_that_was_named_stays_whatever_its_name_resembles() {
    let host = Machine::new();
    install(&request(school("")), &host).unwrap();
    let mut record = Record::find(&host, None).unwrap();
    record.externals = ["lo1", "lower0", "uplink_h"].map(str::to_owned).to_vec();
    carry_out(&files::record(&record), &host).unwrap();
    install(&request(school("")), &host).unwrap();
    assert_eq!(Record::find(&host, None).unwrap().externals, record.externals);
}

#[test]
fn the_data_stays_and_is_taken_up_again() {
    let host = Machine::new();
    let before = everything(&host);
    install(&request(school("")), &host).unwrap();
    let data = Layout::of("schoolchat").database();
    host.write(&data, b"schema 1\naccounts\n", 0o600).unwrap();
    uninstall("schoolchat", false, &host).unwrap();
    assert_eq!(host.read(&data).unwrap().unwrap(), b"schema 1\naccounts\n");
    assert!(host.state().accounts.contains("user"), "the data belong to nobody");
    assert!(uninstall("schoolchat", false, &host).unwrap().steps.is_empty());

    install(&request(school("")), &host).unwrap();
    assert_eq!(host.read(&data).unwrap().unwrap(), b"schema 1\naccounts\n");
    uninstall("schoolchat", true, &host).unwrap();
    assert_eq!(everything(&host), before);
}

#[test]
fn two_schools_do_not_touch_each_other() {
    let host = Machine::new();
    install(&request(school("")), &host).unwrap();
    let first = everything(&host);
    install(&request(other_school()), &host).unwrap();
    assert!(running(&host, "schoolchat") && running(&host, "otherschool"));
    let of_first = |all: &[String]| -> Vec<String> {
        all.iter().filter(|line| line.contains("schoolchat")).cloned().collect()
    };
    let both = of_first(&host.files());
    uninstall("otherschool", true, &host).unwrap();
    assert_eq!(of_first(&host.files()), both);
    assert_eq!(everything(&host), first);
}

#[test]
fn what_does_not_run_is_not_started_unless_that_is_asked_for() {
    let host = Machine::new();
    let mut quiet = request(school(""));
    quiet.options.start = false;
    install(&quiet, &host).unwrap();
    assert!(!running(&host, "schoolchat"));
    assert_eq!(host.state().rc["schoolchat_enable"], "YES");
    assert!(install(&quiet, &host).unwrap().steps.is_empty());
    quiet.options.start = true;
    install(&quiet, &host).unwrap();
    assert!(running(&host, "schoolchat"));
}

#[test]
fn a_damaged_record_is_no_reason_to_stay() {
    let host = Machine::new();
    let before = everything(&host);
    install(&request(school("")), &host).unwrap();
    host.write(&Layout::of("schoolchat").record(), b"{", 0o644).unwrap();
    let listed = listing::Listing::of(&host).unwrap().to_string();
    assert!(listed.contains("`jailbuild uninstall schoolchat` takes it away"), "{listed}");
    let plan = uninstall("schoolchat", true, &host).unwrap();
    assert!(plan.to_string().contains("going by where things lie"), "{plan}");
    assert_eq!(everything(&host), before);
}

#[test]
fn nothing_is_removed_below_a_mount_that_stays() {
    let host = Machine::new();
    install(&request(school("")), &host).unwrap();
    // Its script is gone, so nobody can stop it.
    host.remove(&Layout::of("schoolchat").service()).unwrap();
    let error = uninstall("schoolchat", true, &host).unwrap_err();
    assert!(error.to_string().contains("schoolchat"), "{error}");
    assert!(host.look(&Layout::of("schoolchat").data()).unwrap().is_some());
}

#[test]
fn a_daemon_that_does_not_answer_is_told_with_the_end_of_its_log() {
    let host = Machine::new();
    let request = request(school(""));
    host.state().broken_image = Some(format!("images/{}", request.image.digest).into());
    install(&request, &host).unwrap_err();
    host.write(&Layout::of("schoolchat").log(), b"no such luck\n", 0o600).unwrap();
    let Err(crate::Error::Failed { what, hint }) = install(&request, &host) else { panic!("it was started") };
    assert_eq!(what, "`schoolchat` was started, but its daemon does not answer");
    assert!(hint.unwrap().ends_with("no such luck"));
    // Mended, it goes on.
    host.state().broken_image = None;
    install(&request, &host).unwrap();
    assert!(running(&host, "schoolchat"));
}

#[test]
fn a_dataset_of_data_stays_until_it_is_purged() {
    let host = Machine::new();
    host.state().datasets.insert("zroot/chat".into(), "/zroot/chat".into());
    let before = everything(&host);
    let mut request = request(school(""));
    request.options.zfs = Some("zroot/chat".to_owned());
    install(&request, &host).unwrap();
    assert!(install(&request, &host).unwrap().steps.is_empty());
    host.write(&Layout::of("schoolchat").database(), b"schema 1\naccounts\n", 0o600).unwrap();
    uninstall("schoolchat", false, &host).unwrap();
    let names: Vec<_> = host.state().datasets.keys().cloned().collect();
    assert_eq!(names, ["zroot/chat", "zroot/chat/schoolchat-data"]);
    // Without a word about ZFS, the data is where it was.
    request.options.zfs = None;
    install(&request, &host).unwrap();
    uninstall("schoolchat", false, &host).unwrap();
    uninstall("schoolchat", true, &host).unwrap();
    assert_eq!(everything(&host), before);
    assert_eq!(host.state().datasets.len(), 1);
}

#[test]
fn a_dataset_that_is_not_mounted_is_not_taken_for_an_empty_one() {
    let host = Machine::new();
    host.state().datasets.insert("zroot/chat".into(), "/zroot/chat".into());
    let mut request = request(school(""));
    request.options.zfs = Some("zroot/chat".to_owned());
    install(&request, &host).unwrap();
    // Its key is not loaded, or somebody has unmounted it: its folder is empty.
    let data = "zroot/chat/schoolchat-data".to_owned();
    host.state().unmounted.insert(data.clone());
    let plan = uninstall("schoolchat", false, &host).unwrap();
    assert!(host.state().datasets.contains_key(&data), "every account is lost:\n{plan}");
    assert!(plan.to_string().contains("--purge` erases them"), "{plan}");
    uninstall("schoolchat", true, &host).unwrap();
    assert!(!host.state().datasets.contains_key(&data));
}

#[test]
fn a_new_certificate_is_taken_in_while_it_runs() {
    let host = Machine::new();
    install(&request(school("")), &host).unwrap();
    let record = Record::find(&host, None).unwrap();
    let mut renewed = school("");
    renewal::require(&record, &renewed.authority, &host).unwrap();
    assert!(renewal::plan(&record, &renewed, &host).unwrap().steps.is_empty());

    renewed.chain = "another leaf".to_owned();
    renewed.key = Key::new("another key");
    host.journal();
    renewal::plan(&record, &renewed, &host).unwrap().carry_out(&host, &mut |_| {}).unwrap();
    let journal = host.journal();
    assert!(journal.contains("service schoolchat onereload") && !journal.contains("onerestart"), "{journal}");
    let settings = Layout::of("schoolchat").settings();
    assert_eq!(host.text(&settings.join("chain.pem")).unwrap().as_deref(), Some("another leaf"));
    assert_eq!(host.text(&settings.join("key.pem")).unwrap().as_deref(), Some("another key"));
    assert!(renewal::plan(&record, &renewed, &host).unwrap().steps.is_empty());

    carry_out(&Step::Service { name: "schoolchat".into(), state: Service::Stopped }, &host).unwrap();
    renewed.chain = "yet another".to_owned();
    let plan = renewal::plan(&record, &renewed, &host).unwrap();
    assert_eq!(plan.steps.len(), 1, "what is stopped is not started by this: {plan}");

    let refused = renewal::require(&record, "of another school", &host).unwrap_err();
    assert!(refused.to_string().contains("another authority"), "{refused}");
}
