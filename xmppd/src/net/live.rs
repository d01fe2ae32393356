//! Changes by the administrator, carried into the running server.

use std::sync::Arc;

use super::{gate::Gate, shared::Shared};
use crate::{
    control::{Change, Live, LiveStatus},
    router::AccountChange,
};

/// The running server, as the control socket sees it.
pub(super) struct Running {
    pub(super) shared: Arc<Shared>,
    pub(super) gate: Arc<Gate>,
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

    fn status(&self) -> LiveStatus {
        let sessions = self.shared.drive(|router, _| router.session_count());
        LiveStatus { connections: self.gate.count(), sessions }
    }
}
