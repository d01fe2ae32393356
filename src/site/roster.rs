//! Who sees whom in the contact lists, and who may ask whom.

use serde::Serialize;
use xmppd_control::BETWEEN_GROUPS;

use super::Mistake;

/// The `[roster]` of the school's file, as the daemon gets it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Roster {
    /// Whom the school puts into whose contact list.
    pub visibility: Visibility,
    /// Where visibility is by groups: accounts of these groups see everyone, and are seen by everyone.
    pub sees_everyone: Vec<Group>,
    /// Who may ask whom to become a contact.
    pub contacts: Contacts,
}

/// Whom the school puts into whose contact list.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// Everyone into everyone's.
    Everyone,
    /// Those who share a group.
    Groups,
}

/// Who may ask whom to become a contact.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contacts {
    /// Everybody may ask everybody.
    Everybody,
    /// Nobody needs to: contacts are whom the school has put there.
    Groups,
}

/// The name of a group of accounts, as contact lists show it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Group(String);

impl Visibility {
    /// Accepts `everyone` and `groups`.
    ///
    /// # Errors
    /// A [`Mistake`] for all else.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        match text {
            "everyone" => Ok(Self::Everyone),
            "groups" => Ok(Self::Groups),
            _ => Err(Mistake::new(
                format!("`visibility` cannot be `{}`", text.escape_debug()),
                "write `everyone`, or `groups`: each sees those of the same groups",
            )),
        }
    }
}

impl Contacts {
    /// Accepts `everybody` and `groups`.
    ///
    /// # Errors
    /// A [`Mistake`] for all else.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        match text {
            "everybody" => Ok(Self::Everybody),
            "groups" => Ok(Self::Groups),
            _ => Err(Mistake::new(
                format!("`contacts` cannot be `{}`", text.escape_debug()),
                "write `everybody`, or `groups`: nobody asks those of other groups",
            )),
        }
    }
}

impl Group {
    /// The longest, in characters.
    pub const MAX_LENGTH: usize = 100;

    /// Accepts a line of text, as the daemon does.
    ///
    /// # Errors
    /// A [`Mistake`] for all else.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        if text.contains(BETWEEN_GROUPS) {
            return Err(Mistake::new(
                format!("`{}` would be one group, and be shown as if it were several", text.escape_debug()),
                "name each group by itself, such as [\"4b\", \"Choir\"], without `,`, `;` and `|` in its name",
            ));
        }
        let is_line = !text.is_empty() && text.trim() == text && !text.contains(char::is_control);
        if is_line && text.chars().count() <= Self::MAX_LENGTH {
            return Ok(Self(text.to_owned()));
        }
        Err(Mistake::new(
            format!("`{}` is not the name of a group", text.escape_debug()),
            format!("write up to {} characters on one line, such as `Teachers`", Self::MAX_LENGTH),
        ))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
