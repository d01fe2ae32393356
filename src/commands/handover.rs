//! `jailbuild handover`: an image for the next school, once it was seen that it holds nothing of this one.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use xmppd_control::Verb;

use super::{school, steps};
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
    site::{Origin, Site},
    trust::{self, Sources},
};

/// Hand an image to the next school: search it for what is yours, and put it into one folder with all that a stranger needs.
///
/// Every byte of the image is searched, also within what is compressed, for the school's domain, names and addresses, its
/// keys and certificates. If one of them is there, nothing is written, and it is said where. Else the folder has the image
/// with its digest and its signature, its bill of materials, and a page that says what to compare by telephone and what to do.
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
    let School { origin, site, appliance, people } = School::find(arguments, named, console)?;
    let daemon = arguments.daemon_of(appliance.as_ref());
    refuse_existing(&arguments.out)?;
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
        let Target { appliance: name, socket } = &self.daemon;
        if name.is_some() || socket.is_some() {
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
    /// The one whose daemon was named, and is asked; else the one whose file was named or is here, and whose daemon is asked
    /// if it is in service on this host.
    fn find(arguments: &Arguments, named: Option<&Path>, console: &Console) -> Result<Self> {
        let Target { appliance, socket } = &arguments.daemon;
        if appliance.is_some() || socket.is_some() {
            let place = Place::find(&arguments.daemon, named, &ThisHost)?;
            let people = Some(people(&place)?);
            return Ok(Self::of(place, people));
        }
        let (origin, site) = school(named, console)?;
        if !Layout::names(&ThisHost)?.iter().any(|name| name == site.name.as_str()) {
            return Ok(Self { origin, site, appliance: None, people: None });
        }
        let target = Target { appliance: Some(site.name.to_string()), socket: None };
        let place = Place { origin, site, ..Place::find(&target, None, &ThisHost)? };
        let people = people(&place).ok();
        Ok(Self::of(place, people))
    }

    fn of(place: Place, people: Option<Vec<String>>) -> Self {
        let appliance = place.appliance.map(|record| Layout::of(&record.name));
        Self { origin: place.origin, site: place.site, appliance, people }
    }
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
    fn a_debug_image_is_not_handed_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut image = Image::open(&fixture::written(folder.path()).0.archive).unwrap();
        refuse_debug(&image).unwrap();
        image.manifest.flavour = Flavour::Debug;
        assert_eq!(refuse_debug(&image).unwrap_err().exit_code(), 3);
    }
}
