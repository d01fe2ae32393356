//! The verbs, one thin file each: arguments in, the rooms below called in order, a result shown.

pub mod base;
pub mod cert;
pub mod check;
pub mod completions;
pub mod doctor;
pub mod init;
pub mod inspect;
pub mod make;
pub mod man;
pub mod plan;
pub mod verify;

use std::path::Path;

use crate::{
    console::{Console, Verbosity},
    error::Result,
    probe::{Progress, Style},
    proof::{Event, Proof},
    site::{Origin, Site},
};

/// The school's file that was named or lies in this folder, else the built-in example.
pub fn school(named: Option<&Path>, console: &Console) -> Result<(Origin, Site)> {
    let origin = Origin::find(named);
    let site = origin.load()?;
    if let Origin::Example = origin {
        console.note(format_args!(
            "no `{}` here: taking the example school {}",
            crate::site::FILE_NAME,
            site.domain
        ));
    }
    Ok((origin, site))
}

/// Shows how far a proof has come.
fn show(event: &Event, console: &Console) {
    match event {
        Event::Doing(what) => console.step(what),
        Event::Probing(Progress::Begins { probe, index, total }) => {
            console.step(format_args!("probing {}/{total}: {probe}", index + 1));
        }
        Event::Probing(Progress::Ended(_)) => {}
    }
}

/// Shows what came of a proof.
fn conclude(proof: &Proof, strict: bool, console: &Console) -> Result<u8> {
    let style = Style::of_stdout(console.verbosity() == Verbosity::Verbose);
    console.result(proof, proof.report.display(style))?;
    Ok(proof.exit_code(strict))
}
