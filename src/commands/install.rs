//! `jailbuild install`: an image put in place on this host, for one school.

use std::path::{Path, PathBuf};

use serde::Serialize;
use time::OffsetDateTime;

use super::{
    ask_for_school, ensure_certificates,
    new_school::{FoundSchool, require_school},
    steps,
};
use crate::{
    appliance::{
        School,
        install::{self, Options, Request},
        listing::Listed,
        requirements,
    },
    console::Console,
    error::{Error, Result},
    host::ThisHost,
    image::Image,
    policy::Stack,
    render::Word,
    site::{FILE_NAME, Folder, Origin, Site, certificates},
    target::Target,
    trust::{self, Sources},
};

/// Install an image on this FreeBSD host for one school, and start it.
///
/// Nothing is touched before all is asked: the image's digest and signature, the school's file, what the host has. Where
/// it is installed already, only what has changed is done. Whoever is interrupted types the same again.
///
/// Where there is no school's file yet, whoever sits at the terminal is asked for domain, organisation and network. It is
/// written down, and the school gets an authority of its own.
///
/// For example: `jailbuild install --site /root/school schoolchat-0.1.0-x86_64-unknown-freebsd.tar.gz`
#[derive(clap::Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option that is given or not")]
pub struct Args {
    /// The image.
    image: PathBuf,

    /// The folder with the school's `jailbuild.toml` and its `site/` [default: this one].
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    site: Option<PathBuf>,

    /// The interface at which clients come in [default: those that lead to the ranges of `lan`].
    #[arg(long, value_name = "IF")]
    interface: Vec<String>,

    /// Use an address of the host's own network stack, for kernels without VNET: it isolates less. It stays so until the
    /// appliance is uninstalled.
    #[arg(long)]
    shared_address: bool,

    /// Give images and data ZFS datasets of their own, below this one.
    #[arg(long, value_name = "DATASET")]
    zfs: Option<String>,

    /// Change the host where it lacks something: its pf.conf (a copy is kept), pf, forwarding. `uninstall` undoes it.
    #[arg(long)]
    edit_host: bool,

    /// Do not start it now; it starts with the host.
    #[arg(long)]
    no_start: bool,

    #[command(flatten)]
    trust: trust::Args,

    /// Log what the firewall drops, on `pflog0`, until the appliance is uninstalled.
    #[arg(long)]
    log_blocked: bool,

    /// Print what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Refuses what cannot be done, then does what is left to do.
pub fn run(args: &Args, named: Option<&Path>, console: &Console) -> Result<u8> {
    let host = ThisHost;
    requirements::freebsd()?;
    requirements::root(&host)?;
    let file = args.file(named);
    require_school(&file, console.can_ask())?;
    console.step(format_args!("opening {}", args.image.display()));
    let image = args.open(&Origin::File(file.clone()), console)?;
    let school = FoundSchool::at(file, args.dry_run, || ask_for_school(console))?;
    school.tell(console);
    let origin = school.origin();
    let site = origin.load()?;
    let mut request = args.request(image, draft(&origin, &site)?)?;
    let plan = install::plan(&request, &host)?;
    if args.dry_run {
        return steps::show_plan(&plan, format_args!("`{}` is installed so already", site.name), console);
    }
    steps::write_down()?;
    let _held = install::hold(&host)?;
    ensure_certificates(&origin, &site, console)?;
    request.school = School::of(&origin)?;
    let plan = install::plan(&request, &host)?;
    steps::carry_out(&plan, &host, console)?;
    let name = site.name.as_str();
    let installed = Installed { changed: !plan.steps.is_empty(), appliance: Listed::of(name, &host)? };
    console.result(&installed, installed.said(&request.school.site))?;
    Ok(0)
}

/// What is said at the end.
#[derive(Serialize)]
struct Installed {
    changed: bool,
    appliance: Listed,
}

impl Installed {
    fn said(&self, site: &Site) -> String {
        let name = &self.appliance.name;
        let did = if self.changed { "is installed" } else { "was installed so already" };
        let next = if self.appliance.running {
            format!("`jailbuild verify --installed {name}` proves it")
        } else {
            format!("`jailbuild start {name}` starts it")
        };
        format!("{}\n\n{} {did}. {next}", self.appliance, site.domain)
    }
}

impl Args {
    /// Where the school's file is, or is to be.
    fn file(&self, named: Option<&Path>) -> PathBuf {
        match (&self.site, named) {
            (Some(folder), _) => folder.join(FILE_NAME),
            (None, Some(file)) => file.to_owned(),
            (None, None) => FILE_NAME.into(),
        }
    }

    /// Opens the image, if its signer is trusted.
    fn open(&self, origin: &Origin, console: &Console) -> Result<Image> {
        let image = Image::open(&self.image)?;
        let trusted = trust::judge(image.signer, &Sources::of(&self.trust, origin), &ThisHost)?;
        console.note(format_args!("signed by {}, {trusted}", image.signer));
        Ok(image)
    }

    fn request(&self, image: Image, school: School) -> Result<Request> {
        Ok(Request {
            image,
            school,
            program: steps::this_program()?,
            target: Target::host()?,
            options: Options {
                externals: self.interface.iter().map(Word::new).collect::<Result<_>>()?,
                stack: if self.shared_address { Stack::Shared } else { Stack::Own },
                log_blocked: self.log_blocked,
                zfs: self.zfs.clone(),
                edit_host: self.edit_host,
                start: !self.no_start,
            },
        })
    }
}

/// The school as it will be: where it has no certificates yet, with some that nobody will see.
fn draft(origin: &Origin, site: &Site) -> Result<School> {
    certificates::require(site, &origin.folder(), OffsetDateTime::now_utc())?;
    if origin.folder().key().exists() {
        return School::of(origin);
    }
    let folder = tempfile::tempdir()
        .map_err(|cause| Error::failed(format_args!("cannot make a folder for drafts: {cause}")))?;
    let drafts = Folder::at(folder.path());
    certificates::ensure(site, &drafts, OffsetDateTime::now_utc())?;
    School::with(origin, &drafts)
}
