//! Accounts out of a backup, also on a host that dies between any two acts.

use super::*;
use crate::{
    appliance::{
        machine::Impairment,
        restore::{self, Restored},
    },
    backup::fixture::backup_of,
};

const BEFORE: &str = "schema 1\nromeo\n";
const BACKUP: &[u8] = b"schema 1\njuliet\n";

fn installed(zfs: bool) -> Machine {
    let host = Machine::new();
    let mut request = request(school(""));
    if zfs {
        host.state().datasets.insert("zroot/chat".to_owned(), String::new());
        request.options.zfs = Some("zroot/chat".to_owned());
    }
    install(&request, &host).unwrap();
    host.write_store(&layout(), "romeo");
    host.journal();
    host
}

fn layout() -> Layout {
    Layout::of("schoolchat")
}

fn record(host: &Machine) -> Record {
    Record::read(host, &layout()).unwrap().unwrap()
}

fn restore(host: &Machine, database: &[u8]) -> Result<Restored> {
    restore::plan(&record(host), database, host)?.carry_out(host, &mut |_| ())
}

fn give_up(host: &Machine) -> Result<Option<Restored>> {
    let planned = restore::give_up(&record(host), host)?;
    planned.map(|planned| planned.give_up(host, &mut |_| ())).transpose()
}

/// It runs on this data, and nothing is left of the way to it.
fn expect(host: &Machine, store: &str, case: &str) {
    assert_eq!(host.store(&layout()), store, "{case}");
    assert_eq!(record(host).under_way, None, "{case}");
    assert!(host.state().running.contains_key("schoolchat"), "{case}");
    assert!(host.state().mounts.is_empty(), "{case}");
    let files = host.files();
    for gone in ["restoring", "rehearsal", "saved", "saving", "uploads", "sqlite-wal"] {
        assert!(!files.iter().any(|line| line.contains(gone)), "{case}: {gone} is left");
    }
    assert!(!host.state().datasets.keys().any(|name| name.contains('@')), "{case}");
    let database =
        format!("{} {:?} 5222:5222", layout().database().display(), crate::host::Found::File { mode: 0o600 });
    let is_its = host.files().iter().any(|line| line.starts_with(&database));
    assert!(is_its || store == BEFORE, "{case}: {files:?}");
}

#[test]
fn the_plan_of_a_restoration() {
    for (zfs, name) in [(false, "the_plan_of_a_restoration"), (true, "the_plan_of_a_restoration_on_zfs")] {
        let planned = restore::plan(&record(&installed(zfs)), BACKUP, &installed(zfs)).unwrap();
        let text = planned.to_string().replace(&IMAGE.digest.to_string(), "DIGEST");
        insta::assert_snapshot!(name, without_lengths(&text));
    }
}

#[test]
fn accounts_come_back_and_what_was_there_goes() {
    for zfs in [false, true] {
        let host = installed(zfs);
        for left in ["uploads/file", "xmppd.sqlite-wal"] {
            host.write(&layout().data().join(left), b"of before", 0o600).unwrap();
        }
        let restored = restore(&host, BACKUP).unwrap();
        let said = restored.to_string();
        assert!(said.contains("`jailbuild verify --installed schoolchat`"), "{said}");
        assert_eq!((restored.exit_code(false), restored.migration.unwrap().accounts), (0, 40));
        expect(&host, "schema 1\njuliet\n", "restored");
    }
}

#[test]
fn what_was_stopped_stays_stopped() {
    let host = installed(false);
    carry_out(&Step::Service { name: "schoolchat".into(), state: Service::Stopped }, &host).unwrap();
    let said = restore(&host, BACKUP).unwrap().to_string();
    assert!(said.contains("it is stopped, as it was") && !said.contains("verify"), "{said}");
    assert!(host.state().running.is_empty());
}

#[test]
fn what_ran_badly_is_started() {
    for impairment in Impairment::ALL {
        let host = installed(false);
        host.impair("schoolchat", impairment);
        let said = restore(&host, BACKUP).unwrap().to_string();
        assert!(said.contains(", and runs"), "{impairment:?}: {said}");
        expect(&host, "schema 1\njuliet\n", "restored");
        assert!(host.state().impaired.is_empty(), "{impairment:?}");
    }
}

#[test]
fn data_that_the_daemon_does_not_take_never_comes_near() {
    let host = installed(false);
    let before = everything(&host);
    let error = restore(&host, b"schema 9\njuliet\n").unwrap_err();
    assert!(error.to_string().contains("the data has schema 9, and this xmppd knows 1 at most"), "{error}");
    assert_eq!(everything(&host), before);
    let journal = host.journal();
    assert!(!journal.contains("onestop"), "it served as ever: {journal}");
}

#[test]
fn a_daemon_that_does_not_start_has_its_data_back() {
    for zfs in [false, true] {
        let host = installed(zfs);
        let image = format!("images/{}", IMAGE.digest);
        host.state().broken_image = Some(image.into());
        let restored = restore(&host, BACKUP).unwrap();
        assert_eq!((restored.exit_code(false), restored.runs), (1, false), "{restored}");
        let said = restored.to_string();
        assert!(said.contains("data of before\nfailed: "), "{said}");
        assert!(said.contains("its daemon does not answer"), "{said}");
        host.state().broken_image = None;
        carry_out(&Step::Service { name: "schoolchat".into(), state: Service::Started }, &host).unwrap();
        expect(&host, BEFORE, "taken back");
    }
}

