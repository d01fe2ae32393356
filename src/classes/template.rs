//! The list for the end of the school year, with what is so now, to be filled in.

use std::collections::{BTreeMap, BTreeSet};

use xmppd_control::{Kind, User};

use super::decided::means_leavers;
use crate::{error::Result, table::sheet};

/// A row for each group, which stays as it is until its last field says something else; then one for each child, where
/// that field is filled in for those alone who do not go with their class.
pub fn template(users: &[User]) -> Result<Vec<u8>> {
    let mut children: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for user in users.iter().filter(|user| user.kind == Kind::Child && user.enabled) {
        // In the column `to`, a group of this name would have everybody in it leave.
        for group in user.groups.iter().filter(|group| !means_leavers(group)) {
            children.entry(group).or_default().insert((&user.display_name, &user.name));
        }
    }
    let classes = children.keys().map(|class| vec!["", "", *class, *class]);
    let singles = children.iter().flat_map(|(class, children)| {
        children.iter().map(move |(display_name, name)| vec![*name, *display_name, *class, ""])
    });
    sheet(&["name", "display-name", "class", "to"], classes.chain(singles))
}
