//! What can be typed; the doc comments are the help.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use xmppd::{
    account::{Kind, Label, Name},
    control::Day,
};

/// The instant messaging server of one school: closed, fast, and without a memory for what was said
#[derive(Parser)]
#[command(
    name = "xmppd",
    version,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad configuration, 4 data of a newer version"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say whether the settings and the certificate can be used
    Check(Check),
    /// Try to get out of the jail from within, and print as JSON what happened: for the probes
    Inside(Inside),
    /// Print how the running server fares as a text of `OpenMetrics`, for programs that watch it
    Metrics(Metrics),
    /// Bring the data of a stopped server up to date, once this version has read all of it
    ///
    /// Where anything is wrong, nothing is changed. Before an upgrade, try it on a copy: `xmppd migrate --data COPY`.
    Migrate(Migrate),
    /// Have the running server read its settings and its certificate again; sessions live on
    ///
    /// All of it comes into force, or nothing does: a mistake, or a change of what needs a restart, leaves everything as
    /// it was, and is told. `xmppd reload --json` says which keys have changed.
    Reload(Reload),
    /// Serve, until SIGTERM or SIGINT; SIGHUP does what `xmppd reload` does
    Serve(Serve),
    /// Say how the running server fares
    Status(Status),
    /// Manage accounts, live where the server runs
    #[command(subcommand)]
    User(User),
}

#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) config: Config,
}

#[derive(Args)]
pub(crate) struct Metrics {
    #[command(flatten)]
    pub(crate) data: Data,
}

#[derive(Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Reload {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) config: Config,
    #[command(flatten)]
    pub(crate) data: Data,
}

#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Config {
    /// The settings
    #[arg(long, value_name = "FILE", default_value = "/usr/local/etc/xmppd/xmppd.toml")]
    pub(crate) config: PathBuf,
}

#[derive(Args)]
pub(crate) struct Data {
    /// The folder that holds the database and the control socket
    #[arg(long, value_name = "FOLDER", default_value = "/var/db/xmppd")]
    pub(crate) data: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum User {
    /// Add an account; a password is made and printed once, unless one is given
    Add(Add),
    /// End an account's sessions at once, and let it log in no more
    Disable(Whose),
    /// Let a disabled account log in again
    Enable(Whose),
    /// Put an account into these roster groups, and out of all others
    Groups(Groups),
    /// End an account's sessions at once; it may log in again
    Kick(Whose),
    /// List all accounts
    List(List),
    /// Give an account a new password, made and printed once unless it is given; its sessions end
    Passwd(Passwd),
    /// End an account's sessions at once, and erase it with all messages that wait for it
    Remove(Whose),
    /// Give an account another display name
    Rename(Rename),
}

#[derive(Args)]
pub(crate) struct Whose {
    /// The part of its address before the `@`
    pub(crate) name: Name,
    #[command(flatten)]
    pub(crate) data: Data,
}

#[derive(Args)]
pub(crate) struct Add {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// What others see in their rosters; NAME if not given
    #[arg(long, value_name = "TEXT")]
    pub(crate) display_name: Option<Label>,
    /// A roster group, such as a class; may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<Label>,
    /// Whose it is: child, parent, teacher or administrator
    #[arg(long, default_value_t)]
    pub(crate) kind: Kind,
    /// The day on which the parents signed the slip: a child gets no account without
    #[arg(long, value_name = "YEAR-MONTH-DAY", requires = "slip")]
    pub(crate) signed: Option<Day>,
    /// The version that is printed on the slip
    #[arg(long, value_name = "TEXT", requires = "signed")]
    pub(crate) slip: Option<Label>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Args)]
pub(crate) struct Passwd {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Args)]
pub(crate) struct Rename {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// What others shall see in their rosters
    #[arg(long, value_name = "TEXT")]
    pub(crate) display_name: Label,
}

#[derive(Args)]
pub(crate) struct Groups {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// A roster group; may be given several times; none takes the account out of all
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<Label>,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Inside {
    /// Try a TCP connection
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) connect: Vec<SocketAddr>,
    /// Try to write a file, which is removed again; in a folder, a file of a name of its own
    #[arg(long, value_name = "PATH")]
    pub(crate) write: Vec<PathBuf>,
    /// Try to run a program
    #[arg(long, value_name = "PATH")]
    pub(crate) exec: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_definitions_are_consistent() {
        super::Arguments::command().debug_assert();
    }

    #[test]
    fn the_manual_page_describes_every_command_with_its_options() {
        let page = include_str!("../../man/xmppd.8");
        for (name, command) in leaves(&super::Arguments::command(), "") {
            let items = page.split("\n.It ").map(|item| item.trim_start_matches("Xo "));
            let described = items.filter(|item| item.starts_with(&format!("Cm {name}"))).collect::<String>();
            assert!(!described.is_empty(), "`{name}` is not in man/xmppd.8");
            for option in command.get_arguments().filter_map(clap::Arg::get_long) {
                let found = described.contains(&format!("Fl -{option} "))
                    || described.contains(&format!("Fl -{option}\n"));
                assert!(found, "`{name} --{option}` is not in man/xmppd.8");
            }
        }
    }

    #[test]
    fn the_manual_page_describes_every_exit_code() {
        let help = super::Arguments::command().get_after_help().expect("there is one").to_string();
        let codes: Vec<_> = help.chars().filter(char::is_ascii_digit).collect();
        assert!(codes.len() > 3, "{help}");
        let page = include_str!("../../man/xmppd.8");
        let (_, described) = page.split_once(".Sh EXIT STATUS\n").expect("there is such a section");
        for code in codes {
            assert!(described.contains(&format!(".It {code}\n")), "exit code {code} is not in man/xmppd.8");
        }
    }

    fn leaves(definition: &clap::Command, above: &str) -> Vec<(String, clap::Command)> {
        let below =
            definition.get_subcommands().map(|command| (format!("{above}{}", command.get_name()), command));
        let leaves = below.flat_map(|(name, command)| {
            if command.has_subcommands() {
                leaves(command, &format!("{name} "))
            } else {
                vec![(name, command.clone())]
            }
        });
        leaves.collect()
    }
}
