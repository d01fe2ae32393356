//! What is probed: an image, perhaps a running appliance, and the school that it was started for.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddrV4},
    path::PathBuf,
};

use zeroize::Zeroizing;

use super::{ImageFiles, Secret};
use crate::{
    Result,
    error::Context,
    policy::{Policy, SERVER_TO_SERVER},
    runtime::Appliance,
    site::{Domain, Folder, Site},
};

/// Everything that the probes look at.
pub struct Subject<'a> {
    /// The image's files, read back from the archive.
    pub image: &'a ImageFiles,
    /// Whether the image is the minimal flavour; the debug flavour has a shell on purpose.
    pub minimal: bool,
    /// The appliance, or why there is none.
    pub appliance: std::result::Result<&'a dyn Appliance, NotStarted>,
    /// The school that the appliance was started for.
    pub school: &'a School,
    /// Its ports, and those that must be shut.
    pub doors: &'a Doors,
    /// The host's end of the link, as the appliance sees it.
    pub host: Ipv4Addr,
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
        let text = |path: PathBuf| fs::read_to_string(&path).doing_to("read", &path);
        let key = |what: &str, path: PathBuf| Secret::private_key(what, &Zeroizing::new(text(path)?));
        let mut secrets = vec![
            key("the authority's key", folder.authority_key())?,
            key("the certificate's key", folder.key())?,
        ];
        if folder.signing_key().exists() {
            secrets.push(key("the key that signs images", folder.signing_key())?);
        }
        Ok(Self {
            domain: site.domain.clone(),
            authority: text(folder.authority())?,
            chain: text(folder.chain())?,
            stanza_bytes: usize::try_from(site.limits.stanza_bytes).unwrap_or(usize::MAX),
            secrets,
        })
    }
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
    /// The doors that a policy opens, to be looked for among all 65,535 ports.
    ///
    /// `None` where the policy does not open exactly two.
    pub fn of(policy: &Policy) -> Option<Self> {
        let [starttls, direct_tls] = policy.open[..] else { return None };
        Some(Self {
            starttls,
            direct_tls,
            server_to_server: SERVER_TO_SERVER,
            scanned: (1..=u16::MAX).collect(),
        })
    }

    /// The two that clients may reach, ascending.
    pub fn wanted(&self) -> [u16; 2] {
        [self.starttls.min(self.direct_tls), self.starttls.max(self.direct_tls)]
    }
}

/// The address of one door of an appliance.
pub(super) fn at(appliance: &dyn Appliance, port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(appliance.address(), port)
}
