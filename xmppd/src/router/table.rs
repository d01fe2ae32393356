//! RFC 6121 §8 as one table: what becomes of a stanza to somebody of this server.

use crate::stanza::{IqType, MessageType, PresenceType};

/// How a stanza is addressed to an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Address {
    /// To the account.
    Bare,
    /// To a resource that is connected.
    FullMatch,
    /// To a resource that is not.
    FullNoMatch,
}

/// What there is of the account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Recipient {
    /// No such account, or it is disabled.
    NoAccount,
    /// It exists, but no resource is available.
    NoResource,
    /// Only resources that want nothing which is addressed to the account.
    NegativeOnly,
    /// At least one that does.
    NonNegative,
}

/// What becomes of a stanza.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fate {
    /// The server answers for the account, or keeps its subscriptions.
    Answer,
    /// Nothing.
    Ignore,
    /// It waits in the store, if it is worth it.
    Keep,
    /// Its sender gets `service-unavailable`.
    Refuse,
    /// To every resource of non-negative priority.
    ToAll,
    /// To every available resource.
    ToAvailable,
    /// To the resources of the highest priority, which must not be negative.
    ToBest,
    /// To the resource that it is addressed to.
    ToThat,
}

/// RFC 6121 §8.5.4, the table of messages. Where the RFC leaves a choice: nothing is dropped silently that
/// its sender would miss, and a chat goes on with another resource when its own is gone.
#[expect(clippy::match_same_arms, reason = "each arm is a paragraph of the RFC")]
pub fn message(recipient: Recipient, address: Address, kind: MessageType) -> Fate {
    use Address::{Bare, FullMatch, FullNoMatch};
    use MessageType::{Chat, Error, Groupchat, Headline, Normal};
    use Recipient::{NegativeOnly, NoAccount, NoResource, NonNegative};
    match (recipient, address, kind) {
        // §8.5.2.1.1, §8.5.3.1
        (_, FullMatch, _) => Fate::ToThat,
        // §8.5.1, §8.5.2.1.1, §8.5.3.2.1: an error never causes another
        (_, Bare | FullNoMatch, Error) => Fate::Ignore,
        // §8.5.1
        (NoAccount, Bare, Headline) => Fate::Ignore,
        (NoAccount, _, _) => Fate::Refuse,
        // §8.5.2.1.1, §8.5.3.2.1: an account is no room
        (_, Bare | FullNoMatch, Groupchat) => Fate::Refuse,
        // §8.5.3.2.1: only a chat falls back to the account
        (_, FullNoMatch, Headline) => Fate::Ignore,
        (_, FullNoMatch, Normal) => Fate::Refuse,
        // §8.5.2.2.1
        (NoResource | NegativeOnly, Bare, Headline) => Fate::Ignore,
        (NoResource | NegativeOnly, _, Chat | Normal) => Fate::Keep,
        // §8.5.2.1.1
        (NonNegative, Bare, Headline) => Fate::ToAll,
        (NonNegative, _, Chat | Normal) => Fate::ToBest,
    }
}

/// RFC 6121 §8.5, what it says of presence. Where it leaves a choice: who asks to be subscribed to nobody is told.
#[expect(clippy::match_same_arms, reason = "each arm is a paragraph of the RFC")]
pub fn presence(recipient: Recipient, address: Address, kind: PresenceType) -> Fate {
    use Address::{Bare, FullMatch, FullNoMatch};
    use PresenceType::{
        Available, Error, Probe, Subscribe, Subscribed, Unavailable, Unsubscribe, Unsubscribed,
    };
    use Recipient::{NegativeOnly, NoAccount, NoResource, NonNegative};
    match (recipient, address, kind) {
        // §8.5.1: nobody finds accounts by asking
        (NoAccount, _, _) => Fate::Ignore,
        // §8.5.2.1.2, §8.5.2.2.2, §8.5.3: as §3 has it, whatever resource is named
        (_, _, Subscribe | Subscribed | Unsubscribe | Unsubscribed) => Fate::Answer,
        // the same, and §4.3
        (_, _, Probe) => Fate::Answer,
        // §8.5.3.1
        (_, FullMatch, Available | Unavailable | Error) => Fate::ToThat,
        // §8.5.3.2.2, §8.5.3.2.3
        (_, FullNoMatch, Available | Unavailable | Error) => Fate::Ignore,
        // §8.5.2.2.2
        (NoResource, Bare, Available | Unavailable) => Fate::Ignore,
        // §8.5.2.1.2: a priority is for messages
        (NegativeOnly | NonNegative, Bare, Available | Unavailable) => Fate::ToAvailable,
        // An error is for the resource that caused it.
        (_, Bare, Error) => Fate::Ignore,
    }
}

