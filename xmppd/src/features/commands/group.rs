//! Classes and clubs: who is in them, and what they are called.

use xmppd_control::Act;

use super::{
    Command,
    field::{ADDRESSES, Parsed, changing, each, form, label, required},
};
use crate::{
    features::form::{Field, FieldType, Form, Submission},
    router::Router,
};

const GROUP: Field<'static> = required("group", FieldType::TextSingle, "Group");
const NEW_NAME: Field<'static> = required("to", FieldType::TextSingle, "New name");

pub(super) const ALL: [Command; 3] = [
    Command {
        node: "xmppd#join-group",
        name: "Put accounts into a group",
        form: Some(|_| {
            form(
                "Put accounts into a group",
                "Besides the groups that they are in. Everybody's roster follows at once.",
            )
            .field(&ADDRESSES)
            .field(&GROUP)
        }),
        run: |router, submission, _| changing(join(router, submission)),
        ..Command::DEFAULT
    },
    Command {
        node: "xmppd#leave-group",
        name: "Take accounts out of a group",
        form: Some(|router| {
            let form = form(
                "Take accounts out of a group",
                "Everybody's roster follows at once, and so do the group's rooms.",
            );
            with_known_group(router, form.field(&ADDRESSES))
        }),
        run: |router, submission, _| changing(leave(router, submission)),
        ..Command::DEFAULT
    },
    Command {
        node: "xmppd#rename-group",
        name: "Give a group another name",
        form: Some(|router| {
            let form = form("Give a group another name", "For all who are in it.");
            with_known_group(router, form).field(&NEW_NAME)
        }),
        run: |_, submission, _| changing(rename(submission)),
        ..Command::DEFAULT
    },
];

/// One of the groups that there are.
fn with_known_group(router: &Router, form: Form) -> Form {
    let groups = router.people.values().flat_map(|person| &person.account.groups);
    let mut groups: Vec<_> = groups.map(|group| (group.as_str(), group.as_str())).collect();
    groups.sort_unstable();
    groups.dedup();
    form.field(&Field { kind: FieldType::ListSingle, options: &groups, ..GROUP })
}

fn join(router: &Router, submission: &Submission) -> Parsed<Vec<Act>> {
    let group = label(submission, &GROUP)?;
    each(router, submission, |name| Act::JoinGroup { name, group: group.clone() })
}

fn leave(router: &Router, submission: &Submission) -> Parsed<Vec<Act>> {
    let group = label(submission, &GROUP)?;
    each(router, submission, |name| Act::LeaveGroup { name, group: group.clone() })
}

fn rename(submission: &Submission) -> Parsed<Vec<Act>> {
    Ok(vec![Act::RenameGroup { group: label(submission, &GROUP)?, to: label(submission, &NEW_NAME)? }])
}
