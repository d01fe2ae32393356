//! `jailbuild handover`: an image for the next school, once it was seen that it holds nothing of this one.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use xmppd_control::Verb;

use super::steps;
use crate::{
    administration::{Daemon, Place, Target},
    appliance::Layout,
    console::Console,
    digest::Sha256,
    error::{Error, Result},
    handover::{Bundle, Part, Searched, Sought, This, host_name, refuse_existing, search},
    host::ThisHost,
    image::{Fingerprint, Image},
    paper::Size,
    pkg_list::Flavour,
    site::{FILE_NAME, Origin, Site},
    trust::{self, Sources},
};

/// Hand an image to the next school: search it for what is yours, and put it into one folder with all that a stranger needs.
///
/// Every byte of the image is searched, also within what is compressed, for the school's domain, names and addresses, its
/// keys and certificates, and for the names of its people where its daemon is here. If one of them is there, nothing is
/// written, and it is said where. Else the folder has the image with its digest and its signature, its bill of materials,
/// and a page that says what to compare by telephone and what to do.
///
/// For example: `jailbuild handover dist/schoolchat-0.1.0-x86_64-unknown-freebsd.tar.gz --out /media/stick/schoolchat`
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// The image.
    image: PathBuf,

    /// The folder to make.
    #[arg(long, value_name = "DIR", default_value = "handover")]
    out: PathBuf,

    /// The size of the paper that the page is printed on.
    #[arg(long, value_name = "SIZE", value_enum, default_value_t)]
    paper: Size,

    /// Do not search for this name of the school: any program may hold it. May be given several times.
    #[arg(long, value_name = "NAME")]
    common: Vec<String>,

    #[command(flatten)]
    daemon: Target,

    #[command(flatten)]
    trust: trust::Args,

    /// Search, and print what would be handed over, but write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Judges the image, searches it, and writes the folder.
pub fn run(arguments: &Arguments, named: Option<&Path>, console: &Console) -> Result<u8> {
    refuse_existing(&arguments.out)?;
    let School { origin, site, appliance, people } = School::find(arguments, named)?;
    let daemon = arguments.daemon_of(appliance.as_ref());
    console.step(format_args!("opening {}", arguments.image.display()));
    let image = Image::open(&arguments.image)?;
    trust::judge(image.signer, &Sources::of(&arguments.trust, &origin), &ThisHost)?;
    refuse_debug(&image)?;

    console.step(format_args!("searching it for what is of {}", site.domain));
    let folder = origin.folder();
    let this = This { site: &site, folder: &folder, appliance, host: host_name(), people };
    let searched = search(&image, &Sought::of(&this, &arguments.common)?)?;
    let bundle = Bundle::of(&image, arguments.paper)?;
    if !arguments.dry_run {
        bundle.write(&arguments.out)?;
        if let Some(daemon) = daemon {
            steps::remember_at(&daemon, named, Verb::HandOver, &ThisHost, console);
        }
    }
    console.show(&HandedOver {
        folder: arguments.out.clone(),
        files: bundle.parts(),
        sha256: image.digest,
        signer: image.signer,
        searched,
        written: !arguments.dry_run,
    })
}

impl Arguments {
    /// The daemon that can be asked: the one that was named, or that of the appliance that is in service here.
    fn daemon_of(&self, appliance: Option<&Layout>) -> Option<Target> {
        if self.daemon.is_named() {
            return Some(self.daemon.clone());
        }
        appliance.map(|layout| Target { appliance: Some(layout.name().to_owned()), socket: None })
    }
}

/// Whose image it is, as far as can be known here.
struct School {
    origin: Origin,
    site: Site,
    /// Where it is installed.
    appliance: Option<Layout>,
    /// The names of its people and groups.
    people: Option<Vec<String>>,
}

impl School {
    /// The one whose daemon was named; else the one whose file was named or is here; else the one that is installed on this
    /// host. Where its daemon is on this host, or was named, that has to answer.
    fn find(arguments: &Arguments, named: Option<&Path>) -> Result<Self> {
        let origin = Origin::find(named);
        let installed = Layout::names(&ThisHost)?;
        let by_appliance = origin == Origin::Example && !installed.is_empty();
        if arguments.daemon.is_named() || by_appliance {
            return Self::asked(Place::find(&arguments.daemon, named, &ThisHost)?);
        }
        refuse_example(&origin)?;
        let site = origin.load()?;
        if installed.iter().any(|name| name == site.name.as_str()) {
            let target = Target { appliance: Some(site.name.to_string()), socket: None };
            let place = Place::find(&target, None, &ThisHost)?;
            if place.site.domain == site.domain {
                return Self::asked(Place { origin, site, ..place });
            }
        }
        Ok(Self { origin, site, appliance: None, people: None })
    }

    fn asked(place: Place) -> Result<Self> {
        refuse_example(&place.origin)?;
        let people = Some(people(&place)?);
        let appliance = place.appliance.map(|record| Layout::of(&record.name));
        Ok(Self { origin: place.origin, site: place.site, appliance, people })
    }
}

/// The example is nobody's school: the image would be searched for nobody's names and keys.
fn refuse_example(origin: &Origin) -> Result<()> {
    if *origin != Origin::Example {
        return Ok(());
    }
    Err(Error::configuration(
        format_args!(
            "there is no `{FILE_NAME}` here: the image would be searched for nobody's names and keys"
        ),
        "type this in the folder of your school's file, or name that with `--file FILE`",
    ))
}

/// How the people of a school and its groups are called.
fn people(place: &Place) -> Result<Vec<String>> {
    let mut names = BTreeSet::new();
    for user in Daemon::of(place)?.users()? {
        names.insert(user.display_name);
        names.extend(user.groups);
    }
    Ok(names.into_iter().collect())
}

fn refuse_debug(image: &Image) -> Result<()> {
    if image.manifest.flavour == Flavour::Minimal {
        return Ok(());
    }
    Err(Error::configuration(
        "this is the debug flavour, which is not to be handed on: it holds a shell and tools",
        "`jailbuild make --flavor minimal` makes the one for children",
    ))
}

/// What was handed over, or would be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
struct HandedOver {
    folder: PathBuf,
    files: Vec<Part>,
    /// What the next school is to compare: say it by telephone.
    sha256: Sha256,
    signer: Fingerprint,
    searched: Searched,
    written: bool,
}

impl fmt::Display for HandedOver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let did = if self.written { "wrote" } else { "would write" };
        write!(formatter, "{}\n{did} `{}`:\n", self.searched, self.folder.display())?;
        for Part { name, bytes } in &self.files {
            writeln!(formatter, "{bytes:>10}  {name}")?;
        }
        write!(
            formatter,
            "\nRead these to whom you hand it, by telephone:\n  digest  {}\n  signer  {}",
            self.sha256, self.signer
        )
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;
    use crate::image::fixture;

    #[test]
    fn the_example_is_nobody_who_hands_on() {
        assert_eq!(refuse_example(&Origin::Example).unwrap_err().exit_code(), 3);
        refuse_example(&Origin::File("jailbuild.toml".into())).unwrap();
    }

    #[test]
    fn a_debug_image_is_not_handed_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut image = Image::open(&fixture::written(folder.path()).0.archive).unwrap();
        refuse_debug(&image).unwrap();
        image.manifest.flavour = Flavour::Debug;
        assert_eq!(refuse_debug(&image).unwrap_err().exit_code(), 3);
    }
}
