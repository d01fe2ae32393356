//! Every class of mistake in a school's file, as the administrator sees it.

use std::{fs, path::Path};

use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::{error::Error, site::Site};

const GOOD: &str = "domain = \"school.test\"\norganisation = \"The School\"\n";

/// The whole message, as it stands on a terminal without colours.
fn message(error: &Error) -> String {
    assert_eq!(error.exit_code(), 3);
    let mut message = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(110)
        .render_report(&mut message, error)
        .unwrap();
    message.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn refusal(text: &str) -> String {
    message(&Site::parse(Path::new("jailbuild.toml"), text).unwrap_err())
}

macro_rules! refused {
    ($($name:ident: $text:expr;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(refusal(&$text));
        }
    )*};
}

refused! {
    base_sha256_without_archive: format!("{GOOD}base-sha256 = \"{}\"\n", "0".repeat(64));
    base_that_is_none: format!("{GOOD}base = \"hots\"\n");
    burst_too_small: format!("{GOOD}[limits]\nburst-bytes = 1\n");
    digest_too_short: format!("{GOOD}base = \"base.txz\"\nbase-sha256 = \"abc\"\n");
    contacts_unknown: format!("{GOOD}[roster]\ncontacts = \"everyone\"\n");
    domain_missing: "organisation = \"The School\"\n";
    domain_of_one_label: "domain = \"localhost\"\norganisation = \"The School\"\n";
    domain_that_is_an_address: "domain = \"192.0.2.1\"\norganisation = \"The School\"\n";
    domain_with_an_underscore: "domain = \"my_school.test\"\norganisation = \"The School\"\n";
    files_without_the_web: format!("{GOOD}[upload]\nenabled = true\n");
    flavor_unknown: format!("{GOOD}flavor = \"vanilla\"\n");
    group_empty: format!("{GOOD}[roster]\nsees-everyone = [\"Teachers\", \" \"]\n");
    group_like_several: format!("{GOOD}[roster]\nsees-everyone = [\"Teachers, Staff\"]\n");
    groups_of_a_room_in_one: format!("{GOOD}[[room]]\nname = \"a\"\ntitle = \"A\"\ngroups = [\"4b;Choir\"]\n");
    key_twice: format!("{GOOD}domain = \"other.test\"\n");
    key_unknown: format!("{GOOD}port = 5222\n");
    key_unknown_in_a_table: format!("{GOOD}[network]\nlnik = \"10.66.0.0/30\"\n");
    lan_empty: format!("{GOOD}[network]\nlan = []\n");
    lan_overlapping_itself: format!("{GOOD}[network]\nlan = [\"192.168.0.0/16\", \"192.168.7.0/24\"]\n");
    lan_overlapping_the_link: format!("{GOOD}[network]\nlan = [\"10.0.0.0/8\"]\n");
    lan_public: format!("{GOOD}[network]\nlan = [\"0.0.0.0/0\"]\n");
    language_bad: format!("{GOOD}languages = [\"en\", \"klingonese\"]\n");
    language_twice: format!("{GOOD}languages = [\"en\", \"EN\"]\n");
    languages_empty: format!("{GOOD}languages = []\n");
    leaf_days_too_many: format!("{GOOD}[tls]\nleaf-days = 826\n");
    link_too_wide: format!("{GOOD}[network]\nlink = \"10.66.0.0/24\"\n");
    link_with_host_bits: format!("{GOOD}[network]\nlink = \"10.66.0.1/30\"\n");
    media_type_bad: format!("{GOOD}[upload]\ntypes = [\"image\"]\n");
    name_too_long: format!("{GOOD}name = \"the_chat_of_our_school\"\n");
    origin_with_a_path: format!("{GOOD}[web]\norigins = [\"https://www.school.test/\"]\n");
    organisation_empty: "domain = \"school.test\"\norganisation = \" \"\n";
    port_of_servers: format!("{GOOD}[network]\nstarttls = 5269\n");
    port_of_the_web_taken: format!("{GOOD}[web]\nenabled = true\nport = 5223\n");
    port_reserved: format!("{GOOD}[network]\nstarttls = 443\n");
    port_twice: format!("{GOOD}[network]\nstarttls = 5223\n");
    recipient_bad: format!("{GOOD}[backup]\nrecipients = [\"anna\"]\n");
    release_too_old: format!("{GOOD}base = \"13.5\"\n");
    room_creators_unknown: format!("{GOOD}[rooms]\ncreators = \"children\"\n");
    room_name_bad: format!("{GOOD}[[room]]\nname = \"Class 4b\"\ntitle = \"Class 4b\"\n");
    room_twice: format!("{GOOD}[[room]]\nname = \"a\"\ntitle = \"A\"\n[[room]]\nname = \"a\"\ntitle = \"B\"\n");
    stanza_too_small: format!("{GOOD}[limits]\nstanza-bytes = 9999\n");
    syntax: "domain = school.test\n";
    type_not_a_list: format!("{GOOD}languages = \"en\"\n");
    type_not_a_number: format!("{GOOD}[limits]\nconnections = \"many\"\n");
    type_not_a_string: "domain = 5\norganisation = \"The School\"\n";
    type_not_a_table: format!("{GOOD}network = \"10.66.0.0/30\"\n");
    visibility_unknown: format!("{GOOD}[roster]\nvisibility = \"classes\"\n");
}

#[test]
fn a_file_that_is_not_there() {
    insta::assert_snapshot!(message(&Site::load(Path::new("/nonexistent/jailbuild.toml")).unwrap_err()));
}

#[test]
fn a_file_that_is_not_utf8() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jailbuild.toml");
    fs::write(&path, b"domain = \"school.test\"\norganisation = \"\xc9cole\"\n").unwrap();
    let message = message(&Site::load(&path).unwrap_err());
    insta::assert_snapshot!(message.replace(&*path.to_string_lossy(), "jailbuild.toml"));
}

#[test]
fn the_written_file_shows_the_defaults() {
    assert_eq!(Site::parse(Path::new("jailbuild.toml"), GOOD).unwrap(), Site::example());
}
