//! XEP-0045 §10.2: how a room is configured, and what of a change its occupants are told (§10.2.1).

use serde::{Deserialize, Serialize};

use super::{
    notice::Status,
    rank::{Affiliation, AffiliationPrivilege, Role},
};

/// What its owners decide.
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the XEP's form")]
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Configuration {
    /// What people read.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// The language that is spoken (BCP 47); empty for none in particular.
    pub language: String,
    /// Whether it outlives its last occupant, and the server.
    pub persistent: bool,
    /// Whether everybody finds it in the list of rooms.
    pub public: bool,
    /// Whether only those with voice may speak.
    pub moderated: bool,
    /// Whether only members may enter.
    pub members_only: bool,
    /// Whether members may invite into a members-only room, and so make members.
    pub members_invite: bool,
    /// Whether every participant may change the subject.
    pub subject_open: bool,
    /// What who enters has to know; empty for nothing.
    pub password: String,
    /// Who sees the addresses of the occupants.
    pub whois: Whois,
    /// Who may write to one occupant alone.
    pub private_messages: Whisperers,
    /// Occupants at most.
    pub most_occupants: usize,
    /// Messages that are remembered for those who enter.
    pub history: usize,
}

/// `muc#roomconfig_whois`: who sees the addresses of the occupants.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whois {
    /// Every occupant.
    Anyone,
    /// Moderators.
    Moderators,
}

/// `muc#roomconfig_allowpm`: who may write to one occupant alone.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whisperers {
    /// Every occupant.
    Anyone,
    /// Moderators.
    Moderators,
    /// Nobody.
    None,
    /// Those with voice.
    Participants,
}

/// A temporary, public, open room. In a school, nobody is to hide behind a nick: all see who is who.
impl Default for Configuration {
    fn default() -> Self {
        Self {
            title: String::new(),
            description: String::new(),
            language: String::new(),
            persistent: false,
            public: true,
            moderated: false,
            members_only: false,
            members_invite: false,
            subject_open: false,
            password: String::new(),
            whois: Whois::Anyone,
            private_messages: Whisperers::Anyone,
            most_occupants: 100,
            history: 20,
        }
    }
}

impl Configuration {
    /// What somebody needs to enter.
    pub fn entrance(&self) -> AffiliationPrivilege {
        if self.members_only {
            AffiliationPrivilege::EnterMembersOnly
        } else {
            AffiliationPrivilege::EnterOpen
        }
    }

    /// Whether an occupant of that role sees the addresses of the others.
    pub fn shows_addresses_to(&self, role: Role) -> bool {
        self.whois == Whois::Anyone || role == Role::Moderator
    }

    /// Whether an occupant of that role may write to one other alone.
    pub fn lets_whisper(&self, role: Role) -> bool {
        match self.private_messages {
            Whisperers::Anyone => true,
            Whisperers::Moderators => role >= Role::Moderator,
            Whisperers::None => false,
            Whisperers::Participants => role >= Role::Participant,
        }
    }

    /// Whether somebody may invite others (§7.8.2).
    pub fn lets_invite(&self, affiliation: Affiliation) -> bool {
        !self.members_only
            || affiliation.may(AffiliationPrivilege::EditMembers)
            || (self.members_invite && affiliation >= Affiliation::Member)
    }

    /// What the occupants are told when this takes the place of `old`.
    pub(super) fn changes_since(&self, old: &Self) -> Vec<Status> {
        if self == old {
            return Vec::new();
        }
        let mut codes = vec![Status::ConfigurationChanged];
        match (old.whois, self.whois) {
            (Whois::Moderators, Whois::Anyone) => codes.push(Status::NowNonAnonymous),
            (Whois::Anyone, Whois::Moderators) => codes.push(Status::NowSemiAnonymous),
            _ => {}
        }
        codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invitations_need_more_where_only_members_enter() {
        let open = Configuration::default();
        let closed = Configuration { members_only: true, ..Configuration::default() };
        let trusting = Configuration { members_invite: true, ..closed.clone() };
        for (affiliation, may) in [
            (Affiliation::None, [true, false, false]),
            (Affiliation::Member, [true, false, true]),
            (Affiliation::Admin, [true, true, true]),
            (Affiliation::Owner, [true, true, true]),
        ] {
            assert_eq!([&open, &closed, &trusting].map(|room| room.lets_invite(affiliation)), may);
        }
    }

    #[test]
    fn whispering_needs_the_role_that_the_room_asks_for() {
        for (whisperers, may) in [
            (Whisperers::Anyone, [true, true, true]),
            (Whisperers::Participants, [false, true, true]),
            (Whisperers::Moderators, [false, false, true]),
            (Whisperers::None, [false, false, false]),
        ] {
            let room = Configuration { private_messages: whisperers, ..Configuration::default() };
            let roles = [Role::Visitor, Role::Participant, Role::Moderator];
            assert_eq!(roles.map(|role| room.lets_whisper(role)), may, "{whisperers:?}");
        }
    }

    #[test]
    fn occupants_are_told_what_concerns_them() {
        let open = Configuration::default();
        let veiled = Configuration { whois: Whois::Moderators, ..Configuration::default() };
        let titled = Configuration { title: "Verona".to_owned(), ..Configuration::default() };
        assert_eq!(open.changes_since(&open), []);
        assert_eq!(titled.changes_since(&open), [Status::ConfigurationChanged]);
        assert_eq!(veiled.changes_since(&open), [Status::ConfigurationChanged, Status::NowSemiAnonymous]);
        assert_eq!(open.changes_since(&veiled), [Status::ConfigurationChanged, Status::NowNonAnonymous]);
    }
}
