//! Whether anything is left of accounts that were removed.

use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use serde::Serialize;

use crate::{
    error::{Error, Result},
    probe::search::{self, Found, Needle},
};

/// How often is looked, and how long is waited between: what is erased beside the database takes its moment.
const LOOKS: u32 = 25;
const PAUSE: Duration = Duration::from_millis(200);

/// What was searched, and held nothing.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Erased {
    /// The addresses and full names of which nothing is left.
    pub sought: Vec<String>,
    /// How many files were read.
    pub files: usize,
    /// How many bytes those had.
    pub bytes: u64,
}

/// Searches every byte of the data folder for what named the removed; the addresses of `others`, which may end the same, are not meant.
///
/// # Errors
/// [`Error::Failed`] with what still holds one, or if not all could be searched.
pub fn search(data: &Path, sought: Vec<String>, others: &[String]) -> Result<Erased> {
    let places = [data.to_owned()];
    let needle = Needle::any_of(&sought, others);
    let mut found = search::search(&places, &needle)?;
    for _ in 1..LOOKS {
        if found.files.is_empty() {
            break;
        }
        thread::sleep(PAUSE);
        found = search::search(&places, &needle)?;
    }
    let Found { files, searched, bytes } = found;
    if files.is_empty() {
        return Ok(Erased { sought, files: searched, bytes });
    }
    Err(left(&sought, &files, others)?)
}

/// Which of them is where.
fn left(sought: &[String], files: &[PathBuf], others: &[String]) -> Result<Error> {
    let mut lines = Vec::new();
    for text in sought {
        let needle = Needle::any_of(std::slice::from_ref(text), others);
        let holding = search::search(files, &needle)?.files;
        lines.extend(holding.iter().map(|file| format!("`{text}` still stands in `{}`", file.display())));
    }
    Ok(Error::failed_with_hint(
        format_args!("removed, but not all of it is erased:\n{}", lines.join("\n")),
        "a message of theirs may wait for somebody else, and go when that one logs in; else restart the \
         daemon, which erases what it left behind, and tell those who make it; \
         `jailbuild user remove --check NAME` searches again",
    ))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_left_is_told_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("xmppd.db");
        fs::write(&file, "…eve@school.test…steve@school.test…").unwrap();
        let [steve, eve, tom] = ["steve", "eve", "tom"].map(|name| format!("{name}@school.test"));

        let others = [steve.clone(), tom.clone()];
        let error = search(folder.path(), vec![eve.clone()], &others).unwrap_err().to_string();
        let place = format!("`eve@school.test` still stands in `{}`", file.display());
        assert_eq!(error, format!("removed, but not all of it is erased:\n{place}"));

        fs::write(&file, "…steve@school.test…").unwrap();
        let erased = search(folder.path(), vec![eve.clone()], &others).unwrap();
        assert_eq!(erased, Erased { sought: vec![eve], files: 1, bytes: 23 });
        assert!(search(folder.path(), vec![steve], &[]).is_err());
    }
}
