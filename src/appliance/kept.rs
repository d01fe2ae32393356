//! The files of an appliance that belong to one image rather than to the school: written anew for another image, and kept
//! for the day that this one comes back. A daemon need not understand settings that are newer than it.

use std::path::{Path, PathBuf};

use super::{Content, Layout, Owner, Step};
use crate::{
    digest::Sha256,
    error::Result,
    host::{Found, Host, file},
};

/// Which files of this appliance belong to an image.
fn files(layout: &Layout) -> [PathBuf; 6] {
    [
        layout.jail_conf(),
        layout.pf_conf(),
        layout.device_rules(),
        layout.service(),
        layout.log_rotation(),
        layout.settings().join("xmppd.toml"),
    ]
}

/// One of them.
#[derive(Clone, Debug)]
struct One {
    /// Where it is, when it is in force.
    path: PathBuf,
    mode: u32,
    content: Content,
}

/// The files of an image, as they are in force or as they were kept.
#[derive(Clone, Debug)]
pub struct Kept {
    layout: Layout,
    image: Sha256,
    files: Vec<One>,
    /// The school's file that they were made from.
    site: Option<Content>,
}

impl Kept {
    /// Those that are in force now, with this image.
    pub fn in_force(host: &dyn Host, layout: &Layout, image: Sha256) -> Result<Self> {
        Self::read(host, layout, image, Path::to_owned)
    }

    /// Those that were put by for this image.
    pub fn put_by(host: &dyn Host, layout: &Layout, image: Sha256) -> Result<Self> {
        Self::read(host, layout, image, |path| beside(layout, image, path))
    }

    fn read(
        host: &dyn Host,
        layout: &Layout,
        image: Sha256,
        place: impl Fn(&Path) -> PathBuf,
    ) -> Result<Self> {
        let content = |path: &Path| host.read(&place(path)).map(|bytes| bytes.map(Content::new));
        let mut found = Vec::new();
        for path in files(layout) {
            let Some(Found::File { mode }) = host.look(&place(&path))? else { continue };
            let content = content(&path)?.unwrap_or_else(|| Content::new(""));
            found.push(One { path, mode, content });
        }
        Ok(Self { layout: layout.clone(), image, files: found, site: content(&layout.site())? })
    }

    /// They are kept, for who brings this image back.
    pub fn are_kept(&self) -> Vec<Step> {
        let (layout, image) = (&self.layout, self.image);
        let folder = |path: PathBuf| Step::Folder { path, mode: 0o700, owner: Owner::Root };
        let kept = |path: &Path, mode, content: &Content| Step::File {
            path: beside(layout, image, path),
            mode,
            owner: Owner::Root,
            content: content.clone(),
        };
        // What an earlier time may have left of the same image is not mixed with what is in force now.
        let stale = Step::Absent { path: layout.kept(image) };
        let mut steps = vec![folder(layout.all_kept()), stale, folder(layout.kept(image))];
        steps.extend(self.files.iter().map(|file| kept(&file.path, file.mode, &file.content)));
        steps.extend(self.site.iter().map(|content| kept(&layout.site(), file::PUBLIC, content)));
        steps
    }

    /// They are in force, and no other ones.
    pub fn are_in_force(&self) -> Vec<Step> {
        let step = |path: PathBuf| match self.files.iter().find(|file| file.path == path) {
            Some(One { mode, content, .. }) => {
                Step::File { owner: self.owner(&path), path, mode: *mode, content: content.clone() }
            }
            None => Step::Absent { path },
        };
        files(&self.layout).into_iter().map(step).collect()
    }

    /// The daemon's settings, if they were made from the school's file as it is now: what is newer in that shall not be
    /// lost on the way back.
    pub fn settings_of(&self, site: &[u8]) -> Option<&[u8]> {
        let same = self.site.as_ref().is_some_and(|kept| kept.bytes() == site);
        let settings = self.files.iter().find(|file| file.path == self.layout.settings().join("xmppd.toml"));
        settings.filter(|_| same).map(|file| file.content.bytes())
    }

    fn owner(&self, path: &Path) -> Owner {
        if path.starts_with(self.layout.settings()) { Owner::Daemon } else { Owner::Root }
    }
}

/// Where a file is kept: their names differ, but for that of the service, which is the appliance's.
fn beside(layout: &Layout, image: Sha256, path: &Path) -> PathBuf {
    let name =
        if path == layout.service() { "service".as_ref() } else { path.file_name().unwrap_or_default() };
    layout.kept(image).join(name)
}
