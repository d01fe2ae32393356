//! `jailbuild verify`: an image proved again, from its file alone.

use std::path::{Path, PathBuf};

use super::{conclude, school, show};
use crate::{
    console::Console,
    error::Result,
    image::Image,
    proof::{Case, prove},
    site::certificates,
};

/// Check an image's digests and signature, start it with a throw-away data folder, and probe it.
///
/// For example: `jailbuild verify dist/schoolchat-0.1.0-x86_64-unknown-linux-gnu.tar.gz`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The image.
    image: PathBuf,

    /// Only look into the image; do not start it.
    #[arg(long)]
    no_start: bool,

    /// Fail if anything could not be checked.
    #[arg(long)]
    strict: bool,
}

/// Proves the image.
pub fn run(args: &Args, file: Option<&Path>, console: &Console) -> Result<u8> {
    let (origin, site) = school(file, console)?;
    let image = Image::open(&args.image, &[])?;
    console.note(format_args!("image {}, signed by {}", image.digest, image.signer.fingerprint));
    certificates::ensure(&site, &origin.folder(), time::OffsetDateTime::now_utc())?;
    let case = Case { archive: args.image.clone(), origin, sabotage: Vec::new() };
    let proof = prove(&case, !args.no_start, |event| show(&event, console))?;
    conclude(&proof, args.strict, console)
}
