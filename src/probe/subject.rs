//! What is probed: an image, perhaps a running appliance, and the school that it was started for.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    path::Path,
};

use zeroize::Zeroizing;

use super::{ImageFiles, Secret};
use crate::{
    Result,
    host::file,
    policy::{SERVER_TO_SERVER, Stack},
    runtime::Appliance,
    site::{Domain, Folder, Site},
};

/// Everything that the probes look at.
pub struct Subject<'a> {
    /// The image's files, read back from the archive.
    pub image: &'a ImageFiles,
    /// The folder that it was unpacked into, where it was.
    pub unpacked: Option<&'a Path>,
    /// Whether the image is the minimal flavour; the debug flavour has a shell on purpose.
    pub minimal: bool,
    /// The appliance, or why there is none.
    pub appliance: std::result::Result<&'a dyn Appliance, NotStarted>,
    /// Whether it goes on afterwards, and was probed before perhaps.
    pub in_service: bool,
    /// The school that the appliance was started for.
    pub school: &'a School,
    /// Its ports, and those that must be shut.
    pub doors: &'a Doors,
    /// The host's address, as the appliance sees it.
    pub host: Ipv4Addr,
    /// Which network stack the appliance has.
    pub stack: Stack,
}

/// Why no appliance was started.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotStarted {
    /// Such as `x86_64-unknown-freebsd is not started on Linux`.
    pub why: String,
    /// What to do to have it checked.
    pub hint: String,
}

/// The facts of a school's site that the probes compare with.
pub struct School {
    /// The domain of its addresses.
    pub domain: Domain,
    /// The certificate of its authority, PEM.
    pub authority: String,
    /// The leaf and what lies between it and the authority, PEM: what clients are shown.
    pub chain: String,
    /// Largest stanza that is accepted, bytes.
    pub stanza_bytes: usize,
    /// Whether the school lets clients send the password itself.
    pub takes_plain: bool,
    /// Whether the school lets clients send the password itself.
    pub plain: bool,
    /// What must be nowhere in the image.
    pub secrets: Vec<Secret>,
}

/// The TCP ports that the probes try; other than the standard ones only in tests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Doors {
    /// Where STARTTLS is spoken, 5222.
    pub starttls: u16,
    /// Where TLS is spoken from the first byte (XEP-0368), 5223.
    pub direct_tls: u16,
    /// Where HTTPS is spoken, 5443, if the school has it so.
    pub web: Option<u16>,
    /// Where nobody may answer, 5269.
    pub server_to_server: u16,
    /// All that are tried to find one that should not answer.
    pub scanned: Vec<u16>,
}

impl School {
    /// What the probes need to know of a site whose certificates are made.
    ///
    /// # Errors
    /// [`crate::Error::Failed`] if a file of the folder cannot be read.
    pub fn read(site: &Site, folder: &Folder) -> Result<Self> {
        let mut secrets = vec![key("the certificate's key", &folder.key())?];
        let kept_elsewhere_perhaps = [
            ("the authority's key", folder.authority_key()),
            ("the key that signs images", folder.signing_key()),
        ];
        for (what, path) in kept_elsewhere_perhaps {
            if path.exists() {
                secrets.push(key(what, &path)?);
            }
        }
        Self::with(site, &folder.authority(), &folder.chain(), secrets)
    }

    /// The same of an installed site: its authority's certificate, and the folder of `chain.pem` and `key.pem`.
    ///
    /// # Errors
    /// [`crate::Error::Failed`] if one of them cannot be read.
    pub fn of_installed(site: &Site, authority: &Path, settings: &Path) -> Result<Self> {
        let secrets = vec![key("the certificate's key", &settings.join("key.pem"))?];
        Self::with(site, authority, &settings.join("chain.pem"), secrets)
    }

    fn with(site: &Site, authority: &Path, chain: &Path, secrets: Vec<Secret>) -> Result<Self> {
        Ok(Self {
            domain: site.domain.clone(),
            authority: file::read_text(authority)?,
            chain: file::read_text(chain)?,
            plain: site.login.plain,
            stanza_bytes: usize::try_from(site.limits.stanza_bytes).unwrap_or(usize::MAX),
            takes_plain: site.login.plain,
            secrets,
        })
    }
}

fn key(what: &str, path: &Path) -> Result<Secret> {
    Secret::private_key(what, &Zeroizing::new(file::read_text(path)?))
}

impl Subject<'_> {
    /// The domain as it stands in addresses.
    pub(super) fn domain(&self) -> &str {
        self.school.domain.as_str()
    }

    /// The domain as it stands in certificates.
    pub(super) fn server_name(&self) -> &str {
        self.school.domain.ascii()
    }
}

impl Doors {
    /// The doors of a school's site, to be looked for among all 65,535 ports.
    pub fn of(site: &Site) -> Self {
        Self {
            starttls: site.network.starttls,
            direct_tls: site.network.direct_tls,
            web: site.web.open(),
            server_to_server: SERVER_TO_SERVER,
            scanned: (1..=u16::MAX).collect(),
        }
    }

    /// Those that clients may reach, ascending.
    pub fn wanted(&self) -> Vec<u16> {
        let mut wanted = vec![self.starttls, self.direct_tls];
        wanted.extend(self.web);
        wanted.sort_unstable();
        wanted
    }
}

/// The address of one door of an appliance.
pub(super) fn at(appliance: &dyn Appliance, port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(appliance.address(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_door_keeps_its_protocol_whatever_the_order_of_their_ports() {
        let mut site = Site::example();
        (site.network.starttls, site.network.direct_tls) = (5300, 5299);
        let doors = Doors::of(&site);
        assert_eq!((doors.starttls, doors.direct_tls, doors.web), (5300, 5299, None));
        assert_eq!(doors.wanted(), [5299, 5300]);
    }

    #[test]
    fn the_web_has_a_door_where_the_school_wants_it() {
        let mut site = Site::example();
        site.web.enabled = true;
        let doors = Doors::of(&site);
        assert_eq!(doors.web, Some(5443));
        assert_eq!(doors.wanted(), [5222, 5223, 5443]);
    }
}
