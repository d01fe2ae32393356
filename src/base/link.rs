//! Symbolic links, followed within a base as if its top were `/`.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};

/// As many as FreeBSD and Linux follow before they give up (`MAXSYMLINKS`, `path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// The absolute path that `path` stands for, where `target_of` says what a path links to, if it is a link.
pub(crate) fn resolve(path: &Path, target_of: impl Fn(&Path) -> Option<PathBuf>) -> Result<PathBuf> {
    let mut pending: Vec<String> = names(path);
    let mut resolved = PathBuf::from("/");
    let mut links = 0;
    while let Some(name) = pending.pop() {
        if name == ".." {
            resolved.pop();
            continue;
        }
        let here = resolved.join(&name);
        let Some(target) = target_of(&here) else {
            resolved = here;
            continue;
        };
        links += 1;
        if links > MOST_LINKS {
            return Err(Error::failed(format_args!("too many symbolic links in `{}`", path.display())));
        }
        if target.is_absolute() {
            resolved = PathBuf::from("/");
        }
        pending.extend(names(&target));
    }
    Ok(resolved)
}

/// The names in a path, last first; what stands for the folder itself is left out.
fn names(path: &Path) -> Vec<String> {
    let name = |component: Component<'_>| match component {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        Component::ParentDir => Some("..".to_owned()),
        Component::CurDir | Component::Prefix(_) | Component::RootDir => None,
    };
    path.components().rev().filter_map(name).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    fn links(path: &Path) -> Option<PathBuf> {
        let target = match path.to_str().unwrap() {
            "/lib" => "usr/lib",
            "/usr/lib/libc.so" => "../../lib/libc.so.7",
            "/usr/lib/escape" => "../../../../etc/passwd",
            "/usr/lib/libc.so.7" => "/usr/lib/real/libc.so.7",
            "/loop" => "loop",
            _ => return None,
        };
        Some(target.into())
    }

    #[test]
    fn links_are_followed_in_every_part_of_a_path() {
        let resolved = resolve(Path::new("/lib/libc.so"), links).unwrap();
        assert_eq!(resolved, Path::new("/usr/lib/real/libc.so.7"));
    }

    #[test]
    fn no_link_leads_out_of_the_base() {
        assert_eq!(resolve(Path::new("/lib/escape"), links).unwrap(), Path::new("/etc/passwd"));
    }

    #[test]
    fn a_loop_ends() {
        let failure = resolve(Path::new("/loop"), links).unwrap_err();
        assert_eq!(failure.to_string(), "too many symbolic links in `/loop`");
    }
}
