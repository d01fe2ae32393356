//! Changes by the administrator, carried into the running server.

use std::sync::Arc;

use super::{gate::Gate, reload::Reloader, shared::Shared};
use crate::{
    control::{Change, Live, LiveStatus, Reload, Room, Session, Wiping, stamp},
    features::rooms::MadeBy,
    router,
};

/// So many changes are told in one breath: between them, messages go on, also while a whole school is added.
const AT_ONCE: usize = 8;

/// The running server, as the control socket sees it.
pub(super) struct Running {
    pub(super) shared: Arc<Shared>,
    pub(super) gate: Arc<Gate>,
    pub(super) reloader: Reloader,
}

impl Live for Running {
    fn apply(&self, changes: Vec<Change>) {
        for some in changes.chunks(AT_ONCE) {
            self.shared
                .drive(|router, cx| some.iter().cloned().for_each(|change| router.apply(change.into(), cx)));
        }
    }

    fn wipe(&self) -> Wiping<'_> {
        Box::pin(self.shared.wipe())
    }

    fn domain(&self) -> String {
        self.shared.drive(|router, _| router.settings.domain.clone())
    }

    fn groups(&self) -> Vec<String> {
        self.shared.drive(|router, _| router.groups_of_site())
    }

    fn reload(&self) -> Reload {
        self.reloader.reload()
    }

    fn rooms(&self) -> Vec<(Room, MadeBy)> {
        self.shared.drive(|router, _| router.rooms_shown())
    }

    fn sessions(&self) -> Vec<Session> {
        self.shared.drive(|router, _| router.bound().map(session).collect())
    }

    fn status(&self) -> LiveStatus {
        let (connections, certificate_ends) = (self.gate.count(), self.reloader.certificate_ends());
        self.shared.drive(|router, cx| LiveStatus {
            connections,
            sessions: router.session_count(),
            online: router.online_count(),
            certificate_ends,
            throttled_addresses: router.throttled_networks(cx.instant),
            traffic: router.traffic(),
        })
    }
}

fn session(session: &router::Session) -> Session {
    Session {
        name: session.account.to_string(),
        resource: session.jid.resource().unwrap_or_default().to_owned(),
        since: stamp(session.bound),
    }
}
