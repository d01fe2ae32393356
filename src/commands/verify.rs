//! `jailbuild verify`: an image proved again, from its file alone; or an appliance in service.

use std::path::{Path, PathBuf};

use super::{ImageFacts, Outcome, conclude, open_image, school, show};
use crate::{
    appliance::{Record, prover, requirements},
    console::Console,
    error::Result,
    host::ThisHost,
    image::Image,
    proof::{Case, Certificate, prove, prove_installed},
    site::Origin,
    trust::{self, Keyring, Sources},
};

/// Check an image's digests and signature, start it with a throw-away data folder, and probe it; or probe the
/// appliance that is in service, which goes on meanwhile.
///
/// For example: `jailbuild verify dist/schoolchat-0.1.0-x86_64-unknown-linux-gnu.tar.gz`, or
/// `jailbuild verify --installed schoolchat`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The image.
    #[arg(required_unless_present = "installed", conflicts_with = "installed")]
    image: Option<PathBuf>,

    /// Probe the appliance of this name that is installed here; the only one if there is no other.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    installed: Option<String>,

    #[command(flatten)]
    trust: trust::Args,

    /// Only look into the image; do not start it.
    #[arg(long, conflicts_with = "installed")]
    no_start: bool,

    /// Fail if anything could not be checked, or was given up.
    #[arg(long)]
    strict: bool,
}

/// Proves the image, or the appliance in service.
pub fn run(args: &Args, file: Option<&Path>, console: &Console) -> Result<u8> {
    match (&args.image, &args.installed) {
        (Some(image), _) => args.prove_image(image, file, console),
        (None, name) => {
            let name = name.as_deref().filter(|name| !name.is_empty());
            args.prove_installed(name, &Origin::find(file), console)
        }
    }
}

impl Args {
    /// It is started with a certificate made for the occasion, for it may be a stranger's.
    fn prove_image(&self, image: &Path, file: Option<&Path>, console: &Console) -> Result<u8> {
        let (origin, _) = school(file, console)?;
        let (_, image) = open_image(image, &self.keyring(&origin)?, self.strict)?;
        note_signer(&image, console);
        let case = Case {
            archive: image.path.clone(),
            sha256: image.sha256,
            origin,
            certificate: Certificate::ThrowAway,
            sabotage: Vec::new(),
        };
        let proof = prove(&case, !self.no_start, |event| show(&event, console))?;
        conclude(&Outcome { image, wrapped: Vec::new(), proof }, self.strict, console)
    }

    /// Whether its signer was to be trusted was decided when it was installed; that it still is what was signed, is seen.
    fn prove_installed(&self, name: Option<&str>, origin: &Origin, console: &Console) -> Result<u8> {
        requirements::freebsd()?;
        requirements::root(&ThisHost)?;
        let installed = prover::installed(&Record::find(&ThisHost, name)?, &ThisHost)?;
        let image = Image::open(&installed.archive)?;
        let signer_trusted = self.keyring(origin)?.trusts(image.signer);
        let image = ImageFacts::of(&installed.archive, &image, signer_trusted);
        let proof = prove_installed(&installed, |event| show(&event, console))?;
        conclude(&Outcome { image, wrapped: Vec::new(), proof }, self.strict, console)
    }

    fn keyring(&self, origin: &Origin) -> Result<Keyring> {
        Sources::of(&self.trust, origin).read(&ThisHost)
    }
}

fn note_signer(image: &ImageFacts, console: &Console) {
    if !image.signer_trusted {
        console.note(format_args!(
            "signed by {}, a key that is not known here: ask for it by another way than the image came, then `--trust FILE`",
            image.signer
        ));
    }
}
