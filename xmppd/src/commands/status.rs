//! `xmppd status`

use xmppd::control::{Answer, Request, Status};

use super::{administrator::daemon, print, print_json};
use crate::{cli, failure::Failure};

pub(super) async fn run(arguments: cli::Status) -> Result<(), Failure> {
    let data = &arguments.data.data;
    let Some(mut client) = daemon(data).await? else {
        let what = format!("no daemon runs on `{}`", data.display());
        return Err(Failure::new(what, "`xmppd serve` starts one; `--data` names its data folder"));
    };
    let Answer::Status(status) = client.ask(Request::Status).await? else {
        return Err(Failure::new("the daemon answered something else", "is it the same version of `xmppd`?"));
    };
    if arguments.json { print_json(&status) } else { print(&table(&status)) }
}

fn table(status: &Status) -> String {
    let Status { version, uptime_seconds, accounts, connections, sessions } = status;
    let (hours, minutes, seconds) = (uptime_seconds / 3600, uptime_seconds / 60 % 60, uptime_seconds % 60);
    format!(
        "version      {version}\nuptime       {hours}:{minutes:02}:{seconds:02}\naccounts     {accounts}\n\
         connections  {connections}\nsessions     {sessions}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_human_can_read_it() {
        let version = "1.2.3".to_owned();
        let status = Status { version, uptime_seconds: 93_784, accounts: 40, connections: 12, sessions: 11 };
        insta::assert_snapshot!(table(&status), @r"
        version      1.2.3
        uptime       26:03:04
        accounts     40
        connections  12
        sessions     11
        ");
    }
}
