//! `jailbuild metrics`: how an appliance fares, for programs that watch it.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::{
    administration::{Daemon, Place, Target},
    condition,
    console::Console,
    error::Result,
    host::{ThisHost, file},
};

/// Print how an appliance fares as a text of `OpenMetrics` 1.0, for programs that watch it. Nobody is named in it.
///
/// With `--out`, from cron(8), for the textfile collector of `node_exporter`; see jailbuild(8).
///
/// For example: `jailbuild metrics --out /var/tmp/node_exporter/schoolchat.prom`
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    target: Target,

    /// Write it into this file, which is complete at every moment, and over the one from before.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Asks the daemon.
pub fn run(args: &Args, site: Option<&Path>, console: &Console) -> Result<u8> {
    let text =
        Daemon::to_watch(&Place::find(&args.target, site, &ThisHost)?, condition::PATIENCE)?.metrics()?;
    match &args.out {
        Some(path) => {
            file::write(path, text.as_bytes(), file::PUBLIC)?;
            // cron(8) mails what is said: nothing, then, unless a program wants to know.
            if console.json() {
                console.show(&json!({ "path": path, "bytes": text.len() }))?;
            }
        }
        None => console.result(&json!({ "openmetrics": text }), text.trim_end())?,
    }
    Ok(0)
}
