//! What an image is made from: the options that `make` and `lock` share.

use std::path::PathBuf;

use crate::{
    base, daemon,
    digest::Sha256,
    error::{Error, Result},
    pkg_list::Flavour,
    site::Site,
    target::Target,
};

/// The options.
#[derive(clap::Args, Debug)]
#[group(skip)]
pub(super) struct Args {
    /// What the image is for; this machine if left out.
    #[arg(long, value_name = "TRIPLE")]
    target: Option<Target>,

    /// Take this daemon instead of building it from the workspace.
    #[arg(long, value_name = "FILE")]
    daemon: Option<PathBuf>,

    /// Where base files come from: `host`, `pkgbase`, a release such as `15.1`, a folder, or a base.txz.
    #[arg(long)]
    base: Option<base::Choice>,

    /// The SHA-256 that the base.txz must have.
    #[arg(long, value_name = "DIGEST")]
    base_sha256: Option<Sha256>,

    /// `minimal`, or `debug` for an image with a shell that is not to be handed on.
    #[arg(long)]
    flavor: Option<Flavour>,
}

/// What was asked for: the school's file with the options over it.
pub(super) struct Recipe {
    pub(super) target: Target,
    pub(super) daemon: daemon::Source,
    pub(super) base: base::Choice,
    pub(super) base_sha256: Option<Sha256>,
    pub(super) flavour: Flavour,
}

impl Args {
    pub(super) fn recipe(&self, site: &Site) -> Result<Recipe> {
        let base = self.base.clone().unwrap_or_else(|| site.base.clone());
        let of_file = site.base_sha256.filter(|_| self.base.is_none());
        if self.base_sha256.is_some() && !base.takes_digest() {
            return Err(Error::configuration(
                format_args!("`--base-sha256` says nothing about the base `{base}`"),
                "leave it out, or name a base.txz: `--base FILE.txz`",
            ));
        }
        Ok(Recipe {
            target: self.target.map_or_else(Target::host, Ok)?,
            daemon: self.daemon.clone().map_or(daemon::Source::Workspace, daemon::Source::File),
            base,
            base_sha256: self.base_sha256.or(of_file),
            flavour: self.flavor.unwrap_or(site.flavor),
        })
    }
}
