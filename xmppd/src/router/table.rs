//! RFC 6121 §8 as one table: what becomes of a stanza to somebody of this server.

use crate::stanza::{IqType, MessageType};

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
    /// The server answers for the account.
    Answer,
    /// Nothing.
    Ignore,
    /// It waits in the store, if it is worth it.
    Keep,
    /// Its sender gets `service-unavailable`.
    Refuse,
    /// To every resource of non-negative priority.
    ToAll,
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

    /// The rows of RFC 6121 §8.5.4, in its order; the columns are normal, chat, groupchat, headline, and
    /// error.
    const MESSAGES: [(Recipient, Address, [Fate; 5]); 10] = [
        (NoAccount, Bare, [Refuse, Refuse, Refuse, Ignore, Ignore]),
        (NoAccount, FullNoMatch, [Refuse, Refuse, Refuse, Refuse, Ignore]),
        (NoResource, Bare, [Keep, Keep, Refuse, Ignore, Ignore]),
        (NoResource, FullNoMatch, [Refuse, Keep, Refuse, Ignore, Ignore]),
        (NegativeOnly, Bare, [Keep, Keep, Refuse, Ignore, Ignore]),
        (NegativeOnly, FullMatch, [ToThat, ToThat, ToThat, ToThat, ToThat]),
        (NegativeOnly, FullNoMatch, [Refuse, Keep, Refuse, Ignore, Ignore]),
        (NonNegative, Bare, [ToBest, ToBest, Refuse, ToAll, Ignore]),
        (NonNegative, FullMatch, [ToThat, ToThat, ToThat, ToThat, ToThat]),
        (NonNegative, FullNoMatch, [Refuse, ToBest, Refuse, Ignore, Ignore]),
    ];

    #[test]
    fn messages_go_where_the_rfc_sends_them() {
        let columns = [
            MessageType::Normal,
            MessageType::Chat,
            MessageType::Groupchat,
            MessageType::Headline,
            MessageType::Error,
        ];
        for (recipient, address, fates) in MESSAGES {
            for (kind, fate) in columns.into_iter().zip(fates) {
                assert_eq!(message(recipient, address, kind), fate, "{recipient:?} {address:?} {kind:?}");
            }
        }
    }

    /// Every row, written in the RFC or not: what no site may ever do.
    #[test]
    fn no_row_breaks_a_promise() {
        use MessageType::{Chat, Error, Groupchat, Headline, Normal};
        for recipient in [NoAccount, NoResource, NegativeOnly, NonNegative] {
            for address in [Bare, FullMatch, FullNoMatch] {
                for kind in [IqType::Get, IqType::Set, IqType::Result, IqType::Error] {
                    let fate = iq(recipient, address, kind);
                    let is_answered = matches!(fate, Answer | Refuse);
                    assert!(
                        !is_answered || matches!(kind, IqType::Get | IqType::Set),
                        "an answer is not answered"
                    );
                    assert_eq!(fate == ToThat, address == FullMatch);
                    assert!(matches!(fate, Answer | Ignore | Refuse | ToThat), "a request has one recipient");
                }
                for kind in [Chat, Error, Groupchat, Headline, Normal] {
                    let fate = message(recipient, address, kind);
                    let row = format!("{recipient:?} {address:?} {kind:?}: {fate:?}");
                    assert!(kind != Error || matches!(fate, Ignore | ToThat), "{row}");
                    assert!(fate != Keep || matches!(kind, Chat | Normal), "{row}");
                    assert!(!matches!(fate, ToAll | ToBest) || recipient == NonNegative, "{row}");
                    assert_eq!(fate == ToThat, address == FullMatch, "{row}");
                    assert!(fate != Ignore || matches!(kind, Error | Headline), "{row}");
                    assert!(fate != Keep || recipient != NoAccount, "{row}");
                    assert_ne!(fate, Answer, "{row}");
                }
            }
        }
    }

    #[test]
    fn requests_go_where_the_rfc_sends_them() {
        let columns = [IqType::Get, IqType::Set, IqType::Result, IqType::Error];
        for (recipient, address, fates) in [
            (NoAccount, Bare, [Refuse, Refuse, Ignore, Ignore]),
            (NoAccount, FullNoMatch, [Refuse, Refuse, Ignore, Ignore]),
            (NoResource, Bare, [Answer, Answer, Ignore, Ignore]),
            (NoResource, FullMatch, [ToThat; 4]),
            (NonNegative, Bare, [Answer, Answer, Ignore, Ignore]),
            (NonNegative, FullMatch, [ToThat; 4]),
            (NonNegative, FullNoMatch, [Refuse, Refuse, Ignore, Ignore]),
        ] {
            for (kind, fate) in columns.into_iter().zip(fates) {
                assert_eq!(iq(recipient, address, kind), fate, "{recipient:?} {address:?} {kind:?}");
            }
        }
    }
}
