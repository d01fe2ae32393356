//! The site from outside its rooms: its certificates, its settings, and every mistake in its file.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod clients;
mod lint;
mod making;
mod mistakes;
mod settings;

use std::fs;

use rcgen::CertificateParams;
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;
use time::OffsetDateTime;

use super::{
    Folder, Site,
    authority::Authority,
    certificates::{Made, ensure},
    key::PrivateKey,
    leaf,
    lint::chain_from_pem,
    names::Names,
};

struct School {
    site: Site,
    folder: Folder,
    now: OffsetDateTime,
    _place: TempDir,
}

/// A school with its certificates made.
fn school() -> School {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::at(place.path().join("site"));
    let school = School { site: Site::example(), folder, now: OffsetDateTime::now_utc(), _place: place };
    assert_eq!(
        ensure(&school.site, &school.folder, school.now).unwrap(),
        Made { authority: true, leaf: true }
    );
    school
}

impl School {
    fn chain(&self) -> Vec<CertificateDer<'static>> {
        chain_from_pem(&fs::read_to_string(self.folder.chain()).unwrap()).unwrap()
    }

    fn authority(&self) -> Authority {
        Authority::ensure(&self.site, &self.folder, self.now).unwrap().0
    }

    /// A leaf by the school's authority, with something changed.
    fn leaf(&self, change: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
        let mut parameters = leaf::parameters(&self.site, &Names::of(&self.site.domain), self.now).unwrap();
        change(&mut parameters);
        self.authority().sign(&parameters, &PrivateKey::generate().unwrap(), &self.folder).unwrap().into()
    }
}
