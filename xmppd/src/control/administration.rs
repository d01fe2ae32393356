//! Carries requests out: in the store first, then live.

use std::{fmt, sync::Arc, time::Instant};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{sync::Mutex, task};

use super::protocol::{Answer, Refusal, Reload, Request, Status, User};
use crate::{
    account::{Account, Label},
    auth::{Keys, Password},
    store::{SCHEMA, Store, StoreError},
};

/// The running server, as far as administration concerns it.
pub trait Live: Send + Sync {
    /// Takes over what has just been committed.
    fn apply(&self, change: Change);

    /// Reads settings and certificate again.
    fn reload(&self) -> Reload;

    /// What goes on at this moment.
    fn status(&self) -> LiveStatus;
}

/// What has changed about one account.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is new: it appears in all rosters.
    Added(Arc<Account>),
    /// Its sessions must end at once, and it leaves all rosters.
    Disabled(Arc<Account>),
    /// It may log in again, and is back in all rosters.
    Enabled(Arc<Account>),
    /// It has new keys: its sessions must end at once.
    PasswordChanged(Arc<Account>),
    /// It has another display name or other groups: rosters change.
    Relabelled(Arc<Account>),
    /// Its sessions must end at once; it may log in again.
    SessionsEnded(String),
    /// The account of this name is gone: its sessions must end at once, and it leaves all rosters.
    Removed(String),
}

/// What goes on in the running server.
#[derive(Clone, Copy, Debug, Default)]
pub struct LiveStatus {
    /// TCP connections, logged in or not.
    pub connections: usize,
    /// Bound resources.
    pub sessions: usize,
    /// Accounts that have one at least.
    pub online: usize,
    /// When the certificate ends.
    pub certificate_ends: Option<OffsetDateTime>,
}

/// Stands in where no server runs: nobody needs to be told.
pub struct NobodyLive;

impl Live for NobodyLive {
    fn apply(&self, _: Change) {}

    fn reload(&self) -> Reload {
        Reload::Applied(Vec::new())
    }

    fn status(&self) -> LiveStatus {
        LiveStatus::default()
    }
}

/// The administration of one server.
pub struct Administration {
    store: Store,
    live: Arc<dyn Live>,
    started: Instant,
    since: OffsetDateTime,
    /// One change at a time, since most read an account first and then write it.
    turn: Mutex<()>,
}

impl Administration {
    /// Over this store, telling this server.
    pub fn new(store: Store, live: Arc<dyn Live>) -> Self {
        let (started, since) = (Instant::now(), OffsetDateTime::now_utc());
        Self { store, live, started, since, turn: Mutex::new(()) }
    }

    /// Carries a request out for somebody. A change leaves an audit line: who, what, to whom, with what outcome.
    pub async fn carry_out(&self, who: impl fmt::Display, request: Request) -> Result<Answer, Refusal> {
        if matches!(request, Request::Reload) {
            return Ok(Answer::Reload(self.reload(who).await));
        }
        let Some((act, name)) = request.change() else { return self.look(&request).await };
        let account = name.to_string();
        let _turn = self.turn.lock().await;
        let committed = self.commit(request).await;
        let outcome = match &committed {
            Ok((_, None)) => "done",
            Ok((_, Some(_))) => "done, but not wiped",
            Err(_) => "refused",
        };
        tracing::info!(target: "audit", %who, act, account, outcome);
        let (change, shortfall) = committed?;
        self.live.apply(change);
        shortfall.map_or(Ok(Answer::Done), |error| Err(error.into()))
    }

    /// Away from the threads that serve connections: everybody's roster may change.
    async fn reload(&self, who: impl fmt::Display) -> Reload {
        let _turn = self.turn.lock().await;
        let live = Arc::clone(&self.live);
        let reload = task::spawn_blocking(move || live.reload()).await.expect("reloading does not panic");
        let outcome = match reload {
            Reload::Applied(_) => "done",
            Reload::NeedsRestart(_) | Reload::Refused(_) => "refused",
        };
        tracing::info!(target: "audit", %who, act = "reload", outcome);
        reload
    }

    /// Answers a request that changes nothing.
    async fn look(&self, request: &Request) -> Result<Answer, Refusal> {
        if matches!(request, Request::Status) {
            return Ok(Answer::Status(self.status().await?));
        }
        Ok(Answer::Users(self.store.accounts().await?.into_iter().map(User::from).collect()))
    }

