//! Puts load on an XMPP server over TLS, and charges it by what the kernel says that it used.
//!
//! | file | what it holds |
//! |---|---|
//! | [`scenario`] | what is put on a server and what is measured |
//! | [`server`] | our daemon, any other server, and the bare relay |
//! | [`client`] | a connection, and as much XMPP as a login takes |
//! | [`charge`] | CPU time and memory of other processes |
//! | [`cores`] | who runs where |
//! | [`report`] | the table, and JSON |
//!
//! Every scenario is also put on a relay that only decrypts, copies and encrypts, in the same run: the machine may be noisy,
//! but the ratio of the two says what the server adds.
//!
//! `cargo build --release -p xmppd -p bench && target/release/bench`

mod charge;
mod client;
mod cores;
mod report;
mod scenario;
mod server;

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::{Parser, Subcommand, ValueEnum};
use miette::{IntoDiagnostic, Result, miette};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::{
    cores::Cores,
    report::Report,
    scenario::{Load, Scenario},
    server::{Beginning, Server, foreign::Foreign, relay, xmppd::Xmppd},
};

/// How long one scenario may take on one server.
const PATIENCE: Duration = Duration::from_secs(600);

/// Measure what an XMPP server uses: CPU time and memory, from the kernel.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,

    /// What to measure; everything if nothing is named.
    scenarios: Vec<Scenario>,

    /// The daemon to start, fill with accounts, and measure. Given twice, it compares one with the other.
    #[arg(long, value_name = "FILE", default_value = "target/release/xmppd")]
    xmppd: Vec<PathBuf>,

    #[command(flatten)]
    foreign: Foreign,

    /// How connections begin.
    #[arg(long, value_enum, default_value = "direct")]
    beginning: Beginning,

    #[command(flatten)]
    load: Load,

    /// How often everything is measured; the table shows medians.
    #[arg(long, default_value_t = 3)]
    runs: usize,

    /// The core that the server has for itself.
    #[arg(long, default_value_t = 0)]
    core: usize,

    /// Print all runs as JSON.
    #[arg(long)]
    json: bool,
}

/// What this process is to be; the relay runs in one of its own, so that it can be charged.
#[derive(Debug, Subcommand)]
enum Role {
    /// Only decrypt, copy and encrypt.
    #[command(hide = true)]
    Relay(relay::Arguments),
}

/// Where servers come from.
enum Source {
    Foreign(Foreign),
    Relay,
    Xmppd(Box<Xmppd>),
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).into_diagnostic()?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most).into_diagnostic()?;
    if let Some(Role::Relay(relay)) = &arguments.role {
        return relay::serve(relay);
    }
    let cores = Cores::divide(arguments.core)?; // before there are threads
    measure(&arguments, &cores)
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the table is the result")]
async fn measure(arguments: &Arguments, cores: &Cores) -> Result<()> {
    let sources = sources(arguments, cores).await?;
    let mut report = Report::new(sources.iter().map(Source::name).collect());
    let scenarios = match &arguments.scenarios[..] {
        [] => Scenario::value_variants(),
        named => named,
    };
    for &scenario in scenarios {
        for _ in 0..arguments.runs {
            for (column, source) in sources.iter().enumerate() {
                report.add(column, run(scenario, source, arguments, cores).await?);
            }
        }
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).into_diagnostic()?);
    } else {
        print!("{}", report.table());
    }
    Ok(())
}

/// The relay, and those that are set beside it.
async fn sources(arguments: &Arguments, cores: &Cores) -> Result<Vec<Source>> {
    let mut sources = vec![Source::Relay];
    if arguments.foreign.address.is_some() {
        sources.push(Source::Foreign(arguments.foreign.clone()));
        return Ok(sources);
    }
    for program in &arguments.xmppd {
        let daemon = Xmppd::prepare(program, arguments.load.accounts(), cores).await?;
        sources.push(Source::Xmppd(Box::new(daemon)));
    }
    Ok(sources)
}

/// One scenario, on a server that is fresh where it can be.
async fn run(
    scenario: Scenario,
    source: &Source,
    arguments: &Arguments,
    cores: &Cores,
) -> Result<scenario::Samples> {
    let server = Arc::new(source.start(arguments.beginning, cores).await?);
    let running = tokio::time::timeout(PATIENCE, scenario.run(&server, &arguments.load));
    running.await.map_err(|_| miette!("{scenario:?} takes longer than {PATIENCE:?}"))?
}

impl Source {
    fn name(&self) -> String {
        match self {
            Self::Foreign(_) => "server".to_owned(),
            Self::Relay => "relay".to_owned(),
            Self::Xmppd(_) => "xmppd".to_owned(),
        }
    }

    async fn start(&self, beginning: Beginning, cores: &Cores) -> Result<Server> {
        match self {
            Self::Foreign(foreign) => foreign.start(beginning, cores).await,
            Self::Relay => relay::start(cores).await,
            Self::Xmppd(xmppd) => xmppd.start(beginning, cores).await,
        }
    }
}
