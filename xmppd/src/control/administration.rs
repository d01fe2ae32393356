//! Carries requests out: judged first, then written, then told to the running server.

use std::{num::NonZeroUsize, pin::Pin, sync::Arc, thread, time::Instant};

use ring::digest;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{sync::Mutex, task};
use xmppd_control::{
    Act, Answer, AuditLine, Changes, Copied, Outcome, Refusal, Reload, Request, Room, Session,
};

use super::{
    fares::{Fares, peak_memory_bytes},
    metrics,
};
use crate::{
    administration::{Change, Deed, School, Write},
    auth::{Keys, Password},
    features::rooms::MadeBy,
    hex::hex,
    router::Traffic,
    store::{Snapshot, Store, StoreError},
};

/// The running server, as far as administration concerns it.
pub trait Live: Send + Sync {
    /// Takes over what has just been committed.
    fn apply(&self, changes: Vec<Change>);

    /// The domain that it serves.
    fn domain(&self) -> String {
        String::new()
    }

    /// The groups that the site's file names, besides those of its rooms.
    fn groups(&self) -> Vec<String> {
        Vec::new()
    }

    /// Waits until nothing is on disk of what was removed by what was committed, and by its having been told: others have
    /// kept something of who is removed, or of the room that is.
    fn wipe(&self) -> Wiping<'_>;

    /// Reads settings and certificate again.
    fn reload(&self) -> Reload;

    /// All rooms, by name, with who made them.
    fn rooms(&self) -> Vec<(Room, MadeBy)> {
        Vec::new()
    }

    /// Who is online, in no order.
    fn sessions(&self) -> Vec<Session>;

    /// What goes on at this moment.
    fn status(&self) -> LiveStatus;
}

/// A wipe under way.
pub type Wiping<'a> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

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
    /// Addresses from which one has to wait between attempts to log in.
    pub throttled_addresses: usize,
    /// What has gone through since the start.
    pub traffic: Traffic,
}

/// Stands in where no server runs on this store: nobody needs to be told.
pub struct NobodyLive(pub Store);

impl Live for NobodyLive {
    fn apply(&self, _: Vec<Change>) {}

    fn wipe(&self) -> Wiping<'_> {
        Box::pin(async { self.0.wipe().await.wait().await })
    }

    fn reload(&self) -> Reload {
        Reload::Applied(Vec::new())
    }

    fn sessions(&self) -> Vec<Session> {
        Vec::new()
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
    /// One at a time, since what is written was judged by what was read.
    turn: Mutex<()>,
}

impl Administration {
    /// Over this store, telling this server.
    pub fn new(store: Store, live: Arc<dyn Live>) -> Self {
        let (started, since) = (Instant::now(), OffsetDateTime::now_utc());
        Self { store, live, started, since, turn: Mutex::new(()) }
    }

    /// Carries a request out for somebody. A change leaves audit lines: who, what, to whom, with what outcome.
    pub async fn carry_out(&self, who: &str, request: Request) -> Result<Answer, Refusal> {
        Ok(match request {
            Request::Audit { about, most } => {
                let deeds = self.store.deeds(about.map(String::from), most).await?;
                Answer::Audit(deeds.into_iter().map(audit_line).collect())
            }
            Request::BackedUp => {
                self.store.backed_up(OffsetDateTime::now_utc()).await?;
                Answer::BackedUp
            }
            Request::Backup => {
                let hint = "`jailbuild backup` asks the running server for one";
                return Err(Refusal::new("no copy is given away here", hint));
            }
            Request::Change(changes) => Answer::Changed(self.change(who, changes).await?),
            Request::ListConsents => Answer::Consents(self.school().await?.consented(stamp)),
            Request::ListRooms => {
                Answer::Rooms(self.live.rooms().into_iter().map(|(room, _)| room).collect())
            }
            Request::ListSessions { name } => {
                let mut sessions = self.live.sessions();
                sessions.retain(|session| name.as_ref().is_none_or(|name| name.as_str() == session.name));
                sessions.sort_unstable_by(|one, other| {
                    (&one.name, &one.resource).cmp(&(&other.name, &other.resource))
                });
                Answer::Sessions(sessions)
            }
            Request::Domain => Answer::Domain(self.live.domain()),
            Request::ListUsers => Answer::Users(self.school().await?.users()),
            Request::Metrics => Answer::Metrics(metrics::text(&self.fares().await?)),
            Request::Reload => Answer::Reload(self.reload(who).await?),
            Request::Remember { verb } => {
                self.remember(deed(who, verb.name(), "", DONE)).await?;
                Answer::Remembered
            }
            Request::Status => Answer::Status(self.fares().await?.into()),
        })
    }

