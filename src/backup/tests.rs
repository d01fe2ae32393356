use std::{fs, os::unix::fs::PermissionsExt as _};

use age::secrecy::SecretString;
use proptest::prelude::*;
use tempfile::TempDir;
use time::OffsetDateTime;

use super::{
    fixture::{backup, database, key, origin},
    *,
};
use crate::site::Origin;

fn passphrase(words: &str) -> SecretString {
    SecretString::from(words.to_owned())
}

/// A backup with something changed, sealed all the same.
fn resealed(change: impl FnOnce(&mut Backup), lock: &Lock) -> Vec<u8> {
    let mut backup = backup(&TempDir::new().unwrap());
    change(&mut backup);
    seal::sealed(&archive::written(&backup).unwrap(), lock).unwrap()
}

#[test]
fn what_was_written_is_read() {
    let place = TempDir::new().unwrap();
    let backup = backup(&place);
    let (key, lock) = key();
    let path = place.path().join("one");
    let written = backup.write(&path, &lock).unwrap();
    let found = fs::metadata(&path).unwrap();
    assert_eq!((found.len(), found.permissions().mode() & 0o777), (written, 0o600));
    assert_eq!(Backup::open(&path, &key).unwrap(), backup);
    assert_eq!(backup.site().unwrap().domain.as_str(), "school.test");
    let places: Vec<_> = backup.files().map(|(place, _)| place.as_str()).collect();
    assert_eq!(
        places,
        [
            "data/xmppd.sqlite",
            "site/jailbuild.toml",
            "site/site/ca/ca.key",
            "site/site/ca/ca.pem",
            "site/site/tls/chain.pem",
            "site/site/tls/key.pem",
        ]
    );
    assert_eq!(backup.write(&path, &lock).unwrap_err().exit_code(), 3, "nothing is written over");
}

#[test]
fn what_it_says_of_itself() {
    let backup = backup(&TempDir::new().unwrap());
    let mut json: serde_json::Value = serde_json::from_slice(&backup.manifest.to_json()).unwrap();
    for (place, described) in json["files"].as_object_mut().unwrap() {
        if place != "data/xmppd.sqlite" {
            *described = "…".into(); // of this test's keys
        }
    }
    json["made-by"] = "VERSION".into();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
    assert_eq!(backup.manifest.day(), "2027-01-15");
}

#[test]
fn no_key_is_shown() {
    let backup = backup(&TempDir::new().unwrap());
    let shown = format!("{backup:?}{}", backup.manifest);
    assert!(!shown.contains("PRIVATE KEY") && shown.contains("ca.key"), "{shown}");
}

#[test]
fn a_passphrase_opens_it_and_no_other() {
    let place = TempDir::new().unwrap();
    let backup = backup(&place);
    let path = place.path().join("one");
    backup.write(&path, &Lock::Passphrase(passphrase("correct horse"))).unwrap();
    assert_eq!(Backup::open(&path, &Key::Passphrase(passphrase("correct horse"))).unwrap(), backup);
    let error = Backup::open(&path, &Key::Passphrase(passphrase("battery staple"))).unwrap_err();
    assert!(error.to_string().ends_with("this passphrase does not open the backup"), "{error}");
    assert_eq!(error.exit_code(), 3);
    let error = Backup::open(&path, &key().0).unwrap_err().to_string();
    assert!(error.ends_with("a passphrase opens this backup, and nothing else"), "{error}");
}

#[test]
fn another_key_does_not_open_it() {
    let (_, lock) = key();
    let sealed = resealed(|_| (), &lock);
    let error = Backup::judged(&sealed, &key().0).unwrap_err();
    assert_eq!((error.exit_code(), error.to_string().as_str()), (3, "none of these keys opens the backup"));
    let error = Backup::judged(&sealed, &Key::Passphrase(passphrase("x"))).unwrap_err().to_string();
    assert_eq!(error, "the key of a recipient opens this backup, and nothing else");
}

