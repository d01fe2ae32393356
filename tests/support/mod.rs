//! What the tests of the tool from outside have in common.
#![allow(dead_code, reason = "each test program takes what it needs")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

/// The tool, in a folder, with nothing of the environment that would change what it prints or makes.
pub(crate) fn jailbuild(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jailbuild"));
    command.current_dir(folder).env_remove("SOURCE_DATE_EPOCH").env("NO_COLOR", "1");
    command
}

/// The daemon as the tests have it: unoptimised, and built once.
pub(crate) fn daemon() -> &'static Path {
    static DAEMON: OnceLock<PathBuf> = OnceLock::new();
    DAEMON.get_or_init(|| {
        let build = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--locked", "--package", "xmppd"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo runs");
        assert!(build.success(), "the daemon does not build");
        Path::new(env!("CARGO_BIN_EXE_jailbuild")).with_file_name("xmppd")
    })
}

/// Makes a root file system of the daemon and the shared objects that it needs.
pub(crate) fn lay_out(rootfs: &Path, daemon: &Path) {
    for path in ["usr/local/sbin", "usr/local/etc/xmppd", "var/db/xmppd"] {
        fs::create_dir_all(rootfs.join(path)).expect("a folder");
    }
    fs::copy(daemon, rootfs.join("usr/local/sbin/xmppd")).expect("a copy");
    let listing = Command::new("ldd").arg(daemon).output().expect("ldd(1) of the C library");
    let listing = String::from_utf8(listing.stdout).expect("text");
    for object in listing.split_ascii_whitespace().filter_map(|word| word.strip_prefix('/')) {
        let copy = rootfs.join(object);
        fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
        fs::copy(Path::new("/").join(object), copy).expect("a copy");
    }
}

/// What a command printed and complained about, for the message of a failed assertion.
pub(crate) fn said(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Says that a test could not be made on this machine; where everything must be tried, that is a failure.
#[expect(clippy::print_stderr, reason = "whoever runs the tests is to know")]
pub(crate) fn skipped(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "skipped: {why}");
    eprintln!("skipped: {why}");
}
