//! `jailbuild upgrade`: another image for an appliance that is installed here.

use std::path::PathBuf;

use xmppd_control::Verb;

use super::steps;
use crate::{
    appliance::{Record, course::Outcome, requirements, service, upgrade},
    checkup::{self, Wanted},
    console::Console,
    error::Result,
    host::{Host, ThisHost},
    image::Image,
    render::KernelParameters,
    site::Origin,
    target::Target,
    trust::{self, Sources},
};

/// Give an installed appliance another image, with its data.
///
/// The new daemon first tries whether it takes a copy of the data. If the new image then does not pass the probes, the old
/// one comes back, with the data as it was. Whoever is interrupted types the same again to go on, or `jailbuild rollback`.
///
/// For example: `jailbuild upgrade schoolchat-0.2.0-x86_64-unknown-freebsd.tar.gz`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The image.
    image: PathBuf,

    /// Which appliance; the only one if left out.
    name: Option<String>,

    #[command(flatten)]
    trust: trust::Args,

    /// Print what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Refuses what cannot be done, then carries the upgrade out, or back.
pub fn run(args: &Args, origin: &Origin, console: &Console) -> Result<u8> {
    let host = ThisHost;
    requirements::freebsd()?;
    requirements::root(&host)?;
    let name = Record::find(&host, args.name.as_deref())?.name;
    let _held = if args.dry_run { None } else { steps::begin(&host)? };
    let record = Record::find(&host, Some(&name))?;
    console.step(format_args!("opening {}", args.image.display()));
    let image = args.open(origin, &host)?;
    require(&record, &image, &host)?;
    let planned =
        upgrade::plan(&record, &image, &steps::this_program()?, &KernelParameters::of(&host)?, &host)?;
    match planned {
        None => console.show(&Outcome::already(&record, service::runs(&host, &name)?)),
        Some(planned) if args.dry_run => console.show(&planned.course),
        Some(planned) => {
            let code = steps::change_image(&planned, &host, console)?;
            if code == 0 {
                steps::remember(&name, Verb::Upgrade, &host, console);
            }
            Ok(code)
        }
    }
}

/// Refuses a host on which it could not be proved, before anything is stopped. What was begun may always go on.
fn require(record: &Record, image: &Image, host: &dyn Host) -> Result<()> {
    if record.under_way.is_some() {
        return Ok(());
    }
    checkup::require(&checkup::preflight(
        host,
        &Wanted {
            policy: &record.policy(&record.site(host)?),
            image: Some(image),
            target: Target::host()?,
            edits_host: false,
            is_installed: false,
        },
    ))
}

impl Args {
    /// Opens the image, if its signer is trusted.
    fn open(&self, origin: &Origin, host: &dyn Host) -> Result<Image> {
        let image = Image::open(&self.image)?;
        trust::judge(image.signer, &Sources::of(&self.trust, origin), host)?;
        Ok(image)
    }
}