    /// A copy of the store without conversations, and what is said of it. That somebody took it is remembered.
    pub async fn back_up(&self, who: &str) -> Result<(Copied, Snapshot), Refusal> {
        let snapshot = self.store.snapshot().await?;
        self.remember(deed(who, "backup", "", DONE)).await?;
        let sha256 = hex(digest::digest(&digest::SHA256, &snapshot.bytes).as_ref());
        let (schema, bytes) = (snapshot.schema, snapshot.bytes.len() as u64);
        Ok((Copied { schema, bytes, sha256 }, snapshot))
    }

    /// Judges changes, writes what is to be done, and tells the running server.
    pub async fn change(&self, who: &str, changes: Changes) -> Result<Vec<Outcome>, Refusal> {
        let Changes { acts, rule, rehearse } = changes;
        let _turn = self.turn.lock().await;
        let rooms = self.live.rooms().into_iter().map(|(room, made_by)| (room.name, made_by));
        let mut school = self.school().await?.with_rooms(rooms).with_groups(self.live.groups());
        if acts.iter().any(|act| matches!(act, Act::EndYear { .. })) {
            school = school.with_year_ends(self.store.year_ends().await?);
        }
        let no_keys = acts.iter().map(|_| None);
        let rehearsed = school.clone().judge(&acts, no_keys, rule, who);
        if rehearse {
            return Ok(rehearsed.outcomes);
        }
        // Keys take some milliseconds each: they are derived for what will be done.
        let keys = derive(&acts, &rehearsed.outcomes).await;
        let judged = school.judge(&acts, keys, rule, who);
        let is_gone = |change: &Change| matches!(change, Change::Removed(_) | Change::RoomRemoved(_));
        let something_is_gone = judged.changes.iter().any(is_gone);
        let something_is_replaced = judged.writes.iter().any(Write::replaces);
        self.write(judged.writes, deeds(who, &acts, &judged.outcomes)).await?;
        // Before anything is wiped, which takes its time: who is disabled has to be out at once.
        self.tell(judged.changes).await;
        if something_is_gone {
            self.live.wipe().await?;
        } else if something_is_replaced {
            // In force all the same, and whoever made a password has to learn it: the store says what it could not wipe, and
            // does it with the next change.
            let _ = self.store.wipe_replaced().await;
        }
        Ok(judged.outcomes)
    }

    /// Writes all of it down, or nothing; then it is in the log, too, which the host keeps.
    async fn write(&self, writes: Vec<Write>, deeds: Vec<Deed>) -> Result<(), StoreError> {
        self.store.administer(writes, deeds.clone()).await?;
        deeds.iter().for_each(log);
        Ok(())
    }

    /// Away from the threads that serve connections: everybody's roster may change.
    async fn tell(&self, changes: Vec<Change>) {
        let live = Arc::clone(&self.live);
        task::spawn_blocking(move || live.apply(changes)).await.expect("changing accounts does not panic");
    }

