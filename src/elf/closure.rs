//! Every shared object that some programs need, directly or not, with the loader that puts them together.

use std::{
    collections::{BTreeMap, VecDeque},
    path::{Path, PathBuf},
};

use super::{Binary, search::Search};
use crate::{
    base::{Base, BaseFile, link},
    error::{Error, Result},
    target::{System, Target},
};

/// The system calls of FreeBSD 15 live in a library of their own, which libc.so.7 brings in by itself.
const LIBSYS: &str = "libsys.so.7";
const FIRST_RELEASE_WITH_LIBSYS: u32 = 15;

/// A program whose needs are to be met.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    /// Where it lies in the image.
    pub path: &'a Path,
    /// What its headers say.
    pub binary: &'a Binary,
}

/// A shared object, or the loader, that goes into an image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SharedObject {
    /// The name that it is asked for by.
    pub name: String,
    /// Where the image's loader will find it.
    pub path: PathBuf,
    /// What it is.
    pub file: BaseFile,
    /// Why it is there: `needed by /usr/local/sbin/xmppd`.
    pub why: String,
}

/// All that the programs need from the base, sorted by path. A need that cannot be met is an error that says whose it is.
pub fn closure(programs: &[Program<'_>], target: Target, base: &dyn Base) -> Result<Vec<SharedObject>> {
    let mut closure =
        Closure { target, base, search: None, found: BTreeMap::new(), pending: VecDeque::new() };
    for program in programs {
        closure.add_loader(program)?;
        closure.add_needs(program.path, program.binary);
    }
    closure.add_libsys()?;
    while let Some(need) = closure.pending.pop_front() {
        closure.meet(&need)?;
    }
    let mut objects: Vec<SharedObject> = closure.found.into_values().collect();
    objects.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(objects)
}

struct Closure<'a> {
    target: Target,
    base: &'a dyn Base,
    /// Known as soon as there is a loader.
    search: Option<Search>,
    found: BTreeMap<String, SharedObject>,
    pending: VecDeque<Need>,
}

struct Need {
    name: String,
    /// The path, in the image, of the one that has the need.
    of: PathBuf,
    run_path: Vec<String>,
    /// Whether it may stay unmet.
    optional: bool,
}

