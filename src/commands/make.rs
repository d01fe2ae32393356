//! `jailbuild make`: the plan carried out, step by step.

use std::path::{Path, PathBuf};

use super::{ImageFacts, Outcome, conclude, ensure_certificates, recipe, school, show};
use crate::{
    base::{self, Base},
    console::Console,
    daemon::{self, Daemon, SourceDateEpoch},
    error::{Error, Result},
    format::{self, Format, Wrapped},
    handover::Handover,
    image::{self, Assembled, Extra, Fingerprint, Image, Ingredients, Mode, SigningKey},
    lock::Lock,
    pkg_list::Flavour,
    plan::{Plan, Step, Wishes},
    policy::Policy,
    proof::{Case, Certificate, Proof, prove},
    render::Template,
    site::{Origin, Site},
    target::Target,
};

/// Build the daemon, assemble the image, start it, probe it, and print the report.
///
/// The image, its digest and its signature are left in `dist/`.
///
/// For example: `jailbuild make --target x86_64-unknown-freebsd`
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    recipe: recipe::Args,

    /// The folder for the image.
    #[arg(long, default_value = "dist")]
    dist: PathBuf,

    /// Wrap the image for other tools too: `bastille`, or `oci` for podman and ocijail; may be given several times
    /// [default: jail, which is always made].
    #[arg(long = "format", value_name = "FORMAT")]
    formats: Vec<Format>,

    /// Only look into the image; do not start it.
    #[arg(long)]
    no_start: bool,

    /// Fail if anything could not be checked, or was given up.
    #[arg(long)]
    strict: bool,
}

