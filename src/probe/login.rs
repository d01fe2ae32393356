//! Who gets in, by which mechanisms, and what one may do once one is in.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

use super::{
    Evidence, Finding, Probe, Shortfall, Subject,
    account::{Account, after_starttls, attempt, direct_tls},
    client::{Answer, escape, extensible_mechanisms, mechanisms, ns},
    failed, require,
};
use crate::runtime::Appliance;

pub(super) const PROBES: &[Probe] = &[
    Probe::of_appliance(
        "login-works",
        "Who has an account and its password gets in, through either port.",
        login_works,
    ),
    Probe::of_appliance(
        "scram-only",
        "Only SCRAM is offered for a password, and nothing else is accepted: it is never sent, unless the school wants it.",
        scram_only,
    ),
    Probe::of_appliance(
        "binding-enforced",
        "A login is bound to its TLS connection: who passes it on from another one is refused.",
        binding_enforced,
    ),
    Probe::of_appliance(
        "legacy-login-refused",
        "The login of old, `jabber:iq:auth`, is neither offered nor accepted.",
        legacy_refused,
    ),
    Probe::of_appliance(
        "stanza-limit",
        "A stanza larger than the limit is refused, and one just below it passes.",
        stanza_limit,
    ),
    Probe::of_appliance(
        "disable-closes",
        "Who is disabled is cut off within a second, and does not get in again.",
        disable_closes,
    ),
];

fn login_works(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let account = Account::add(subject, appliance)?;
    for way in [direct_tls, after_starttls] {
        let mut stream = way(subject, appliance)?;
        let features = stream.open(subject.domain())?;
        let login = stream.log_in(&features, &account.name, &account.password)?;
        evidence.note(format!("{}: {}", login.mechanism, login.refusal.as_deref().unwrap_or("let in")));
        require(login.refusal.is_none(), || {
            format!("the right password is refused with {:?}", login.refusal)
        })?;
    }
    let session = account.log_in(subject)?;
    let bare = account.jid(subject);
    require(super::client::bare(&session.jid) == bare, || {
        format!("`{}` was bound instead of `{bare}`", session.jid)
    })
}

fn scram_only(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    if subject.school.plain {
        return Err(Shortfall::GivenUp(
            "the school's file says `[login] plain = true`: whoever passes himself off as the server learns passwords"
                .to_owned(),
        ));
    }
    let account = Account::add(subject, appliance)?;
    let token = BASE64_STANDARD.encode(&account.name);
    let takes_plain = subject.school.takes_plain;
    if takes_plain {
        evidence.note("the school lets clients send the password itself".to_owned());
    }
    let tries = [
        ("PLAIN", plain(&account.name, &account.password)),
        ("PLAIN by SASL2", plain_by_sasl2(&account.name, &account.password)),
        ("ANONYMOUS", Zeroizing::new(auth("ANONYMOUS", "="))),
        ("EXTERNAL", Zeroizing::new(auth("EXTERNAL", &token))),
        ("DIGEST-MD5", Zeroizing::new(auth("DIGEST-MD5", "="))),
    ];
    for way in [direct_tls, after_starttls] {
        let features = way(subject, appliance)?.open(subject.domain())?;
        let (offered, by_sasl2) = (mechanisms(&features), extensible_mechanisms(&features));
        evidence.note(format!("offered: {}; by SASL2: {}", offered.join(", "), by_sasl2.join(", ")));
        require(!offered.is_empty(), || "no mechanism is offered".to_owned())?;
        // A hashed token (XEP-0484) stands for the password, and is a digest itself.
        let is_wanted = |offer: &str| {
            offer.starts_with("SCRAM-SHA-") || offer.starts_with("HT-SHA-") || takes_plain && offer == "PLAIN"
        };
        if let Some(other) = offered.iter().chain(&by_sasl2).find(|offer| !is_wanted(offer)) {
            return Err(failed(format!("{other} is offered")));
        }
        for (mechanism, xml) in tries.iter().filter(|(name, _)| !(takes_plain && name.starts_with("PLAIN"))) {
            let mut stream = way(subject, appliance)?;
            stream.open(subject.domain())?;
            stream.send(xml)?;
            let answer = stream.answer()?;
            evidence.note(format!("{mechanism} is answered with {}", answer.brief()));
            let refused = matches!(&answer, Answer::Element(element)
                if element.is("failure", ns::SASL) || element.is("failure", ns::SASL2));
            require(refused || answer.is_end(), || {
                format!("{mechanism} is answered with {}", answer.brief())
            })?;
        }
    }
    Ok(())
}

fn binding_enforced(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let account = Account::add(subject, appliance)?;
    let bound = attempt(subject, appliance, &account.name, &account.password)?;
    evidence.note(format!("{}: {}", bound.mechanism, bound.refusal.as_deref().unwrap_or("let in")));
    require(bound.mechanism == "SCRAM-SHA-256-PLUS", || "SCRAM-SHA-256-PLUS is not offered".to_owned())?;
    require(bound.refusal.is_none(), || "who is bound to this very connection is refused".to_owned())?;
    for way in [direct_tls, after_starttls] {
        let mut stream = way(subject, appliance)?;
        stream.open(subject.domain())?;
        let elsewhere = stream.log_in_bound_elsewhere(&account.name, &account.password)?;
        let answer = elsewhere.refusal.as_deref().unwrap_or("let in");
        evidence.note(format!("with the binding of another connection: {answer}"));
        // No other condition will do: a daemon that is wary of us by now refuses any login.
        require(answer == "not-authorized", || {
            format!("who is bound to another connection is answered with `{answer}`")
        })?;
    }
    Ok(())
}

