use super::{Affiliation::*, AffiliationPrivilege as AP, RolePrivilege as RP, *};

const YES: bool = true;
const NO: bool = false;

/// The rows of §5.1.1; the columns are none, visitor, participant, moderator.
const BY_ROLE: [(RP, [bool; 4]); 6] = [
    (RP::Speak, [NO, NO, YES, YES]),
    (RP::ProposeSubject, [NO, NO, YES, YES]),
    (RP::ChangeSubject, [NO, NO, NO, YES]),
    (RP::Kick, [NO, NO, NO, YES]),
    (RP::GrantVoice, [NO, NO, NO, YES]),
    (RP::RevokeVoice, [NO, NO, NO, YES]),
];

/// The rows of §5.2.1; the columns are outcast, none, member, admin, owner.
const BY_AFFILIATION: [(AP, [bool; 5]); 10] = [
    (AP::EnterOpen, [NO, YES, YES, YES, YES]),
    (AP::EnterMembersOnly, [NO, NO, YES, YES, YES]),
    (AP::ListMembers, [NO, NO, YES, YES, YES]),
    (AP::Ban, [NO, NO, NO, YES, YES]),
    (AP::EditMembers, [NO, NO, NO, YES, YES]),
    (AP::AssignModerators, [NO, NO, NO, YES, YES]),
    (AP::EditAdmins, [NO, NO, NO, NO, YES]),
    (AP::EditOwners, [NO, NO, NO, NO, YES]),
    (AP::Configure, [NO, NO, NO, NO, YES]),
    (AP::Destroy, [NO, NO, NO, NO, YES]),
];

#[test]
fn a_role_may_what_the_table_says() {
    for (privilege, row) in BY_ROLE {
        for (role, may) in Role::ALL.into_iter().zip(row) {
            assert_eq!(role.may(privilege), may, "{role:?} {privilege:?}");
        }
    }
}

#[test]
fn an_affiliation_may_what_the_table_says() {
    for (privilege, row) in BY_AFFILIATION {
        for (affiliation, may) in Affiliation::ALL.into_iter().zip(row) {
            assert_eq!(affiliation.may(privilege), may, "{affiliation:?} {privilege:?}");
        }
    }
}

/// §5.1.2; the columns are an unmoderated and a moderated room.
#[test]
fn who_enters_gets_the_role_of_the_affiliation() {
    for (affiliation, roles) in [
        (Outcast, [Role::None, Role::None]),
        (Affiliation::None, [Role::Participant, Role::Visitor]),
        (Member, [Role::Participant, Role::Participant]),
        (Admin, [Role::Moderator, Role::Moderator]),
        (Owner, [Role::Moderator, Role::Moderator]),
    ] {
        assert_eq!([false, true].map(|moderated| affiliation.initial_role(moderated)), roles);
    }
}

const DONE: Result<(), StanzaError> = Ok(());
const FORBIDDEN: Result<(), StanzaError> = Err(StanzaError::Forbidden);
const NOT_ALLOWED: Result<(), StanzaError> = Err(StanzaError::NotAllowed);

fn standing(affiliation: Affiliation, role: Role) -> Standing {
    Standing { affiliation, role }
}

/// Rows: who acts. Columns: on a participant without affiliation, a member, an admin, an owner.
#[test]
fn roles_are_given_as_the_xep_says() {
    let targets = [
        standing(Affiliation::None, Role::Participant),
        standing(Member, Role::Participant),
        standing(Admin, Role::Moderator),
        standing(Owner, Role::Moderator),
    ];
    let visitor = standing(Affiliation::None, Role::Visitor);
    let participant = standing(Member, Role::Participant);
    let moderator = standing(Affiliation::None, Role::Moderator);
    let admin = standing(Admin, Role::Moderator);
    let owner = standing(Owner, Role::Moderator);
    for (actor, role, row) in [
        // §8.2
        (visitor, Role::None, [FORBIDDEN; 4]),
        (participant, Role::None, [FORBIDDEN; 4]),
        (moderator, Role::None, [DONE, NOT_ALLOWED, NOT_ALLOWED, NOT_ALLOWED]),
        (admin, Role::None, [DONE, DONE, DONE, NOT_ALLOWED]),
        (owner, Role::None, [DONE; 4]),
        // §8.4, and §9.7 for those who are moderators
        (participant, Role::Visitor, [FORBIDDEN; 4]),
        (moderator, Role::Visitor, [DONE, NOT_ALLOWED, FORBIDDEN, FORBIDDEN]),
        (admin, Role::Visitor, [DONE, DONE, NOT_ALLOWED, NOT_ALLOWED]),
        (owner, Role::Visitor, [DONE, DONE, NOT_ALLOWED, NOT_ALLOWED]),
        // §9.6
        (moderator, Role::Moderator, [FORBIDDEN, FORBIDDEN, DONE, DONE]),
        (admin, Role::Moderator, [DONE; 4]),
        (owner, Role::Moderator, [DONE; 4]),
    ] {
        for (target, outcome) in targets.into_iter().zip(row) {
            assert_eq!(check_role(actor, target, role), outcome, "{actor:?} {target:?} {role:?}");
        }
    }
    // §8.3
    assert_eq!(check_role(participant, visitor, Role::Participant), FORBIDDEN);
    assert_eq!(check_role(moderator, visitor, Role::Participant), DONE);
    // Nobody says anything to all by giving what is there already.
    assert_eq!(check_role(visitor, visitor, Role::Visitor), FORBIDDEN);
    assert_eq!(check_role(participant, participant, Role::Participant), FORBIDDEN);
    assert_eq!(check_role(participant, owner, Role::Moderator), FORBIDDEN);
    assert_eq!(check_role(moderator, participant, Role::Participant), DONE);
    // §9.7
    assert_eq!(check_role(admin, moderator, Role::Participant), DONE);
    assert_eq!(check_role(moderator, moderator, Role::Participant), FORBIDDEN);
}

/// Rows: the affiliation that is given. Columns: to an outcast, to nobody in particular, a member, an admin, an
/// owner.
#[test]
fn affiliations_are_given_as_the_xep_says() {
    for affiliation in Affiliation::ALL {
        for target in Affiliation::ALL {
            for actor in [Outcast, Affiliation::None, Member] {
                assert_eq!(check_affiliation(actor, target, affiliation), FORBIDDEN);
            }
            assert_eq!(check_affiliation(Owner, target, affiliation), DONE);
        }
    }
    for (affiliation, row) in [
        (Outcast, [DONE, DONE, DONE, NOT_ALLOWED, NOT_ALLOWED]),
        (Affiliation::None, [DONE, DONE, DONE, NOT_ALLOWED, NOT_ALLOWED]),
        (Member, [DONE, DONE, DONE, NOT_ALLOWED, NOT_ALLOWED]),
        (Admin, [FORBIDDEN; 5]),
        (Owner, [FORBIDDEN; 5]),
    ] {
        for (target, outcome) in Affiliation::ALL.into_iter().zip(row) {
            assert_eq!(check_affiliation(Admin, target, affiliation), outcome, "{target:?} {affiliation:?}");
        }
    }
}
