//! The folder that a running appliance sees at `/usr/local/etc/xmppd`.

use std::path::Path;

use serde::Serialize;

use super::{
    Limits, Login, MediaRange, Name, Roster, Site, Upload, Web, WebOrigin, folder::Folder, roster::Group,
    toml_string,
};
use crate::{
    error::{Error, Result},
    host::file::{self, read_if_there, read_secret_if_there},
    render::{Template, render},
};

/// Writes `xmppd.toml`, `chain.pem` and `key.pem` (0600) into a folder, which is made if it is not there.
/// The key belongs to who runs this: hand it to the daemon's user where that is another.
///
/// # Errors
/// [`Error::Failed`] if the site has no certificate yet, or the folder cannot be written.
pub fn write_settings(site: &Site, folder: &Folder, destination: &Path) -> Result<()> {
    let missing =
        || Error::failed_with_hint("the site has no certificate yet", "`jailbuild cert renew` makes one");
    if !folder.root().is_dir() {
        return Err(missing());
    }
    // A renewal may be under way, after which only one of the two is still the old one.
    let held = folder.hold()?;
    let chain = read_if_there(&folder.chain())?.ok_or_else(missing)?;
    let key = read_secret_if_there(&folder.key())?.ok_or_else(missing)?;
    drop(held);
    file::write(&destination.join("key.pem"), key.as_bytes(), file::SECRET)?;
    file::write(&destination.join("chain.pem"), chain.as_bytes(), file::PUBLIC)?;
    file::write(&destination.join("xmppd.toml"), settings(site)?.as_bytes(), file::PUBLIC)
}

/// The text of `xmppd.toml`.
///
/// # Errors
/// [`Error::Failed`] if the template is broken.
pub fn settings(site: &Site) -> Result<String> {
    #[derive(Serialize)]
    struct Values<'a> {
        name: &'a Name,
        domain: String,
        organisation: String,
        show_version: bool,
        starttls: u16,
        direct_tls: u16,
        login: &'a Login,
        roster: &'a Roster,
        sees_everyone: Vec<String>,
        limits: &'a Limits,
        rooms: String,
        web: &'a Web,
        origins: Vec<String>,
        upload: &'a Upload,
        types: Vec<String>,
    }
    let values = Values {
        name: &site.name,
        domain: toml_string(site.domain.as_str()),
        organisation: toml_string(site.organisation.as_str()),
        show_version: site.show_version,
        starttls: site.network.starttls,
        direct_tls: site.network.direct_tls,
        login: &site.login,
        roster: &site.roster,
        sees_everyone: site.roster.sees_everyone.iter().map(Group::as_str).map(toml_string).collect(),
        limits: &site.limits,
        rooms: toml::to_string(&site.rooms)
            .map_err(|cause| Error::failed(format_args!("cannot write the rooms down: {cause}")))?,
        web: &site.web,
        origins: site.web.origins.iter().map(WebOrigin::as_str).map(toml_string).collect(),
        upload: &site.upload,
        types: site.upload.types.iter().map(MediaRange::as_str).map(toml_string).collect(),
    };
    render(Template::Settings, &values)
}
