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
const MOST_OCCUPANTS: [usize; 6] = [10, 20, 30, 50, 100, 200];

/// A field's name without `muc#roomconfig_`, what people read beside it, and the place of its value.
type Place<T> = (&'static str, &'static str, fn(&mut Configuration) -> &mut T);

const TEXTS: [Place<String>; 3] = [
    ("roomname", "Title", |room| &mut room.title),
    ("roomdesc", "Description", |room| &mut room.description),
    ("lang", "Language", |room| &mut room.language),
];

const FLAGS: [Place<bool>; 6] = [
    ("persistentroom", "Stays when it is empty", |room| &mut room.persistent),
    ("publicroom", "Found by everybody", |room| &mut room.public),
    ("moderatedroom", "Only those with voice speak", |room| &mut room.moderated),
    ("membersonly", "Only members enter", |room| &mut room.members_only),
    ("allowinvites", "Members may invite", |room| &mut room.members_invite),
    ("changesubject", "All may change the subject", |room| &mut room.subject_open),
];

const WHOIS: [(&str, &str, Whois); 2] =
    [("Everybody", "anyone", Whois::Anyone), ("Moderators", "moderators", Whois::Moderators)];

const WHISPERERS: [(&str, &str, Whisperers); 4] = [
    ("Everybody", "anyone", Whisperers::Anyone),
    ("Those with voice", "participants", Whisperers::Participants),
    ("Moderators", "moderators", Whisperers::Moderators),
    ("Nobody", "none", Whisperers::None),
];

impl Configuration {
    /// The form to be filled in, where no room may have more than `most` occupants.
    pub(super) fn form(&self, most: usize) -> Form {
        let mut own = self.clone();
        let mut form = Form::to_fill_in(ns::MUC_ROOM_CONFIG).title("How the room is");
        for (name, label, place) in TEXTS {
            form = with(form, name, FieldType::TextSingle, label, &[place(&mut own)]);
        }
        for (name, label, place) in FLAGS {
            form = with(form, name, FieldType::Boolean, label, &[flag(*place(&mut own))]);
        }
        let is_protected = !self.password.is_empty();
        let secret = [&*self.password];
        let secret = if is_protected { &secret[..] } else { &[] };
        form = with(
            form,
            "passwordprotectedroom",
            FieldType::Boolean,
            "Needs a password",
            &[flag(is_protected)],
        );
        form = with(form, "roomsecret", FieldType::TextPrivate, "The password", secret);
        form = choice(form, "whois", "Who sees addresses", &WHOIS, self.whois);
        form = choice(form, "allowpm", "Who may write to one alone", &WHISPERERS, self.private_messages);
        form = occupants(form, self.most_occupants.min(most), most);
        let history = self.history.to_string();
        with(form, "historylength", FieldType::TextSingle, "Messages remembered", &[&history])
    }

    /// What becomes of it by a form. What the form leaves out stays as it is.
    pub(super) fn read(&self, submission: &Submission) -> Result<Self, StanzaError> {
        if submission.form_type().is_some_and(|form| form != ns::MUC_ROOM_CONFIG) {
            return Err(StanzaError::BadRequest);
        }
        let read = Reading(submission);
        let mut room = self.clone();
        for (name, _, place) in TEXTS {
            let old = std::mem::take(place(&mut room));
            *place(&mut room) = read.text(name, &old)?;
        }
        for (name, _, place) in FLAGS {
            *place(&mut room) = read.flag(name, *place(&mut room))?;
        }
        room.password = read.password(&self.password)?;
        room.whois = read.choice("whois", &WHOIS, self.whois)?;
        room.private_messages = read.choice("allowpm", &WHISPERERS, self.private_messages)?;
        room.most_occupants = read.number("maxusers", self.most_occupants)?;
        room.history = read.number("historylength", self.history)?;
        Ok(room)
    }
}

fn var(name: &str) -> String {
    format!("muc#roomconfig_{name}")
}

fn flag(value: bool) -> &'static str {
    if value { "1" } else { "0" }
}

fn with(form: Form, name: &str, kind: FieldType, label: &str, values: &[&str]) -> Form {
    form.field(&Field::new(&var(name), kind, label, values))
}

fn choice<T: Copy + PartialEq>(form: Form, name: &str, label: &str, all: &[(&str, &str, T)], own: T) -> Form {
    let options: Vec<_> = all.iter().map(|(label, value, _)| (*label, *value)).collect();
    let own = all.iter().find(|(.., one)| *one == own).map_or("", |(_, value, _)| value);
    form.field(&Field { options: &options, ..Field::new(&var(name), FieldType::ListSingle, label, &[own]) })
}

fn occupants(form: Form, own: usize, most: usize) -> Form {
    let mut numbers: Vec<_> = MOST_OCCUPANTS.into_iter().filter(|number| *number <= most).collect();
    if !numbers.contains(&own) {
        numbers.push(own);
    }
    let numbers: Vec<_> = numbers.iter().map(usize::to_string).collect();
    let options: Vec<_> = numbers.iter().map(|number| (number.as_str(), number.as_str())).collect();
    let (name, own) = (var("maxusers"), own.to_string());
    let values = [own.as_str()];
    let field = Field::new(&name, FieldType::ListSingle, "Occupants at most", &values);
    form.field(&Field { options: &options, ..field })
}

/// A form, field by field.
struct Reading<'a>(&'a Submission);

impl Reading<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        self.0.value(&var(name))
    }

    fn text(&self, name: &str, old: &str) -> Result<String, StanzaError> {
        let text = self.value(name).unwrap_or(old);
        let is_short = text.chars().count() <= MOST_CHARACTERS;
        is_short.then(|| text.to_owned()).ok_or(StanzaError::NotAcceptable)
    }

    fn flag(&self, name: &str, old: bool) -> Result<bool, StanzaError> {
        match self.value(name) {
            None => Ok(old),
            Some(_) => self.0.flag(&var(name)).ok_or(StanzaError::NotAcceptable),
        }
    }

    /// Whoever wants a password has to say which.
    fn password(&self, old: &str) -> Result<String, StanzaError> {
        let had_one = !old.is_empty();
        if !self.flag("passwordprotectedroom", had_one)? {
            return Ok(String::new());
        }
        let password = self.text("roomsecret", old)?;
        if password.is_empty() { Err(StanzaError::NotAcceptable) } else { Ok(password) }
    }

    /// No number, or `none`, means as many as there can be.
    fn number(&self, name: &str, old: usize) -> Result<usize, StanzaError> {
        match self.value(name) {
            None => Ok(old),
            Some("" | "none") => Ok(usize::MAX),
            Some(number) => number.parse().map_err(|_| StanzaError::NotAcceptable),
        }
    }

    fn choice<T: Copy>(&self, name: &str, all: &[(&str, &str, T)], old: T) -> Result<T, StanzaError> {
        let Some(value) = self.value(name) else { return Ok(old) };
        let chosen = all.iter().find(|(_, one, _)| *one == value);
        chosen.map(|(.., one)| *one).ok_or(StanzaError::NotAcceptable)
    }
}
