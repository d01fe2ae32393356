//! What the appliance says to those who have not logged in.

use super::{
    Evidence, Finding, Probe, Shortfall, Subject,
    account::{Account, after_starttls, attempt, direct_tls, random_hex},
    client::{Answer, Element, Stream, ns},
    failed, require,
    subject::at,
};
use crate::runtime::Appliance;

pub(super) const PROBES: &[Probe] = &[
    Probe::of_appliance(
        "starttls-required",
        "Port 5222 speaks XMPP, and offers nothing but STARTTLS until TLS is there.",
        starttls_required,
    ),
    Probe::of_appliance(
        "nothing-before-tls",
        "Port 5222 takes neither logins nor stanzas before TLS.",
        nothing_before_tls,
    ),
    Probe::of_appliance(
        "registration-not-offered",
        "In-band registration is offered at no stage.",
        registration_not_offered,
    ),
    Probe::of_appliance(
        "registration-refused",
        "In-band registration is refused at every stage, and makes no account.",
        registration_refused,
    ),
    Probe::of_appliance(
        "foreign-stream-refused",
        "A stream to another domain is refused.",
        foreign_stream_refused,
    ),
    Probe::of_appliance(
        "server-stream-refused",
        "A stream of server-to-server XMPP is refused on every port.",
        server_stream_refused,
    ),
    Probe::of_appliance(
        "dialback-refused",
        "Server dialback is neither offered nor answered.",
        dialback_refused,
    ),
];

/// A way to a stream that is not yet open.
type Way = fn(&Subject, &dyn Appliance) -> Result<Stream, Shortfall>;

const IN_THE_CLEAR: (&str, Way) = ("in the clear", in_the_clear);
const AFTER_STARTTLS: (&str, Way) = ("after STARTTLS", after_starttls);
const DIRECT_TLS: (&str, Way) = ("through direct TLS", direct_tls);

fn in_the_clear(subject: &Subject, appliance: &dyn Appliance) -> Result<Stream, Shortfall> {
    Ok(Stream::connect(at(appliance, subject.doors.starttls))?)
}

fn starttls_required(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let features = in_the_clear(subject, appliance)?.open(subject.domain())?;
    evidence.note(format!("features: {}", names(&features)));
    let starttls =
        features.child("starttls", ns::STARTTLS).ok_or_else(|| failed("STARTTLS is not offered"))?;
    require(starttls.child("required", ns::STARTTLS).is_some(), || {
        "STARTTLS is offered, not required".to_owned()
    })?;
    require(features.children.len() == 1, || {
        format!("before TLS there is more on offer: {}", names(&features))
    })
}

fn names(element: &Element) -> String {
    element.children.iter().map(|child| format!("`{}`", child.name)).collect::<Vec<_>>().join(", ")
}

fn nothing_before_tls(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let account = Account::add(subject, appliance)?;
    // The account can log in the right way, so it is the missing TLS that is at fault below.
    account.log_in(subject)?;
    let plain = super::login::plain(&account.name, &account.password);
    let legacy = super::login::legacy(&account.name, &account.password);
    let tries = [
        ("a login with PLAIN", plain.as_str().to_owned()),
        ("a login with SASL2", format!("<authenticate xmlns='{}' mechanism='PLAIN'/>", ns::SASL2)),
        ("a login of XEP-0078", legacy.as_str().to_owned()),
        ("a resource to bind", format!("<iq type='set' id='b'><bind xmlns='{}'/></iq>", ns::BIND)),
        ("a message", format!("<message to='{}'><body>probe</body></message>", account.jid(subject))),
    ];
    for (what, xml) in &tries {
        let mut stream = in_the_clear(subject, appliance)?;
        stream.open(subject.domain())?;
        stream.send(xml)?;
        must_be_refused(&format!("{what} before TLS"), &stream.answer()?, evidence)?;
    }
    Ok(())
}

/// The answer is an error, a failure, or the end.
fn must_be_refused(what: &str, answer: &Answer, evidence: &mut Evidence) -> Finding {
    evidence.note(format!("{what} is answered with {}", answer.brief()));
    let refused = match answer {
        Answer::Element(element) => element.name == "failure" || element.attribute("type") == Some("error"),
        other => other.is_end(),
    };
    require(refused, || format!("{what} is answered with {}", answer.brief()))
}

