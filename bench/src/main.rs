//! What a delivered message costs the server.
//!
//! The same load is put on a bare relay, which only decrypts, copies and encrypts, and on `xmppd`, in one run; each is charged
//! by its own CPU time. The machine may be noisy: the ratio of the two is what counts.
//!
//! `cargo run --release -p bench -- --server target/release/xmppd`

mod client;
mod cpu;
mod load;
mod relay;
mod server;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use miette::Result;

/// Measure what a delivered message costs.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,

    /// The daemon to measure.
    #[arg(long, default_value = "target/release/xmppd")]
    server: PathBuf,

    #[command(flatten)]
    load: load::Load,
}

/// What this process is to be; the relay runs in a process of its own, so that it can be charged.
#[derive(Debug, Subcommand)]
enum Role {
    /// Only decrypt, copy and encrypt.
    #[command(hide = true)]
    Relay(relay::Arguments),
}

#[expect(clippy::print_stdout, reason = "the table is the result")]
fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(Role::Relay(relay)) = &arguments.role {
        return relay::serve(relay);
    }
    let load = &arguments.load;
    println!("{} pairs, {} messages each, {} bytes of body", load.pairs, load.messages, load.body);
    println!("{:<12}{:>8}{:>14}{:>14}{:>10}", "window", "", "relay µs", "xmppd µs", "ratio");
    for window in [1, 64] {
        let bare = relay::measure(load, window)?;
        let ours = server::measure(&arguments.server, load, window)?;
        println!("{window:<12}{:>8}{bare:>14.2}{ours:>14.2}{:>10.2}", "", ours / bare);
    }
    Ok(())
}
