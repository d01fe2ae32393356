//! XEP-0045 §10.2, §15.5.3: the configuration of a room as a form.

use super::configuration::{Configuration, Whisperers, Whois};
use crate::{
    features::form::{Field, FieldType, Form, Submission},
    ns,
    stanza::StanzaError,
};

/// The most characters of a title, and of a description.
const MOST_CHARACTERS: usize = 500;
/// What `muc#roomconfig_maxusers` offers.
const MOST_OCCUPANTS: [&str; 6] = ["10", "20", "30", "50", "100", "200"];

impl Configuration {
    /// The form to be filled in, where no room may have more than `most` occupants.
    pub(super) fn form(&self, most: usize) -> Form {
        let flag = |value| if value { "1" } else { "0" };
        let boolean = |form: Form, name, label, value| {
            form.field(&Field::new(name, FieldType::Boolean, label, &[flag(value)]))
        };
        let text = |form: Form, name, label, value: &str| {
            form.field(&Field::new(name, FieldType::TextSingle, label, &[value]))
        };
        let mut form = Form::to_fill_in(ns::MUC_ROOM_CONFIG).title("How the room is");
        form = text(form, "muc#roomconfig_roomname", "Title", &self.title);
        form = text(form, "muc#roomconfig_roomdesc", "Description", &self.description);
        form = text(form, "muc#roomconfig_lang", "Language", &self.language);
        form = boolean(form, "muc#roomconfig_persistentroom", "Stays when it is empty", self.persistent);
        form = boolean(form, "muc#roomconfig_publicroom", "Found by everybody", self.public);
        form = boolean(form, "muc#roomconfig_moderatedroom", "Only those with voice speak", self.moderated);
        form = boolean(form, "muc#roomconfig_membersonly", "Only members enter", self.members_only);
        form = boolean(form, "muc#roomconfig_allowinvites", "Members may invite", self.members_invite);
        form = boolean(form, "muc#roomconfig_changesubject", "All may change the subject", self.subject_open);
        let is_protected = !self.password.is_empty();
        form = boolean(form, "muc#roomconfig_passwordprotectedroom", "Needs a password", is_protected);
        let secret = [&*self.password];
        form = form.field(&Field::new(
            "muc#roomconfig_roomsecret",
            FieldType::TextPrivate,
            "The password",
            if is_protected { &secret } else { &[] },
        ));
        form = form.field(&Field {
            options: &[("Everybody", "anyone"), ("Moderators", "moderators")],
            ..Field::new(
                "muc#roomconfig_whois",
                FieldType::ListSingle,
                "Who sees addresses",
                &[self.whois.name()],
            )
        });
        form = form.field(&Field {
            options: &[
                ("Everybody", "anyone"),
                ("Those with voice", "participants"),
                ("Moderators", "moderators"),
                ("Nobody", "none"),
            ],
            ..Field::new(
                "muc#roomconfig_allowpm",
                FieldType::ListSingle,
                "Who may write to one alone",
                &[self.private_messages.name()],
            )
        });
        let own = self.most_occupants.min(most).to_string();
        let numbers =
            MOST_OCCUPANTS.iter().filter(|number| number.parse::<usize>().is_ok_and(|number| number <= most));
        let mut options: Vec<(&str, &str)> = numbers.map(|number| (*number, *number)).collect();
        if !options.iter().any(|(_, number)| *number == own) {
            options.push((&own, &own));
        }
        form = form.field(&Field {
            options: &options,
            ..Field::new("muc#roomconfig_maxusers", FieldType::ListSingle, "Occupants at most", &[&own])
        });
        text(form, "muc#roomconfig_historylength", "Messages remembered", &self.history.to_string())
    }

    /// What becomes of it by a form. What the form leaves out stays as it is.
    pub(super) fn read(&self, submission: &Submission) -> Result<Self, StanzaError> {
        if submission.form_type().is_some_and(|form| form != ns::MUC_ROOM_CONFIG) {
            return Err(StanzaError::BadRequest);
        }
        let read = Reading(submission);
        let password = match read.flag("passwordprotectedroom", !self.password.is_empty())? {
            false => String::new(),
            true => read.text("roomsecret", &self.password)?,
        };
        let needs_password = submission.flag("muc#roomconfig_passwordprotectedroom") == Some(true);
        if needs_password && password.is_empty() {
            return Err(StanzaError::NotAcceptable);
        }
        Ok(Self {
            title: read.text("roomname", &self.title)?,
            description: read.text("roomdesc", &self.description)?,
            language: read.text("lang", &self.language)?,
            persistent: read.flag("persistentroom", self.persistent)?,
            public: read.flag("publicroom", self.public)?,
            moderated: read.flag("moderatedroom", self.moderated)?,
            members_only: read.flag("membersonly", self.members_only)?,
            members_invite: read.flag("allowinvites", self.members_invite)?,
            subject_open: read.flag("changesubject", self.subject_open)?,
            password,
            whois: read.choice("whois", &Whois::ALL, Whois::name, self.whois)?,
            private_messages: read.choice(
                "allowpm",
                &Whisperers::ALL,
                Whisperers::name,
                self.private_messages,
            )?,
            most_occupants: read.number("maxusers", self.most_occupants)?,
            history: read.number("historylength", self.history)?,
        })
    }
}

/// A form, field by field.
struct Reading<'a>(&'a Submission);

impl Reading<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        self.0.value(&format!("muc#roomconfig_{name}"))
    }

    fn text(&self, name: &str, old: &str) -> Result<String, StanzaError> {
        let text = self.value(name).unwrap_or(old);
        let is_short = text.chars().count() <= MOST_CHARACTERS;
        is_short.then(|| text.to_owned()).ok_or(StanzaError::NotAcceptable)
    }

    fn flag(&self, name: &str, old: bool) -> Result<bool, StanzaError> {
        let name = format!("muc#roomconfig_{name}");
        match self.0.value(&name) {
            None => Ok(old),
            Some(_) => self.0.flag(&name).ok_or(StanzaError::NotAcceptable),
        }
    }

    /// No number, or `none`, means as many as there can be.
    fn number(&self, name: &str, old: usize) -> Result<usize, StanzaError> {
        match self.value(name) {
            None => Ok(old),
            Some("" | "none") => Ok(usize::MAX),
            Some(number) => number.parse().map_err(|_| StanzaError::NotAcceptable),
        }
    }

    fn choice<T: Copy>(
        &self,
        name: &str,
        all: &[T],
        called: fn(T) -> &'static str,
        old: T,
    ) -> Result<T, StanzaError> {
        let Some(value) = self.value(name) else { return Ok(old) };
        all.iter().copied().find(|one| called(*one) == value).ok_or(StanzaError::NotAcceptable)
    }
}

impl Whois {
    const ALL: [Self; 2] = [Self::Anyone, Self::Moderators];

    fn name(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Moderators => "moderators",
        }
    }
}

impl Whisperers {
    const ALL: [Self; 4] = [Self::Anyone, Self::Moderators, Self::None, Self::Participants];

    fn name(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Moderators => "moderators",
            Self::None => "none",
            Self::Participants => "participants",
        }
    }
}
