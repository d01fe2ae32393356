//! Files, looked at as somebody else would.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

type Spoken = Result<String, String>;

/// What is in it.
pub(crate) fn text(file: &Path) -> Spoken {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// Nothing is said of what goes well.
pub(crate) fn copy(from: &Path, to: &Path) -> Spoken {
    fs::copy(from, to).map(|_| String::new()).map_err(|error| format!("{}: {error}", from.display()))
}

/// Names with permissions.
pub(crate) fn list(folder: &Path) -> Spoken {
    let complaint = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder).map_err(complaint)? {
        let entry = entry.map_err(complaint)?;
        let mode = entry.metadata().map_err(complaint)?.permissions().mode() & 0o7777;
        lines.push((entry.file_name(), mode));
    }
    lines.sort();
    let lines: Vec<String> =
        lines.iter().map(|(name, mode)| format!("{mode:04o} {}\n", name.display())).collect();
    Ok(lines.concat())
}

/// The text of a PDF, as poppler reads it.
pub(crate) fn pdf_text(file: &Path) -> Spoken {
    said(Command::new("pdftotext").arg("-layout").arg(file).arg("-")).map(|text| text.replace('\u{c}', ""))
}

/// What each QR code of a PDF says, as `zbarimg` reads it.
pub(crate) fn qr_codes(file: &Path) -> Spoken {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    said(Command::new("pdftoppm").args(["-r", "150", "-gray"]).arg(file).arg(folder.path().join("page")))?;
    let mut pages: Vec<_> = fs::read_dir(folder.path())
        .map_err(|error| error.to_string())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    pages.sort();
    said(Command::new("zbarimg").args(["--quiet", "--raw"]).args(pages))
}

/// The password that follows this name in a file, be it a PDF, or the first in it where the name is not.
pub(crate) fn password(file: &Path, name: &str) -> Spoken {
    let is_pdf = file.extension().is_some_and(|extension| extension == "pdf");
    // As the text was written: a card from its top to its bottom.
    let text =
        if is_pdf { said(Command::new("pdftotext").arg("-raw").arg(file).arg("-"))? } else { text(file)? };
    let is_between = |character: char| !character.is_alphanumeric() && !"-.@_".contains(character);
    let words: Vec<&str> = text.split(is_between).collect();
    let begin = words.iter().position(|word| word.split('@').next() == Some(name)).unwrap_or(0);
    let password = words[begin..].iter().find(|word| is_password(word));
    password.map(|word| (*word).to_owned()).ok_or_else(|| format!("{} holds no password", file.display()))
}

/// Four groups of five letters.
fn is_password(word: &str) -> bool {
    let groups: Vec<&str> = word.split('-').collect();
    let is_group = |group: &&str| group.len() == 5 && group.bytes().all(|byte| byte.is_ascii_lowercase());
    groups.len() == 4 && groups.iter().all(is_group)
}

fn said(command: &mut Command) -> Spoken {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
