//! Changes by the administrator, carried into the running server.

use std::sync::Arc;

use super::{gate::Gate, reload::Reloader, shared::Shared};
use crate::{
    administration::MadeBy,
    control::stamp,
    control::{Change, Live, LiveStatus, Reload, Room, Session},
    router::{self, AccountChange, Router},
    stream::Context,
};

/// The running server, as the control socket sees it.
pub(super) struct Running {
    pub(super) shared: Arc<Shared>,
    pub(super) gate: Arc<Gate>,
    pub(super) reloader: Reloader,
}

impl Live for Running {
    fn apply(&self, changes: Vec<Change>) {
        self.shared.drive(|router, cx| changes.into_iter().for_each(|change| apply(router, change, cx)));
    }

    fn domain(&self) -> String {
        self.shared.drive(|router, _| router.settings.domain.clone())
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
        let (sessions, online) =
            self.shared.drive(|router, _| (router.session_count(), router.online_count()));
        let certificate_ends = self.reloader.certificate_ends();
        LiveStatus { connections: self.gate.count(), sessions, online, certificate_ends }
    }
}

fn session(session: &router::Session) -> Session {
    Session {
        name: session.account.to_string(),
        resource: session.jid.resource().unwrap_or_default().to_owned(),
        since: stamp(session.bound),
    }
}

fn apply(router: &mut Router, change: Change, cx: &mut Context<'_>) {
    let change = match change {
        Change::RoomMade(room) => return router.make_class_room(&room, cx),
        Change::RoomRemoved(name) => return router.remove_room(&name, cx),
        Change::Added(account)
        | Change::Disabled(account)
        | Change::Enabled(account)
        | Change::Relabelled(account) => AccountChange::Put(account),
        Change::PasswordChanged(account) => AccountChange::PasswordChanged(account),
        Change::Removed(name) => AccountChange::Removed(name),
        Change::SessionsEnded(name) => AccountChange::SessionsEnded(name),
    };
    router.apply(change, cx);
}
