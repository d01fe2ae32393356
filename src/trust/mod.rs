//! Whose images are used here: a signature says who made one, and only the administrator can say whether that is good.
//!
//! A key is trusted if it is the school's own, stands in a file that was named or in the host's [`TRUSTED_SIGNERS`], or is
//! named by its fingerprint. There is no other way, and no default.

mod signers;

use std::{
    fmt, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde::Serialize;
use time::OffsetDateTime;

use self::signers::Signer;
use crate::{
    error::{Error, Result},
    host::{Found, Host, file},
    image::Fingerprint,
    site::Origin,
};

/// Whose images may be installed on this host, in the form of ssh-keygen's `allowed_signers`.
pub const TRUSTED_SIGNERS: &str = "/usr/local/etc/jailbuild/trusted_signers";

/// The options that say whom to trust, for every verb that takes an image.
#[derive(clap::Args, Clone, Debug, Default)]
#[group(skip)]
pub struct Args {
    /// Trust the signers in this file, too: an `id_ed25519.pub`, or an `allowed_signers` file of ssh-keygen(1).
    #[arg(long, value_name = "FILE")]
    pub trust: Vec<PathBuf>,

    /// Trust the key with this fingerprint, which the sender has told you by another way than the image came.
    #[arg(long, value_name = "SHA256:…")]
    pub trust_this: Vec<Fingerprint>,
}

/// Where keys are looked for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sources {
    /// Files that the administrator named: each must be there.
    pub files: Vec<PathBuf>,
    /// The school's own public key, if it has one.
    pub own: Option<PathBuf>,
    /// Keys that the administrator named by their fingerprints.
    pub this: Vec<Fingerprint>,
    /// Whether those of the host's own list are trusted.
    pub host: bool,
}

impl Sources {
    /// What was typed, the host's list, and the key of the school whose file this is.
    pub fn of(args: &Args, origin: &Origin) -> Self {
        Self {
            files: args.trust.clone(),
            own: Some(origin.folder().signing_public_key()),
            this: args.trust_this.clone(),
            host: true,
        }
    }

    /// Reads all that is there.
    pub fn read(&self, host: &dyn Host) -> Result<Keyring> {
        let mut places = Vec::new();
        if self.host {
            places.push(of_host(host)?);
        }
        if let Some(own) = &self.own {
            places.push(Place { kind: Kind::Own, path: own.clone(), signers: signers_if_there(own)? });
        }
        for path in &self.files {
            let text = String::from_utf8_lossy(&file::read_named("the signers", path)?).into_owned();
            let signers = Some(signers::parse(path, &text)?);
            places.push(Place { kind: Kind::Listed, path: path.clone(), signers });
        }
        Ok(Keyring { this: self.this.clone(), places })
    }
}

/// Judges the signer of an image: the error says where was looked, and how to trust.
pub fn judge(signer: Fingerprint, sources: &Sources, host: &dyn Host) -> Result<Trusted> {
    sources.read(host)?.judge(signer, OffsetDateTime::now_utc())
}

/// The keys that are trusted, and where they stand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Keyring {
    this: Vec<Fingerprint>,
    places: Vec<Place>,
}

/// A place where keys were looked for.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Place {
    kind: Kind,
    path: PathBuf,
    /// Nothing where there is no such file.
    signers: Option<Vec<Signer>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Own,
    Listed,
}

/// Why a signer is trusted.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Trusted {
    /// The administrator named this very key.
    Fingerprint,
    /// A list has the key.
    List {
        /// Which.
        path: PathBuf,
        /// Whose key it is, as the list says.
        name: Option<String>,
    },
    /// The school signed it itself.
    Own,
}

impl Keyring {
    /// Whether nobody is trusted at all.
    pub fn is_empty(&self) -> bool {
        self.this.is_empty() && self.places.iter().all(|place| place.signers().is_empty())
    }

    /// Whether the images of a signer are good, now.
    pub fn trusts(&self, signer: Fingerprint) -> bool {
        self.judge(signer, OffsetDateTime::now_utc()).is_ok()
    }

    /// Judges a signer at a moment.
    pub fn judge(&self, signer: Fingerprint, now: OffsetDateTime) -> Result<Trusted> {
        if self.this.contains(&signer) {
            return Ok(Trusted::Fingerprint);
        }
        let mut objections = Vec::new();
        for place in &self.places {
            for known in place.signers().iter().filter(|known| known.fingerprint == signer) {
                match known.objection(now) {
                    None => return Ok(place.trusts(known)),
                    Some(objection) => {
                        objections.push(format!("`{}` trusts it {objection}", place.path.display()));
                    }
                }
            }
        }
        Err(self.refusal(signer, &objections))
    }

    fn refusal(&self, signer: Fingerprint, objections: &[String]) -> Error {
        let looked = self.places.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let why = match (objections, looked.as_str()) {
            ([], "") => "no key is trusted here".to_owned(),
            ([], looked) => format!("looked in {looked}"),
            (objections, _) => objections.join("; "),
        };
        Error::untrusted(
            format_args!("the image is signed by {signer}, which is no trusted key: {why}"),
            format_args!(
                "ask the sender for the fingerprint by another way than the image came. If it is this one: `--trust-this {signer}` \
                 trusts it this once; a line `NAME namespaces=\"jailbuild\" ssh-ed25519 AAAA…` with their public key in \
                 `{TRUSTED_SIGNERS}` (or in a file given with `--trust`) from now on"
            ),
        )
    }
}

impl Place {
    fn signers(&self) -> &[Signer] {
        self.signers.as_deref().unwrap_or_default()
    }

    fn trusts(&self, signer: &Signer) -> Trusted {
        match self.kind {
            Kind::Listed => Trusted::List { path: self.path.clone(), name: signer.name.clone() },
            Kind::Own => Trusted::Own,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` (", self.path.display())?;
        match self.signers.as_ref().map(Vec::len) {
            None => formatter.write_str("not there)"),
            Some(1) => formatter.write_str("1 key)"),
            Some(count) => write!(formatter, "{count} keys)"),
        }
    }
}

/// What is said of a trusted signer.
impl fmt::Display for Trusted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fingerprint => formatter.write_str("trusted by its fingerprint"),
            Self::List { path, name: None } => write!(formatter, "trusted by `{}`", path.display()),
            Self::List { path, name: Some(name) } => {
                write!(formatter, "trusted as `{name}` by `{}`", path.display())
            }
            Self::Own => formatter.write_str("the school's own key"),
        }
    }
}

/// The host's list. Whoever can write to it can have anything installed, so that must be its owner alone.
fn of_host(host: &dyn Host) -> Result<Place> {
    let path = Path::new(TRUSTED_SIGNERS);
    if let Some(Found::File { mode }) = host.look(path)?
        && mode & 0o022 != 0
    {
        return Err(Error::configuration(
            format_args!("others than its owner can write to `{TRUSTED_SIGNERS}` (mode {mode:04o})"),
            format_args!("look whether every line is yours, then `chmod 644 {TRUSTED_SIGNERS}`"),
        ));
    }
    let signers = host.text(path)?.map(|text| signers::parse(path, &text)).transpose()?;
    Ok(Place { kind: Kind::Listed, path: path.to_owned(), signers })
}

fn signers_if_there(path: &Path) -> Result<Option<Vec<Signer>>> {
    match fs::read_to_string(path) {
        Ok(text) => signers::parse(path, &text).map(Some),
        Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(cause) => Err(file::unreadable("the school's public key", path, &cause)),
    }
}

#[cfg(test)]
mod tests;
