//! Files, looked at as somebody else would.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::specimen::Specimen;

type Spoken = Result<String, String>;

/// What is in it.
pub(crate) fn text(file: &Path) -> Spoken {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// Nothing is said of what goes well.
pub(crate) fn copy(from: &Path, to: &Path) -> Spoken {
    fs::copy(from, to).map(|_| String::new()).map_err(|error| format!("{}: {error}", from.display()))
}

/// Whether there are the same bytes in both.
pub(crate) fn same(one: &Path, other: &Path) -> Spoken {
    let read = |file: &Path| fs::read(file).map_err(|error| format!("{}: {error}", file.display()));
    if read(one)? == read(other)? {
        Ok("they are the same".to_owned())
    } else {
        Err("they differ".to_owned())
    }
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

/// The files below a folder in which these bytes occur.
pub(crate) fn find(text: &str, folder: &Path) -> Spoken {
    let mut found = Vec::new();
    search(text.as_bytes(), folder, &mut found).map_err(|error| format!("{}: {error}", folder.display()))?;
    let names = found.iter().filter_map(|path| path.strip_prefix(folder).ok());
    let mut names: Vec<String> = names.map(|name| format!("{}\n", name.display())).collect();
    names.sort();
    Ok(if names.is_empty() { "in no file\n".to_owned() } else { names.concat() })
}

fn search(text: &[u8], folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            search(text, &path, found)?;
        } else if kind.is_file() && memchr::memmem::find(&fs::read(&path)?, text).is_some() {
            found.push(path);
        }
    }
    Ok(())
}

/// Of these an image can be made, which nobody could start.
pub(crate) fn specimens(folder: &Path) -> Spoken {
    let (object, daemon) = (Specimen::freebsd(), Specimen::freebsd().interpreter("/libexec/ld-elf.so.1"));
    let files = [
        ("xmppd", daemon.needs(&["libc.so.7"]).bytes()),
        ("base/bin/freebsd-version", b"USERLAND_VERSION=\"15.1-STAND-IN\"\n".to_vec()),
        ("base/libexec/ld-elf.so.1", object.bytes()),
        ("base/lib/libsys.so.7", object.bytes()),
        ("base/lib/libc.so.7", object.bytes()),
    ];
    for (path, bytes) in files {
        let path = folder.join(path);
        let written =
            fs::create_dir_all(path.parent().expect("a folder")).and_then(|()| fs::write(&path, bytes));
        written.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(String::new())
}

/// Nobody else reads it from now on.
pub(crate) fn make_private(file: &Path) -> Spoken {
    let mode = fs::Permissions::from_mode(0o600);
    fs::set_permissions(file, mode)
        .map(|()| String::new())
        .map_err(|error| format!("{}: {error}", file.display()))
}

/// One bit in the middle is another.
pub(crate) fn flip(file: &Path) -> Spoken {
    changed(file, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    })
}

/// The last byte is missing.
pub(crate) fn shorten(file: &Path) -> Spoken {
    changed(file, |bytes| bytes.truncate(bytes.len() - 1))
}

fn changed(file: &Path, change: impl FnOnce(&mut Vec<u8>)) -> Spoken {
    let changed = fs::read(file).and_then(|mut bytes| {
        change(&mut bytes);
        fs::write(file, bytes)
    });
    changed.map(|()| String::new()).map_err(|error| format!("{}: {error}", file.display()))
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
