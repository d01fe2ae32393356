//! The connection to the daemon, with errors in this program's form.

use std::{collections::BTreeSet, env, io, time::Duration};

use nix::unistd::{Uid, User};
use xmppd_control::{
    Act, Answer, AuditLine, Changes, Client, ClientError, Consented, Copied, Label, Name, Outcome, Refusal,
    Reload, Request, Room, Rule, Session, Status, User as Account, Verb,
};
use zeroize::Zeroizing;

use super::Place;
use crate::{
    error::{Context, Error, Result},
    site::{FILE_NAME, Origin},
};

/// A daemon that answers.
pub struct Daemon(Client);

impl Daemon {
    /// Connects to the daemon of this place, in the name of whoever types.
    ///
    /// # Errors
    /// [`Error::Failed`] where none runs, or this user may not administer it.
    pub fn of(place: &Place) -> Result<Self> {
        Self::connected(place)?.of_the_school(place)
    }

    /// The same, whichever school it serves, for who only looks how it fares; every answer has to come within so long.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn to_watch(place: &Place, patience: Duration) -> Result<Self> {
        Self::connected(place)?.0.within(patience).map(Self).doing("set how long an answer may take")
    }

    fn connected(place: &Place) -> Result<Self> {
        let socket = &place.socket;
        match Client::connect(socket, operator()) {
            Ok(Some(client)) => Ok(Self(client)),
            Ok(None) => Err(Error::failed_with_hint(
                format_args!("no daemon answers on `{}`", socket.display()),
                place.appliance.as_ref().map_or_else(
                    || "is it the right socket, and does its daemon run?".to_owned(),
                    |record| format!("`jailbuild start {}` starts it", record.name),
                ),
            )),
            Err(error) => Err(Error::failed_with_hint(
                format_args!("cannot connect to `{}`: {error}", socket.display()),
                match error.kind() {
                    io::ErrorKind::PermissionDenied => "only root and the daemon's user may administer it",
                    _ => "is it the right socket?",
                },
            )),
        }
    }

    /// What is typed is meant for one school: a daemon of another is left alone.
    fn of_the_school(mut self, place: &Place) -> Result<Self> {
        let domain = self.domain()?;
        if domain == place.site.domain.as_str() { Ok(self) } else { Err(of_another_school(place, &domain)) }
    }

    /// Which domain it serves.
    pub fn domain(&mut self) -> Result<String> {
        match self.ask(Request::Domain)? {
            Answer::Domain(domain) => Ok(domain),
            _ => Err(unanswered(ClientError::OtherAnswer)),
        }
    }

    /// Has these done, all or none, or finds out what would come of it.
    ///
    /// # Errors
    /// [`Error::Failed`] if any is refused, with why of each.
    pub fn change(&mut self, acts: Vec<Act>, rehearse: bool) -> Result<()> {
        self.all_or_nothing(acts, rehearse)?.map_or(Ok(()), Err)
    }

    /// The same, for whoever has to know whether it was refused, or nobody knows: answers why it was refused.
    ///
    /// Where something is removed, the daemon may answer so though it is done, and not all of it wiped.
    ///
    /// # Errors
    /// [`Error::Failed`] where it may be done or not.
    pub fn all_or_nothing(&mut self, acts: Vec<Act>, rehearse: bool) -> Result<Option<Error>> {
        let outcomes = match self.0.change(Changes { acts, rule: Rule::AllOrNothing, rehearse }) {
            Ok(outcomes) => outcomes,
            Err(ClientError::Refused(refusal)) => return Ok(Some(refused_by(refusal))),
            Err(error) => return Err(unanswered(error)),
        };
        let all = outcomes.len();
        let refusals = outcomes.into_iter().filter_map(|outcome| match outcome {
            Outcome::Refused(refusal) => Some(refusal),
            Outcome::Done | Outcome::Undone => None,
        });
        Ok(refused_of(all, refusals.collect()))
    }

    /// Has these done; answers what has come of each.
    pub fn changes(&mut self, changes: Changes) -> Result<Vec<Outcome>> {
        self.0.change(changes).map_err(unanswered)
    }

    /// All accounts, by name.
    pub fn users(&mut self) -> Result<Vec<Account>> {
        match self.ask(Request::ListUsers)? {
            Answer::Users(users) => Ok(users),
            _ => Err(unanswered(ClientError::OtherAnswer)),
        }
    }

    /// All consents, by name.
    pub fn consents(&mut self) -> Result<Vec<Consented>> {
        match self.ask(Request::ListConsents)? {
            Answer::Consents(consents) => Ok(consents),
            _ => Err(unanswered(ClientError::OtherAnswer)),
        }
    }

    /// All rooms, by name.
    pub fn rooms(&mut self) -> Result<Vec<Room>> {
        match self.ask(Request::ListRooms)? {
            Answer::Rooms(rooms) => Ok(rooms),
            _ => Err(unanswered(ClientError::OtherAnswer)),
        }
    }

    /// Who is online, or of one account alone.
    pub fn sessions(&mut self, name: Option<Name>) -> Result<Vec<Session>> {
        match self.ask(Request::ListSessions { name })? {
            Answer::Sessions(sessions) => Ok(sessions),
            _ => Err(unanswered(ClientError::OtherAnswer)),
        }
    }

    /// What administrators did last, to one account or group alone where one is given.
    pub fn audit(&mut self, about: Option<Label>, most: u32) -> Result<Vec<AuditLine>> {
        match self.ask(Request::Audit { about, most })? {
            Answer::Audit(lines) => Ok(lines),
            _ => Err(unanswered(ClientError::OtherAnswer)),
        }
    }

    /// Has settings and certificate read again.
    pub fn reload(&mut self) -> Result<Reload> {
        match self.ask(Request::Reload)? {
            Answer::Reload(reload) => Ok(reload),
            _ => Err(unanswered(ClientError::OtherAnswer)),
        }
    }

    /// Has it remember what was done beside it.
    pub fn remember(&mut self, verb: Verb) -> Result<()> {
        match self.ask(Request::Remember { verb })? {
            Answer::Remembered => Ok(()),
            _ => Err(unanswered(ClientError::OtherAnswer)),
        }
    }

    /// How it fares, as a text of OpenMetrics.
    pub fn metrics(&mut self) -> Result<String> {
        match self.ask(Request::Metrics)? {
            Answer::Metrics(text) => Ok(text),
            _ => Err(unanswered(ClientError::OtherAnswer)),
        }
    }

    /// How it fares.
    pub fn status(&mut self) -> Result<Status> {
        match self.ask(Request::Status)? {
            Answer::Status(status) => Ok(status),
            _ => Err(unanswered(ClientError::OtherAnswer)),
        }
    }

    /// A copy of its database without conversations, and what it says of it.
    pub fn back_up(&mut self) -> Result<(Copied, Zeroizing<Vec<u8>>)> {
        self.0.back_up().map_err(unanswered)
    }

    /// Tells it that the copy is put away.
    pub fn backed_up(&mut self) -> Result<()> {
        match self.ask(Request::BackedUp)? {
            Answer::BackedUp => Ok(()),
            _ => Err(unanswered(ClientError::OtherAnswer)),
        }
    }

    /// Asks something.
    fn ask(&mut self, request: Request) -> Result<Answer> {
        self.0.ask(request).map_err(unanswered)
    }
}

