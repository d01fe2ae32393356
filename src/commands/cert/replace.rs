//! Another certificate in the folder that a running daemon reads: shown by it from then on, or as it was before.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use xmppd_control::Reload;

use crate::{
    administration::{Daemon, refused_by},
    appliance::School,
    error::{Context as _, Error, Result},
    host::{file, owner},
};

const CHAIN: &str = "chain.pem";
const KEY: &str = "key.pem";

/// Has the daemon show the school's certificate; where it does not, the folder has the former one again.
///
/// # Errors
/// [`Error::Failed`] if the daemon does not take it in.
pub(super) fn certificate(school: &School, settings: &Path, daemon: &mut Daemon) -> Result<()> {
    let chain = file::read_if_there(&settings.join(CHAIN))?;
    let former = chain.zip(file::read_secret_if_there(&settings.join(KEY))?);
    let taken_in = put(settings, &school.chain, school.key.pem()).and_then(|()| reload(daemon, settings));
    let (Err(refusal), Some((chain, key))) = (&taken_in, former) else { return taken_in };
    put(settings, &chain, &key).map_err(|error| {
        Error::failed_with_hint(
            format_args!("{refusal}; and the former certificate could not be put back: {error}"),
            "mend what stands in the way, and type the same again before the daemon is restarted",
        )
    })?;
    taken_in
}

/// Writes both for whoever owns the folder.
fn put(settings: &Path, chain: &str, key: &str) -> Result<()> {
    let of_the_folder = fs::metadata(settings).doing_to("look at", settings)?;
    for (name, text) in [(CHAIN, chain), (KEY, key)] {
        let path = settings.join(name);
        file::write(&path, text.as_bytes(), file::SECRET)?;
        owner::give(&path, of_the_folder.uid(), of_the_folder.gid())?;
    }
    Ok(())
}

/// Has the daemon read it, and makes sure that it did.
fn reload(daemon: &mut Daemon, settings: &Path) -> Result<()> {
    match daemon.reload()? {
        Reload::Applied(changed) if changed.iter().any(|key| key == "certificate") => Ok(()),
        Reload::Applied(_) => Err(Error::failed_with_hint(
            "the daemon has read its settings again, and shows the certificate that it had",
            format_args!("does it read another folder than `{}`?", settings.display()),
        )),
        Reload::NeedsRestart(keys) => Err(Error::failed_with_hint(
            format_args!("the daemon took in nothing, as these need a restart: {}", keys.join(", ")),
            "restart it, and type the same again",
        )),
        Reload::Refused(refusal) => Err(refused_by(refusal)),
    }
}
