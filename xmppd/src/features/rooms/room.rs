//! One room: who may do what in it, who is in it, and what was said last. A value; what is to be sent goes
//! into [`Mail`].

use std::{cell::LazyCell, collections::BTreeMap, sync::Arc};

use time::OffsetDateTime;

use super::{
    card::Card,
    configuration::Configuration,
    history::History,
    mail::Mail,
    nick::Nick,
    notice::{Notice, Status},
    occupant::Occupant,
    rank::Affiliation,
    site::Made,
};
use crate::{account::Account, jid::Jid, stanza::Stamped, stream::SessionId, xml::Escaped};

/// The most accounts that a room holds anything for or against, and the most that have a nick of their own.
pub(super) const MOST_AFFILIATIONS: usize = 1000;

/// A room.
pub(super) struct Room {
    pub(super) name: Arc<str>,
    pub(super) jid: Jid,
    pub(super) configuration: Configuration,
    /// What accounts are to the room, [`Affiliation::None`] left out.
    pub(super) affiliations: BTreeMap<Arc<str>, Affiliation>,
    /// Nicks that are kept for accounts (§7.10).
    pub(super) reserved: BTreeMap<Arc<str>, Nick>,
    pub(super) subject: Option<Subject>,
    pub(super) history: History,
    pub(super) occupants: Vec<Occupant>,
    pub(super) card: Option<Card>,
    /// Who made it, for the limit on how many one may make.
    pub(super) creator: Option<Arc<str>>,
    /// Whether its owner has still to configure it (§10.1.2).
    pub(super) is_locked: bool,
    /// Whether it has been destroyed (§10.9).
    pub(super) is_over: bool,
    /// Whether it differs from what is recorded, and its card from that which is.
    pub(super) unsaved: Unsaved,
    /// Whether the store has it.
    pub(super) is_recorded: bool,
    /// What the site has made it for.
    pub(super) made: Option<Made>,
}

/// What is not recorded yet.
#[derive(Clone, Copy, Default)]
pub(super) struct Unsaved {
    pub(super) room: bool,
    pub(super) card: bool,
}

/// What is talked about.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) text: String,
    /// Whose account has said so; nobody's that is known, if it was long ago.
    pub(super) account: Option<Arc<str>>,
    /// The address in the room of who said so.
    pub(super) author: String,
    pub(super) at: OffsetDateTime,
}

impl Room {
    /// An empty room.
    pub(super) fn new(name: &str, domain: &str) -> Self {
        Self {
            name: name.into(),
            jid: Jid::of_account(name, domain),
            configuration: Configuration::default(),
            affiliations: BTreeMap::new(),
            reserved: BTreeMap::new(),
            subject: None,
            history: History::default(),
            occupants: Vec::new(),
            card: None,
            creator: None,
            is_locked: false,
            is_over: false,
            unsaved: Unsaved::default(),
            is_recorded: false,
            made: None,
        }
    }

    /// What an account is to the room. Administrators own every room; of those that the site has made for a
    /// group, who belongs to it is a member.
    pub(super) fn affiliation(&self, account: &Account) -> Affiliation {
        if account.is_administrator() {
            return Affiliation::Owner;
        }
        let by_group = || match &self.made {
            Some(made) if made.includes(account) => Affiliation::Member,
            _ => Affiliation::None,
        };
        self.affiliations.get(account.name.as_str()).copied().unwrap_or_else(by_group)
    }

    /// Where among the occupants the one is who has that session.
    pub(super) fn place_of(&self, session: SessionId) -> Option<usize> {
        self.occupants.iter().position(|occupant| occupant.has(session))
    }

    /// The occupant who has that session.
    pub(super) fn occupant_of(&self, session: SessionId) -> Option<&Occupant> {
        self.occupants.iter().find(|occupant| occupant.has(session))
    }

    /// The occupant of that nick.
    pub(super) fn occupant_called(&self, nick: &str) -> Option<&Occupant> {
        self.occupants.iter().find(|occupant| occupant.nick.as_str() == nick)
    }

    /// Whether nothing is left of it.
    pub(super) fn is_gone(&self) -> bool {
        self.is_over || (self.occupants.is_empty() && !self.configuration.persistent)
    }

    /// What people read where it has no title.
    pub(super) fn title(&self) -> &str {
        if self.configuration.title.is_empty() { &self.name } else { &self.configuration.title }
    }

    /// Lets everybody see something about the occupant at `place`: `written` with or without the address, and
    /// something else for itself.
    pub(super) fn show(
        &self,
        place: usize,
        written: impl Fn(bool) -> Stamped,
        own: &Stamped,
        mail: &mut Mail,
    ) {
        let versions = [true, false].map(|with_address| {
            LazyCell::new({
                let written = &written;
                move || written(with_address)
            })
        });
        for (at, occupant) in self.occupants.iter().enumerate() {
            let hides_address = !self.configuration.shows_addresses_to(occupant.role);
            for seat in &occupant.seats {
                let presence = if at == place { own } else { &*versions[usize::from(hides_address)] };
                mail.show(seat, presence);
            }
        }
    }

    /// Lets everybody see how the occupant at `place` is now.
    pub(super) fn show_change(&mut self, place: usize, notice: &Notice<'_>, mail: &mut Mail) {
        self.occupants[place].refresh();
        let occupant = &self.occupants[place];
        let own = occupant.presence(&Notice { codes: &[Status::OwnPresence], ..*notice }, true);
        self.show(place, |with_address| occupant.presence(notice, with_address), &own, mail);
    }

    /// Says something to everybody in the room's own name.
    pub(super) fn announce(&self, payload: &str, mail: &mut Mail) {
        let start = format!("message type='groupchat' from='{}'", Escaped(self.jid.as_str()));
        let message = Stamped::own(&start, format!(">{payload}</message>"));
        for seat in self.seats() {
            mail.say(seat, &message);
        }
    }

    /// Every session that is in the room.
    pub(super) fn seats(&self) -> impl Iterator<Item = &super::occupant::Seat> {
        self.occupants.iter().flat_map(|occupant| &occupant.seats)
    }
}
