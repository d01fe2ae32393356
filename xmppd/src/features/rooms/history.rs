//! XEP-0045 §7.2.14: what was said lately, for those who enter; in memory only, and gone with a restart.

use std::{collections::VecDeque, sync::Arc};

use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{stanza::Stamped, xml::Node};

/// The most bytes that a room remembers.
const MOST_BYTES: usize = 128 * 1024;

/// Messages, oldest first.
#[derive(Default)]
pub(super) struct History {
    messages: VecDeque<Remembered>,
    bytes: usize,
}

/// A message as it was said.
pub(super) struct Remembered {
    /// The room's id of it (XEP-0359).
    pub(super) id: String,
    /// Who said it.
    pub(super) account: Arc<str>,
    pub(super) at: OffsetDateTime,
    /// With its delay stamp, so that entering costs nothing but heads.
    pub(super) stamped: Stamped,
}

/// How much of it somebody wants.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Wanted {
    /// Characters of XML; bytes will do.
    characters: Option<usize>,
    messages: Option<usize>,
    since: Option<OffsetDateTime>,
}

impl History {
    /// Remembers a message, and forgets the oldest ones beyond `most`.
    pub(super) fn remember(&mut self, message: Remembered, most: usize) {
        self.bytes += message.stamped.len();
        self.messages.push_back(message);
        self.limit(most);
    }

    /// Forgets the oldest messages beyond `most`.
    pub(super) fn limit(&mut self, most: usize) {
        while self.messages.len() > most || self.bytes > MOST_BYTES {
            let Some(oldest) = self.messages.pop_front() else { return };
            self.bytes -= oldest.stamped.len();
        }
    }

    /// Forgets what answers to that.
    pub(super) fn forget(&mut self, is_forgotten: impl Fn(&Remembered) -> bool) {
        self.messages.retain(|message| !is_forgotten(message));
        self.bytes = self.messages.iter().map(|message| message.stamped.len()).sum();
    }

    /// What somebody gets who wants so much, oldest first: the latest messages that meet every condition.
    pub(super) fn recall(&self, wanted: Wanted) -> impl Iterator<Item = &Stamped> {
        let mut characters = wanted.characters.unwrap_or(usize::MAX);
        let is_wanted = |message: &&Remembered| {
            let is_recent = wanted.since.is_none_or(|since| message.at >= since);
            let fits = characters.checked_sub(message.stamped.len());
            characters = fits.unwrap_or(0);
            is_recent && fits.is_some()
        };
        let most = wanted.messages.unwrap_or(usize::MAX);
        let count = self.messages.iter().rev().take(most).take_while(is_wanted).count();
        self.messages.iter().skip(self.messages.len() - count).map(|message| &message.stamped)
    }
}

impl Wanted {
    /// Reads `<history/>`; of what is no number or no time nothing is held against anybody.
    pub(super) fn parse(history: &Node, now: OffsetDateTime) -> Self {
        let number = |name| history.attribute(name).and_then(|value| value.parse::<u32>().ok());
        let lately = number("seconds").and_then(|seconds| now.checked_sub(Duration::seconds(seconds.into())));
        let since = history.attribute("since").and_then(|since| OffsetDateTime::parse(since, &Rfc3339).ok());
        Self {
            characters: number("maxchars").map(|number| number as usize),
            messages: number("maxstanzas").map(|number| number as usize),
            since: lately.max(since),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    fn said(number: usize, length: usize) -> Remembered {
        let text = "x".repeat(length);
        Remembered {
            id: number.to_string(),
            account: "juliet".into(),
            at: datetime!(2026-09-01 08:00 UTC) + Duration::seconds(number.try_into().unwrap_or(0)),
            stamped: Stamped::own("message", format!("><body>{text}</body></message>")),
        }
    }

    fn wanted(characters: Option<usize>, messages: Option<usize>, since: Option<usize>) -> Wanted {
        Wanted { characters, messages, since: since.map(|number| said(number, 0).at) }
    }

    fn history(lengths: &[usize], most: usize) -> History {
        let mut history = History::default();
        for (number, length) in lengths.iter().enumerate() {
            history.remember(said(number, *length), most);
        }
        history
    }

    #[test]
    fn every_condition_counts() {
        let history = history(&[10; 5], 5);
        let each = said(0, 10).stamped.len();
        for (wanted, count) in [
            (Wanted::default(), 5),
            (wanted(None, Some(2), None), 2),
            (wanted(Some(each * 3), None, None), 3),
            (wanted(Some(each * 3 - 1), None, None), 2),
            (wanted(None, None, Some(1)), 4),
            (wanted(Some(each), Some(4), Some(2)), 1),
            (wanted(None, Some(0), None), 0),
        ] {
            assert_eq!(history.recall(wanted).count(), count, "{wanted:?}");
        }
    }

    #[test]
    fn what_is_forgotten_is_not_handed_out() {
        let mut history = history(&[10; 5], 5);
        history.forget(|message| message.id == "3");
        assert_eq!(history.recall(Wanted::default()).count(), 4);
        history.limit(0);
        assert_eq!((history.recall(Wanted::default()).count(), history.bytes), (0, 0));
    }

    proptest! {
        #[test]
        fn it_stays_within_its_bounds(lengths in prop::collection::vec(0..60_000_usize, 0..20), most in 0..10_usize) {
            let history = history(&lengths, most);
            let bytes: usize = history.messages.iter().map(|message| message.stamped.len()).sum();
            prop_assert_eq!(bytes, history.bytes);
            prop_assert!(bytes <= MOST_BYTES && history.messages.len() <= most);
        }
    }
}
