//! What the tests of the tool from outside have in common.
#![expect(dead_code, reason = "each test program takes what it needs")]

use std::{
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
