//! Settings and certificate, read again while the server runs: all of it comes into force, or nothing does.

use std::{path::PathBuf, sync::Arc};

use parking_lot::Mutex;
use time::OffsetDateTime;

use super::{
    ServeError,
    begin::{Service, Terms},
    gate::Gate,
    tls::Certificate,
};
use crate::{
    config::{Change, Config},
    control::{Refusal, Reload},
    store::Store,
};

/// What a change of the certificate is called among the keys.
const CERTIFICATE: &str = "certificate";

/// Knows the settings in force, where they came from, and whom they concern.
pub(super) struct Reloader {
    pub(super) path: PathBuf,
    pub(super) in_force: Mutex<Config>,
    pub(super) service: Arc<Service>,
    pub(super) gate: Arc<Gate>,
    pub(super) store: Store,
}

impl Reloader {
    /// Reads both again, and says in the log what came of it.
    pub(super) fn reload(&self) -> Reload {
        let reload = self.try_reload().unwrap_or_else(Reload::Refused);
        match &reload {
            Reload::Applied(keys) => {
                tracing::info!(changed = keys.join(", "), "settings and certificate read again");
            }
            Reload::NeedsRestart(keys) => {
                tracing::error!(
                    keys = keys.join(", "),
                    "these need a restart; all settings stay as they were"
                );
            }
            Reload::Refused(Refusal { what, .. }) => {
                tracing::error!("{what}; all settings stay as they were");
            }
        }
        reload
    }

    /// When the certificate ends.
    pub(super) fn certificate_ends(&self) -> Option<OffsetDateTime> {
        self.service.terms().certificate.ends()
    }

    fn try_reload(&self) -> Result<Reload, Refusal> {
        let mut in_force = self.in_force.lock();
        let config = Config::load(&self.path)?;
        let Change { fixed, live: mut applied } = in_force.change_to(&config);
        if !fixed.is_empty() {
            return Ok(Reload::NeedsRestart(fixed));
        }
        let certificate = Certificate::load(&config.tls)?;
        if config.upload.enabled && !in_force.upload.enabled {
            self.store.files().prepare().map_err(ServeError::Files)?;
        }
        if !certificate.is_same(&self.service.terms().certificate) {
            applied.push(CERTIFICATE.to_owned());
        }
        self.put_in_force(&config, certificate);
        *in_force = config;
        Ok(Reload::Applied(applied))
    }

    fn put_in_force(&self, config: &Config, certificate: Certificate) {
        self.gate.limit(config.limits.connections, config.limits.connections_per_address);
        self.store.set_capacity(config.capacity());
        self.service.shared.drive(|router, cx| router.resettle(config.settings(), cx));
        self.service.set_terms(Terms::new(config, certificate, self.store.files()));
    }
}
