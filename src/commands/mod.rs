//! The verbs, one thin file each: arguments in, the rooms below called in order, a result shown.

pub mod audit;
pub mod backup;
pub mod base;
pub mod cards;
pub mod cert;
pub mod check;
pub mod completions;
pub mod consent;
mod desk;
pub mod doctor;
pub mod export;
pub mod group;
pub mod handover;
pub mod init;
pub mod inspect;
pub mod install;
pub mod list;
pub mod lock;
pub mod make;
pub mod man;
pub mod metrics;
mod new_school;
pub mod plan;
mod recipe;
pub mod restore;
pub mod rollback;
pub mod room;
pub mod service;
pub mod settings;
pub mod slip;
pub mod status;
mod steps;
pub mod texts;
pub mod trust_kit;
pub mod uninstall;
pub mod upgrade;
pub mod user;
pub mod verify;
pub mod year_end;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    console::{Console, Verbosity},
    digest::Sha256,
    error::Result,
    format,
    image::{Fingerprint, Image},
    probe::{Progress, Style},
    proof::{Event, Proof},
    site::{Answers, Origin, Site, certificates},
    trust::Keyring,
};

/// The school's file that was named or lies in this folder, else the built-in example.
pub fn school(named: Option<&Path>, console: &Console) -> Result<(Origin, Site)> {
    let origin = Origin::find(named);
    let site = origin.load()?;
    if let Origin::Example = origin {
        console.note(format_args!(
            "no `{}` here: taking the example school {}",
            crate::site::FILE_NAME,
            site.domain
        ));
    }
    Ok((origin, site))
}

/// Asks whoever sits at the terminal for what makes a school. What is said is no result, so it goes beside those.
fn ask_for_school(console: &Console) -> Result<Answers> {
    console.rest();
    Answers::ask(&mut std::io::stdin().lock(), &mut std::io::stderr())
}

/// Opens an image. Where any key is trusted, another's image is refused; where none is, the strict refuse it, too.
fn open_image(path: &Path, keyring: &Keyring, strict: bool) -> Result<(Image, ImageFacts)> {
    let image = Image::open(path)?;
    let signer_trusted = match keyring.judge(image.signer, OffsetDateTime::now_utc()) {
        Ok(_) => true,
        Err(_) if keyring.is_empty() && !strict => false,
        Err(refusal) => return Err(refusal),
    };
    let facts = ImageFacts::of(path, &image, signer_trusted);
    Ok((image, facts))
}

/// Makes what the school lacks of authority and certificate, and says so of an authority.
fn ensure_certificates(origin: &Origin, site: &Site, console: &Console) -> Result<()> {
    let folder = origin.folder();
    let made = certificates::ensure(site, &folder, OffsetDateTime::now_utc())?;
    if made.authority {
        console.note(format_args!(
            "made the authority of {}: keep `{}` safe, and give `{}` to every device",
            site.domain,
            folder.authority_key().display(),
            folder.authority().display()
        ));
    }
    Ok(())
}

/// Shows how far a proof has come.
fn show(event: &Event, console: &Console) {
    match event {
        Event::Doing(what) => console.step(what),
        Event::Probing(Progress::Begins { probe, index, total }) => {
            console.progress(*index, *total, format_args!("probing {probe}"));
        }
        Event::Probing(Progress::Ended(_)) => {}
    }
}

/// An image, as it was found on disk.
#[derive(Clone, Debug, Serialize)]
struct ImageFacts {
    path: PathBuf,
    sha256: Sha256,
    /// The key that signed it.
    signer: Fingerprint,
    signer_trusted: bool,
}

impl ImageFacts {
    fn of(path: &Path, image: &Image, signer_trusted: bool) -> Self {
        Self { path: path.to_owned(), sha256: image.digest, signer: image.signer, signer_trusted }
    }
}

/// An image and what came of its proof: what `make` and `verify` print.
#[derive(Clone, Debug, Serialize)]
struct Outcome {
    image: ImageFacts,
    /// The image in other formats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    wrapped: Vec<format::Written>,
    #[serde(flatten)]
    proof: Proof,
}

/// Prints what came of it.
fn conclude(outcome: &Outcome, strict: bool, console: &Console) -> Result<u8> {
    let style = Style::of_stdout(console.verbosity() == Verbosity::Verbose);
    console.result(outcome, outcome.in_style(style))?;
    Ok(outcome.proof.exit_code(strict))
}

impl Outcome {
    fn in_style(&self, style: Style) -> impl fmt::Display {
        let trusted = if self.image.signer_trusted { "" } else { ", a key that is not known here" };
        let fault = self.proof.fault.as_ref().map(|fault| format!("\nfailed: {fault}")).unwrap_or_default();
        format!(
            "{}{fault}\n\n{}\nSHA-256 {}\nsigned by {}{trusted}",
            self.proof.report.display(style),
            self.image.path.display(),
            self.image.sha256,
            self.image.signer
        )
    }
}