    /// Writes a change into the store; answers what is on disk now, and what about it fell short.
    async fn commit(&self, request: Request) -> Result<(Change, Option<StoreError>), Refusal> {
        use Change::{Added, Disabled, Enabled, PasswordChanged, Relabelled, Removed, SessionsEnded};
        if let Request::DisableUser { name } | Request::RemoveUser { name } = &request {
            self.is_not_the_last_administrator(&name.to_string()).await?;
        }
        let committed = match request {
            Request::AddUser { name, display_name, groups, administrator, password } => {
                let name = String::from(name);
                let display_name = display_name.map_or_else(|| name.clone(), String::from);
                let (groups, keys) = (strings(groups), derive(password).await);
                let account = Account { name, display_name, groups, administrator, enabled: true, keys };
                self.store.add_account(account.clone()).await?;
                (Added(Arc::new(account)), None)
            }
            Request::DisableUser { name } => {
                self.update(name, |account| account.enabled = false, Disabled).await?
            }
            Request::EnableUser { name } => {
                self.update(name, |account| account.enabled = true, Enabled).await?
            }
            Request::EndSessions { name } => {
                let account = self.store.account(&name.to_string()).await?;
                (SessionsEnded(account.name), None)
            }
            Request::RenameUser { name, display_name } => {
                self.update(name, |account| account.display_name = display_name.into(), Relabelled).await?
            }
            Request::SetGroups { name, groups } => {
                self.update(name, |account| account.groups = strings(groups), Relabelled).await?
            }
            Request::SetPassword { name, password } => {
                let keys = derive(password).await;
                self.update(name, |account| account.keys = keys, PasswordChanged).await?
            }
            Request::RemoveUser { name } => {
                let shortfall = shortfall(self.store.remove_account(&name.to_string()).await)?;
                (Removed(name.into()), shortfall)
            }
            Request::ListUsers | Request::Reload | Request::Status => unreachable!("these change nothing"),
        };
        Ok(committed)
    }

    /// Somebody must be left who can let others in.
    async fn is_not_the_last_administrator(&self, name: &str) -> Result<(), Refusal> {
        let accounts = self.store.accounts().await?;
        let mut administrators =
            accounts.iter().filter(|account| account.administrator && account.enabled).map(|one| &one.name);
        match (administrators.next(), administrators.next()) {
            (Some(last), None) if last == name => Err(Refusal::new(
                format!("`{name}` is the last administrator"),
                "make somebody else an administrator first: `xmppd user add NAME --admin`",
            )),
            _ => Ok(()),
        }
    }

    async fn update(
        &self,
        name: impl Into<String>,
        edit: impl FnOnce(&mut Account),
        change: impl FnOnce(Arc<Account>) -> Change,
    ) -> Result<(Change, Option<StoreError>), StoreError> {
        let mut account = self.store.account(&name.into()).await?;
        edit(&mut account);
        let shortfall = shortfall(self.store.update_account(account.clone()).await)?;
        Ok((change(Arc::new(account)), shortfall))
    }

    async fn status(&self) -> Result<Status, StoreError> {
        let LiveStatus { connections, sessions, online, certificate_ends } = self.live.status();
        let stamp = |at: OffsetDateTime| at.replace_nanosecond(0).ok()?.format(&Rfc3339).ok();
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            schema: SCHEMA,
            since: stamp(self.since).unwrap_or_default(),
            certificate_ends: certificate_ends.and_then(stamp),
            uptime_seconds: self.started.elapsed().as_secs(),
            accounts: self.store.accounts().await?.len(),
            online,
            connections,
            sessions,
        })
    }
}

/// What is on disk is done, even where what it replaces could not be wiped: the running server must follow.
fn shortfall(written: Result<(), StoreError>) -> Result<Option<StoreError>, StoreError> {
    match written {
        Ok(()) => Ok(None),
        Err(error @ StoreError::NotWiped(_)) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

fn strings(labels: Vec<Label>) -> Vec<String> {
    labels.into_iter().map(String::from).collect()
}

/// Away from the threads that serve connections: it takes some milliseconds.
async fn derive(password: Password) -> Keys {
    task::spawn_blocking(move || Keys::derive(&password)).await.expect("deriving keys does not panic")
}
