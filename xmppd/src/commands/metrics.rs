//! `xmppd metrics`

use xmppd::control::{Answer, Request};

use super::{administrator::ask_daemon, print};
use crate::{cli, failure::Failure};

pub(super) async fn run(arguments: cli::Metrics) -> Result<(), Failure> {
    match ask_daemon(&arguments.data.data, Request::Metrics).await? {
        Answer::Metrics(text) => print(text.trim_end()),
        _ => Err(Failure::other_answer()),
    }
}
