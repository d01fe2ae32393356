//! What the daemon gets is what the site says.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::school;
use crate::site::{Answers, Organisation, Site, settings, write_settings};

#[test]
fn the_settings_of_the_daemon_say_what_the_site_says() {
    let school = school();
    let destination = school.folder.chain().parent().unwrap().join("settings");
    write_settings(&school.site, &school.folder, &destination).unwrap();
    let text = fs::read_to_string(destination.join("xmppd.toml")).unwrap();
    let settings: toml::Table = text.parse().unwrap();
    assert_eq!(settings["domain"].as_str(), Some("school.test"));
    assert_eq!(settings["login"], toml::Value::try_from(&school.site.login).unwrap());
    assert_eq!(settings["limits"], toml::Value::try_from(&school.site.limits).unwrap());
    assert_eq!(settings["web"], toml::Value::try_from(&school.site.web).unwrap());
    assert_eq!(settings["upload"], toml::Value::try_from(&school.site.upload).unwrap());
    assert_eq!(settings["roster"], toml::Value::try_from(&school.site.roster).unwrap());
    insta::assert_snapshot!(text);

    let mode = |name: &str| fs::metadata(destination.join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("key.pem"), mode("chain.pem"), mode("xmppd.toml")), (0o600, 0o644, 0o644));
    let same = |name: &str, file: &Path| {
        assert_eq!(fs::read(destination.join(name)).unwrap(), fs::read(file).unwrap());
    };
    same("key.pem", &school.folder.key());
    same("chain.pem", &school.folder.chain());
}

#[test]
fn what_the_school_opens_to_browsers_is_opened() {
    let text = "domain = \"school.test\"\norganisation = \"A\"\n[web]\nenabled = true\nport = 5500\n[upload]\n\
                enabled = true\ndays = 7";
    let site = Site::parse(Path::new("jailbuild.toml"), text).unwrap();
    let settings: toml::Table = settings(&site).unwrap().parse().unwrap();
    assert_eq!(settings["web"]["enabled"].as_bool(), Some(true));
    assert_eq!(settings["web"]["port"].as_integer(), Some(5500));
    assert_eq!(settings["upload"]["enabled"].as_bool(), Some(true));
    assert_eq!(settings["upload"]["days"].as_integer(), Some(7));
}

#[test]
fn what_the_school_decides_is_what_the_daemon_gets() {
    let text = "domain = \"school.test\"\norganisation = \"A\"\nshow-version = true\n[login]\nplain = true\n\
                token-days = 0\n[limits]\noffline-days = 7\n[web]\norigins = [\"https://www.school.test\"]\n\
                [upload]\ntypes = [\"image/*\"]";
    let site = Site::parse(Path::new("jailbuild.toml"), text).unwrap();
    let settings: toml::Table = settings(&site).unwrap().parse().unwrap();
    assert_eq!(settings["show-version"].as_bool(), Some(true));
    assert_eq!(settings["login"].to_string(), "{ plain = true, token-days = 0 }");
    assert_eq!(settings["limits"]["offline-days"].as_integer(), Some(7));
    assert_eq!(settings["web"]["origins"].to_string(), "[\"https://www.school.test\"]");
    assert_eq!(settings["upload"]["types"].to_string(), "[\"image/*\"]");
}

#[test]
fn an_organisation_cannot_add_settings() {
    let organisation = Organisation::parse("The \"School\"' [limits] \\").unwrap();
    let site = Site { organisation, ..Site::example() };
    let settings: toml::Table = settings(&site).unwrap().parse().unwrap();
    assert_eq!(settings["organisation"].as_str(), Some("The \"School\"' [limits] \\"));
    let written = Answers::new(site.domain.clone(), site.organisation.clone()).file_text().unwrap();
    assert_eq!(Site::parse(Path::new("jailbuild.toml"), &written).unwrap(), site);
}

#[test]
fn a_school_of_classes_gets_a_roster_of_classes() {
    let file = "domain = \"school.test\"\norganisation = \"A\"\n[roster]\nvisibility = \"groups\"\n\
                sees-everyone = [\"\\\"5a\\\"\", \"Staff\"]\ncontacts = \"groups\"\n";
    let site = Site::parse(Path::new("jailbuild.toml"), file).unwrap();
    let settings: toml::Table = settings(&site).unwrap().parse().unwrap();
    let roster: toml::Table =
        "visibility = 'groups'\nsees-everyone = ['\"5a\"', 'Staff']\ncontacts = 'groups'".parse().unwrap();
    assert_eq!(settings["roster"].as_table(), Some(&roster));
}

#[test]
fn the_daemon_gets_the_rooms_of_the_site() {
    let text = "domain = \"school.test\"\norganisation = \"The School\"\n[rooms]\ncreators = \"everyone\"\n\
                [[room]]\nname = \"class-4b\"\ntitle = \"Class \\\"4b\\\"\"\ngroups = [\"4b\"]\nowners = [\"zoë\"]\n";
    let site = Site::parse(Path::new("jailbuild.toml"), text).unwrap();
    let settings: toml::Table = settings(&site).unwrap().parse().unwrap();
    assert_eq!(settings["rooms"]["creators"].as_str(), Some("everyone"));
    let room = &settings["room"][0];
    assert_eq!((room["title"].as_str(), room["owners"][0].as_str()), (Some("Class \"4b\""), Some("zoë")));
}
