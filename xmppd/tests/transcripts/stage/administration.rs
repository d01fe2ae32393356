//! What administrators do in a scenario, judged as in earnest.

use time::OffsetDateTime;
use xmppd::{
    account::{Account, Kind, Label, Name},
    administration::{Change, Recorded, School, Write},
    auth::{Keys, Password},
    control::{Act, Answer, AuditLine, Changes, Consent, Day, Outcome as Judged, Refusal, Request},
    record::Owner,
};

use super::{Outcome, PASSWORD, Stage, setting::everybodys_keys};

impl Stage {
    /// What `control::Administration` does, without a store.
    pub(super) fn answer(&mut self, request: Request, who: &str) -> Result<Answer, Refusal> {
        match request {
            Request::Audit { .. } => Ok(Answer::Audit(self.audit.clone())),
            Request::Change(changes) => Ok(Answer::Changed(self.change(changes, who))),
            Request::Remember { verb } => {
                self.remember(who, verb.name(), "", "done");
                Ok(Answer::Remembered)
            }
            Request::ListUsers => Ok(Answer::Users(self.school().users())),
            _ => Err(Refusal::new("the stage does not know it", "")),
        }
    }

    pub(super) fn change(&mut self, changes: Changes, who: &str) -> Vec<Judged> {
        let Changes { acts, rule, .. } = changes;
        let keys: Vec<_> = acts.iter().map(keys).collect();
        let judged = self.school().judge(&acts, keys, rule, who);
        for (act, outcome) in acts.iter().zip(&judged.outcomes) {
            let outcome = if outcome.is_done() { "done" } else { "refused" };
            self.remember(who, act.verb(), act.concerns(), outcome);
        }
        judged.writes.into_iter().for_each(|write| self.write(write));
        self.drive(|router, cx| {
            judged.changes.into_iter().for_each(|change: Change| router.apply(change.into(), cx));
        });
        judged.outcomes
    }

    fn remember(&mut self, who: &str, act: &str, about: &str, outcome: &str) {
        let [who, act, about, outcome] = [who, act, about, outcome].map(str::to_owned);
        self.audit.push(AuditLine { at: self.now.to_string(), who, act, about, outcome });
    }

    pub(super) fn school(&self) -> School {
        let rooms = self.router.rooms_shown().into_iter().map(|(room, made_by)| (room.name, made_by));
        let school = School::new(self.account_values(), self.consents.clone(), self.now);
        school.with_rooms(rooms).with_groups(self.router.groups_of_site())
    }

    pub(super) fn account_values(&self) -> Vec<Account> {
        self.accounts.values().map(|account| Account::clone(account)).collect()
    }

    pub(super) fn write(&mut self, write: Write) {
        match write {
            Write::Add(account) | Write::Update(account) => {
                self.accounts.insert(account.name.clone(), account);
            }
            Write::Remove(name) => {
                self.accounts.remove(&name);
                let owner = Owner::Account(name.as_str().into());
                self.records.retain(|record| record.owner != owner);
                self.waiting.remove(name.as_str());
                let from = format!("<message from='{name}@");
                for kept in self.waiting.values_mut() {
                    kept.retain(|one| !one.stanza.starts_with(from.as_bytes()));
                }
            }
            Write::Consent(name, recorded) => drop(self.consents.insert(name, recorded)),
            Write::ForgetConsent(name) => drop(self.consents.remove(&name)),
            Write::Record(record) => self.record(vec![record], None),
        }
    }

    /// What somebody does on the host.
    pub(super) fn administer(&mut self, verb: &str, rest: &[&str]) -> Outcome {
        let name = |text: &str| text.parse::<Name>().map_err(|error| error.to_string());
        let label = |words: &[&str]| words.join(" ").parse::<Label>().map_err(|error| error.to_string());
        let act = match (verb, rest) {
            ("adds", [who]) => Act::AddUser {
                name: name(who)?,
                display_name: None,
                kind: Kind::Child,
                groups: Vec::new(),
                password: password(PASSWORD),
                consent: Some(signed(self.now)),
            },
            ("makes", ["room", room, "for", group]) => Act::AddRoom {
                name: name(room)?,
                title: None,
                groups: vec![label(&[group])?],
                moderators: Vec::new(),
                owners: Vec::new(),
            },
            ("ends", ["room", room]) => Act::RemoveRoom { name: name(room)? },
            ("disables", [who]) => Act::DisableUser { name: name(who)? },
            ("enables", [who]) => Act::EnableUser { name: name(who)? },
            ("puts", [who, "into", group @ ..]) => Act::JoinGroup { name: name(who)?, group: label(group)? },
            ("promotes", [who]) => Act::SetKind { name: name(who)?, kind: Kind::Administrator },
            ("renames", ["group", group, "to", to]) => {
                Act::RenameGroup { group: label(&[group])?, to: label(&[to])? }
            }
            ("renames", [who, "to", text @ ..]) => {
                Act::RenameUser { name: name(who)?, display_name: label(text)? }
            }
            ("takes", [who, "out", "of", group @ ..]) => {
                Act::LeaveGroup { name: name(who)?, group: label(group)? }
            }
            ("changes", ["the", "password", "of", who]) => {
                Act::SetPassword { name: name(who)?, password: password("another password") }
            }
            ("kicks", [who]) => Act::EndSessions { name: name(who)? },
            ("removes", [who]) => Act::RemoveUser { name: name(who)? },
            _ => return Err("no such step".to_owned()),
        };
        match self.change(act.into(), "anna").pop() {
            Some(Judged::Refused(refusal)) => Err(refusal.what),
            _ => Ok(()),
        }
    }
}

/// The keys of the password that an act sets.
pub(super) fn keys(act: &Act) -> Option<Keys> {
    match act {
        Act::AddUser { password, .. } if password.reveal() == PASSWORD => Some(everybodys_keys()),
        Act::AddUser { password, .. } | Act::SetPassword { password, .. } => Some(Keys::derive(password)),
        _ => None,
    }
}

pub(super) fn password(text: &str) -> Password {
    Password::choose(text).expect("it is long enough")
}

pub(super) fn signed(now: OffsetDateTime) -> Consent {
    Consent { signed: Day::of(now), slip: "1".parse().expect("a label") }
}

pub(super) fn recorded(now: OffsetDateTime) -> Recorded {
    let Consent { signed, slip } = signed(now);
    Recorded { signed, slip, by: "anna".to_owned(), at: now, withdrawn: None }
}
