//! What differs between two images: what they say of themselves, their entries, the crates in their daemons.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DAEMON, Image, Manifest, Mode, ROOTFS, SBOM};
use crate::{
    digest::Sha256,
    error::{Context as _, Result},
};

/// The difference between two images, of which either may be the older.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The digests of the two.
    pub sha256: [Sha256; 2],
    /// What they say of themselves, and who signed them; nested keys are joined by dots.
    pub facts: Vec<Change<String>>,
    /// Files and folders.
    pub entries: Vec<Change<Entry>>,
    /// The crates in the daemon, by name, each in the versions that are there; `None` where one of the two daemons does not
    /// say what is in it.
    pub crates: Option<Vec<Change<BTreeSet<String>>>>,
}

/// What is one thing before and another after.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Change<V> {
    /// Of what.
    pub name: String,
    /// In the first image, if it is there.
    pub before: Option<V>,
    /// In the second, if it is there.
    pub after: Option<V>,
}

/// A file or a folder.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Entry {
    /// Whose it is.
    pub part: Part,
    /// Its permissions.
    pub mode: Mode,
    /// Its length and its digest, if it is a file.
    #[serde(flatten)]
    pub content: Option<Content>,
}

/// What is in a file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Content {
    /// Its length in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
    /// Why it is there.
    pub why: String,
}

/// The part of an image that an entry belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// What the jail sees, but for the daemon: the base's.
    Base,
    /// The daemon.
    Daemon,
    /// What the host is given.
    Host,
}

impl Difference {
    /// What differs. Both images were checked when they were opened.
    pub fn between(before: &Image, after: &Image) -> Result<Self> {
        Ok(Self {
            sha256: [before.digest, after.digest],
            facts: changes(&facts(before)?, &facts(after)?),
            entries: changes(&entries(&before.manifest), &entries(&after.manifest)),
            crates: crates(before)?.zip(crates(after)?).map(|(before, after)| changes(&before, &after)),
        })
    }
}

fn changes<V: Clone + PartialEq>(
    before: &BTreeMap<String, V>,
    after: &BTreeMap<String, V>,
) -> Vec<Change<V>> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    differing
        .map(|name| Change {
            name: name.clone(),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
        })
        .collect()
}

/// Everything in the manifest but its lists, whatever it may be.
fn facts(image: &Image) -> Result<BTreeMap<String, String>> {
    let mut manifest = serde_json::to_value(&image.manifest).doing("compare the manifests")?;
    if let Value::Object(members) = &mut manifest {
        members.retain(|name, _| !matches!(name.as_str(), "files" | "folders"));
    }
    let mut facts = BTreeMap::from([("signer".to_owned(), image.signer.to_string())]);
    flatten("", manifest, &mut facts);
    Ok(facts)
}

fn flatten(name: &str, value: Value, facts: &mut BTreeMap<String, String>) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (member, value) in members {
                let name = if name.is_empty() { member } else { format!("{name}.{member}") };
                flatten(&name, value, facts);
            }
        }
        Value::String(text) => drop(facts.insert(name.to_owned(), text)),
        other => drop(facts.insert(name.to_owned(), other.to_string())),
    }
}

fn entries(manifest: &Manifest) -> BTreeMap<String, Entry> {
    let folders = manifest.folders.iter().map(|(path, mode)| (path, *mode, None));
    let files = manifest.files.iter().map(|(path, file)| {
        let content = Content { size: file.size, sha256: file.sha256, why: file.why.clone() };
        (path, file.mode, Some(content))
    });
    let named = folders.chain(files).map(|(path, mode, content)| {
        (path.to_string(), Entry { part: Part::of(path.as_str()), mode, content })
    });
    named.collect()
}

impl Part {
    fn of(path: &str) -> Self {
        match path.strip_prefix(ROOTFS) {
            Some(DAEMON) => Self::Daemon,
            Some(_) => Self::Base,
            None => Self::Host,
        }
    }
}

