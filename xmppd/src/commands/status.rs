//! `xmppd status`

use xmppd::control::{Answer, Request, Status};

use super::{administrator::ask_daemon, print, print_json};
use crate::{cli, failure::Failure};

pub(super) async fn run(arguments: cli::Status) -> Result<(), Failure> {
    let Answer::Status(status) = ask_daemon(&arguments.data.data, Request::Status).await? else {
        return Err(Failure::other_answer());
    };
    if arguments.json { print_json(&status) } else { print(&table(&status)) }
}

fn table(status: &Status) -> String {
    let Status { version, schema, since, certificate_ends, accounts, online, connections, sessions, .. } =
        status;
    let seconds = status.uptime_seconds;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let certificate = certificate_ends.as_deref().unwrap_or("unknown");
    format!(
        "version      {version}, schema {schema}\nsince        {since}, for {hours}:{minutes:02}:{seconds:02}\n\
         certificate  until {certificate}\naccounts     {accounts}\nonline       {online}\n\
         connections  {connections}\nsessions     {sessions}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_human_can_read_it() {
        let status = Status {
            version: "1.2.3".to_owned(),
            schema: 3,
            since: "2026-09-01T08:00:00Z".to_owned(),
            uptime_seconds: 93_784,
            certificate_ends: Some("2027-10-03T00:00:00Z".to_owned()),
            accounts: 40,
            online: 10,
            connections: 12,
            sessions: 11,
        };
        insta::assert_snapshot!(table(&status), @r"
        version      1.2.3, schema 3
        since        2026-09-01T08:00:00Z, for 26:03:04
        certificate  until 2027-10-03T00:00:00Z
        accounts     40
        online       10
        connections  12
        sessions     11
        ");
    }
}
