//! `jailbuild verify`: an image proved again, from its file alone.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::{ImageFacts, Outcome, conclude, school, show};
use crate::{
    console::Console,
    error::Result,
    host::ThisHost,
    image::Image,
    proof::{Case, Certificate, prove},
    site::Origin,
    trust::{self, Sources},
};

/// Check an image's digests and signature, start it with a throw-away data folder, and probe it.
///
/// For example: `jailbuild verify dist/schoolchat-0.1.0-x86_64-unknown-linux-gnu.tar.gz`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The image.
    image: PathBuf,

    #[command(flatten)]
    trust: trust::Args,

    /// Only look into the image; do not start it.
    #[arg(long)]
    no_start: bool,

    /// Fail if anything could not be checked.
    #[arg(long)]
    strict: bool,
}

/// Proves the image. It is started with a certificate made for the occasion, for it may be a stranger's.
pub fn run(args: &Args, file: Option<&Path>, console: &Console) -> Result<u8> {
    let (origin, _) = school(file, console)?;
    let image = args.open(&origin)?;
    if !image.signer_trusted {
        console.note(format_args!(
            "signed by {}, a key that is not known here: ask for it by another way than the image came, then `--trust FILE`",
            image.signer
        ));
    }
    let case = Case {
        archive: image.path.clone(),
        sha256: image.sha256,
        origin,
        certificate: Certificate::ThrowAway,
        sabotage: Vec::new(),
    };
    let proof = prove(&case, !args.no_start, |event| show(&event, console))?;
    conclude(&Outcome { image, wrapped: Vec::new(), proof }, args.strict, console)
}

impl Args {
    /// Opens the image. Where any key is trusted, another's image is refused.
    fn open(&self, origin: &Origin) -> Result<ImageFacts> {
        let keyring = Sources::of(&self.trust, origin).read(&ThisHost)?;
        let image = ImageFacts::of(&self.image, &Image::open(&self.image, &[])?);
        match keyring.judge(image.signer, OffsetDateTime::now_utc()) {
            Ok(_) => Ok(ImageFacts { signer_trusted: true, ..image }),
            Err(_) if keyring.is_empty() && !self.strict => Ok(image),
            Err(refusal) => Err(refusal),
        }
    }
}
