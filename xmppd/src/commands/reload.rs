//! `xmppd reload`

use xmppd::control::{Answer, Refusal, Reload, Request};

use super::{administrator::ask_daemon, print, print_json};
use crate::{cli, failure::Failure};

pub(super) async fn run(arguments: cli::Reload) -> Result<(), Failure> {
    let Answer::Reload(reload) = ask_daemon(&arguments.data.data, Request::Reload).await? else {
        return Err(Failure::other_answer());
    };
    if arguments.json {
        print_json(&reload)?;
    }
    match reload {
        Reload::Applied(_) if arguments.json => Ok(()),
        Reload::Applied(keys) if keys.is_empty() => print("nothing has changed"),
        Reload::Applied(keys) => print(&format!("in force now: {}", keys.join(", "))),
        Reload::NeedsRestart(keys) => Err(Failure {
            what: format!("nothing was changed, as these keys need a restart: {}", keys.join(", ")),
            hint: Some("restart the server, or take these changes back and reload".to_owned()),
            code: Failure::CONFIGURATION,
        }),
        Reload::Refused(Refusal { what, hint }) => Err(Failure { what, hint, code: Failure::CONFIGURATION }),
    }
}
