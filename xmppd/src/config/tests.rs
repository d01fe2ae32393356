#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::router::{ContactPolicy, Visibility};

const SMALLEST: &str = "domain = \"school.test\"\norganisation = \"The School\"\n";

#[test]
fn the_smallest_file_gets_the_defaults() {
    let config = Config::parse(SMALLEST).unwrap();
    assert_eq!(config.domain.as_str(), "school.test");
    assert_eq!((config.listen.starttls.number(), config.listen.direct_tls.number()), (5222, 5223));
    assert_eq!(config.limits.stanza_bytes, 65_536);
    assert_eq!(config.limits.offline_days, 30);
    assert_eq!(config.roster.visibility, Visibility::Everyone);
    assert_eq!(config.roster.contacts, ContactPolicy::Everybody);
    assert!(!config.show_version, "who attacks a server likes to know");
    assert!(!config.login.plain, "passwords in the clear are for those who ask for it");
}

#[test]
fn every_key_can_be_given() {
    let text = format!(
        "{SMALLEST}
        show-version = true
        [listen]\naddresses = [\"127.0.0.1\", \"::1\"]\nstarttls = 15222\ndirect-tls = 15223
        [roster]\nvisibility = \"groups\"\nsees-everyone = [\"Staff\", \"5a\"]\ncontacts = \"groups\"
        [login]\nplain = true\ntoken-days = 0
        [tls]\nchain = \"a.pem\"\nkey = \"/b.pem\"
        [limits]\nstanza-bytes = 10000\nbytes-per-second = 1024\nburst-bytes = 2048\nconnections = 1
        connections-per-address = 2\nunauthenticated-seconds = 3\nresources-per-account = 4
        personal-bytes = 65536
        resumption-seconds = 0\nsilence-seconds = 10\npatience-seconds = 1
        offline-messages = 0\noffline-bytes = 10000\noffline-days = 6
        [rooms]\ncreators = \"administrators\"\nmost = 1\nmost-per-account = 0
        most-occupants = 2\nmost-history = 0
        [[room]]\nname = \"class-4b\"\ntitle = \"Class 4b\"\ngroups = [\"Class 4b\"]
        moderators = [\"capulet\"]\nowners = [\"escalus\"]
        [web]\nenabled = true\nport = 15443\nhost = \"web.school.test\"\naddresses = [\"192.168.1.5\"]
        origins = [\"https://web.school.test:15443\"]
        [upload]\nenabled = true\nmax-bytes = 1024\nquota-bytes = 2000000\ntotal-bytes = 4000000\ndays = 7
        types = [\"application/octet-stream\", \"image/*\"]"
    );
    let config = Config::parse(&text).unwrap();
    assert_eq!(config.listen.addresses.len(), 2);
    assert_eq!(config.limits.resources_per_account, 4);
    assert_eq!(config.roster.visibility, Visibility::Groups);
    assert_eq!(config.roster.sees_everyone.len(), 2);
    assert_eq!(config.roster.contacts, ContactPolicy::Groups);
    let rooms = config.room_settings();
    assert_eq!((rooms.creators, rooms.staff.len()), (Creators::Administrators, 2));
    assert_eq!(rooms.made[0].title.clone(), "Class 4b".parse().unwrap());
    assert!(config.login.plain && config.login.token_days == 0 && config.show_version);
}

#[test]
fn paths_are_relative_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xmppd.toml");
    fs::write(&path, format!("{SMALLEST}[tls]\nkey = \"/elsewhere/key.pem\"")).unwrap();
    let config = Config::load(&path).unwrap();
    assert_eq!(config.tls.chain, folder.path().join("chain.pem"));
    assert_eq!(config.tls.key, Path::new("/elsewhere/key.pem"));
}

#[test]
fn mistakes_point_at_their_place() {
    let mistakes = [
        "[listen]\nstarttls = 5269",
        "[listen]\nstarttls = 5223",
        "[listen]\naddresses = []",
        "[listen]\naddresses = [\"localhost\"]",
        "[limits]\nstanza-bytes = 9999",
        "[limits]\nconnections = -1",
        "[limits]\nwords = 1",
        "[roster]\nvisibility = \"classes\"",
        "[roster]\nsees-everyone = [\"\"]",
        "[roster]\ncontacts = \"everyone\"",
        "[rooms]\ncreators = \"children\"",
        "[[room]]\nname = \"a b\"\ntitle = \"x\"",
        "[[room]]\nname = \"class-4b\"",
        "[[room]]\nname = \"a\"\ntitle = \"x\"\n[[room]]\nname = \"a\"\ntitle = \"y\"",
        "[web]\norigins = [\"https://school.test/\"]",
        "[web]\nenabled = true\nport = 5223",
        "[upload]\nenabled = true",
        "[upload]\ntypes = [\"image\"]",
        "[login]\ntoken-days = 366",
        "federation = true",
        "[tls\n",
    ];
    let told = mistakes.map(|rest| {
        let mistake = Config::parse(&format!("{SMALLEST}{rest}")).unwrap_err();
        let hint = mistake.hint.as_deref().unwrap_or("none");
        format!("{mistake}\nhint: {hint}\n")
    });
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_domain_is_a_host_name() {
    let parse = |domain: &str| Config::parse(&format!("domain = {domain:?}\norganisation = \"x\""));
    assert_eq!(parse("School.TEST").unwrap().domain.as_str(), "school.test");
    assert_eq!(parse("schüle.test").unwrap().domain.as_str(), "schüle.test");
    for refused in
        ["", "a@school.test", "school.test:5222", "192.0.2.1", "[::1]", "school..test", "-a.test", "a b"]
    {
        assert!(parse(refused).is_err(), "{refused}");
    }
}

#[test]
fn an_unreadable_file_is_named() {
    let error = Config::load(Path::new("/nonexistent/xmppd.toml")).unwrap_err();
    assert!(error.to_string().starts_with("cannot read `/nonexistent/xmppd.toml`: "));
    assert!(error.hint().is_some());
}
