//! `jailbuild consent export`

use std::{fmt, path::PathBuf};

use serde::Serialize;
use xmppd_control::Consented;

use crate::{accounts::Listing, commands::desk::Desk, error::Result, host::file, table::sheet};

const COLUMNS: [&str; 7] = ["name", "signed", "slip", "recorded-by", "recorded", "withdrawn", "account"];

/// Write all consents as a list that a spreadsheet opens (CSV), for the school's own records; with `--json`, as JSON to standard output.
///
/// For example: `jailbuild consent export --out consents.csv`
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Where to write it, readable by nobody else [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What was written.
#[derive(Serialize)]
struct Exported {
    consents: usize,
    path: PathBuf,
}

pub(super) fn run(args: &Args, mut desk: Desk<'_>) -> Result<u8> {
    let consents = desk.daemon.consents()?;
    let rows: Vec<_> = consents.iter().map(row).collect();
    let list = sheet(&COLUMNS, rows.iter().map(|row| row.iter().map(String::as_str).collect()))?;
    let Some(path) = args.out.clone() else {
        return if desk.console.json() {
            desk.console.show(&Listing(consents))
        } else {
            desk.console.copy(&list)
        };
    };
    if !file::write_new(&path, &list, file::SECRET)? {
        return Err(file::taken(&path, "move it away, or name another file"));
    }
    desk.console.show(&Exported { consents: consents.len(), path })
}

fn row(consented: &Consented) -> [String; COLUMNS.len()] {
    let Consented { name, consent, recorded_by, recorded, withdrawn, has_account } = consented.clone();
    let account = if has_account { "yes" } else { "no" }.to_owned();
    let (signed, slip) = (consent.signed.to_string(), consent.slip.to_string());
    [name, signed, slip, recorded_by, recorded, withdrawn.unwrap_or_default(), account]
}

impl fmt::Display for Exported {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} consents are in `{}`", self.consents, self.path.display())
    }
}