impl Args {
    /// What is asked for: the school's file, with these options over it.
    pub(super) fn wishes(&self, (origin, site): (Origin, Site)) -> Result<Wishes> {
        let recipe = self.recipe.recipe(&site)?;
        SourceDateEpoch::from_environment()?;
        Ok(Wishes {
            lock: Lock::read(&origin.lock())?.of(recipe.target).cloned(),
            target: recipe.target,
            daemon: recipe.daemon,
            base: recipe.base,
            base_sha256: recipe.base_sha256,
            flavour: recipe.flavour,
            dist: self.dist.clone(),
            formats: self.formats.iter().copied().collect(),
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
    let mut bench = Workbench::new(&wishes, console);
    for step in &plan.steps {
        console.step(step);
        bench.carry_out(step)?;
    }
    conclude(&bench.outcome()?, args.strict, console)
}

/// What has been made so far.
struct Workbench<'a> {
    wishes: &'a Wishes,
    console: &'a Console,
    base: Option<Box<dyn Base>>,
    daemon: Option<Daemon>,
    assembled: Option<Assembled>,
    image: Option<Image>,
    written: Option<ImageFacts>,
    wrapped: Vec<format::Written>,
    proof: Option<Proof>,
}

impl<'a> Workbench<'a> {
    fn new(wishes: &'a Wishes, console: &'a Console) -> Self {
        Self {
            wishes,
            console,
            base: None,
            daemon: None,
            assembled: None,
            image: None,
            written: None,
            wrapped: Vec::new(),
            proof: None,
        }
    }

    fn carry_out(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::OpenBase { base, base_sha256, target, .. } => {
                let opened = base::open(base, *target, *base_sha256)?;
                self.wishes.lock.iter().try_for_each(|lock| lock.check_archive(opened.provenance()))?;
                self.base = Some(opened);
            }
            Step::ObtainDaemon { source, target } => self.daemon = Some(self.obtain(source, *target)?),
            Step::Assemble { flavour } => self.assembled = Some(self.assemble(*flavour)?),
            Step::EnsureCertificates { .. } => {
                ensure_certificates(&self.wishes.origin, &self.wishes.site, self.console)?;
            }
            Step::Write { archive, keys } => self.write(archive, keys)?,
            Step::Wrap { format, folder } => self.wrapped.push(self.wrap(*format, folder)?),
            Step::Prove { start, .. } => self.proof = Some(self.prove(*start)?),
        }
        Ok(())
    }

    fn obtain(&self, source: &daemon::Source, target: Target) -> Result<Daemon> {
        let daemon = source.obtain(target)?;
        if daemon.crates.is_none() {
            self.console.note("the daemon does not say which crates are in it, so the SBOM cannot list them");
        }
        Ok(daemon)
    }

    fn assemble(&self, flavour: Flavour) -> Result<Assembled> {
        let (Some(daemon), Some(base)) = (&self.daemon, &self.base) else {
            return Err(out_of_order("assemble"));
        };
        let extras = host_files(flavour, daemon.target)?;
        let list = flavour.list()?;
        let image =
            image::assemble(Ingredients { daemon, base: base.as_ref(), flavour, list: &list, extras })?;
        self.wishes.lock.iter().try_for_each(|lock| lock.check_files(&image.base_files))?;
        Ok(image)
    }

    fn write(&mut self, archive: &Path, keys: &Path) -> Result<()> {
        let image = self.assembled.as_ref().ok_or_else(|| out_of_order("write"))?;
        let folder = archive.parent().unwrap_or(Path::new("."));
        let key = SigningKey::of_folder(keys)?;
        image::write(image, folder, &key)?;
        let image = Image::open(archive)?;
        let is_ours = image.signer == Fingerprint::of(key.public());
        self.written = Some(ImageFacts::of(archive, &image, is_ours));
        self.image = Some(image);
        Ok(())
    }

    fn wrap(&self, format: Format, folder: &Path) -> Result<format::Written> {
        let image = self.image.as_ref().ok_or_else(|| out_of_order("wrap"))?;
        let policy = || Ok(Policy::of(&self.wishes.site));
        let written = Wrapped::new(image, format, &policy)?.write(folder)?;
        self.console.note(&written);
        Ok(written)
    }

    fn prove(&self, start: bool) -> Result<Proof> {
        let image = self.written.as_ref().ok_or_else(|| out_of_order("prove"))?;
        let case = Case {
            archive: image.path.clone(),
            sha256: image.sha256,
            origin: self.wishes.origin.clone(),
            certificate: Certificate::OfTheSchool,
            sabotage: Vec::new(),
        };
        prove(&case, start, |event| show(&event, self.console))
    }

    fn outcome(self) -> Result<Outcome> {
        let (Some(image), Some(proof)) = (self.written, self.proof) else {
            return Err(out_of_order("conclude"));
        };
        Ok(Outcome { image, wrapped: self.wrapped, proof })
    }
}

/// What lies beside the root file system: a page for whoever is handed the image, and the templates that their host fills
/// from their own site.
fn host_files(flavour: Flavour, target: Target) -> Result<Vec<Extra>> {
    let file = image::file_name(flavour.image_name(), image::VERSION, target);
    let page = Handover::within(file, image::VERSION, flavour, target);
    let extra = |template: Template| {
        let (path, why) = template.in_image()?;
        let text =
            if template == Template::Handover { page.render() } else { Ok(template.text().to_owned()) };
        Some(path.parse().and_then(|path| {
            Ok(Extra { path, mode: Mode::PLAIN, bytes: text?.into_bytes(), why: why.to_owned() })
        }))
    };
    Template::ALL.into_iter().filter_map(extra).collect()
}

fn out_of_order(step: &str) -> Error {
    Error::failed(format_args!("cannot {step}: the plan has no step for what it needs"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_the_next_school_is_filled_in_and_the_templates_are_not() {
        for extra in host_files(Flavour::Minimal, Target::host().unwrap()).unwrap() {
            let text = String::from_utf8(extra.bytes).unwrap();
            assert_eq!(text.contains("{{"), extra.path.as_str() != "HANDOVER.md", "{}", extra.path.as_str());
        }
    }
}
