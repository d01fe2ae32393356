//! What `make` will do, as data: it can be printed, compared and tested, and `commands::make` carries it out step by step.

use std::{collections::BTreeSet, fmt, path::PathBuf};

use serde::Serialize;

use crate::{
    base, daemon,
    digest::Sha256,
    error::Result,
    format::Format,
    image,
    lock::Locked,
    pkg_list::Flavour,
    site::{Origin, Site},
    target::Target,
};

/// What was asked for, understood: the school's file with what the command line says over it.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// Where the school's file is.
    pub origin: Origin,
    /// The school.
    pub site: Site,
    /// What the image is for.
    pub target: Target,
    /// Where the daemon comes from.
    pub daemon: daemon::Source,
    /// Where base files come from.
    pub base: base::Choice,
    /// The digest that a base.txz must have, where one was given.
    pub base_sha256: Option<Sha256>,
    /// What the base must be, where it was locked.
    pub lock: Option<Locked>,
    /// What goes in besides the daemon.
    pub flavour: Flavour,
    /// The folder for the image.
    pub dist: PathBuf,
    /// In which formats the image is wanted besides its own.
    pub formats: BTreeSet<Format>,
    /// Whether the image may be started here.
    pub start: bool,
}

/// The steps of `make`, in order.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Plan {
    /// Each is carried out only after the one before it held.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "step")]
pub enum Step {
    /// Opens the base, and judges its digest and its system.
    OpenBase {
        /// Where base files come from.
        base: base::Choice,
        /// The digest that was given for it.
        base_sha256: Option<Sha256>,
        /// What it must be for.
        target: Target,
        /// The lock that it must fit, now or when its files are put together; `None` where there is none for this target.
        lock: Option<PathBuf>,
    },
    /// Makes the authority and the leaf certificate, unless good ones are there.
    EnsureCertificates {
        /// For whom.
        domain: String,
        /// Where they are kept.
        folder: PathBuf,
    },
    /// Gets the daemon, and looks whether it is what an image may hold.
    ObtainDaemon {
        /// From the workspace or from a file.
        source: daemon::Source,
        /// For what.
        target: Target,
    },
    /// Finds the files that the daemon needs, and puts all together in memory.
    Assemble {
        /// What goes in besides.
        flavour: Flavour,
    },
    /// Writes the archive, its digest and its signature, and opens them again.
    Write {
        /// The archive.
        archive: PathBuf,
        /// The folder of the key that signs it, made where there is none.
        keys: PathBuf,
    },
    /// Writes the image once more, for another tool.
    Wrap {
        /// Which tool's format.
        format: Format,
        /// The folder for it.
        folder: PathBuf,
    },
    /// Looks into the archive, starts it if it can be started here, and runs the probes.
    Prove {
        /// The archive.
        archive: PathBuf,
        /// Whether it is started: only an image for this very system can be.
        start: bool,
    },
}

impl Plan {
    /// The way to what was asked for.
    pub fn new(wishes: &Wishes) -> Result<Self> {
        let folder = wishes.origin.folder();
        let archive =
            wishes.dist.join(image::file_name(wishes.flavour.image_name(), image::VERSION, wishes.target));
        // What can be refused comes first, what takes minutes next, what leaves something behind last.
        let mut steps = vec![
            Step::OpenBase {
                base: wishes.base.clone(),
                base_sha256: wishes.base_sha256,
                target: wishes.target,
                lock: wishes.lock.is_some().then(|| wishes.origin.lock()),
            },
            Step::ObtainDaemon { source: wishes.daemon.clone(), target: wishes.target },
            Step::Assemble { flavour: wishes.flavour },
            Step::EnsureCertificates {
                domain: wishes.site.domain.to_string(),
                folder: folder.root().to_owned(),
            },
            Step::Write { archive: archive.clone(), keys: folder.signing() },
        ];
        let others = wishes.formats.iter().filter(|format| **format != Format::Jail);
        steps.extend(others.map(|format| Step::Wrap { format: *format, folder: wishes.dist.clone() }));
        steps.push(Step::Prove { archive, start: wishes.start && wishes.target == Target::host()? });
        Ok(Self { steps })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            let end = if index + 1 == self.steps.len() { "" } else { "\n" };
            write!(formatter, "{}. {step}{end}", index + 1)?;
        }
        Ok(())
    }
}

