//! One case a transcript.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use jailbuild::runtime::linux;
use libtest_mimic::{Arguments, Failed, Trial};

use crate::{commands::PLAY, school, support::skipped, transcript::Transcript};

/// Where the transcripts are.
const FOLDER: &str = "tests/administration";

pub(crate) fn main() -> ExitCode {
    let cases = match linux::available() {
        Ok(()) => transcripts().into_iter().map(trial).collect(),
        Err(unavailable) => {
            skipped(&format!("{unavailable}; {}", unavailable.hint));
            Vec::new()
        }
    };
    let code = libtest_mimic::run(&Arguments::from_args(), cases).exit_code();
    school::clear();
    code
}

fn transcripts() -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER)).expect("a folder");
    let files = entries.map(|entry| entry.expect("an entry").path());
    let mut transcripts: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|extension| extension == "trycmd")).collect();
    transcripts.sort();
    transcripts
}

fn trial(file: PathBuf) -> Trial {
    let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
    Trial::test(name, move || play(&file))
}

fn play(file: &Path) -> Result<(), Failed> {
    let transcript = Transcript::read(file);
    if let Some(missing) = transcript.programs().into_iter().find(|program| !is_there(program)) {
        skipped(&format!(
            "{}: there is no `{missing}` here: apt install poppler-utils zbar-tools",
            file.display()
        ));
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let order = school::open(folder.path(), &file.with_extension("in"), transcript.commands());
    let said = PLAY.run(&order, |()| {}).map_err(|error| Failed::from(format!("{error}\n{error:?}")))?;
    transcript.compare(&said, folder.path()).map_err(Failed::from)
}

fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}
