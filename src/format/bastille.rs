//! What `bastille import` takes (its `import.sh`): a tgz of one folder, which holds the jail's root, its
//! `jail.conf` and its `fstab`; the name says when it was made, and the digest stands alone in a file beside it.

use std::path::Path;

use serde::Serialize;
use time::macros::format_description;

use super::{DigestFile, Format, Wrapped};
use crate::{
    error::{Context as _, Error, Result},
    image::{Entry, Image, Mode, ROOTFS, Tree, archive},
    policy::Policy,
    render::{Template, Word, render},
    runtime::{DATA, Deployment, SETTINGS},
};

/// What is lost in it.
pub(super) const LOSSES: [&str; 6] = [
    "a network stack of its own: the daemon has an address of the host, and reaches whatever the host lets it reach",
    "firewall rules: Bastille redirects clients (`bastille rdr`) and lets jails out; closing 5269 and the way out is yours",
    "a root file system that is mounted read-only: it belongs to root, and the daemon is not root",
    "supervision: when the daemon ends, it stays down until `bastille start`",
    "locks that are newer than FreeBSD 14",
    "`jailbuild verify --installed`, upgrades with a way back, the signature: check the image before it is wrapped",
];

/// Where Bastille keeps jails; where it was told another place, it rewrites `jail.conf`, and `fstab` is to be edited.
const JAILS: &str = "/usr/local/bastille/jails";

/// The archive for an appliance with this policy's name and address.
pub(super) fn wrap(image: &Image, policy: &Policy) -> Result<Wrapped> {
    if !image.manifest.target.is_freebsd() {
        return Err(Error::configuration(
            format_args!("Bastille runs jails of FreeBSD, but this image is for `{}`", image.manifest.target),
            "make one for FreeBSD: `jailbuild make --target x86_64-unknown-freebsd`",
        ));
    }
    let time = image.manifest.source_date_epoch;
    let made = time.time()?.format(format_description!("[year]-[month]-[day]-[hour][minute][second]"));
    let stem = format!("{}_{}", policy.name, made.doing("name the archive")?);
    Ok(Wrapped {
        format: Format::Bastille,
        file_name: format!("{stem}.tgz"),
        bytes: archive::write(&tree(image, policy)?, time)?,
        digest_file: DigestFile::Bare(format!("{stem}.sha256")),
    })
}

fn tree(image: &Image, policy: &Policy) -> Result<Tree> {
    let within = |path: &str| format!("{}/{path}", policy.name).parse();
    let mut tree = Tree::default();
    tree.add_file(within("jail.conf")?, Mode::new(0o644)?, jail_conf(policy)?.into_bytes())?;
    tree.add_file(within("fstab")?, Mode::new(0o644)?, fstab(policy).into_bytes())?;
    for folder in ["data", "settings"] {
        tree.add_folder(within(folder)?, Mode::new(0o700)?)?;
    }
    for (path, entry) in image.tree.below(ROOTFS)?.iter() {
        let path = within(&format!("root/{path}"))?;
        match entry {
            Entry::File { mode, bytes } => tree.add_file(path, *mode, bytes.clone())?,
            Entry::Folder { mode } => tree.add_folder(path, *mode)?,
        }
    }
    tree.add_parents();
    Ok(tree)
}

fn jail_conf(policy: &Policy) -> Result<String> {
    #[derive(Serialize)]
    struct Values {
        name: Word,
        home: Word,
        address: Word,
        program: Vec<Word>,
    }
    let program = Deployment::daemon();
    let values = Values {
        name: Word::new(&policy.name)?,
        home: Word::path(&Path::new(JAILS).join(&policy.name))?,
        address: Word::new(policy.jail.to_string())?,
        program: program.into_iter().map(Word::new).collect::<Result<_>>()?,
    };
    render(Template::Bastille, &values)
}

/// See fstab(5): mounted before the jail starts, in this order.
fn fstab(policy: &Policy) -> String {
    let home = format!("{JAILS}/{}", policy.name);
    format!(
        "{home}/settings {home}/root{SETTINGS} nullfs ro 0 0\n\
         {home}/data {home}/root{DATA} nullfs rw,nosuid,noexec 0 0\n"
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::{
        digest::Sha256,
        image::{EntryPath, fixture},
        render::KernelParameters,
        site::{Origin, Site},
    };

    /// What FreeBSD 14 does not know: `jail -c` refuses a parameter that the kernel has not.
    const NEWER: [&str; 4] = ["allow.noadjtime", "allow.noextattr", "allow.norouting", "allow.nosettime"];

    fn minimal() -> Image {
        let folder = tempfile::tempdir().unwrap();
        Image::open(&fixture::written(folder.path()).0.archive).unwrap()
    }

    fn policy() -> Policy {
        let site: Site = Origin::Example.load().unwrap();
        Policy::of(&site)
    }

    #[test]
    fn the_archive_reads_like_this() {
        let tree = tree(&minimal(), &policy()).unwrap();
        let line = |(path, entry): (&EntryPath, &Entry)| match entry {
            Entry::File { mode, .. } => format!("{mode} file   {path}"),
            Entry::Folder { mode } => format!("{mode} folder {path}"),
        };
        let lines: Vec<String> = tree.iter().map(line).collect();
        let text = |path| String::from_utf8_lossy(tree.file(path).unwrap());
        let [fstab, jail] = ["schoolchat/fstab", "schoolchat/jail.conf"].map(text);
        insta::assert_snapshot!(format!("{}\n\n{fstab}\n{jail}", lines.join("\n")));
    }

    #[test]
    fn the_file_is_named_as_bastille_wants_it() {
        let folder = tempfile::tempdir().unwrap();
        let written = wrap(&minimal(), &policy()).unwrap().write(folder.path()).unwrap();
        assert_eq!(written.path, folder.path().join("schoolchat_2026-01-01-000000.tgz"));
        let digest =
            std::fs::read_to_string(folder.path().join("schoolchat_2026-01-01-000000.sha256")).unwrap();
        assert_eq!(digest.trim(), Sha256::of(&std::fs::read(&written.path).unwrap()).to_string());
    }

    #[test]
    fn its_jail_has_every_lock_that_freebsd_14_knows() {
        let conf = jail_conf(&policy()).unwrap();
        for lock in KernelParameters::default().missing_locks() {
            assert_eq!(conf.contains(&format!("    {lock};\n")), !NEWER.contains(&lock), "{lock}");
        }
    }

    #[test]
    fn what_bastille_rewrites_stands_once_and_in_its_form() {
        let conf = jail_conf(&policy()).unwrap();
        // `sed` replaces whatever stands between these words and a semicolon.
        for word in ["path", "exec.consolelog", "mount.fstab"] {
            assert_eq!(conf.matches(word).count(), 1, "{word}");
        }
        assert!(conf.contains(" path = /usr/local/bastille/jails/schoolchat/root;\n"));
    }

    #[test]
    fn an_image_for_linux_is_refused() {
        let mut image = minimal();
        image.manifest.target = "x86_64-unknown-linux-gnu".parse().unwrap();
        assert_eq!(wrap(&image, &policy()).unwrap_err().exit_code(), 3);
    }
}
