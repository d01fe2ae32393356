//! What an administrator does to an account, from wherever they ask.

use crate::{
    account::{Label, Name},
    auth::Password,
};

/// One thing done to one account.
#[derive(Debug)]
pub enum Act {
    /// Adds it.
    Add {
        /// The first part of its address.
        name: Name,
        /// What others see; the name where it is missing.
        display_name: Option<Label>,
        /// Its roster groups.
        groups: Vec<Label>,
        /// Its password.
        password: Password,
    },
    /// Ends its sessions, and lets it log in no more.
    Disable(Name),
    /// Lets it log in again.
    Enable(Name),
    /// Ends its sessions; it may log in again at once.
    EndSessions(Name),
    /// Ends its sessions, and erases it.
    Remove(Name),
    /// Gives it a new password, and ends its sessions.
    SetPassword {
        /// Whose.
        name: Name,
        /// The new one.
        password: Password,
    },
}

/// Why it was not done, in words for the one who asked.
pub type Outcome = Result<(), String>;
