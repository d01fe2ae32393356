//! Certificates are made once, kept while they are good, and shown as they are.

use std::{fs, os::unix::fs::PermissionsExt};

use time::{Duration, OffsetDateTime};

use super::school;
use crate::site::{
    Domain, Folder, Site, authority,
    certificates::{Made, ensure, renew, require, show},
    key::PrivateKey,
};

#[test]
fn making_twice_keeps_everything() {
    let school = school();
    let files = [
        school.folder.authority(),
        school.folder.authority_key(),
        school.folder.chain(),
        school.folder.key(),
    ];
    let read = || files.iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>();
    let before = read();
    assert_eq!(
        ensure(&school.site, &school.folder, school.now).unwrap(),
        Made { authority: false, leaf: false }
    );
    assert_eq!(read(), before);
    for (file, mode) in files.iter().zip([0o644, 0o600, 0o644, 0o600]) {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o7777, mode, "{}", file.display());
    }
}

#[test]
fn a_leaf_near_its_end_is_renewed_by_the_same_authority() {
    let school = school();
    let old = school.chain();
    for (days, leaf) in [(365, false), (367, true)] {
        let later = school.now + Duration::days(days);
        assert_eq!(ensure(&school.site, &school.folder, later).unwrap(), Made { authority: false, leaf });
    }
    assert_ne!(school.chain()[0], old[0]);
    assert_eq!(school.chain()[1], old[1]);
}

#[test]
fn renewal_changes_leaf_and_key() {
    let school = school();
    let key = fs::read(school.folder.key()).unwrap();
    assert_eq!(
        renew(&school.site, &school.folder, school.now).unwrap(),
        Made { authority: false, leaf: true }
    );
    assert_ne!(fs::read(school.folder.key()).unwrap(), key);
}

#[test]
fn a_leaf_whose_key_is_another_is_made_anew() {
    let school = school();
    PrivateKey::generate().unwrap().write(&school.folder.key()).unwrap();
    assert!(ensure(&school.site, &school.folder, school.now).unwrap().leaf);
}

#[test]
fn the_authority_of_another_domain_is_refused() {
    let school = school();
    let site = Site { domain: Domain::parse("other.test").unwrap(), ..school.site.clone() };
    let error = ensure(&site, &school.folder, school.now).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(
        error.to_string().ends_with("the authority is for `school.test`, not for `other.test` alone"),
        "{error}"
    );
}

#[test]
fn an_authority_whose_key_is_kept_elsewhere_serves_until_something_is_to_be_signed() {
    let school = school();
    fs::remove_file(school.folder.authority_key()).unwrap();
    let nothing = Made { authority: false, leaf: false };
    require(&school.site, &school.folder, school.now).unwrap();
    assert_eq!(ensure(&school.site, &school.folder, school.now).unwrap(), nothing);

    let error = renew(&school.site, &school.folder, school.now).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().starts_with("the key of the authority, `"), "{error}");
    let chain = school.chain();
    fs::remove_file(school.folder.key()).unwrap();
    assert_eq!(require(&school.site, &school.folder, school.now).unwrap_err().exit_code(), 3);
    assert_eq!(ensure(&school.site, &school.folder, school.now).unwrap_err().exit_code(), 3);
    assert_eq!(school.chain(), chain, "nothing was changed");
}

#[test]
fn an_authority_with_the_key_of_another_is_refused() {
    let school = school();
    PrivateKey::generate().unwrap().write(&school.folder.authority_key()).unwrap();
    for make in [ensure, renew] {
        let error = make(&school.site, &school.folder, school.now).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().contains("is not that of its certificate"), "{error}");
    }
}

#[test]
fn two_who_make_at_once_make_one() {
    let place = tempfile::tempdir().unwrap();
    let (site, folder) = (Site::example(), Folder::at(place.path().join("site")));
    let now = OffsetDateTime::now_utc();
    let made = std::thread::scope(|scope| {
        let makers = [(); 4].map(|()| scope.spawn(|| ensure(&site, &folder, now).unwrap()));
        makers.map(|maker| maker.join().unwrap())
    });
    assert_eq!(made.iter().filter(|made| made.authority && made.leaf).count(), 1);
    assert_eq!(made.iter().filter(|made| made.authority || made.leaf).count(), 1);
}

#[test]
fn a_leaf_ends_with_its_authority_at_the_latest() {
    let school = school();
    renew(&school.site, &school.folder, school.now + authority::LIFETIME - Duration::days(100)).unwrap();
    let shown = show(&school.folder, school.now).unwrap();
    assert_eq!(shown.leaf.not_after, shown.authority.not_after);
}

#[test]
fn an_authority_at_its_end_makes_nothing() {
    let school = school();
    let after = school.now + authority::LIFETIME;
    assert_eq!(renew(&school.site, &school.folder, after).unwrap_err().exit_code(), 3);
}

#[test]
fn what_is_shown_is_what_is_there() {
    let school = school();
    let shown = show(&school.folder, school.now).unwrap();
    assert_eq!(shown.authority.subject, "O=The School, CN=Chat authority of school.test");
    assert_eq!(shown.leaf.names, ["DNS:school.test", "SRV:_xmpp-client.school.test", "XMPP:school.test"]);
    assert_eq!((shown.leaf.days_left, shown.authority.days_left), (395, 3650));
    assert_eq!(shown.leaf.sha256.len(), 95);
    assert!(shown.to_string().contains(&format!("  sha256   {}", shown.authority.sha256)));
}

#[test]
fn there_is_nothing_to_show_before_it_is_made() {
    let folder = Folder::at("/nonexistent");
    assert_eq!(show(&folder, OffsetDateTime::now_utc()).unwrap_err().exit_code(), 1);
}
