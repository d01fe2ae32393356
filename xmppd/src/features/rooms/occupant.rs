//! Somebody in a room: one nick, and the sessions that share it (XEP-0045 §4.2, "several resources with one
//! nick").

use std::sync::Arc;

use smallvec::SmallVec;

use super::{
    nick::Nick,
    notice::{Notice, Status},
    rank::{Affiliation, Role, Standing},
};
use crate::{
    jid::Jid,
    ns,
    stanza::{
        Stamped,
        stamped::{Addressee, attributes_of},
    },
    stream::SessionId,
    xml::{Element, Escaped},
};

/// A nick in a room, and who goes by it.
pub(super) struct Occupant {
    pub(super) nick: Nick,
    pub(super) account: Arc<str>,
    pub(super) affiliation: Affiliation,
    pub(super) role: Role,
    /// XEP-0421, as XML.
    pub(super) id: String,
    /// At least one; who spoke last about itself comes last.
    pub(super) seats: SmallVec<[Seat; 1]>,
    /// Its address in the room.
    pub(super) address: String,
    /// Its presence, for those who see addresses, and for those who do not.
    shown: [Stamped; 2],
}

/// One session in a room.
pub(super) struct Seat {
    pub(super) session: SessionId,
    /// Its full address.
    pub(super) jid: Jid,
    /// The same, for the heads of stanzas.
    pub(super) address: Addressee,
    /// What it says about itself.
    pub(super) presence: Presented,
}

/// Presence of a client, without what only a room may say, ready for a sender's address.
#[derive(Clone)]
pub(super) struct Presented {
    name: String,
    attributes: String,
    content: String,
}

impl Presented {
    pub(super) fn new(element: &Element, language: Option<&str>) -> Self {
        Self {
            name: element.qualified_name().to_owned(),
            attributes: attributes_of(element, language, &[]),
            content: element.content_without(is_for_rooms_to_say),
        }
    }

    /// Presence that says nothing but that somebody is gone.
    pub(super) fn gone() -> Self {
        Self {
            name: "presence".to_owned(),
            attributes: " type='unavailable'".to_owned(),
            content: String::new(),
        }
    }

    fn from(&self, address: &str, addition: &str) -> Stamped {
        let Self { name, attributes, content } = self;
        let start = format!("{name} from='{}'{attributes}", Escaped(address));
        Stamped::own(&start, format!(">{content}{addition}</{name}>"))
    }
}

/// What a client cannot say of itself: a forged one is left out. A room's password is nobody else's business.
pub(super) fn is_for_rooms_to_say(name: &str, namespace: &str) -> bool {
    matches!(
        (name, namespace),
        ("x", ns::MUC | ns::MUC_USER)
            | ("occupant-id", ns::OCCUPANT_ID)
            | ("stanza-id", ns::STANZA_IDS)
            | ("delay", ns::DELAY)
    )
}

impl Occupant {
    pub(super) fn new(
        room: &Jid,
        nick: Nick,
        account: Arc<str>,
        standing: Standing,
        id: &str,
        seat: Seat,
    ) -> Self {
        let nobody = Stamped::own("presence", "/>");
        let mut occupant = Self {
            nick,
            account,
            affiliation: standing.affiliation,
            role: standing.role,
            id: format!("<occupant-id xmlns='{}' id='{id}'/>", ns::OCCUPANT_ID),
            seats: SmallVec::from_iter([seat]),
            address: String::new(),
            shown: [nobody.clone(), nobody],
        };
        occupant.rename(room, None);
        occupant
    }

    pub(super) fn standing(&self) -> Standing {
        Standing { affiliation: self.affiliation, role: self.role }
    }

    /// Whether that session is one of its own.
    pub(super) fn has(&self, session: SessionId) -> bool {
        self.seats.iter().any(|seat| seat.session == session)
    }

    /// The session that spoke last about itself.
    pub(super) fn latest(&self) -> &Seat {
        self.seats.last().expect("an occupant without sessions is none")
    }

    /// Gives it another nick, or writes down its address for the first time.
    pub(super) fn rename(&mut self, room: &Jid, nick: Option<Nick>) {
        if let Some(nick) = nick {
            self.nick = nick;
        }
        self.address = format!("{room}/{}", self.nick.as_str());
        self.refresh();
    }

    /// Writes its presence anew, after something about it has changed.
    pub(super) fn refresh(&mut self) {
        self.shown = [true, false].map(|with_address| self.presence(&Notice::default(), with_address));
    }

    /// Its presence as others see it.
    pub(super) fn shown(&self, with_address: bool) -> &Stamped {
        &self.shown[usize::from(!with_address)]
    }

    /// Its presence with something to be told about it.
    pub(super) fn presence(&self, notice: &Notice<'_>, with_address: bool) -> Stamped {
        let seat = self.latest();
        let address = with_address.then(|| seat.jid.as_str());
        let addition = notice.about(self.standing(), address) + &self.id;
        seat.presence.from(&self.address, &addition)
    }

    /// Its presence as it sees it itself.
    pub(super) fn own_presence(&self, codes: &[Status]) -> Stamped {
        self.presence(&Notice { codes, ..Notice::default() }, true)
    }

    /// Presence that says that it is gone by its old nick, and has a new one (§7.6).
    pub(super) fn renamed(&self, notice: &Notice<'_>, with_address: bool) -> Stamped {
        let address = with_address.then(|| self.latest().jid.as_str());
        Presented::gone().from(&self.address, &(notice.about(self.standing(), address) + &self.id))
    }

    /// Presence that says that it is gone, or that a session of its own is.
    pub(super) fn farewell(
        &self,
        seat: &Seat,
        last: &Presented,
        notice: &Notice<'_>,
        with_address: bool,
    ) -> Stamped {
        let address = with_address.then(|| seat.jid.as_str());
        let standing = Standing { role: Role::None, ..self.standing() };
        last.from(&self.address, &(notice.about(standing, address) + &self.id))
    }
}
