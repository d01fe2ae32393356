//! Whether what is on disk is what was signed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use super::{Evidence, Finding, ImageFile, ImageFiles, Probe, Shortfall, Subject, require};
use crate::{Result, error::Context as _, runtime::Appliance};

pub(super) const PROBES: &[Probe] = &[Probe::of_appliance(
    "image-unchanged",
    "What the appliance runs from is the image that was signed, byte for byte and mode for mode, and nothing besides.",
    unchanged,
)];

fn unchanged(subject: &Subject, _: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let folder = subject.unpacked.ok_or_else(|| Shortfall::NotChecked {
        why: "it is not known where the image was unpacked".to_owned(),
        hint: "install it with this version of `jailbuild`".to_owned(),
    })?;
    let differences = differences(folder, subject.image)?;
    evidence.note(format!("{} entries compared with `{}`", subject.image.files.len(), folder.display()));
    require(differences.is_empty(), || differences.join("; "))
}

/// What differs, a line each.
fn differences(folder: &Path, image: &ImageFiles) -> Result<Vec<String>> {
    let wanted: BTreeMap<&str, &ImageFile> = image
        .files
        .iter()
        .map(|file| (name(&file.path), file))
        .filter(|(name, _)| !name.is_empty())
        .collect();
    let mut found = BTreeSet::new();
    walk(folder, Path::new(""), &mut found)?;
    let mut differences = Vec::new();
    for (path, file) in &wanted {
        differences.extend(difference(&folder.join(path), file)?.map(|what| format!("`{path}` {what}")));
    }
    let others =
        found.iter().filter(|path| !wanted.contains_key(path.as_str()) && !leads_to_one(path, &wanted));
    differences.extend(others.map(|path| format!("`{path}` is not in the image")));
    Ok(differences)
}

/// Without what tar puts before and after it.
fn name(path: &str) -> &str {
    path.trim_start_matches("./").trim_end_matches('/')
}

/// A folder that the archive does not list, but has files in.
fn leads_to_one(folder: &str, wanted: &BTreeMap<&str, &ImageFile>) -> bool {
    wanted.keys().any(|path| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
}

fn walk(top: &Path, below: &Path, found: &mut BTreeSet<String>) -> Result<()> {
    let folder = top.join(below);
    for entry in fs::read_dir(&folder).doing_to("list", &folder)? {
        let entry = entry.doing_to("list", &folder)?;
        let path = below.join(entry.file_name());
        found.insert(path.to_string_lossy().into_owned());
        if entry.file_type().doing_to("look at", &entry.path())?.is_dir() {
            walk(top, &path, found)?;
        }
    }
    Ok(())
}

/// How what is there differs from the archive's entry; links are not followed.
fn difference(path: &Path, file: &ImageFile) -> Result<Option<String>> {
    let Ok(there) = fs::symlink_metadata(path) else { return Ok(Some("is gone".to_owned())) };
    let same_kind = if file.kind.is_dir() { there.is_dir() } else { there.is_file() == file.kind.is_file() };
    if !same_kind {
        return Ok(Some("is of another kind".to_owned()));
    }
    let mode = there.permissions().mode() & 0o7777;
    if !there.is_symlink() && mode != file.mode {
        return Ok(Some(format!("has the mode {mode:04o}, not {:04o}", file.mode)));
    }
    if !there.is_file() || fs::read(path).doing_to("read", path)? == file.bytes {
        return Ok(None);
    }
    Ok(Some("has other bytes".to_owned()))
}
