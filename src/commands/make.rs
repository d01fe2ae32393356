//! `jailbuild make`: the plan carried out, step by step.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::{conclude, school, show};
use crate::{
    base,
    console::Console,
    daemon::{self, Daemon},
    digest::Sha256,
    error::{Error, Result},
    image::{self, Assembled, Extra, Ingredients, Mode, SigningKey},
    pkg_list::Flavour,
    plan::{Plan, Step, Wishes},
    proof::{Case, Proof, prove},
    render::Template,
    site::{Origin, Site, certificates},
    target::Target,
};

/// Build the daemon, assemble the image, start it, probe it, and print the report.
///
/// The image, its digest and its signature are left in `dist/`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What the image is for; this machine if left out.
    #[arg(long, value_name = "TRIPLE")]
    target: Option<Target>,

    /// Take this daemon instead of building it from the workspace.
    #[arg(long, value_name = "FILE")]
    daemon: Option<PathBuf>,

    /// Where base files come from: `host`, a release such as `15.1`, a folder, or a base.txz.
    #[arg(long)]
    base: Option<base::Choice>,

    /// The SHA-256 that the base.txz must have.
    #[arg(long, value_name = "DIGEST")]
    base_sha256: Option<Sha256>,

    /// `minimal`, or `debug` for an image with a shell that is not to be handed on.
    #[arg(long)]
    flavor: Option<Flavour>,

    /// The folder for the image.
    #[arg(long, default_value = "dist")]
    dist: PathBuf,

    /// Only look into the image; do not start it.
    #[arg(long)]
    no_start: bool,

    /// Fail if anything could not be checked.
    #[arg(long)]
    strict: bool,
}

impl Args {
    /// What is asked for: the school's file, with these options over it.
    pub(super) fn wishes(&self, (origin, site): (Origin, Site)) -> Result<Wishes> {
        let base_sha256 =
            if self.base.is_some() { self.base_sha256 } else { self.base_sha256.or(site.base_sha256) };
        Ok(Wishes {
            target: self.target.map_or_else(Target::host, Ok)?,
            daemon: self.daemon.clone().map_or(daemon::Source::Workspace, daemon::Source::File),
            base: self.base.clone().unwrap_or_else(|| site.base.clone()),
            base_sha256,
            flavour: self.flavor.unwrap_or(site.flavor),
            dist: self.dist.clone(),
            start: !self.no_start,
            origin,
            site,
        })
    }
}

/// Carries the plan out.
pub fn run(args: &Args, file: Option<&Path>, console: &Console) -> Result<u8> {
    let wishes = args.wishes(school(file, console)?)?;
    let plan = Plan::new(&wishes)?;
    let mut bench = Workbench { wishes: &wishes, console, daemon: None, assembled: None, proof: None };
    for step in &plan.steps {
        console.step(step);
        bench.carry_out(step)?;
    }
    conclude(&bench.proof.ok_or_else(|| out_of_order("prove"))?, args.strict, console)
}

/// What has been made so far.
struct Workbench<'a> {
    wishes: &'a Wishes,
    console: &'a Console,
    daemon: Option<Daemon>,
    assembled: Option<Assembled>,
    proof: Option<Proof>,
}

impl Workbench<'_> {
    fn carry_out(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::EnsureCertificates { .. } => self.ensure_certificates(),
            Step::ObtainDaemon { source, target } => {
                self.daemon = Some(source.obtain(*target)?);
                Ok(())
            }
            Step::Assemble { base, base_sha256, flavour } => self.assemble(base, *base_sha256, *flavour),
            Step::Write { archive, keys } => self.write(archive, keys),
            Step::Prove { archive, start } => self.prove(archive, *start),
        }
    }

    fn ensure_certificates(&self) -> Result<()> {
        let folder = self.wishes.origin.folder();
        let made = certificates::ensure(&self.wishes.site, &folder, OffsetDateTime::now_utc())?;
        if made.authority {
            self.console.note(format_args!(
                "made the authority of {}: keep `{}` safe, and give `{}` to every device",
                self.wishes.site.domain,
                folder.authority_key().display(),
                folder.authority().display()
            ));
        }
        Ok(())
    }

    fn assemble(&mut self, base: &base::Choice, vouched: Option<Sha256>, flavour: Flavour) -> Result<()> {
        let daemon = self.daemon.as_ref().ok_or_else(|| out_of_order("assemble"))?;
        let base = base::open(base, daemon.target, vouched)?;
        let list = flavour.list()?;
        let ingredients =
            Ingredients { daemon, base: base.as_ref(), flavour, list: &list, extras: host_files()? };
        self.assembled = Some(image::assemble(ingredients)?);
        Ok(())
    }

    fn write(&self, archive: &Path, keys: &Path) -> Result<()> {
        let image = self.assembled.as_ref().ok_or_else(|| out_of_order("write"))?;
        let folder = archive.parent().unwrap_or(Path::new("."));
        let written = image::write(image, folder, &SigningKey::of_folder(keys)?)?;
        self.console.note(format_args!("wrote `{}`, SHA-256 {}", written.archive.display(), written.digest));
        Ok(())
    }

    fn prove(&mut self, archive: &Path, start: bool) -> Result<()> {
        let case =
            Case { archive: archive.to_owned(), origin: self.wishes.origin.clone(), sabotage: Vec::new() };
        self.proof = Some(prove(&case, start, |event| show(&event, self.console))?);
        Ok(())
    }
}

/// The templates that the host fills from its site.
fn host_files() -> Result<Vec<Extra>> {
    let extra = |template: Template| {
        let (path, why) = template.in_image()?;
        let file =
            |path| Extra { path, mode: Mode::PLAIN, bytes: template.text().into(), why: why.to_owned() };
        Some(path.parse().map(file))
    };
    Template::ALL.into_iter().filter_map(extra).collect()
}

fn out_of_order(step: &str) -> Error {
    Error::failed(format_args!("cannot {step}: the plan has no step for what it needs"))
}