#[test]
fn keys_of_ssh_open_what_is_for_them() {
    let place = TempDir::new().unwrap();
    let secret = ssh_key::PrivateKey::random(&mut rand_core(), ssh_key::Algorithm::Ed25519).unwrap();
    let (private, public) = (place.path().join("id"), place.path().join("id.pub"));
    let openssh = secret.to_openssh(ssh_key::LineEnding::LF).unwrap();
    file::write(&private, openssh.as_bytes(), file::SECRET).unwrap();
    fs::write(&public, secret.public_key().to_openssh().unwrap() + "\n").unwrap();
    let backup = backup(&place);
    let lock = Lock::for_recipients(&[public.display().to_string()]).unwrap();
    let path = place.path().join("one");
    backup.write(&path, &lock).unwrap();
    assert_eq!(Backup::open(&path, &Key::of_files(std::slice::from_ref(&private)).unwrap()).unwrap(), backup);
    fs::set_permissions(&private, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(Key::of_files(&[private]).err().unwrap().exit_code(), 3, "others can read it");
}

fn rand_core() -> impl ssh_key::rand_core::CryptoRngCore {
    ssh_key::rand_core::OsRng
}

#[test]
fn what_is_no_recipient_and_what_is_no_key() {
    let place = TempDir::new().unwrap();
    let empty = place.path().join("empty");
    fs::write(&empty, "# nobody\n").unwrap();
    for named in ["age1nobody", "/nonexistent", empty.to_str().unwrap()] {
        assert_eq!(Lock::for_recipients(&[named.to_owned()]).err().unwrap().exit_code(), 3, "{named}");
    }
    fs::set_permissions(&empty, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&empty, "hello\n").unwrap();
    let error = Key::of_files(std::slice::from_ref(&empty)).err().unwrap();
    assert_eq!(error.exit_code(), 3);
    assert!(!error.to_string().contains("hello"), "{error}");
    assert_eq!(Lock::of_file(&empty).err().unwrap().exit_code(), 3, "five letters are found by trying");
}

#[test]
fn what_is_not_whole_is_refused() {
    let (key, lock) = key();
    let sealed = resealed(|_| (), &lock);
    Backup::judged(&sealed, &key).unwrap();
    for length in [0, 10, 100, sealed.len() / 2, sealed.len() - 1] {
        let error = Backup::judged(&sealed[..length], &key).unwrap_err();
        assert_eq!(error.exit_code(), 5, "{length}: {error}");
    }
    let mut longer = sealed.clone();
    longer.push(0);
    assert_eq!(Backup::judged(&longer, &key).unwrap_err().exit_code(), 5);
}

#[test]
fn what_says_something_else_than_it_holds_is_refused() {
    let (key, lock) = key();
    let refusal = |change: &dyn Fn(&mut Backup)| {
        let error = Backup::judged(&resealed(change, &lock), &key).unwrap_err();
        format!("{} {error}", error.exit_code())
    };
    let damaged = |why: &str| format!("5 the backup is damaged: {why}");
    let key_place = || "site/site/ca/ca.key".parse::<Place>().unwrap();
    assert_eq!(
        refusal(&|backup| drop(backup.files.insert(key_place(), Zeroizing::new(b"another".to_vec())))),
        damaged("`site/site/ca/ca.key` is not what it should be")
    );
    assert_eq!(
        refusal(&|backup| drop(backup.files.remove(&key_place()))),
        damaged("`site/site/ca/ca.key` is missing")
    );
    assert_eq!(
        refusal(&|backup| backup.manifest.files.retain(|place, _| *place != key_place())),
        damaged("`site/site/ca/ca.key` is not what it should be")
    );
    assert_eq!(refusal(&|backup| backup.manifest.schema = 4), damaged("its database has schema 3, not 4"));
    assert_eq!(
        refusal(&|backup| backup.manifest.domain = "other.test".to_owned()),
        damaged("its school's file is another school's")
    );
    assert!(refusal(&|backup| backup.manifest.format = 2).starts_with("3 the backup is of format 2"));
}

#[test]
fn half_a_database_is_none() {
    let whole = database(3);
    assert_eq!(super::database::schema(&whole).unwrap(), 3);
    for bytes in [&whole[..512], &whole[..64], b"", &[0; 1024]] {
        assert!(super::database::schema(bytes).is_err());
    }
}

#[test]
fn it_is_laid_out_for_its_owner_alone_and_in_no_other_s_place() {
    let place = TempDir::new().unwrap();
    let backup = backup(&place);
    let folder = place.path().join("deep/restored");
    backup.unpack(&folder).unwrap();
    for (place, bytes) in backup.files() {
        assert_eq!(fs::read(folder.join(place.as_str())).unwrap(), bytes);
        assert_eq!(file::mode(&folder.join(place.as_str())).unwrap(), 0o600);
    }
    for private in ["", "data", "site", "site/site/ca"] {
        assert_eq!(file::mode(&folder.join(private)).unwrap(), 0o700, "{private}");
    }
    assert_eq!(backup.unpack(&folder).unwrap_err().exit_code(), 3);
    assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    let again = School::of(&Origin::File(folder.join("site/jailbuild.toml"))).unwrap();
    assert!(again.has_authority_key());
    assert_eq!(again.files().count(), backup.files().count() - 1);
}

#[test]
fn a_link_in_the_school_s_folder_is_refused() {
    let place = TempDir::new().unwrap();
    let origin = origin(&place, "school.test");
    fs::write(origin.folder().root().join("tls/.draft-x"), "half").unwrap();
    assert!(School::of(&origin).unwrap().files().all(|(place, _)| !place.as_str().contains("draft")));
    std::os::unix::fs::symlink("/etc/passwd", origin.folder().root().join("notes")).unwrap();
    assert_eq!(School::of(&origin).err().unwrap().exit_code(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_files_come_back_as_they_went_in(
        contents in proptest::collection::btree_map("[a-zA-Zä .-]{1,120}", proptest::collection::vec(any::<u8>(), 0..3000), 0..6),
        schema in any::<u32>(),
    ) {
        let mut school = School::of(&Origin::Example).unwrap();
        for (name, bytes) in contents {
            let Ok(place) = format!("site/site/x/{name}").parse() else { continue };
            school.files.insert(place, Zeroizing::new(bytes));
        }
        let backup = Backup::new(school, database(schema).into(), OffsetDateTime::UNIX_EPOCH).unwrap();
        let (key, lock) = key();
        let sealed = seal::sealed(&archive::written(&backup).unwrap(), &lock).unwrap();
        prop_assert_eq!(Backup::judged(&sealed, &key).unwrap(), backup);
    }

    #[test]
    fn any_bit_that_is_flipped_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        static SEALED: std::sync::LazyLock<(Key, Vec<u8>)> = std::sync::LazyLock::new(|| {
            let (key, lock) = key();
            (key, resealed(|_| (), &lock))
        });
        let (key, sealed) = &*SEALED;
        let mut flipped = sealed.clone();
        flipped[at.index(sealed.len())] ^= 1 << bit;
        prop_assert!(Backup::judged(&flipped, key).is_err());
    }
}