impl Closure<'_> {
    fn add_loader(&mut self, program: &Program<'_>) -> Result<()> {
        let Some(path) = &program.binary.interpreter else { return Ok(()) };
        let name = file_name(path);
        if self.found.contains_key(&name) {
            return Ok(());
        }
        let why = format!("loader of {}", program.path.display());
        let file =
            self.base.file(path)?.ok_or_else(|| self.missing(&path.display().to_string(), program.path))?;
        if self.search.is_none() {
            self.search = Some(Search::of(self.target, &file.bytes, self.base)?);
        }
        self.keep(SharedObject { name, path: path.clone(), file, why })
    }

    fn add_libsys(&mut self) -> Result<()> {
        let Some(loader) = self.found.values().next().filter(|_| self.target.is_freebsd()) else {
            return Ok(());
        };
        let required = self.base.provenance().major().is_some_and(|major| major >= FIRST_RELEASE_WITH_LIBSYS);
        let of = loader.path.clone();
        self.meet(&Need { name: LIBSYS.to_owned(), of, run_path: Vec::new(), optional: !required })
    }

    fn add_needs(&mut self, of: &Path, binary: &Binary) {
        let required = binary.needed.iter().chain(&binary.filters).map(|name| (name, false));
        let optional = binary.auxiliaries.iter().map(|name| (name, true));
        self.pending.extend(required.chain(optional).map(|(name, optional)| Need {
            name: name.clone(),
            of: of.to_owned(),
            run_path: binary.run_path.clone(),
            optional,
        }));
    }

    fn meet(&mut self, need: &Need) -> Result<()> {
        if self.found.contains_key(&need.name) || self.is_the_loader_itself(&need.name) {
            return Ok(());
        }
        match self.look_for(need)? {
            Some((path, file)) => {
                let why = format!("needed by {}", need.of.display());
                self.keep(SharedObject { name: need.name.clone(), path, file, why })
            }
            None if need.optional => Ok(()),
            None => Err(self.missing(&need.name, &need.of)),
        }
    }

    /// musl's loader is its libc, and answers to every name of it (ldso/dynlink.c, `load_library`).
    fn is_the_loader_itself(&self, name: &str) -> bool {
        self.target.system == System::LinuxMusl && (name == "libc.so" || name.starts_with("libc.musl-"))
    }

    /// Looks as the loader does: in the asking object's own run path, then where the system has its libraries.
    fn look_for(&self, need: &Need) -> Result<Option<(PathBuf, BaseFile)>> {
        if need.name.contains('/') {
            let path = PathBuf::from(&need.name);
            return Ok(self.fitting(&path)?.map(|file| (path, file)));
        }
        for folder in &need.run_path {
            let path = expand(folder, &need.of)?.join(&need.name);
            if let Some(file) = self.fitting(&path)? {
                return Ok(Some((path, file)));
            }
        }
        let Some(search) = &self.search else { return Ok(None) };
        for folder in &search.folders {
            if let Some(file) = self.fitting(&folder.join(&need.name))? {
                return Ok(Some((search.folder_in_image(folder).join(&need.name), file)));
            }
        }
        Ok(None)
    }

    /// The file at a path of the base, if it is an object for this machine: loaders pass over what is for another.
    fn fitting(&self, path: &Path) -> Result<Option<BaseFile>> {
        let file = self.base.file(path)?;
        let machine = Some(self.target.machine);
        Ok(file.filter(|file| Binary::parse(&file.bytes).is_ok_and(|binary| binary.machine == machine)))
    }

    fn keep(&mut self, object: SharedObject) -> Result<()> {
        let binary = Binary::parse(&object.file.bytes).map_err(|cause| {
            Error::failed(format_args!("cannot read the headers of `{}`: {cause}", object.path.display()))
        })?;
        self.add_needs(&object.path, &binary);
        self.found.insert(object.name.clone(), object);
        Ok(())
    }

    fn missing(&self, name: &str, of: &Path) -> Error {
        Error::failed_with_hint(
            format_args!(
                "`{name}`, which `{}` needs, is not in the base ({}) for `{}`",
                of.display(),
                self.base.provenance(),
                self.target
            ),
            "choose a base of the release that the daemon was built for, or a later one",
        )
    }
}

