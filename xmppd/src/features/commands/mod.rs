//! XEP-0050: ad-hoc commands, each with one form at most; who may not administer the server is refused.
//!
//! | file | what it holds |
//! |---|---|
//! | `mod` | how a command goes on: executed, filled in, completed or cancelled |
//! | `administration` | the commands of XEP-0133 that concern accounts |
//! | [`announcements`] | those that tell something to everybody |
//! | `sitting` | commands that wait for their form |
//! | `discovery` | what service discovery says of them |

mod administration;
pub mod announcements;
pub(super) mod discovery;
mod sitting;

use std::fmt::Write;

use super::{
    Answer, Feature, Reply, Request, Target,
    form::{Form, Submission},
};
use crate::{
    act::{Act, Outcome},
    ns,
    router::Router,
    stanza::StanzaError,
    stream::{Action, Context, SessionId, Ticket},
    xml::Escaped,
};
pub(crate) use sitting::Sittings;

/// Advertised to all, since all see the same features; listed to administrators alone.
pub const FEATURE: Feature = Feature {
    namespace: ns::COMMANDS,
    advertised: &[ns::COMMANDS],
    answer,
    went: |router, session, _| router.sittings.end_all(session),
    ..Feature::DEFAULT
};

/// One command.
struct Command {
    node: &'static str,
    /// What people choose it by.
    name: &'static str,
    /// What there is to fill in; nothing for a command that is done at once.
    form: Option<fn(&Router) -> Form>,
    run: fn(&mut Router, &Submission, &mut Context<'_>) -> Run,
}

/// What comes of running a command.
enum Run {
    /// These are to be carried out; their outcomes are the answer.
    Acts(Vec<Act>),
    /// It is done, and this is to be said about it.
    Done(String),
    /// It is done, and this is what was asked for.
    Shown(Form),
    /// What was filled in is wrong, in these words: the form is to be filled in again.
    Wrong(String),
}

fn all() -> impl Iterator<Item = &'static Command> {
    administration::ALL.iter().chain(&announcements::ALL)
}

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
        (None, "execute") => Ok(begin(router, request, command, cx)),
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
) -> Reply {
    let sitting = cx.token();
    match command.form {
        Some(form) => {
            let form = form(router);
            router.sittings.begin(request.session, sitting.clone(), command.node, cx.instant);
            Reply::Payload(to_fill_in(command.node, &sitting, &form, ""))
        }
        None => run(router, request, command, &sitting, &Submission::default(), cx),
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
    if submission.form_type() != Some(administration::FORM_TYPE) {
        return Err(mistake("bad-payload"));
    }
    Ok(run(router, request, command, sitting, &submission, cx))
}

fn run(
    router: &mut Router,
    request: &Request<'_>,
    command: &'static Command,
    sitting: &str,
    submission: &Submission,
    cx: &mut Context<'_>,
) -> Reply {
    match (command.run)(router, submission, cx) {
        Run::Acts(acts) => {
            let id = request.element.attribute("id").map(Into::into);
            let ticket =
                Ticket { session: request.session, id, node: command.node, sitting: sitting.to_owned() };
            let who = router.sessions.get(&request.session).map(|session| session.jid.bare().to_owned());
            cx.outbox.push(Action::Administer { acts, who: who.unwrap_or_default(), ticket });
            Reply::Sent
        }
        Run::Done(text) => Reply::Payload(shape(command.node, sitting, "completed", &note("info", &text))),
        Run::Shown(form) => Reply::Payload(shape(command.node, sitting, "completed", &form.to_string())),
        Run::Wrong(text) => {
            let form = command.form.expect("what cannot be filled in cannot be wrong")(router);
            router.sittings.begin(request.session, sitting.to_owned(), command.node, cx.instant);
            Reply::Payload(to_fill_in(command.node, sitting, &form, &note("error", &text)))
        }
    }
}

impl Router {
    /// What has become of what a command asked for: one outcome for each act.
    pub fn administered(&self, ticket: &Ticket, outcomes: &[Outcome], cx: &mut Context<'_>) {
        let Some(session) = self.sessions.get(&ticket.session) else { return };
        let refused: String = outcomes
            .iter()
            .filter_map(|outcome| outcome.as_ref().err())
            .map(|what| note("error", what))
            .collect();
        let notes = if refused.is_empty() { note("info", "Done.") } else { refused };
        let command = shape(ticket.node, &ticket.sitting, "completed", &notes);
        let mut answer = format!(
            "<iq type='result' from='{}' to='{}'",
            Escaped(&self.settings.domain),
            Escaped(session.jid.as_str())
        );
        if let Some(id) = &ticket.id {
            write!(answer, " id='{}'", Escaped(id)).expect("a string takes everything");
        }
        write!(answer, ">{command}</iq>").expect("a string takes everything");
        session.say(answer, cx);
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
