//! Changes by the administrator, carried into the running server.

use std::sync::Arc;

use super::{gate::Gate, reload::Reloader, shared::Shared};
use crate::{
    control::{Change, Live, LiveStatus, Reload},
    router::AccountChange,
};

/// The running server, as the control socket sees it.
pub(super) struct Running {
    pub(super) shared: Arc<Shared>,
    pub(super) gate: Arc<Gate>,
    pub(super) reloader: Reloader,
}

impl Live for Running {
    fn apply(&self, change: Change) {
        let change = match change {
            Change::Added(account)
            | Change::Disabled(account)
            | Change::Enabled(account)
            | Change::Relabelled(account) => AccountChange::Put(account),
            Change::PasswordChanged(account) => AccountChange::PasswordChanged(account),
            Change::Removed(name) => AccountChange::Removed(name),
            Change::SessionsEnded(name) => AccountChange::SessionsEnded(name),
        };
        self.shared.drive(|router, cx| router.apply(change, cx));
    }

    fn reload(&self) -> Reload {
        self.reloader.reload()
    }

    fn status(&self) -> LiveStatus {
        let (sessions, online) =
            self.shared.drive(|router, _| (router.session_count(), router.online_count()));
        let certificate_ends = self.reloader.certificate_ends();
        LiveStatus { connections: self.gate.count(), sessions, online, certificate_ends }
    }
}