/// In the present participle, as it is shown while the step is carried out.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EnsureCertificates { domain, folder } => {
                write!(formatter, "ensuring the certificates of {domain} in `{}`", folder.display())
            }
            Self::ObtainDaemon { source, target } => write!(formatter, "{source} for {target}"),
            Self::OpenBase { base, target, lock: Some(lock), .. } => {
                write!(formatter, "opening the base `{base}` for {target}, as locked in `{}`", lock.display())
            }
            Self::OpenBase { base, target, lock: None, .. } => {
                write!(
                    formatter,
                    "opening the base `{base}` for {target}, which `jailbuild lock` has not locked"
                )
            }
            Self::Assemble { flavour } => write!(formatter, "assembling the {flavour} image"),
            Self::Write { archive, .. } => write!(formatter, "writing and signing `{}`", archive.display()),
            Self::Wrap { format, folder } => {
                write!(formatter, "wrapping the image as `{format}` in `{}`", folder.display())
            }
            Self::Prove { archive, start: true } => {
                write!(
                    formatter,
                    "starting `{}` with a throw-away data folder, and probing it",
                    archive.display()
                )
            }
            Self::Prove { archive, start: false } => {
                write!(formatter, "probing `{}` without starting it", archive.display())
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::lock::Digests;

    fn wishes() -> Wishes {
        Wishes {
            origin: Origin::Example,
            site: Site::example(),
            target: "x86_64-unknown-freebsd".parse().unwrap(),
            daemon: daemon::Source::Workspace,
            base: "host".parse().unwrap(),
            base_sha256: None,
            lock: None,
            flavour: Flavour::Minimal,
            dist: "dist".into(),
            formats: BTreeSet::new(),
            start: false,
        }
    }

    /// Each version has the same plan.
    fn without_version(text: &str) -> String {
        text.replace(image::VERSION, "VERSION")
    }

    #[test]
    fn the_plan_of_make() {
        insta::assert_snapshot!(without_version(&Plan::new(&wishes()).unwrap().to_string()));
    }

    #[test]
    fn the_plan_of_a_debug_image_in_every_format_over_a_locked_archive() {
        let base: base::Choice = "./base.txz".parse().unwrap();
        let sha256 = Sha256::of(b"base.txz");
        let wishes = Wishes {
            base: base.clone(),
            base_sha256: Some(sha256),
            lock: Some(Locked { base, release: None, sha256: Digests::Archive(sha256) }),
            daemon: daemon::Source::File("xmppd".into()),
            flavour: Flavour::Debug,
            formats: Format::ALL.into_iter().collect(),
            ..wishes()
        };
        let plan = Plan::new(&wishes).unwrap();
        insta::assert_snapshot!(without_version(&serde_json::to_string_pretty(&plan).unwrap()));
    }

    #[test]
    fn only_an_image_for_this_system_is_started() {
        let starts = |wishes: &Wishes| match Plan::new(wishes).unwrap().steps.pop() {
            Some(Step::Prove { start, .. }) => start,
            other => panic!("{other:?} is last"),
        };
        let here = Wishes { target: Target::host().unwrap(), start: true, ..wishes() };
        let others =
            ["aarch64-unknown-freebsd", "x86_64-unknown-freebsd"].map(|triple| triple.parse().unwrap());
        let other = others.into_iter().find(|target| *target != here.target).unwrap();
        let elsewhere = Wishes { target: other, ..here.clone() };
        assert_eq!((starts(&here), starts(&elsewhere)), (true, false));
        assert!(!starts(&Wishes { start: false, ..here }));
    }
}