/// RFC 6121 §8.5.1, §8.5.2.1.3, §8.5.3: requests and their answers.
pub fn iq(recipient: Recipient, address: Address, kind: IqType) -> Fate {
    let is_request = matches!(kind, IqType::Get | IqType::Set);
    match (recipient, address) {
        (_, Address::FullMatch) => Fate::ToThat,
        (_, _) if !is_request => Fate::Ignore,
        (Recipient::NoAccount, _) | (_, Address::FullNoMatch) => Fate::Refuse,
        (_, Address::Bare) => Fate::Answer,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Address::*,
        Fate::*,
        Recipient::{NegativeOnly, NoAccount, NoResource, NonNegative},
        *,
    };

    const RECIPIENTS: [Recipient; 4] = [NoAccount, NoResource, NegativeOnly, NonNegative];
    const ADDRESSES: [Address; 3] = [Bare, FullMatch, FullNoMatch];
    const MESSAGE_TYPES: [MessageType; 5] = [
        MessageType::Normal,
        MessageType::Chat,
        MessageType::Groupchat,
        MessageType::Headline,
        MessageType::Error,
    ];

    /// Every row that there can be: who does not exist has no resource.
    fn rows() -> impl Iterator<Item = (Recipient, Address)> {
        let all = RECIPIENTS.into_iter().flat_map(|one| ADDRESSES.into_iter().map(move |other| (one, other)));
        all.filter(|row| *row != (NoAccount, FullMatch))
    }

    /// Checks the columns of a table, and that it has every row once.
    fn check<K: Copy + std::fmt::Debug, const ROWS: usize, const COLUMNS: usize>(
        fate_of: fn(Recipient, Address, K) -> Fate,
        columns: [K; COLUMNS],
        table: [(Recipient, Address, [Fate; COLUMNS]); ROWS],
    ) {
        assert!(rows().eq(table.iter().map(|(recipient, address, _)| (*recipient, *address))), "every row");
        for (recipient, address, fates) in table {
            for (kind, fate) in columns.into_iter().zip(fates) {
                assert_eq!(fate_of(recipient, address, kind), fate, "{recipient:?} {address:?} {kind:?}");
            }
        }
    }

    /// The table of RFC 6121 §8.5.4.
    #[test]
    fn messages_go_where_the_rfc_sends_them() {
        check(
            message,
            MESSAGE_TYPES,
            [
                (NoAccount, Bare, [Refuse, Refuse, Refuse, Ignore, Ignore]),
                (NoAccount, FullNoMatch, [Refuse, Refuse, Refuse, Refuse, Ignore]),
                (NoResource, Bare, [Keep, Keep, Refuse, Ignore, Ignore]),
                (NoResource, FullMatch, [ToThat; 5]),
                (NoResource, FullNoMatch, [Refuse, Keep, Refuse, Ignore, Ignore]),
                (NegativeOnly, Bare, [Keep, Keep, Refuse, Ignore, Ignore]),
                (NegativeOnly, FullMatch, [ToThat; 5]),
                (NegativeOnly, FullNoMatch, [Refuse, Keep, Refuse, Ignore, Ignore]),
                (NonNegative, Bare, [ToBest, ToBest, Refuse, ToAll, Ignore]),
                (NonNegative, FullMatch, [ToThat; 5]),
                (NonNegative, FullNoMatch, [Refuse, ToBest, Refuse, Ignore, Ignore]),
            ],
        );
    }

    #[test]
    fn presence_goes_where_the_rfc_sends_it() {
        let columns = [
            PresenceType::Available,
            PresenceType::Unavailable,
            PresenceType::Error,
            PresenceType::Probe,
            PresenceType::Subscribe,
            PresenceType::Subscribed,
            PresenceType::Unsubscribe,
            PresenceType::Unsubscribed,
        ];
        check(
            presence,
            columns,
            [
                (NoAccount, Bare, [Ignore; 8]),
                (NoAccount, FullNoMatch, [Ignore; 8]),
                (NoResource, Bare, [Ignore, Ignore, Ignore, Answer, Answer, Answer, Answer, Answer]),
                (NoResource, FullMatch, [ToThat, ToThat, ToThat, Answer, Answer, Answer, Answer, Answer]),
                (NoResource, FullNoMatch, [Ignore, Ignore, Ignore, Answer, Answer, Answer, Answer, Answer]),
                (
                    NegativeOnly,
                    Bare,
                    [ToAvailable, ToAvailable, Ignore, Answer, Answer, Answer, Answer, Answer],
                ),
                (NegativeOnly, FullMatch, [ToThat, ToThat, ToThat, Answer, Answer, Answer, Answer, Answer]),
                (NegativeOnly, FullNoMatch, [Ignore, Ignore, Ignore, Answer, Answer, Answer, Answer, Answer]),
                (
                    NonNegative,
                    Bare,
                    [ToAvailable, ToAvailable, Ignore, Answer, Answer, Answer, Answer, Answer],
                ),
                (NonNegative, FullMatch, [ToThat, ToThat, ToThat, Answer, Answer, Answer, Answer, Answer]),
                (NonNegative, FullNoMatch, [Ignore, Ignore, Ignore, Answer, Answer, Answer, Answer, Answer]),
            ],
        );
    }

    #[test]
    fn requests_go_where_the_rfc_sends_them() {
        check(
            iq,
            [IqType::Get, IqType::Set, IqType::Result, IqType::Error],
            [
                (NoAccount, Bare, [Refuse, Refuse, Ignore, Ignore]),
                (NoAccount, FullNoMatch, [Refuse, Refuse, Ignore, Ignore]),
                (NoResource, Bare, [Answer, Answer, Ignore, Ignore]),
                (NoResource, FullMatch, [ToThat; 4]),
                (NoResource, FullNoMatch, [Refuse, Refuse, Ignore, Ignore]),
                (NegativeOnly, Bare, [Answer, Answer, Ignore, Ignore]),
                (NegativeOnly, FullMatch, [ToThat; 4]),
                (NegativeOnly, FullNoMatch, [Refuse, Refuse, Ignore, Ignore]),
                (NonNegative, Bare, [Answer, Answer, Ignore, Ignore]),
                (NonNegative, FullMatch, [ToThat; 4]),
                (NonNegative, FullNoMatch, [Refuse, Refuse, Ignore, Ignore]),
            ],
        );
    }

    /// Whatever the rows say.
    #[test]
    fn no_row_breaks_a_promise() {
        for (recipient, address) in rows() {
            for kind in MESSAGE_TYPES {
                let fate = message(recipient, address, kind);
                let row = format!("{recipient:?} {address:?} {kind:?}: {fate:?}");
                assert_eq!(
                    fate == ToThat,
                    address == FullMatch,
                    "who is named gets it, and nobody else: {row}"
                );
                let goes_to_account = matches!(fate, ToAll | ToBest);
                assert!(!goes_to_account || recipient == NonNegative, "a priority is kept: {row}");
                assert!(fate != Refuse || kind != MessageType::Error, "errors cause none: {row}");
                assert!(fate != Keep || recipient != NoAccount, "nothing waits for nobody: {row}");
            }
        }
    }
}