    /// Likewise.
    async fn reload(&self, who: &str) -> Result<Reload, Refusal> {
        let _turn = self.turn.lock().await;
        let live = Arc::clone(&self.live);
        let reload = task::spawn_blocking(move || live.reload()).await.expect("reloading does not panic");
        let outcome = match reload {
            Reload::Applied(_) => DONE,
            Reload::NeedsRestart(_) | Reload::Refused(_) => REFUSED,
        };
        self.remember(deed(who, "reload", "", outcome)).await?;
        Ok(reload)
    }

    /// Puts what has changed nothing in the store into the audit log.
    async fn remember(&self, deed: Deed) -> Result<(), StoreError> {
        self.write(Vec::new(), vec![deed]).await
    }

    /// Its accounts and consents; of the running server's rooms and groups only a change has to know.
    async fn school(&self) -> Result<School, StoreError> {
        let (accounts, consents) = tokio::join!(self.store.accounts(), self.store.consents());
        Ok(School::new(accounts?, consents?, OffsetDateTime::now_utc()))
    }

    async fn fares(&self) -> Result<Fares, StoreError> {
        Ok(Fares {
            since: self.since,
            uptime: self.started.elapsed(),
            live: self.live.status(),
            holdings: self.store.holdings().await?,
            peak_memory_bytes: peak_memory_bytes(),
        })
    }
}

const DONE: &str = "done";
const REFUSED: &str = "refused";

/// The keys of the passwords of what will be done, on all processors, away from the threads that serve connections.
async fn derive(acts: &[Act], outcomes: &[Outcome]) -> Vec<Option<Keys>> {
    let password = |(act, outcome): (&Act, &Outcome)| match act {
        Act::AddUser { password, .. } | Act::SetPassword { password, .. } if outcome.is_done() => {
            Some(password.clone())
        }
        _ => None,
    };
    let passwords: Vec<_> = acts.iter().zip(outcomes).map(password).collect();
    task::spawn_blocking(move || derive_all(&passwords)).await.expect("deriving keys does not panic")
}

fn derive_all(passwords: &[Option<Password>]) -> Vec<Option<Keys>> {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = passwords.len().div_ceil(threads).max(1);
    let derive = |some: &[Option<Password>]| -> Vec<_> {
        some.iter().map(|password| password.as_ref().map(Keys::derive)).collect()
    };
    thread::scope(|scope| {
        let shares: Vec<_> = passwords.chunks(share).map(|some| scope.spawn(move || derive(some))).collect();
        shares.into_iter().flat_map(|share| share.join().expect("deriving keys does not panic")).collect()
    })
}

/// What is remembered of acts: those that were done, and those that were refused.
fn deeds(who: &str, acts: &[Act], outcomes: &[Outcome]) -> Vec<Deed> {
    let remembered = |(act, outcome): (&Act, &Outcome)| match outcome {
        Outcome::Done => Some(deed(who, act.verb(), act.concerns(), DONE)),
        Outcome::Refused(_) => Some(deed(who, act.verb(), act.concerns(), REFUSED)),
        Outcome::Undone => None,
    };
    acts.iter().zip(outcomes).filter_map(remembered).collect()
}

fn deed(who: &str, act: &'static str, about: &str, outcome: &'static str) -> Deed {
    Deed {
        at: OffsetDateTime::now_utc(),
        who: who.to_owned(),
        act: act.into(),
        about: about.to_owned(),
        outcome: outcome.into(),
    }
}

/// On a line of the log.
fn log(deed: &Deed) {
    let Deed { who, act, about, outcome, at: _ } = deed;
    // What people have typed stands in quotes: it is one value on one line, whatever it is.
    tracing::info!(target: "audit", ?who, %act, ?about, %outcome);
}

fn audit_line(deed: Deed) -> AuditLine {
    let Deed { at, who, act, about, outcome } = deed;
    AuditLine { at: stamp(at), who, act: act.into(), about, outcome: outcome.into() }
}

/// RFC 3339, to the second.
pub(crate) fn stamp(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0).ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}
