//! Where a target's loader looks for shared objects, in the base and in the image.

use std::path::{Path, PathBuf};

use crate::{
    base::Base,
    error::Result,
    target::{Machine, System, Target},
};

/// The folders of one system's loader.
#[derive(Debug)]
pub(super) struct Search {
    /// Where the base's loader looks, its configuration included.
    pub(super) folders: Vec<PathBuf>,
    /// Where the image's loader looks, which has no configuration: the folders that are built into it.
    built_in: Vec<PathBuf>,
}

impl Search {
    /// Learns from the loader's own bytes and the base's configuration where it looks.
    pub(super) fn of(target: Target, loader: &[u8], base: &dyn Base) -> Result<Self> {
        match target.system {
            // rtld(1): /var/run/ld-elf.so.hints, which an image does not have, then these.
            System::FreeBsd => Ok(Self::plain(&["/lib", "/usr/lib"])),
            // ldso/dynlink.c, where there is no /etc/ld-musl-ARCH.path.
            System::LinuxMusl => Ok(Self::plain(&["/lib", "/usr/local/lib", "/usr/lib"])),
            System::LinuxGnu => {
                let built_in = built_into_glibc(target.machine, loader);
                let mut folders = configured(base, Path::new("/etc/ld.so.conf"), 0)?;
                folders.extend(built_in.iter().cloned());
                Ok(Self { folders, built_in })
            }
        }
    }

    /// Where in the image an object goes that was found in a folder of the base: there, if the image's loader looks there too.
    pub(super) fn folder_in_image<'a>(&'a self, found_in: &'a Path) -> &'a Path {
        if self.built_in.iter().any(|folder| folder == found_in) {
            return found_in;
        }
        self.built_in.first().map_or(Path::new("/lib"), PathBuf::as_path)
    }

    fn plain(folders: &[&str]) -> Self {
        let folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
        Self { built_in: folders.clone(), folders }
    }
}

/// glibc's default folders differ between distributions; each is a string, slash-terminated, within its loader (elf/dl-load.c).
fn built_into_glibc(machine: Machine, loader: &[u8]) -> Vec<PathBuf> {
    let multiarch = match machine {
        Machine::Aarch64 => "aarch64-linux-gnu",
        Machine::X86_64 => "x86_64-linux-gnu",
    };
    let candidates = [
        format!("/lib/{multiarch}"),
        format!("/usr/lib/{multiarch}"),
        "/lib64".into(),
        "/usr/lib64".into(),
        "/lib".into(),
        "/usr/lib".into(),
    ];
    let knows = |folder: &String| {
        let string = format!("{folder}/\0");
        // A string of the table starts where another ended.
        loader.windows(string.len() + 1).any(|window| window[0] == 0 && window[1..] == *string.as_bytes())
    };
    let built_in: Vec<PathBuf> =
        candidates.iter().filter(|folder| knows(folder)).map(PathBuf::from).collect();
    if built_in.is_empty() { candidates.iter().map(PathBuf::from).collect() } else { built_in }
}

/// The folders of an ld.so.conf(5), `include` lines followed a few levels deep.
fn configured(base: &dyn Base, path: &Path, depth: u8) -> Result<Vec<PathBuf>> {
    let Some(file) = base.file(path)? else { return Ok(Vec::new()) };
    let mut folders = Vec::new();
    for line in String::from_utf8_lossy(&file.bytes).lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        match line.strip_prefix("include ") {
            Some(pattern) if depth < 4 => {
                for included in matching(base, &path.with_file_name(pattern.trim()))? {
                    folders.extend(configured(base, &included, depth + 1)?);
                }
            }
            _ if line.starts_with('/') => folders.push(line.into()),
            _ => {}
        }
    }
    Ok(folders)
}

/// The files that a pattern with at most one `*`, in its last part, stands for.
fn matching(base: &dyn Base, pattern: &Path) -> Result<Vec<PathBuf>> {
    let (Some(folder), Some(name)) = (pattern.parent(), pattern.file_name()) else { return Ok(Vec::new()) };
    let name = name.to_string_lossy();
    let Some((start, end)) = name.split_once('*') else { return Ok(vec![pattern.to_owned()]) };
    let names = base.names(folder)?.into_iter();
    Ok(names
        .filter(|name| name.starts_with(start) && name.ends_with(end))
        .map(|name| folder.join(name))
        .collect())
}