/// A login with PLAIN (RFC 4616), as nobody should ever be asked for.
pub(super) fn plain(name: &str, password: &str) -> Zeroizing<String> {
    Zeroizing::new(auth("PLAIN", &plain_message(name, password)))
}

/// The same by XEP-0388.
fn plain_by_sasl2(name: &str, password: &str) -> Zeroizing<String> {
    let message = plain_message(name, password);
    Zeroizing::new(format!(
        "<authenticate xmlns='{}' mechanism='PLAIN'><initial-response>{}</initial-response></authenticate>",
        ns::SASL2,
        *message
    ))
}

fn plain_message(name: &str, password: &str) -> Zeroizing<String> {
    let message = Zeroizing::new(format!("\0{name}\0{password}"));
    Zeroizing::new(BASE64_STANDARD.encode(message.as_bytes()))
}

fn auth(mechanism: &str, initial: &str) -> String {
    format!("<auth xmlns='{}' mechanism='{mechanism}'>{initial}</auth>", ns::SASL)
}

/// A login of XEP-0078, with the password in the clear.
pub(super) fn legacy(name: &str, password: &str) -> Zeroizing<String> {
    Zeroizing::new(format!(
        "<iq type='set' id='legacy'><query xmlns='{}'><username>{name}</username><password>{password}</password>\
         <resource>probe</resource></query></iq>",
        ns::LEGACY_LOGIN
    ))
}

fn legacy_refused(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let account = Account::add(subject, appliance)?;
    let login = attempt(subject, appliance, &account.name, &account.password)?;
    require(login.refusal.is_none(), || "the account cannot log in at all".to_owned())?;
    for way in [direct_tls, after_starttls] {
        let mut stream = way(subject, appliance)?;
        let features = stream.open(subject.domain())?;
        require(features.child("auth", ns::LEGACY_LOGIN_FEATURE).is_none(), || "it is offered".to_owned())?;
        stream.send(&legacy(&account.name, &account.password))?;
        let answer = stream.answer()?;
        evidence.note(format!("it is answered with {}", answer.brief()));
        let error = matches!(&answer, Answer::Element(iq) if iq.attribute("type") == Some("error"));
        require(error || answer.is_end(), || format!("it is answered with {}", answer.brief()))?;
    }
    Ok(())
}

fn stanza_limit(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let limit = subject.school.stanza_bytes;
    let account = Account::add(subject, appliance)?;
    let mut session = account.log_in(subject)?;
    let to_itself = escape(&session.jid);
    // The limit leaves room for what the daemon adds, such as `from`.
    let below = message_of(&to_itself, "below", limit - 1024);
    session.send(&below)?;
    let answer =
        session.wait_for(|stanza| stanza.name == "message" && stanza.attribute("id") == Some("below"))?;
    evidence.note(format!("{} bytes are answered with {}", below.len(), answer.brief()));
    let passed = matches!(&answer, Answer::Element(message) if message.attribute("type") != Some("error"));
    require(passed, || {
        format!("{} bytes, less than the limit, are answered with {}", below.len(), answer.brief())
    })?;
    let above = message_of(&to_itself, "above", limit + 1);
    session.send(&above)?;
    let answer = session.wait_for(|stanza| stanza.name == "message")?;
    evidence.note(format!("{} bytes are answered with {}", above.len(), answer.brief()));
    let error = matches!(&answer, Answer::Element(message) if message.attribute("type") == Some("error"));
    require(error || answer.is_end(), || {
        format!("{} bytes, more than the limit of {limit}, are answered with {}", above.len(), answer.brief())
    })
}

/// A message that is so many bytes long.
fn message_of(to: &str, id: &str, length: usize) -> String {
    let head = format!("<message to='{to}' type='chat' id='{id}'><body>");
    let tail = "</body></message>";
    let body = "x".repeat(length.saturating_sub(head.len() + tail.len()));
    format!("{head}{body}{tail}")
}

fn disable_closes(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let account = Account::add(subject, appliance)?;
    let mut session = account.log_in(subject)?;
    session.announce()?;
    session.settle(subject.domain())?;
    account.disable()?;
    let mut end = session.wait(Duration::from_secs(1), |_| false)?;
    if end == Answer::Silence {
        // The end of it may be under way on a busy machine; but whoever is asked now, and answers, knows of none.
        session.send(&format!(
            "<iq type='get' id='late' to='{}'><ping xmlns='urn:xmpp:ping'/></iq>",
            subject.domain()
        ))?;
        end = session.wait_for(|stanza| stanza.attribute("id") == Some("late"))?;
    }
    evidence.note(format!("the session saw {}", end.brief()));
    require(end.is_end(), || "the session lives on after a second".to_owned())?;
    let refusal = attempt(subject, appliance, &account.name, &account.password)?.refusal;
    evidence.note(format!("a new login: {}", refusal.as_deref().unwrap_or("let in")));
    require(refusal.is_some(), || "who is disabled can log in again".to_owned())
}
