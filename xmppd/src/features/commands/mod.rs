//! XEP-0050: ad-hoc commands, each with one form at most; who may not administer the server is refused.
//!
//! | file | what it holds |
//! |---|---|
//! | `mod` | how a command goes on: executed, filled in, completed or cancelled |
//! | `account` | accounts: added, removed, disabled, changed |
//! | `consent` | what parents have signed |
//! | `group` | classes and clubs |
//! | `report` | counts and lists, one account, and what administrators did |
//! | `field` | what forms ask for, and what was filled in, parsed |
//! | [`announcements`] | those that tell something to everybody |
//! | `sitting` | commands that wait for their form, or for an answer |
//! | `discovery` | what service discovery says of them |
//!
//! Those that XEP-0133 has go by its nodes. Passwords cannot be read, and when somebody was last here is not kept, so
//! there are no commands for these.

mod account;
pub mod announcements;
mod consent;
pub(super) mod discovery;
mod field;
mod group;
mod report;
mod sitting;

use std::fmt::Write;

use xmppd_control::{self as control, Act, Changes, Outcome, Rule};

use super::{
    Answer, Feature, Reply, Request, Target,
    form::{Form, Submission},
};
use crate::{
    auth::Password,
    ns,
    router::Router,
    stanza::StanzaError,
    stream::{Action, Context, SessionId, Ticket},
    xml::Escaped,
};
use sitting::Asked;
pub(crate) use sitting::Sittings;

/// Advertised to all, since all see the same features; listed to administrators alone.
pub const FEATURE: Feature =
    Feature { namespace: ns::COMMANDS, advertised: &[ns::COMMANDS], answer, ..Feature::DEFAULT };

/// One command.
struct Command {
    node: &'static str,
    /// What people choose it by.
    name: &'static str,
    /// What there is to fill in; nothing for a command that is done at once.
    form: Option<fn(&Router) -> Form>,
    run: fn(&mut Router, &Submission, &mut Context<'_>) -> Run,
    /// What to say about what the administration has answered.
    tell: fn(&mut Router, &Asked, control::Answer, &mut Context<'_>) -> Told,
}

/// What comes of running a command.
enum Run {
    /// This is to be asked of the administration.
    Ask(control::Request),
    /// These are to be done, all or none, and this password was made for one of them.
    Change(Vec<Act>, Option<Password>),
    /// It is over.
    Told(Told),
}

impl Run {
    /// Whoever gets another password loses their sessions, and would never see the one that was made.
    fn unless_unseen_by(self, own: &str) -> Self {
        let is_own = |act: &Act| matches!(act, Act::SetPassword { name, .. } if name.as_str() == own);
        match self {
            Self::Change(acts, Some(_)) if acts.iter().any(is_own) => field::wrong(NEVER_SEEN.to_owned()),
            run => run,
        }
    }
}

const NEVER_SEEN: &str = "this is your own account: its sessions end before a password that is made could be shown; \
                          type one";

/// What an administrator is told at the end of a command.
enum Told {
    /// It is done, and this is to be said about it.
    Done(String),
    /// It is done, and this is what was asked for.
    Shown(Form),
    /// Nothing is done, for these reasons: the form is to be filled in again.
    Wrong(Vec<String>),
}

impl Command {
    /// What most commands share.
    const DEFAULT: Self = Self {
        node: "",
        name: "",
        form: None,
        run: |_, _, _| Run::Told(Told::Done(String::new())),
        tell: |router, asked, answer, _| tell_of_changes(router, asked, answer),
    };
}

fn all() -> impl Iterator<Item = &'static Command> {
    let kinds: [&[Command]; 5] =
        [&account::ALL, &consent::ALL, &group::ALL, &report::ALL, &announcements::ALL];
    kinds.into_iter().flatten()
}

/// All or nothing: what was refused leaves the others undone, too.
fn tell_of_changes(router: &Router, asked: &Asked, answer: control::Answer) -> Told {
    let control::Answer::Changed(outcomes) = answer else {
        return Told::Wrong(vec![OTHER_ANSWER.to_owned()]);
    };
    let refused = outcomes.into_iter().filter_map(|outcome| match outcome {
        Outcome::Refused(refusal) => Some(refusal.what),
        Outcome::Done | Outcome::Undone => None,
    });
    let refused: Vec<_> = refused.collect();
    match &asked.made {
        _ if !refused.is_empty() => Told::Wrong(refused),
        Some(password) => Told::Shown(account::card(router, &asked.filled, password)),
        None => Told::Done("Done.".to_owned()),
    }
}

const OTHER_ANSWER: &str = "the server answered something else than what was asked";

fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    let payload = request.payload;
    if request.target != Target::Server {
        return Err(StanzaError::ServiceUnavailable.into());
    }
    if !is_administrator(router, request.session) {
        return Err(StanzaError::Forbidden.into());
    }
    if !request.is_set || payload.name != "command" {
        return Err(StanzaError::BadRequest.into());
    }
    let node = payload.attribute("node");
    let command = all().find(|command| Some(command.node) == node).ok_or(StanzaError::ItemNotFound)?;
    match (payload.attribute("sessionid"), payload.attribute("action").unwrap_or("execute")) {
        (None, "execute") => begin(router, request, command, cx),
        (None, "next" | "prev" | "complete" | "cancel") => Err(mistake("bad-sessionid")),
        (Some(sitting), "cancel") => {
            router.sittings.end(request.session, sitting, command.node, cx.instant)?;
            Ok(Reply::Payload(shape(command.node, sitting, "canceled", "")))
        }
        (Some(sitting), "execute" | "next" | "complete") => go_on(router, request, command, sitting, cx),
        (Some(_), "prev") => Err(mistake("bad-action")),
        _ => Err(mistake("malformed-action")),
    }
}