/// `$ORIGIN` in a run path is the folder of the object that holds it (ld.so(8), rtld(1)).
fn expand(folder: &str, of: &Path) -> Result<PathBuf> {
    let origin = of.parent().unwrap_or(Path::new("/")).to_string_lossy();
    let expanded = folder.replace("${ORIGIN}", &origin).replace("$ORIGIN", &origin);
    link::resolve(Path::new(&expanded), |_| None)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::{
        base::{Folder, Kind},
        elf::specimen::Specimen,
        host::file,
    };

    const FREEBSD: &str = "x86_64-unknown-freebsd";
    const LINUX: &str = "x86_64-unknown-linux-gnu";

    fn base(files: &[(&str, Vec<u8>)]) -> (tempfile::TempDir, Folder) {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            file::write(&folder.path().join(&path[1..]), bytes, 0o444).unwrap();
        }
        let base = Folder::open(folder.path(), Kind::Folder).unwrap();
        (folder, base)
    }

    fn paths(program: &Specimen, target: &str, base: &dyn Base) -> Result<Vec<String>> {
        let binary = Binary::parse(&program.bytes()).unwrap();
        let program = Program { path: Path::new("/usr/local/sbin/xmppd"), binary: &binary };
        let objects = closure(&[program], target.parse().unwrap(), base)?;
        Ok(objects.iter().map(|object| format!("{} {}", object.path.display(), object.why)).collect())
    }

    fn freebsd_files(release: &str) -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("/bin/freebsd-version", format!("USERLAND_VERSION=\"{release}\"\n").into_bytes()),
            ("/libexec/ld-elf.so.1", Specimen::freebsd().bytes()),
            ("/lib/libc.so.7", Specimen::freebsd().bytes()),
            ("/usr/lib/libthr.so.3", Specimen::freebsd().needs(&["libc.so.7"]).bytes()),
        ]
    }

    fn freebsd_daemon() -> Specimen {
        Specimen::freebsd().interpreter("/libexec/ld-elf.so.1").needs(&["libthr.so.3", "libc.so.7"])
    }

    #[test]
    fn needs_are_met_recursively_with_the_loader() {
        let (_folder, base) = base(&freebsd_files("14.3-RELEASE"));
        let found = paths(&freebsd_daemon(), FREEBSD, &base).unwrap();
        assert_eq!(
            found,
            [
                "/lib/libc.so.7 needed by /usr/local/sbin/xmppd",
                "/libexec/ld-elf.so.1 loader of /usr/local/sbin/xmppd",
                "/usr/lib/libthr.so.3 needed by /usr/local/sbin/xmppd",
            ]
        );
    }

    #[test]
    fn freebsd_15_has_libsys_though_nobody_names_it() {
        let mut files = freebsd_files("15.1-RELEASE");
        let (_folder, without) = base(&files);
        let failure = paths(&freebsd_daemon(), FREEBSD, &without).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "`libsys.so.7`, which `/libexec/ld-elf.so.1` needs, is not in the base (15.1-RELEASE from a folder) for `x86_64-unknown-freebsd`"
        );
        files.push(("/lib/libsys.so.7", Specimen::freebsd().bytes()));
        let (_folder, with) = base(&files);
        let found = paths(&freebsd_daemon(), FREEBSD, &with).unwrap();
        assert!(found.contains(&"/lib/libsys.so.7 needed by /libexec/ld-elf.so.1".to_owned()), "{found:?}");
    }

    #[test]
    fn a_missing_object_is_named_with_the_one_that_needs_it() {
        let mut files = freebsd_files("14.3-RELEASE");
        files[2].1 = Specimen::freebsd().needs(&["libgone.so.1"]).bytes();
        let (_folder, base) = base(&files);
        let failure = paths(&freebsd_daemon(), FREEBSD, &base).unwrap_err().to_string();
        assert!(
            failure.starts_with("`libgone.so.1`, which `/lib/libc.so.7` needs, is not in the base"),
            "{failure}"
        );
    }

    #[test]
    fn the_run_path_comes_first_and_other_machines_objects_are_passed_over() {
        let daemon = freebsd_daemon().needs(&["libown.so"]).run_path("/nowhere:$ORIGIN/../lib");
        let mut files = freebsd_files("14.3-RELEASE");
        files.push(("/usr/local/lib/libown.so", Specimen::freebsd().bytes()));
        files.push(("/usr/local/lib/libc.so.7", Specimen::freebsd().aarch64().bytes()));
        let (_folder, base) = base(&files);
        let found = paths(&daemon, FREEBSD, &base).unwrap();
        assert!(found.iter().any(|line| line.starts_with("/usr/local/lib/libown.so ")), "{found:?}");
        assert!(found.iter().any(|line| line.starts_with("/lib/libc.so.7 ")), "{found:?}");
    }

    #[test]
    fn what_only_the_configuration_finds_moves_to_where_the_image_looks() {
        let mut loader = Specimen::linux().bytes();
        loader.extend_from_slice(b"\0/lib/x86_64-linux-gnu/\0/usr/lib/x86_64-linux-gnu/\0/lib/\0/usr/lib/\0");
        let (_folder, base) = base(&[
            ("/etc/ld.so.conf", b"include ld.so.conf.d/*.conf\n".to_vec()),
            ("/etc/ld.so.conf.d/local.conf", b"# ours\n/opt/lib\n".to_vec()),
            ("/lib64/ld-linux-x86-64.so.2", loader),
            ("/lib/x86_64-linux-gnu/libc.so.6", Specimen::linux().needs(&["ld-linux-x86-64.so.2"]).bytes()),
            ("/opt/lib/libodd.so.1", Specimen::linux().bytes()),
        ]);
        let daemon =
            Specimen::linux().interpreter("/lib64/ld-linux-x86-64.so.2").needs(&["libc.so.6", "libodd.so.1"]);
        let found = paths(&daemon, LINUX, &base).unwrap();
        assert_eq!(
            found,
            [
                "/lib/x86_64-linux-gnu/libc.so.6 needed by /usr/local/sbin/xmppd",
                "/lib/x86_64-linux-gnu/libodd.so.1 needed by /usr/local/sbin/xmppd",
                "/lib64/ld-linux-x86-64.so.2 loader of /usr/local/sbin/xmppd",
            ]
        );
    }

    #[test]
    fn a_static_program_needs_nothing() {
        let (_folder, base) = base(&[]);
        assert!(paths(&Specimen::linux(), LINUX, &base).unwrap().is_empty());
    }
}