/// The crates that the bill of materials lists; there are some in every daemon that says what is in it.
fn crates(image: &Image) -> Result<Option<BTreeMap<String, BTreeSet<String>>>> {
    #[derive(Deserialize)]
    struct Bom {
        #[serde(default)]
        components: Vec<Component>,
    }
    #[derive(Deserialize)]
    struct Component {
        r#type: String,
        name: String,
        version: Option<String>,
    }
    let Some(sbom) = image.tree.file(SBOM) else { return Ok(None) };
    let bom: Bom = serde_json::from_slice(sbom).doing("read the bill of materials")?;
    let mut crates = BTreeMap::<String, BTreeSet<String>>::new();
    for component in bom.components.into_iter().filter(|component| component.r#type == "library") {
        crates.entry(component.name).or_default().extend(component.version);
    }
    Ok((!crates.is_empty()).then_some(crates))
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [before, after] = self.sha256;
        if before == after {
            return write!(formatter, "the same image, byte for byte: SHA-256 {before}");
        }
        write!(formatter, "- SHA-256 {before}\n+ SHA-256 {after}")?;
        list(formatter, "facts", &self.facts, Clone::clone)?;
        list(formatter, "entries", &self.entries, ToString::to_string)?;
        let Some(crates) = &self.crates else {
            return write!(formatter, "\n\ncrates: not known, for a daemon does not say what is in it");
        };
        list(formatter, "crates", crates, |versions| {
            versions.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        })
    }
}

/// One line for what came or went, two for what changed.
fn list<V>(
    formatter: &mut fmt::Formatter<'_>,
    title: &str,
    changes: &[Change<V>],
    shown: impl Fn(&V) -> String,
) -> fmt::Result {
    if changes.is_empty() {
        return write!(formatter, "\n\n{title}: the same");
    }
    write!(formatter, "\n\n{title}:")?;
    for Change { name, before, after } in changes {
        for (sign, value) in [('-', before), ('+', after)] {
            if let Some(value) = value {
                write!(formatter, "\n{sign} {name}  {}", shown(value))?;
            }
        }
    }
    Ok(())
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Some(Content { size, sha256, why }) => {
                let digest = &sha256.to_string()[..12];
                write!(formatter, "{} {size} bytes {digest}… ({why})", self.mode)
            }
            None => write!(formatter, "{} folder", self.mode),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        daemon::Crate,
        image::{Ingredients, SigningKey, assemble, fixture, write},
        pkg_list::{Flavour, PkgList},
    };

    fn image(folder: &Path, name: &str, list: &str, crates: &[(&str, &str)], shell_mode: u32) -> Image {
        let mut daemon = fixture::daemon();
        let described = |(name, version): &(&str, &str)| Crate {
            name: (*name).into(),
            version: (*version).into(),
            ..fixture::crates().remove(0)
        };
        daemon.crates = Some(crates.iter().map(described).collect());
        let (_base_folder, base) = fixture::base(shell_mode);
        let list = PkgList::parse("test.list", list).unwrap();
        let extras = vec![fixture::extra("host/jail.conf", name.as_bytes())];
        let flavour = Flavour::Minimal;
        let ingredients = Ingredients { daemon: &daemon, base: &base, flavour, list: &list, extras };
        let key = SigningKey::of_folder(&folder.join("signing")).unwrap();
        let written = write(&assemble(ingredients).unwrap(), &folder.join(name), &key).unwrap();
        Image::open(&written.archive).unwrap()
    }

    #[test]
    fn an_image_does_not_differ_from_itself() {
        let folder = tempfile::tempdir().unwrap();
        let one = image(folder.path(), "one", "", &[("ring", "0.17.14")], 0o755);
        let difference = Difference::between(&one, &one).unwrap();
        assert!(difference.to_string().starts_with("the same image, byte for byte: SHA-256 "));
        assert!(difference.facts.is_empty() && difference.entries.is_empty());
        assert_eq!(difference.crates, Some(Vec::new()));
    }

    #[test]
    fn crates_that_nobody_lists_are_not_called_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let one = image(folder.path(), "one", "", &[], 0o755);
        let other = image(folder.path(), "other", "", &[], 0o755);
        let difference = Difference::between(&one, &other).unwrap();
        assert!(difference.to_string().contains("crates: not known"));
    }

    #[test]
    fn what_differs_reads_like_this() {
        let folder = tempfile::tempdir().unwrap();
        let one = image(folder.path(), "one", "", &[("jid", "0.12.0"), ("ring", "0.17.13")], 0o755);
        let shell = "/bin/sh # to look around\n";
        let crates = [("ring", "0.17.14"), ("rustls", "0.23.1"), ("rustls", "0.24.0")];
        let mut other = image(folder.path(), "other", shell, &crates, 0o755);
        other.manifest.version = "9.9.9".into();
        other.manifest.base.release = None;
        let difference = Difference::between(&one, &other).unwrap();
        insta::assert_snapshot!(difference);
        insta::assert_snapshot!("machines", serde_json::to_string_pretty(&difference).unwrap());
    }
}
