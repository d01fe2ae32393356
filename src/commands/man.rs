//! `jailbuild man`: the manual pages, which travel within the program.

use std::path::PathBuf;

use crate::{error::Result, host::file};

/// The pages: section, name, text.
const PAGES: [(&str, &str, &str); 3] = [
    ("man5", "jailbuild.toml.5", include_str!("../../man/jailbuild.toml.5")),
    ("man8", "jailbuild.8", include_str!("../../man/jailbuild.8")),
    ("man8", "xmppd.8", include_str!("../../man/xmppd.8")),
];

/// Write the manual pages into a folder: jailbuild(8), jailbuild.toml(5), xmppd(8).
///
/// For example: `jailbuild man /usr/local/share/man`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The folder, in which each page goes into its section, `man5` or `man8`.
    folder: PathBuf,
}

/// Writes the pages.
pub fn run(args: &Args) -> Result<u8> {
    for (section, name, text) in PAGES {
        file::write(&args.folder.join(section).join(name), text.as_bytes(), 0o644)?;
    }
    Ok(0)
}
