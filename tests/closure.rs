//! The closure, proved by the loader itself: what was assembled from this machine's own files starts with nothing else around it.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use std::{env, path::Path};

use jailbuild::{
    base,
    daemon::{Daemon, SourceDateEpoch},
    host::command::Command,
    image::{self, Image, Ingredients, SigningKey},
    pkg_list::Flavour,
    target::Target,
};
use support::daemon;

/// Runs a program with `root` as its whole file system, as root or as root of a user namespace of its own.
fn run_in(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let chroot =
        |command: Command| command.arg(root).args(arguments).read().map_err(|failure| failure.to_string());
    chroot(Command::new("chroot")).or_else(|first| {
        chroot(Command::new("unshare").args(["--map-root-user", "chroot"])).map_err(|_| first)
    })
}

#[test]
fn programs_of_this_machine_start_in_an_image_of_them() {
    if let Err(why) = run_in(Path::new("/"), &["/bin/cat", "/dev/null"]) {
        assert!(env::var_os("CI").is_none(), "{why}");
        println!("skipped: {why}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let target = Target::host().unwrap();
    let daemon = Daemon::read(daemon(), target, SourceDateEpoch::default()).unwrap();
    let base = base::open(&base::Choice::Host, target, None).unwrap();
    let list = Flavour::Debug.list().unwrap();
    let flavour = Flavour::Debug;
    let assembled =
        image::assemble(Ingredients { daemon: &daemon, base: &*base, flavour, list: &list, extras: vec![] })
            .unwrap();
    let key = SigningKey::of_folder(&folder.path().join("signing")).unwrap();
    let written = image::write(&assembled, &folder.path().join("dist"), &key).unwrap();
    Image::open(&written.archive).unwrap().unpack(&folder.path().join("image")).unwrap();

    let root = folder.path().join("image").join(image::ROOTFS);
    assert_eq!(run_in(&root, &["/bin/sh", "-c", "echo a shell"]).unwrap(), "a shell");
    assert_eq!(run_in(&root, &["/bin/ls", "/usr/local"]).unwrap(), "etc\nsbin");
    assert!(run_in(&root, &[image::DAEMON, "--version"]).unwrap().starts_with("xmppd "));
}
