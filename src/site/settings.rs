//! The folder that a running appliance sees at `/usr/local/etc/xmppd`.

use std::{fs, path::Path};

use serde::Serialize;

use super::{
    Limits, Name, Site,
    files::{self, read_if_there, read_secret_if_there},
    folder::Folder,
    toml_string,
};
use crate::{
    error::{Context, Error, Result},
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
    let chain = read_if_there(&folder.chain())?.ok_or_else(missing)?;
    let key = read_secret_if_there(&folder.key())?.ok_or_else(missing)?;
    fs::create_dir_all(destination).doing_to("make the folder", destination)?;
    files::write(&destination.join("key.pem"), key.as_bytes(), files::SECRET)?;
    files::write(&destination.join("chain.pem"), chain.as_bytes(), files::PUBLIC)?;
    files::write(&destination.join("xmppd.toml"), settings(site)?.as_bytes(), files::PUBLIC)
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
        starttls: u16,
        direct_tls: u16,
        limits: &'a Limits,
    }
    let values = Values {
        name: &site.name,
        domain: toml_string(site.domain.as_str()),
        organisation: toml_string(site.organisation.as_str()),
        starttls: site.network.starttls,
        direct_tls: site.network.direct_tls,
        limits: &site.limits,
    };
    render(Template::Settings, &values)
}