#[test]
fn whoever_goes_on_does_not_take_for_done_what_was_taken_back() {
    let start = installed(false);
    let image = format!("images/{}", IMAGE.digest);
    start.state().broken_image = Some(image.into());
    let undisturbed = start.twin();
    restore(&undisturbed, BACKUP).unwrap();
    for acts in 0..undisturbed.journal().lines().count() {
        let host = start.twin();
        host.dies_after(Some(acts));
        restore(&host, BACKUP).unwrap_err();
        host.revive();
        if record(&host).under_way.is_none() {
            continue;
        }
        let restored = restore(&host, BACKUP).unwrap();
        assert!(restored.taken_back.is_some(), "before act {acts}: {restored}");
        assert_eq!(host.store(&layout()), BEFORE, "before act {acts}");
    }
}

#[test]
fn what_does_not_start_again_is_not_in_the_way_of_what_cures_it() {
    for zfs in [false, true] {
        let host = installed(zfs);
        host.impair("schoolchat", Impairment::Crashing);
        let error = restore(&host, b"schema 9\njuliet\n").unwrap_err();
        assert!(error.to_string().contains("does not start as it was before"), "{error}");
        assert_eq!(record(&host).under_way, None);

        host.dies_after(Some(30));
        restore(&host, BACKUP).unwrap_err();
        host.revive();
        let given_up = give_up(&host).unwrap().unwrap();
        assert_eq!(given_up.exit_code(true), 1, "{given_up}");
        assert_eq!((record(&host).under_way, host.store(&layout()).as_str()), (None, BEFORE));

        let restored = restore(&host, BACKUP).unwrap();
        assert_eq!((restored.exit_code(false), restored.runs), (0, true), "{restored}");
        expect(&host, "schema 1\njuliet\n", "cured");
    }
}

#[test]
fn another_school_s_backup_is_refused_and_another_authority_told() {
    let host = installed(false);
    let place = tempfile::tempdir().unwrap();
    let other = backup_of(&place, "other.test");
    let error = restore::compare(&other, &record(&host), &host).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert_eq!(
        error.to_string(),
        "the backup is of other.test, and `schoolchat` is the appliance of school.test"
    );
    let place = tempfile::tempdir().unwrap();
    let ours = backup_of(&place, "school.test");
    let told = restore::compare(&ours, &record(&host), &host).unwrap();
    assert!(told[0].starts_with("the backup has another authority"), "{told:?}");
    let authority = ours.file(&crate::backup::Place::authority()).unwrap();
    host.write(&layout().authority(), authority, 0o644).unwrap();
    assert!(restore::compare(&ours, &record(&host), &host).unwrap().is_empty());
}

#[test]
fn while_one_is_under_way_nothing_else_begins() {
    let host = installed(false);
    host.dies_after(Some(30));
    restore(&host, BACKUP).unwrap_err();
    host.revive();
    let error = restore(&host, b"schema 1\nanother\n").unwrap_err();
    assert!(error.to_string().contains("a restoration was begun and has not ended"), "{error}");
    assert_eq!(install::plan(&request(school("")), &host).unwrap_err().exit_code(), 3);
    give_up(&host).unwrap().unwrap();
    expect(&host, BEFORE, "given up");
    assert!(give_up(&host).unwrap().is_none(), "nothing is under way");
}

#[test]
fn what_is_installed_goes_into_a_backup() {
    let host = installed(false);
    let school = crate::appliance::gather::school(&layout(), &host).unwrap();
    let places: Vec<_> = school.files().map(|(place, _)| place.as_str().to_owned()).collect();
    let expected = [
        "installed/appliance.json",
        "site/jailbuild.toml",
        "site/site/ca/ca.pem",
        "site/site/tls/chain.pem",
        "site/site/tls/key.pem",
    ];
    assert_eq!(places, expected);
    assert!(!school.has_authority_key());
}

/// Lets a restoration die before each act that changes something, then somebody goes on or back.
fn dies_everywhere(zfs: bool, power_fails: bool, goes_on: bool) {
    let undisturbed = installed(zfs);
    restore(&undisturbed, BACKUP).unwrap();
    let journal = undisturbed.journal();
    let looks = ["stat ", "jls ", "zfs list ", "mount\n", "env -i jexec "];
    let changes = journal.lines().enumerate().filter(|(_, act)| {
        !looks.iter().any(|look| format!("{act}\n").starts_with(look)) && !act.ends_with(" onestatus")
    });
    let start = installed(zfs);
    let mut count = 0;
    for (acts, act) in changes {
        count += 1;
        let case = format!("zfs {zfs}, power fails {power_fails}, goes on {goes_on}, before {act}");
        let host = start.twin();
        host.dies_after(Some(acts));
        restore(&host, BACKUP).unwrap_err();
        if power_fails {
            host.boot();
        } else {
            host.revive();
        }
        let was_under_way = record(&host).under_way.is_some();
        if goes_on {
            let restored = restore(&host, BACKUP).unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(restored.taken_back, None, "{case}");
            expect(&host, "schema 1\njuliet\n", &case);
        } else if was_under_way {
            let restored = give_up(&host).unwrap_or_else(|error| panic!("{case}: {error}")).unwrap();
            let store = if restored.taken_back.is_some() { BEFORE } else { "schema 1\njuliet\n" };
            expect(&host, store, &case);
        }
    }
    assert!(count > 20, "{journal}");
}

#[test]
fn whoever_is_killed_goes_on_or_back() {
    for goes_on in [true, false] {
        dies_everywhere(false, false, goes_on);
        dies_everywhere(true, false, goes_on);
    }
}

#[test]
fn whose_power_fails_goes_on_or_back() {
    for goes_on in [true, false] {
        dies_everywhere(false, true, goes_on);
        dies_everywhere(true, true, goes_on);
    }
}
