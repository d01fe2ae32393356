//! `xmppd migrate`

use xmppd::store::{Migration, Store};

use super::{print, print_json};
use crate::{cli, failure::Failure};

pub(super) fn run(arguments: &cli::Migrate) -> Result<(), Failure> {
    let migration = Store::migrate(&arguments.data.data)?;
    if arguments.json { print_json(&migration) } else { print(&sentence(migration)) }
}

fn sentence(migration: Migration) -> String {
    let Migration { from, to, accounts, messages } = migration;
    let done = match from {
        0 => format!("a new database of schema version {to}"),
        _ if from == to => format!("schema version {to}, up to date"),
        _ => format!("schema version {from} brought to {to}"),
    };
    format!("{done}; accounts: {accounts}, messages that wait: {messages}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_human_can_read_it() {
        let told = [(0, 0, 0), (2, 40, 3), (3, 40, 3)]
            .map(|(from, accounts, messages)| sentence(Migration { from, to: 3, accounts, messages }));
        assert_eq!(
            told,
            [
                "a new database of schema version 3; accounts: 0, messages that wait: 0",
                "schema version 2 brought to 3; accounts: 40, messages that wait: 3",
                "schema version 3, up to date; accounts: 40, messages that wait: 3",
            ]
        );
    }
}