/// A form to fill in where there is one, else the outcome.
fn begin(
    router: &mut Router,
    request: &Request<'_>,
    command: &'static Command,
    cx: &mut Context<'_>,
) -> Answer {
    let sitting = cx.token();
    match command.form {
        Some(form) => {
            let form = form(router);
            router.sittings.begin(request.session, sitting.clone(), command.node, cx.instant)?;
            Ok(Reply::Payload(to_fill_in(command.node, &sitting, &form, "")))
        }
        None => run(router, request, command, &sitting, Submission::default(), cx),
    }
}

/// XEP-0050 §3.4: what was filled in is complete, since no command has a second form.
fn go_on(
    router: &mut Router,
    request: &Request<'_>,
    command: &'static Command,
    sitting: &str,
    cx: &mut Context<'_>,
) -> Answer {
    router.sittings.end(request.session, sitting, command.node, cx.instant)?;
    let submission = Submission::within(request.payload).ok_or_else(|| mistake("bad-payload"))?;
    if submission.is_cancelled {
        return Ok(Reply::Payload(shape(command.node, sitting, "canceled", "")));
    }
    if submission.form_type() != Some(field::FORM_TYPE) {
        return Err(mistake("bad-payload"));
    }
    run(router, request, command, sitting, submission, cx)
}

fn run(
    router: &mut Router,
    request: &Request<'_>,
    command: &'static Command,
    sitting: &str,
    filled: Submission,
    cx: &mut Context<'_>,
) -> Answer {
    // Not the address: nobody would find it again when this account is removed, and search for it.
    let local = router.sessions.get(&request.session).and_then(|session| session.jid.local());
    let local = local.unwrap_or_default().to_owned();
    let (asking, made) = match (command.run)(router, &filled, cx).unless_unseen_by(&local) {
        Run::Ask(asking) => (asking, None),
        Run::Change(acts, made) => {
            let changes = Changes { acts, rule: Rule::AllOrNothing, rehearse: false };
            (control::Request::Change(changes), made)
        }
        Run::Told(told) => {
            return Ok(Reply::Payload(router.told(request.session, command, sitting, &filled, told, cx)));
        }
    };
    let id = request.element.attribute("id").map(Into::into);
    let ticket = Ticket { session: request.session, id, node: command.node, sitting: sitting.to_owned() };
    let asked = Asked { filled, made };
    router.sittings.ask(request.session, sitting.to_owned(), command.node, asked, cx.instant)?;
    cx.outbox.push(Action::Administer { request: asking, who: format!("{local} (chat)"), ticket });
    Ok(Reply::Sent)
}