/// Why a daemon that serves this domain is not the one of this place.
pub fn of_another_school(place: &Place, domain: &str) -> Error {
    let of_the_file = &place.site.domain;
    let socket = place.socket.display();
    let Origin::File(file) = &place.origin else {
        return Error::configuration(
            format_args!("the daemon behind `{socket}` serves {domain}, and there is no `{FILE_NAME}` here"),
            "name the file of its school with `--file FILE`",
        );
    };
    Error::configuration(
        format_args!(
            "the daemon behind `{socket}` serves {domain}, but `{}` is the file of {of_the_file}",
            file.display()
        ),
        "name the file of its school with `--file FILE`, or another daemon",
    )
}

/// A refusal of the daemon, as an error of this program.
pub fn refused_by(refusal: Refusal) -> Error {
    match refusal.hint {
        Some(hint) => Error::failed_with_hint(refusal.what, hint),
        None => Error::failed(refusal.what),
    }
}

/// Nothing is done where one is refused.
fn refused_of(all: usize, mut refusals: Vec<Refusal>) -> Option<Error> {
    if refusals.len() < 2 || all == 1 {
        return refusals.pop().map(refused_by);
    }
    let whats = each_once(refusals.iter().map(|refusal| refusal.what.as_str()));
    let hints = each_once(refusals.iter().filter_map(|refusal| refusal.hint.as_deref()));
    let what = format!("nothing is done, since {} of {all} are refused:\n{whats}", refusals.len());
    Some(Error::failed_with_hint(what, hints))
}

/// A line each, in their order. A whole class may be refused for the same reason.
fn each_once<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut seen = BTreeSet::new();
    lines.filter(|line| seen.insert(*line)).collect::<Vec<_>>().join("\n")
}

fn unanswered(error: ClientError) -> Error {
    match error {
        ClientError::Refused(refusal) => refused_by(refusal),
        other => match other.hint() {
            Some(hint) => Error::failed_with_hint(&other, hint),
            None => Error::failed(&other),
        },
    }
}

/// Who types, for the audit log: who became root, or else the user.
fn operator() -> Option<Label> {
    let became_root = env::var("SUDO_USER").or_else(|_| env::var("DOAS_USER")).ok();
    let user = || User::from_uid(Uid::current()).ok().flatten().map(|user| user.name);
    became_root.or_else(user)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_whole_class_is_refused_for_is_said_once() {
        let refusals = ["`K2` looks like `k2`", "`K2` looks like `k2`", "there is no account `x`"];
        let refusals = refusals.map(|what| Refusal::new(what, "another name")).to_vec();
        let error = refused_of(5, refusals).expect("a refusal").to_string();
        assert_eq!(
            error,
            "nothing is done, since 3 of 5 are refused:\n`K2` looks like `k2`\nthere is no account `x`"
        );
    }
}
