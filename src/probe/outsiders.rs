//! Stanzas to and from where nobody of the school is.

use super::{
    Evidence, Finding, Probe, Shortfall, Subject,
    account::Account,
    client::{Answer, Element, Session, escape},
    failed, require,
};
use crate::runtime::Appliance;

pub(super) const PROBES: &[Probe] = &[
    Probe::of_appliance(
        "foreign-recipient-refused",
        "A stanza to another domain comes back with an error.",
        foreign_recipient,
    ),
    Probe::of_appliance(
        "forged-sender-refused",
        "A stanza that claims to come from another domain, or from someone else, reaches nobody.",
        forged_sender,
    ),
];

fn foreign_recipient(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let account = Account::add(subject, appliance)?;
    let mut session = account.log_in(subject)?;
    let domain = subject.domain();
    let recipients = [
        "stranger@elsewhere.test".to_owned(),
        "elsewhere.test".to_owned(),
        // Neither a name that begins nor one that ends like ours is ours.
        format!("stranger@{domain}.elsewhere.test"),
        format!("stranger@not{domain}"),
        format!("stranger@unknown.{domain}"),
    ];
    for (number, to) in recipients.iter().enumerate() {
        let message = format!("<message id='m{number}' to='{to}' type='chat'><body>probe</body></message>");
        must_come_back(&mut session, &message, &format!("m{number}"), to, evidence)?;
        let iq = format!("<iq id='q{number}' to='{to}' type='get'><ping xmlns='urn:xmpp:ping'/></iq>");
        must_come_back(&mut session, &iq, &format!("q{number}"), to, evidence)?;
        let presence = format!("<presence id='p{number}' to='{to}' type='subscribe'/>");
        must_come_back(&mut session, &presence, &format!("p{number}"), to, evidence)?;
    }
    Ok(())
}

fn must_come_back(session: &mut Session, xml: &str, id: &str, to: &str, evidence: &mut Evidence) -> Finding {
    session.send(xml)?;
    let answer = session.wait_for(|stanza| stanza.attribute("id") == Some(id))?;
    let line = format!("a stanza to `{to}` is answered with {}", answer.brief());
    let refused = matches!(&answer, Answer::Element(stanza) if stanza.attribute("type") == Some("error"));
    require(refused, || line.clone())?;
    evidence.note(line);
    Ok(())
}

fn forged_sender(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let (liar, victim, bystander) = (
        Account::add(subject, appliance)?,
        Account::add(subject, appliance)?,
        Account::add(subject, appliance)?,
    );
    let mut mailbox = victim.log_in(subject)?;
    mailbox.announce()?;
    mailbox.settle(subject.domain())?;
    // An honest message arrives, so it is the lie that is at fault below.
    let mut honest = liar.log_in(subject)?;
    honest.say(&mailbox.jid, "honest", "probe")?;
    match mailbox.wait_for(is_message)? {
        Answer::Element(message) if message.attribute("id") == Some("honest") => {}
        other => return Err(failed(format!("an honest message did not arrive, but {}", other.brief()))),
    }
    let domain = subject.domain();
    let lies = [
        "stranger@elsewhere.test".to_owned(),
        "elsewhere.test".to_owned(),
        bystander.jid(subject),
        domain.to_owned(),
    ];
    for lie in &lies {
        let answer = tell(subject, &liar, lie, &mailbox.jid)?;
        evidence.note(format!("`from='{lie}'` is answered with {}", answer.brief()));
        let error = matches!(&answer, Answer::Element(stanza) if stanza.attribute("type") == Some("error"));
        require(error || answer.is_end(), || format!("`from='{lie}'` is answered with {}", answer.brief()))?;
    }
    must_be_empty(&mut mailbox, domain)
}

fn is_message(stanza: &Element) -> bool {
    stanza.name == "message"
}

/// Sends one message with a sender that is not ours, and gives the answer.
fn tell(subject: &Subject, liar: &Account, lie: &str, victim: &str) -> Result<Answer, Shortfall> {
    let mut session = liar.log_in(subject)?;
    let (from, to) = (escape(lie), escape(victim));
    session.send(&format!(
        "<message id='lie' from='{from}' to='{to}' type='chat'><body>probe</body></message>"
    ))?;
    session.send(&format!(
        "<iq type='get' id='after' to='{}'><ping xmlns='urn:xmpp:ping'/></iq>",
        subject.domain()
    ))?;
    Ok(session.wait_for(|stanza| matches!(stanza.attribute("id"), Some("lie" | "after")))?)
}

/// Whatever was routed to it before now is there before the answer to its own ping.
fn must_be_empty(mailbox: &mut Session, domain: &str) -> Finding {
    mailbox.send(&format!("<iq type='get' id='now' to='{domain}'><ping xmlns='urn:xmpp:ping'/></iq>"))?;
    match mailbox.wait_for(|stanza| is_message(stanza) || stanza.attribute("id") == Some("now"))? {
        Answer::Element(stanza) if !is_message(&stanza) => Ok(()),
        other => Err(failed(format!("{} with a forged sender arrived", other.brief()))),
    }
}