impl Router {
    /// What the administration has answered to what a command asked.
    pub fn administered(
        &mut self,
        ticket: &Ticket,
        answer: Result<control::Answer, control::Refusal>,
        cx: &mut Context<'_>,
    ) {
        let asked = self.sittings.answered(ticket.session, &ticket.sitting);
        let command = all().find(|command| command.node == ticket.node);
        let (Some(asked), Some(command)) = (asked, command) else { return };
        let told = match answer {
            Ok(answer) => (command.tell)(self, &asked, answer, cx),
            Err(refusal) => Told::Wrong(vec![refusal.what]),
        };
        if !self.sessions.contains_key(&ticket.session) {
            return;
        }
        let payload = self.told(ticket.session, command, &ticket.sitting, &asked.filled, told, cx);
        let Some(session) = self.sessions.get(&ticket.session) else { return };
        let mut answer = format!(
            "<iq type='result' from='{}' to='{}'",
            Escaped(&self.settings.domain),
            Escaped(session.jid.as_str())
        );
        if let Some(id) = &ticket.id {
            write!(answer, " id='{}'", Escaped(id)).expect("a string takes everything");
        }
        write!(answer, ">{payload}</iq>").expect("a string takes everything");
        session.say(answer, cx);
    }

    /// How a command stands when there is something to tell: it is over, or its form is to be filled in again, with
    /// what was typed still in it.
    fn told(
        &mut self,
        session: SessionId,
        command: &'static Command,
        sitting: &str,
        filled: &Submission,
        told: Told,
        cx: &Context<'_>,
    ) -> String {
        match told {
            Told::Done(text) => shape(command.node, sitting, "completed", &note("info", &text)),
            Told::Shown(form) => shape(command.node, sitting, "completed", &form.to_string()),
            Told::Wrong(reasons) => {
                let notes: String = reasons.iter().map(|reason| note("error", reason)).collect();
                let Some(form) = command.form else {
                    return shape(command.node, sitting, "completed", &notes);
                };
                let form = form(self).filled_as(filled);
                // There is room: what it was before has just ended.
                let _ = self.sittings.begin(session, sitting.to_owned(), command.node, cx.instant);
                to_fill_in(command.node, sitting, &form, &notes)
            }
        }
    }
}

/// Whether the account of that session may administer the server.
fn is_administrator(router: &Router, session: SessionId) -> bool {
    let person = router.sessions.get(&session).and_then(|session| router.person(&session.account));
    person.is_some_and(|person| person.account.is_administrator())
}

fn to_fill_in(node: &str, sitting: &str, form: &Form, remark: &str) -> String {
    shape(
        node,
        sitting,
        "executing",
        &format!("<actions execute='complete'><complete/></actions>{form}{remark}"),
    )
}

fn shape(node: &str, sitting: &str, status: &str, content: &str) -> String {
    format!(
        "<command xmlns='{}' node='{node}' sessionid='{}' status='{status}'>{content}</command>",
        ns::COMMANDS,
        Escaped(sitting)
    )
}

fn note(kind: &str, text: &str) -> String {
    format!("<note type='{kind}'>{}</note>", Escaped(text))
}

/// XEP-0050 §4.4.
fn mistake(condition: &str) -> crate::stanza::Refusal {
    StanzaError::BadRequest.with(format!("<{condition} xmlns='{}'/>", ns::COMMANDS))
}
