//! Whether an image can run on the host.

use std::fmt;

use crate::{
    checkup::{Check, facts::Facts},
    elf::Binary,
    image::{Image, tree::Entry},
    target::Target,
};

/// How versions count: 15.1 is 1501501, and with another release in front of it nothing is promised.
const RELEASE: u32 = 100_000;

/// An older program runs on newer libraries, and older libraries on a newer kernel; never the other way round.
pub(super) fn runs(facts: &Facts, image: &Image, host: Target) -> Check {
    let subject = "image";
    let target = image.manifest.target;
    if host != target {
        return Check::missing(
            subject,
            format_args!("it is for `{target}`, and this is `{host}`"),
            format_args!("make it for this machine, or install it on `{target}`"),
        );
    }
    runs_on(facts.kernel.unwrap_or_default(), &Built::of(image))
}

pub(in crate::checkup) fn runs_on(kernel: u32, built: &Built) -> Check {
    let subject = "image";
    match (built.daemon, built.libraries) {
        (Some(daemon), Some(libraries)) if libraries < daemon => newer(
            daemon / RELEASE > libraries / RELEASE,
            format_args!("its daemon was built for version {daemon}, and its libraries are of {libraries}"),
            "make it anew with `--base` of a later release",
        ),
        (_, Some(libraries)) if kernel < libraries => newer(
            libraries / RELEASE > kernel / RELEASE,
            format_args!("its libraries are of version {libraries}, and this kernel is {kernel}"),
            "upgrade the host, or make the image with `--base host` here",
        ),
        (_, Some(libraries)) => {
            Check::ok(subject, format_args!("it runs here: libraries of version {libraries}"))
        }
        (_, None) => Check::limited(
            subject,
            "its libraries do not say for which version they are",
            "`jailbuild verify` starts it, and tells",
        ),
    }
}

/// What is newer than what it runs on: of another release it does not run; within one it may.
fn newer(of_another_release: bool, seen: fmt::Arguments<'_>, hint: &str) -> Check {
    if of_another_release { Check::missing("image", seen, hint) } else { Check::limited("image", seen, hint) }
}

/// The versions that the programs of an image were built against.
pub(in crate::checkup) struct Built {
    pub(in crate::checkup) daemon: Option<u32>,
    pub(in crate::checkup) libraries: Option<u32>,
}

impl Built {
    fn of(image: &Image) -> Self {
        let version = |bytes: &[u8]| Binary::parse(bytes).ok()?.freebsd_version;
        let libraries = image.tree.iter().filter_map(|(path, entry)| match entry {
            Entry::File { bytes, .. } if path.as_str().starts_with("rootfs/lib/") => version(bytes),
            _ => None,
        });
        // Where they do not say it themselves, the image does.
        let said = || Some(image.manifest.base.major()? * RELEASE);
        Self {
            daemon: image.tree.file("rootfs/usr/local/sbin/xmppd").and_then(version),
            libraries: libraries.max().or(said()),
        }
    }
}
