//! Files, folders and links.

use std::path::Path;

use crate::{
    appliance::{Content, Owner},
    error::{Error, Result},
    host::{Found, Host, command::Command, file},
    image::{Entry, Tree},
};

pub(super) fn is_there(host: &dyn Host, path: &Path) -> Result<bool> {
    Ok(host.look(path)?.is_some())
}

pub(super) fn is_absent(host: &dyn Host, path: &Path) -> Result<bool> {
    Ok(host.look(path)?.is_none())
}

pub(super) fn is_pruned(host: &dyn Host, path: &Path) -> Result<bool> {
    Ok(host.look(path)?.is_none() || !host.names(path)?.is_empty())
}

pub(super) fn is_folder(host: &dyn Host, path: &Path, mode: u32, owner: Owner) -> Result<bool> {
    Ok(host.look(path)? == Some(Found::Folder { mode }) && is_owned(host, path, owner)?)
}

pub(super) fn create_folder(host: &dyn Host, path: &Path, mode: u32, owner: Owner) -> Result<()> {
    if host.look(path)? != Some(Found::Folder { mode }) {
        host.create_folder(path, mode)?;
    }
    own(host, path, owner)
}

pub(super) fn is_file(
    host: &dyn Host,
    path: &Path,
    mode: u32,
    owner: Owner,
    content: &Content,
) -> Result<bool> {
    Ok(host.look(path)? == Some(Found::File { mode })
        && host.read(path)?.as_deref() == Some(content.bytes())
        && is_owned(host, path, owner)?)
}

pub(super) fn write(host: &dyn Host, path: &Path, mode: u32, owner: Owner, content: &Content) -> Result<()> {
    // Who may read it in the end does not own it yet: until then nobody but root may.
    let first = if owner == Owner::Root { mode } else { mode & file::SECRET };
    host.write(path, content.bytes(), first)?;
    own(host, path, owner)?;
    if first == mode {
        return Ok(());
    }
    host.ask(&Command::new("chmod").arg(format!("{mode:04o}")).arg(path)).map(drop)
}

pub(super) fn is_link(host: &dyn Host, path: &Path, target: &Path) -> Result<bool> {
    Ok(host.look(path)? == Some(Found::Link { target: target.to_owned() }))
}

pub(super) fn is_renamed(host: &dyn Host, from: &Path, to: &Path) -> Result<bool> {
    Ok(is_absent(host, from)? && is_there(host, to)?)
}

pub(super) fn rename(host: &dyn Host, from: &Path, to: &Path) -> Result<()> {
    if is_there(host, from)? {
        return host.rename(from, to);
    }
    Err(Error::failed(format_args!("there is neither `{}` nor `{}`", from.display(), to.display())))
}

/// Only what is whole takes the place of another: who is ended half-way finds it where it was.
pub(super) fn restore(host: &dyn Host, saved: &Path, place: &Path) -> Result<()> {
    if is_there(host, saved)? {
        host.remove(place)?;
    }
    rename(host, saved, place)
}

/// Beside its place first, so that who is ended half-way leaves nothing that looks like an image.
pub(super) fn unpack(host: &dyn Host, tree: &Tree, into: &Path) -> Result<()> {
    let name = into.file_name().unwrap_or_default().to_string_lossy();
    let draft = into.with_file_name(format!(".{name}"));
    host.remove(&draft)?;
    host.create_folder(&draft, 0o755)?;
    for (path, entry) in tree.iter() {
        let path = draft.join(path.as_str());
        match entry {
            Entry::Folder { mode } => host.create_folder(&path, mode.bits())?,
            Entry::File { mode, bytes } => host.write(&path, bytes, mode.bits())?,
        }
    }
    host.rename(&draft, into)
}

fn is_owned(host: &dyn Host, path: &Path, owner: Owner) -> Result<bool> {
    Ok(host.ask(&Command::new("stat").args(["-f", "%u:%g"]).arg(path))? == owner.ids())
}

fn own(host: &dyn Host, path: &Path, owner: Owner) -> Result<()> {
    if is_owned(host, path, owner)? {
        return Ok(());
    }
    host.ask(&Command::new("chown").arg(owner.ids()).arg(path)).map(drop)
}
