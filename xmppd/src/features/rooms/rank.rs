//! XEP-0045 §5: roles and affiliations, what each may do, and who may give and take them.

use serde::{Deserialize, Serialize};

use crate::stanza::StanzaError;

/// What somebody is to a room, there or not (§5.2). The higher comes later.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affiliation {
    /// May not enter.
    Outcast,
    /// Nothing in particular.
    None,
    /// May enter a members-only room.
    Member,
    /// Moderates it, whenever it is there.
    Admin,
    /// Configures it, too.
    Owner,
}

/// What an occupant is while it is there (§5.1). The higher comes later.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// Not there.
    None,
    /// Listens.
    Visitor,
    /// Speaks.
    Participant,
    /// Keeps order.
    Moderator,
}

/// What depends on a role (§5.1.1). What the table grants to all occupants has no entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RolePrivilege {
    /// To change the subject, unless everybody may.
    ChangeSubject,
    /// To give a visitor voice.
    GrantVoice,
    /// To put somebody out.
    Kick,
    /// To change the subject where the room lets its participants.
    ProposeSubject,
    /// To take somebody's voice.
    RevokeVoice,
    /// To say something to all.
    Speak,
}

/// What depends on an affiliation (§5.2.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AffiliationPrivilege {
    /// To make a moderator, or no moderator any more.
    AssignModerators,
    /// To keep somebody out.
    Ban,
    /// To change how the room is.
    Configure,
    /// To end the room.
    Destroy,
    /// To say who is an admin.
    EditAdmins,
    /// To say who is a member.
    EditMembers,
    /// To say who is an owner.
    EditOwners,
    /// To enter a room that is for its members alone.
    EnterMembersOnly,
    /// To enter a room that is for all.
    EnterOpen,
    /// To see who the members are.
    ListMembers,
}

/// Both together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standing {
    /// What somebody is to the room.
    pub affiliation: Affiliation,
    /// What somebody is in it.
    pub role: Role,
}

impl Affiliation {
    /// From the lowest to the highest.
    pub const ALL: [Self; 5] = [Self::Outcast, Self::None, Self::Member, Self::Admin, Self::Owner];

    /// The word of the XEP.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outcast => "outcast",
            Self::None => "none",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// What that word means.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|affiliation| affiliation.name() == name)
    }

    /// The table of §5.2.1.
    pub fn may(self, privilege: AffiliationPrivilege) -> bool {
        use AffiliationPrivilege as P;
        let least = match privilege {
            P::EnterOpen => Self::None,
            P::EnterMembersOnly | P::ListMembers => Self::Member,
            P::AssignModerators | P::Ban | P::EditMembers => Self::Admin,
            P::Configure | P::Destroy | P::EditAdmins | P::EditOwners => Self::Owner,
        };
        self >= least
    }

    /// What somebody is who enters (§5.1.2).
    pub fn initial_role(self, is_moderated: bool) -> Role {
        match self {
            Self::Outcast => Role::None,
            Self::None if is_moderated => Role::Visitor,
            Self::None | Self::Member => Role::Participant,
            Self::Admin | Self::Owner => Role::Moderator,
        }
    }
}

impl Role {
    /// From the lowest to the highest.
    pub const ALL: [Self; 4] = [Self::None, Self::Visitor, Self::Participant, Self::Moderator];

    /// The word of the XEP.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Visitor => "visitor",
            Self::Participant => "participant",
            Self::Moderator => "moderator",
        }
    }

    /// What that word means.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The table of §5.1.1.
    pub fn may(self, privilege: RolePrivilege) -> bool {
        use RolePrivilege as P;
        let least = match privilege {
            P::ProposeSubject | P::Speak => Self::Participant,
            P::ChangeSubject | P::GrantVoice | P::Kick | P::RevokeVoice => Self::Moderator,
        };
        self >= least
    }
}

/// Whether one may give another that role (§8.2 to §8.4, §9.6, §9.7).
pub fn check_role(actor: Standing, target: Standing, role: Role) -> Result<(), StanzaError> {
    let needed = match role {
        // It changes nothing, but all would hear of it, and in which words.
        _ if role == target.role && actor.role.may(RolePrivilege::GrantVoice) => return Ok(()),
        _ if role == target.role => return Err(StanzaError::Forbidden),
        Role::None => RolePrivilege::Kick,
        Role::Moderator => return check_moderators(actor, target, role),
        _ if target.role == Role::Moderator => return check_moderators(actor, target, role),
        Role::Participant => RolePrivilege::GrantVoice,
        Role::Visitor => RolePrivilege::RevokeVoice,
    };
    if !actor.role.may(needed) {
        return Err(StanzaError::Forbidden);
    }
    // Nobody is put out or silenced by who is less; an admin is never silent.
    let is_beyond_reach = target.affiliation > actor.affiliation
        || (role == Role::Visitor && target.affiliation >= Affiliation::Admin);
    if is_beyond_reach { Err(StanzaError::NotAllowed) } else { Ok(()) }
}

fn check_moderators(actor: Standing, target: Standing, role: Role) -> Result<(), StanzaError> {
    if !actor.affiliation.may(AffiliationPrivilege::AssignModerators) {
        return Err(StanzaError::Forbidden);
    }
    // §9.7: admins and owners are moderators by what they are.
    let is_lasting = role < Role::Moderator && target.affiliation >= Affiliation::Admin;
    if is_lasting { Err(StanzaError::NotAllowed) } else { Ok(()) }
}

/// Whether one may give another that affiliation (§9.1 to §9.5, §10.3 to §10.8).
pub fn check_affiliation(
    actor: Affiliation,
    target: Affiliation,
    affiliation: Affiliation,
) -> Result<(), StanzaError> {
    let needed = match affiliation {
        Affiliation::Outcast => AffiliationPrivilege::Ban,
        Affiliation::None | Affiliation::Member => AffiliationPrivilege::EditMembers,
        Affiliation::Admin => AffiliationPrivilege::EditAdmins,
        Affiliation::Owner => AffiliationPrivilege::EditOwners,
    };
    if !actor.may(needed) {
        return Err(StanzaError::Forbidden);
    }
    let is_equal = actor < Affiliation::Owner && target >= Affiliation::Admin;
    if is_equal { Err(StanzaError::NotAllowed) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
