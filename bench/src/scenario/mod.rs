//! What is put on a server: one scenario a file, each a list of [`Measure`]s and the function that takes them.

mod chat;
mod crowd;
mod idle;
mod logins;
mod room;
mod round_trip;
mod storm;

use std::sync::Arc;

use clap::ValueEnum;
use miette::Result;
use serde::Serialize;

use crate::server::Server;

/// What can be measured, in the order in which it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scenario {
    /// Logins with the roster: one after another, and everybody at once.
    Logins,
    /// Memory of a session that says nothing.
    Idle,
    /// Messages from one to one.
    Chat,
    /// How long a message and its answer take.
    RoundTrip,
    /// Everybody comes online at once, and sees everybody.
    Storm,
    /// A room (XEP-0045), and what is said there.
    Room,
}

/// How much is put on a server.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Load {
    /// Accounts that take part where everybody does.
    #[arg(long, default_value_t = 1000)]
    pub(crate) users: usize,

    /// Pairs that chat at the same time.
    #[arg(long, default_value_t = 10)]
    pub(crate) pairs: usize,

    /// Messages of each pair; a tenth of it where only one is on the way at a time.
    #[arg(long, default_value_t = 50_000)]
    pub(crate) messages: usize,

    /// Length of a message's body, in bytes.
    #[arg(long, default_value_t = 100)]
    pub(crate) body: usize,

    /// Occupants of the room.
    #[arg(long, default_value_t = 50)]
    pub(crate) occupants: usize,
}

/// One thing that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Measure {
    pub(crate) scenario: Scenario,
    pub(crate) what: &'static str,
    pub(crate) unit: &'static str,
    /// What xmppd may use at most.
    pub(crate) budget: Option<f64>,
}

/// What was measured in one run.
pub(crate) type Samples = Vec<(Measure, f64)>;

impl Scenario {
    /// Puts it on a server; nothing where the server has no such service.
    pub(crate) async fn run(self, server: &Arc<Server>, load: &Load) -> Result<Samples> {
        match self {
            Self::Logins => logins::run(server, load).await,
            Self::Idle => idle::run(server, load).await,
            Self::Chat => chat::run(server, load).await,
            Self::RoundTrip => round_trip::run(server, load).await,
            Self::Storm => storm::run(server, load).await,
            Self::Room => room::run(server, load).await,
        }
    }
}

impl Load {
    /// How many accounts all of it takes.
    pub(crate) fn accounts(&self) -> usize {
        self.users.max(2 * self.pairs).max(self.occupants)
    }

    /// The text of a message, but for its start tag.
    fn rest_of_message(&self) -> String {
        format!("<body>{}</body></message>", "x".repeat(self.body))
    }
}

/// Microseconds of CPU for each of so many.
fn microseconds_each(used: std::time::Duration, count: usize) -> f64 {
    used.as_secs_f64() * 1e6 / as_float(count)
}

fn as_float(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("fewer than 2^32 of anything"))
}
