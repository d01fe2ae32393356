//! A kit made, and read back by those who did not make it.

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::*;
use crate::site::{Folder, certificates};

struct School {
    _place: tempfile::TempDir,
    folder: Folder,
}

fn school() -> School {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::at(place.path().join("site"));
    certificates::ensure(&Site::example(), &folder, OffsetDateTime::now_utc()).unwrap();
    School { _place: place, folder }
}

impl School {
    fn kit(&self) -> Kit {
        let authority = file::read_text(&self.folder.authority()).unwrap();
        Kit::of(&Site::example(), &authority, &Texts::of(&self.folder), Size::A4).unwrap()
    }
}

fn content<'a>(kit: &'a Kit, name: &str) -> &'a [u8] {
    &kit.files.iter().find(|(known, _)| known == name).unwrap().1
}

#[test]
fn the_same_certificate_always_makes_the_same_kit() {
    let school = school();
    assert_eq!(school.kit(), school.kit());
    let names: Vec<_> = school.kit().files.into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "ca.crt",
            "ca.pem",
            "schoolchat.mobileconfig",
            "FINGERPRINTS.txt",
            "android-en.pdf",
            "iphone-ipad-en.pdf",
            "linux-en.pdf",
            "macos-en.pdf",
            "windows-en.pdf",
        ]
    );
}

#[test]
fn every_form_holds_the_authoritys_certificate() {
    let school = school();
    let kit = school.kit();
    let authority = first_of(&file::read_text(&school.folder.authority()).unwrap()).unwrap();
    assert_eq!(content(&kit, "ca.crt"), authority.as_ref());
    let pem = String::from_utf8_lossy(content(&kit, "ca.pem")).into_owned();
    assert_eq!(first_of(&pem).unwrap(), authority);

    let profile = plist::Value::from_reader_xml(content(&kit, "schoolchat.mobileconfig")).unwrap();
    let profile = profile.as_dictionary().unwrap();
    assert_eq!(profile["PayloadIdentifier"].as_string(), Some("test.school.trust"));
    assert_eq!(profile["PayloadRemovalDisallowed"].as_boolean(), Some(false));
    let root = profile["PayloadContent"].as_array().unwrap()[0].as_dictionary().unwrap();
    assert_eq!(root["PayloadType"].as_string(), Some("com.apple.security.root"));
    assert_eq!(root["PayloadContent"].as_data(), Some(authority.as_ref()));
    let uuid = |payload: &plist::Dictionary| payload["PayloadUUID"].as_string().unwrap().to_owned();
    assert_ne!(uuid(profile), uuid(root));
    // Version 8, variant 2 (RFC 9562 §4).
    assert_eq!(uuid(root).as_bytes()[14], b'8');
    assert!(b"89AB".contains(&uuid(root).as_bytes()[19]), "{}", uuid(root));
}

#[test]
fn no_key_comes_along_wherever_it_stands() {
    let school = school();
    let mut authority = file::read_text(&school.folder.authority()).unwrap();
    let key = Zeroizing::new(file::read_text(&school.folder.authority_key()).unwrap());
    authority.push_str(&key);
    let site = Site::example();
    let kit = Kit::of(&site, &authority, &Texts::of(&school.folder), Size::A4).unwrap();
    for (name, content) in &kit.files {
        assert!(memchr::memmem::find(content, b"PRIVATE KEY").is_none(), "{name} holds a key");
    }
    assert_eq!(kit, school.kit());
}

#[test]
fn what_is_not_of_the_kit_stays() {
    let out = tempfile::tempdir().unwrap();
    for name in ["ca.pem", "notes.txt"] {
        std::fs::write(out.path().join(name), "mine").unwrap();
    }
    let kit = school().kit();
    kit.write(out.path()).unwrap();
    assert_eq!(file::read_text(&out.path().join("notes.txt")).unwrap(), "mine");
    assert_eq!(file::read(&out.path().join("ca.pem")).unwrap(), content(&kit, "ca.pem"));
}