fn registration_not_offered(
    subject: &Subject,
    appliance: &dyn Appliance,
    evidence: &mut Evidence,
) -> Finding {
    let domain = subject.domain();
    for (stage, way) in [IN_THE_CLEAR, AFTER_STARTTLS, DIRECT_TLS] {
        let features = way(subject, appliance)?.open(domain)?;
        evidence.note(format!("features {stage}: {}", names(&features)));
        offers_no_registration(&features, stage)?;
    }
    let account = Account::add(subject, appliance)?;
    let mut session = account.log_in(subject)?;
    offers_no_registration(&session.features, "after login")?;
    let query = "http://jabber.org/protocol/disco#info";
    let iq = format!("<iq type='get' id='disco' to='{domain}'><query xmlns='{query}'/></iq>");
    let answer = session.request(&iq, "disco")?;
    let query = answer.child("query", query).ok_or_else(|| failed("the domain answers no disco#info"))?;
    let offered: Vec<_> = query.children.iter().filter_map(|feature| feature.attribute("var")).collect();
    evidence.note(format!("disco#info: {}", offered.join(", ")));
    require(!offered.contains(&ns::REGISTER), || format!("disco#info offers `{}`", ns::REGISTER))
}

fn offers_no_registration(features: &Element, stage: &str) -> Finding {
    let offers = features.child("register", ns::REGISTER_FEATURE).is_some();
    require(!offers, || format!("registration is offered {stage}"))
}

fn registration_refused(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let (name, password) = (format!("intruder-{}", &random_hex()?[..8]), random_hex()?);
    let iq = format!(
        "<iq type='set' id='register'><query xmlns='{}'><username>{name}</username><password>{password}</password>\
         </query></iq>",
        ns::REGISTER
    );
    for (stage, way) in [IN_THE_CLEAR, AFTER_STARTTLS, DIRECT_TLS] {
        let mut stream = way(subject, appliance)?;
        stream.open(subject.domain())?;
        stream.send(&iq)?;
        must_be_refused(&format!("a registration {stage}"), &stream.answer()?, evidence)?;
    }
    let account = Account::add(subject, appliance)?;
    let mut session = account.log_in(subject)?;
    let answer = session.request(&iq, "register")?;
    must_be_refused("a registration after login", &Answer::Element(answer), evidence)?;
    let refusal = attempt(subject, appliance, &name, &password)?.refusal;
    require(refusal.is_some(), || format!("`{name}` was registered and can log in"))
}

fn foreign_stream_refused(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    for (stage, way) in [IN_THE_CLEAR, AFTER_STARTTLS, DIRECT_TLS] {
        way(subject, appliance)?.open(subject.domain())?;
        let mut stream = way(subject, appliance)?;
        stream.send_header(ns::CLIENT, "elsewhere.test")?;
        stream_must_end(&mut stream, &format!("a stream to `elsewhere.test` {stage}"), evidence)?;
    }
    Ok(())
}

fn server_stream_refused(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    for (stage, way) in [IN_THE_CLEAR, AFTER_STARTTLS, DIRECT_TLS] {
        way(subject, appliance)?.open(subject.domain())?;
        let mut stream = way(subject, appliance)?;
        stream.send_header(ns::SERVER, subject.domain())?;
        stream_must_end(&mut stream, &format!("a stream of `{}` {stage}", ns::SERVER), evidence)?;
    }
    Ok(())
}

/// RFC 6120 §4.9.1.1: a header may come first, but then an error and the end, never features.
fn stream_must_end(stream: &mut Stream, what: &str, evidence: &mut Evidence) -> Finding {
    let answer = match stream.answer()? {
        Answer::Header(_) => stream.answer()?,
        other => other,
    };
    evidence.note(format!("{what} is answered with {}", answer.brief()));
    require(answer.is_end(), || format!("{what} is answered with {}", answer.brief()))
}

fn dialback_refused(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let domain = subject.domain();
    let tries = [
        format!("<db:result xmlns:db='{}' from='elsewhere.test' to='{domain}'>key</db:result>", ns::DIALBACK),
        format!(
            "<db:verify xmlns:db='{}' from='elsewhere.test' to='{domain}' id='1'>key</db:verify>",
            ns::DIALBACK
        ),
    ];
    for (stage, way) in [IN_THE_CLEAR, AFTER_STARTTLS, DIRECT_TLS] {
        for xml in &tries {
            let mut stream = way(subject, appliance)?;
            let features = stream.open(domain)?;
            let offered = features.children.iter().any(|feature| feature.namespace == ns::DIALBACK_FEATURE);
            require(!offered, || format!("dialback is offered {stage}"))?;
            stream.send(xml)?;
            let answer = stream.answer()?;
            evidence.note(format!("dialback {stage} is answered with {}", answer.brief()));
            require(answer.is_end(), || format!("dialback {stage} is answered with {}", answer.brief()))?;
        }
    }
    Ok(())
}
